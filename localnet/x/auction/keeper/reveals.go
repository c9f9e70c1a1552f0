package keeper

import (
	"bytes"
	"time"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// reveal takes the opening of a commitment, from its bidder or from anybody. An
// opening that does not match changes nothing. One that matches and is
// inadmissible is recorded, and its deposit is forfeited at once.
func (k Keeper) reveal(ctx sdk.Context, msg *types.MsgRevealBid) (types.Reveal, error) {
	none := types.Reveal{}
	sender, err := k.parseAddress("sender", msg.Sender)
	if err != nil {
		return none, err
	}
	bidder, err := k.parseAddress("bidder", msg.Bidder)
	if err != nil {
		return none, err
	}
	auction, err := k.getAuction(ctx, msg.AuctionId)
	if err != nil {
		return none, err
	}
	if err := validateRevealTime(auction, ctx.BlockTime()); err != nil {
		return none, err
	}
	commitment, err := k.matchOpening(ctx, auction, bidder, msg)
	if err != nil {
		return none, err
	}
	bid, reason := types.FindInadmissible(msg.BidBytes, &auction.Terms)
	reveal := types.Reveal{
		AuctionId: auction.Id, Bidder: commitment.Bidder, BidBytes: msg.BidBytes, Salt: msg.Salt,
		Admissible: reason == "", Reason: reason, RevealedAt: ctx.BlockTime(),
	}
	if reveal.Sender, err = k.formatAddress(sender); err != nil {
		return none, err
	}
	if reveal.Admissible {
		reveal.Escrow, err = k.escrowBid(ctx, auction, sender, bidder, bid, msg.Credits)
	} else {
		err = k.forfeit(ctx, k.payouts(auction.Id), auction, bidder, commitment, "inadmissible: "+reason)
	}
	if err != nil {
		return none, err
	}
	return reveal, k.addReveal(ctx, auction, bidder, reveal)
}

func (k Keeper) addReveal(ctx sdk.Context, auction types.Auction, bidder sdk.AccAddress, reveal types.Reveal) error {
	if err := k.Reveals.Set(ctx, collections.Join(auction.Id, bidder), reveal); err != nil {
		return err
	}
	auction.RevealCount++
	if err := k.Auctions.Set(ctx, auction.Id, auction); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventBidRevealed{
		AuctionId: auction.Id, Bidder: reveal.Bidder, Sender: reveal.Sender,
		Admissible: reveal.Admissible, Reason: reveal.Reason})
}

// matchOpening returns the commitment that the opening in msg opens.
func (k Keeper) matchOpening(
	ctx sdk.Context, auction types.Auction, bidder sdk.AccAddress, msg *types.MsgRevealBid,
) (types.BidCommitment, error) {
	commitment, found, err := k.getCommitment(ctx, auction.Id, bidder)
	if err != nil {
		return commitment, err
	}
	if !found {
		return commitment, errorsmod.Wrapf(types.ErrNoCommitment, "auction %d, bidder %s", auction.Id, msg.Bidder)
	}
	revealed, err := k.Reveals.Has(ctx, collections.Join(auction.Id, bidder))
	if err != nil {
		return commitment, err
	}
	if revealed {
		return commitment, errorsmod.Wrapf(types.ErrAlreadyRevealed, "auction %d, bidder %s", auction.Id, msg.Bidder)
	}
	opened := types.ComputeBidCommitment(ctx.ChainID(), auction.Id, bidder, auction.TermsHash, msg.BidBytes, msg.Salt)
	if !bytes.Equal(opened, commitment.BidCommitment) {
		return commitment, errorsmod.Wrapf(types.ErrOpeningMismatch, "auction %d, bidder %s, attempt %d",
			auction.Id, msg.Bidder, commitment.Attempt)
	}
	return commitment, nil
}

// escrowBid takes what an admissible bid can cost beyond the deposit; named are
// the credits of a seller where the lot is a class. Only the bidder itself can
// put it in.
func (k Keeper) escrowBid(
	ctx sdk.Context, auction types.Auction, sender, bidder sdk.AccAddress, bid types.Bid, named sdk.Coins,
) (sdk.Coins, error) {
	if err := k.validateCredits(ctx, &auction.Terms, named, types.ClassDelivery(&auction.Terms, &bid)); err != nil {
		return nil, err
	}
	escrow := types.RevealEscrow(bid, &auction.Terms, auction.Deposit, named)
	if escrow.IsZero() {
		return nil, nil
	}
	if !sender.Equals(bidder) {
		return nil, errorsmod.Wrapf(types.ErrRelayNeedsEscrow, "%s", escrow)
	}
	return escrow, k.collect(ctx, bidder, escrow, "the opening")
}

// validateRevealTime tells from the deadlines alone whether openings are taken.
func validateRevealTime(auction types.Auction, now time.Time) error {
	switch {
	case auction.Phase == types.PHASE_CANCELLED:
		return errorsmod.Wrapf(types.ErrWrongPhase, "auction %d was cancelled", auction.Id)
	case now.Before(auction.CommitDeadline):
		return errorsmod.Wrapf(types.ErrTooEarly, "block time %s is before commit_deadline %s",
			formatTime(now), formatTime(auction.CommitDeadline))
	case !now.Before(auction.RevealDeadline):
		return errorsmod.Wrapf(types.ErrTooLate, "block time %s is not before reveal_deadline %s",
			formatTime(now), formatTime(auction.RevealDeadline))
	}
	return nil
}
