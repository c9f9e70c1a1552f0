package types

import (
	"strings"

	errorsmod "cosmossdk.io/errors"

	transfertypes "github.com/cosmos/ibc-go/v10/modules/apps/transfer/types"
)

// MaxHops is the greatest number of channels that a registered path may cross.
const MaxHops = 8

// ValidatePath returns ErrInvalidPath unless path is port/channel, more hops
// appended with a slash, nearest first.
func ValidatePath(path string) error {
	parts := strings.Split(path, "/")
	if len(parts)%2 != 0 || len(parts) > 2*MaxHops {
		return errorsmod.Wrapf(ErrInvalidPath, "path is %q, must be port/channel, 1 to %d times, joined with slashes", path, MaxHops)
	}
	for i := 0; i < len(parts); i += 2 {
		if err := transfertypes.NewHop(parts[i], parts[i+1]).Validate(); err != nil {
			return errorsmod.Wrapf(ErrInvalidPath, "path is %q: %s", path, err)
		}
	}
	return nil
}

// Validate returns ErrInvalidPath for a path or chain id that cannot be.
func (p RegisteredPath) Validate() error {
	if err := ValidatePath(p.Path); err != nil {
		return err
	}
	if err := validateChainID("origin_chain", p.OriginChain); err != nil {
		return errorsmod.Wrap(ErrInvalidPath, err.Error())
	}
	return nil
}

// JoinHops writes the hops of a voucher as a path.
func JoinHops(hops []transfertypes.Hop) string {
	parts := make([]string, len(hops))
	for i, hop := range hops {
		parts[i] = hop.String()
	}
	return strings.Join(parts, "/")
}
