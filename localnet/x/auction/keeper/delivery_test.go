package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// awarded plays an award-mode auction of 5 units: accounts 1 and 2 win, 3 loses.
func awarded(g *grid) uint64 {
	id := g.open(reverse(award))
	bids := []opening{
		g.commit(1, id, step(3, 10)), g.commit(2, id, step(2, 20)), g.commit(3, id, step(5, 90)),
	}
	g.toReveals(id)
	for _, bid := range bids {
		g.ok(bid.revealMsg())
	}
	g.toResult(id)
	return id
}

func confirm(id uint64, bidder int) *types.MsgConfirmDelivery {
	return &types.MsgConfirmDelivery{Creator: account(town).String(), AuctionId: id, Bidder: account(bidder).String()}
}

func forfeit(id uint64, bidder int) *types.MsgForfeitDeposit {
	return &types.MsgForfeitDeposit{Creator: account(town).String(), AuctionId: id, Bidder: account(bidder).String()}
}

// Award mode moves no lot and no payment; only the deposits of winners stay.
func TestAwardModeOnlyRecordsWhoOwesWhat(t *testing.T) {
	g := newGrid(t)
	id := awarded(g)
	units, payment := awardOf(g.result(id), 1)
	require.EqualValues(t, 3, units)
	require.Positive(t, payment)
	require.Zero(t, g.change(town, money), "the creator escrows nothing")
	for _, bidder := range []int{1, 2, 3} {
		require.Zero(t, g.change(bidder, lot))
	}
	require.EqualValues(t, -50, g.change(1, money))
	require.EqualValues(t, -50, g.change(2, money))
	require.Zero(t, g.change(3, money), "the loser's deposit is back")
}

// The creator's word ends the wait, once for each winner.
func TestCreatorConfirmsOrForfeits(t *testing.T) {
	g := newGrid(t)
	id := awarded(g)
	g.ok(confirm(id, 1))
	require.Zero(t, g.change(1, money))
	g.refused(types.ErrNoDepositHeld, confirm(id, 1))
	g.refused(types.ErrNoDepositHeld, forfeit(id, 1))
	g.ok(forfeit(id, 2))
	require.EqualValues(t, -50, g.change(2, money))
	require.EqualValues(t, 50, g.poolOf(money))
	require.Zero(t, g.change(town, money), "the creator gains nothing by it")
	g.refused(types.ErrNoDepositHeld, confirm(id, 3))
	g.toTime(*g.auction(id).DeliveryDeadline)
	require.EqualValues(t, 50, g.poolOf(money))
}

// Without a word of the creator the deposits return when the deadline has come.
func TestDepositsReturnAtTheDeliveryDeadline(t *testing.T) {
	g := newGrid(t)
	id := awarded(g)
	g.endBlock(g.auction(id).DeliveryDeadline.Add(-1))
	g.endBlock(*g.auction(id).DeliveryDeadline)
	require.EqualValues(t, -50, g.change(1, money))
	g.refused(types.ErrTooLate, confirm(id, 1))
	g.refused(types.ErrTooLate, forfeit(id, 1))
	g.endBlock(g.auction(id).DeliveryDeadline.Add(1))
	require.Zero(t, g.change(1, money))
	require.Zero(t, g.change(2, money))
	require.Zero(t, g.poolOf(money))
}

func TestForfeitUntilOneNanosecondBeforeTheDeliveryDeadline(t *testing.T) {
	g := newGrid(t)
	id := awarded(g)
	g.endBlock(g.auction(id).DeliveryDeadline.Add(-1))
	g.ok(forfeit(id, 1), confirm(id, 2))
	require.EqualValues(t, 50, g.poolOf(money))
}

func TestDeliveryIsForTheCreatorOfAClearedAwardAuction(t *testing.T) {
	g := newGrid(t)
	id := awarded(g)
	stranger := confirm(id, 1)
	stranger.Creator = account(2).String()
	g.refused(types.ErrUnauthorized, stranger)
	g.refused(types.ErrAuctionNotFound, confirm(id+1, 1))
	coinsID := g.open(forward())
	g.refused(types.ErrNotAwardMode, confirm(coinsID, 1))
	openID := g.open(reverse(award))
	g.commit(1, openID, step(1, 10))
	g.refused(types.ErrWrongPhase, confirm(openID, 1))
	g.refused(types.ErrWrongPhase, forfeit(openID, 1))
}

// An award may be of something that is no coin.
func TestAwardOfNoCoin(t *testing.T) {
	g := newGrid(t)
	id := g.open(reverse(award, func(t *types.Terms) { t.LotDenom = "" }))
	bid := g.commit(1, id, step(3, 10))
	g.toReveals(id)
	g.ok(bid.revealMsg())
	units, _ := awardOf(g.toResult(id), 1)
	require.EqualValues(t, 3, units)
}
