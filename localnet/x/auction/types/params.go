package types

import (
	"time"

	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/math"
)

// Bounds that no authority can lift. They are what the proof against overflow
// needs: a lot is at most 2^64-1 units, a price below 2^128, so a total is below
// 2^192, and the deposits of 2^32 bidders are below 2^224, within math.Int.
const (
	// MaxPriceBits is the width of a price in the canonical bytes.
	MaxPriceBits = 128
	// MaxStepsBound is the greatest count that a bid can carry in its bytes.
	MaxStepsBound = 1<<16 - 1
	// MaxWindowBound keeps every deadline far from the end of the calendar and of
	// 64-bit nanoseconds.
	MaxWindowBound = 10 * 366 * 24 * time.Hour
	// MaxTitleBound keeps titles one line for people.
	MaxTitleBound = 1024
	// BasisPoints is the whole in min_deposit_bps.
	BasisPoints = 10_000
)

// DefaultParams are limits that a two-core node clears without missing a block.
func DefaultParams() Params {
	return Params{
		MaxBidders:                1_000,
		MaxSteps:                  100,
		MaxOpenAuctions:           1_000,
		MaxOpenAuctionsPerCreator: 100,
		MinWindow:                 time.Second,
		MaxWindow:                 366 * 24 * time.Hour,
		MaxQuantity:               1_000_000_000_000_000,
		MaxPrice:                  math.NewIntWithDecimal(1, 24),
		MinDepositBps:             1_000,
		MaxTitleBytes:             120,
		ClearingStepsPerBlock:     50_000,
	}
}

// Validate returns ErrInvalidParams that names field, value and rule.
func (p Params) Validate() error {
	counts := []struct {
		field           string
		value, min, max uint64
	}{
		{"max_bidders", uint64(p.MaxBidders), 1, 1<<32 - 1},
		{"max_steps", uint64(p.MaxSteps), 1, MaxStepsBound},
		{"max_open_auctions", uint64(p.MaxOpenAuctions), 1, 1<<32 - 1},
		{"max_open_auctions_per_creator", uint64(p.MaxOpenAuctionsPerCreator), 1, 1<<32 - 1},
		{"max_quantity", p.MaxQuantity, 1, 1<<64 - 1},
		{"min_deposit_bps", uint64(p.MinDepositBps), 0, BasisPoints},
		{"max_title_bytes", uint64(p.MaxTitleBytes), 0, MaxTitleBound},
		{"clearing_steps_per_block", p.ClearingStepsPerBlock, 1, 1<<64 - 1},
	}
	for _, c := range counts {
		if c.value < c.min || c.value > c.max {
			return errorsmod.Wrapf(ErrInvalidParams, "%s is %d, must be from %d to %d", c.field, c.value, c.min, c.max)
		}
	}
	if p.MaxPrice.IsNil() || !p.MaxPrice.IsPositive() || p.MaxPrice.BigInt().BitLen() > MaxPriceBits {
		return errorsmod.Wrapf(ErrInvalidParams, "max_price is %s, must be from 1 to 2^128-1", p.MaxPrice)
	}
	if p.MinWindow < 1 {
		return errorsmod.Wrapf(ErrInvalidParams, "min_window is %s, must be positive", p.MinWindow)
	}
	if p.MaxWindow < p.MinWindow || p.MaxWindow > MaxWindowBound {
		return errorsmod.Wrapf(ErrInvalidParams, "max_window is %s, must be from min_window (%s) to %s",
			p.MaxWindow, p.MinWindow, MaxWindowBound)
	}
	return nil
}
