package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/plurichain/plurichain/localnet/x/auction/keeper"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// Intervals are half-open: the deadline is the first instant that is too late.
func TestCommitUntilOneNanosecondBeforeItsDeadline(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	early, late := g.seal(1, id, 1, step(1, 50)), g.seal(2, id, 1, step(1, 50))
	g.endBlock(g.auction(id).CommitDeadline.Add(-1))
	g.ok(g.commitMsg(early))
	g.endBlock(g.auction(id).CommitDeadline)
	g.refused(types.ErrTooLate, g.commitMsg(late))
	early.attempt++
	g.refused(types.ErrTooLate, g.commitMsg(early))
}

func TestRevealFromTheCommitDeadlineOn(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	bid := g.commit(1, id, step(1, 50))
	g.refused(types.ErrTooEarly, bid.revealMsg())
	g.endBlock(g.auction(id).CommitDeadline.Add(-1))
	g.refused(types.ErrTooEarly, bid.revealMsg())
	g.endBlock(g.auction(id).CommitDeadline)
	// The stored phase follows only at the end of this block; the handler asks the time.
	require.Equal(t, types.PHASE_COMMITTING, g.auction(id).Phase)
	g.ok(bid.revealMsg())
}

func TestRevealUntilOneNanosecondBeforeItsDeadline(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	early, late := g.commit(1, id, step(1, 50)), g.commit(2, id, step(1, 50))
	g.endBlock(g.auction(id).RevealDeadline.Add(-1))
	g.ok(early.revealMsg())
	g.endBlock(g.auction(id).RevealDeadline)
	g.refused(types.ErrTooLate, late.revealMsg())
	g.endBlock(g.auction(id).RevealDeadline.Add(1))
	g.result(id)
	g.refused(types.ErrTooLate, late.revealMsg())
}

// Commit and reveal cannot share a block, since no instant is in both intervals.
func TestNoBlockTakesBothCommitAndReveal(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	deadline := g.auction(id).CommitDeadline
	for _, at := range []time.Time{deadline.Add(-1), deadline} {
		g.endBlock(at)
		bid := g.seal(1, id, uint32(at.Sub(deadline)+2), step(1, 50))
		_, commitErr := g.deliver(g.commitMsg(bid))
		_, revealErr := g.deliver(bid.revealMsg())
		require.True(t, commitErr != nil || revealErr != nil)
	}
}

func TestCancelUntilOneNanosecondBeforeTheCommitDeadline(t *testing.T) {
	g := newGrid(t)
	first, second := g.open(forward()), g.open(forward())
	g.endBlock(g.auction(first).CommitDeadline.Add(-1))
	g.ok(&types.MsgCancelAuction{Creator: account(town).String(), AuctionId: first})
	require.EqualValues(t, -4, g.change(town, lot), "only the other lot is escrowed")
	g.endBlock(g.auction(second).CommitDeadline)
	g.refused(types.ErrWrongPhase, &types.MsgCancelAuction{Creator: account(town).String(), AuctionId: second})
	g.refused(types.ErrWrongPhase, &types.MsgCancelAuction{Creator: account(town).String(), AuctionId: first})
}

// A cancelled auction takes nothing more.
func TestCancelledAuctionIsOver(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	bid := g.seal(1, id, 1, step(1, 50))
	g.ok(&types.MsgCancelAuction{Creator: account(town).String(), AuctionId: id})
	g.refused(types.ErrWrongPhase, g.commitMsg(bid))
	g.refused(types.ErrWrongPhase, bid.revealMsg())
	g.toTime(g.auction(id).RevealDeadline)
	require.Equal(t, types.PHASE_CANCELLED, g.auction(id).Phase)
	require.Zero(t, g.change(town, lot))
}

func TestOnlyTheCreatorCancelsAndOnlyWithoutCommitments(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	g.refused(types.ErrUnauthorized, &types.MsgCancelAuction{Creator: account(1).String(), AuctionId: id})
	g.refused(types.ErrAuctionNotFound, &types.MsgCancelAuction{Creator: account(town).String(), AuctionId: id + 1})
	g.commit(1, id, step(1, 50))
	g.refused(types.ErrHasCommitments, &types.MsgCancelAuction{Creator: account(town).String(), AuctionId: id})
}

// One block can pass both deadlines; the auction goes through every phase all the
// same.
func TestOneBlockPassesBothDeadlines(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	g.commit(1, id, step(1, 50))
	g.endBlock(g.auction(id).RevealDeadline.Add(time.Hour))
	g.events = nil
	g.endBlock(g.ctx.BlockTime().Add(1))
	var seen []string
	for _, event := range g.events {
		if event.Type == "plurichain.auction.v1.EventPhaseChanged" {
			to, _ := event.GetAttribute("to")
			seen = append(seen, to.Value)
		}
	}
	require.Equal(t, []string{`"PHASE_REVEALING"`, `"PHASE_CLEARING"`, `"PHASE_CLEARED"`}, seen)
	require.EqualValues(t, 400, g.poolOf(money), "nobody could reveal; the deposit is forfeited")
}

// What a query says of the phase is true at the block time it is asked at, also
// before the end of the block has caught up.
func TestQueriedPhaseIsThatOfTheBlockTime(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	server := keeper.NewQueryServer(g.keeper)
	phase := func() types.Phase {
		answer, err := server.Auction(g.ctx, &types.QueryAuctionRequest{AuctionId: id})
		require.NoError(t, err)
		return answer.Auction.Phase
	}
	require.Equal(t, types.PHASE_COMMITTING, phase())
	g.endBlock(g.auction(id).CommitDeadline.Add(-1))
	require.Equal(t, types.PHASE_COMMITTING, phase())
	g.endBlock(g.auction(id).CommitDeadline)
	require.Equal(t, types.PHASE_REVEALING, phase())
	g.endBlock(g.auction(id).RevealDeadline)
	require.Equal(t, types.PHASE_CLEARING, phase())
	g.endBlock(g.auction(id).RevealDeadline.Add(1))
	require.Equal(t, types.PHASE_CLEARED, phase())
}

// Limits are full when a count has reached them, not one later.
func TestLimitsAreExact(t *testing.T) {
	g := newGrid(t)
	params := types.DefaultParams()
	params.MaxBidders, params.MaxOpenAuctions, params.MaxOpenAuctionsPerCreator = 3, 3, 2
	g.ok(&types.MsgUpdateParams{Authority: g.authority, Params: params})
	create := func(creator int) *types.MsgCreateAuction {
		return &types.MsgCreateAuction{Creator: account(creator).String(), Terms: forward()}
	}
	id := g.open(forward(func(t *types.Terms) { t.MaxBidders = 2 }))
	g.ok(create(town))
	g.refused(types.ErrLimitReached, create(town))
	g.ok(create(1))
	g.refused(types.ErrLimitReached, create(2))
	g.ok(&types.MsgCancelAuction{Creator: account(1).String(), AuctionId: 3}, create(2))

	g.commit(1, id, step(1, 50))
	second := g.commit(2, id, step(1, 50))
	g.refused(types.ErrLimitReached, g.commitMsg(g.seal(3, id, 1, step(1, 50))))
	second.attempt = 2
	g.ok(g.commitMsg(second)) // a full auction still takes newer bids of its bidders
	require.EqualValues(t, 2, g.auction(id).BidderCount)
	for i := range 3 {
		g.commit(i+3, 2, step(1, 50))
	}
	g.refused(types.ErrLimitReached, g.commitMsg(g.seal(6, 2, 1, step(1, 50))))
}

// An auction keeps the limits that it was created under.
func TestLimitsOfAnAuctionAreFixedAtCreation(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	params := types.DefaultParams()
	params.MaxBidders = 1
	g.ok(&types.MsgUpdateParams{Authority: g.authority, Params: params})
	g.commit(1, id, step(1, 50))
	g.commit(2, id, step(1, 50))
	require.EqualValues(t, 1000, g.auction(id).MaxBidders)
}

func TestOnlyTheAuthorityChangesValidParams(t *testing.T) {
	g := newGrid(t)
	params := types.DefaultParams()
	g.refused(types.ErrInvalidSigner, &types.MsgUpdateParams{Authority: account(1).String(), Params: params})
	params.MaxPrice = math.ZeroInt()
	g.refused(types.ErrInvalidParams, &types.MsgUpdateParams{Authority: g.authority, Params: params})
	params.MaxPrice = math.NewInt(7)
	g.ok(&types.MsgUpdateParams{Authority: g.authority, Params: params})
	stored, err := g.keeper.Params.Get(g.ctx)
	require.NoError(t, err)
	require.Equal(t, params, stored)
	g.refused(types.ErrInvalidTerms, &types.MsgCreateAuction{Creator: account(1).String(), Terms: forward()})
}

// A send that governance has switched off brings nothing in, and still lets
// everything out.
func TestDisabledCoinsComeOutButNotIn(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	bid := g.commit(1, id, step(1, 50))
	g.bank.SetSendEnabled(g.ctx, money, false)
	g.bank.SetSendEnabled(g.ctx, lot, false)
	g.refused(types.ErrInvalidRequest, g.commitMsg(g.seal(2, id, 1, step(1, 50))))
	g.refused(types.ErrInvalidRequest, &types.MsgCreateAuction{Creator: account(town).String(), Terms: forward()})
	g.toReveals(id)
	g.ok(bid.revealMsg())
	g.toResult(id)
	require.EqualValues(t, 1, g.change(1, lot))
	require.EqualValues(t, -20, g.change(1, money))
}
