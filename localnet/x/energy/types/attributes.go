package types

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"time"
)

// Validate tells what is wrong with attributes by themselves.
func (a Attributes) Validate() error {
	return first(
		validateChainID("origin_chain", a.OriginChain),
		validateID("device_id", a.DeviceId),
		validateTechnology(a.Technology),
		validateText("zone", a.Zone, 1, MaxZoneBytes),
		validateCapacity(a.CapacityW),
		validateInterval(a.IntervalStart, a.IntervalEnd),
		validateReadingHash(a.ReadingHash),
		validateID("issuing_body", a.IssuingBody),
	)
}

func validateReadingHash(hash []byte) error {
	if len(hash) != sha256.Size {
		return wrongField("reading_hash", "is %d bytes, must be %d", len(hash), sha256.Size)
	}
	return nil
}

// Bytes returns the canonical bytes.
func (a Attributes) Bytes() []byte {
	out := []byte{layout}
	out = appendLP(out, a.OriginChain)
	out = appendLP(out, a.DeviceId)
	out = appendLP(out, a.Technology)
	out = appendLP(out, a.Zone)
	out = appendUint64(out, a.CapacityW, a.IntervalStart, a.IntervalEnd)
	out = appendLP(out, a.ReadingHash)
	return appendLP(out, a.IssuingBody)
}

// Hash returns the 32 bytes by which a denom names its attributes.
func (a Attributes) Hash() []byte {
	return hash(appendLP(appendLP(nil, creditDomain), a.Bytes()))
}

const denomTime = "20060102T1504"

// Denom returns the denom of the credit on its origin chain. The attributes must
// be valid.
func (a Attributes) Denom() string {
	start := time.Unix(int64(a.IntervalStart), 0).UTC().Format(denomTime)
	return "wh." + start + "." + hex.EncodeToString(a.Hash())
}

var denomPattern = regexp.MustCompile(`^wh\.([0-9]{8}T[0-9]{4})\.[0-9a-f]{64}$`)

// IsCreditDenom tells whether a denom has the form of a credit's. Whether there is
// such a credit only its origin chain knows.
func IsCreditDenom(denom string) bool {
	_, is := ParseCreditDenom(denom)
	return is
}

// ParseCreditDenom returns when the interval of a credit begins, as its denom says.
func ParseCreditDenom(denom string) (intervalStart uint64, is bool) {
	parts := denomPattern.FindStringSubmatch(denom)
	if parts == nil {
		return 0, false
	}
	start, err := time.Parse(denomTime, parts[1])
	if err != nil || start.Unix() < 0 {
		return 0, false
	}
	return uint64(start.Unix()), true
}
