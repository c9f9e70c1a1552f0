package keeper_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/keeper"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// A commitment of any other length than 32 bytes could never be opened and would
// only fill the store.
func TestCommitmentHasExactly32Bytes(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	for _, length := range []int{0, 20, 31, 33, 64} {
		g.refused(types.ErrInvalidCommitment, &types.MsgCommitBid{
			Bidder: account(1).String(), AuctionId: id, Attempt: 1, BidCommitment: make([]byte, length)})
	}
	g.refused(types.ErrInvalidRequest, &types.MsgCommitBid{
		Bidder: account(1).String(), AuctionId: id, BidCommitment: make([]byte, 32)})
	g.refused(types.ErrAuctionNotFound, &types.MsgCommitBid{
		Bidder: account(1).String(), AuctionId: id + 1, Attempt: 1, BidCommitment: make([]byte, 32)})
	g.refused(types.ErrInvalidRequest, &types.MsgCommitBid{
		Bidder: "cosmos1", AuctionId: id, Attempt: 1, BidCommitment: make([]byte, 32)})
}

// The newest intent wins in whatever order transactions land, and pays once.
func TestRecommitNeedsAGreaterAttemptAndNoDeposit(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	third := g.seal(1, id, 3, step(1, 50))
	g.ok(g.commitMsg(third))
	require.EqualValues(t, -400, g.change(1, money))
	g.refused(types.ErrStaleAttempt, g.commitMsg(g.seal(1, id, 2, step(1, 60))))
	g.refused(types.ErrStaleAttempt, g.commitMsg(g.seal(1, id, 3, step(1, 60))))
	fourth := g.seal(1, id, 4, step(1, 70))
	g.ok(g.commitMsg(fourth))
	require.EqualValues(t, -400, g.change(1, money))
	require.EqualValues(t, 1, g.auction(id).BidderCount)

	g.toReveals(id)
	g.refused(types.ErrOpeningMismatch, third.revealMsg()) // overwritten
	g.ok(fourth.revealMsg())
}

// The creator has already escrowed its side; bidding against itself would only
// move the price.
func TestCreatorCannotBid(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	g.refused(types.ErrCreatorBid, g.commitMsg(g.seal(town, id, 1, step(1, 50))))
	upper := g.commitMsg(g.seal(town, id, 1, step(1, 50)))
	upper.Bidder = strings.ToUpper(upper.Bidder)
	g.refused(types.ErrCreatorBid, upper)
}

// An address in upper case is the same account, and is stored under its one text.
func TestAddressesHaveOneText(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	bid := g.seal(1, id, 1, step(1, 50))
	msg := g.commitMsg(bid)
	msg.Bidder = strings.ToUpper(msg.Bidder)
	g.ok(msg)
	g.refused(types.ErrStaleAttempt, g.commitMsg(bid))
	g.toReveals(id)
	g.ok(bid.revealMsg())
	mixed := bid.revealMsg()
	mixed.Bidder = strings.ToUpper(mixed.Bidder[:10]) + mixed.Bidder[10:]
	g.refused(types.ErrInvalidRequest, mixed)
}

// Copying a rival's commitment from the mempool must not block the rival, and
// gives the copier nothing to open: its own address is in the preimage of what
// would match.
func TestCopiedCommitmentIsAllowedAndWorthless(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	victim := g.seal(1, id, 1, step(1, 50))
	copied := g.commitMsg(victim)
	copied.Bidder = account(2).String()
	g.ok(copied, g.commitMsg(victim))
	g.toReveals(id)
	g.ok(victim.revealMsg())
	echo := victim.revealMsg()
	echo.Sender, echo.Bidder = account(2).String(), account(2).String()
	g.refused(types.ErrOpeningMismatch, echo)
	result := g.toResult(id)
	_, payment := awardOf(result, 1)
	require.EqualValues(t, 20, payment, "the reserve: the copy did not raise the price")
	require.EqualValues(t, -400, g.change(2, money), "the copier forfeits")
	require.EqualValues(t, 400, g.poolOf(money))
}

// A deposit may be several coins. Only the part in the payment denom is ever lost.
func TestDepositOfSeveralCoins(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward(func(t *types.Terms) { t.Deposit = coins(100, money, 7, "upluri", 1, lot) }))
	bid := g.commit(1, id, step(1, 50))
	g.commit(2, id, step(1, 60))
	require.EqualValues(t, -7, g.change(2, "upluri"))
	require.EqualValues(t, -1, g.change(2, lot))
	g.toReveals(id)
	g.ok(bid.revealMsg())
	g.toResult(id)
	require.Zero(t, g.change(2, "upluri"))
	require.Zero(t, g.change(2, lot))
	require.EqualValues(t, -100, g.change(2, money))
	require.EqualValues(t, 100, g.poolOf(money))
	require.Zero(t, g.poolOf("upluri"))
	require.EqualValues(t, 1, g.change(1, lot), "the deposited unit and the one bought: 1 + 1 - 1")
	require.EqualValues(t, -20, g.change(1, money))
}

// What is missing is named: denom, needed, spendable, missing.
func TestMissingMoneyIsNamed(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	poor := account(99)
	g.fund(poor, coins(399, money))
	err := g.refused(types.ErrInsufficientFunds, &types.MsgCommitBid{
		Bidder: poor.String(), AuctionId: id, Attempt: 1, BidCommitment: bytes.Repeat([]byte{1}, 32)})
	require.ErrorContains(t, err, "the deposit needs 400ueur, spendable 399ueur, missing 1ueur")
	err = g.refused(types.ErrInsufficientFunds, &types.MsgCreateAuction{Creator: poor.String(), Terms: forward()})
	require.ErrorContains(t, err, "the escrow of the creator needs 4watthour, spendable 0watthour, missing 4watthour")
	g.fund(poor, coins(1, money))
	g.ok(&types.MsgCommitBid{Bidder: poor.String(), AuctionId: id, Attempt: 1, BidCommitment: bytes.Repeat([]byte{1}, 32)})
}

// Coins in flight to the module by another way would break its books, so the
// chain blocks its account; a deposit comes in by the module's own hand.
func TestBlockedModuleAccountStillTakesDeposits(t *testing.T) {
	g := newGrid(t)
	g.blocked[g.accounts.GetModuleAddress(types.ModuleName).String()] = true
	id := g.open(forward())
	bid := g.commit(1, id, step(1, 50))
	g.toReveals(id)
	g.ok(bid.revealMsg())
	g.toResult(id)
	require.EqualValues(t, 1, g.change(1, lot))
}

// A bidder's address may be of 32 bytes, as those of modules and groups are.
func TestBidderWithALongAddress(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	long := sdk.AccAddress(bytes.Repeat([]byte{7}, 32))
	g.fund(long, coins(purse, money))
	bid := g.seal(1, id, 1, step(1, 50))
	terms := g.auction(id).TermsHash
	g.ok(&types.MsgCommitBid{Bidder: long.String(), AuctionId: id, Attempt: 1,
		BidCommitment: types.ComputeBidCommitment(chainID, id, long, terms, bid.bytes, bid.salt)})
	g.toReveals(id)
	msg := bid.revealMsg()
	msg.Sender, msg.Bidder = long.String(), long.String()
	g.ok(msg)
	result := g.toResult(id)
	require.Equal(t, long.String(), result.Awards[0].Bidder)
	require.EqualValues(t, 1, g.balance(long, lot))
}

// The commit tells nothing of the bid: what it stores and emits has the same size
// whatever is sealed.
func TestCommitTellsNothingOfTheBid(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	g.commit(1, id, step(1, 1))
	g.commit(2, id, step(1, 100), step(1, 90), step(1, 80), step(1, 70))
	answer, err := keeper.NewQueryServer(g.keeper).Commitments(g.ctx, &types.QueryCommitmentsRequest{AuctionId: id})
	require.NoError(t, err)
	require.Len(t, answer.Commitments, 2)
	require.Equal(t, answer.Commitments[0].Size(), answer.Commitments[1].Size())
	require.Equal(t, g.change(1, money), g.change(2, money))
}
