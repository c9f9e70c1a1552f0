package types

import (
	"crypto/sha256"
	"encoding/binary"
)

const (
	termsDomain = "plurichain/auction/terms/v1"
	bidDomain   = "plurichain/auction/bid/v1"
)

// TermsHash returns the 32 bytes that stand for the terms; its errors are those
// of EncodeTerms.
func TermsHash(terms *Terms) ([]byte, error) {
	data, err := EncodeTerms(terms)
	if err != nil {
		return nil, err
	}
	out := appendLP(nil, termsDomain)
	hash := sha256.Sum256(appendLP(out, data))
	return hash[:], nil
}

// ComputeBidCommitment returns the 32-byte commitment to a bid. bidder is the raw
// address; termsHash and salt have 32 bytes, since they stand in the preimage
// without their lengths.
func ComputeBidCommitment(
	chainID string, auctionID uint64, bidder, termsHash, bidBytes, salt []byte,
) []byte {
	out := appendLP(nil, bidDomain)
	out = appendLP(out, chainID)
	out = binary.BigEndian.AppendUint64(out, auctionID)
	out = appendLP(out, bidder)
	out = append(out, termsHash...)
	out = appendLP(out, bidBytes)
	commitment := sha256.Sum256(append(out, salt...))
	return commitment[:]
}
