package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// storyOf plays one history that has an auction in every phase on the way: bids
// that are sealed, revealed, inadmissible, forgotten, won, parked, delivered. stop
// is called after each block with the number of blocks finished; the history goes
// on with the grid that it returns.
func storyOf(g *grid, stop func(*grid, int) *grid) *grid {
	blocks := 0
	next := func(g *grid, id uint64, reveal bool) *grid {
		at := g.auction(id).CommitDeadline
		if reveal {
			at = g.auction(id).RevealDeadline
		}
		g.endBlock(at)
		blocks++
		return stop(g, blocks)
	}
	params := types.DefaultParams()
	params.ClearingStepsPerBlock = 1
	g.ok(&types.MsgUpdateParams{Authority: g.authority, Params: params})
	gone := g.open(forward())
	g.ok(&types.MsgCancelAuction{Creator: account(town).String(), AuctionId: gone})
	fw, rv, aw := g.open(forward()), g.open(reverse()), g.open(reverse(award))
	later := g.open(forward(func(t *types.Terms) { t.CommitWindow = 5 * window }))
	bids := []opening{
		g.commit(1, fw, step(2, 50)), g.commit(2, fw, step(2, 40)), g.commit(3, fw, step(1, 101)),
		g.commit(1, rv, step(3, 10)), g.commit(2, rv, step(4, 20)),
		g.commit(1, aw, step(3, 10)), g.commit(2, aw, step(4, 20)),
	}
	g.commit(4, fw, step(1, 30)) // never revealed
	last := g.commit(5, later, step(1, 60))
	g = stop(g, blocks)
	g = next(g, fw, false)
	for i, bid := range bids {
		g.ok(bid.revealMsg())
		if i == 3 {
			g = stop(g, blocks)
		}
	}
	g.block(2, true)
	g = next(g, fw, true)
	for range 3 { // one auction in each block
		g = next(g, fw, true)
	}
	g.ok(confirm(aw, 1))
	g.endBlock(*g.auction(aw).DeliveryDeadline)
	g = stop(g, blocks)
	g = next(g, later, false)
	g.ok(last.revealMsg())
	g = next(g, later, true)
	g.block(2, false)
	g.ok(claim(fw, 2))
	return next(g, later, true)
}

// state is what the module and the bank hold.
func (g *grid) state() (*types.GenesisState, map[string]sdk.Coins) {
	g.t.Helper()
	genesis, err := g.keeper.ExportGenesis(g.ctx)
	require.NoError(g.t, err)
	balances := map[string]sdk.Coins{}
	for _, balance := range g.bank.GetAccountsBalances(g.ctx) {
		balances[balance.Address] = balance.Coins
	}
	return genesis, balances
}

// restart moves the whole state to a chain that begins where this one stands.
func (g *grid) restart() *grid {
	g.t.Helper()
	genesis, _ := g.state()
	require.NoError(g.t, genesis.Validate())
	fresh := newEmptyGrid(g.t)
	fresh.newContext(g.ctx.BlockHeight(), g.ctx.BlockTime())
	for address, blocked := range g.blocked {
		fresh.blocked[address] = blocked
	}
	fresh.bank.InitGenesis(fresh.ctx, g.bank.ExportGenesis(g.ctx))
	pool, err := g.distr.FeePool.Get(g.ctx)
	require.NoError(g.t, err)
	require.NoError(g.t, fresh.distr.FeePool.Set(fresh.ctx, pool))
	require.NoError(g.t, fresh.keeper.InitGenesis(fresh.ctx, genesis))

	again, err := fresh.keeper.ExportGenesis(fresh.ctx)
	require.NoError(g.t, err)
	require.Equal(g.t, must(genesis.Marshal()), must(again.Marshal()), "the round trip changes nothing")
	fresh.requireInvariants()
	return fresh
}

// A chain that is exported and started again at any point of the story comes to
// the same end.
func TestExportAndImportInEveryPhase(t *testing.T) {
	phases := map[types.Phase]bool{}
	plain := storyOf(newGrid(t), func(g *grid, _ int) *grid {
		for _, id := range g.list(types.PHASE_UNSPECIFIED, "") {
			phases[g.auction(id).Phase] = true
		}
		return g
	})
	for _, phase := range []types.Phase{
		types.PHASE_COMMITTING, types.PHASE_REVEALING, types.PHASE_CLEARING, types.PHASE_CLEARED, types.PHASE_CANCELLED,
	} {
		require.True(t, phases[phase], "the story never shows %s", phase)
	}
	wantState, wantBalances := plain.state()

	moved := storyOf(newGrid(t), func(g *grid, _ int) *grid { return g.restart() })
	gotState, gotBalances := moved.state()
	require.Equal(t, must(wantState.Marshal()), must(gotState.Marshal()))
	require.Equal(t, wantBalances, gotBalances)
}

// A failed auction and its parked refunds survive as well.
func TestExportAndImportOfAFailedAuction(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	bid := g.commit(1, id, step(1, 50))
	g.toReveals(id)
	g.ok(bid.revealMsg())
	g.block(1, true)
	g.keeper = g.keeper.WithClearing(faults["error"].clear)
	g.toTime(g.auction(id).RevealDeadline)
	g = g.restart()
	require.Equal(t, types.PHASE_FAILED, g.auction(id).Phase)
	g.block(1, false)
	g.ok(claim(id, 1))
}

// A state that does not add up is refused: what the module holds, its counts, or
// what contradicts itself.
func TestGenesisThatDoesNotAddUpIsRefused(t *testing.T) {
	source := newGrid(t)
	id := source.open(forward())
	bid := source.commit(1, id, step(1, 50))
	source.commit(2, id, step(1, 50))
	source.toReveals(id)
	source.ok(bid.revealMsg())
	for name, c := range map[string]struct {
		change func(*types.GenesisState)
		says   string
	}{
		"coins that are not there": {func(s *types.GenesisState) {
			s.ParkedPayouts = []types.ParkedPayout{{Owner: account(1).String(), AuctionId: id, Amount: coins(1, money)}}
		}, "module_balance"},
		"parked nothing": {func(s *types.GenesisState) {
			s.ParkedPayouts = []types.ParkedPayout{{Owner: account(1).String(), AuctionId: id}}
		}, "parked payout"},
		"parked for nobody": {func(s *types.GenesisState) {
			s.ParkedPayouts = []types.ParkedPayout{{Owner: "x", Amount: coins(1, money)}}
		}, "parked payout"},
		"a bidder too few":            {func(s *types.GenesisState) { s.Auctions[0].BidderCount-- }, "counts"},
		"a commitment of nothing":     {func(s *types.GenesisState) { s.Commitments[0].AuctionId = 7 }, "of no auction"},
		"a commitment twice":          {func(s *types.GenesisState) { s.Commitments[0] = s.Commitments[1] }, "repeated"},
		"a short commitment":          {func(s *types.GenesisState) { s.Commitments[0].BidCommitment = nil }, "commitment of"},
		"a deposit that is gone":      {func(s *types.GenesisState) { s.Commitments[0].DepositStatus = types.DEPOSIT_STATUS_RETURNED }, "module_balance"},
		"a reveal of nobody":          {func(s *types.GenesisState) { s.Reveals[0].Bidder = account(5).String() }, "of no commitment"},
		"a reveal that contradicts":   {func(s *types.GenesisState) { s.Reveals[0].Admissible = false }, "contradicts itself"},
		"a result too early":          {func(s *types.GenesisState) { s.Results = []types.Result{{AuctionId: id}} }, "results"},
		"a result of nothing":         {func(s *types.GenesisState) { s.Results = []types.Result{{AuctionId: 7}} }, "of no auction"},
		"an auction twice":            {func(s *types.GenesisState) { s.Auctions = append(s.Auctions, s.Auctions[0]) }, "repeated"},
		"an id that will come again":  {func(s *types.GenesisState) { s.NextAuctionId = 1 }, "not below next_auction_id"},
		"no next id":                  {func(s *types.GenesisState) { *s = types.GenesisState{Params: s.Params} }, "next_auction_id is 0"},
		"params out of range":         {func(s *types.GenesisState) { s.Params.MaxSteps = 0 }, "max_steps"},
		"terms under another hash":    {func(s *types.GenesisState) { s.Auctions[0].TermsHash = make([]byte, 32) }, "terms_hash"},
		"terms that no chain takes":   {func(s *types.GenesisState) { s.Auctions[0].Terms.Quantity = 0 }, "quantity"},
		"another deposit":             {func(s *types.GenesisState) { s.Auctions[0].Deposit = coins(1, money) }, "deposit"},
		"another escrow":              {func(s *types.GenesisState) { s.Auctions[0].Escrow = nil }, "escrow"},
		"another deadline":            {func(s *types.GenesisState) { s.Auctions[0].CommitDeadline = start }, "deadlines"},
		"a delivery deadline":         {func(s *types.GenesisState) { s.Auctions[0].DeliveryDeadline = &start }, "delivery_deadline"},
		"a phase that is none":        {func(s *types.GenesisState) { s.Auctions[0].Phase = 0 }, "phase"},
		"a failure without a failure": {func(s *types.GenesisState) { s.Auctions[0].Failure = "x" }, "failure"},
		"more bidders than there may": {func(s *types.GenesisState) { s.Auctions[0].MaxBidders = 1 }, "at most"},
		"held deposits after the end": {func(s *types.GenesisState) {
			s.Auctions[0].Phase, s.Auctions[0].Escrow = types.PHASE_FAILED, nil
			s.Auctions[0].Failure = "x"
		}, "module_balance"},
	} {
		t.Run(name, func(t *testing.T) {
			genesis, err := source.keeper.ExportGenesis(source.ctx)
			require.NoError(t, err)
			c.change(genesis)
			fresh := newEmptyGrid(t)
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
