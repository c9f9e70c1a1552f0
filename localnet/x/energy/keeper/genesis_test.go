package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// story fills every part of the state.
func story(g *grid) {
	g.t.Helper()
	m, s := g.solar("roof-1"), g.storage("battery-1")
	g.ok(newMeter("mill-8", "wind", stranger, types.KEY_TYPE_ED25519).registration(), g.setBody("other", stranger, false))
	denom := g.credit(m, noon, 100)
	g.credit(m, noon+length, 50)
	g.ok(m.batch(m.read(noon+2*length, 7), m.read(noon+5*length, 0)))
	require.NoError(g.t, g.bank.SendCoins(g.ctx, account(plant), account(battery), sdk.NewCoins(sdk.NewInt64Coin(denom, 60))))
	g.ok(charge(battery, s.Id, sdk.NewInt64Coin(denom, 33)), retire(battery, denom, 20), retire(plant, denom, 40))
	g.credit(s, noon, 10)
	attributes := foreign("grid-2")
	voucher := g.receive(stranger, attributes.Denom(), 10, "transfer", "channel-0")
	g.ok(g.registerPath("transfer/channel-0", "grid-2"), g.registerPath("transfer/channel-1", "grid-3"))
	msg := retire(stranger, voucher, 4)
	msg.Attributes = &attributes
	g.ok(msg)
}

// restart returns a chain, perhaps under another id, that begins from this one's
// exported state, at the same height and time.
func (g *grid) restart(id string) *grid {
	g.t.Helper()
	genesis, err := g.keeper.ExportGenesis(g.ctx)
	require.NoError(g.t, err)
	require.NoError(g.t, genesis.Validate())
	fresh := newEmptyGrid(g.t, id)
	fresh.newContext(g.ctx.BlockHeight(), g.ctx.BlockTime())
	fresh.accounts.InitGenesis(fresh.ctx, *g.accounts.ExportGenesis(g.ctx))
	fresh.bank.InitGenesis(fresh.ctx, g.bank.ExportGenesis(g.ctx))
	for _, denom := range g.transfer.GetAllDenoms(g.ctx) {
		fresh.transfer.SetDenom(fresh.ctx, denom)
	}
	require.NoError(g.t, fresh.keeper.InitGenesis(fresh.ctx, genesis))
	again, err := fresh.keeper.ExportGenesis(fresh.ctx)
	require.NoError(g.t, err)
	require.Equal(g.t, must(genesis.Marshal()), must(again.Marshal()), "the round trip changes nothing")
	fresh.requireInvariants()
	return fresh
}

// A chain that starts from an export goes on as if nothing had happened.
func TestExportAndImport(t *testing.T) {
	g := newGrid(t)
	story(g)
	g.endBlock(start)
	for _, part := range []int{
		len(must(g.keeper.ExportGenesis(g.ctx)).IssuingBodies), len(must(g.keeper.ExportGenesis(g.ctx)).Paths),
		len(must(g.keeper.ExportGenesis(g.ctx)).ForeignAttributes), len(must(g.keeper.ExportGenesis(g.ctx)).RetiredTotals),
	} {
		require.NotZero(t, part)
	}
	fresh := g.restart(chainID)
	for _, chain := range []*grid{g, fresh} {
		m := newMeter("roof-1", "solar_pv", plant, types.KEY_TYPE_SECP256K1)
		chain.ok(m.batch(m.signed(noon+3*length, noon+4*length, 1_157, 1_157)), m.issue(noon+2*length, noon+3*length))
		chain.refused(types.ErrAlreadyIssued, m.issue(noon))
		chain.endBlock(start)
	}
	require.Equal(t, must(must(g.keeper.ExportGenesis(g.ctx)).Marshal()), must(must(fresh.keeper.ExportGenesis(fresh.ctx)).Marshal()))
}

// Two chains that do the same have the same hashes.
func TestTheSameStoryHasTheSameHash(t *testing.T) {
	var hashes [2][]byte
	for i := range hashes {
		g := newGrid(t)
		story(g)
		hashes[i] = g.endBlock(start)
	}
	require.Equal(t, hashes[0], hashes[1])
}

// A state that does not add up is refused: what the bank has, what was metered, or
// what contradicts itself.
func TestGenesisThatDoesNotAddUpIsRefused(t *testing.T) {
	source := newGrid(t)
	story(source)
	for name, c := range map[string]struct {
		change func(*types.GenesisState)
		says   string
	}{
		"params out of range":       {func(s *types.GenesisState) { s.Params.IntervalSeconds = 1 }, "interval_seconds"},
		"no next id":                {func(s *types.GenesisState) { s.NextRetirementId = 0 }, "next_retirement_id is 0"},
		"an id that will come":      {func(s *types.GenesisState) { s.NextRetirementId = 2 }, "not below next_retirement_id"},
		"a body twice":              {func(s *types.GenesisState) { s.IssuingBodies[1] = s.IssuingBodies[0] }, "comes twice"},
		"a body of nobody":          {func(s *types.GenesisState) { s.IssuingBodies[0].Address = "x" }, "address"},
		"a device twice":            {func(s *types.GenesisState) { s.Devices = append(s.Devices, s.Devices[0]) }, "comes twice"},
		"a key twice":               {func(s *types.GenesisState) { s.Devices[0].KeyType, s.Devices[0].PublicKey = 2, s.Devices[1].PublicKey }, "comes twice"},
		"a device of no body":       {func(s *types.GenesisState) { s.Devices[0].IssuingBody = "x" }, "issuing_body"},
		"a device of nobody":        {func(s *types.GenesisState) { s.Devices[0].Owner = "x" }, "owner"},
		"a status that is none":     {func(s *types.GenesisState) { s.Devices[0].Status = 0 }, "status"},
		"no balance":                {func(s *types.GenesisState) { s.Devices[0].StorageBalanceWh = math.Int{} }, "storage_balance_wh"},
		"a balance of no storage":   {func(s *types.GenesisState) { s.Devices[2].StorageBalanceWh = math.OneInt() }, "storage_balance_wh"},
		"a balance of nothing":      {func(s *types.GenesisState) { s.Devices[0].StorageBalanceWh = math.NewInt(500) }, "storage"},
		"a reading twice":           {func(s *types.GenesisState) { s.Readings[0] = s.Readings[1] }, "comes twice"},
		"a reading of no device":    {func(s *types.GenesisState) { s.Readings[0].DeviceId = "x" }, "not there"},
		"a reading that overlaps":   {func(s *types.GenesisState) { s.Readings[1].IntervalEnd += 60 }, "already_metered"},
		"a counter that jumps":      {func(s *types.GenesisState) { s.Readings[2].CounterStartWh-- }, "counter_mismatch"},
		"a counter that falls":      {func(s *types.GenesisState) { s.Readings[3].CounterEndWh = 0 }, "counter_end_wh"},
		"a reading unsigned":        {func(s *types.GenesisState) { s.Readings[0].Signature = nil }, "signature"},
		"more issued than metered":  {func(s *types.GenesisState) { s.Readings[1].IssuedWh = 101 }, "issued_wh is 101 of 100"},
		"issued but not issued":     {func(s *types.GenesisState) { s.Readings[1].Issued = false }, "issued false"},
		"a credit forgotten":        {func(s *types.GenesisState) { s.Credits = s.Credits[1:] }, "credits"},
		"a credit of too much":      {func(s *types.GenesisState) { s.Credits[0].IssuedWh++ }, "not that of its reading"},
		"a credit of nothing":       {func(s *types.GenesisState) { s.Credits[0].IssuedWh = 0 }, "issued_wh is 0"},
		"a credit under a lie":      {func(s *types.GenesisState) { s.Credits[0].Attributes.CapacityW++ }, "its attributes say"},
		"attributes twice":          {func(s *types.GenesisState) { s.ForeignAttributes = append(s.ForeignAttributes, s.ForeignAttributes[0]) }, "comes twice"},
		"attributes of nothing":     {func(s *types.GenesisState) { s.ForeignAttributes[0].Zone = "" }, "zone"},
		"attributes of home":        {func(s *types.GenesisState) { s.ForeignAttributes[0] = s.Credits[0].Attributes }, "another chain's"},
		"a total too great":         {func(s *types.GenesisState) { s.RetiredTotals[0].AmountWh = math.NewInt(9_999) }, "add up to"},
		"a total forgotten":         {func(s *types.GenesisState) { s.RetiredTotals = s.RetiredTotals[1:] }, "totals"},
		"a total of nothing":        {func(s *types.GenesisState) { s.RetiredTotals[0].AmountWh = math.ZeroInt() }, "amount_wh"},
		"a retirement of nobody":    {func(s *types.GenesisState) { s.Retirements[0].Owner = "x" }, "owner"},
		"a retirement forgotten":    {func(s *types.GenesisState) { s.Retirements = s.Retirements[1:] }, "add up to"},
		"a retirement for nobody":   {func(s *types.GenesisState) { s.Retirements[1].Beneficiary = "" }, "beneficiary"},
		"a retirement of no origin": {func(s *types.GenesisState) { s.Retirements[1].OriginChain = "" }, "origin_chain"},
		"a retirement of no way":    {func(s *types.GenesisState) { s.Retirements[3].Path = "" }, "path"},
		"a retirement by a bad way": {func(s *types.GenesisState) { s.Retirements[3].Path = "x" }, "path"},
		"a retirement of no credit": {func(s *types.GenesisState) { s.Retirements[1].CreditDenom = "x" }, "credit_denom"},
		"a retirement of nothing":   {func(s *types.GenesisState) { s.Retirements[1].Coin.Amount = math.ZeroInt() }, "coin"},
		"a purpose that is none":    {func(s *types.GenesisState) { s.Retirements[1].Purpose = 9 }, "purpose"},
		"a charge that is none":     {func(s *types.GenesisState) { s.Retirements[1].ChargeId = 1 }, "charge_id"},
		"a charge of no storage":    {func(s *types.GenesisState) { s.Retirements[0].Beneficiary = "roof-1" }, "storage"},
		"a path twice":              {func(s *types.GenesisState) { s.Paths[0] = s.Paths[1] }, "comes twice"},
		"a path to nowhere":         {func(s *types.GenesisState) { s.Paths[0].OriginChain = "" }, "origin_chain"},
	} {
		t.Run(name, func(t *testing.T) {
			genesis, err := source.keeper.ExportGenesis(source.ctx)
			require.NoError(t, err)
			c.change(genesis)
			fresh := newEmptyGrid(t, chainID)
			fresh.bank.InitGenesis(fresh.ctx, source.bank.ExportGenesis(source.ctx))
			err = genesis.Validate()
			if err == nil {
				err = fresh.keeper.InitGenesis(fresh.ctx, genesis)
			}
			require.ErrorIs(t, err, types.ErrInvalidGenesis)
			require.ErrorContains(t, err, c.says)
		})
	}
}
