package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// setIssuingBody adds a body or changes it.
func (k Keeper) setIssuingBody(ctx sdk.Context, body types.IssuingBody) error {
	account, err := k.parseAddress("issuing_body.address", body.Address)
	if err != nil {
		return err
	}
	if body.Address, err = k.formatAddress(account); err != nil {
		return err
	}
	if err := k.IssuingBodies.Set(ctx, body.Id, body); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventIssuingBodySet{IssuingBody: body})
}

func (k Keeper) getIssuingBody(ctx context.Context, id string) (types.IssuingBody, error) {
	body, err := k.IssuingBodies.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return body, errorsmod.Wrapf(types.ErrIssuingBodyNotFound, "issuing body %q", id)
	}
	return body, err
}

// getActiveBody returns a body that may approve and issue.
func (k Keeper) getActiveBody(ctx context.Context, id string) (types.IssuingBody, error) {
	body, err := k.getIssuingBody(ctx, id)
	if err == nil && !body.Active {
		err = errorsmod.Wrapf(types.ErrIssuingBodyInactive, "issuing body %q", id)
	}
	return body, err
}

// validateIssuer returns ErrUnauthorized unless signer acts for the body.
func (k Keeper) validateIssuer(body types.IssuingBody, signer string) error {
	raw, err := k.parseAddress("issuer", signer)
	if err != nil {
		return err
	}
	is, err := k.isAccount(raw, body.Address)
	if err == nil && !is {
		err = errorsmod.Wrapf(types.ErrUnauthorized, "issuing body %q is %s, got %s", body.Id, body.Address, signer)
	}
	return err
}
