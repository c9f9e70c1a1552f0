package types

import (
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	errorsmod "cosmossdk.io/errors"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// A lot may be a class of energy credits instead of one denom. Then whoever
// delivers names the coins it escrows, and each must lie in the class.

const (
	maxClassWords = 16
	maxZoneBytes  = 64
	// maxLotCoins bounds the payouts of one bidder.
	maxLotCoins = 128
)

var (
	technologyWord = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)
	chainIDWord    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$`)
)

// Holds tells whether a credit with these attributes lies in the class. The
// interval is in Unix seconds.
func (c *CreditClass) Holds(origin, technology, zone string, start, end uint64) bool {
	admits := func(words []string, word string) bool { return len(words) == 0 || slices.Contains(words, word) }
	return start >= c.IntervalFrom && (c.IntervalUntil == 0 || end <= c.IntervalUntil) &&
		admits(c.Technologies, technology) && admits(c.Zones, zone) && admits(c.Origins, origin)
}

func encodeCreditClass(class *CreditClass) ([]byte, error) {
	out := encodeUint64(class.IntervalFrom)
	out = append(out, encodeUint64(class.IntervalUntil)...)
	for _, words := range [][]string{class.Technologies, class.Zones, class.Origins} {
		if len(words) > math.MaxUint16 {
			return nil, notCanonical("credit_class: %d words are more than %d", len(words), math.MaxUint16)
		}
		out = binary.BigEndian.AppendUint16(out, uint16(len(words)))
		for i, word := range words {
			if i > 0 && word <= words[i-1] {
				return nil, notCanonical("credit_class: words are repeated or not ascending")
			}
			text, err := encodeText("credit_class", word)
			if err != nil {
				return nil, err
			}
			out = appendLP(out, text)
		}
	}
	return out, nil
}

func decodeCreditClass(r *reader) *CreditClass {
	class := &CreditClass{IntervalFrom: r.u64(), IntervalUntil: r.u64()}
	for _, words := range []*[]string{&class.Technologies, &class.Zones, &class.Origins} {
		for count := r.u16(); count > 0 && r.err == nil; count-- {
			*words = append(*words, string(r.lp()))
		}
	}
	return class
}

func checkCreditClass(t *Terms) *TermsError {
	class := t.CreditClass
	if class == nil {
		return nil
	}
	const field = "credit_class"
	switch {
	case t.LotDenom != "":
		return broken("lot_denom", t.LotDenom, "is given beside a credit_class")
	case class.IntervalFrom > lastSecond || class.IntervalUntil > lastSecond:
		return broken(field, fmt.Sprint(class.IntervalFrom, " to ", class.IntervalUntil), "is after the year 9999")
	case class.IntervalUntil != 0 && class.IntervalUntil <= class.IntervalFrom:
		return broken(field, class.IntervalUntil, "as interval_until is not after interval_from")
	}
	for _, list := range []struct {
		name   string
		words  []string
		isWord func(string) bool
	}{
		{"technologies", class.Technologies, technologyWord.MatchString},
		{"zones", class.Zones, isZone},
		{"origins", class.Origins, chainIDWord.MatchString},
	} {
		if len(list.words) > maxClassWords {
			return broken(field, fmt.Sprint(len(list.words), " ", list.name), fmt.Sprintf("are more than %d", maxClassWords))
		}
		for _, word := range list.words {
			if !list.isWord(word) {
				return broken(field, fmt.Sprintf("%q", word), "cannot be one of the "+list.name)
			}
		}
	}
	if _, err := encodeCreditClass(class); err != nil {
		return broken(field, err, "is not in canonical order")
	}
	return nil
}

func isZone(word string) bool {
	return len(word) >= 1 && len(word) <= maxZoneBytes && utf8.ValidString(word) && !strings.ContainsFunc(word, unicode.IsControl)
}

// ClassDelivery returns the Wh of credits that have to be named by the bidder of
// bid, or, without a bid, by the creator; 0 where the lot is no class, or
// nothing moves.
func ClassDelivery(terms *Terms, bid *Bid) uint64 {
	switch {
	case terms.CreditClass == nil || terms.IsAward():
		return 0
	case bid == nil && terms.Side == SIDE_FORWARD:
		return terms.Quantity
	case bid == nil || bid.Side == BidSideBuy:
		return 0
	case terms.Side == SIDE_DOUBLE:
		return GreatestDelivery(*bid, bid.TotalQuantity())
	default:
		return GreatestDelivery(*bid, terms.Quantity)
	}
}

// ValidateLotCoins returns ErrInvalidCredits unless named is what somebody who
// owes units has to name: ascending by denom, at least 1 of each, and exactly
// units in all.
func ValidateLotCoins(named sdk.Coins, units uint64) error {
	if len(named) > maxLotCoins {
		return errorsmod.Wrapf(ErrInvalidCredits, "%d coins are more than %d", len(named), maxLotCoins)
	}
	total := sdkmath.ZeroInt()
	for i, coin := range named {
		if i > 0 && coin.Denom <= named[i-1].Denom {
			return errorsmod.Wrapf(ErrInvalidCredits, "%s is repeated or not in ascending order", coin.Denom)
		}
		if coin.Amount.IsNil() || !coin.Amount.IsPositive() || !coin.Amount.IsUint64() {
			return errorsmod.Wrapf(ErrInvalidCredits, "the amount of %s is not from 1 to 2^64-1", coin.Denom)
		}
		total = total.Add(coin.Amount)
	}
	if !total.Equal(sdkmath.NewIntFromUint64(units)) {
		return errorsmod.Wrapf(ErrInvalidCredits, "%s Wh are named, %d Wh can have to be delivered", total, units)
	}
	return nil
}

// SplitDelivery returns what units take from coins in ascending denom order, and
// the rest. Coins that are too few are all taken.
func SplitDelivery(coins sdk.Coins, units uint64) (delivered, rest sdk.Coins) {
	left := sdkmath.NewIntFromUint64(units)
	for _, coin := range coins {
		taken := sdkmath.MinInt(coin.Amount, left)
		left = left.Sub(taken)
		if taken.IsPositive() {
			delivered = append(delivered, sdk.Coin{Denom: coin.Denom, Amount: taken})
		}
		if kept := coin.Amount.Sub(taken); kept.IsPositive() {
			rest = append(rest, sdk.Coin{Denom: coin.Denom, Amount: kept})
		}
	}
	return delivered, rest
}
