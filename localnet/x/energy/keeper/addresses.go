package keeper

import (
	"context"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// parseAddress reads the address in a field of a message or query.
func (k Keeper) parseAddress(field, text string) (sdk.AccAddress, error) {
	raw, err := k.addressCodec.StringToBytes(text)
	if err != nil {
		return nil, errorsmod.Wrapf(types.ErrInvalidRequest, "%s %q: %s", field, text, err)
	}
	return raw, nil
}

// formatAddress returns the one text of an address: what a message carries may
// be in upper case.
func (k Keeper) formatAddress(raw sdk.AccAddress) (string, error) {
	return k.addressCodec.BytesToString(raw)
}

// isAccount tells whether two texts are addresses of one account.
func (k Keeper) isAccount(signer sdk.AccAddress, text string) (bool, error) {
	raw, err := k.parseAddress("address", text)
	return err == nil && signer.Equals(raw), err
}

// moduleAddress is the account through which credits are minted and burned.
func (k Keeper) moduleAddress() sdk.AccAddress {
	return k.accounts.GetModuleAddress(types.ModuleName)
}

// validateAuthority returns ErrInvalidSigner for everybody but the authority.
func (k Keeper) validateAuthority(signer string) error {
	raw, err := k.parseAddress("authority", signer)
	if err != nil {
		return err
	}
	is, err := k.isAccount(raw, k.authority)
	if err == nil && !is {
		err = errorsmod.Wrapf(types.ErrInvalidSigner, "expected %s, got %s", k.authority, signer)
	}
	return err
}

// validateRegistrar returns ErrInvalidSigner for everybody but the authority and the
// registrar that it named.
func (k Keeper) validateRegistrar(ctx context.Context, signer string) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	if params.Registrar == "" {
		return k.validateAuthority(signer)
	}
	raw, err := k.parseAddress("authority", signer)
	if err != nil {
		return err
	}
	for _, text := range []string{k.authority, params.Registrar} {
		if is, err := k.isAccount(raw, text); err != nil || is {
			return err
		}
	}
	return errorsmod.Wrapf(types.ErrInvalidSigner, "expected %s or the registrar %s, got %s", k.authority, params.Registrar, signer)
}
