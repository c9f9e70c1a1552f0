package keeper_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// An opening that does not match is refused and costs nothing, whoever sends it.
func TestMismatchedOpeningCostsNothing(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	bid := g.commit(1, id, step(1, 50))
	g.toReveals(id)
	g.refused(types.ErrOpeningMismatch, g.seal(1, id, 1, step(1, 51)).revealMsg())
	wrongSalt := bid.revealMsg()
	wrongSalt.Salt = g.seal(1, id, 2, step(1, 50)).salt
	g.refused(types.ErrOpeningMismatch, wrongSalt)
	moved := bid.revealMsg() // one byte moved from the salt's side of the preimage to the bid's
	moved.BidBytes = append(append([]byte{}, bid.bytes...), bid.salt[0])
	g.refused(types.ErrOpeningMismatch, moved)
	short := bid.revealMsg()
	short.Salt = short.Salt[:31]
	g.refused(types.ErrInvalidRequest, short)
	g.refused(types.ErrNoCommitment, g.seal(2, id, 1, step(1, 50)).revealMsg())
	g.ok(bid.revealMsg())
	g.toResult(id)
	require.EqualValues(t, -20, g.change(1, money), "the price and nothing more")
}

// A bid is opened once; the copy of an opening that was sent twice is refused.
func TestBidIsRevealedOnce(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	bid := g.commit(1, id, step(1, 50))
	g.toReveals(id)
	g.ok(bid.revealMsg())
	g.refused(types.ErrAlreadyRevealed, bid.revealMsg())
	g.refused(types.ErrAlreadyRevealed, bid.relayedBy(2))
	require.EqualValues(t, 1, g.auction(id).RevealCount)
}

// An opening belongs to one auction: the same bytes and salt committed in another
// one of equal terms need another commitment.
func TestOpeningOfAnotherAuctionDoesNotMatch(t *testing.T) {
	g := newGrid(t)
	first, second := g.open(forward()), g.open(forward())
	bid := g.seal(1, first, 1, step(1, 50))
	replayed := g.commitMsg(bid)
	replayed.AuctionId = second
	g.ok(g.commitMsg(bid), replayed)
	g.toReveals(first)
	g.ok(bid.revealMsg())
	again := bid.revealMsg()
	again.AuctionId = second
	g.refused(types.ErrOpeningMismatch, again)
}

// A commitment made for another chain, bidder or other terms does not open here.
func TestCommitmentBindsChainBidderAndTerms(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	hash := g.auction(id).TermsHash
	otherHash, err := types.TermsHash(&types.Terms{Side: types.SIDE_FORWARD, PaymentRule: types.PAYMENT_RULE_VCG})
	require.NoError(t, err)
	bid := g.seal(1, id, 1, step(1, 50))
	for i, commitment := range [][]byte{
		types.ComputeBidCommitment("grid-2", id, account(1), hash, bid.bytes, bid.salt),
		types.ComputeBidCommitment(chainID, id, account(2), hash, bid.bytes, bid.salt),
		types.ComputeBidCommitment(chainID, id, account(1), otherHash, bid.bytes, bid.salt),
	} {
		g.ok(&types.MsgCommitBid{Bidder: account(i + 1).String(), AuctionId: id, Attempt: 1, BidCommitment: commitment})
	}
	g.toReveals(id)
	for i := range 3 {
		if i == 1 {
			continue // the second commitment is that of account 2 under its own name
		}
		msg := bid.revealMsg()
		msg.Bidder = account(i + 1).String()
		g.refused(types.ErrOpeningMismatch, msg)
	}
}

// Where the deposit covers everything, anybody may carry the opening in; it
// credits its bidder alone.
func TestRelayedOpeningCreditsItsBidder(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	bid := g.commit(1, id, step(1, 50))
	g.toReveals(id)
	g.ok(bid.relayedBy(9))
	g.toResult(id)
	require.EqualValues(t, 1, g.change(1, lot))
	require.Zero(t, g.change(9, lot))
	require.Zero(t, g.change(9, money))
	require.Equal(t, account(9).String(), must(g.keeper.Reveals.Get(g.ctx, join(id, 1))).Sender)
}

// Nobody else can spend a bidder's money: an opening that needs escrow takes its
// bidder's signature.
func TestRelayIsRefusedWhereEscrowIsNeeded(t *testing.T) {
	g := newGrid(t)
	id := g.open(reverse())
	bid := g.commit(1, id, step(2, 50))
	g.toReveals(id)
	g.refused(types.ErrRelayNeedsEscrow, bid.relayedBy(2))
	g.refused(types.ErrRelayNeedsEscrow, bid.relayedBy(town))
	g.ok(bid.revealMsg())
}

// In award mode nothing is escrowed, so anybody may relay.
func TestRelayInAwardMode(t *testing.T) {
	g := newGrid(t)
	id := g.open(reverse(award))
	bid := g.commit(1, id, step(2, 50))
	g.toReveals(id)
	g.ok(bid.relayedBy(2))
	require.Zero(t, g.change(1, lot))
}

// Escrow is what the bid can cost beyond the deposit, coin by coin, and never
// more than the auction can take.
func TestRevealEscrowIsExact(t *testing.T) {
	cheap := func(t *types.Terms) { t.Deposit = coins(40, money) }
	mixed := func(t *types.Terms) { t.Deposit = coins(50, money, 2, lot) }
	for name, c := range map[string]struct {
		terms types.Terms
		steps []clearing.Step
		denom string
		added int64
	}{
		"buyer beyond the deposit":           {forward(cheap), []clearing.Step{step(2, 50), step(1, 30)}, money, 90},
		"buyer within the deposit":           {forward(), []clearing.Step{step(4, 100)}, money, 0},
		"buyer of more than the lot":         {forward(cheap), []clearing.Step{step(3, 50), step(9, 30)}, money, 140},
		"buyer below the reserve":            {forward(cheap), []clearing.Step{step(4, 11)}, money, 4},
		"seller":                             {reverse(), []clearing.Step{step(2, 50)}, lot, 2},
		"seller of more than is wanted":      {reverse(), []clearing.Step{step(9, 50)}, lot, 5},
		"seller with lot coins deposited":    {reverse(mixed), []clearing.Step{step(3, 50)}, lot, 1},
		"seller covered by its lot coins":    {reverse(mixed), []clearing.Step{step(2, 50)}, lot, 0},
		"seller above the cap escrows alike": {reverse(), []clearing.Step{step(1, 5000)}, lot, 1},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGrid(t)
			id := g.open(c.terms)
			bid := g.commit(1, id, c.steps...)
			g.toReveals(id)
			before := g.balance(account(1), c.denom)
			g.ok(bid.revealMsg())
			require.Equal(t, c.added, before-g.balance(account(1), c.denom))
			g.toResult(id)
		})
	}
}

// Money short fails, changes nothing and may be repeated until the deadline.
func TestRevealWithoutMoneyMayBeRepeated(t *testing.T) {
	g := newGrid(t)
	id := g.open(reverse())
	bid := g.commit(1, id, step(2, 50))
	require.NoError(t, g.bank.SendCoins(g.ctx, account(1), account(9), coins(purse-1, lot)))
	g.toReveals(id)
	err := g.refused(types.ErrInsufficientFunds, bid.revealMsg())
	require.ErrorContains(t, err, "the opening needs 2watthour, spendable 1watthour, missing 1watthour")
	g.fund(account(1), coins(1, lot))
	g.ok(bid.revealMsg())
}

// A bid that matches and breaks the terms is recorded and forfeited at once; the
// chain could not see it before, so the rule is known in advance.
func TestInadmissibleOpeningIsForfeited(t *testing.T) {
	limited := func(t *types.Terms) { t.MaxSteps, t.MaxQuantity = 2, 5 }
	encode := func(bid types.Bid) []byte { return must(types.EncodeBid(bid)) }
	schedule := func(side types.BidSide, steps ...clearing.Step) []byte {
		return encode(types.Bid{Kind: types.BID_KIND_SCHEDULE, Side: side, Steps: steps})
	}
	buy := types.BidSideBuy
	good := schedule(buy, step(1, 50))
	for reason, data := range map[string][]byte{
		types.ReasonNotCanonical:       append(append([]byte{}, good...), 0),
		types.ReasonWrongSide:          schedule(types.BidSideSell, step(1, 50)),
		types.ReasonWrongKind:          encode(types.Bid{Kind: types.BID_KIND_CHOICE, Side: buy, Steps: []clearing.Step{step(1, 50)}}),
		types.ReasonOutOfOrder:         schedule(buy, step(1, 50), step(1, 51)),
		types.ReasonTooManySteps:       schedule(buy, step(1, 50), step(1, 50), step(1, 50)),
		types.ReasonPriceAboveLimit:    schedule(buy, step(1, 101)),
		types.ReasonQuantityAboveLimit: schedule(buy, step(6, 50)),
	} {
		t.Run(reason, func(t *testing.T) {
			g := newGrid(t)
			id := g.open(forward(limited, func(t *types.Terms) { t.Deposit = coins(100, money, 5, "upluri") }))
			bad := sealBytes(1, id, 1, data)
			g.ok(g.commitMsg(bad))
			fine := g.commit(2, id, step(1, 50))
			g.toReveals(id)
			response, err := g.deliver(bad.relayedBy(9))
			require.NoError(t, err)
			require.Equal(t, &types.MsgRevealBidResponse{Reason: reason}, response)
			require.EqualValues(t, 100, g.poolOf(money))
			require.EqualValues(t, -100, g.change(1, money))
			require.Zero(t, g.change(1, "upluri"), "the rest of the deposit returns")
			g.refused(types.ErrAlreadyRevealed, bad.revealMsg())
			g.ok(fine.revealMsg())
			result := g.toResult(id)
			require.Len(t, result.Awards, 1)
			require.EqualValues(t, 100, g.poolOf(money), "forfeited once")
			require.Equal(t, types.DEPOSIT_STATUS_FORFEITED, must(g.keeper.Commitments.Get(g.ctx, join(id, 1))).DepositStatus)
		})
	}
}

// With only inadmissible openings the auction clears with nothing, and the
// creator has everything back.
func TestAuctionWithoutAdmissibleBids(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	bad := g.commit(1, id, step(1, 101))
	g.toReveals(id)
	g.ok(bad.revealMsg())
	result := g.toResult(id)
	require.Empty(t, result.Awards)
	require.Zero(t, g.change(town, lot))
	require.Zero(t, g.change(town, money), "forfeits never go to the creator")
	require.EqualValues(t, 400, g.poolOf(money))
}

// The greatest numbers that the bytes can carry are admissible where the terms
// allow them, and are not served beyond the lot.
func TestGreatestNumbersInABid(t *testing.T) {
	g := newGrid(t)
	id := g.open(reverse())
	top := clearing.Step{Quantity: math.MaxUint64, Price: clearing.Uint128{Hi: math.MaxUint64, Lo: math.MaxUint64}}
	bid := g.commit(1, id, top)
	g.toReveals(id)
	g.ok(bid.revealMsg())
	require.EqualValues(t, -5, g.change(1, lot))
	result := g.toResult(id)
	units, _ := awardOf(result, 1)
	require.Zero(t, units)
	require.Zero(t, g.change(1, lot))
}
