package keeper

import (
	"errors"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// registerPath says which chain a path leads to. A path that leads elsewhere must be
// removed first; one that is registered so already stays as it is.
func (k Keeper) registerPath(ctx sdk.Context, path types.RegisteredPath) error {
	registered, err := k.Paths.Get(ctx, path.Path)
	if err == nil {
		if registered.OriginChain != path.OriginChain {
			return errorsmod.Wrapf(types.ErrPathExists, "path %s leads to %s, remove it first", path.Path, registered.OriginChain)
		}
		return nil
	}
	if !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	if err := k.Paths.Set(ctx, path.Path, path); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventPathRegistered{Path: path})
}

// removePath takes a registration back. Retirements that relied on it stand.
func (k Keeper) removePath(ctx sdk.Context, path string) error {
	found, err := k.Paths.Has(ctx, path)
	if err != nil {
		return err
	}
	if !found {
		return errorsmod.Wrapf(types.ErrPathNotFound, "path %s is not registered", path)
	}
	if err := k.Paths.Remove(ctx, path); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventPathRemoved{Path: path})
}
