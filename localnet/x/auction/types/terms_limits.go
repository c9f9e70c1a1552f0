package types

import (
	"errors"
	"fmt"
	"time"

	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/math"
)

// maxDepositCoins bounds the work of every payout.
const maxDepositCoins = 8

// ValidateTermsFor returns ErrInvalidTerms or ErrNotSupported, naming field,
// value and rule, for terms that no chain would take or that are beyond the
// limits of this one.
func ValidateTermsFor(terms *Terms, params Params) error {
	if err := ValidateTerms(terms); err != nil {
		broken := &TermsError{}
		if errors.As(err, &broken) && broken.Unsupported {
			return errorsmod.Wrap(ErrNotSupported, err.Error())
		}
		return errorsmod.Wrap(ErrInvalidTerms, err.Error())
	}
	for _, c := range []struct {
		field           string
		value, min, max uint64
	}{
		{"quantity", terms.Quantity, 1, params.MaxQuantity},
		{"max_steps", uint64(terms.StepLimit()), 1, uint64(params.MaxSteps)},
		{"max_bidders", uint64(terms.MaxBidders), 0, uint64(params.MaxBidders)},
		{"title", uint64(len(terms.Title)), 0, uint64(params.MaxTitleBytes)},
		{"deposit", uint64(len(terms.Deposit)), 0, maxDepositCoins},
	} {
		if c.value < c.min || c.value > c.max {
			return beyond(c.field, c.value, c.min, c.max)
		}
	}
	for _, check := range []func(*Terms, Params) error{validatePrices, validateWindows, validateDeposit} {
		if err := check(terms, params); err != nil {
			return err
		}
	}
	return nil
}

func beyond(field string, value, least, most any) error {
	unit := map[string]string{"title": " bytes", "deposit": " coins"}[field]
	return errorsmod.Wrapf(ErrInvalidTerms, "%s: %v%s is not from %v to %v", field, value, unit, least, most)
}

func validatePrices(terms *Terms, params Params) error {
	for _, p := range []struct {
		field string
		value *math.Int
	}{{"reserve_price", terms.ReservePrice}, {"price_limit", terms.PriceLimit}} {
		if p.value != nil && p.value.GT(params.MaxPrice) {
			return beyond(p.field, p.value, 0, params.MaxPrice)
		}
	}
	return nil
}

func validateWindows(terms *Terms, params Params) error {
	windows := []struct {
		field              string
		value, least, most time.Duration
	}{
		{"commit_window", terms.CommitWindow, params.MinWindow, params.MaxWindow},
		{"reveal_window", terms.RevealWindow, params.MinWindow, params.MaxWindow},
		{"delivery_window", terms.DeliveryWindow, 0, params.MaxWindow},
	}
	for _, w := range windows {
		if w.value < w.least || w.value > w.most {
			return beyond(w.field, w.value, w.least, w.most)
		}
	}
	return nil
}

// validateDeposit requires the share of the default deposit that this chain asks
// for, rounded up: walking away must cost something.
func validateDeposit(terms *Terms, params Params) error {
	for _, full := range DefaultDeposit(terms) {
		share := full.Amount.MulRaw(int64(params.MinDepositBps)).AddRaw(BasisPoints - 1).QuoRaw(BasisPoints)
		if own := Deposit(terms).AmountOf(full.Denom); own.LT(share) {
			return errorsmod.Wrap(ErrInvalidTerms, fmt.Sprintf("deposit: %s%s is below %s%s, the least for these terms",
				own, full.Denom, share, full.Denom))
		}
	}
	return nil
}

// IsAward tells whether the auction only records who owes what.
func (t *Terms) IsAward() bool { return t.Settlement == SETTLEMENT_AWARD }
