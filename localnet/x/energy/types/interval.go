package types

import (
	"fmt"
	"time"
)

const (
	minuteSeconds = 60
	daySeconds    = 86_400
	// lastMinute is 9999-12-31T23:59:00Z: a denom has four digits for the year.
	lastMinute = 253_402_300_740
)

// validateInterval refuses what is no interval of a credit: whole minutes, forward,
// within the calendar.
func validateInterval(start, end uint64) error {
	for _, instant := range []struct {
		field string
		at    uint64
	}{{"interval_start", start}, {"interval_end", end}} {
		if instant.at%minuteSeconds != 0 || instant.at > lastMinute {
			return wrongField(instant.field, "is %d, must be a multiple of %d up to %d", instant.at, minuteSeconds, lastMinute)
		}
	}
	if start >= end {
		return wrongField("interval_end", "is %d, must be after interval_start %d", end, start)
	}
	return nil
}

// formatInstant shows Unix seconds to people.
func formatInstant(seconds uint64) string {
	if seconds > lastMinute {
		return fmt.Sprint(seconds)
	}
	return time.Unix(int64(seconds), 0).UTC().Format(time.RFC3339)
}
