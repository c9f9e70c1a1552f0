package types_test

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

func newStep(quantity, price uint64) clearing.Step {
	return clearing.Step{Quantity: quantity, Price: clearing.NewUint128(price)}
}

// newBid draws a bid that has canonical bytes.
func newBid(random *rand.Rand) types.Bid {
	bid := types.Bid{
		Kind: types.BidKind(1 + random.IntN(3)),
		Side: types.BidSide(1 + random.IntN(2)),
	}
	if bid.Kind == types.BID_KIND_BLOCK {
		bid.Minimum = 1 + random.Uint64N(math.MaxUint64)
	}
	for range 1 + random.IntN(20) {
		bid.Steps = append(bid.Steps, clearing.Step{
			Quantity: 1 + random.Uint64N(math.MaxUint64/20),
			Price:    clearing.Uint128{Hi: random.Uint64(), Lo: random.Uint64()},
		})
	}
	return bid
}

func TestBidsRoundTrip(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 11))
	for range 2_000 {
		bid := newBid(random)
		data, err := types.EncodeBid(bid)
		if err != nil {
			t.Fatal(err)
		}
		pairs := uint64(len(bid.Steps))
		if bid.Kind == types.BID_KIND_BLOCK {
			pairs++
		}
		if got := types.CountSteps(data); got != pairs || len(data) != 5+24*int(pairs) {
			t.Fatalf("%d pairs in %d bytes, want %d", got, len(data), pairs)
		}
		again, err := types.DecodeBid(data)
		if err != nil {
			t.Fatal(err)
		}
		equalJSON(t, again, bid)
	}
	if got := types.CountSteps([]byte{1, 1, 1, 0}); got != 0 {
		t.Errorf("%d pairs in bytes that are cut short", got)
	}
}

func TestBidsWithoutBytes(t *testing.T) {
	step := newStep(1, 1)
	schedule := types.Bid{Kind: types.BID_KIND_SCHEDULE, Side: types.BidSideBuy, Steps: []clearing.Step{step}}
	with := func(change func(*types.Bid)) types.Bid {
		bid := schedule
		change(&bid)
		return bid
	}
	most := make([]clearing.Step, math.MaxUint16)
	for i := range most {
		most[i] = step
	}
	for name, bid := range map[string]types.Bid{
		"unknown kind":          with(func(b *types.Bid) { b.Kind = 4 }),
		"negative kind":         with(func(b *types.Bid) { b.Kind = -1 }),
		"unknown side":          with(func(b *types.Bid) { b.Side = 0 }),
		"minimum of a schedule": with(func(b *types.Bid) { b.Minimum = 1 }),
		"block without minimum": with(func(b *types.Bid) { b.Kind = types.BID_KIND_BLOCK }),
		"no step":               with(func(b *types.Bid) { b.Steps = nil }),
		"no quantity":           with(func(b *types.Bid) { b.Steps = []clearing.Step{newStep(0, 1)} }),
		"sum beyond 64 bits":    with(func(b *types.Bid) { b.Steps = []clearing.Step{newStep(math.MaxUint64, 1), step} }),
		"65536 steps":           with(func(b *types.Bid) { b.Steps = append(most, step) }),
		"block of 65535 steps": with(func(b *types.Bid) {
			b.Kind, b.Minimum, b.Steps = types.BID_KIND_BLOCK, 1, most
		}),
	} {
		if data, err := types.EncodeBid(bid); !errors.Is(err, types.ErrNotCanonical) {
			t.Errorf("%s: got %d bytes, %v", name, len(data), err)
		}
	}
	if _, err := types.EncodeBid(with(func(b *types.Bid) { b.Steps = most })); err != nil {
		t.Errorf("65535 steps: %v", err)
	}
}

// FuzzDecodeBid holds that whatever is decoded is encoded to the same bytes.
func FuzzDecodeBid(f *testing.F) {
	random := rand.New(rand.NewPCG(2, 11))
	for range 20 {
		data, err := types.EncodeBid(newBid(random))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte{1, 3, 2, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		bid, err := types.DecodeBid(data)
		if err != nil {
			if !errors.Is(err, types.ErrNotCanonical) {
				t.Fatal(err)
			}
			return
		}
		again, err := types.EncodeBid(bid)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x became %x, %v", data, again, err)
		}
	})
}
