package keeper

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	transfertypes "github.com/cosmos/ibc-go/v10/modules/apps/transfer/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// origin is where a denom of this chain's bank comes from. What it says beyond the
// denom itself holds only when there is no error beside it.
type origin struct {
	// path: the hops of a voucher, nearest first; empty at home.
	path string
	// chain: that issued the credit.
	chain string
	// creditDenom: wh.…, the denom on that chain.
	creditDenom string
	attributes  *types.Attributes
}

// ResolveCredit returns the attributes of a denom of this chain's bank whose origin
// is verified: a credit that this chain issued, or a voucher over a registered path
// whose attributes are recorded here. Else it returns ErrNotACredit,
// ErrUnverifiedOrigin or ErrAttributesMismatch.
func (k Keeper) ResolveCredit(ctx context.Context, denom string) (types.Attributes, error) {
	found, err := k.resolveOrigin(ctx, denom, nil)
	if err != nil {
		return types.Attributes{}, err
	}
	return *found.attributes, nil
}

// resolveOrigin finds where a denom comes from. Attributes that are given are
// evidence, as good as those recorded: they prove themselves by their hash. With an
// error, what was found so far is returned beside it.
func (k Keeper) resolveOrigin(ctx context.Context, denom string, given *types.Attributes) (origin, error) {
	if strings.HasPrefix(denom, transfertypes.DenomPrefix+"/") {
		return k.resolveVoucher(sdk.UnwrapSDKContext(ctx), denom, given)
	}
	if !types.IsCreditDenom(denom) {
		return origin{}, errorsmod.Wrapf(types.ErrNotACredit, "%s has not the form of an energy credit", denom)
	}
	credit, err := k.getCredit(ctx, denom)
	if err != nil {
		return origin{}, err
	}
	found := origin{chain: credit.Attributes.OriginChain, creditDenom: denom, attributes: &credit.Attributes}
	return found, validateEvidence(given, denom)
}

// resolveVoucher trusts neither the name of a voucher nor its attributes with the
// chain: only the path that the authority registered tells it.
func (k Keeper) resolveVoucher(ctx sdk.Context, denom string, given *types.Attributes) (origin, error) {
	trace, err := k.getTrace(ctx, denom)
	if err != nil {
		return origin{}, err
	}
	found := origin{path: types.JoinHops(trace.Trace), creditDenom: trace.Base}
	if !types.IsCreditDenom(trace.Base) {
		return found, errorsmod.Wrapf(types.ErrNotACredit, "%s is %s, which has not the form of an energy credit", denom, trace.Path())
	}
	registered, err := k.Paths.Get(ctx, found.path)
	if errors.Is(err, collections.ErrNotFound) {
		return found, errorsmod.Wrapf(types.ErrUnverifiedOrigin, "path %s of %s is not registered", found.path, denom)
	}
	if err != nil {
		return found, err
	}
	found.chain = registered.OriginChain
	return found, k.findEvidence(ctx, &found, denom, given)
}

// getTrace returns the hops and the base of a voucher that has been seen here.
func (k Keeper) getTrace(ctx sdk.Context, denom string) (transfertypes.Denom, error) {
	hash, err := hex.DecodeString(strings.TrimPrefix(denom, transfertypes.DenomPrefix+"/"))
	if err == nil {
		if trace, found := k.transfer.GetDenom(ctx, hash); found && trace.IBCDenom() == denom {
			return trace, nil
		}
	}
	return transfertypes.Denom{}, errorsmod.Wrapf(types.ErrNotACredit, "%s is no voucher that this chain knows", denom)
}

// findEvidence adds the attributes of a voucher: those given, or those recorded.
func (k Keeper) findEvidence(ctx sdk.Context, found *origin, denom string, given *types.Attributes) error {
	if given != nil {
		ctx.GasMeter().ConsumeGas(attributesGas, "hash of attributes")
		if err := validateEvidence(given, found.creditDenom); err != nil {
			return err
		}
		found.attributes = given
	} else {
		recorded, known, err := k.getAttributes(ctx, found.creditDenom)
		if err != nil {
			return err
		}
		if !known {
			return errorsmod.Wrapf(types.ErrUnverifiedOrigin,
				"the attributes of %s (%s) are not recorded here, they must be given or recorded", denom, found.creditDenom)
		}
		found.attributes = &recorded
	}
	if claimed := found.attributes.OriginChain; claimed != found.chain {
		return errorsmod.Wrapf(types.ErrUnverifiedOrigin, "the attributes of %s name chain %s, path %s leads to %s",
			denom, claimed, found.path, found.chain)
	}
	return nil
}

// validateEvidence returns ErrAttributesMismatch unless attributes, where given, are
// those of the credit.
func validateEvidence(given *types.Attributes, creditDenom string) error {
	if given == nil {
		return nil
	}
	if err := given.Validate(); err != nil {
		return errorsmod.Wrap(types.ErrAttributesMismatch, err.Error())
	}
	if denom := given.Denom(); denom != creditDenom {
		return errorsmod.Wrapf(types.ErrAttributesMismatch, "the attributes are those of %s, not of %s", denom, creditDenom)
	}
	return nil
}
