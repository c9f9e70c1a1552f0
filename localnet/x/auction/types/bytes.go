package types

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
)

// The canonical bytes are specified in tests/vectors/README.md: integers are
// big-endian and of fixed width, LP(x) is a 32-bit length and then x.

// ErrNotCanonical is wrapped by every error about bytes that are not canonical.
var ErrNotCanonical = errors.New("bytes are not canonical")

func notCanonical(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrNotCanonical}, args...)...)
}

// appendLP appends LP(value).
func appendLP[T ~string | ~[]byte](out []byte, value T) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(value)))
	return append(out, value...)
}

// appendUint128 appends U128(value).
func appendUint128(out []byte, value clearing.Uint128) []byte {
	raw := value.Bytes()
	return append(out, raw[:]...)
}

// reader takes canonical bytes apart. After the first value that is cut short,
// every value is zero and err is set.
type reader struct {
	rest []byte
	err  error
}

// take returns the next count bytes.
func (r *reader) take(count uint64) []byte {
	if r.err == nil && count > uint64(len(r.rest)) {
		r.err = notCanonical("%d bytes are missing", count-uint64(len(r.rest)))
	}
	if r.err != nil {
		return nil
	}
	value := r.rest[:count:count]
	r.rest = r.rest[count:]
	return value
}

// unsigned reads an unsigned integer of width bytes, 1 to 8.
func (r *reader) unsigned(width uint64) uint64 {
	var value uint64
	for _, b := range r.take(width) {
		value = value<<8 | uint64(b)
	}
	return value
}

func (r *reader) u8() uint8   { return uint8(r.unsigned(1)) }
func (r *reader) u16() uint16 { return uint16(r.unsigned(2)) }
func (r *reader) u32() uint32 { return uint32(r.unsigned(4)) }
func (r *reader) u64() uint64 { return r.unsigned(8) }

func (r *reader) u128() clearing.Uint128 {
	return clearing.Uint128{Hi: r.u64(), Lo: r.u64()}
}

// lp reads LP(x) and returns x.
func (r *reader) lp() []byte { return r.take(uint64(r.u32())) }

// end returns the first error, also if bytes are left over.
func (r *reader) end() error {
	if r.err == nil && len(r.rest) > 0 {
		r.err = notCanonical("%d bytes are left over", len(r.rest))
	}
	return r.err
}
