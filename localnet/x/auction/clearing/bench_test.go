package clearing

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// stepsOfBench is how many steps a bidder has in the benchmarks.
const stepsOfBench = 10

// newBenchProblem is a reverse VCG auction in which half of what is offered is bought.
func newBenchProblem(bidders int) Problem {
	random := rand.New(rand.NewPCG(1, uint64(bidders)))
	capPrice := NewUint128(400_000)
	problem := Problem{
		Side: Reverse, Rule: VCG, Reserve: &capPrice, TieSeed: []byte("bench"), Bids: make([]Bid, bidders),
	}
	for i := range problem.Bids {
		bid := &problem.Bids[i]
		bid.Name = fmt.Sprintf("%040x", i)
		price := random.Uint64N(100_000)
		for range stepsOfBench {
			price += random.Uint64N(40_000)
			quantity := 1 + random.Uint64N(1_000)
			bid.Steps = append(bid.Steps, Step{Quantity: quantity, Price: NewUint128(price)})
			problem.Quantity += quantity
		}
	}
	problem.Quantity /= 2
	return problem
}

var benchSizes = []int{1_000, 10_000, 100_000}

func BenchmarkClear(b *testing.B) {
	for _, bidders := range benchSizes {
		problem := newBenchProblem(bidders)
		b.Run(fmt.Sprintf("bidders=%d", bidders), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Clear(problem); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkClearJSON(b *testing.B) {
	for _, bidders := range benchSizes {
		text := formatProblem(newBenchProblem(bidders))
		b.Run(fmt.Sprintf("bidders=%d", bidders), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ClearJSON(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTies clears a lot for which all bidders offer one price.
func BenchmarkTies(b *testing.B) {
	for _, bidders := range benchSizes {
		problem := newBenchProblem(bidders)
		for i := range problem.Bids {
			for j := range problem.Bids[i].Steps {
				problem.Bids[i].Steps[j].Price = NewUint128(250)
			}
		}
		b.Run(fmt.Sprintf("bidders=%d", bidders), func(b *testing.B) {
			for b.Loop() {
				if _, err := Clear(problem); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// formatProblem writes a problem file.
func formatProblem(p Problem) []byte {
	out := fmt.Appendf(nil, `{"side":"%s","quantity":"%d",`, p.Side, p.Quantity)
	if p.Reserve != nil {
		out = fmt.Appendf(out, `"reserve_price":"%s",`, p.Reserve)
	}
	out = fmt.Appendf(out, `"payment_rule":"%s","tie_seed":"%x","bids":[`, p.Rule, p.TieSeed)
	for i, bid := range p.Bids {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"bidder":`...)
		out = appendString(out, bid.Name)
		out = append(out, `,"kind":"schedule","steps":[`...)
		for j, step := range bid.Steps {
			if j > 0 {
				out = append(out, ',')
			}
			out = fmt.Appendf(out, `[%d,%s]`, step.Quantity, step.Price)
		}
		out = append(out, "]}"...)
	}
	return append(out, "]}"...)
}
