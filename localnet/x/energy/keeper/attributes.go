package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// recordAll stores the attributes of credits of other chains and returns their
// denoms there. What names this chain must have been issued by it.
func (k Keeper) recordAll(ctx sdk.Context, all []types.Attributes) ([]string, error) {
	ctx.GasMeter().ConsumeGas(uint64(len(all))*attributesGas, "hashes of attributes")
	denoms := make([]string, len(all))
	for i, attributes := range all {
		denoms[i] = attributes.Denom()
		if attributes.OriginChain != ctx.ChainID() {
			continue
		}
		if _, err := k.getCredit(ctx, denoms[i]); err != nil {
			return nil, errorsmod.Wrapf(err, "attributes[%d]", i)
		}
	}
	for i, attributes := range all {
		if err := k.recordAttributes(ctx, denoms[i], attributes); err != nil {
			return nil, err
		}
	}
	return denoms, nil
}

// recordAttributes stores attributes under their denom, unless they are known.
func (k Keeper) recordAttributes(ctx sdk.Context, denom string, attributes types.Attributes) error {
	if _, known, err := k.getAttributes(ctx, denom); err != nil || known {
		return err
	}
	if err := k.ForeignAttributes.Set(ctx, denom, attributes); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventAttributesRecorded{Denom: denom, Attributes: attributes})
}

// getAttributes returns what this chain knows of a credit of any chain.
func (k Keeper) getAttributes(ctx context.Context, denom string) (attributes types.Attributes, known bool, err error) {
	credit, err := k.Credits.Get(ctx, denom)
	if err == nil {
		return credit.Attributes, true, nil
	}
	if !errors.Is(err, collections.ErrNotFound) {
		return attributes, false, err
	}
	attributes, err = k.ForeignAttributes.Get(ctx, denom)
	if errors.Is(err, collections.ErrNotFound) {
		return types.Attributes{}, false, nil
	}
	return attributes, err == nil, err
}
