package types

import (
	"fmt"
	"math/bits"

	errorsmod "cosmossdk.io/errors"

	"github.com/plurichain/plurichain/localnet/x/energy/sun"
)

// Reasons why a reading is refused, in the order in which they are looked for.
const (
	ReasonBatchOrder       = "batch_order"
	ReasonMisaligned       = "misaligned"
	ReasonInFuture         = "in_future"
	ReasonTooOld           = "too_old"
	ReasonCounterBackwards = "counter_backwards"
	ReasonAboveCapacity    = "above_capacity"
	ReasonNoDaylight       = "no_daylight"
	ReasonBadSignature     = "bad_signature"
	ReasonAlreadyMetered   = "already_metered"
	ReasonCounterMismatch  = "counter_mismatch"
)

// Refusal is why a reading is not taken: a reason code and the rule in words. The
// zero value means that it is.
type Refusal struct {
	Reason string
	Rule   string
}

// IsRefused tells whether there is a reason.
func (r Refusal) IsRefused() bool { return r.Reason != "" }

func refuse(reason, format string, args ...any) Refusal {
	return Refusal{Reason: reason, Rule: fmt.Sprintf(format, args...)}
}

// Error returns ErrReadingRefused for the reading with this index in its batch.
func (r Refusal) Error(index int, reading SignedReading) error {
	return errorsmod.Wrapf(ErrReadingRefused, "reading %d, %s: %s: %s", index, formatInstant(reading.IntervalStart), r.Reason, r.Rule)
}

// Circumstances are what a device's readings are judged under.
type Circumstances struct {
	ChainID string
	Device  Device
	// DaylightOnly: the device's technology makes nothing in the dark.
	DaylightOnly         bool
	IntervalSeconds      uint32
	MaxReadingAgeSeconds uint64
	// Now is the block time in Unix seconds.
	Now uint64
}

// Neighbours are the readings of a device next to an interval in time: the last one
// that begins before, and the first one that begins at or after it.
type Neighbours struct {
	Previous, Next *SignedReading
}

// FindDisorder returns the first reading of a batch that does not begin after the one
// before it.
func FindDisorder(batch []SignedReading) (index int, refusal Refusal) {
	for i := 1; i < len(batch); i++ {
		if before := batch[i-1].IntervalStart; batch[i].IntervalStart <= before {
			return i, refuse(ReasonBatchOrder, "it must begin after reading %d, which begins at %s", i-1, formatInstant(before))
		}
	}
	return 0, Refusal{}
}

// FindRefusal returns the first rule that a reading breaks by itself.
func (c Circumstances) FindRefusal(r SignedReading) Refusal {
	length := uint64(c.IntervalSeconds)
	switch {
	case r.IntervalStart%length != 0 || r.IntervalStart >= r.IntervalEnd || r.IntervalEnd-r.IntervalStart != length:
		return refuse(ReasonMisaligned, "interval_start %d and interval_end %d must be a multiple of %d seconds and the next one",
			r.IntervalStart, r.IntervalEnd, length)
	case r.IntervalEnd > c.Now:
		return refuse(ReasonInFuture, "it ends at %s, the block time is %s", formatInstant(r.IntervalEnd), formatInstant(c.Now))
	case c.Now-r.IntervalEnd > c.MaxReadingAgeSeconds:
		return refuse(ReasonTooOld, "it ended %d seconds ago, must be at most %d", c.Now-r.IntervalEnd, c.MaxReadingAgeSeconds)
	case r.CounterEndWh < r.CounterStartWh:
		return refuse(ReasonCounterBackwards, "counter_end_wh %d is less than counter_start_wh %d", r.CounterEndWh, r.CounterStartWh)
	case exceedsCapacity(r.EnergyWh(), c.Device.CapacityW, length):
		return refuse(ReasonAboveCapacity, "%d Wh in %d seconds is more than %d W can give", r.EnergyWh(), length, c.Device.CapacityW)
	case c.DaylightOnly && r.EnergyWh() > 0 &&
		!sun.IsDaylight(c.Device.LatitudeUdeg, c.Device.LongitudeUdeg, int64(r.IntervalStart), int64(r.IntervalEnd)):
		return refuse(ReasonNoDaylight, "%d Wh of %s while the sun was below the horizon", r.EnergyWh(), c.Device.Technology)
	}
	signed := ReadingSignBytes(c.ChainID, c.Device.Id, r)
	if !IsSignedBy(c.Device.KeyType, c.Device.PublicKey, signed, r.Signature) {
		return refuse(ReasonBadSignature, "the signature is not that of device %s on chain %s over these values", c.Device.Id, c.ChainID)
	}
	return Refusal{}
}

// exceedsCapacity tells whether energy takes more than power for that long.
func exceedsCapacity(energyWh, capacityW, seconds uint64) bool {
	neededHigh, neededLow := bits.Mul64(energyWh, 3_600)
	availableHigh, availableLow := bits.Mul64(capacityW, seconds)
	return neededHigh > availableHigh || neededHigh == availableHigh && neededLow > availableLow
}

// FindRefusal returns the first rule that a reading breaks beside its neighbours:
// intervals do not overlap, and the counter never goes back.
func (n Neighbours) FindRefusal(r SignedReading) Refusal {
	if n.Next != nil && n.Next.IntervalStart < r.IntervalEnd {
		return refuse(ReasonAlreadyMetered, "the interval from %s is metered", formatInstant(n.Next.IntervalStart))
	}
	if n.Previous != nil && n.Previous.IntervalEnd > r.IntervalStart {
		return refuse(ReasonAlreadyMetered, "the interval from %s is metered until %s",
			formatInstant(n.Previous.IntervalStart), formatInstant(n.Previous.IntervalEnd))
	}
	if n.Previous != nil {
		if rule := findGap(*n.Previous, r); rule != "" {
			return refuse(ReasonCounterMismatch, "after the reading until %s, %s", formatInstant(n.Previous.IntervalEnd), rule)
		}
	}
	if n.Next != nil {
		if rule := findGap(r, *n.Next); rule != "" {
			return refuse(ReasonCounterMismatch, "before the reading from %s, %s", formatInstant(n.Next.IntervalStart), rule)
		}
	}
	return Refusal{}
}

// findGap tells what is wrong with the counters of two readings, one after the
// other: equal where their intervals touch, not falling elsewhere.
func findGap(before, after SignedReading) string {
	switch {
	case before.IntervalEnd == after.IntervalStart && before.CounterEndWh != after.CounterStartWh:
		return fmt.Sprintf("counter %d must go on at %d", after.CounterStartWh, before.CounterEndWh)
	case before.CounterEndWh > after.CounterStartWh:
		return fmt.Sprintf("counter %d must not be below %d", after.CounterStartWh, before.CounterEndWh)
	}
	return ""
}
