package keeper

import (
	"slices"

	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// WithCredits returns a keeper that takes lots which are a class of energy
// credits. Without it a chain refuses them.
func (k Keeper) WithCredits(credits types.CreditKeeper) Keeper {
	k.credits = credits
	return k
}

// validateClass refuses a class of credits on a chain that knows none.
func (k Keeper) validateClass(terms *types.Terms) error {
	if terms.CreditClass != nil && k.credits == nil {
		return errorsmod.Wrap(types.ErrNotSupported, "credit_class: this chain has no energy credits")
	}
	return nil
}

// validateCredits returns ErrInvalidCredits unless named is what has to be named
// of the terms' class for units: exactly so much, each coin a credit of verified
// origin whose attributes lie in the class. Nothing may be named where nothing
// has to be.
func (k Keeper) validateCredits(ctx sdk.Context, terms *types.Terms, named sdk.Coins, units uint64) error {
	if err := types.ValidateLotCoins(named, units); err != nil {
		return err
	}
	for _, coin := range named {
		if coin.Denom == terms.PaymentDenom {
			return errorsmod.Wrapf(types.ErrInvalidCredits, "%s is what is paid with", coin.Denom)
		}
		credit, err := k.credits.ResolveCredit(ctx, coin.Denom)
		if err != nil {
			return errorsmod.Wrapf(types.ErrInvalidCredits, "%s: %s", coin.Denom, err)
		}
		if !terms.CreditClass.Holds(credit.OriginChain, credit.Technology, credit.Zone,
			credit.IntervalStart, credit.IntervalEnd) {
			return errorsmod.Wrapf(types.ErrInvalidCredits, "%s is not of the class: %s of zone %s of %s, %d to %d",
				coin.Denom, credit.Technology, credit.Zone, credit.OriginChain, credit.IntervalStart, credit.IntervalEnd)
		}
	}
	return nil
}

// computeDelivery returns the coins that units of the lot are delivered in: of a
// class the first of from in ascending order, leaving out what is paid with.
func computeDelivery(terms *types.Terms, from sdk.Coins, units uint64) (sdk.Coins, error) {
	if terms.CreditClass == nil {
		return sdk.NewCoins(sdk.NewCoin(terms.LotDenom, math.NewIntFromUint64(units))), nil
	}
	credits := slices.DeleteFunc(slices.Clone(from), func(coin sdk.Coin) bool { return coin.Denom == terms.PaymentDenom })
	delivered, _ := types.SplitDelivery(credits, units)
	if err := types.ValidateLotCoins(delivered, units); err != nil {
		return nil, errorsmod.Wrap(types.ErrClearing, err.Error())
	}
	return delivered, nil
}
