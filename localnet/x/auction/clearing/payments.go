package clearing

import (
	"math/big"
	"slices"
)

// forEachServed calls visit for each served entry with its served units.
func (b *book) forEachServed(visit func(i int, units uint64)) {
	for i := 0; i < b.served; i++ {
		visit(i, b.entries[i].quantity)
	}
	if b.partly > 0 {
		visit(b.served, b.partly)
	}
}

// total returns what the served units are worth at their own prices.
func (b *book) total() Amount {
	var sum Amount
	b.forEachServed(func(i int, units uint64) {
		sum = sum.add(multiply(units, b.price(i)))
	})
	return sum
}

// payOwnPrices makes every winner pay, or be paid, its own prices.
func (b *book) payOwnPrices() {
	b.forEachServed(func(i int, units uint64) {
		award := &b.awards[b.entries[i].bidder]
		award.Payment = award.Payment.add(multiply(units, b.price(i)))
	})
}

// lastAccepted returns the price of the last served unit, false if none is.
func (b *book) lastAccepted() (Uint128, bool) {
	switch {
	case b.partly > 0:
		return b.price(b.served), true
	case b.served > 0:
		return b.price(b.served - 1), true
	default:
		return Uint128{}, false
	}
}

// firstRejected returns the price of the best unit that is not served, a
// winner's own included; where none is left the reserve, the cap or 0. False
// if no unit is served. Units beyond reserve or cap are not in the book, and
// the price would not pass the reserve or the cap for them either.
func (b *book) firstRejected() (Uint128, bool) {
	_, served := b.lastAccepted()
	if served && b.served < len(b.entries) {
		return b.price(b.served), true
	}
	return b.fallback(), served
}

// fallback is the price of a unit that nobody competes for.
func (b *book) fallback() Uint128 {
	if b.problem.Reserve == nil {
		return Uint128{}
	}
	return *b.problem.Reserve
}

// payOnePrice makes all winners pay, or be paid, price a unit, and returns it.
func (b *book) payOnePrice(price Uint128, served bool) *big.Int {
	if !served {
		return nil
	}
	for i := range b.awards {
		b.awards[i].Payment = multiply(b.awards[i].Allocation, price)
	}
	return price.Big()
}

// payDisplaced sets VCG payments: a winner of k units pays, or is paid, the k
// best units of others that are not served, then the reserve or the cap.
func (b *book) payDisplaced() {
	losers := newLosers(b)
	for i := range b.awards {
		if b.awards[i].Allocation > 0 {
			b.awards[i].Payment = losers.displaced(uint32(i), b.awards[i].Allocation)
		}
	}
}

// losers lists entries that are not served, best first, as far as any winner's
// payment can reach.
type losers struct {
	// list[i].before and .worth add up the units and prices of list[:i].
	list []loser
	// units and worth add up the whole list.
	units    uint64
	worth    Amount
	fallback Uint128
	// first[bidder] begins the chain of a bidder's own entries through
	// loser.next; 0 ends it, indices are counted from 1.
	first []uint32
}

type loser struct {
	price    Uint128
	quantity uint64
	before   uint64
	worth    Amount
	next     uint32
}

// newLosers walks the entries after the margin. A winner needs the units it
// won from others, so it never looks beyond (units won + own units lost), its
// whole bid; the list stops at the greatest of these, below 2^64 units.
func newLosers(b *book) *losers {
	reach := b.greatestWinner()
	l := &losers{fallback: b.fallback(), first: make([]uint32, len(b.awards))}
	last := make([]uint32, len(b.awards))
	for i := b.served; i < len(b.entries) && l.units < reach; i++ {
		quantity := b.entries[i].quantity
		if i == b.served {
			quantity -= b.partly
		}
		quantity = min(quantity, reach-l.units)
		price, bidder := b.price(i), b.entries[i].bidder
		l.list = append(l.list, loser{price: price, quantity: quantity, before: l.units, worth: l.worth})
		place := uint32(len(l.list))
		if last[bidder] == 0 {
			l.first[bidder] = place
		} else {
			l.list[last[bidder]-1].next = place
		}
		last[bidder] = place
		l.units += quantity
		l.worth = l.worth.add(multiply(quantity, price))
	}
	return l
}

// greatestWinner returns the units of the largest bid that won anything.
func (b *book) greatestWinner() uint64 {
	var greatest uint64
	for i := range b.awards {
		if b.awards[i].Allocation == 0 {
			continue
		}
		var total uint64
		for _, step := range b.problem.Bids[i].Steps {
			total += step.Quantity
		}
		greatest = max(greatest, total)
	}
	return greatest
}

// displaced returns the price of the best units of others that lost, as many
// as the bidder won; what is missing counts at the fallback price.
func (l *losers) displaced(bidder uint32, won uint64) Amount {
	var ownUnits uint64
	var ownWorth Amount
	for place := l.first[bidder]; place != 0; place = l.list[place-1].next {
		own := &l.list[place-1]
		if own.before-ownUnits >= won {
			break
		}
		ownUnits += own.quantity
		ownWorth = ownWorth.add(multiply(own.quantity, own.price))
	}
	until := ownUnits + won
	if until > l.units {
		return l.worth.sub(ownWorth).add(multiply(until-l.units, l.fallback))
	}
	// The first entry that begins at or after until comes after the one sought.
	after, _ := slices.BinarySearchFunc(l.list, until, func(e loser, units uint64) int {
		if e.before < units {
			return -1
		}
		return 1
	})
	end := &l.list[after-1]
	return end.worth.add(multiply(until-end.before, end.price)).sub(ownWorth)
}
