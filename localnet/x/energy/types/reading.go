package types

// ReadingBytes returns the canonical bytes of a reading.
func ReadingBytes(chainID, deviceID string, r SignedReading) []byte {
	out := appendLP(appendLP([]byte{layout}, chainID), deviceID)
	return appendUint64(out, r.IntervalStart, r.IntervalEnd, r.CounterStartWh, r.CounterEndWh)
}

// ReadingSignBytes returns what a device signs. It names the chain and the device,
// so that a signature serves nowhere else.
func ReadingSignBytes(chainID, deviceID string, r SignedReading) []byte {
	return appendLP(appendLP(nil, readingDomain), ReadingBytes(chainID, deviceID, r))
}

// ReadingHash returns the 32 bytes by which attributes name a reading.
func ReadingHash(chainID, deviceID string, r SignedReading) []byte {
	return hash(ReadingSignBytes(chainID, deviceID, r))
}

// EnergyWh is what was metered. The counter must not run backwards.
func (r SignedReading) EnergyWh() uint64 { return r.CounterEndWh - r.CounterStartWh }

// EnergyWh is what was metered.
func (r Reading) EnergyWh() uint64 { return r.CounterEndWh - r.CounterStartWh }

// Signed returns the reading as its device signed it.
func (r Reading) Signed() SignedReading {
	return SignedReading{
		IntervalStart: r.IntervalStart, IntervalEnd: r.IntervalEnd,
		CounterStartWh: r.CounterStartWh, CounterEndWh: r.CounterEndWh, Signature: r.Signature,
	}
}
