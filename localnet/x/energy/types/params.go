package types

import (
	"slices"
	"strings"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Bounds that no authority can lift.
const (
	// MaxIntervalSeconds is an hour: certificates of longer intervals say little
	// about when energy was made.
	MaxIntervalSeconds = 3_600
	// MaxReadingsBound keeps one message within what a block has time for.
	MaxReadingsBound = 1_000
	// MaxReadingAgeBound is ten years.
	MaxReadingAgeBound = 10 * 366 * daySeconds
	// MaxTechnologies keeps params short.
	MaxTechnologies = 100
)

// DefaultParams are quarter hours, a day of them in one message.
func DefaultParams() Params {
	return Params{
		Technologies: []Technology{
			{Name: "biomass"},
			{Name: "hydro"},
			{Name: "solar_pv", DaylightOnly: true},
			{Name: "storage", Storage: true},
			{Name: "wind"},
		},
		IntervalSeconds:      900,
		MaxReadingsPerBatch:  96,
		MaxReadingAgeSeconds: 30 * daySeconds,
	}
}

// Validate returns ErrInvalidParams that names field, value and rule.
func (p Params) Validate() error {
	wrong := func(format string, args ...any) error { return errorsmod.Wrapf(ErrInvalidParams, format, args...) }
	if p.Registrar != "" {
		if _, err := sdk.AccAddressFromBech32(p.Registrar); err != nil {
			return wrong("registrar %q: %s", p.Registrar, err)
		}
	}
	if len(p.Technologies) == 0 || len(p.Technologies) > MaxTechnologies {
		return wrong("technologies are %d, must be from 1 to %d", len(p.Technologies), MaxTechnologies)
	}
	for i, technology := range p.Technologies {
		if err := validateTechnology(technology.Name); err != nil {
			return wrong("technologies[%d]: %s", i, err)
		}
		if i > 0 && technology.Name <= p.Technologies[i-1].Name {
			return wrong("technologies[%d] is %q, must ascend by name", i, technology.Name)
		}
		if technology.DaylightOnly && technology.Storage {
			return wrong("technology %q is daylight_only and storage, can only be one", technology.Name)
		}
	}
	if p.IntervalSeconds == 0 || p.IntervalSeconds%minuteSeconds != 0 ||
		p.IntervalSeconds > MaxIntervalSeconds || daySeconds%p.IntervalSeconds != 0 {
		return wrong("interval_seconds is %d, must be whole minutes that divide a day, at most %d", p.IntervalSeconds, MaxIntervalSeconds)
	}
	if p.MaxReadingsPerBatch == 0 || p.MaxReadingsPerBatch > MaxReadingsBound {
		return wrong("max_readings_per_batch is %d, must be from 1 to %d", p.MaxReadingsPerBatch, MaxReadingsBound)
	}
	if p.MaxReadingAgeSeconds < uint64(p.IntervalSeconds) || p.MaxReadingAgeSeconds > MaxReadingAgeBound {
		return wrong("max_reading_age_seconds is %d, must be from interval_seconds (%d) to %d",
			p.MaxReadingAgeSeconds, p.IntervalSeconds, MaxReadingAgeBound)
	}
	return nil
}

// Technology returns the technology of this name, if there is one.
func (p Params) Technology(name string) (Technology, bool) {
	i, found := slices.BinarySearchFunc(p.Technologies, name,
		func(t Technology, name string) int { return strings.Compare(t.Name, name) })
	if !found {
		return Technology{}, false
	}
	return p.Technologies[i], true
}

func (p Params) technologyNames() string {
	names := make([]string, len(p.Technologies))
	for i, technology := range p.Technologies {
		names[i] = technology.Name
	}
	return strings.Join(names, ", ")
}
