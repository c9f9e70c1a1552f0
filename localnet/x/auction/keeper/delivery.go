package keeper

import (
	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// endDelivery ends the wait for one winner's delivery in award mode by the word
// of the creator: delivered gives the deposit back, otherwise its payment part
// goes to the community pool. At the delivery deadline it is too late for either.
func (k Keeper) endDelivery(ctx sdk.Context, creator string, id uint64, bidderText string, delivered bool) error {
	bidder, err := k.parseAddress("bidder", bidderText)
	if err != nil {
		return err
	}
	auction, err := k.getAuction(ctx, id)
	if err != nil {
		return err
	}
	if _, err := k.validateCreator(auction, creator); err != nil {
		return err
	}
	if !auction.Terms.IsAward() {
		return errorsmod.Wrapf(types.ErrNotAwardMode, "auction %d", id)
	}
	if auction.Phase != types.PHASE_CLEARED {
		return errorsmod.Wrapf(types.ErrWrongPhase, "auction %d is in %s, must be cleared", id, auction.PhaseAt(ctx.BlockTime()))
	}
	if now := ctx.BlockTime(); !now.Before(*auction.DeliveryDeadline) {
		return errorsmod.Wrapf(types.ErrTooLate, "block time %s is not before delivery_deadline %s",
			formatTime(now), formatTime(*auction.DeliveryDeadline))
	}
	held, err := k.HeldDeposits.Has(ctx, collections.Join(id, bidder))
	if err != nil {
		return err
	}
	if !held {
		return errorsmod.Wrapf(types.ErrNoDepositHeld, "auction %d, bidder %s", id, bidderText)
	}
	reason := "forfeited by the creator"
	if delivered {
		reason = "delivery confirmed"
	}
	return k.releaseDeposit(ctx, k.payouts(id), auction, bidder, delivered, reason)
}
