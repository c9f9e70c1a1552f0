package types

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
)

// tieDomain keeps tie seeds apart from every other hash of the auction.
const tieDomain = "plurichain/auction/tie/v1"

// Opening is what an admissible reveal adds to the tie seed.
type Opening struct {
	// Bidder is the raw address.
	Bidder []byte
	// Salt has SaltBytes bytes: it stands in the preimage without its length.
	Salt []byte
}

// TieSeed returns the 32 bytes that order equals, drawn from the salts of all
// admissible openings, at most one of each bidder. Their order does not matter
// and is not changed.
func TieSeed(chainID string, auctionID uint64, openings []Opening) []byte {
	rows := slices.SortedFunc(slices.Values(openings), func(a, b Opening) int {
		return bytes.Compare(a.Bidder, b.Bidder)
	})
	out := appendLP(nil, tieDomain)
	out = appendLP(out, chainID)
	out = binary.BigEndian.AppendUint64(out, auctionID)
	out = binary.BigEndian.AppendUint32(out, uint32(len(rows)))
	for _, row := range rows {
		out = appendLP(out, row.Bidder)
		out = append(out, row.Salt...)
	}
	seed := sha256.Sum256(out)
	return seed[:]
}

// BidderName is the name that ranks a bidder of a chain: the lower-case hex of
// the raw address.
func BidderName(bidder []byte) string { return hex.EncodeToString(bidder) }

// Rank returns the place of a name among equals, the least first.
func Rank(tieSeed []byte, name string) []byte {
	rank := clearing.Rank(tieSeed, name)
	return rank[:]
}
