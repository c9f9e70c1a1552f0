package types

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"
)

// Every limit has both its edges: the last value that is taken and the first that
// is not, with the field named.
func TestParamsAreValidatedAtTheirEdges(t *testing.T) {
	require.NoError(t, DefaultParams().Validate())
	top := math.NewIntWithDecimal(2, 0).BigInt()
	top.Exp(top, math.NewInt(128).BigInt(), nil)
	for field, c := range map[string]struct{ taken, refused []func(*Params) }{
		"max_bidders": {
			[]func(*Params){func(p *Params) { p.MaxBidders = 1 }, func(p *Params) { p.MaxBidders = 1<<32 - 1 }},
			[]func(*Params){func(p *Params) { p.MaxBidders = 0 }},
		},
		"max_steps": {
			[]func(*Params){func(p *Params) { p.MaxSteps = 1 }, func(p *Params) { p.MaxSteps = 65535 }},
			[]func(*Params){func(p *Params) { p.MaxSteps = 0 }, func(p *Params) { p.MaxSteps = 65536 }},
		},
		"max_open_auctions":             {nil, []func(*Params){func(p *Params) { p.MaxOpenAuctions = 0 }}},
		"max_open_auctions_per_creator": {nil, []func(*Params){func(p *Params) { p.MaxOpenAuctionsPerCreator = 0 }}},
		"max_quantity":                  {nil, []func(*Params){func(p *Params) { p.MaxQuantity = 0 }}},
		"clearing_steps_per_block":      {nil, []func(*Params){func(p *Params) { p.ClearingStepsPerBlock = 0 }}},
		"min_deposit_bps": {
			[]func(*Params){func(p *Params) { p.MinDepositBps = 0 }, func(p *Params) { p.MinDepositBps = 10_000 }},
			[]func(*Params){func(p *Params) { p.MinDepositBps = 10_001 }},
		},
		"max_title_bytes": {
			[]func(*Params){func(p *Params) { p.MaxTitleBytes = 0 }, func(p *Params) { p.MaxTitleBytes = 1024 }},
			[]func(*Params){func(p *Params) { p.MaxTitleBytes = 1025 }},
		},
		"max_price": {
			[]func(*Params){func(p *Params) { p.MaxPrice = math.OneInt() },
				func(p *Params) { p.MaxPrice = math.NewIntFromBigInt(top).SubRaw(1) }},
			[]func(*Params){func(p *Params) { p.MaxPrice = math.ZeroInt() }, func(p *Params) { p.MaxPrice = math.Int{} },
				func(p *Params) { p.MaxPrice = math.NewIntFromBigInt(top) }},
		},
		"min_window": {
			[]func(*Params){func(p *Params) { p.MinWindow = 1 }, func(p *Params) { p.MinWindow = p.MaxWindow }},
			[]func(*Params){func(p *Params) { p.MinWindow = 0 }, func(p *Params) { p.MinWindow = -time.Second }},
		},
		"max_window": {
			[]func(*Params){func(p *Params) { p.MaxWindow = MaxWindowBound }},
			[]func(*Params){func(p *Params) { p.MaxWindow = MaxWindowBound + 1 }, func(p *Params) { p.MaxWindow = p.MinWindow - 1 }},
		},
	} {
		for _, change := range c.taken {
			params := DefaultParams()
			change(&params)
			require.NoError(t, params.Validate(), field)
		}
		for _, change := range c.refused {
			params := DefaultParams()
			change(&params)
			err := params.Validate()
			require.ErrorIs(t, err, ErrInvalidParams, field)
			require.ErrorContains(t, err, field)
		}
	}
}

// The codes are a contract with clients: none is ever renumbered.
func TestErrorCodesNeverChange(t *testing.T) {
	for code, err := range []interface {
		ABCICode() uint32
		Codespace() string
	}{
		2: ErrInvalidTerms, 3: ErrNotSupported, 4: ErrAuctionNotFound, 5: ErrUnauthorized, 6: ErrWrongPhase,
		7: ErrTooLate, 8: ErrTooEarly, 9: ErrInvalidCommitment, 10: ErrStaleAttempt, 11: ErrNoCommitment,
		12: ErrOpeningMismatch, 13: ErrAlreadyRevealed, 14: ErrLimitReached, 15: ErrCreatorBid,
		16: ErrHasCommitments, 17: ErrInvalidParams, 18: ErrInvalidSigner, 19: ErrNothingToClaim,
		20: ErrNotAwardMode, 21: ErrNoDepositHeld, 22: ErrInsufficientFunds, 23: ErrRelayNeedsEscrow,
		24: ErrInvalidRequest, 25: ErrInvalidGenesis, 26: ErrClearing,
	} {
		if err == nil {
			continue
		}
		require.EqualValues(t, code, err.ABCICode())
		require.Equal(t, "auction", err.Codespace())
	}
}

// No step leads back, and nothing leads out of an end.
func TestPhasesOnlyGoForward(t *testing.T) {
	for from, steps := range transitions {
		for _, to := range steps {
			require.Greater(t, to, from)
			require.True(t, from.CanBecome(to))
			require.False(t, to.CanBecome(from))
		}
	}
	for _, end := range []Phase{PHASE_CLEARED, PHASE_FAILED, PHASE_CANCELLED} {
		require.False(t, end.IsOpen())
		require.Empty(t, transitions[end])
	}
	for _, open := range []Phase{PHASE_COMMITTING, PHASE_WAITING, PHASE_REVEALING, PHASE_CLEARING} {
		require.True(t, open.IsOpen())
	}
	require.False(t, PHASE_UNSPECIFIED.IsOpen())
	require.Len(t, transitions, len(Phase_name))
}
