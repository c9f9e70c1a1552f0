package keeper

import (
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
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

// moduleAddress is the account that holds deposits, escrows and parked payouts.
func (k Keeper) moduleAddress() sdk.AccAddress {
	return k.accounts.GetModuleAddress(types.ModuleName)
}
