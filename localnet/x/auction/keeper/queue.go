package keeper

import (
	"context"
	"time"

	"cosmossdk.io/collections"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// queueKey is a time in Unix nanoseconds and an auction. Entries of one time are
// in the order of their auctions.
type queueKey = collections.Pair[uint64, uint64]

// computeQueueTime returns when an auction next needs the end of a block, and
// whether it ever does. An auction that waits for its clearing stands at its
// reveal deadline, so the oldest is first. held: deposits of winners wait for
// delivery.
func computeQueueTime(auction types.Auction, held bool) (time.Time, bool) {
	switch auction.Phase {
	case types.PHASE_COMMITTING:
		return auction.CommitDeadline, true
	case types.PHASE_REVEALING, types.PHASE_CLEARING:
		return auction.RevealDeadline, true
	case types.PHASE_CLEARED:
		if held && auction.DeliveryDeadline != nil {
			return *auction.DeliveryDeadline, true
		}
	}
	return time.Time{}, false
}

func newQueueKey(at time.Time, auctionID uint64) queueKey {
	return collections.Join(uint64(at.UnixNano()), auctionID)
}

func (k Keeper) enqueue(ctx context.Context, auction types.Auction, held bool) error {
	at, waits := computeQueueTime(auction, held)
	if !waits {
		return nil
	}
	return k.Queue.Set(ctx, newQueueKey(at, auction.Id))
}

// dequeue removes an auction's entry, if it has one.
func (k Keeper) dequeue(ctx context.Context, auction types.Auction) error {
	at, waits := computeQueueTime(auction, true)
	if !waits {
		return nil
	}
	return k.Queue.Remove(ctx, newQueueKey(at, auction.Id))
}

// getDue returns the auctions whose time has come, oldest first.
func (k Keeper) getDue(ctx context.Context, now time.Time) ([]uint64, error) {
	due := new(collections.Range[queueKey]).EndExclusive(newQueueKey(now.Add(1), 0))
	var ids []uint64
	err := k.Queue.Walk(ctx, due, func(key queueKey) (bool, error) {
		ids = append(ids, key.K2())
		return false, nil
	})
	return ids, err
}
