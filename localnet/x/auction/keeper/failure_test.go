package keeper_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	storetypes "cosmossdk.io/store/types"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// faults are the ways in which clearing can go wrong.
var faults = map[string]struct {
	clear   func(clearing.Problem) (*clearing.Result, error)
	failure string
}{
	"error": {
		func(clearing.Problem) (*clearing.Result, error) { return nil, errors.New("no solution") },
		"no solution: clearing failed",
	},
	"panic": {
		func(clearing.Problem) (*clearing.Result, error) { panic("a bug") },
		"panic: a bug: clearing failed",
	},
	"runtime panic": {
		func(p clearing.Problem) (*clearing.Result, error) {
			return &clearing.Result{Awards: make([]clearing.Award, len(p.Bids[99].Steps))}, nil
		},
		"panic: runtime error: index out of range [99] with length 2: clearing failed",
	},
	"out of gas": {
		func(clearing.Problem) (*clearing.Result, error) { panic(storetypes.ErrorOutOfGas{Descriptor: "block"}) },
		"out of gas: block: clearing failed",
	},
	"unknown panic": {
		func(clearing.Problem) (*clearing.Result, error) { panic(&struct{}{}) },
		"panic: clearing failed",
	},
	"no answer": {
		func(clearing.Problem) (*clearing.Result, error) { return nil, nil },
		"clearing did not answer for every bid: clearing failed",
	},
	"more than the lot": {
		alter(func(r *clearing.Result) { r.Awards[0].Allocation = 5 }),
		"is due 5watthour",
	},
	"more than the bidder has": {
		alter(func(r *clearing.Result) { r.Awards[0].Payment = clearing.Amount{10_000} }),
		"owes 10000ueur",
	},
}

func alter(change func(*clearing.Result)) func(clearing.Problem) (*clearing.Result, error) {
	return func(p clearing.Problem) (*clearing.Result, error) {
		result, err := clearing.Clear(p)
		if err == nil {
			change(result)
		}
		return result, err
	}
}

// Whatever happens in clearing ends that auction alone: who revealed is refunded,
// the creator too, and who did not reveal forfeits all the same.
func TestFaultInClearingFailsTheAuctionAlone(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			g := newGrid(t)
			id := g.open(forward(func(t *types.Terms) { t.Deposit = coins(50, money, 2, "upluri") }))
			bids := []opening{g.commit(1, id, step(2, 50)), g.commit(2, id, step(2, 40))}
			g.commit(3, id, step(1, 30)) // never revealed
			bad := g.commit(4, id, step(1, 101))
			g.toReveals(id)
			for _, bid := range append(bids, bad) {
				g.ok(bid.revealMsg())
			}
			require.EqualValues(t, -100, g.change(1, money), "deposit and escrow")
			sound := g.keeper
			g.keeper = sound.WithClearing(fault.clear)
			g.toTime(g.auction(id).RevealDeadline)

			require.Equal(t, types.PHASE_FAILED, g.auction(id).Phase)
			require.Contains(t, g.auction(id).Failure, fault.failure)
			require.Zero(t, g.change(town, lot))
			require.Zero(t, g.change(town, money))
			for _, bidder := range []int{1, 2} {
				require.Zero(t, g.change(bidder, money))
				require.Zero(t, g.change(bidder, lot))
			}
			for _, bidder := range []int{3, 4} {
				require.EqualValues(t, -50, g.change(bidder, money))
				require.Zero(t, g.change(bidder, "upluri"))
			}
			require.EqualValues(t, 100, g.poolOf(money))
			g.keeper = sound
			cleared(g) // the chain goes on
		})
	}
}

// Two auctions end in one block; the fault of one does not touch the other.
func TestFaultDoesNotTouchAnotherAuction(t *testing.T) {
	g := newGrid(t)
	bad, good := g.open(forward(func(t *types.Terms) { t.Title = "bad"; t.Quantity = 3 })), g.open(forward())
	bids := []opening{g.commit(1, bad, step(1, 50)), g.commit(2, good, step(1, 50))}
	g.toReveals(bad)
	g.ok(bids[0].revealMsg(), bids[1].revealMsg())
	g.keeper = g.keeper.WithClearing(func(p clearing.Problem) (*clearing.Result, error) {
		if p.Quantity == 3 {
			panic("a bug")
		}
		return clearing.Clear(p)
	})
	g.toTime(g.auction(bad).RevealDeadline)
	require.Equal(t, types.PHASE_FAILED, g.auction(bad).Phase)
	g.result(good)
	require.EqualValues(t, 1, g.change(2, lot))
}

// If refunds fail as well they are parked, and the chain goes on.
func TestRefundsThatFailAreParked(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	bid := g.commit(1, id, step(2, 50))
	g.toReveals(id)
	g.ok(bid.revealMsg())
	g.keeper = g.keeper.WithClearing(faults["panic"].clear)
	g.block(1, true)
	g.block(town, true)
	g.toTime(g.auction(id).RevealDeadline)
	require.Equal(t, types.PHASE_FAILED, g.auction(id).Phase)
	require.Equal(t, coins(400, money), g.parked(account(1).String())[0].Amount)
	require.Equal(t, coins(4, lot), g.parked(account(town).String())[0].Amount)
	g.block(1, false)
	g.ok(claim(id, 1))
	require.Zero(t, g.change(1, money))
}

// The module's own balance short is a fault of the books: the auction fails, every
// debt is parked, and can be claimed when the coins are there.
func TestModuleShortOfCoinsFailsTheAuction(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	bids := []opening{g.commit(1, id, step(2, 50)), g.commit(2, id, step(2, 40))}
	g.toReveals(id)
	g.ok(bids[0].revealMsg(), bids[1].revealMsg())
	module := g.accounts.GetModuleAddress(types.ModuleName)
	require.NoError(t, g.bank.SendCoins(g.ctx, module, account(9), coins(4, lot)))
	g.tolerate("module_balance")
	g.toTime(g.auction(id).RevealDeadline)
	require.Equal(t, types.PHASE_FAILED, g.auction(id).Phase)
	require.Contains(t, g.auction(id).Failure, "the module holds 0watthour and owes 2watthour")
	require.Zero(t, g.change(1, money), "money was there and came back")
	require.Equal(t, coins(4, lot), g.parked(account(town).String())[0].Amount)
	_, err := g.deliver(claim(id, town))
	require.Error(t, err)
	require.NoError(t, g.bank.SendCoins(g.ctx, account(9), module, coins(4, lot)))
	g.tolerate("")
	g.ok(claim(id, town))
	require.Zero(t, g.change(town, lot))
}

// The work of a block is shared in the order of the queue: the first auction that
// finds it used up waits, and so does everything behind it; phases move on.
func TestWorkOfABlockIsLimited(t *testing.T) {
	g := newGrid(t)
	params := types.DefaultParams()
	params.ClearingStepsPerBlock = 302
	g.ok(&types.MsgUpdateParams{Authority: g.authority, Params: params})
	var ids []uint64
	var bids []opening
	for range 4 {
		id := g.open(forward())
		ids = append(ids, id)
		bids = append(bids, g.commit(1, id, step(1, 50)), g.commit(2, id, step(1, 40)))
	}
	late := g.open(forward(func(t *types.Terms) { t.RevealWindow += time.Nanosecond }))
	g.toReveals(ids[0])
	for _, bid := range bids {
		g.ok(bid.revealMsg())
	}
	g.endBlock(g.auction(ids[0]).RevealDeadline)
	phases := func() (out []types.Phase) {
		for _, id := range append(ids, late) {
			out = append(out, g.auction(id).Phase)
		}
		return out
	}
	const clearing, cleared = types.PHASE_CLEARING, types.PHASE_CLEARED
	// Each is work of 100, 100 for each of two bidders, and 2 for their steps.
	g.endBlock(g.ctx.BlockTime().Add(1))
	require.Equal(t, []types.Phase{cleared, clearing, clearing, clearing, types.PHASE_REVEALING}, phases())
	g.endBlock(g.ctx.BlockTime().Add(1))
	require.Equal(t, []types.Phase{cleared, cleared, clearing, clearing, clearing}, phases())
	g.endBlock(g.ctx.BlockTime().Add(1))
	g.endBlock(g.ctx.BlockTime().Add(1))
	require.Equal(t, []types.Phase{cleared, cleared, cleared, cleared, clearing}, phases())
	g.endBlock(g.ctx.BlockTime().Add(1))
	require.Equal(t, []types.Phase{cleared, cleared, cleared, cleared, cleared}, phases())
}

// One less than the work of an auction leaves the block open for a second one.
func TestWorkOfABlockIsFullWhenItIsReached(t *testing.T) {
	for limit, want := range map[uint64]types.Phase{302: types.PHASE_CLEARING, 303: types.PHASE_CLEARED} {
		g := newGrid(t)
		params := types.DefaultParams()
		params.ClearingStepsPerBlock = limit
		g.ok(&types.MsgUpdateParams{Authority: g.authority, Params: params})
		first, second := g.open(forward()), g.open(forward())
		bids := []opening{g.commit(1, first, step(1, 50)), g.commit(2, first, step(1, 40))}
		g.toReveals(first)
		g.ok(bids[0].revealMsg(), bids[1].revealMsg())
		g.toTime(g.auction(first).RevealDeadline)
		require.Equal(t, types.PHASE_CLEARED, g.auction(first).Phase)
		require.Equal(t, want, g.auction(second).Phase, "a limit of %d", limit)
	}
}

// A state that nobody can read holds up its own auction, and nothing else.
func TestUnreadableStateDoesNotHaltTheChain(t *testing.T) {
	g := newGrid(t)
	bad, good := g.open(forward()), g.open(forward())
	bid := g.commit(1, good, step(1, 50))
	require.NoError(t, g.keeper.Reveals.Set(g.ctx, join(bad, 5), types.Reveal{AuctionId: bad, Admissible: true}))
	g.unchecked = true
	g.toReveals(good)
	g.ok(bid.revealMsg())
	g.toTime(g.auction(good).RevealDeadline)
	require.Equal(t, types.PHASE_CLEARING, g.auction(bad).Phase)
	g.result(good)
	require.EqualValues(t, 1, g.change(1, lot))
}

// Deposits that return after delivery wait for their turn and are work themselves.
func TestReturningDepositsIsWorkToo(t *testing.T) {
	g := newGrid(t)
	ids := []uint64{g.open(reverse(award)), g.open(reverse(award))}
	bids := []opening{g.commit(1, ids[0], step(3, 10)), g.commit(2, ids[1], step(3, 10))}
	g.toReveals(ids[0])
	g.ok(bids[0].revealMsg(), bids[1].revealMsg())
	g.toResult(ids[0])
	params := types.DefaultParams()
	params.ClearingStepsPerBlock = 1
	g.ok(&types.MsgUpdateParams{Authority: g.authority, Params: params})
	earlier := g.open(forward(func(t *types.Terms) { t.CommitWindow, t.RevealWindow = window/4, window/4 }))
	g.endBlock(*g.auction(ids[0]).DeliveryDeadline)
	g.endBlock(g.ctx.BlockTime().Add(1))
	g.result(earlier)
	require.EqualValues(t, -50, g.change(1, money), "the other auction was due first and used the block up")
	g.endBlock(g.ctx.BlockTime().Add(1))
	require.Zero(t, g.change(1, money))
	require.EqualValues(t, -50, g.change(2, money), "the deposits of the first used the block up")
	g.endBlock(g.ctx.BlockTime().Add(1))
	require.Zero(t, g.change(2, money))
}
