package keeper_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// Retiring at home burns, counts and is written down for good.
func TestRetiringAtHome(t *testing.T) {
	g := newGrid(t)
	denom := g.credit(g.solar("roof-1"), noon, 100)
	answer, err := g.deliver(retire(plant, denom, 30))
	require.NoError(t, err)
	id := answer.(*types.MsgRetireCreditsResponse).RetirementId
	require.EqualValues(t, 1, id)
	require.Equal(t, 1, g.countEvents("EventCreditsRetired"))
	require.Zero(t, g.countEvents("EventAttributesRecorded"))
	stored := must(g.keeper.Retirements.Get(g.ctx, id))
	require.Equal(t, types.Retirement{
		Id: 1, Owner: account(plant).String(), Coin: sdk.NewInt64Coin(denom, 30), CreditDenom: denom, OriginChain: chainID,
		Beneficiary: "Town hall", Purpose: types.RETIREMENT_PURPOSE_CONSUMPTION, Reason: "March", RetiredAt: start, Height: 1,
	}, stored)
	require.EqualValues(t, 70, g.balance(plant, denom))
	require.EqualValues(t, 70, g.bank.GetSupply(g.ctx, denom).Amount.Int64())
	g.endBlock(start)

	g.refused(types.ErrInsufficientCredits, retire(plant, denom, 71))
	g.ok(retire(plant, denom, 70))
	g.refused(types.ErrInsufficientCredits, retire(plant, denom, 70)) // twice
	require.EqualValues(t, 100, must(g.keeper.RetiredTotals.Get(g.ctx, denom)).AmountWh.Int64())
	g.endBlock(start)
}

func TestRetirementsThatAreRefused(t *testing.T) {
	g := newGrid(t)
	m := g.solar("roof-1")
	reading := m.read(noon, 100)
	g.ok(m.batch(reading), m.issue(noon))
	denom := m.attributes(reading).Denom()
	changed := func(change func(*types.MsgRetireCredits)) *types.MsgRetireCredits {
		msg := retire(plant, denom, 1)
		change(msg)
		return msg
	}
	g.refused(types.ErrInvalidRetirement, changed(func(m *types.MsgRetireCredits) { m.Beneficiary = "" }))
	g.refused(types.ErrInvalidRetirement, changed(func(m *types.MsgRetireCredits) { m.Purpose = types.RETIREMENT_PURPOSE_STORAGE }))
	g.refused(types.ErrInvalidRetirement, changed(func(m *types.MsgRetireCredits) { m.Coin.Amount = math.ZeroInt() }))
	g.refused(types.ErrInsufficientCredits, changed(func(m *types.MsgRetireCredits) { m.Owner = account(stranger).String() }))
	g.refused(types.ErrInvalidRequest, changed(func(m *types.MsgRetireCredits) { m.Owner = "nobody" }))
	for _, other := range []string{"watthour", "wh.20260301T1200", denom[:len(denom)-1] + "x", "wh.20260230T1200" + denom[16:]} {
		g.refused(types.ErrNotACredit, changed(func(m *types.MsgRetireCredits) { m.Coin.Denom = other }))
	}
	// Attributes are needed for vouchers alone, but a lie is not let through.
	other := m.attributes(reading)
	other.Zone = "FR"
	g.refused(types.ErrAttributesMismatch, changed(func(m *types.MsgRetireCredits) { m.Attributes = &other }))
	other.Zone = ""
	g.refused(types.ErrInvalidRetirement, changed(func(m *types.MsgRetireCredits) { m.Attributes = &other }))
	right := m.attributes(reading)
	g.ok(changed(func(m *types.MsgRetireCredits) { m.Attributes = &right }))
	g.endBlock(start)
}

// foreign is a credit that another chain issued, with its attributes.
func foreign(origin string) types.Attributes {
	m := newMeter("mill-9", "wind", plant, types.KEY_TYPE_ED25519)
	m.chainID = origin
	return m.attributes(m.read(noon, 100))
}

// A voucher over a registered path is retired with its attributes as evidence; they
// stay, so that the next one needs none.
func TestRetiringAVoucher(t *testing.T) {
	g := newGrid(t)
	attributes := foreign("grid-2")
	denom := g.receive(stranger, attributes.Denom(), 100, "transfer", "channel-0")
	g.ok(g.registerPath("transfer/channel-0", "grid-2"))
	err := g.refused(types.ErrUnverifiedOrigin, retire(stranger, denom, 10))
	require.ErrorContains(t, err, "must be given or recorded")

	msg := retire(stranger, denom, 10)
	msg.Attributes = &attributes
	g.ok(msg)
	require.Equal(t, 1, g.countEvents("EventAttributesRecorded"))
	stored := must(g.keeper.Retirements.Get(g.ctx, 1))
	require.Equal(t, "transfer/channel-0", stored.Path)
	require.Equal(t, "grid-2", stored.OriginChain)
	require.Equal(t, attributes.Denom(), stored.CreditDenom)
	require.Equal(t, denom, stored.Coin.Denom)
	g.ok(retire(stranger, denom, 90))
	require.Equal(t, 1, g.countEvents("EventAttributesRecorded"))
	require.EqualValues(t, 100, must(g.keeper.RetiredTotals.Get(g.ctx, denom)).AmountWh.Int64())
	require.True(t, g.bank.GetSupply(g.ctx, denom).IsZero())
	g.endBlock(start)
}

// Nobody's word for where a voucher comes from is taken, whatever it is called and
// whatever its attributes say.
func TestVouchersOfUnverifiedOrigin(t *testing.T) {
	attributes := foreign("grid-2")
	name := attributes.Denom()
	for what, c := range map[string]struct {
		receive func(g *grid) string
		given   func() *types.Attributes
		target  error
		says    string
	}{
		"a path that nobody registered": {
			func(g *grid) string { return g.receive(stranger, name, 10, "transfer", "channel-1") },
			func() *types.Attributes { return &attributes }, types.ErrUnverifiedOrigin, "path transfer/channel-1 of ibc/"},
		"the registered path behind another hop": {
			func(g *grid) string {
				return g.receive(stranger, name, 10, "transfer", "channel-1", "transfer", "channel-0")
			},
			func() *types.Attributes { return &attributes }, types.ErrUnverifiedOrigin, "is not registered"},
		"a further hop behind the registered path": {
			func(g *grid) string {
				return g.receive(stranger, name, 10, "transfer", "channel-0", "transfer", "channel-1")
			},
			func() *types.Attributes { return &attributes }, types.ErrUnverifiedOrigin, "is not registered"},
		"another port": {
			func(g *grid) string { return g.receive(stranger, name, 10, "transfer2", "channel-0") },
			func() *types.Attributes { return &attributes }, types.ErrUnverifiedOrigin, "is not registered"},
		// A third chain mints the denom of grid-2 and sends it over its own, registered path.
		"the same denom minted by a third chain": {
			func(g *grid) string { return g.receive(stranger, name, 10, "transfer", "channel-3") },
			func() *types.Attributes { return &attributes }, types.ErrUnverifiedOrigin,
			"name chain grid-2, path transfer/channel-3 leads to grid-3"},
		"attributes of another credit": {
			func(g *grid) string { return g.receive(stranger, name, 10, "transfer", "channel-0") },
			func() *types.Attributes {
				other := attributes
				other.CapacityW++
				return &other
			}, types.ErrAttributesMismatch, "not of " + name},
		"attributes that claim the path's chain": {
			func(g *grid) string { return g.receive(stranger, name, 10, "transfer", "channel-3") },
			func() *types.Attributes {
				other := attributes
				other.OriginChain = "grid-3"
				return &other
			}, types.ErrAttributesMismatch, "not of " + name},
		"a coin that is no credit": {
			func(g *grid) string { return g.receive(stranger, "upluri", 10, "transfer", "channel-0") },
			func() *types.Attributes { return &attributes }, types.ErrNotACredit, "transfer/channel-0/upluri"},
		"a voucher that was never seen": {
			func(*grid) string { return "ibc/" + strings.Repeat("27394FB0", 8) },
			func() *types.Attributes { return &attributes }, types.ErrNotACredit, "no voucher that this chain knows"},
		"no hash": {
			func(*grid) string { return "ibc/channel-0" },
			func() *types.Attributes { return &attributes }, types.ErrNotACredit, "no voucher that this chain knows"},
	} {
		t.Run(what, func(t *testing.T) {
			g := newGrid(t)
			g.ok(g.registerPath("transfer/channel-0", "grid-2"), g.registerPath("transfer/channel-3", "grid-3"))
			denom := c.receive(g)
			msg := retire(stranger, denom, 10)
			msg.Attributes = c.given()
			require.ErrorContains(t, g.refused(c.target, msg), c.says)
			g.endBlock(start)
		})
	}
}

// A chain that calls a coin of its own like a credit of another has issued nothing:
// what counts at home is what this module issued.
func TestANativeCoinWithTheNameOfACredit(t *testing.T) {
	g := newGrid(t)
	name := foreign("grid-2").Denom()
	coins := sdk.NewCoins(sdk.NewInt64Coin(name, 10))
	require.NoError(t, g.bank.MintCoins(g.ctx, "transfer", coins))
	require.NoError(t, g.bank.SendCoinsFromModuleToAccount(g.ctx, "transfer", account(stranger), coins))
	attributes := foreign("grid-2")
	g.ok(&types.MsgRecordAttributes{Sender: account(stranger).String(), Attributes: []types.Attributes{attributes}})
	msg := retire(stranger, name, 10)
	msg.Attributes = &attributes
	require.ErrorContains(t, g.refused(types.ErrNotACredit, msg), "was not issued by this chain")
	_, err := g.keeper.ResolveCredit(g.ctx, name)
	require.ErrorIs(t, err, types.ErrNotACredit)
	g.endBlock(start)
}

// ResolveCredit is what other modules trust: home credits, and vouchers over
// registered paths whose attributes are recorded.
func TestResolveCredit(t *testing.T) {
	g := newGrid(t)
	m := g.wind("mill-1")
	reading := m.read(noon, 10)
	g.ok(m.batch(reading), m.issue(noon))
	found, err := g.keeper.ResolveCredit(g.ctx, m.attributes(reading).Denom())
	require.NoError(t, err)
	require.Equal(t, m.attributes(reading), found)
	_, err = g.keeper.ResolveCredit(g.ctx, "upluri")
	require.ErrorIs(t, err, types.ErrNotACredit)

	attributes := foreign("grid-2")
	denom := g.receive(stranger, attributes.Denom(), 10, "transfer", "channel-0", "transfer", "channel-5")
	record := &types.MsgRecordAttributes{Sender: account(stranger).String(), Attributes: []types.Attributes{attributes}}
	g.ok(record)
	_, err = g.keeper.ResolveCredit(g.ctx, denom)
	require.ErrorIs(t, err, types.ErrUnverifiedOrigin)
	g.ok(g.registerPath("transfer/channel-0/transfer/channel-5", "grid-2"))
	found, err = g.keeper.ResolveCredit(g.ctx, denom)
	require.NoError(t, err)
	require.Equal(t, attributes, found)

	// What was sold over a path that turns out to lead elsewhere is no longer taken.
	g.refused(types.ErrPathExists, g.registerPath("transfer/channel-0/transfer/channel-5", "grid-9"))
	g.ok(g.registerPath("transfer/channel-0/transfer/channel-5", "grid-2"),
		&types.MsgRemovePath{Authority: g.authority, Path: "transfer/channel-0/transfer/channel-5"},
		g.registerPath("transfer/channel-0/transfer/channel-5", "grid-9"))
	_, err = g.keeper.ResolveCredit(g.ctx, denom)
	require.ErrorIs(t, err, types.ErrUnverifiedOrigin)
	require.Equal(t, 2, g.countEvents("EventPathRegistered")) // registering it again changed nothing
	g.refused(types.ErrPathNotFound, &types.MsgRemovePath{Authority: g.authority, Path: "transfer/channel-1"})
	g.refused(types.ErrInvalidPath, g.registerPath("transfer", "grid-2"))
	g.refused(types.ErrInvalidPath, g.registerPath("transfer/channel-0", ""))
	g.endBlock(start)
}

// A credit that comes home by another way is a voucher here, and still this chain's.
func TestACreditThatComesHomeByAnotherWay(t *testing.T) {
	g := newGrid(t)
	m := g.wind("mill-1")
	home := g.credit(m, noon, 10)
	denom := g.receive(stranger, home, 5, "transfer", "channel-1", "transfer", "channel-4")
	g.ok(g.registerPath("transfer/channel-1/transfer/channel-4", chainID), retire(stranger, denom, 5))
	require.Equal(t, home, must(g.keeper.Retirements.Get(g.ctx, 1)).CreditDenom)
	g.endBlock(start)
}

// Attributes prove themselves; those that name this chain must be of a credit that it
// issued.
func TestRecordingAttributes(t *testing.T) {
	g := newGrid(t)
	m := g.wind("mill-1")
	reading := m.read(noon, 10)
	g.ok(m.batch(reading), m.issue(noon))
	own, abroad := m.attributes(reading), foreign("grid-2")
	record := func(all ...types.Attributes) *types.MsgRecordAttributes {
		return &types.MsgRecordAttributes{Sender: account(stranger).String(), Attributes: all}
	}
	answer, err := g.deliver(record(own, abroad, abroad))
	require.NoError(t, err)
	require.Equal(t, []string{own.Denom(), abroad.Denom(), abroad.Denom()}, answer.(*types.MsgRecordAttributesResponse).Denoms)
	require.Equal(t, 1, g.countEvents("EventAttributesRecorded"))
	invented := own
	invented.CapacityW = 9
	g.refused(types.ErrNotACredit, record(foreign("grid-3"), invented))
	g.refused(types.ErrInvalidRequest, record(types.Attributes{}))
	g.refused(types.ErrInvalidRequest, record())
	g.endBlock(start)
}
