package simulation

import (
	"time"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

const (
	maxUnits = 20
	maxPrice = 50
	// A simulated block is at most this long, so that windows that are longer
	// always hold one.
	longestBlock = 10_000 * time.Second
)

// randomTerms returns terms that the params allow.
func randomTerms(r *simsx.XRand, params types.Params) types.Terms {
	price := math.NewInt(int64(r.IntInRange(1, maxPrice)))
	terms := types.Terms{
		Side: types.SIDE_FORWARD, PaymentRule: randomRule(r), Quantity: uint64(r.IntInRange(1, maxUnits)),
		LotDenom: LotDenom, PaymentDenom: sdk.DefaultBondDenom,
		CommitWindow: randomWindow(r), RevealWindow: randomWindow(r),
		MaxBidders: uint32(r.IntInRange(1, int(params.MaxBidders)+1)),
		MaxSteps:   uint32(r.IntInRange(1, 4)),
	}
	if r.Bool() {
		terms.Side, terms.ReservePrice = types.SIDE_REVERSE, &price
	} else {
		terms.PriceLimit = &price
	}
	if r.IntInRange(0, 4) == 0 {
		terms.Settlement, terms.DeliveryWindow = types.SETTLEMENT_AWARD, randomWindow(r)
	}
	if r.Bool() {
		full := types.DefaultDeposit(&terms)[0]
		least := full.Amount.MulRaw(int64(params.MinDepositBps)).AddRaw(types.BasisPoints - 1).QuoRaw(types.BasisPoints)
		full.Amount = math.MaxInt(least, math.OneInt())
		terms.Deposit = sdk.NewCoins(full)
	}
	return terms
}

func randomRule(r *simsx.XRand) types.PaymentRule {
	rules := []types.PaymentRule{
		types.PAYMENT_RULE_PAY_AS_BID, types.PAYMENT_RULE_LAST_ACCEPTED,
		types.PAYMENT_RULE_FIRST_REJECTED, types.PAYMENT_RULE_VCG,
	}
	return rules[r.Intn(len(rules))]
}

func randomWindow(r *simsx.XRand) time.Duration {
	return longestBlock + time.Duration(r.Int63n(int64(3*longestBlock)))
}
