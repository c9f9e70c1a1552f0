package keeper_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

func TestADeviceIsRegisteredAndApproved(t *testing.T) {
	for _, keyType := range []types.KeyType{types.KEY_TYPE_SECP256K1, types.KEY_TYPE_ED25519} {
		g := newGrid(t)
		m := newMeter("roof-1", "solar_pv", plant, keyType)
		g.ok(m.registration())
		require.Equal(t, types.DEVICE_STATUS_PENDING, g.device("roof-1").Status)
		require.Equal(t, account(plant).String(), g.device("roof-1").Owner)
		require.Equal(t, 1, g.countEvents("EventDeviceRegistered"))
		g.refused(types.ErrDeviceNotActive, m.batch(m.read(noon, 1)))
		g.ok(m.status(types.DEVICE_STATUS_ACTIVE), m.status(types.DEVICE_STATUS_ACTIVE))
		require.Equal(t, 1, g.countEvents("EventDeviceStatusChanged"))
		require.Equal(t, types.DEVICE_STATUS_ACTIVE, g.device("roof-1").Status)
		g.endBlock(start)
	}
}

// An owner in capital letters is the same account.
func TestAnOwnerIsStoredInOneWriting(t *testing.T) {
	g := newGrid(t)
	msg := newMeter("roof-1", "wind", plant, types.KEY_TYPE_ED25519).registration()
	msg.Owner = strings.ToUpper(msg.Owner)
	g.ok(msg)
	require.Equal(t, account(plant).String(), g.device("roof-1").Owner)
	g.endBlock(start)
}

// Whoever registers a device proves that its key agrees: to this owner, this chain
// and everything that the device claims.
func TestAKeyOfAnotherIsRefused(t *testing.T) {
	g := newGrid(t)
	own := g.wind("mill-1")

	thief := newMeter("mill-2", "wind", stranger, types.KEY_TYPE_ED25519)
	thief.PublicKey = own.PublicKey
	err := g.refused(types.ErrKeyInUse, thief.registration())
	require.ErrorContains(t, err, `"mill-1"`)

	victim := newMeter("mill-3", "wind", plant, types.KEY_TYPE_ED25519)
	for name, change := range map[string]func(*types.MsgRegisterDevice){
		"another owner":      func(m *types.MsgRegisterDevice) { m.Owner = account(stranger).String() },
		"another id":         func(m *types.MsgRegisterDevice) { m.DeviceId = "mill-4" },
		"another technology": func(m *types.MsgRegisterDevice) { m.Technology = "hydro" },
		"more capacity":      func(m *types.MsgRegisterDevice) { m.CapacityW++ },
		"another zone":       func(m *types.MsgRegisterDevice) { m.Zone = "FR" },
		"another place":      func(m *types.MsgRegisterDevice) { m.LatitudeUdeg = -m.LatitudeUdeg },
		"another longitude":  func(m *types.MsgRegisterDevice) { m.LongitudeUdeg++ },
		"another key":        func(m *types.MsgRegisterDevice) { m.PublicKey = newMeter("x", "wind", plant, m.KeyType).PublicKey },
		"no signature":       func(m *types.MsgRegisterDevice) { m.Proof = make([]byte, 64) },
	} {
		msg := victim.registration()
		change(msg)
		g.refused(types.ErrBadProof, msg)
		require.NotEmpty(t, name)
	}
	elsewhere := newMeter("mill-3", "wind", plant, types.KEY_TYPE_ED25519)
	elsewhere.chainID = "grid-2"
	g.refused(types.ErrBadProof, elsewhere.registration())

	g.ok(victim.registration())
	g.refused(types.ErrDeviceExists, victim.registration())
}

func TestDevicesThatAreNotTaken(t *testing.T) {
	g := newGrid(t)
	g.ok(g.setBody("asleep", registry, false))
	for _, c := range []struct {
		change func(*meter)
		target error
		says   string
	}{
		{func(m *meter) { m.Technology = "fusion" }, types.ErrInvalidDevice, "must be one of biomass, hydro, solar_pv, storage, wind"},
		{func(m *meter) { m.Technology = "storage" }, types.ErrInvalidDevice, "efficiency_bp is 0"},
		{func(m *meter) { m.EfficiencyBp = 1 }, types.ErrInvalidDevice, "which is no storage"},
		{func(m *meter) { m.IssuingBody = "nobody" }, types.ErrIssuingBodyNotFound, "nobody"},
		{func(m *meter) { m.IssuingBody = "asleep" }, types.ErrIssuingBodyInactive, "asleep"},
		{func(m *meter) { m.CapacityW = 0 }, types.ErrInvalidDevice, "capacity_w"},
	} {
		m := newMeter("mill-1", "wind", plant, types.KEY_TYPE_ED25519)
		c.change(m)
		require.ErrorContains(t, g.refused(c.target, m.registration()), c.says)
	}
	msg := newMeter("mill-1", "wind", plant, types.KEY_TYPE_ED25519).registration()
	msg.Owner = "nobody"
	g.refused(types.ErrInvalidRequest, msg)
}

func TestOnlyItsIssuingBodyDecidesOnADevice(t *testing.T) {
	g := newGrid(t)
	g.ok(g.setBody("other", stranger, true))
	m := newMeter("mill-1", "wind", plant, types.KEY_TYPE_ED25519)
	g.ok(m.registration())
	for _, who := range []int{plant, stranger} {
		msg := m.status(types.DEVICE_STATUS_ACTIVE)
		msg.Issuer = account(who).String()
		g.refused(types.ErrUnauthorized, msg)
	}
	g.refused(types.ErrDeviceNotFound, newMeter("mill-2", "wind", plant, types.KEY_TYPE_ED25519).status(types.DEVICE_STATUS_ACTIVE))
	g.refused(types.ErrInvalidRequest, m.status(types.DEVICE_STATUS_PENDING))
}

// A body that is inactive approves and issues nothing, and its devices' readings are
// not taken; it may still stop them.
func TestAnInactiveBodyOnlyStops(t *testing.T) {
	g := newGrid(t)
	m := g.wind("mill-1")
	g.ok(m.batch(m.read(noon, 10)), g.setBody(bodyID, registry, false))
	g.refused(types.ErrIssuingBodyInactive, m.batch(m.read(noon+length, 10)))
	g.refused(types.ErrIssuingBodyInactive, m.issue(noon))
	g.ok(m.status(types.DEVICE_STATUS_SUSPENDED))
	g.refused(types.ErrIssuingBodyInactive, m.status(types.DEVICE_STATUS_ACTIVE))
	g.ok(g.setBody(bodyID, registry, true))
	g.refused(types.ErrDeviceNotActive, m.issue(noon))
	g.ok(m.status(types.DEVICE_STATUS_ACTIVE), m.issue(noon))
	g.endBlock(start)
}

// Bodies and paths are for the authority and for whom it names, params for it alone.
func TestWhoMaySetBodiesPathsAndParams(t *testing.T) {
	g := newGrid(t)
	body, path := g.setBody("other", plant, true), g.registerPath("transfer/channel-0", "grid-2")
	remove := &types.MsgRemovePath{Authority: account(stranger).String(), Path: "transfer/channel-0"}
	body.Authority, path.Authority = account(stranger).String(), account(stranger).String()
	g.refused(types.ErrInvalidSigner, body)
	g.refused(types.ErrInvalidSigner, path)
	g.refused(types.ErrInvalidSigner, remove)

	params := types.DefaultParams()
	params.Registrar = account(stranger).String()
	update := &types.MsgUpdateParams{Authority: account(stranger).String(), Params: params}
	g.refused(types.ErrInvalidSigner, update)
	update.Authority = g.authority
	g.ok(update, body, path, remove)
	require.Equal(t, 1, g.countEvents("EventParamsUpdated"))
	require.Equal(t, 1, g.countEvents("EventPathRegistered"))
	require.Equal(t, 1, g.countEvents("EventPathRemoved"))

	body.Authority = account(plant).String()
	g.refused(types.ErrInvalidSigner, body)
	update.Authority = account(stranger).String()
	g.refused(types.ErrInvalidSigner, update) // the registrar is not the authority
	g.ok(g.setBody("third", plant, true))     // the authority stays one

	update.Authority, update.Params.IntervalSeconds = g.authority, 7
	g.refused(types.ErrInvalidParams, update)
	body.Authority, body.IssuingBody.Address = g.authority, "nobody"
	g.refused(types.ErrInvalidRequest, body)
	body.IssuingBody = types.IssuingBody{Id: "X", Name: "x", Address: account(plant).String()}
	g.refused(types.ErrInvalidRequest, body)
}
