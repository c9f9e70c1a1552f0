package clearing

import (
	"encoding/binary"
	"math/big"
	"math/bits"
	"strconv"
)

// Uint128 is an unsigned 128-bit integer: a unit price.
type Uint128 struct {
	Hi, Lo uint64
}

// NewUint128 returns v as a price; v of up to 64 bits.
func NewUint128(v uint64) Uint128 { return Uint128{Lo: v} }

// Uint128FromBig converts v, and reports whether it is within 0 to 2^128-1.
func Uint128FromBig(v *big.Int) (Uint128, bool) {
	if v.Sign() < 0 || v.BitLen() > 128 {
		return Uint128{}, false
	}
	var raw [16]byte
	v.FillBytes(raw[:])
	return Uint128FromBytes(raw), true
}

// Uint128FromBytes reads 16 big-endian bytes.
func Uint128FromBytes(raw [16]byte) Uint128 {
	return Uint128{Hi: binary.BigEndian.Uint64(raw[:8]), Lo: binary.BigEndian.Uint64(raw[8:])}
}

// Bytes returns 16 big-endian bytes.
func (u Uint128) Bytes() [16]byte {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], u.Hi)
	binary.BigEndian.PutUint64(raw[8:], u.Lo)
	return raw
}

// Cmp returns -1, 0 or 1 as u is less than, equal to or greater than v.
func (u Uint128) Cmp(v Uint128) int {
	switch {
	case u == v:
		return 0
	case u.Hi < v.Hi || u.Hi == v.Hi && u.Lo < v.Lo:
		return -1
	default:
		return 1
	}
}

// Big returns u as a new big integer.
func (u Uint128) Big() *big.Int { return Amount{u.Lo, u.Hi, 0}.Big() }

// String returns u in decimal.
func (u Uint128) String() string { return Amount{u.Lo, u.Hi, 0}.String() }

// not is the price that sorts the other way round.
func (u Uint128) not() Uint128 { return Uint128{Hi: ^u.Hi, Lo: ^u.Lo} }

// parseUint128 reads ASCII decimal digits without sign or leading zeros.
func parseUint128(digits []byte) (Uint128, bool) {
	const most = 39 // digits of 2^128-1
	if len(digits) == 0 || len(digits) > most || digits[0] == '0' && len(digits) > 1 {
		return Uint128{}, false
	}
	var u Uint128
	for _, c := range digits {
		if c < '0' || c > '9' {
			return Uint128{}, false
		}
		carry, lo := bits.Mul64(u.Lo, 10)
		over, hi := bits.Mul64(u.Hi, 10)
		var c1, c2, c3 uint64
		u.Lo, c1 = bits.Add64(lo, uint64(c-'0'), 0)
		u.Hi, c2 = bits.Add64(hi, carry, c1)
		c3 = over + c2
		if c3 != 0 {
			return Uint128{}, false
		}
	}
	return u, true
}

// Amount is an unsigned 192-bit integer, its least significant word first: a
// sum over at most 2^64-1 units of prices of at most 2^128-1 each.
type Amount [3]uint64

// multiply returns the price of quantity units.
func multiply(quantity uint64, price Uint128) Amount {
	carry, w0 := bits.Mul64(quantity, price.Lo)
	hi, lo := bits.Mul64(quantity, price.Hi)
	w1, c := bits.Add64(lo, carry, 0)
	return Amount{w0, w1, hi + c}
}

// add returns a + b.
func (a Amount) add(b Amount) Amount {
	var sum Amount
	var carry uint64
	sum[0], carry = bits.Add64(a[0], b[0], 0)
	sum[1], carry = bits.Add64(a[1], b[1], carry)
	sum[2], _ = bits.Add64(a[2], b[2], carry)
	return sum
}

// sub returns a - b, for b of at most a.
func (a Amount) sub(b Amount) Amount {
	var difference Amount
	var borrow uint64
	difference[0], borrow = bits.Sub64(a[0], b[0], 0)
	difference[1], borrow = bits.Sub64(a[1], b[1], borrow)
	difference[2], _ = bits.Sub64(a[2], b[2], borrow)
	return difference
}

// IsZero tells whether a is 0.
func (a Amount) IsZero() bool { return a == Amount{} }

// Big returns a as a new big integer.
func (a Amount) Big() *big.Int {
	var raw [24]byte
	binary.BigEndian.PutUint64(raw[:8], a[2])
	binary.BigEndian.PutUint64(raw[8:16], a[1])
	binary.BigEndian.PutUint64(raw[16:], a[0])
	return new(big.Int).SetBytes(raw[:])
}

// String returns a in decimal.
func (a Amount) String() string { return string(a.appendDecimal(nil)) }

// appendDecimal appends a in decimal to out.
func (a Amount) appendDecimal(out []byte) []byte {
	const chunk = 10_000_000_000_000_000_000 // 10^19, the greatest power of ten in a word
	if a[1] == 0 && a[2] == 0 {
		return strconv.AppendUint(out, a[0], 10)
	}
	var low uint64
	a[2], low = bits.Div64(0, a[2], chunk)
	a[1], low = bits.Div64(low, a[1], chunk)
	a[0], low = bits.Div64(low, a[0], chunk)
	out = a.appendDecimal(out)
	var digits [19]byte
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = byte('0' + low%10)
		low /= 10
	}
	return append(out, digits[:]...)
}
