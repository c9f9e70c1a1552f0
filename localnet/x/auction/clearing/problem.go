package clearing

import (
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// Side is what the creator of an auction does; numbers as in the terms bytes.
type Side uint8

// Sides of an auction.
const (
	// Forward: the creator sells, bidders buy.
	Forward Side = 1
	// Reverse: the creator buys, bidders sell.
	Reverse Side = 2
	// Double: bidders on both sides; not supported yet.
	Double Side = 3
)

// sideNames are the words of problem files, indexed by Side.
var sideNames = [...]string{"", "forward", "reverse", "double"}

// String returns the word that problem files use.
func (s Side) String() string {
	if s < Forward || s > Double {
		return fmt.Sprintf("side %d", uint8(s))
	}
	return sideNames[s]
}

// Rule says how payments follow from bids; numbers as in the terms bytes.
type Rule uint8

// Payment rules.
const (
	PayAsBid      Rule = 1
	LastAccepted  Rule = 2
	FirstRejected Rule = 3
	// SecondPrice is FirstRejected for a quantity of 1.
	SecondPrice Rule = 4
	VCG         Rule = 5
	// Core, Midpoint and McAfee are refused.
	Core     Rule = 6
	Midpoint Rule = 7
	McAfee   Rule = 8
)

// ruleNames are the words of problem files, indexed by Rule.
var ruleNames = [...]string{
	"", "pay_as_bid", "last_accepted", "first_rejected", "second_price", "vcg", "core", "midpoint", "mcafee",
}

// String returns the word that problem files use.
func (r Rule) String() string {
	if r < PayAsBid || r > McAfee {
		return fmt.Sprintf("payment_rule %d", uint8(r))
	}
	return ruleNames[r]
}

// Step is a number of units at one unit price.
type Step struct {
	Quantity uint64
	Price    Uint128
}

// Bid is one bidder's schedule: steps add up; prices must not increase in a
// forward auction and must not decrease in a reverse one.
type Bid struct {
	// Name breaks ties (see Rank) and is unique: the bidder of a problem file,
	// on chain the lower-case hex of the raw address.
	Name  string
	Steps []Step
}

// Problem is what clearing starts from.
type Problem struct {
	Side     Side
	Rule     Rule
	Quantity uint64
	// Reserve is the least unit price of a forward auction, the cap of a
	// reverse one; nil for none.
	Reserve *Uint128
	TieSeed []byte
	Bids    []Bid
}

// Award is what one bidder trades and pays (forward) or is paid (reverse).
type Award struct {
	Allocation uint64
	Payment    Amount
}

// Refusal is the reason why a problem is refused, in one line.
type Refusal string

// Error implements error.
func (r Refusal) Error() string { return string(r) }

func refuse(format string, args ...any) error {
	return Refusal(fmt.Sprintf(format, args...))
}

// validateSide refuses sides that are unknown or not supported.
func validateSide(side Side) error {
	switch side {
	case Forward, Reverse:
		return nil
	case Double:
		return Refusal("side double is not supported yet")
	default:
		return Refusal("side must be forward, reverse or double")
	}
}

// validateRule refuses rules that are unknown, not supported, or not for side.
func validateRule(rule Rule, side Side) error {
	switch rule {
	case PayAsBid, LastAccepted, FirstRejected, SecondPrice, VCG:
		return nil
	case Core:
		return Refusal("payment_rule core is not supported yet")
	case Midpoint, McAfee:
		return refuse("payment_rule %s is not for side %s", rule, side)
	default:
		return Refusal("unknown payment_rule")
	}
}

// validatePair refuses quantities and reserves that the rule cannot work with.
func validatePair(p *Problem) error {
	if p.Rule == SecondPrice && p.Quantity != 1 {
		return Refusal("second_price needs quantity 1")
	}
	if p.Side == Reverse && p.Reserve == nil {
		switch p.Rule {
		case FirstRejected, SecondPrice, VCG:
			return refuse("payment_rule %s in a reverse auction needs a reserve_price", p.Rule)
		}
	}
	return nil
}

// orderRule is the refusal of a step that breaks the order of its schedule.
func orderRule(side Side) string {
	if side == Forward {
		return "prices must not increase"
	}
	return "prices must not decrease"
}

// isOrdered tells whether next may follow price in a schedule.
func isOrdered(side Side, price, next Uint128) bool {
	if side == Forward {
		return next.Cmp(price) <= 0
	}
	return next.Cmp(price) >= 0
}

// validate refuses what ParseProblem would refuse in the same problem's text.
func (p *Problem) validate() error {
	if err := validateSide(p.Side); err != nil {
		return err
	}
	if err := validateRule(p.Rule, p.Side); err != nil {
		return err
	}
	if p.Quantity == 0 {
		return Refusal("quantity" + quantityRule)
	}
	if err := validatePair(p); err != nil {
		return err
	}
	names := make(map[string]struct{}, len(p.Bids))
	for i := range p.Bids {
		bid := &p.Bids[i]
		if bid.Name == "" || !utf8.ValidString(bid.Name) {
			return refuse("bids[%d]: bidder must be a non-empty string", i)
		}
		if _, taken := names[bid.Name]; taken {
			return refuse("bids[%d]: bidder appears twice", i)
		}
		names[bid.Name] = struct{}{}
		if err := validateSteps(p.Side, i, bid.Steps); err != nil {
			return err
		}
	}
	return nil
}

// validateSteps checks the schedule of the bid at index i.
func validateSteps(side Side, i int, steps []Step) error {
	if len(steps) == 0 {
		return refuse("bids[%d]: steps must be a non-empty list", i)
	}
	var total, carry, overflow uint64
	for j := range steps {
		if steps[j].Quantity == 0 {
			return refuse("bids[%d]: steps[%d]: quantity%s", i, j, quantityRule)
		}
		if j > 0 && !isOrdered(side, steps[j-1].Price, steps[j].Price) {
			return refuse("bids[%d]: steps[%d]: %s", i, j, orderRule(side))
		}
		total, carry = bits.Add64(total, steps[j].Quantity, 0)
		overflow |= carry
	}
	if overflow != 0 {
		return refuse("bids[%d]: %s", i, totalRule)
	}
	return nil
}

const (
	quantityRule = " must be an integer from 1 to 18446744073709551615"
	priceRule    = " must be an integer from 0 to 340282366920938463463374607431768211455"
	totalRule    = "quantities add up to more than 18446744073709551615"
)
