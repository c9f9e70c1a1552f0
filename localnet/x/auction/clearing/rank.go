package clearing

import (
	"crypto/sha256"
	"encoding/binary"
)

// rankDomain keeps ranks apart from every other hash of the auction.
const rankDomain = "plurichain/auction/rank/v1"

// Rank returns a bidder's place among equals, lowest first: the SHA-256 of
// LP(domain) LP(tieSeed) LP(name), where LP is a 32-bit big-endian length and
// then the bytes.
func Rank(tieSeed []byte, name string) [sha256.Size]byte {
	return newRanker(tieSeed).rank(name)
}

// ranker computes ranks under one seed into one buffer.
type ranker struct {
	buffer []byte
	prefix int
}

func newRanker(tieSeed []byte) *ranker {
	buffer := appendLP(nil, rankDomain)
	buffer = appendLP(buffer, string(tieSeed))
	return &ranker{buffer: buffer, prefix: len(buffer)}
}

func (r *ranker) rank(name string) [sha256.Size]byte {
	r.buffer = appendLP(r.buffer[:r.prefix], name)
	return sha256.Sum256(r.buffer)
}

func appendLP(out []byte, text string) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(text)))
	return append(out, text...)
}
