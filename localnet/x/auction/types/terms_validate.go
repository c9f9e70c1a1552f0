package types

import (
	"fmt"
	gomath "math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// TermsError says which field of the terms breaks which rule.
type TermsError struct {
	Field, Value, Rule string
	// Unsupported: the terms are well-formed, but this version has no such auction.
	Unsupported bool
}

// Error implements error.
func (e *TermsError) Error() string {
	return fmt.Sprintf("%s: %s %s", e.Field, e.Value, e.Rule)
}

// ValidateTerms returns a *TermsError for terms that no chain would take. The
// limits of a chain's parameters are not looked at here.
func ValidateTerms(terms *Terms) error {
	for _, check := range []func(*Terms) *TermsError{
		checkRule, checkKinds, checkQuantity, checkPrices, checkCap, checkCreditClass, checkDenoms,
		checkDeposit, checkWindows, checkInterval, checkTitle, checkMaxSteps,
	} {
		if err := check(terms); err != nil {
			return err
		}
	}
	return nil
}

func broken(field string, value any, rule string) *TermsError {
	return &TermsError{Field: field, Value: fmt.Sprint(value), Rule: rule}
}

func unsupported(field string, value any, rule string) *TermsError {
	return &TermsError{Field: field, Value: fmt.Sprint(value), Rule: rule, Unsupported: true}
}

// The words of files: SIDE_FORWARD is forward.

func sideWord(side Side) string {
	return strings.ToLower(strings.TrimPrefix(side.String(), "SIDE_"))
}

func ruleWord(rule PaymentRule) string {
	return strings.ToLower(strings.TrimPrefix(rule.String(), "PAYMENT_RULE_"))
}

func checkRule(t *Terms) *TermsError {
	side, rule := sideWord(t.Side), ruleWord(t.PaymentRule)
	switch t.Side {
	case SIDE_FORWARD, SIDE_REVERSE:
	case SIDE_DOUBLE:
		return unsupported("side", side, "is not supported yet")
	default:
		return broken("side", side, "is not forward, reverse or double")
	}
	switch t.PaymentRule {
	case PAYMENT_RULE_PAY_AS_BID, PAYMENT_RULE_LAST_ACCEPTED, PAYMENT_RULE_FIRST_REJECTED,
		PAYMENT_RULE_SECOND_PRICE, PAYMENT_RULE_VCG:
	case PAYMENT_RULE_CORE:
		return unsupported("payment_rule", rule, "is not cleared on a chain")
	case PAYMENT_RULE_MIDPOINT, PAYMENT_RULE_MCAFEE:
		return unsupported("payment_rule", rule, "is not for side "+side)
	default:
		return broken("payment_rule", rule, "is unknown")
	}
	switch t.Settlement {
	case SETTLEMENT_UNSPECIFIED, SETTLEMENT_COINS, SETTLEMENT_AWARD:
		return nil
	default:
		return broken("settlement", int32(t.Settlement), "is not coins or award")
	}
}

func checkKinds(t *Terms) *TermsError {
	kinds := t.AdmittedKinds()
	if _, err := encodeKinds(kinds); err != nil {
		return broken("kinds", kinds, "is not an ascending list of known kinds")
	}
	if !slices.Equal(kinds, defaultKinds) {
		return unsupported("kinds", kinds, "is not supported yet; only schedules are")
	}
	return nil
}

func checkQuantity(t *Terms) *TermsError {
	switch {
	case t.Quantity == 0:
		return broken("quantity", t.Quantity, "is below 1")
	case t.PaymentRule == PAYMENT_RULE_SECOND_PRICE && t.Quantity != 1:
		return broken("quantity", t.Quantity, "is not 1, as second_price needs")
	default:
		return nil
	}
}

// checkPrice checks a price that is there.
func checkPrice(field string, price *math.Int, least int64) *TermsError {
	if price.IsNil() {
		return broken(field, "an empty number", "is not an integer")
	}
	if _, err := encodeUint128(field, *price); err != nil || price.LT(math.NewInt(least)) {
		return broken(field, price, fmt.Sprintf("is not from %d to 2^128-1", least))
	}
	return nil
}

func checkPrices(t *Terms) *TermsError {
	if t.ReservePrice != nil {
		least := int64(0)
		if t.Side == SIDE_REVERSE {
			least = 1 // under a cap of 0 nobody is paid
		}
		if err := checkPrice("reserve_price", t.ReservePrice, least); err != nil {
			return err
		}
	}
	switch {
	case t.Side == SIDE_REVERSE && t.PriceLimit == nil:
		return nil
	case t.Side == SIDE_REVERSE:
		return broken("price_limit", *t.PriceLimit, "is not for a reverse auction")
	case t.PriceLimit == nil:
		return broken("price_limit", "none", "but a forward auction needs one")
	}
	if err := checkPrice("price_limit", t.PriceLimit, 1); err != nil {
		return err
	}
	if t.ReservePrice != nil && t.ReservePrice.GT(*t.PriceLimit) {
		return broken("reserve_price", t.ReservePrice, "is above price_limit")
	}
	return nil
}

// checkCap requires a cap where the escrow or the payment rule is built on it.
func checkCap(t *Terms) *TermsError {
	if t.Side != SIDE_REVERSE || t.ReservePrice != nil {
		return nil
	}
	if !t.IsAward() {
		return broken("reserve_price", "none", "but a reverse auction settled in coins needs a cap")
	}
	switch t.PaymentRule {
	case PAYMENT_RULE_FIRST_REJECTED, PAYMENT_RULE_SECOND_PRICE, PAYMENT_RULE_VCG:
		return broken("reserve_price", "none", "but "+ruleWord(t.PaymentRule)+" needs a cap in a reverse auction")
	}
	return nil
}

func checkDenoms(t *Terms) *TermsError {
	if err := checkDenom("payment_denom", t.PaymentDenom); err != nil {
		return err
	}
	// What an award is of may be no coin at all.
	if t.LotDenom != "" || !t.IsAward() && t.CreditClass == nil {
		if err := checkDenom("lot_denom", t.LotDenom); err != nil {
			return err
		}
	}
	if t.LotDenom == t.PaymentDenom {
		return broken("lot_denom", t.LotDenom, "is the payment_denom too")
	}
	return nil
}

func checkDenom(field, denom string) *TermsError {
	if err := sdk.ValidateDenom(denom); err != nil {
		return broken(field, fmt.Sprintf("%q", denom), "is not a coin denom")
	}
	return nil
}

func checkDeposit(t *Terms) *TermsError {
	if len(t.Deposit) > maxDepositCoins {
		return broken("deposit", fmt.Sprint(len(t.Deposit), " coins"), fmt.Sprintf("are more than %d", maxDepositCoins))
	}
	for _, coin := range t.Deposit {
		if err := checkDenom("deposit", coin.Denom); err != nil {
			return err
		}
	}
	if _, err := encodeCoins(t.Deposit); err != nil {
		return broken("deposit", depositText(t.Deposit), "is not ascending by denom with amounts from 1 to 2^128-1")
	}
	return nil
}

// depositText shows coins that may lack an amount.
func depositText(coins sdk.Coins) string {
	texts := make([]string, len(coins))
	for i, coin := range coins {
		texts[i] = coin.Denom
		if !coin.Amount.IsNil() {
			texts[i] = coin.String()
		}
	}
	return strings.Join(texts, ",")
}

func checkWindows(t *Terms) *TermsError {
	switch {
	case t.CommitWindow <= 0:
		return broken("commit_window", t.CommitWindow, "is not above 0")
	case t.RevealWindow <= 0:
		return broken("reveal_window", t.RevealWindow, "is not above 0")
	case t.IsAward() && t.DeliveryWindow <= 0:
		return broken("delivery_window", t.DeliveryWindow, "is not above 0, as settlement award needs")
	case !t.IsAward() && t.DeliveryWindow != 0:
		return broken("delivery_window", t.DeliveryWindow, "is only for settlement award")
	default:
		return nil
	}
}

// lastSecond is the end of the year 9999, the last that a terms file can write.
const lastSecond = 253_402_300_799

func checkInterval(t *Terms) *TermsError {
	switch {
	case t.DeliveryStart == 0 && t.DeliveryEnd == 0:
		return nil
	case t.DeliveryStart == 0:
		return broken("delivery_start", "none", "but delivery_end is given")
	case t.DeliveryEnd <= t.DeliveryStart:
		return broken("delivery_end", t.DeliveryEnd, "is not after delivery_start")
	case t.DeliveryEnd > lastSecond:
		return broken("delivery_end", t.DeliveryEnd, "is after the year 9999")
	default:
		return nil
	}
}

// checkTitle refuses what would break a line or a screen. It asks for nothing
// that depends on the version of Unicode, or nodes built apart would disagree.
func checkTitle(t *Terms) *TermsError {
	breaks := func(r rune) bool {
		const lineSeparator, paragraphSeparator = '\u2028', '\u2029'
		return unicode.IsControl(r) || r == lineSeparator || r == paragraphSeparator
	}
	if !utf8.ValidString(t.Title) || strings.ContainsFunc(t.Title, breaks) {
		return broken("title", fmt.Sprintf("%q", t.Title), "is not one printable line")
	}
	return nil
}

func checkMaxSteps(t *Terms) *TermsError {
	if t.MaxSteps > gomath.MaxUint16 {
		return broken("max_steps", t.MaxSteps, "is above 65535")
	}
	return nil
}
