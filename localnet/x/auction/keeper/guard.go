package keeper

import (
	"fmt"
	"runtime"

	errorsmod "cosmossdk.io/errors"
	storetypes "cosmossdk.io/store/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// attempt runs act on a branch of the state and keeps either all of its writes
// and events or none. A panic becomes an error, except that of a transaction
// which has used up its gas: it belongs to that transaction.
func attempt(ctx sdk.Context, act func(sdk.Context) error) (err error) {
	branch, keep := ctx.CacheContext()
	defer func() {
		if cause := recover(); cause != nil {
			if ctx.GasMeter().IsPastLimit() {
				panic(cause)
			}
			err = panicError(ctx, cause)
		}
	}()
	if err := act(branch); err != nil {
		return err
	}
	keep()
	return nil
}

// panicError describes a panic in words that are equal on every node: what was
// thrown may hold an address in memory, so only known kinds are quoted.
func panicError(ctx sdk.Context, cause any) error {
	ctx.Logger().Error("recovered", "module", types.ModuleName, "panic", fmt.Sprint(cause))
	switch cause := cause.(type) {
	case storetypes.ErrorOutOfGas:
		return errorsmod.Wrapf(types.ErrClearing, "out of gas: %s", cause.Descriptor)
	case runtime.Error:
		return errorsmod.Wrapf(types.ErrClearing, "panic: %s", cause.Error())
	case string:
		return errorsmod.Wrapf(types.ErrClearing, "panic: %s", cause)
	default:
		return errorsmod.Wrap(types.ErrClearing, "panic")
	}
}
