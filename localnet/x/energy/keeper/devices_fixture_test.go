package keeper_test

import (
	"crypto/ed25519"
	"crypto/sha256"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"

	transfertypes "github.com/cosmos/ibc-go/v10/modules/apps/transfer/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// meter is a device as its maker has it: with its private key.
type meter struct {
	types.Device
	owner   int
	chainID string
	sign    func([]byte) []byte
	// counter is what it shows at the end of its last reading.
	counter uint64
}

// newMeter returns a meter whose key follows from its id.
func newMeter(id, technology string, owner int, keyType types.KeyType) *meter {
	seed := sha256.Sum256([]byte(id))
	m := &meter{owner: owner, chainID: chainID, counter: 1_000}
	m.Device = types.Device{
		Id: id, KeyType: keyType, Technology: technology, CapacityW: 4_000, Zone: "DE-LU",
		LatitudeUdeg: 50_900_000, LongitudeUdeg: 6_900_000, IssuingBody: bodyID,
	}
	if technology == "storage" {
		m.EfficiencyBp = 8_500
	}
	if keyType == types.KEY_TYPE_ED25519 {
		key := ed25519.NewKeyFromSeed(seed[:])
		m.PublicKey = key.Public().(ed25519.PublicKey)
		m.sign = func(data []byte) []byte { return ed25519.Sign(key, data) }
		return m
	}
	key := &secp256k1.PrivKey{Key: seed[:]}
	m.PublicKey = key.PubKey().Bytes()
	m.sign = func(data []byte) []byte { return must(key.Sign(data)) }
	return m
}

// registration returns the message by which the owner asks for the device.
func (m *meter) registration() *types.MsgRegisterDevice {
	owner := account(m.owner)
	return &types.MsgRegisterDevice{
		Owner: owner.String(), DeviceId: m.Id, KeyType: m.KeyType, PublicKey: m.PublicKey, Technology: m.Technology,
		CapacityW: m.CapacityW, Zone: m.Zone, LatitudeUdeg: m.LatitudeUdeg, LongitudeUdeg: m.LongitudeUdeg,
		IssuingBody: m.IssuingBody, EfficiencyBp: m.EfficiencyBp,
		Proof: m.sign(types.DeviceSignBytes(m.chainID, owner, m.Device)),
	}
}

// signed signs a reading of these values.
func (m *meter) signed(from, until, counterFrom, counterUntil uint64) types.SignedReading {
	reading := types.SignedReading{
		IntervalStart: from, IntervalEnd: until, CounterStartWh: counterFrom, CounterEndWh: counterUntil}
	reading.Signature = m.sign(types.ReadingSignBytes(m.chainID, m.Id, reading))
	return reading
}

// read lets the meter count on for one interval from an instant.
func (m *meter) read(from, energy uint64) types.SignedReading {
	m.counter += energy
	return m.signed(from, from+length, m.counter-energy, m.counter)
}

// batch carries readings of this meter, sent by anybody.
func (m *meter) batch(readings ...types.SignedReading) *types.MsgSubmitReadings {
	return &types.MsgSubmitReadings{Sender: account(stranger).String(), DeviceId: m.Id, Readings: readings}
}

func (m *meter) issue(starts ...uint64) *types.MsgIssueCredits {
	return &types.MsgIssueCredits{Issuer: account(registry).String(), DeviceId: m.Id, IntervalStarts: starts}
}

func (m *meter) status(status types.DeviceStatus) *types.MsgSetDeviceStatus {
	return &types.MsgSetDeviceStatus{Issuer: account(registry).String(), DeviceId: m.Id, Status: status}
}

// attributes are those of a credit of this meter.
func (m *meter) attributes(reading types.SignedReading) types.Attributes {
	return types.Attributes{
		OriginChain: m.chainID, DeviceId: m.Id, Technology: m.Technology, Zone: m.Zone, CapacityW: m.CapacityW,
		IntervalStart: reading.IntervalStart, IntervalEnd: reading.IntervalEnd,
		ReadingHash: types.ReadingHash(m.chainID, m.Id, reading), IssuingBody: m.IssuingBody,
	}
}

// install registers a meter and has it approved.
func (g *grid) install(m *meter) *meter {
	g.t.Helper()
	g.ok(m.registration(), m.status(types.DEVICE_STATUS_ACTIVE))
	return m
}

func (g *grid) solar(id string) *meter {
	g.t.Helper()
	return g.install(newMeter(id, "solar_pv", plant, types.KEY_TYPE_SECP256K1))
}

func (g *grid) wind(id string) *meter {
	g.t.Helper()
	return g.install(newMeter(id, "wind", plant, types.KEY_TYPE_ED25519))
}

func (g *grid) storage(id string) *meter {
	g.t.Helper()
	return g.install(newMeter(id, "storage", battery, types.KEY_TYPE_ED25519))
}

// credit meters and issues energy, and returns the denom.
func (g *grid) credit(m *meter, from, energy uint64) string {
	g.t.Helper()
	reading := m.read(from, energy)
	g.ok(m.batch(reading), m.issue(from))
	return m.attributes(reading).Denom()
}

func (g *grid) setBody(id string, of int, active bool) *types.MsgSetIssuingBody {
	return &types.MsgSetIssuingBody{Authority: g.authority, IssuingBody: types.IssuingBody{
		Id: id, Name: "Registry", Address: account(of).String(), Active: active}}
}

// retire is what somebody retires for the town hall.
func retire(owner int, denom string, amount int64) *types.MsgRetireCredits {
	return &types.MsgRetireCredits{
		Owner: account(owner).String(), Coin: sdk.NewInt64Coin(denom, amount), Beneficiary: "Town hall",
		Purpose: types.RETIREMENT_PURPOSE_CONSUMPTION, Reason: "March",
	}
}

func charge(owner int, deviceID string, credits ...sdk.Coin) *types.MsgChargeStorage {
	return &types.MsgChargeStorage{Owner: account(owner).String(), DeviceId: deviceID, Credits: sdk.NewCoins(credits...)}
}

func (g *grid) registerPath(path, origin string) *types.MsgRegisterPath {
	return &types.MsgRegisterPath{Authority: g.authority, Path: types.RegisteredPath{Path: path, OriginChain: origin}}
}

// receive does what ibc-go does with a packet: it mints a voucher of base that came
// over these hops, and returns its denom.
func (g *grid) receive(to int, base string, amount int64, hops ...string) string {
	g.t.Helper()
	var trace []transfertypes.Hop
	for i := 0; i < len(hops); i += 2 {
		trace = append(trace, transfertypes.NewHop(hops[i], hops[i+1]))
	}
	denom := transfertypes.NewDenom(base, trace...)
	g.transfer.SetDenom(g.ctx, denom)
	coins := sdk.NewCoins(sdk.NewInt64Coin(denom.IBCDenom(), amount))
	require.NoError(g.t, g.bank.MintCoins(g.ctx, transfertypes.ModuleName, coins))
	require.NoError(g.t, g.bank.SendCoinsFromModuleToAccount(g.ctx, transfertypes.ModuleName, account(to), coins))
	return denom.IBCDenom()
}

func (g *grid) device(id string) types.Device {
	g.t.Helper()
	device, err := g.keeper.Devices.Get(g.ctx, id)
	require.NoError(g.t, err)
	return device
}
