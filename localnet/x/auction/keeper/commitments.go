package keeper

import (
	"context"
	"errors"
	"time"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// commit stores a bidder's commitment. The first one pays the deposit, a later
// one replaces the hash.
func (k Keeper) commit(ctx sdk.Context, msg *types.MsgCommitBid) error {
	bidder, err := k.parseAddress("bidder", msg.Bidder)
	if err != nil {
		return err
	}
	auction, err := k.getAuction(ctx, msg.AuctionId)
	if err != nil {
		return err
	}
	if err := validateCommitTime(auction, ctx.BlockTime()); err != nil {
		return err
	}
	if _, err := k.validateCreator(auction, msg.Bidder); err == nil {
		return errorsmod.Wrapf(types.ErrCreatorBid, "auction %d", auction.Id)
	}
	text, err := k.formatAddress(bidder)
	if err != nil {
		return err
	}
	stored, found, err := k.getCommitment(ctx, auction.Id, bidder)
	if err != nil {
		return err
	}
	switch {
	case !found:
		if err := k.enter(ctx, auction, bidder); err != nil {
			return err
		}
	case msg.Attempt <= stored.Attempt:
		return errorsmod.Wrapf(types.ErrStaleAttempt, "attempt is %d, must be greater than %d", msg.Attempt, stored.Attempt)
	}
	commitment := types.BidCommitment{
		AuctionId: auction.Id, Bidder: text, BidCommitment: msg.BidCommitment, Attempt: msg.Attempt,
		DepositStatus: types.DEPOSIT_STATUS_HELD, CommittedAt: ctx.BlockTime(),
	}
	if err := k.Commitments.Set(ctx, collections.Join(auction.Id, bidder), commitment); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventBidCommitted{
		AuctionId: auction.Id, Bidder: text, BidCommitment: msg.BidCommitment, Attempt: msg.Attempt})
}

// enter takes the deposit of a new bidder, if there is room for one more.
func (k Keeper) enter(ctx sdk.Context, auction types.Auction, bidder sdk.AccAddress) error {
	if auction.BidderCount >= auction.MaxBidders {
		return errorsmod.Wrapf(types.ErrLimitReached, "auction %d has %d bidders, which is all it takes", auction.Id, auction.BidderCount)
	}
	if err := k.collect(ctx, bidder, auction.Deposit, "the deposit"); err != nil {
		return err
	}
	auction.BidderCount++
	return k.Auctions.Set(ctx, auction.Id, auction)
}

// validateCommitTime tells from the deadline alone whether commitments are taken.
func validateCommitTime(auction types.Auction, now time.Time) error {
	if auction.Phase == types.PHASE_CANCELLED {
		return errorsmod.Wrapf(types.ErrWrongPhase, "auction %d was cancelled", auction.Id)
	}
	if !now.Before(auction.CommitDeadline) {
		return errorsmod.Wrapf(types.ErrTooLate, "block time %s is not before commit_deadline %s",
			formatTime(now), formatTime(auction.CommitDeadline))
	}
	return nil
}

func formatTime(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// getCommitment returns a bidder's newest commitment and whether there is one.
func (k Keeper) getCommitment(
	ctx context.Context, auctionID uint64, bidder sdk.AccAddress,
) (types.BidCommitment, bool, error) {
	commitment, err := k.Commitments.Get(ctx, collections.Join(auctionID, bidder))
	if errors.Is(err, collections.ErrNotFound) {
		return commitment, false, nil
	}
	return commitment, err == nil, err
}

// listed is a bidder of an auction with its commitment and, if there is one, its
// opening.
type listed struct {
	bidder     sdk.AccAddress
	commitment types.BidCommitment
	reveal     *types.Reveal
}

// getBidders returns all bidders of an auction, ascending by raw address.
func (k Keeper) getBidders(ctx context.Context, auctionID uint64) ([]listed, error) {
	var bidders []listed
	all := collections.NewPrefixedPairRange[uint64, sdk.AccAddress](auctionID)
	err := k.Commitments.Walk(ctx, all, func(key bidderKey, commitment types.BidCommitment) (bool, error) {
		bidders = append(bidders, listed{bidder: key.K2(), commitment: commitment})
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	// Both walks are in the order of bidders, and nobody reveals without having
	// committed.
	next := 0
	err = k.Reveals.Walk(ctx, all, func(key bidderKey, reveal types.Reveal) (bool, error) {
		for next < len(bidders) && !bidders[next].bidder.Equals(key.K2()) {
			next++
		}
		if next == len(bidders) {
			return true, errorsmod.Wrapf(types.ErrClearing, "auction %d: opening of %s without a commitment", auctionID, reveal.Bidder)
		}
		bidders[next].reveal = &reveal
		return false, nil
	})
	return bidders, err
}
