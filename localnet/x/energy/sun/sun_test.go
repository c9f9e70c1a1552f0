package sun

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plurichain/plurichain/localnet/internal/vectors"
)

func TestVectors(t *testing.T) {
	type input struct {
		Function      string `json:"function"`
		AngleUdeg     int64  `json:"angle_udeg,string"`
		LatitudeUdeg  int64  `json:"latitude_udeg,string"`
		LongitudeUdeg int64  `json:"longitude_udeg,string"`
		Time          int64  `json:"time,string"`
		Start         int64  `json:"start,string"`
		End           int64  `json:"end,string"`
	}
	type output struct {
		Value any `json:"value"`
	}
	vectors.Run(t, "energy_sun", func(t *testing.T, in input, expected output) {
		switch in.Function {
		case "sine":
			require.Equal(t, expected.Value, strconv.FormatInt(sine(in.AngleUdeg), 10))
		case "sun_height":
			require.Equal(t, expected.Value, strconv.FormatInt(Height(in.LatitudeUdeg, in.LongitudeUdeg, in.Time), 10))
		case "is_daylight":
			require.Equal(t, expected.Value, IsDaylight(in.LatitudeUdeg, in.LongitudeUdeg, in.Start, in.End))
		default:
			t.Fatalf("unknown function %q", in.Function)
		}
	})
}

// Divisions are floored for every sign.
func TestFloors(t *testing.T) {
	for _, c := range []struct{ a, b, quotient, rest int64 }{
		{7, 3, 2, 1}, {-7, 3, -3, 2}, {-6, 3, -2, 0}, {0, 3, 0, 0}, {-1, 3, -1, 2},
	} {
		require.Equal(t, c.quotient, floorDiv(c.a, c.b))
		require.Equal(t, c.rest, floorMod(c.a, c.b))
	}
}

// One quarter of an hour must cost little: every reading of a solar device asks for
// it.
func BenchmarkQuarterHourOfNight(b *testing.B) {
	for b.Loop() {
		if IsDaylight(47_376_900, 8_541_700, 1_782_079_200, 1_782_080_100) {
			b.Fatal("the sun shines at night")
		}
	}
}
