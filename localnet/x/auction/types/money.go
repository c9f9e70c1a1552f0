package types

import (
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
)

// Amounts here are below 2^192 (at most 2^64-1 units at most 2^128-1 each), so
// that the 256 bits of a math.Int hold 2^64 of them.

// DefaultDeposit returns the deposit of terms that name none, in the payment
// denom: forward quantity × price limit, reverse a tenth of quantity × cap
// rounded up, double greatest quantity of a bid × price limit. It is empty
// where one of the factors is not given.
func DefaultDeposit(terms *Terms) sdk.Coins {
	units, price := terms.Quantity, terms.PriceLimit
	switch terms.Side {
	case SIDE_REVERSE:
		price = terms.ReservePrice
	case SIDE_DOUBLE:
		units = terms.MaxQuantity
	}
	if price == nil {
		return sdk.Coins{}
	}
	amount := price.Mul(math.NewIntFromUint64(units))
	if terms.Side == SIDE_REVERSE {
		const tenth = 10
		amount = amount.AddRaw(tenth - 1).QuoRaw(tenth)
	}
	return coins(terms.PaymentDenom, amount)
}

// Deposit returns the flat deposit in force: what the terms name, else the default.
func Deposit(terms *Terms) sdk.Coins {
	if len(terms.Deposit) > 0 {
		return terms.Deposit
	}
	return DefaultDeposit(terms)
}

// CreatorEscrow returns the creator's whole side: the lot, or quantity × cap;
// nothing in award mode and in double auctions. named are the credits of a lot
// that is a class.
func CreatorEscrow(terms *Terms, named sdk.Coins) sdk.Coins {
	switch {
	case terms.Settlement == SETTLEMENT_AWARD || terms.Side == SIDE_DOUBLE:
		return sdk.Coins{}
	case terms.Side == SIDE_FORWARD && terms.CreditClass != nil:
		return named
	case terms.Side == SIDE_FORWARD:
		return coins(terms.LotDenom, math.NewIntFromUint64(terms.Quantity))
	case terms.ReservePrice == nil:
		return sdk.Coins{}
	default:
		return coins(terms.PaymentDenom, terms.ReservePrice.Mul(math.NewIntFromUint64(terms.Quantity)))
	}
}

// RevealEscrow returns what a bidder adds at the reveal, beyond the deposit,
// coin by coin; nothing in award mode. In a double auction only the bid bounds
// the quantity. named are the credits of a seller where the lot is a class; they
// are escrowed as they are, whatever the deposit holds.
func RevealEscrow(bid Bid, terms *Terms, deposit, named sdk.Coins) sdk.Coins {
	if terms.Settlement == SETTLEMENT_AWARD {
		return sdk.Coins{}
	}
	quantity := terms.Quantity
	if terms.Side == SIDE_DOUBLE {
		quantity = bid.TotalQuantity()
	}
	var needed math.Int
	denom := terms.PaymentDenom
	switch {
	case bid.Side == BidSideBuy:
		needed = GreatestPayment(bid, quantity)
	case terms.CreditClass != nil:
		return named
	default:
		denom = terms.LotDenom
		needed = math.NewIntFromUint64(GreatestDelivery(bid, quantity))
	}
	return coins(denom, needed.Sub(deposit.AmountOf(denom)))
}

// GreatestPayment returns the most that a buyer's bid offers for at most
// quantity units.
func GreatestPayment(bid Bid, quantity uint64) math.Int {
	greatest := math.ZeroInt()
	if bid.Kind == BID_KIND_CHOICE {
		for _, option := range bid.Steps {
			if option.Quantity <= quantity {
				greatest = math.MaxInt(greatest, priceInt(option.Price))
			}
		}
		return greatest
	}
	if bid.Minimum > quantity {
		return greatest
	}
	for _, step := range bid.Steps {
		units := min(step.Quantity, quantity)
		greatest = greatest.Add(priceInt(step.Price).Mul(math.NewIntFromUint64(units)))
		quantity -= units
	}
	return greatest
}

// GreatestDelivery returns the most units that a seller's bid can have to
// deliver where quantity are wanted.
func GreatestDelivery(bid Bid, quantity uint64) uint64 {
	if bid.Kind != BID_KIND_CHOICE {
		if bid.Minimum > quantity {
			return 0
		}
		return min(bid.TotalQuantity(), quantity)
	}
	var greatest uint64
	for _, option := range bid.Steps {
		if option.Quantity <= quantity {
			greatest = max(greatest, option.Quantity)
		}
	}
	return greatest
}

func priceInt(price clearing.Uint128) math.Int { return math.NewIntFromBigInt(price.Big()) }

// coins returns one coin, or none if the amount is not positive.
func coins(denom string, amount math.Int) sdk.Coins {
	if !amount.IsPositive() {
		return sdk.Coins{}
	}
	return sdk.Coins{sdk.Coin{Denom: denom, Amount: amount}}
}
