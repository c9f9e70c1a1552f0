package types

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDefaultParamsAreValid(t *testing.T) {
	params := DefaultParams()
	require.NoError(t, params.Validate())
	for _, technology := range params.Technologies {
		found, known := params.Technology(technology.Name)
		require.True(t, known, technology.Name)
		require.Equal(t, technology, found)
	}
	_, known := params.Technology("fusion")
	require.False(t, known)
}

func TestParamsNameWhatIsWrong(t *testing.T) {
	for says, change := range map[string]func(*Params){
		"registrar":                          func(p *Params) { p.Registrar = "nobody" },
		"technologies are 0":                 func(p *Params) { p.Technologies = nil },
		"technologies are 101":               func(p *Params) { p.Technologies = make([]Technology, 101) },
		`technologies[0]: technology is "W"`: func(p *Params) { p.Technologies = []Technology{{Name: "W"}} },
		"technologies[1] is \"a\", must ascend": func(p *Params) {
			p.Technologies = []Technology{{Name: "a"}, {Name: "a"}}
		},
		"can only be one": func(p *Params) {
			p.Technologies = []Technology{{Name: "a", DaylightOnly: true, Storage: true}}
		},
		"interval_seconds is 0":            func(p *Params) { p.IntervalSeconds = 0 },
		"interval_seconds is 90":           func(p *Params) { p.IntervalSeconds = 90 },
		"interval_seconds is 420":          func(p *Params) { p.IntervalSeconds = 420 },
		"interval_seconds is 7200":         func(p *Params) { p.IntervalSeconds = 7_200 },
		"max_readings_per_batch is 0":      func(p *Params) { p.MaxReadingsPerBatch = 0 },
		"max_readings_per_batch is 1001":   func(p *Params) { p.MaxReadingsPerBatch = 1_001 },
		"max_reading_age_seconds is 899":   func(p *Params) { p.MaxReadingAgeSeconds = 899 },
		"max_reading_age_seconds is 31622": func(p *Params) { p.MaxReadingAgeSeconds = MaxReadingAgeBound + 1 },
	} {
		params := DefaultParams()
		change(&params)
		err := params.Validate()
		require.ErrorIs(t, err, ErrInvalidParams, says)
		require.ErrorContains(t, err, says)
	}
	for _, seconds := range []uint32{60, 300, 900, 1_800, 3_600} {
		params := DefaultParams()
		params.IntervalSeconds = seconds
		require.NoError(t, params.Validate())
	}
}
