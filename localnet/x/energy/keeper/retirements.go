package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// retireCredits burns credits for good and returns the id of the record.
func (k Keeper) retireCredits(ctx sdk.Context, msg *types.MsgRetireCredits) (uint64, error) {
	owner, err := k.parseAddress("owner", msg.Owner)
	if err != nil {
		return 0, err
	}
	from, err := k.resolveOrigin(ctx, msg.Coin.Denom, msg.Attributes)
	if err != nil {
		return 0, err
	}
	if err := k.burn(ctx, owner, sdk.NewCoins(msg.Coin)); err != nil {
		return 0, err
	}
	// What proved the origin stays, so that the record can be checked by anybody.
	if err := k.recordAttributes(ctx, from.creditDenom, *from.attributes); err != nil {
		return 0, err
	}
	return k.addRetirement(ctx, owner, from, types.Retirement{
		Coin: msg.Coin, Beneficiary: msg.Beneficiary, Purpose: msg.Purpose, Reason: msg.Reason})
}

// burn takes coins from their owner and from the supply. It names the first coin
// that is short.
func (k Keeper) burn(ctx sdk.Context, owner sdk.AccAddress, coins sdk.Coins) error {
	for _, coin := range coins {
		if has := k.bank.SpendableCoin(ctx, owner, coin.Denom); has.Amount.LT(coin.Amount) {
			return errorsmod.Wrapf(types.ErrInsufficientCredits, "%s of %s, spendable %s", coin, owner, has.Amount)
		}
	}
	if err := k.bank.SendCoinsFromAccountToModule(ctx, owner, types.ModuleName, coins); err != nil {
		return err
	}
	return k.bank.BurnCoins(ctx, types.ModuleName, coins)
}

// addRetirement records what was burned; the caller gives coin, beneficiary, purpose,
// reason and charge.
func (k Keeper) addRetirement(ctx sdk.Context, owner sdk.AccAddress, from origin, retirement types.Retirement) (uint64, error) {
	text, err := k.formatAddress(owner)
	if err != nil {
		return 0, err
	}
	id, err := k.NextRetirementID.Next(ctx)
	if err != nil {
		return 0, err
	}
	retirement.Id, retirement.Owner = id, text
	retirement.CreditDenom, retirement.Path, retirement.OriginChain = from.creditDenom, from.path, from.chain
	retirement.RetiredAt, retirement.Height = ctx.BlockTime(), ctx.BlockHeight()
	if err := k.setRetirement(ctx, owner, retirement); err != nil {
		return 0, err
	}
	total, err := k.getRetiredTotal(ctx, retirement.Coin.Denom)
	if err != nil {
		return 0, err
	}
	total.AmountWh = total.AmountWh.Add(retirement.Coin.Amount)
	if err := k.RetiredTotals.Set(ctx, total.Denom, total); err != nil {
		return 0, err
	}
	return id, ctx.EventManager().EmitTypedEvent(&types.EventCreditsRetired{
		RetirementId: id, Owner: text, Denom: retirement.Coin.Denom, AmountWh: retirement.Coin.Amount.Uint64(),
		CreditDenom: from.creditDenom, Path: from.path, Beneficiary: retirement.Beneficiary, Purpose: retirement.Purpose,
	})
}

// setRetirement stores a retirement with its indexes.
func (k Keeper) setRetirement(ctx context.Context, owner sdk.AccAddress, retirement types.Retirement) error {
	if err := k.Retirements.Set(ctx, retirement.Id, retirement); err != nil {
		return err
	}
	if err := k.RetirementsByOwner.Set(ctx, collections.Join(owner, retirement.Id)); err != nil {
		return err
	}
	return k.RetirementsByDenom.Set(ctx, collections.Join(retirement.Coin.Denom, retirement.Id))
}

// getRetiredTotal returns how much of a denom was retired here, 0 if none.
func (k Keeper) getRetiredTotal(ctx context.Context, denom string) (types.RetiredTotal, error) {
	total, err := k.RetiredTotals.Get(ctx, denom)
	if errors.Is(err, collections.ErrNotFound) {
		return types.NewRetiredTotal(denom), nil
	}
	return total, err
}

func (k Keeper) getRetirement(ctx context.Context, id uint64) (types.Retirement, error) {
	retirement, err := k.Retirements.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return retirement, errorsmod.Wrapf(types.ErrRetirementNotFound, "retirement %d", id)
	}
	return retirement, err
}
