package types

import (
	"crypto/sha256"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Validate returns ErrInvalidGenesis for an auction that contradicts itself. It
// looks at no limit of params, which may have changed since.
func (a Auction) Validate() error {
	wrong := func(format string, args ...any) error {
		return errorsmod.Wrapf(ErrInvalidGenesis, "auction %d: "+format, append([]any{a.Id}, args...)...)
	}
	if _, known := transitions[a.Phase]; !known || a.Phase == PHASE_UNSPECIFIED {
		return wrong("phase %s is unknown", a.Phase)
	}
	if err := ValidateTerms(&a.Terms); err != nil {
		return wrong("%s", err)
	}
	hash, err := TermsHash(&a.Terms)
	if err != nil {
		return wrong("%s", err)
	}
	if string(hash) != string(a.TermsHash) {
		return wrong("terms_hash is not that of the terms")
	}
	if !a.Deposit.Equal(Deposit(&a.Terms)) {
		return wrong("deposit %s is not that of the terms", a.Deposit)
	}
	if escrow := a.expectedEscrow(); !a.Escrow.Equal(escrow) {
		return wrong("escrow is %q, must be %q", a.Escrow, escrow)
	}
	if a.Phase.IsOpen() && a.Terms.Side == SIDE_FORWARD {
		if err := validateClassEscrow(a); err != nil {
			return wrong("escrow: %s", err)
		}
	}
	if a.BidderCount > a.MaxBidders || a.RevealCount > a.BidderCount {
		return wrong("%d reveals of %d bidders, of at most %d", a.RevealCount, a.BidderCount, a.MaxBidders)
	}
	if (a.Failure != "") != (a.Phase == PHASE_FAILED) {
		return wrong("failure is %q in %s", a.Failure, a.Phase)
	}
	return a.validateTimes(wrong)
}

// expectedEscrow is the creator's whole side as long as the auction is open.
func (a Auction) expectedEscrow() sdk.Coins {
	if !a.Phase.IsOpen() {
		return sdk.Coins{}
	}
	return CreatorEscrow(&a.Terms, a.Escrow)
}

// validateClassEscrow checks the lot of a selling creator where it is a class.
func validateClassEscrow(a Auction) error {
	units := ClassDelivery(&a.Terms, nil)
	if units == 0 {
		return nil
	}
	return ValidateLotCoins(a.Escrow, units)
}

func (a Auction) validateTimes(wrong func(string, ...any) error) error {
	commit := a.CreatedAt.Add(a.Terms.CommitWindow)
	reveal := commit.Add(a.Terms.RevealWindow)
	if !a.CommitDeadline.Equal(commit) || !a.RevealDeadline.Equal(reveal) {
		return wrong("deadlines are not those of the terms")
	}
	if (a.DeliveryDeadline != nil) != a.Terms.IsAward() {
		return wrong("delivery_deadline belongs to award mode, and to nothing else")
	}
	if a.DeliveryDeadline != nil && !a.DeliveryDeadline.Equal(reveal.Add(a.Terms.DeliveryWindow)) {
		return wrong("delivery_deadline is not that of the terms")
	}
	return nil
}

// Validate returns ErrInvalidGenesis for a commitment that contradicts itself.
func (c BidCommitment) Validate() error {
	_, known := DepositStatus_name[int32(c.DepositStatus)]
	if len(c.BidCommitment) != sha256.Size || c.Attempt == 0 || !known || c.DepositStatus == DEPOSIT_STATUS_UNSPECIFIED {
		return errorsmod.Wrapf(ErrInvalidGenesis, "auction %d: commitment of %s", c.AuctionId, c.Bidder)
	}
	return nil
}
