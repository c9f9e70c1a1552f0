package types

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
)

// BidSide is what a bidder does; its numbers are those of the bid bytes.
type BidSide uint8

const (
	// BidSideBuy: the bidder buys units of the lot.
	BidSideBuy BidSide = 1
	// BidSideSell: the bidder sells them.
	BidSideSell BidSide = 2
)

const (
	bidVersion = 1
	pairLength = 8 + 16 // U64(quantity) U128(price)
)

// Bid is what a bidder seals. The price of a step is for one unit; that of a
// choice's option is for all of it.
type Bid struct {
	Kind BidKind
	Side BidSide
	// Minimum is the least quantity of a block, else 0.
	Minimum uint64
	Steps   []clearing.Step
}

// EncodeBid returns the canonical bytes of a bid, or an ErrNotCanonical if it
// has none: no step, a number out of range. Whether terms admit it is for
// FindInadmissible.
func EncodeBid(bid Bid) ([]byte, error) {
	if err := validateShape(bid); err != nil {
		return nil, err
	}
	count := len(bid.Steps)
	if bid.Kind == BID_KIND_BLOCK {
		count++
	}
	if count > math.MaxUint16 {
		return nil, notCanonical("%d pairs are more than %d", count, math.MaxUint16)
	}
	out := make([]byte, 0, 5+count*pairLength)
	out = append(out, bidVersion, byte(bid.Kind), byte(bid.Side))
	out = binary.BigEndian.AppendUint16(out, uint16(count))
	if bid.Kind == BID_KIND_BLOCK {
		out = appendPair(out, clearing.Step{Quantity: bid.Minimum})
	}
	for _, step := range bid.Steps {
		out = appendPair(out, step)
	}
	return out, nil
}

func appendPair(out []byte, step clearing.Step) []byte {
	out = binary.BigEndian.AppendUint64(out, step.Quantity)
	return appendUint128(out, step.Price)
}

// DecodeBid returns the bid of canonical bytes, or an ErrNotCanonical. The
// bytes that EncodeBid makes of it are the same.
func DecodeBid(data []byte) (Bid, error) {
	r := reader{rest: data}
	if version := r.u8(); version != bidVersion {
		return Bid{}, notCanonical("version %d is not %d", version, bidVersion)
	}
	bid := Bid{Kind: BidKind(r.u8()), Side: BidSide(r.u8())}
	count := int(r.u16())
	// Compared first, so that a great count in few bytes costs nothing.
	if r.err == nil && len(r.rest) != count*pairLength {
		return Bid{}, notCanonical("%d pairs take %d bytes, not %d", count, count*pairLength, len(r.rest))
	}
	if bid.Kind == BID_KIND_BLOCK && count > 0 {
		first := readPair(&r)
		if first.Price != (clearing.Uint128{}) {
			return Bid{}, notCanonical("the first pair of a block has a price")
		}
		bid.Minimum = first.Quantity
		count--
	}
	bid.Steps = make([]clearing.Step, count)
	for i := range bid.Steps {
		bid.Steps[i] = readPair(&r)
	}
	if err := r.end(); err != nil {
		return Bid{}, err
	}
	if err := validateShape(bid); err != nil {
		return Bid{}, err
	}
	return bid, nil
}

func readPair(r *reader) clearing.Step {
	return clearing.Step{Quantity: r.u64(), Price: r.u128()}
}

// validateShape returns an ErrNotCanonical unless the bid has canonical bytes.
func validateShape(bid Bid) error {
	switch {
	case bid.Kind < BID_KIND_SCHEDULE || bid.Kind > BID_KIND_BLOCK:
		return notCanonical("kind %d is unknown", bid.Kind)
	case bid.Side != BidSideBuy && bid.Side != BidSideSell:
		return notCanonical("side %d is unknown", bid.Side)
	case (bid.Minimum != 0) != (bid.Kind == BID_KIND_BLOCK):
		return notCanonical("minimum %d does not go with kind %d", bid.Minimum, bid.Kind)
	case len(bid.Steps) == 0:
		return notCanonical("a bid needs at least one step")
	}
	var total, carry, overflow uint64
	for i, step := range bid.Steps {
		if step.Quantity == 0 {
			return notCanonical("step %d has no quantity", i)
		}
		total, carry = bits.Add64(total, step.Quantity, 0)
		overflow |= carry
	}
	if overflow != 0 && bid.Kind != BID_KIND_CHOICE {
		return notCanonical("quantities add up to more than %d", uint64(math.MaxUint64))
	}
	return nil
}

// CountSteps returns how many pairs bid bytes announce, 0 if they are too short
// to say: a measure of the work that they cause.
func CountSteps(bidBytes []byte) uint64 {
	r := reader{rest: bidBytes}
	r.take(3) // version, kind, side
	return uint64(r.u16())
}

// TotalQuantity returns the most units the bid can trade: the sum of its steps,
// or its greatest option.
func (bid Bid) TotalQuantity() uint64 {
	var total uint64
	for _, step := range bid.Steps {
		if bid.Kind == BID_KIND_CHOICE {
			total = max(total, step.Quantity)
		} else {
			total += step.Quantity
		}
	}
	return total
}
