package types

import (
	"crypto/sha256"
	"encoding/binary"
)

// The canonical bytes are specified in tests/vectors/README.md: integers are
// big-endian and of fixed width, LP(x) is a 32-bit length and then x.

// layout is the version byte that all canonical bytes of this module begin with.
const layout = 1

// Domains keep what is hashed or signed for one purpose from serving another.
const (
	creditDomain  = "plurichain/energy/credit/v1"
	readingDomain = "plurichain/energy/reading/v1"
	deviceDomain  = "plurichain/energy/device/v1"
)

// appendLP appends LP(value).
func appendLP[T ~string | ~[]byte](out []byte, value T) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(value)))
	return append(out, value...)
}

func appendUint64(out []byte, values ...uint64) []byte {
	for _, value := range values {
		out = binary.BigEndian.AppendUint64(out, value)
	}
	return out
}

// hash returns SHA-256 as a slice.
func hash(data []byte) []byte {
	sum := sha256.Sum256(data)
	return sum[:]
}
