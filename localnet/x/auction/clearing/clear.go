package clearing

import "math/big"

// Result is what clearing a problem came to. Amounts are in the payment coin.
type Result struct {
	// Welfare is the value of the buyers served (forward), or minus the cost of
	// the sellers served (reverse); reserve and cap are not counted.
	Welfare *big.Int
	// ClearingPrice is the one unit price of LastAccepted and FirstRejected;
	// nil for other rules and where nothing is served.
	ClearingPrice *big.Int
	// Surplus is what was paid in minus what was paid out: 0 in one-sided auctions.
	Surplus *big.Int
	// Awards[i] is that of Problem.Bids[i].
	Awards []Award
}

// Clear computes allocation and payments. The only errors are of type Refusal;
// their texts are those for the same problem in a problem file.
func Clear(p Problem) (*Result, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	return compute(&p), nil
}

// compute clears a problem that is known to be valid.
func compute(p *Problem) *Result {
	book := newBook(p)
	book.serve()
	welfare := book.total().Big()
	if p.Side == Reverse {
		welfare.Neg(welfare)
	}
	result := &Result{Welfare: welfare, Surplus: new(big.Int), Awards: book.awards}
	switch p.Rule {
	case PayAsBid:
		book.payOwnPrices()
	case LastAccepted:
		result.ClearingPrice = book.payOnePrice(book.lastAccepted())
	case FirstRejected, SecondPrice:
		result.ClearingPrice = book.payOnePrice(book.firstRejected())
	case VCG:
		book.payDisplaced()
	}
	return result
}
