package keeper_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

func TestReadingsAreTaken(t *testing.T) {
	g := newGrid(t)
	m := g.solar("roof-1")
	answer, err := g.deliver(m.batch(m.read(noon, 100), m.read(noon+length, 0), m.read(noon+2*length, 1_000)))
	require.NoError(t, err)
	require.EqualValues(t, 1_100, answer.(*types.MsgSubmitReadingsResponse).MeteredWh)
	require.Equal(t, 3, g.countEvents("EventReadingAccepted"))
	stored := must(g.keeper.Readings.Get(g.ctx, collections.Join("roof-1", noon+2*length)))
	require.EqualValues(t, 1_000, stored.EnergyWh())
	require.False(t, stored.Issued)
	g.endBlock(start)
}

// refusedReading checks the reason code, the reading and the interval in the text.
func (g *grid) refusedReading(reason string, index int, msg *types.MsgSubmitReadings) {
	g.t.Helper()
	err := g.refused(types.ErrReadingRefused, msg)
	begins := msg.Readings[index].IntervalStart
	at := time.Unix(int64(begins), 0).UTC().Format(time.RFC3339)
	if begins > 1<<40 {
		at = fmt.Sprint(begins) // beyond the calendar
	}
	require.ErrorContains(g.t, err, fmt.Sprintf("reading %d, %s: %s: ", index, at, reason))
}

// Every rule refuses what breaks it, and the whole batch with it.
func TestReadingsThatAreRefused(t *testing.T) {
	night := uint64(time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC).Unix())
	last := uint64(start.Unix()) - length
	month := uint64(30 * 24 * 3_600)
	for _, c := range []struct {
		name, reason string
		index        int
		readings     func(m *meter) []types.SignedReading
	}{
		{"a start between", "misaligned", 0, func(m *meter) []types.SignedReading {
			return []types.SignedReading{m.signed(noon+60, noon+60+length, 1_000, 1_000)}
		}},
		{"another length", "misaligned", 0, func(m *meter) []types.SignedReading {
			return []types.SignedReading{m.signed(noon, noon+2*length, 1_000, 1_000)}
		}},
		{"an end before the start", "misaligned", 0, func(m *meter) []types.SignedReading {
			return []types.SignedReading{m.signed(noon, noon-length, 1_000, 1_000)}
		}},
		{"time that wraps around", "misaligned", 0, func(m *meter) []types.SignedReading {
			top := ^uint64(0) - ^uint64(0)%length
			return []types.SignedReading{m.signed(top, top+length, 1_000, 1_000)}
		}},
		{"not over yet", "in_future", 0, func(m *meter) []types.SignedReading {
			return []types.SignedReading{m.signed(last+length, last+2*length, 1_000, 1_000)}
		}},
		{"far in the future", "in_future", 0, func(m *meter) []types.SignedReading {
			top := ^uint64(0) - ^uint64(0)%length - 2*length
			return []types.SignedReading{m.signed(top, top+length, 1_000, 1_000)}
		}},
		{"too long ago", "too_old", 0, func(m *meter) []types.SignedReading {
			return []types.SignedReading{m.signed(last-month-length, last-month, 1_000, 1_000)}
		}},
		{"a counter that falls", "counter_backwards", 0, func(m *meter) []types.SignedReading {
			return []types.SignedReading{m.signed(noon, noon+length, 1_000, 999)}
		}},
		{"more than 4 kW give", "above_capacity", 1, func(m *meter) []types.SignedReading {
			return []types.SignedReading{m.read(noon, 1_000), m.read(noon+length, 1_001)}
		}},
		{"sun at night", "no_daylight", 1, func(m *meter) []types.SignedReading {
			return []types.SignedReading{m.read(night, 0), m.read(night+length, 1)}
		}},
		{"forged", "bad_signature", 2, func(m *meter) []types.SignedReading {
			batch := []types.SignedReading{m.read(noon, 1), m.read(noon+length, 1), m.read(noon+2*length, 1)}
			batch[2].CounterEndWh++
			return batch
		}},
		{"signed by another device's key", "bad_signature", 0, func(m *meter) []types.SignedReading {
			other := newMeter("roof-2", "solar_pv", plant, types.KEY_TYPE_SECP256K1)
			other.Id = m.Id
			return []types.SignedReading{other.read(noon, 1)}
		}},
		{"a reading of another device", "bad_signature", 0, func(m *meter) []types.SignedReading {
			m.Id = "roof-2"
			reading := m.read(noon, 1)
			m.Id = "roof-1"
			return []types.SignedReading{reading}
		}},
		{"a reading of another chain", "bad_signature", 0, func(m *meter) []types.SignedReading {
			m.chainID = "grid-2"
			return []types.SignedReading{m.read(noon, 1)}
		}},
		{"no signature", "bad_signature", 0, func(m *meter) []types.SignedReading {
			reading := m.read(noon, 1)
			reading.Signature = nil
			return []types.SignedReading{reading}
		}},
		{"twice in a batch", "batch_order", 1, func(m *meter) []types.SignedReading {
			reading := m.read(noon, 1)
			return []types.SignedReading{reading, reading}
		}},
		{"backwards in time", "batch_order", 1, func(m *meter) []types.SignedReading {
			return []types.SignedReading{m.read(noon+length, 1), m.read(noon, 1)}
		}},
		{"a jump where intervals touch", "counter_mismatch", 1, func(m *meter) []types.SignedReading {
			return []types.SignedReading{m.signed(noon, noon+length, 1_000, 1_001), m.signed(noon+length, noon+2*length, 1_002, 1_002)}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGrid(t)
			m := g.solar("roof-1")
			g.refusedReading(c.reason, c.index, m.batch(c.readings(m)...))
			g.endBlock(start)
		})
	}
}

// What stands on the edge of a rule is taken.
func TestReadingsOnTheEdge(t *testing.T) {
	g := newGrid(t)
	last := uint64(start.Unix()) - length
	oldest := last - 30*24*3_600
	g.ok(g.solar("roof-1").batch(newMeter("roof-1", "solar_pv", plant, types.KEY_TYPE_SECP256K1).read(last, 0)))
	m := g.wind("mill-1")
	g.ok(m.batch(m.read(oldest, 1_000), m.read(last, 1_000)))
	g.endBlock(start)
}

// Readings may come in any order of messages, as long as they fit to what is there.
func TestReadingsFitBetweenTheirNeighbours(t *testing.T) {
	g := newGrid(t)
	m := g.wind("mill-1")
	at := func(i uint64) uint64 { return noon + i*length }
	g.ok(m.batch(m.signed(at(0), at(1), 100, 110)), m.batch(m.signed(at(4), at(5), 150, 160)))
	g.refusedReading("already_metered", 0, m.batch(m.signed(at(0), at(1), 100, 110)))
	g.refusedReading("already_metered", 0, m.batch(m.signed(at(0), at(1), 100, 111)))
	g.refusedReading("counter_mismatch", 0, m.batch(m.signed(at(2), at(3), 109, 120)))
	g.refusedReading("counter_mismatch", 0, m.batch(m.signed(at(2), at(3), 120, 151)))
	g.refusedReading("counter_mismatch", 0, m.batch(m.signed(at(1), at(2), 111, 111)))
	g.refusedReading("counter_mismatch", 0, m.batch(m.signed(at(3), at(4), 120, 149)))
	g.refusedReading("counter_mismatch", 0, m.batch(m.signed(at(5), at(6), 159, 170)))
	g.refusedReading("counter_mismatch", 0, m.batch(m.signed(at(5), at(6), 161, 170)))
	g.refusedReading("counter_mismatch", 0, m.batch(m.signed(noon-length, noon, 90, 99)))
	g.refusedReading("counter_mismatch", 0, m.batch(m.signed(noon-2*length, noon-length, 90, 101)))
	// One batch around and between what is stored.
	g.refusedReading("already_metered", 1, m.batch(m.signed(noon-length, noon, 90, 100), m.signed(at(0), at(1), 100, 110)))
	g.refusedReading("counter_mismatch", 2, m.batch(
		m.signed(noon-length, noon, 90, 100), m.signed(at(2), at(3), 120, 130), m.signed(at(3), at(4), 130, 149)))
	g.ok(m.batch(m.signed(noon-length, noon, 90, 100), m.signed(at(1), at(2), 110, 120),
		m.signed(at(3), at(4), 130, 150), m.signed(at(5), at(6), 160, 170), m.signed(at(7), at(8), 170, 171)))
	g.ok(m.batch(m.signed(at(2), at(3), 120, 130)))
	g.endBlock(start)
}

// When the length of intervals changes, no reading may overlap one of the old length.
func TestIntervalsOfAnotherLengthDoNotOverlap(t *testing.T) {
	g := newGrid(t)
	m := g.wind("mill-1")
	g.ok(m.batch(m.signed(noon+length, noon+2*length, 100, 110)))
	setLength := func(seconds uint32) {
		params := types.DefaultParams()
		params.IntervalSeconds = seconds
		g.ok(&types.MsgUpdateParams{Authority: g.authority, Params: params})
	}
	setLength(1_800)
	g.refusedReading("already_metered", 0, m.batch(m.signed(noon, noon+1_800, 100, 120)))
	g.ok(m.batch(m.signed(noon+1_800, noon+3_600, 110, 120)))
	setLength(300)
	g.refusedReading("already_metered", 0, m.batch(m.signed(noon+1_200, noon+1_500, 105, 105)))
	g.refusedReading("already_metered", 0, m.batch(m.signed(noon+3_300, noon+3_600, 120, 120)))
	g.ok(m.batch(m.signed(noon+600, noon+900, 90, 100)))
	g.endBlock(start)
}

// A reading that was taken cannot be played again, also not to a chain that was made
// from this one's state under another id.
func TestReadingsAreNotReplayed(t *testing.T) {
	g := newGrid(t)
	m := g.solar("roof-1")
	reading := m.read(noon, 10)
	g.ok(m.batch(reading))
	g.endBlock(start)
	g.refusedReading("already_metered", 0, m.batch(reading))
	g.ok(m.issue(noon))
	g.refusedReading("already_metered", 0, m.batch(reading))
	g.endBlock(start)

	fork := g.restart("grid-2")
	later := m.read(noon+length, 10)
	fork.refusedReading("bad_signature", 0, m.batch(later))
	m.chainID = "grid-2"
	fork.ok(m.batch(m.signed(later.IntervalStart, later.IntervalEnd, later.CounterStartWh, later.CounterEndWh)))
	fork.endBlock(start)
}

func TestBatchesThatAreTooLongOrOfNobody(t *testing.T) {
	g := newGrid(t)
	m := g.wind("mill-1")
	batch := make([]types.SignedReading, 97)
	for i := range batch {
		batch[i] = types.SignedReading{IntervalStart: noon + uint64(i)*length}
	}
	require.ErrorContains(t, g.refused(types.ErrInvalidRequest, m.batch(batch...)), "readings are 97, must be at most 96")
	g.refused(types.ErrInvalidRequest, m.batch())
	g.refused(types.ErrDeviceNotFound, newMeter("mill-2", "wind", plant, types.KEY_TYPE_ED25519).batch(m.read(noon, 1)))
}

// A technology that the authority takes away cannot be judged any more.
func TestReadingsOfATechnologyThatIsGone(t *testing.T) {
	g := newGrid(t)
	m := g.wind("mill-1")
	params := types.DefaultParams()
	params.Technologies = params.Technologies[:1]
	g.ok(&types.MsgUpdateParams{Authority: g.authority, Params: params})
	require.ErrorContains(t, g.refused(types.ErrInvalidDevice, m.batch(m.read(noon, 1))), "no longer among the params")
}

// listener writes down what it hears, and refuses what it is told to.
type listener struct {
	heard  []string
	refuse uint64
}

var errDeaf = errors.New("deaf")

func (l *listener) AfterReadingAccepted(_ context.Context, deviceID string, start, end, energy uint64) error {
	if start == l.refuse {
		return errDeaf
	}
	l.heard = append(l.heard, fmt.Sprintf("%s %d %d %d", deviceID, start-noon, end-noon, energy))
	return nil
}

// An accepted reading raises the hooks once, a refused one never; a hook that refuses
// takes the whole message with it.
func TestHooksHearEachReadingOnce(t *testing.T) {
	g := newGrid(t)
	first, second := &listener{}, &listener{}
	g.keeper.SetHooks(types.MultiEnergyHooks{first, second})
	require.Panics(t, func() { g.keeper.SetHooks(first) })
	m := g.wind("mill-1")
	batch := m.batch(m.read(noon, 5), m.read(noon+length, 6))
	g.ok(batch)
	heard := []string{"mill-1 0 900 5", "mill-1 900 1800 6"}
	require.Equal(t, heard, first.heard)
	require.Equal(t, heard, second.heard)

	g.refused(types.ErrReadingRefused, batch)
	g.ok(m.issue(noon))
	require.Equal(t, heard, first.heard)

	second.refuse = noon + 3*length
	before := g.workingHash()
	_, err := g.deliver(m.batch(m.read(noon+2*length, 7), m.read(noon+3*length, 8)))
	require.ErrorIs(t, err, errDeaf)
	require.Equal(t, before, g.workingHash())
}
