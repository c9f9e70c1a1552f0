package keeper_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	storetypes "cosmossdk.io/store/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/keeper"
	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// gasOf runs a message on a branch that is thrown away and returns what it took.
func (g *grid) gasOf(msg sdk.Msg) (uint64, error) {
	branch, _ := g.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter()).CacheContext()
	_, err := handle(branch, keeper.NewMsgServer(g.keeper), msg)
	return branch.GasMeter().GasConsumed(), err
}

// dayOf returns the readings of a day and when they begin.
func dayOf(m *meter) (batch []types.SignedReading, starts []uint64) {
	day := noon - 144*length // midnight
	for i := range uint64(96) {
		energy := uint64(0)
		if m.Technology != "solar_pv" || i > 40 && i < 56 {
			energy = i
		}
		batch = append(batch, m.read(day+i*length, energy))
		starts = append(starts, day+i*length)
	}
	return batch, starts
}

// Nobody has signatures checked for nothing: each costs what x/auth takes for one,
// and so does one that fails.
func TestEverySignatureIsPaidFor(t *testing.T) {
	for _, keyType := range []types.KeyType{types.KEY_TYPE_SECP256K1, types.KEY_TYPE_ED25519} {
		price := map[types.KeyType]uint64{types.KEY_TYPE_SECP256K1: 1_000, types.KEY_TYPE_ED25519: 590}[keyType]
		g := newGrid(t)
		m := newMeter("roof-1", "solar_pv", plant, keyType)
		forged := m.registration()
		forged.Proof = make([]byte, 64)
		gas, err := g.gasOf(forged)
		require.ErrorIs(t, err, types.ErrBadProof)
		require.Greater(t, gas, price)

		g.install(m)
		batch, _ := dayOf(m)
		batch[95].Signature = make([]byte, 64)
		all, err := g.gasOf(m.batch(batch...))
		require.ErrorIs(t, err, types.ErrReadingRefused)
		one, err := g.gasOf(m.batch(batch[95]))
		require.ErrorIs(t, err, types.ErrReadingRefused)
		const sunOfQuarterHour = 15 * 10
		require.Equal(t, 95*(price+sunOfQuarterHour), all-one-neighbours(g, m, batch[0]), keyType)
	}
}

// neighbours is what looking for the readings around one costs, where there is none.
func neighbours(g *grid, m *meter, reading types.SignedReading) uint64 {
	forged := reading
	forged.Signature = make([]byte, 64)
	without, err := g.gasOf(m.batch(forged))
	require.ErrorIs(g.t, err, types.ErrReadingRefused)
	// The counters of the second do not go on where the first ends.
	next := m.signed(reading.IntervalStart+length, reading.IntervalEnd+length, reading.CounterEndWh+1, reading.CounterEndWh+1)
	with, err := g.gasOf(m.batch(reading, next))
	require.ErrorContains(g.t, err, "counter_mismatch")
	onlySecond, err := g.gasOf(m.batch(reading, forgedAt(next)))
	require.ErrorContains(g.t, err, "bad_signature")
	require.Equal(g.t, with, onlySecond) // the store is asked once for a batch that is in one piece
	price := map[types.KeyType]uint64{types.KEY_TYPE_SECP256K1: 1_000, types.KEY_TYPE_ED25519: 590}[m.KeyType] + 150
	return with - without - price
}

func forgedAt(reading types.SignedReading) types.SignedReading {
	reading.Signature = make([]byte, 64)
	return reading
}

// What a day of readings and of credits takes stands in the README; it may not grow
// unseen.
func TestGasOfADay(t *testing.T) {
	g := newGrid(t)
	m := g.solar("roof-1")
	batch, starts := dayOf(m)
	submitted, err := g.gasOf(m.batch(batch...))
	require.NoError(t, err)
	g.ok(m.batch(batch...))
	issued, err := g.gasOf(m.issue(starts...))
	require.NoError(t, err)
	t.Logf("96 solar readings: %d gas, 15 of them issued: %d gas", submitted, issued)
	require.InDelta(t, 620_000, submitted, 60_000)

	w := g.wind("mill-1")
	batch, starts = dayOf(w)
	g.ok(w.batch(batch...))
	issued, err = g.gasOf(w.issue(starts...))
	require.NoError(t, err)
	t.Logf("96 issued: %d gas", issued)
	require.InDelta(t, 5_100_000, issued, 500_000)
}

// BenchmarkSubmitReadings measures a day of one device in one message.
func BenchmarkSubmitReadings(b *testing.B) {
	for _, technology := range []string{"wind", "solar_pv"} {
		for _, keyType := range []types.KeyType{types.KEY_TYPE_SECP256K1, types.KEY_TYPE_ED25519} {
			b.Run(fmt.Sprintf("%s/%s", technology, keyType), func(b *testing.B) {
				g := newGrid(b)
				m := g.install(newMeter("roof-1", technology, plant, keyType))
				batch, _ := dayOf(m)
				msg := m.batch(batch...)
				for b.Loop() {
					if _, err := g.gasOf(msg); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkIssueCredits measures the credits of that day.
func BenchmarkIssueCredits(b *testing.B) {
	g := newGrid(b)
	m := g.wind("mill-1")
	batch, starts := dayOf(m)
	g.ok(m.batch(batch...))
	msg := m.issue(starts...)
	for b.Loop() {
		if _, err := g.gasOf(msg); err != nil {
			b.Fatal(err)
		}
	}
}
