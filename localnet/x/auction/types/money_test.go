package types_test

import (
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"testing"

	sdkmath "cosmossdk.io/math"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// TestEscrowCoversEveryPayment clears lots under all rules and holds that no
// winner owes more than its deposit and its escrow, in either coin.
func TestEscrowCoversEveryPayment(t *testing.T) {
	rules := []types.PaymentRule{
		types.PAYMENT_RULE_PAY_AS_BID, types.PAYMENT_RULE_LAST_ACCEPTED,
		types.PAYMENT_RULE_FIRST_REJECTED, types.PAYMENT_RULE_VCG,
	}
	random := rand.New(rand.NewPCG(1, 19))
	for range 2_000 {
		terms := forwardTerms()
		if random.IntN(2) == 0 {
			terms = reverseTerms()
		}
		terms.PaymentRule = rules[random.IntN(len(rules))]
		terms.Quantity = 1 + random.Uint64N(60)
		problem := clearing.Problem{
			Side: clearing.Side(terms.Side), Rule: clearing.Rule(terms.PaymentRule), Quantity: terms.Quantity,
		}
		if terms.ReservePrice != nil {
			reserve, _ := clearing.Uint128FromBig(terms.ReservePrice.BigInt())
			problem.Reserve = &reserve
		}
		bids := make([]types.Bid, 1+random.IntN(5))
		for i := range bids {
			bids[i] = newSchedule(random, terms.Side)
			problem.Bids = append(problem.Bids, clearing.Bid{
				Name: types.BidderName([]byte{byte(i)}), Steps: bids[i].Steps,
			})
		}
		result, err := clearing.Clear(problem)
		if err != nil {
			t.Fatal(err)
		}
		checkCovered(t, terms, bids, result)
	}
}

func newSchedule(random *rand.Rand, side types.Side) types.Bid {
	bid := types.Bid{Kind: types.BID_KIND_SCHEDULE, Side: types.BidSideBuy}
	for range 1 + random.IntN(4) {
		bid.Steps = append(bid.Steps, newStep(1+random.Uint64N(20), random.Uint64N(501)))
	}
	slices.SortFunc(bid.Steps, func(a, b clearing.Step) int { return b.Price.Cmp(a.Price) })
	if side == types.SIDE_REVERSE {
		bid.Side = types.BidSideSell
		slices.Reverse(bid.Steps)
	}
	return bid
}

func checkCovered(t *testing.T, terms *types.Terms, bids []types.Bid, result *clearing.Result) {
	t.Helper()
	deposit := types.Deposit(terms)
	paid, delivered := sdkmath.ZeroInt(), sdkmath.ZeroInt()
	for i, award := range result.Awards {
		payment := sdkmath.NewIntFromBigInt(award.Payment.Big())
		units := sdkmath.NewIntFromUint64(award.Allocation)
		paid, delivered = paid.Add(payment), delivered.Add(units)
		owed, denom := payment, terms.PaymentDenom
		if terms.Side == types.SIDE_REVERSE {
			owed, denom = units, terms.LotDenom
		}
		held := deposit.Add(types.RevealEscrow(bids[i], terms, deposit, nil)...).AmountOf(denom)
		if held.LT(owed) {
			t.Fatalf("%v: bidder %d holds %s, owes %s", terms, i, held, owed)
		}
	}
	escrow, owed, denom := types.CreatorEscrow(terms, nil), delivered, terms.LotDenom
	if terms.Side == types.SIDE_REVERSE {
		owed, denom = paid, terms.PaymentDenom
	}
	if held := escrow.AmountOf(denom); held.LT(owed) {
		t.Fatalf("%v: the creator holds %s, owes %s", terms, held, owed)
	}
}

func TestNoCapNoEscrow(t *testing.T) {
	terms := reverseTerms()
	terms.ReservePrice = nil
	if escrow := types.CreatorEscrow(terms, nil); !escrow.IsZero() {
		t.Errorf("got %s", escrow)
	}
}

func TestBidderNameIsHex(t *testing.T) {
	raw := []byte{0, 10, 255}
	if got := types.BidderName(raw); got != hex.EncodeToString(raw) || got != "000aff" {
		t.Errorf("got %s", got)
	}
}

func TestTieSeedLeavesItsInput(t *testing.T) {
	openings := []types.Opening{{Bidder: []byte{2}, Salt: make([]byte, 32)}, {Bidder: []byte{1}, Salt: make([]byte, 32)}}
	types.TieSeed("c", 1, openings)
	if openings[0].Bidder[0] != 2 {
		t.Error("openings were put in order")
	}
}
