package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// payouts moves coins of one auction out of the module. What the bank refuses to
// pay to an account is parked for its owner. That the module itself is short is
// an error, unless parkAll says that this has been met already and every debt is
// to be parked.
type payouts struct {
	Keeper
	auctionID uint64
	parkAll   bool
}

func (k Keeper) payouts(auctionID uint64) payouts { return payouts{Keeper: k, auctionID: auctionID} }

// orPark returns payouts that never fail for want of coins.
func (p payouts) orPark() payouts {
	p.parkAll = true
	return p
}

// pay sends coins to their owner, or parks them.
func (p payouts) pay(ctx sdk.Context, owner sdk.AccAddress, amount sdk.Coins) error {
	if amount.IsZero() {
		return nil
	}
	refused := attempt(ctx, func(ctx sdk.Context) error {
		return p.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, owner, amount)
	})
	return p.settleRefusal(ctx, refused, owner, amount)
}

// fundPool sends coins to the community pool. Should the pool refuse them they
// are parked for the module's authority, which can pass them on.
func (p payouts) fundPool(ctx sdk.Context, amount sdk.Coins) error {
	if amount.IsZero() {
		return nil
	}
	refused := attempt(ctx, func(ctx sdk.Context) error {
		return p.pool.FundCommunityPool(ctx, amount, p.moduleAddress())
	})
	if refused == nil {
		return nil
	}
	authority, err := p.parseAddress("authority", p.authority)
	if err != nil {
		return err
	}
	return p.settleRefusal(ctx, refused, authority, amount)
}

// settleRefusal parks what was refused, or reports that the module is short.
func (p payouts) settleRefusal(ctx sdk.Context, refused error, owner sdk.AccAddress, amount sdk.Coins) error {
	if refused == nil {
		return nil
	}
	if !p.parkAll {
		if err := p.validateHolding(ctx, amount); err != nil {
			return err
		}
	}
	return p.park(ctx, owner, amount, refused.Error())
}

// validateHolding returns ErrClearing if the module holds less than amount.
func (k Keeper) validateHolding(ctx context.Context, amount sdk.Coins) error {
	for _, coin := range amount {
		if has := k.bank.GetBalance(ctx, k.moduleAddress(), coin.Denom); has.IsLT(coin) {
			return errorsmod.Wrapf(types.ErrClearing, "the module holds %s and owes %s", has, coin)
		}
	}
	return nil
}

// park keeps coins for their owner to claim.
func (p payouts) park(ctx sdk.Context, owner sdk.AccAddress, amount sdk.Coins, reason string) error {
	text, err := p.formatAddress(owner)
	if err != nil {
		return err
	}
	parked, err := p.ParkedPayouts.Get(ctx, collections.Join(owner, p.auctionID))
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	parked = types.ParkedPayout{Owner: text, AuctionId: p.auctionID, Amount: parked.Amount.Add(amount...)}
	if err := p.ParkedPayouts.Set(ctx, collections.Join(owner, p.auctionID), parked); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventPayoutParked{
		AuctionId: p.auctionID, Owner: text, Amount: amount, Reason: reason})
}

// claim pays a parked payout to recipient. If the bank refuses again, it stays.
func (k Keeper) claim(ctx sdk.Context, owner, recipient sdk.AccAddress, auctionID uint64) (sdk.Coins, error) {
	key := collections.Join(owner, auctionID)
	parked, err := k.ParkedPayouts.Get(ctx, key)
	if errors.Is(err, collections.ErrNotFound) {
		return nil, errorsmod.Wrapf(types.ErrNothingToClaim, "auction %d, owner %s", auctionID, owner)
	}
	if err != nil {
		return nil, err
	}
	if err := k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, recipient, parked.Amount); err != nil {
		return nil, err
	}
	if err := k.ParkedPayouts.Remove(ctx, key); err != nil {
		return nil, err
	}
	recipientText, err := k.formatAddress(recipient)
	if err != nil {
		return nil, err
	}
	return parked.Amount, ctx.EventManager().EmitTypedEvent(&types.EventPayoutClaimed{
		AuctionId: auctionID, Owner: parked.Owner, Recipient: recipientText, Amount: parked.Amount})
}
