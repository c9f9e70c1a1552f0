package keeper_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

var (
	histories   = flag.Int("histories", 15, "random histories to play")
	historySeed = flag.Uint64("history-seed", 0, "seed of the first history, 0 for a random one")
)

// history plays random messages against a chain and its model.
type history struct {
	*grid
	model  *model
	rng    *rand.Rand
	meters []*meter
	denoms []string
	// met counts the answers seen, so that a history that tests nothing shows.
	met map[string]int
}

// Whatever people do in whatever order, the chain answers as the model says, its
// invariants hold after every block, and in the end everybody has what the model says.
//
//	go test ./x/energy/keeper -run TestRandomHistories -histories 2000 -history-seed 7
func TestRandomHistories(t *testing.T) {
	seed := *historySeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	met := map[string]int{}
	for i := range *histories {
		g := newGrid(t)
		h := &history{grid: g, model: newModel(uint64(start.Unix())), rng: rand.New(rand.NewPCG(seed+uint64(i), 0)), met: met}
		t.Logf("history %d: -histories 1 -history-seed %d", i, seed+uint64(i))
		h.play(300)
	}
	t.Logf("answers: %v", met)
	for _, answer := range []error{
		nil, types.ErrIssuingBodyInactive, types.ErrDeviceExists, types.ErrKeyInUse, types.ErrBadProof, types.ErrDeviceNotActive,
		types.ErrReadingRefused, types.ErrReadingNotFound, types.ErrAlreadyIssued, types.ErrUnauthorized, types.ErrNotStorage,
		types.ErrInsufficientCredits, types.ErrPathExists, types.ErrPathNotFound,
	} {
		if *histories >= 15 {
			require.NotZero(t, met[fmt.Sprint(answer)], "no history ever met %v", answer)
		}
	}
}

func (h *history) play(steps int) {
	actions := []func(){
		h.register, h.setStatus, h.setStatus, h.submit, h.submit, h.submit, h.submit, h.submit, h.issue, h.issue, h.issue, h.issue,
		h.retire, h.retire, h.charge, h.send, h.send, h.paths, h.body, h.block,
	}
	for range steps {
		actions[h.rng.IntN(len(actions))]()
	}
	h.endBlock(h.ctx.BlockTime())
	h.compare()
}

// expect delivers a message and compares the answer with the model's.
func (h *history) expect(expected error, msg sdk.Msg) any {
	h.t.Helper()
	answer, err := h.deliver(msg)
	if expected == nil {
		require.NoError(h.t, err, "%T %v", msg, msg)
	} else {
		require.ErrorIs(h.t, err, expected, "%T %v", msg, msg)
	}
	h.met[fmt.Sprint(expected)]++
	return answer
}

func (h *history) chance(one int) bool { return h.rng.IntN(one) == 0 }

func (h *history) meter() *meter {
	if len(h.meters) == 0 {
		h.register()
	}
	return h.meters[h.rng.IntN(len(h.meters))]
}

func (h *history) register() {
	technology := []string{"wind", "solar_pv", "storage"}[h.rng.IntN(3)]
	m := newMeter(fmt.Sprintf("device-%d", h.rng.IntN(9)), technology, plant+h.rng.IntN(3), types.KeyType(1+h.rng.IntN(2)))
	if len(h.meters) > 0 && h.chance(4) {
		other := h.meter()
		m.KeyType, m.PublicKey, m.sign = other.KeyType, other.PublicKey, other.sign
	}
	msg, proofOK := m.registration(), !h.chance(8)
	if !proofOK {
		msg.CapacityW++
	}
	expected := h.model.register(m, proofOK)
	h.expect(expected, msg)
	if expected == nil || len(h.meters) == 0 {
		// One that was refused before may have had another key.
		h.meters = slices.DeleteFunc(h.meters, func(other *meter) bool { return other.Id == m.Id })
		h.meters = append(h.meters, m)
	}
}

func (h *history) setStatus() {
	m, active, byIssuer := h.meter(), !h.chance(5), !h.chance(8)
	msg := m.status(types.DEVICE_STATUS_ACTIVE)
	if !active {
		msg.Status = types.DEVICE_STATUS_SUSPENDED
	}
	if !byIssuer {
		msg.Issuer = account(stranger).String()
	}
	h.expect(h.model.setStatus(m.Id, active, byIssuer), msg)
}

// submit brings readings around the counter of the meter, most of which fit.
func (h *history) submit() {
	m, signedOK := h.meter(), !h.chance(10)
	at := noon - uint64(h.rng.IntN(72))*length
	counter := uint64(1_000) + (at-noon+72*length)/length*2_000
	var batch []types.SignedReading
	for range 1 + h.rng.IntN(5) {
		counter += []uint64{0, 0, 0, 0, 1, 50}[h.rng.IntN(6)]
		energy := uint64(h.rng.IntN(1_003))
		if m.Technology == "solar_pv" && at%86_400 < 7*3_600 && !h.chance(6) {
			energy = 0
		}
		if at%86_400 >= 5*3_600 && at%86_400 < 8*3_600 || at%86_400 > 15*3_600 {
			energy = 0 // around sunrise and sunset the model does not know
		}
		reading := m.signed(at, at+length, counter, counter+energy)
		if !signedOK {
			reading.Signature[0] ^= 1
		}
		batch = append(batch, reading)
		counter += energy
		switch h.rng.IntN(12) {
		case 0: // the same again
		case 1:
			at -= length
		case 2:
			at += 3 * length
			counter += 5_000
		default:
			at += length
		}
	}
	h.expect(h.model.submit(m.Id, batch, signedOK), m.batch(batch...))
}

func (h *history) issue() {
	m, byIssuer := h.meter(), !h.chance(8)
	var starts []uint64
	if device := h.model.devices[m.Id]; device != nil {
		for at, reading := range device.readings {
			if !reading.issued || h.chance(6) {
				starts = append(starts, at)
			}
		}
	}
	sort.Slice(starts, func(i, j int) bool { return starts[i] < starts[j] })
	if len(starts) > 3 {
		from := h.rng.IntN(len(starts) - 2)
		starts = starts[from : from+1+h.rng.IntN(2)]
	}
	if len(starts) == 0 {
		starts = []uint64{noon}
	}
	msg := m.issue(starts...)
	if !byIssuer {
		msg.Issuer = account(stranger).String()
	}
	device := h.model.devices[m.Id]
	amounts, expected := h.model.issue(m.Id, starts, byIssuer)
	h.expect(expected, msg)
	for i, amount := range amounts {
		if amount == 0 {
			continue
		}
		reading := device.readings[starts[i]]
		signed := types.SignedReading{IntervalStart: starts[i], IntervalEnd: starts[i] + length,
			CounterStartWh: reading.from, CounterEndWh: reading.until}
		denom := newAttributesOf(h.device(m.Id), signed).Denom()
		h.model.give(device.owner, denom, amount)
		h.denoms = append(h.denoms, denom)
	}
}

// newAttributesOf are those of a credit of a device that is stored: its meter here may
// be one that was refused.
func newAttributesOf(device types.Device, reading types.SignedReading) types.Attributes {
	m := &meter{Device: device, chainID: chainID}
	return m.attributes(reading)
}

// holding returns a random denom, an account that may have it, and an amount.
func (h *history) holding() (owner int, denom string, amount uint64, ok bool) {
	if len(h.denoms) == 0 {
		return 0, "", 0, false
	}
	owner, denom = plant+h.rng.IntN(3), h.denoms[h.rng.IntN(len(h.denoms))]
	amount = 1 + h.rng.Uint64N(h.model.balances[owner][denom]+20)
	if h.chance(2) {
		amount = max(1, h.model.balances[owner][denom])
	}
	return owner, denom, amount, true
}

func (h *history) retire() {
	owner, denom, amount, ok := h.holding()
	if ok {
		h.expect(h.model.retire(owner, denom, amount), retire(owner, denom, int64(amount)))
	}
}

func (h *history) charge() {
	m := h.meter()
	owner, denom, amount, ok := h.holding()
	if !ok {
		return
	}
	amounts := map[string]uint64{denom: amount}
	if h.chance(2) {
		_, other, more, _ := h.holding()
		amounts[other] = more
	}
	var coins []sdk.Coin
	for denom, amount := range amounts {
		coins = append(coins, sdk.NewInt64Coin(denom, int64(amount)))
	}
	h.expect(h.model.charge(owner, m.Id, amounts), charge(owner, m.Id, coins...))
}

// send moves credits as any coin moves.
func (h *history) send() {
	from, denom, _, ok := h.holding()
	has := h.model.balances[from][denom]
	if !ok || has == 0 {
		return
	}
	to, amount := plant+h.rng.IntN(3), 1+h.rng.Uint64N(has)
	coins := sdk.NewCoins(sdk.NewInt64Coin(denom, int64(amount)))
	require.NoError(h.t, h.bank.SendCoins(h.ctx, account(from), account(to), coins))
	h.model.balances[from][denom] -= amount
	if h.model.balances[to] == nil {
		h.model.balances[to] = map[string]uint64{}
	}
	h.model.balances[to][denom] += amount
}

func (h *history) paths() {
	path, origin := fmt.Sprintf("transfer/channel-%d", h.rng.IntN(3)), fmt.Sprintf("grid-%d", h.rng.IntN(3))
	if h.chance(3) {
		h.expect(h.model.removePath(path), &types.MsgRemovePath{Authority: h.authority, Path: path})
		return
	}
	h.expect(h.model.registerPath(path, origin), h.registerPath(path, origin))
}

func (h *history) body() {
	h.model.bodyActive = !h.chance(3)
	h.expect(nil, h.setBody(bodyID, registry, h.model.bodyActive))
}

// block ends the block; one history in ten goes on from an export.
func (h *history) block() {
	at := h.ctx.BlockTime().Add(time.Duration(h.rng.IntN(1_000)) * time.Second)
	h.model.now = uint64(at.Unix())
	h.endBlock(at)
	if h.chance(10) {
		fresh := h.restart(chainID)
		*h.grid = *fresh
	}
}

// compare holds every balance, supply and total against the model.
func (h *history) compare() {
	h.t.Helper()
	for owner, balances := range h.model.balances {
		for denom, amount := range balances {
			require.EqualValues(h.t, amount, h.balance(owner, denom), "%d %s", owner, denom)
		}
	}
	for denom, issued := range h.model.issued {
		total, err := h.keeper.RetiredTotals.Get(h.ctx, denom)
		if h.model.retired[denom] > 0 {
			require.NoError(h.t, err)
			require.EqualValues(h.t, h.model.retired[denom], total.AmountWh.Uint64(), denom)
		}
		supply := h.bank.GetSupply(h.ctx, denom).Amount.Uint64()
		require.EqualValues(h.t, issued, supply+h.model.retired[denom], denom)
	}
	for id, device := range h.model.devices {
		require.EqualValues(h.t, device.balance, h.device(id).StorageBalanceWh.Uint64(), id)
	}
	next, err := h.keeper.NextRetirementID.Peek(h.ctx)
	require.NoError(h.t, err)
	require.EqualValues(h.t, h.model.retirements+1, next)
}
