package types

import (
	"fmt"
	"time"
)

const (
	minuteSeconds = 60
	daySeconds    = 86_400
	// lastInstant is 9999-12-31T23:59:59Z: a denom has four digits for the year.
	lastInstant = 253_402_300_799
)

// validateInterval tells what is wrong with the interval of a credit: whole
// minutes, forward, within the calendar.
func validateInterval(start, end uint64) error {
	switch {
	case start%minuteSeconds != 0 || end%minuteSeconds != 0:
		return fmt.Errorf("interval is %d to %d, must begin and end on whole minutes", start, end)
	case start >= end:
		return fmt.Errorf("interval is %d to %d, must end after it begins", start, end)
	case end > lastInstant:
		return fmt.Errorf("interval_end is %d, must be at most %d", end, lastInstant)
	}
	return nil
}

// formatInstant shows Unix seconds to people.
func formatInstant(seconds uint64) string {
	if seconds > lastInstant {
		return fmt.Sprint(seconds)
	}
	return time.Unix(int64(seconds), 0).UTC().Format(time.RFC3339)
}
