// Package sun tells whether the sun can have shone: its height at a place and time,
// in whole numbers, so that every node and Python compute the same bits
// (tests/vectors/README.md, Sun).
//
// The sun's place among the stars follows the low-precision formulas of the
// Astronomical Almanac. Angles are microdegrees, sines billionths, times Unix
// seconds. Every division is floored.
package sun

const (
	turn   = 360_000_000
	minute = 60
	day    = 86_400
	// horizon is the sine of -0.833 degrees: the sun's radius and what the air
	// bends, as sunrise is defined.
	horizon = -14_538_081
	// epoch is 12:00 UTC of 1 January 2000, from which the formulas count.
	epoch = 946_728_000
	// Sine and cosine of the tilt of the earth's axis, 23.439 degrees.
	sineTilt   = 397_772_494
	cosineTilt = 917_484_083
)

// floorDiv divides and rounds down, where Go's division rounds to zero.
func floorDiv(a, b int64) int64 {
	quotient := a / b
	if a%b < 0 {
		quotient--
	}
	return quotient
}

// floorMod returns the rest of floorDiv, from 0 to b-1.
func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

// sine returns the sine of an angle in billionths: the table, and straight lines
// between.
func sine(angle int64) int64 {
	angle = floorMod(angle, turn)
	if angle >= turn/2 {
		return -sine(angle - turn/2)
	}
	angle = min(angle, turn/2-angle)
	degree, rest := angle/1_000_000, angle%1_000_000
	if rest == 0 {
		return sines[degree]
	}
	return sines[degree] + (sines[degree+1]-sines[degree])*rest/1_000_000
}

func cosine(angle int64) int64 { return sine(angle + turn/4) }

// Height returns the sine, in billionths, of the angle of the sun's centre above
// the horizon. North and east are positive. No product overflows for times from
// 1970 to 9999.
func Height(latitude, longitude, time int64) int64 {
	elapsed := time - epoch
	meanLongitude := 280_460_000 + floorDiv(elapsed*9_856_474, 864_000)
	meanAnomaly := 357_528_000 + floorDiv(elapsed*9_856_003, 864_000)
	centre := 1_915_000*sine(meanAnomaly) + 20_000*sine(2*meanAnomaly)
	ecliptic := meanLongitude + floorDiv(centre, scale)
	// The direction of the sun: to the equinox, a quarter turn east of it, to the pole.
	toEquinox := cosine(ecliptic)
	toEast := floorDiv(cosineTilt*sine(ecliptic), scale)
	toPole := floorDiv(sineTilt*sine(ecliptic), scale)
	// How far the place has turned away from the equinox.
	turned := meanLongitude + turn/2 + floorDiv(floorMod(time, day)*12_500, 3) + longitude
	level := floorDiv(cosine(turned)*toEquinox+sine(turned)*toEast, scale)
	return floorDiv(cosine(latitude)*level+sine(latitude)*toPole, scale)
}

// IsDaylight tells whether the sun is above the horizon at a whole minute from
// start to end inclusive; both are multiples of 60.
func IsDaylight(latitude, longitude, start, end int64) bool {
	for at := start; at <= end; at += minute {
		if Height(latitude, longitude, at) > horizon {
			return true
		}
	}
	return false
}
