package types

import "time"

// transitions are all steps that an auction can take. Everything that moves an
// auction from phase to phase reads this table.
//
// PHASE_WAITING is for auctions whose reveals begin with a trigger.
var transitions = map[Phase][]Phase{
	PHASE_UNSPECIFIED: {PHASE_COMMITTING},
	PHASE_COMMITTING:  {PHASE_WAITING, PHASE_REVEALING, PHASE_CANCELLED},
	PHASE_WAITING:     {PHASE_REVEALING},
	PHASE_REVEALING:   {PHASE_CLEARING},
	PHASE_CLEARING:    {PHASE_CLEARED, PHASE_FAILED},
	PHASE_CLEARED:     {},
	PHASE_FAILED:      {},
	PHASE_CANCELLED:   {},
}

// CanBecome tells whether an auction may step from p to next.
func (p Phase) CanBecome(next Phase) bool {
	for _, allowed := range transitions[p] {
		if allowed == next {
			return true
		}
	}
	return false
}

// IsOpen tells whether the auction is still to come to an end.
func (p Phase) IsOpen() bool { return len(transitions[p]) > 0 && p != PHASE_UNSPECIFIED }

// PhaseAt is the phase at a block time. The stored phase follows at the end of a
// block; until then the deadlines alone tell.
func (a Auction) PhaseAt(now time.Time) Phase {
	phase := a.Phase
	if phase == PHASE_COMMITTING && !now.Before(a.CommitDeadline) {
		phase = PHASE_REVEALING
	}
	if phase == PHASE_REVEALING && !now.Before(a.RevealDeadline) {
		phase = PHASE_CLEARING
	}
	return phase
}
