package types

import (
	"fmt"

	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/math"
)

// ValidateBasic returns ErrInvalidRetirement for what no state could make valid.
func (m *MsgRetireCredits) ValidateBasic() error {
	if m.Coin.Amount.IsNil() || m.Coin.Validate() != nil || !m.Coin.IsPositive() {
		return errorsmod.Wrapf(ErrInvalidRetirement, "coin is %q, must be a positive amount of a denom", m.Coin)
	}
	if err := first(validateAmount("coin", m.Coin.Amount), validateClaim(m.Beneficiary, m.Reason)); err != nil {
		return errorsmod.Wrap(ErrInvalidRetirement, err.Error())
	}
	if !isClaim(m.Purpose) {
		return errorsmod.Wrapf(ErrInvalidRetirement, "purpose is %s, must be consumption, disclosure or obligation", m.Purpose)
	}
	if m.Attributes != nil {
		if err := m.Attributes.Validate(); err != nil {
			return errorsmod.Wrapf(ErrInvalidRetirement, "attributes: %s", err)
		}
	}
	return nil
}

func validateClaim(beneficiary, reason string) error {
	return first(
		validateText("beneficiary", beneficiary, 1, MaxBeneficiaryBytes),
		validateText("reason", reason, 0, MaxReasonBytes),
	)
}

// isClaim tells whether people may retire for this purpose.
func isClaim(purpose RetirementPurpose) bool {
	switch purpose {
	case RETIREMENT_PURPOSE_CONSUMPTION, RETIREMENT_PURPOSE_DISCLOSURE, RETIREMENT_PURPOSE_OBLIGATION:
		return true
	}
	return false
}

// Validate tells what is wrong with a stored retirement by itself.
func (r Retirement) Validate() error {
	storage := r.Purpose == RETIREMENT_PURPOSE_STORAGE
	switch {
	case !storage && !isClaim(r.Purpose):
		return fmt.Errorf("purpose %s is unknown", r.Purpose)
	case storage != (r.ChargeId > 0) || r.ChargeId > r.Id:
		return fmt.Errorf("charge_id is %d for %s", r.ChargeId, r.Purpose)
	case r.Coin.Amount.IsNil() || r.Coin.Validate() != nil || !r.Coin.IsPositive():
		return fmt.Errorf("coin is %q", r.Coin)
	case !IsCreditDenom(r.CreditDenom):
		return fmt.Errorf("credit_denom is %q", r.CreditDenom)
	case (r.Path == "") != (r.Coin.Denom == r.CreditDenom):
		return fmt.Errorf("%s is of path %q", r.Coin.Denom, r.Path)
	case r.Path != "" && ValidatePath(r.Path) != nil:
		return ValidatePath(r.Path)
	}
	return first(validateAmount("coin", r.Coin.Amount), validateClaim(r.Beneficiary, r.Reason),
		validateChainID("origin_chain", r.OriginChain))
}

// NewRetiredTotal is the total of a denom of which nothing was retired.
func NewRetiredTotal(denom string) RetiredTotal {
	return RetiredTotal{Denom: denom, AmountWh: math.ZeroInt()}
}

// validateAmount refuses what no meter can have counted, so that no sum of amounts
// overflows.
func validateAmount(field string, amount math.Int) error {
	if !amount.IsUint64() {
		return wrongField(field, "is %s Wh, must be at most 2^64-1", amount)
	}
	return nil
}
