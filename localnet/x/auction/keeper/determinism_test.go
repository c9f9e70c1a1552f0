package keeper_test

import (
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// Two chains that take the same blocks have the same application hash after each
// of them; otherwise validators would part.
func TestEqualBlocksGiveEqualHashes(t *testing.T) {
	run := func() (hashes []string) {
		storyOf(newGrid(t), func(g *grid, _ int) *grid {
			hashes = append(hashes, hex.EncodeToString(g.hash))
			return g
		})
		return hashes
	}
	first := run()
	require.NotEmpty(t, first)
	for range 3 {
		require.Equal(t, first, run())
	}
}

// Also a history in which things go wrong ends in one state.
func TestFailuresAreDeterministic(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			run := func() (string, types.Auction) {
				g := newGrid(t)
				id := g.open(forward())
				bids := []opening{g.commit(1, id, step(2, 50)), g.commit(2, id, step(2, 40))}
				g.toReveals(id)
				g.ok(bids[0].revealMsg(), bids[1].revealMsg())
				g.keeper = g.keeper.WithClearing(fault.clear)
				g.toTime(g.auction(id).RevealDeadline)
				return hex.EncodeToString(g.hash), g.auction(id)
			}
			firstHash, first := run()
			secondHash, second := run()
			require.Equal(t, first, second)
			require.Equal(t, firstHash, secondHash)
		})
	}
}

// The result is the same in whatever order bids are committed and revealed: ties
// are broken by the salts of all openings, not by who came first.
func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var want types.Result
	for round := range 6 {
		g := newGrid(t)
		id := g.open(forward())
		order := rng.Perm(5)
		var bids []opening
		for _, i := range order {
			bids = append(bids, g.commit(i+1, id, step(2, 50)))
		}
		g.toReveals(id)
		for _, i := range rng.Perm(5) {
			g.ok(bids[i].revealMsg())
		}
		result := g.toResult(id)
		if round == 0 {
			want = result
		}
		require.Equal(t, want, result)
	}
}

// Ties cannot be won by grinding an address: one more opening moves the order of
// all others.
func TestEverySaltMovesTheTies(t *testing.T) {
	winners := map[string]bool{}
	for attempt := uint32(1); attempt <= 12; attempt++ {
		g := newGrid(t)
		id := g.open(forward())
		var bids []opening
		for bidder := 1; bidder <= 3; bidder++ {
			bid := g.seal(bidder, id, attempt, step(4, 50))
			g.ok(g.commitMsg(bid))
			bids = append(bids, bid)
		}
		g.toReveals(id)
		for _, bid := range bids {
			g.ok(bid.revealMsg())
		}
		for _, row := range g.toResult(id).Awards {
			if row.Allocation == 4 {
				winners[row.Bidder] = true
			}
		}
	}
	require.Len(t, winners, 3, "in twelve draws each of three equal bidders wins at times")
}
