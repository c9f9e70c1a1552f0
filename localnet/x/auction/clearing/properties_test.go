package clearing

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// newWide draws a problem with prices and quantities of any width, in which
// some prices are shared.
func newWide(random *rand.Rand) Problem {
	rules := []Rule{PayAsBid, LastAccepted, FirstRejected, VCG}
	p := Problem{Side: Side(1 + random.IntN(2)), Rule: rules[random.IntN(len(rules))], TieSeed: []byte("wide")}
	quantityBits, priceBits := random.IntN(61), random.IntN(129)
	shared := []Uint128{randomPrice(random, priceBits), randomPrice(random, priceBits)}
	if p.Side == Reverse || random.IntN(2) == 0 {
		reserve := randomPrice(random, priceBits)
		p.Reserve = &reserve
	}
	total := uint64(1)
	for i := range 1 + random.IntN(12) {
		bid := Bid{Name: fmt.Sprint("b", i)}
		for range 1 + random.IntN(5) {
			price := randomPrice(random, priceBits)
			if random.IntN(3) == 0 {
				price = shared[random.IntN(len(shared))]
			}
			bid.Steps = append(bid.Steps, Step{Quantity: 1 + random.Uint64N(1<<quantityBits), Price: price})
		}
		slices.SortFunc(bid.Steps, func(a, b Step) int {
			if p.Side == Forward {
				return b.Price.Cmp(a.Price)
			}
			return a.Price.Cmp(b.Price)
		})
		for _, step := range bid.Steps {
			total = min(total, math.MaxUint64-step.Quantity) + step.Quantity
		}
		p.Bids = append(p.Bids, bid)
	}
	p.Quantity = 1 + random.Uint64N(total)
	return p
}

func randomPrice(random *rand.Rand, width int) Uint128 {
	price := Uint128{Hi: random.Uint64(), Lo: random.Uint64()}
	switch {
	case width <= 64:
		price.Hi = 0
		price.Lo &= math.MaxUint64 >> (64 - width)
	default:
		price.Hi &= math.MaxUint64 >> (128 - width)
	}
	return price
}

func forEachWide(t *testing.T, check func(t *testing.T, random *rand.Rand, p Problem, r *Result)) {
	t.Helper()
	const problems = 3_000
	for seed := range uint64(problems) {
		random := rand.New(rand.NewPCG(seed, 7))
		p := newWide(random)
		r, err := Clear(p)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		check(t, random, p, r)
		if t.Failed() {
			t.Fatalf("seed %d: %s", seed, formatProblem(p))
		}
	}
}

// worth is what the first units of a bid are worth, in big integers.
func worth(bid Bid, units uint64) *big.Int {
	sum := new(big.Int)
	for _, step := range bid.Steps {
		taken := min(units, step.Quantity)
		sum.Add(sum, new(big.Int).Mul(new(big.Int).SetUint64(taken), step.Price.Big()))
		units -= taken
	}
	return sum
}

// objective is W of the rules: what is served, and the rest at reserve or cap.
func objective(p Problem, r *Result) *big.Int {
	w, left := new(big.Int), p.Quantity
	for i, award := range r.Awards {
		w.Add(w, worth(p.Bids[i], award.Allocation))
		left -= award.Allocation
	}
	if p.Reserve != nil {
		w.Add(w, new(big.Int).Mul(new(big.Int).SetUint64(left), p.Reserve.Big()))
	}
	return w
}

func TestWinnersKeepWhatTheyBid(t *testing.T) {
	forEachWide(t, func(t *testing.T, _ *rand.Rand, p Problem, r *Result) {
		units, welfare := new(big.Int), new(big.Int)
		for i, award := range r.Awards {
			own := worth(p.Bids[i], award.Allocation)
			units.Add(units, new(big.Int).SetUint64(award.Allocation))
			welfare.Add(welfare, own)
			switch order := award.Payment.Big().Cmp(own); {
			case award.Allocation == 0 && !award.Payment.IsZero():
				t.Errorf("loser %d pays %s", i, award.Payment)
			case p.Side == Forward && order > 0:
				t.Errorf("buyer %d pays %s, bid %s", i, award.Payment, own)
			case p.Side == Reverse && order < 0:
				t.Errorf("seller %d is paid %s, asked %s", i, award.Payment, own)
			}
		}
		if p.Side == Reverse {
			welfare.Neg(welfare)
		}
		if units.Cmp(new(big.Int).SetUint64(p.Quantity)) > 0 || welfare.Cmp(r.Welfare) != 0 || r.Surplus.Sign() != 0 {
			t.Errorf("%s units of %d, welfare %s, want %s", units, p.Quantity, r.Welfare, welfare)
		}
	})
}

func TestVCGPaysTheExternality(t *testing.T) {
	forEachWide(t, func(t *testing.T, _ *rand.Rand, p Problem, r *Result) {
		if p.Rule != VCG {
			return
		}
		with := objective(p, r)
		for i, award := range r.Awards {
			others := p
			others.Bids = slices.Delete(slices.Clone(p.Bids), i, i+1)
			without, err := Clear(others)
			if err != nil {
				t.Fatal(err)
			}
			// W(-i) - (W - v_i); in reverse both are costs and the terms are the same.
			want := new(big.Int).Sub(objective(others, without), with)
			want.Add(want, worth(p.Bids[i], award.Allocation))
			if award.Payment.Big().Cmp(want) != 0 {
				t.Errorf("bidder %d: payment %s, want %s", i, award.Payment, want)
			}
		}
	})
}

func TestOrderOfBidsChangesNothing(t *testing.T) {
	forEachWide(t, func(t *testing.T, random *rand.Rand, p Problem, r *Result) {
		order := random.Perm(len(p.Bids))
		shuffled := p
		shuffled.Bids = make([]Bid, len(p.Bids))
		for to, from := range order {
			shuffled.Bids[to] = p.Bids[from]
		}
		again, err := Clear(shuffled)
		if err != nil {
			t.Fatal(err)
		}
		for to, from := range order {
			if again.Awards[to] != r.Awards[from] {
				t.Errorf("%s: %v, in another order %v", p.Bids[from].Name, r.Awards[from], again.Awards[to])
			}
		}
	})
}

func TestTextAndValuesGiveOneResult(t *testing.T) {
	forEachWide(t, func(t *testing.T, _ *rand.Rand, p Problem, r *Result) {
		got, err := ClearJSON(formatProblem(p))
		if want := r.AppendJSON(nil, &p); err != nil || string(got) != string(want) {
			t.Errorf("got  %s, %v\nwant %s", got, err, want)
		}
	})
}

// TestGreatestNumbers clears lots of 2^64-1 units at prices of 2^128-1, the edge
// of what a problem may hold, with many bidders who could each take it all.
func TestGreatestNumbers(t *testing.T) {
	const bidders = 1_000
	greatest := Uint128{Hi: math.MaxUint64, Lo: math.MaxUint64}
	product := new(big.Int).Mul(new(big.Int).SetUint64(math.MaxUint64), greatest.Big())
	if product.BitLen() != 192 {
		t.Fatalf("the greatest sum has %d bits, an Amount 192", product.BitLen())
	}
	for _, side := range []Side{Forward, Reverse} {
		for _, rule := range []Rule{PayAsBid, LastAccepted, FirstRejected, VCG} {
			p := Problem{Side: side, Rule: rule, Quantity: math.MaxUint64, Reserve: &greatest}
			for i := range bidders {
				p.Bids = append(p.Bids, Bid{Name: fmt.Sprint(i), Steps: []Step{
					{Quantity: 1, Price: greatest}, {Quantity: math.MaxUint64 - 1, Price: greatest},
				}})
			}
			r, err := Clear(p)
			if err != nil {
				t.Fatal(err)
			}
			total := new(big.Int)
			for _, award := range r.Awards {
				total.Add(total, award.Payment.Big())
			}
			if total.Cmp(product) != 0 || new(big.Int).Abs(r.Welfare).Cmp(product) != 0 {
				t.Errorf("%s %s: paid %s, welfare %s, want %s", side, rule, total, r.Welfare, product)
			}
		}
	}
}

// TestOwnLosersOfTheGreatestBid has a winner whose own lost units alone nearly
// fill 64 bits, so that the reach of its payment lies beyond them.
func TestOwnLosersOfTheGreatestBid(t *testing.T) {
	p := Problem{Side: Forward, Rule: VCG, Quantity: 10, Bids: []Bid{
		{Name: "a", Steps: []Step{{10, NewUint128(9)}, {math.MaxUint64 - 10, NewUint128(8)}}},
		{Name: "b", Steps: []Step{{4, NewUint128(7)}, {math.MaxUint64 - 4, NewUint128(3)}}},
	}}
	r, err := Clear(p)
	if err != nil {
		t.Fatal(err)
	}
	if want := uint64(4*7 + 6*3); r.Awards[0].Payment != (Amount{want}) {
		t.Errorf("a pays %s, want %d", r.Awards[0].Payment, want)
	}
}
