package types

import (
	"crypto/sha256"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

var (
	_ sdk.HasValidateBasic = (*MsgCommitBid)(nil)
	_ sdk.HasValidateBasic = (*MsgRevealBid)(nil)
)

// ValidateBasic refuses what no state could make valid, before the transaction
// enters a mempool. The handler calls it again: a message that comes wrapped in
// another one never passes there.
func (m *MsgCommitBid) ValidateBasic() error {
	if len(m.BidCommitment) != sha256.Size {
		return errorsmod.Wrapf(ErrInvalidCommitment, "bid_commitment is %d bytes, must be %d", len(m.BidCommitment), sha256.Size)
	}
	if m.Attempt == 0 {
		return errorsmod.Wrap(ErrInvalidRequest, "attempt is 0, must be at least 1")
	}
	return nil
}

// ValidateBasic refuses a salt of another length, which no commitment matches.
func (m *MsgRevealBid) ValidateBasic() error {
	if len(m.Salt) != SaltBytes {
		return errorsmod.Wrapf(ErrInvalidRequest, "salt is %d bytes, must be %d", len(m.Salt), SaltBytes)
	}
	return nil
}
