package types

import (
	"slices"

	"cosmossdk.io/math"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
)

// Reasons why a matching opening is inadmissible, as they are recorded. They
// are checked in this order, and the first that applies is the one.
const (
	ReasonNotCanonical       = "not_canonical"
	ReasonWrongSide          = "wrong_side"
	ReasonWrongKind          = "wrong_kind"
	ReasonOutOfOrder         = "out_of_order"
	ReasonTooManySteps       = "too_many_steps"
	ReasonPriceAboveLimit    = "price_above_limit"
	ReasonQuantityAboveLimit = "quantity_above_limit"
	ReasonMinimumAboveTotal  = "minimum_above_total"
)

// FindInadmissible returns the bid of an opening, and the reason why the terms
// forfeit it; the reason is empty if they admit it. The bid is empty if the
// bytes are not canonical. A price beyond the reserve, or a quantity beyond the
// lot, is admissible: that part is not served.
func FindInadmissible(bidBytes []byte, terms *Terms) (bid Bid, reason string) {
	bid, err := DecodeBid(bidBytes)
	switch {
	case err != nil:
		reason = ReasonNotCanonical
	case !isSideOf(bid.Side, terms.Side):
		reason = ReasonWrongSide
	case !slices.Contains(terms.AdmittedKinds(), bid.Kind):
		reason = ReasonWrongKind
	case !isInOrder(bid):
		reason = ReasonOutOfOrder
	case len(bid.Steps) > int(terms.StepLimit()):
		reason = ReasonTooManySteps
	case terms.PriceLimit != nil && exceedsPrice(bid, *terms.PriceLimit):
		reason = ReasonPriceAboveLimit
	case terms.MaxQuantity > 0 && bid.TotalQuantity() > terms.MaxQuantity:
		reason = ReasonQuantityAboveLimit
	case bid.Minimum > bid.TotalQuantity():
		reason = ReasonMinimumAboveTotal
	}
	return bid, reason
}

// isSideOf tells whether an auction takes bids of that side.
func isSideOf(bid BidSide, auction Side) bool {
	switch auction {
	case SIDE_FORWARD:
		return bid == BidSideBuy
	case SIDE_REVERSE:
		return bid == BidSideSell
	default:
		return auction == SIDE_DOUBLE
	}
}

// isInOrder tells whether prices fall or rise as they must, and in a choice
// whether quantities rise strictly.
func isInOrder(bid Bid) bool {
	for i := 1; i < len(bid.Steps); i++ {
		before, step := bid.Steps[i-1], bid.Steps[i]
		var ordered bool
		switch {
		case bid.Kind == BID_KIND_CHOICE:
			ordered = step.Quantity > before.Quantity
		case bid.Side == BidSideBuy:
			ordered = step.Price.Cmp(before.Price) <= 0
		default:
			ordered = step.Price.Cmp(before.Price) >= 0
		}
		if !ordered {
			return false
		}
	}
	return true
}

// exceedsPrice tells whether a step costs more than limit a unit.
func exceedsPrice(bid Bid, limit math.Int) bool {
	return slices.ContainsFunc(bid.Steps, func(step clearing.Step) bool {
		units := uint64(1)
		if bid.Kind == BID_KIND_CHOICE {
			units = step.Quantity
		}
		return math.NewIntFromBigInt(step.Price.Big()).GT(limit.Mul(math.NewIntFromUint64(units)))
	})
}
