package keeper

import (
	"bytes"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// Invariant returns what is wrong with the state, or nothing.
type Invariant func(sdk.Context) (broken string, err error)

// NamedInvariant is an invariant under the name that the query reports.
type NamedInvariant struct {
	Name  string
	Check Invariant
}

// Invariants returns every invariant of the module, in a fixed order.
func (k Keeper) Invariants() []NamedInvariant {
	return []NamedInvariant{
		{"module_balance", k.checkBalance},
		{"devices", k.checkDevices},
		{"readings", k.checkReadings},
		{"credits", k.checkCredits},
		{"supply", k.checkSupply},
		{"attributes", k.checkAttributes},
		{"retirements", k.checkRetirements},
		{"storage", k.checkStorage},
		{"indexes", k.checkIndexes},
	}
}

// checkBalance: the module account holds nothing; it only mints and burns.
func (k Keeper) checkBalance(ctx sdk.Context) (string, error) {
	if held := k.bank.GetAllBalances(ctx, k.moduleAddress()); !held.IsZero() {
		return fmt.Sprintf("the account holds %q", held), nil
	}
	return "", nil
}

// walk calls check on each row until one is broken.
func walk[K, V any](ctx sdk.Context, rows collections.Map[K, V], check func(K, V) (string, error)) (string, error) {
	broken := ""
	err := rows.Walk(ctx, nil, func(key K, value V) (stop bool, err error) {
		broken, err = check(key, value)
		return broken != "", err
	})
	return broken, err
}

// checkDevices: bodies, devices and paths are valid by themselves and stand under
// their keys; a device's body is there.
func (k Keeper) checkDevices(ctx sdk.Context) (string, error) {
	broken, err := walk(ctx, k.IssuingBodies, func(id string, body types.IssuingBody) (string, error) {
		if err := body.Validate(); err != nil || body.Id != id {
			return fmt.Sprintf("issuing body %q under key %q: %v", body.Id, id, err), nil
		}
		return "", nil
	})
	if err != nil || broken != "" {
		return broken, err
	}
	broken, err = walk(ctx, k.Devices, func(id string, device types.Device) (string, error) {
		if err := device.ValidateStored(); err != nil || device.Id != id {
			return fmt.Sprintf("device %q under key %q: %v", device.Id, id, err), nil
		}
		known, err := k.IssuingBodies.Has(ctx, device.IssuingBody)
		if !known {
			return fmt.Sprintf("device %q: issuing body %q is not there", id, device.IssuingBody), err
		}
		return "", err
	})
	if err != nil || broken != "" {
		return broken, err
	}
	return walk(ctx, k.Paths, func(key string, path types.RegisteredPath) (string, error) {
		if err := path.Validate(); err != nil || path.Path != key {
			return fmt.Sprintf("path %q under key %q: %v", path.Path, key, err), nil
		}
		return "", nil
	})
}

// checkReadings: a device's intervals do not overlap and its counter never goes
// back; no interval has more issued than metered.
func (k Keeper) checkReadings(ctx sdk.Context) (string, error) {
	var previous types.Reading
	return walk(ctx, k.Readings, func(key intervalKey, reading types.Reading) (string, error) {
		wrong := func(format string, args ...any) string {
			return fmt.Sprintf("device %q, interval_start %d: ", key.K1(), key.K2()) + fmt.Sprintf(format, args...)
		}
		if reading.DeviceId != key.K1() || reading.IntervalStart != key.K2() {
			return wrong("the reading of %q, %d is stored under this key", reading.DeviceId, reading.IntervalStart), nil
		}
		if err := reading.Validate(); err != nil {
			return wrong("%s", err), nil
		}
		if previous.DeviceId == reading.DeviceId {
			before := previous.Signed()
			if refusal := (types.Neighbours{Previous: &before}).FindRefusal(reading.Signed()); refusal.IsRefused() {
				return wrong("%s: %s", refusal.Reason, refusal.Rule), nil
			}
		}
		previous = reading
		known, err := k.Devices.Has(ctx, reading.DeviceId)
		if !known {
			return wrong("no such device"), err
		}
		return "", err
	})
}

// checkCredits: every credit is that of one issued reading, to the Wh, and every
// issued reading has its credit.
func (k Keeper) checkCredits(ctx sdk.Context) (string, error) {
	credited := 0
	broken, err := walk(ctx, k.Credits, func(denom string, credit types.Credit) (string, error) {
		credited++
		if err := credit.Validate(); err != nil || credit.Denom != denom {
			return fmt.Sprintf("credit %s under key %s: %v", credit.Denom, denom, err), nil
		}
		reading, err := k.getReading(ctx, credit.Attributes.DeviceId, credit.Attributes.IntervalStart)
		if err != nil {
			return fmt.Sprintf("credit %s: %s", denom, err), nil
		}
		device, err := k.getDevice(ctx, reading.DeviceId)
		if err != nil {
			return fmt.Sprintf("credit %s: %s", denom, err), nil
		}
		expected := newAttributes(credit.Attributes.OriginChain, device, reading)
		if !bytes.Equal(expected.Bytes(), credit.Attributes.Bytes()) || credit.IssuedWh != reading.IssuedWh {
			return fmt.Sprintf("credit %s of %d Wh is not that of its reading, of which %d Wh were issued",
				denom, credit.IssuedWh, reading.IssuedWh), nil
		}
		return "", nil
	})
	if err != nil || broken != "" {
		return broken, err
	}
	issued := 0
	_, err = walk(ctx, k.Readings, func(_ intervalKey, reading types.Reading) (string, error) {
		if reading.IssuedWh > 0 {
			issued++
		}
		return "", nil
	})
	if issued != credited {
		broken = fmt.Sprintf("%d readings were issued, there are %d credits", issued, credited)
	}
	return broken, err
}

// checkSupply: of every credit of this chain, issued = supply + retired here.
func (k Keeper) checkSupply(ctx sdk.Context) (string, error) {
	return walk(ctx, k.Credits, func(denom string, credit types.Credit) (string, error) {
		retired, err := k.getRetiredTotal(ctx, denom)
		if err != nil {
			return "", err
		}
		supply := k.bank.GetSupply(ctx, denom).Amount
		if issued := math.NewIntFromUint64(credit.IssuedWh); !issued.Equal(supply.Add(retired.AmountWh)) {
			return fmt.Sprintf("credit %s: issued %s, supply %s, retired %s", denom, issued, supply, retired.AmountWh), nil
		}
		return "", nil
	})
}

// checkAttributes: what was recorded of other chains' credits proves itself, and is
// not of this chain's.
func (k Keeper) checkAttributes(ctx sdk.Context) (string, error) {
	return walk(ctx, k.ForeignAttributes, func(denom string, attributes types.Attributes) (string, error) {
		if err := attributes.Validate(); err != nil || attributes.Denom() != denom {
			return fmt.Sprintf("attributes under %s: %v", denom, err), nil
		}
		home, err := k.Credits.Has(ctx, denom)
		if home {
			return fmt.Sprintf("attributes of %s are recorded as another chain's", denom), err
		}
		return "", err
	})
}
