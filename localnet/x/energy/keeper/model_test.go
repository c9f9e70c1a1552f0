package keeper_test

import (
	"sort"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// model is the module once more, as simply as it can be said: everything in maps and
// slices, small numbers, no store. Its rules on readings are its own.
type model struct {
	now      uint64
	devices  map[string]*modelDevice
	keys     map[string]bool
	balances map[int]map[string]uint64
	// issued, retired: of every denom.
	issued, retired map[string]uint64
	retirements     int
	paths           map[string]string
	// bodyActive: there is one body.
	bodyActive bool
}

type modelDevice struct {
	owner    int
	storage  bool
	solar    bool
	active   bool
	capacity uint64
	bp       uint64
	balance  uint64
	readings map[uint64]*modelReading
}

type modelReading struct {
	from, until uint64
	issued      bool
}

func newModel(now uint64) *model {
	return &model{
		now: now, devices: map[string]*modelDevice{}, keys: map[string]bool{}, balances: map[int]map[string]uint64{},
		issued: map[string]uint64{}, retired: map[string]uint64{}, paths: map[string]string{}, bodyActive: true,
	}
}

func (m *model) register(meter *meter, proofOK bool) error {
	switch {
	case !m.bodyActive:
		return types.ErrIssuingBodyInactive
	case m.devices[meter.Id] != nil:
		return types.ErrDeviceExists
	case m.keys[string(meter.PublicKey)]:
		return types.ErrKeyInUse
	case !proofOK:
		return types.ErrBadProof
	}
	m.keys[string(meter.PublicKey)] = true
	m.devices[meter.Id] = &modelDevice{
		owner: meter.owner, storage: meter.Technology == "storage", solar: meter.Technology == "solar_pv",
		capacity: meter.CapacityW, bp: uint64(meter.EfficiencyBp), readings: map[uint64]*modelReading{},
	}
	return nil
}

func (m *model) setStatus(id string, active, byIssuer bool) error {
	device := m.devices[id]
	switch {
	case device == nil:
		return types.ErrDeviceNotFound
	case !byIssuer:
		return types.ErrUnauthorized
	case active && !m.bodyActive:
		return types.ErrIssuingBodyInactive
	}
	device.active = active
	return nil
}

// running returns the device if its readings are taken.
func (m *model) running(id string) (*modelDevice, error) {
	device := m.devices[id]
	switch {
	case device == nil:
		return nil, types.ErrDeviceNotFound
	case !device.active:
		return nil, types.ErrDeviceNotActive
	case !m.bodyActive:
		return nil, types.ErrIssuingBodyInactive
	}
	return device, nil
}

// submit takes readings of whole intervals; those in the night of the histories are
// before six in the morning.
func (m *model) submit(id string, batch []types.SignedReading, signedOK bool) error {
	for i := 1; i < len(batch); i++ {
		if batch[i].IntervalStart <= batch[i-1].IntervalStart {
			return types.ErrReadingRefused
		}
	}
	device, err := m.running(id)
	if err != nil {
		return err
	}
	// Tried on a copy: all or none.
	readings := map[uint64]*modelReading{}
	for at, reading := range device.readings {
		readings[at] = reading
	}
	for _, r := range batch {
		energy := int64(r.CounterEndWh) - int64(r.CounterStartWh)
		switch {
		case r.IntervalEnd > m.now, energy < 0, uint64(energy) > device.capacity/4, !signedOK,
			readings[r.IntervalStart] != nil, device.solar && energy > 0 && r.IntervalStart%86_400 < 5*3_600:
			return types.ErrReadingRefused
		}
		readings[r.IntervalStart] = &modelReading{from: r.CounterStartWh, until: r.CounterEndWh}
		if !isMonotone(readings) {
			return types.ErrReadingRefused
		}
	}
	device.readings = readings
	return nil
}

// isMonotone looks at the whole timeline.
func isMonotone(readings map[uint64]*modelReading) bool {
	starts := make([]uint64, 0, len(readings))
	for at := range readings {
		starts = append(starts, at)
	}
	sort.Slice(starts, func(i, j int) bool { return starts[i] < starts[j] })
	for i := 1; i < len(starts); i++ {
		before, after := readings[starts[i-1]], readings[starts[i]]
		touches := starts[i-1]+length == starts[i]
		if before.until > after.from || touches && before.until != after.from {
			return false
		}
	}
	return true
}

// issue returns what each interval came to.
func (m *model) issue(id string, starts []uint64, byIssuer bool) ([]uint64, error) {
	device, err := m.running(id)
	if err != nil {
		return nil, err
	}
	if !byIssuer {
		return nil, types.ErrUnauthorized
	}
	for _, at := range starts {
		if device.readings[at] == nil {
			return nil, types.ErrReadingNotFound
		}
		if device.readings[at].issued {
			return nil, types.ErrAlreadyIssued
		}
	}
	amounts := make([]uint64, len(starts))
	for i, at := range starts {
		reading := device.readings[at]
		amounts[i] = reading.until - reading.from
		if device.storage {
			amounts[i] = min(amounts[i], device.balance)
			device.balance -= amounts[i]
		}
		reading.issued = true
	}
	return amounts, nil
}

// give mints.
func (m *model) give(to int, denom string, amount uint64) {
	if m.balances[to] == nil {
		m.balances[to] = map[string]uint64{}
	}
	m.balances[to][denom] += amount
	m.issued[denom] += amount
}

func (m *model) retire(owner int, denom string, amount uint64) error {
	if m.issued[denom] == 0 {
		return types.ErrNotACredit
	}
	if m.balances[owner][denom] < amount {
		return types.ErrInsufficientCredits
	}
	m.balances[owner][denom] -= amount
	m.retired[denom] += amount
	m.retirements++
	return nil
}

func (m *model) charge(owner int, id string, amounts map[string]uint64) error {
	device, err := m.running(id)
	if err != nil {
		return err
	}
	if !device.storage {
		return types.ErrNotStorage
	}
	if device.owner != owner {
		return types.ErrUnauthorized
	}
	sum := uint64(0)
	for denom, amount := range amounts {
		if m.balances[owner][denom] < amount {
			return types.ErrInsufficientCredits
		}
		sum += amount
	}
	for denom, amount := range amounts {
		m.balances[owner][denom] -= amount
		m.retired[denom] += amount
		m.retirements++
	}
	device.balance += sum * device.bp / 10_000
	return nil
}

func (m *model) registerPath(path, origin string) error {
	if known := m.paths[path]; known != "" && known != origin {
		return types.ErrPathExists
	}
	m.paths[path] = origin
	return nil
}

func (m *model) removePath(path string) error {
	if m.paths[path] == "" {
		return types.ErrPathNotFound
	}
	delete(m.paths, path)
	return nil
}
