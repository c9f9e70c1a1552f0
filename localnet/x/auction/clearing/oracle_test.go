package clearing

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// The oracle enumerates every allocation of a small problem and takes the best
// by the words of the rules. It shares no code with the package but Rank.

// small is a problem of few units; prices[i] holds bidder i's price of each unit.
type small struct {
	side     Side
	rule     Rule
	quantity int
	reserve  int // none if negative
	seed     []byte
	names    []string
	prices   [][]int
}

// problem states the small problem with steps as the units fall.
func (s small) problem() Problem {
	p := Problem{Side: s.side, Rule: s.rule, Quantity: uint64(s.quantity), TieSeed: s.seed}
	if s.reserve >= 0 {
		reserve := NewUint128(uint64(s.reserve))
		p.Reserve = &reserve
	}
	for i, prices := range s.prices {
		bid := Bid{Name: s.names[i]}
		for _, price := range prices {
			last := len(bid.Steps) - 1
			// Some neighbours of one price become one step, some stay two.
			if last >= 0 && bid.Steps[last].Price == NewUint128(uint64(price)) && (i+price)%2 == 0 {
				bid.Steps[last].Quantity++
				continue
			}
			bid.Steps = append(bid.Steps, Step{Quantity: 1, Price: NewUint128(uint64(price))})
		}
		p.Bids = append(p.Bids, bid)
	}
	return p
}

// worth is what a bidder's first units are worth (forward) or cost (reverse).
func (s small) worth(bidder, units int) int {
	sum := 0
	for _, price := range s.prices[bidder][:units] {
		sum += price
	}
	return sum
}

// score is the objective of an allocation, to be compared element by element.
// Without a cap, a reverse auction wants most units first.
func (s small) score(allocation []int) []int {
	sum, units := 0, 0
	for i, won := range allocation {
		sum += s.worth(i, won)
		units += won
	}
	rest := s.quantity - units
	switch {
	case s.side == Forward:
		return []int{sum + rest*max(s.reserve, 0), units}
	case s.reserve >= 0:
		return []int{-sum - rest*s.reserve, units}
	default:
		return []int{units, -sum}
	}
}

// best returns the allocation that the rules choose among those where absent
// (an index, or -1 for none) gets nothing.
func (s small) best(absent int) []int {
	order := make([]int, len(s.names))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := Rank(s.seed, s.names[a]), Rank(s.seed, s.names[b])
		return bytes.Compare(x[:], y[:])
	})
	var best, bestKey []int
	allocation := make([]int, len(s.names))
	var try func(bidder, left int)
	try = func(bidder, left int) {
		if bidder == len(s.names) {
			key := s.score(allocation)
			for _, i := range order {
				key = append(key, allocation[i])
			}
			if best == nil || slices.Compare(key, bestKey) > 0 {
				best, bestKey = slices.Clone(allocation), key
			}
			return
		}
		most := min(left, len(s.prices[bidder]))
		if bidder == absent {
			most = 0
		}
		for units := 0; units <= most; units++ {
			allocation[bidder] = units
			try(bidder+1, left-units)
		}
		allocation[bidder] = 0
	}
	try(0, s.quantity)
	return best
}

// expected is a result in small numbers; price is -1 for none.
type expected struct {
	allocation, payment []int
	welfare, price      int
}

func (s small) solve() expected {
	out := expected{allocation: s.best(-1), payment: make([]int, len(s.names)), price: -1}
	var served, rejected []int
	for i, won := range out.allocation {
		out.welfare += s.worth(i, won)
		served = append(served, s.prices[i][:won]...)
		rejected = append(rejected, s.prices[i][won:]...)
	}
	if len(served) > 0 {
		out.price = s.unitPrice(served, rejected)
	}
	for i, won := range out.allocation {
		switch {
		case won == 0:
		case s.rule == PayAsBid:
			out.payment[i] = s.worth(i, won)
		case s.rule == VCG:
			out.payment[i] = s.vcg(i, out.allocation)
		default:
			out.payment[i] = won * out.price
		}
	}
	if s.side == Reverse {
		out.welfare = -out.welfare
	}
	return out
}

// unitPrice is the one price of the rules that have one, else -1.
func (s small) unitPrice(served, rejected []int) int {
	switch {
	case s.rule == LastAccepted && s.side == Forward:
		return slices.Min(served)
	case s.rule == LastAccepted:
		return slices.Max(served)
	case (s.rule == FirstRejected || s.rule == SecondPrice) && s.side == Forward:
		return slices.Max(append(rejected, s.reserve, 0))
	case s.rule == FirstRejected || s.rule == SecondPrice:
		return slices.Min(append(rejected, s.reserve))
	default:
		return -1
	}
}

// vcg is W(-i) - (W - v_i), turned around for sellers.
func (s small) vcg(bidder int, allocation []int) int {
	with, without := s.score(allocation)[0], s.score(s.best(bidder))[0]
	own := s.worth(bidder, allocation[bidder])
	if s.side == Forward {
		return without - (with - own)
	}
	return (with + own) - without
}

// newSmall draws a problem in which ties, shortage and prices at the reserve
// are common.
func newSmall(random *rand.Rand) small {
	rules := []Rule{PayAsBid, LastAccepted, FirstRejected, VCG}
	s := small{
		side: Side(1 + random.IntN(2)), rule: rules[random.IntN(len(rules))],
		quantity: 1 + random.IntN(6), reserve: random.IntN(7) - 1,
		seed: []byte{byte(random.Uint32())},
	}
	if s.side == Reverse && s.reserve < 0 && s.rule != PayAsBid && s.rule != LastAccepted {
		s.reserve = random.IntN(6)
	}
	if s.quantity == 1 && s.rule == FirstRejected && random.IntN(2) == 0 {
		s.rule = SecondPrice
	}
	for i := range random.IntN(5) {
		s.names = append(s.names, fmt.Sprintf("bidder %d", i))
		prices := make([]int, 1+random.IntN(4))
		for j := range prices {
			prices[j] = random.IntN(6)
		}
		slices.Sort(prices)
		if s.side == Forward {
			slices.Reverse(prices)
		}
		s.prices = append(s.prices, prices)
	}
	return s
}

func TestEqualsTheOracle(t *testing.T) {
	const problems = 20_000
	for seed := range uint64(problems) {
		s := newSmall(rand.New(rand.NewPCG(seed, 3)))
		want := s.solve()
		got, err := Clear(s.problem())
		if err != nil {
			t.Fatalf("seed %d: %+v: %v", seed, s, err)
		}
		price := -1
		if got.ClearingPrice != nil {
			price = int(got.ClearingPrice.Int64())
		}
		allocation, payment := smallAwards(got)
		if !slices.Equal(allocation, want.allocation) || !slices.Equal(payment, want.payment) ||
			got.Welfare.Int64() != int64(want.welfare) || price != want.price || got.Surplus.Sign() != 0 {
			t.Fatalf("seed %d: %+v\ngot  %v %v welfare %s price %d\nwant %+v",
				seed, s, allocation, payment, got.Welfare, price, want)
		}
	}
}

func smallAwards(r *Result) (allocation, payment []int) {
	allocation, payment = make([]int, len(r.Awards)), make([]int, len(r.Awards))
	for i, award := range r.Awards {
		allocation[i], payment[i] = int(award.Allocation), int(award.Payment[0])
	}
	return allocation, payment
}

// utility is what a bidder gains: value minus payment, or payment minus cost.
func (s small) utility(bidder, units, payment int) int {
	if s.side == Forward {
		return s.worth(bidder, units) - payment
	}
	return payment - s.worth(bidder, units)
}

// reports calls visit with every admissible list of up to most unit prices of 0
// to highest.
func reports(side Side, most, highest int, visit func([]int)) {
	var extend func(prices []int)
	extend = func(prices []int) {
		if len(prices) > 0 {
			visit(prices)
		}
		if len(prices) == most {
			return
		}
		from, to := 0, highest
		if len(prices) > 0 {
			if side == Forward {
				to = prices[len(prices)-1]
			} else {
				from = prices[len(prices)-1]
			}
		}
		for price := from; price <= to; price++ {
			extend(append(slices.Clone(prices), price))
		}
	}
	extend(nil)
}

// TestVCGIsTruthful holds that no bidder gains by another schedule of up to its
// true units at integer prices of 0 to the highest + 1, the others fixed.
func TestVCGIsTruthful(t *testing.T) {
	const problems, highest = 150, 6
	for seed := range uint64(problems) {
		random := rand.New(rand.NewPCG(seed, 5))
		truth := newSmall(random)
		truth.rule = VCG
		truth.reserve = max(truth.reserve, 0)
		honest, err := Clear(truth.problem())
		if err != nil {
			t.Fatal(err)
		}
		allocation, payment := smallAwards(honest)
		for bidder := range truth.names {
			gain := truth.utility(bidder, allocation[bidder], payment[bidder])
			if gain < 0 {
				t.Fatalf("seed %d: bidder %d loses %d by bidding its values", seed, bidder, -gain)
			}
			reports(truth.side, len(truth.prices[bidder]), highest, func(prices []int) {
				lie := truth
				lie.prices = slices.Clone(truth.prices)
				lie.prices[bidder] = prices
				result, err := Clear(lie.problem())
				if err != nil {
					t.Fatal(err)
				}
				units, paid := smallAwards(result)
				if lied := truth.utility(bidder, units[bidder], paid[bidder]); lied > gain {
					t.Fatalf("seed %d: %+v: bidder %d gains %d instead of %d by reporting %v",
						seed, truth, bidder, lied, gain, prices)
				}
			})
		}
	}
}
