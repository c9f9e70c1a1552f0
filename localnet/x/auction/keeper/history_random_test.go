package keeper_test

import (
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// anyID returns the id of an auction, mostly one that fits, and at times one that
// does not exist.
func (h *history) anyID(fits func(*modelAuction) bool) uint64 {
	count := len(h.model.auctions)
	id := uint64(1 + h.rng.IntN(count+1))
	if h.rng.IntN(5) == 0 {
		return id
	}
	for range count {
		if auction := h.model.find(id); auction != nil && !auction.cancelled && fits(auction) {
			return id
		}
		id = id%uint64(count) + 1
	}
	return id
}

// anyBidder returns an account, mostly one that has bid.
func (h *history) anyBidder(auction *modelAuction) int {
	bidder := h.rng.IntN(8)
	for range 6 {
		if auction.bids[bidder] != nil {
			return bidder
		}
		bidder = h.rng.IntN(8)
	}
	return bidder
}

// anySteps returns a schedule; now and then one that breaks the terms.
func (h *history) anySteps(side types.Side) []clearing.Step {
	steps := make([]clearing.Step, 1+h.rng.IntN(3))
	level := uint64(h.rng.IntN(102))
	for i := range steps {
		steps[i] = step(1+h.rng.Uint64N(5), level)
		switch {
		case h.rng.IntN(25) == 0:
			level ^= 64
		case side == types.SIDE_REVERSE:
			level += h.rng.Uint64N(20)
		default:
			level -= min(level, h.rng.Uint64N(20))
		}
	}
	return steps
}

// anyTerms returns terms of either side, at times in award mode.
func (h *history) anyTerms() types.Terms {
	rules := []types.PaymentRule{types.PAYMENT_RULE_PAY_AS_BID, types.PAYMENT_RULE_LAST_ACCEPTED,
		types.PAYMENT_RULE_FIRST_REJECTED, types.PAYMENT_RULE_VCG}
	shape := func(t *types.Terms) {
		t.PaymentRule = rules[h.rng.IntN(len(rules))]
		t.Quantity = 1 + h.rng.Uint64N(8)
		t.CommitWindow = time.Duration(30+h.rng.IntN(90)) * time.Second
		t.RevealWindow = time.Duration(30+h.rng.IntN(90)) * time.Second
		if h.rng.IntN(2) == 0 {
			t.Deposit = sdk.NewCoins(sdk.NewCoin(money, types.DefaultDeposit(t).AmountOf(money).QuoRaw(2).Add(math.OneInt())),
				sdk.NewInt64Coin("upluri", 3))
		}
		if h.rng.IntN(3) == 0 {
			award(t)
		}
	}
	if h.rng.IntN(2) == 0 {
		return reverse(shape)
	}
	return forward(shape)
}
