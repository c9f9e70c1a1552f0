package keeper

import (
	"context"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// collect takes coins into the module. It names the first coin that is short.
func (k Keeper) collect(ctx sdk.Context, from sdk.AccAddress, amount sdk.Coins, purpose string) error {
	if amount.IsZero() {
		return nil
	}
	for _, coin := range amount {
		has := k.bank.SpendableCoin(ctx, from, coin.Denom)
		if has.Amount.LT(coin.Amount) {
			return errorsmod.Wrapf(types.ErrInsufficientFunds, "%s needs %s, spendable %s, missing %s",
				purpose, coin, has, coin.Sub(has))
		}
	}
	if err := k.bank.IsSendEnabledCoins(ctx, amount...); err != nil {
		return errorsmod.Wrapf(types.ErrInvalidRequest, "%s: %s", purpose, err)
	}
	return k.bank.SendCoinsFromAccountToModule(ctx, from, types.ModuleName, amount)
}

// forfeit sends the payment part of a held deposit to the community pool and the
// rest back to its bidder.
func (k Keeper) forfeit(
	ctx sdk.Context, out payouts, auction types.Auction, bidder sdk.AccAddress, commitment types.BidCommitment, reason string,
) error {
	lost := sdk.NewCoins(sdk.NewCoin(auction.Terms.PaymentDenom, auction.Deposit.AmountOf(auction.Terms.PaymentDenom)))
	if err := out.fundPool(ctx, lost); err != nil {
		return err
	}
	if err := out.pay(ctx, bidder, auction.Deposit.Sub(lost...)); err != nil {
		return err
	}
	if err := k.closeDeposit(ctx, bidder, commitment, types.DEPOSIT_STATUS_FORFEITED); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventDepositForfeited{
		AuctionId: auction.Id, Bidder: commitment.Bidder, Amount: lost, Reason: reason})
}

// closeDeposit records what became of a deposit that is no longer held.
func (k Keeper) closeDeposit(
	ctx context.Context, bidder sdk.AccAddress, commitment types.BidCommitment, status types.DepositStatus,
) error {
	commitment.DepositStatus = status
	return k.Commitments.Set(ctx, collections.Join(commitment.AuctionId, bidder), commitment)
}

// hasHeldDeposits tells whether deposits of winners wait for delivery.
func (k Keeper) hasHeldDeposits(ctx context.Context, auctionID uint64) (bool, error) {
	found := false
	err := k.HeldDeposits.Walk(ctx, collections.NewPrefixedPairRange[uint64, sdk.AccAddress](auctionID),
		func(bidderKey) (bool, error) {
			found = true
			return true, nil
		})
	return found, err
}

// releaseDeposit ends the wait for one winner's delivery: return gives the
// deposit back, else its payment part is forfeited. When it was the last one the
// auction leaves the queue.
func (k Keeper) releaseDeposit(
	ctx sdk.Context, out payouts, auction types.Auction, bidder sdk.AccAddress, giveBack bool, reason string,
) error {
	key := collections.Join(auction.Id, bidder)
	commitment, err := k.Commitments.Get(ctx, key)
	if err != nil {
		return err
	}
	if giveBack {
		err = k.giveBack(ctx, out, auction, bidder, commitment, reason)
	} else {
		err = k.forfeit(ctx, out, auction, bidder, commitment, reason)
	}
	if err != nil {
		return err
	}
	if err := k.HeldDeposits.Remove(ctx, key); err != nil {
		return err
	}
	held, err := k.hasHeldDeposits(ctx, auction.Id)
	if err != nil || held {
		return err
	}
	return k.dequeue(ctx, auction)
}

// giveBack returns a winner's whole deposit.
func (k Keeper) giveBack(
	ctx sdk.Context, out payouts, auction types.Auction, bidder sdk.AccAddress, commitment types.BidCommitment, reason string,
) error {
	if err := out.pay(ctx, bidder, auction.Deposit); err != nil {
		return err
	}
	if err := k.closeDeposit(ctx, bidder, commitment, types.DEPOSIT_STATUS_RETURNED); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventDepositReturned{
		AuctionId: auction.Id, Bidder: commitment.Bidder, Amount: auction.Deposit, Reason: reason})
}

// returnDeposits gives back what is still held when the delivery deadline has
// passed, and returns how many deposits that were.
func (k Keeper) returnDeposits(ctx sdk.Context, auction types.Auction) (int, error) {
	var bidders []sdk.AccAddress
	err := k.HeldDeposits.Walk(ctx, collections.NewPrefixedPairRange[uint64, sdk.AccAddress](auction.Id),
		func(key bidderKey) (bool, error) {
			bidders = append(bidders, key.K2())
			return false, nil
		})
	if err != nil {
		return 0, err
	}
	out := k.payouts(auction.Id).orPark()
	for _, bidder := range bidders {
		if err := k.releaseDeposit(ctx, out, auction, bidder, true, "delivery deadline passed"); err != nil {
			return len(bidders), err
		}
	}
	return len(bidders), nil
}
