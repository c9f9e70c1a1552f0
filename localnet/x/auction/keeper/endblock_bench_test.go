package keeper_test

import (
	"testing"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
)

// BenchmarkLargestAuction measures the block that clears and settles an auction of
// as many bidders as the default params allow, ten steps each.
func BenchmarkLargestAuction(b *testing.B) {
	const bidders, stepsOfBid = 1_000, 10
	for b.Loop() {
		b.StopTimer()
		g := newGrid(b)
		id := g.open(forward())
		openings := make([]opening, bidders)
		for i := range openings {
			steps := make([]clearing.Step, stepsOfBid)
			for j := range steps {
				steps[j] = step(1, uint64(100-(i+j)%90))
			}
			for j := 1; j < len(steps); j++ {
				if steps[j].Price.Cmp(steps[j-1].Price) > 0 {
					steps[j].Price = steps[j-1].Price
				}
			}
			g.fund(account(i+1), coins(1_000, money))
			openings[i] = g.commit(i+1, id, steps...)
		}
		g.toReveals(id)
		for _, opening := range openings {
			g.ok(opening.revealMsg())
		}
		g.endBlock(g.auction(id).RevealDeadline)
		b.StartTimer()
		if err := g.keeper.EndBlock(g.ctx); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		g.result(id)
		b.StartTimer()
	}
}
