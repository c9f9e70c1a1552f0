package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// A forward auction under VCG, from creation to everybody's last coin.
func TestForwardAuctionFromCreationToSettlement(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	require.EqualValues(t, 1, id)
	require.EqualValues(t, -4, g.change(town, lot), "the lot is escrowed")

	// Values 50, 47 | 40, 28 | 45, and 32 for one more unit that nobody sells.
	a := g.commit(1, id, step(1, 50), step(1, 47))
	b := g.commit(2, id, step(1, 40), step(1, 28))
	c := g.commit(3, id, step(2, 45))
	for _, bidder := range []int{1, 2, 3} {
		require.EqualValues(t, -400, g.change(bidder, money), "the flat deposit")
	}
	g.toReveals(id)
	g.ok(a.revealMsg(), b.revealMsg(), c.revealMsg())
	result := g.toResult(id)

	// Served: 50, 47, 45, 45. Not served: 40, 28; the reserve is 20.
	require.EqualValues(t, 187, result.Welfare.Int64())
	require.Nil(t, result.ClearingPrice)
	units, payment := awardOf(result, 1)
	require.EqualValues(t, 2, units)
	require.EqualValues(t, 68, payment, "displaces 40 and 28")
	units, payment = awardOf(result, 2)
	require.EqualValues(t, 0, units)
	require.EqualValues(t, 0, payment)
	units, payment = awardOf(result, 3)
	require.EqualValues(t, 2, units)
	require.EqualValues(t, 68, payment)

	for bidder, want := range map[int]struct{ lot, money int64 }{
		town: {-4, 136}, 1: {2, -68}, 2: {0, 0}, 3: {2, -68},
	} {
		require.Equal(t, want.lot, g.change(bidder, lot), "lot of %d", bidder)
		require.Equal(t, want.money, g.change(bidder, money), "money of %d", bidder)
	}
	require.Empty(t, g.auction(id).Escrow)
	require.Zero(t, g.poolOf(money))
}

// A reverse auction: sellers put in what they may have to deliver, and the town
// gets back what the cap made it escrow too much.
func TestReverseAuctionFromCreationToSettlement(t *testing.T) {
	g := newGrid(t)
	id := g.open(reverse())
	require.EqualValues(t, -500, g.change(town, money), "quantity times cap is escrowed")

	// Costs [10,20,30]; [15,25,35]; [12,40]: cost 82, units 2, 2, 1, and VCG pays
	// 75, 70 and 30 (recomputed by brute force for design tests).
	a := g.commit(1, id, step(1, 10), step(1, 20), step(1, 30))
	b := g.commit(2, id, step(1, 15), step(1, 25), step(1, 35))
	c := g.commit(3, id, step(1, 12), step(1, 40))
	require.EqualValues(t, -50, g.change(1, money))
	g.toReveals(id)
	g.ok(a.revealMsg(), b.revealMsg(), c.revealMsg())
	require.EqualValues(t, -3, g.change(1, lot), "all that it may have to deliver")
	require.EqualValues(t, -2, g.change(3, lot))
	result := g.toResult(id)

	require.EqualValues(t, -82, result.Welfare.Int64())
	for bidder, want := range map[int]struct{ lot, money int64 }{
		town: {5, -175}, 1: {-2, 75}, 2: {-2, 70}, 3: {-1, 30},
	} {
		require.Equal(t, want.lot, g.change(bidder, lot), "lot of %d", bidder)
		require.Equal(t, want.money, g.change(bidder, money), "money of %d", bidder)
	}
}

// An auction that nobody bid in gives the creator everything back.
func TestAuctionWithoutBidders(t *testing.T) {
	for name, terms := range map[string]types.Terms{"forward": forward(), "reverse": reverse()} {
		t.Run(name, func(t *testing.T) {
			g := newGrid(t)
			id := g.open(terms)
			result := g.toResult(id)
			require.Empty(t, result.Awards)
			require.Nil(t, result.ClearingPrice)
			require.Zero(t, g.change(town, lot))
			require.Zero(t, g.change(town, money))
		})
	}
}
