package keeper

import (
	"bytes"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// checkAuctions: every auction is valid by itself and its counts are true.
func (k Keeper) checkAuctions(ctx sdk.Context) (string, error) {
	next, err := k.NextAuctionID.Peek(ctx)
	if err != nil {
		return "", err
	}
	broken := ""
	err = k.Auctions.Walk(ctx, nil, func(id uint64, auction types.Auction) (bool, error) {
		bidders, err := k.getBidders(ctx, id)
		if err != nil {
			return true, err
		}
		reveals := uint32(0)
		for _, b := range bidders {
			if b.reveal != nil {
				reveals++
			}
		}
		switch err := auction.Validate(); {
		case err != nil:
			broken = err.Error()
		case auction.Id != id || id >= next:
			broken = fmt.Sprintf("auction %d is stored under %d, next is %d", auction.Id, id, next)
		case auction.BidderCount != uint32(len(bidders)) || auction.RevealCount != reveals:
			broken = fmt.Sprintf("auction %d counts %d bidders and %d reveals, there are %d and %d",
				id, auction.BidderCount, auction.RevealCount, len(bidders), reveals)
		}
		return broken != "", nil
	})
	return broken, err
}

// checkBids: a commitment and a reveal stand under their own keys, and a deposit
// is held exactly as long as the phase says.
func (k Keeper) checkBids(ctx sdk.Context) (string, error) {
	broken := ""
	err := k.Commitments.Walk(ctx, nil, func(key bidderKey, commitment types.BidCommitment) (bool, error) {
		auction, err := k.getAuction(ctx, key.K1())
		if err != nil {
			return true, err
		}
		waits, err := k.HeldDeposits.Has(ctx, key)
		if err != nil {
			return true, err
		}
		reveal, err := k.Reveals.Get(ctx, key)
		revealed := err == nil
		if err != nil && !errors.Is(err, collections.ErrNotFound) {
			return true, err
		}
		bidder, err := k.parseAddress("bidder", commitment.Bidder)
		if err != nil {
			return true, err
		}
		held := commitment.DepositStatus == types.DEPOSIT_STATUS_HELD
		expected := waits || auction.Phase.IsOpen() && (!revealed || reveal.Admissible)
		switch {
		case commitment.AuctionId != key.K1() || !bytes.Equal(bidder, key.K2()):
			broken = fmt.Sprintf("auction %d: the commitment of %s is stored under another key", key.K1(), commitment.Bidder)
		case revealed && (reveal.AuctionId != key.K1() || reveal.Bidder != commitment.Bidder):
			broken = fmt.Sprintf("auction %d: the reveal of %s is stored under another key", key.K1(), commitment.Bidder)
		case held != expected:
			broken = fmt.Sprintf("auction %d, %s: the deposit of %s is %s",
				key.K1(), auction.Phase, commitment.Bidder, commitment.DepositStatus)
		}
		return broken != "", nil
	})
	return broken, err
}

// checkHeldDeposits: only winners of cleared award-mode auctions wait for
// delivery.
func (k Keeper) checkHeldDeposits(ctx sdk.Context) (string, error) {
	broken := ""
	err := k.HeldDeposits.Walk(ctx, nil, func(key bidderKey) (bool, error) {
		auction, err := k.getAuction(ctx, key.K1())
		if err != nil {
			return true, err
		}
		award, err := k.Awards.Get(ctx, key)
		if err != nil {
			return true, err
		}
		if !auction.Terms.IsAward() || auction.Phase != types.PHASE_CLEARED || award.Allocation == 0 {
			broken = fmt.Sprintf("auction %d holds the deposit of %s for nothing", key.K1(), award.Bidder)
		}
		return broken != "", nil
	})
	return broken, err
}

// checkQueue: the queue holds one entry for each auction that waits for a time,
// and none besides.
func (k Keeper) checkQueue(ctx sdk.Context) (string, error) {
	broken, waiting := "", 0
	err := k.Auctions.Walk(ctx, nil, func(id uint64, auction types.Auction) (bool, error) {
		held, err := k.hasHeldDeposits(ctx, id)
		if err != nil {
			return true, err
		}
		at, waits := computeQueueTime(auction, held)
		if !waits {
			return false, nil
		}
		waiting++
		found, err := k.Queue.Has(ctx, newQueueKey(at, id))
		if !found {
			broken = fmt.Sprintf("auction %d is not in the queue at %s", id, formatTime(at))
		}
		return !found, err
	})
	if err != nil || broken != "" {
		return broken, err
	}
	entries := 0
	err = k.Queue.Walk(ctx, nil, func(queueKey) (bool, error) {
		entries++
		return false, nil
	})
	if entries != waiting {
		broken = fmt.Sprintf("%d entries are in the queue for %d auctions that wait", entries, waiting)
	}
	return broken, err
}

// checkIndexes: indexes and counts of open auctions say what the auctions say.
func (k Keeper) checkIndexes(ctx sdk.Context) (string, error) {
	broken, total, open := "", 0, uint64(0)
	own := map[string]uint64{}
	err := k.Auctions.Walk(ctx, nil, func(id uint64, auction types.Auction) (bool, error) {
		creator, err := k.parseAddress("creator", auction.Creator)
		if err != nil {
			return true, err
		}
		total++
		if auction.Phase.IsOpen() {
			open++
			own[string(creator)]++
		}
		byPhase, err := k.AuctionsByPhase.Has(ctx, collections.Join(uint32(auction.Phase), id))
		if err != nil {
			return true, err
		}
		byCreator, err := k.AuctionsByCreator.Has(ctx, collections.Join(creator, id))
		if !byPhase || !byCreator {
			broken = fmt.Sprintf("auction %d is missing in an index", id)
		}
		return broken != "", err
	})
	if err != nil || broken != "" {
		return broken, err
	}
	return k.compareIndexes(ctx, total, open, own)
}

func (k Keeper) compareIndexes(ctx sdk.Context, total int, open uint64, own map[string]uint64) (string, error) {
	phases, creators := 0, 0
	err := k.AuctionsByPhase.Walk(ctx, nil, func(collections.Pair[uint32, uint64]) (bool, error) {
		phases++
		return false, nil
	})
	if err != nil {
		return "", err
	}
	err = k.AuctionsByCreator.Walk(ctx, nil, func(ownerKey) (bool, error) {
		creators++
		return false, nil
	})
	if err != nil {
		return "", err
	}
	if phases != total || creators != total {
		return fmt.Sprintf("%d auctions have %d entries by phase and %d by creator", total, phases, creators), nil
	}
	count, err := k.getOpenCount(ctx)
	if err != nil {
		return "", err
	}
	if count != open {
		return fmt.Sprintf("%d auctions are open, the count is %d", open, count), nil
	}
	broken, counted := "", 0
	err = k.OpenByCreator.Walk(ctx, nil, func(creator sdk.AccAddress, count uint64) (bool, error) {
		counted++
		if own[string(creator)] != count {
			broken = fmt.Sprintf("%s has %d open auctions, the count is %d", creator, own[string(creator)], count)
		}
		return broken != "", nil
	})
	if err == nil && broken == "" && counted != len(own) {
		broken = fmt.Sprintf("%d creators have open auctions, %d are counted", len(own), counted)
	}
	return broken, err
}

// checkResults: a cleared auction has a result with one award for each admissible
// bid, and no other auction has one.
func (k Keeper) checkResults(ctx sdk.Context) (string, error) {
	broken := ""
	err := k.Auctions.Walk(ctx, nil, func(id uint64, auction types.Auction) (bool, error) {
		found, err := k.Results.Has(ctx, id)
		if err != nil {
			return true, err
		}
		awards, err := k.getAwards(ctx, id)
		if err != nil {
			return true, err
		}
		bidders, err := k.getBidders(ctx, id)
		if err != nil {
			return true, err
		}
		admissible := 0
		for _, b := range bidders {
			if b.reveal != nil && b.reveal.Admissible {
				admissible++
			}
		}
		cleared := auction.Phase == types.PHASE_CLEARED
		if found != cleared || cleared && len(awards) != admissible || !cleared && len(awards) > 0 {
			broken = fmt.Sprintf("auction %d, %s: %d awards for %d admissible bids", id, auction.Phase, len(awards), admissible)
		}
		return broken != "", nil
	})
	return broken, err
}
