package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// checkRetirements: retirements are valid by themselves, and the totals are their
// sums, denom by denom.
func (k Keeper) checkRetirements(ctx sdk.Context) (string, error) {
	next, err := k.NextRetirementID.Peek(ctx)
	if err != nil {
		return "", err
	}
	sums := map[string]math.Int{}
	broken, err := walk(ctx, k.Retirements, func(id uint64, retirement types.Retirement) (string, error) {
		if err := retirement.Validate(); err != nil || retirement.Id != id || id >= next {
			return fmt.Sprintf("retirement %d under key %d, next id %d: %v", retirement.Id, id, next, err), nil
		}
		sum, found := sums[retirement.Coin.Denom]
		if !found {
			sum = math.ZeroInt()
		}
		sums[retirement.Coin.Denom] = sum.Add(retirement.Coin.Amount)
		return "", nil
	})
	if err != nil || broken != "" {
		return broken, err
	}
	totals := 0
	broken, err = walk(ctx, k.RetiredTotals, func(denom string, total types.RetiredTotal) (string, error) {
		totals++
		if sum, found := sums[denom]; !found || total.Denom != denom || !sum.Equal(total.AmountWh) {
			return fmt.Sprintf("%s: %s retired, the records add up to %s", denom, total.AmountWh, sum), nil
		}
		return "", nil
	})
	if err == nil && broken == "" && totals != len(sums) {
		broken = fmt.Sprintf("%d denoms were retired, there are %d totals", len(sums), totals)
	}
	return broken, err
}

// checkStorage: the balance of a storage device is what was charged, less the losses
// of each charge, less what was issued.
func (k Keeper) checkStorage(ctx sdk.Context) (string, error) {
	charges, err := k.sumCharges(ctx)
	if err != nil {
		return "", err
	}
	storages := 0
	broken, err := walk(ctx, k.Devices, func(id string, device types.Device) (string, error) {
		if !device.IsStorage() {
			return "", nil
		}
		balance := math.ZeroInt()
		for _, charged := range charges[id] {
			balance = balance.Add(types.CreditedWh(charged, device.EfficiencyBp))
		}
		if len(charges[id]) > 0 {
			storages++
		}
		issued, err := k.sumIssued(ctx, id)
		if err != nil {
			return "", err
		}
		if balance = balance.Sub(issued); !balance.Equal(device.StorageBalanceWh) {
			return fmt.Sprintf("device %q: the balance is %s, charges less issued are %s", id, device.StorageBalanceWh, balance), nil
		}
		return "", nil
	})
	if err == nil && broken == "" && storages != len(charges) {
		broken = fmt.Sprintf("%d devices were charged, %d of them are storage", len(charges), storages)
	}
	return broken, err
}

// sumCharges adds up what was burned in each charge of each device.
func (k Keeper) sumCharges(ctx sdk.Context) (map[string]map[uint64]math.Int, error) {
	charges := map[string]map[uint64]math.Int{}
	_, err := walk(ctx, k.Retirements, func(_ uint64, retirement types.Retirement) (string, error) {
		if retirement.Purpose != types.RETIREMENT_PURPOSE_STORAGE {
			return "", nil
		}
		ofDevice, found := charges[retirement.Beneficiary]
		if !found {
			ofDevice = map[uint64]math.Int{}
			charges[retirement.Beneficiary] = ofDevice
		}
		sum, found := ofDevice[retirement.ChargeId]
		if !found {
			sum = math.ZeroInt()
		}
		ofDevice[retirement.ChargeId] = sum.Add(retirement.Coin.Amount)
		return "", nil
	})
	return charges, err
}

// sumIssued adds up what was issued of a device's readings.
func (k Keeper) sumIssued(ctx sdk.Context, deviceID string) (math.Int, error) {
	sum := math.ZeroInt()
	err := k.Readings.Walk(ctx, collections.NewPrefixedPairRange[string, uint64](deviceID),
		func(_ intervalKey, reading types.Reading) (bool, error) {
			sum = sum.Add(math.NewIntFromUint64(reading.IssuedWh))
			return false, nil
		})
	return sum, err
}

// checkIndexes: indexes say what the rows say.
func (k Keeper) checkIndexes(ctx sdk.Context) (string, error) {
	rows := 0
	broken, err := walk(ctx, k.Devices, func(id string, device types.Device) (string, error) {
		rows++
		owner, err := k.parseAddress("owner", device.Owner)
		if err != nil {
			return err.Error(), nil
		}
		byOwner, err := k.DevicesByOwner.Has(ctx, collections.Join(owner, id))
		if err != nil {
			return "", err
		}
		holder, err := k.DevicesByKey.Get(ctx, device.PublicKey)
		if !byOwner || err != nil || holder != id {
			return fmt.Sprintf("device %q is missing in an index", id), nil
		}
		return "", nil
	})
	if err != nil || broken != "" {
		return broken, err
	}
	if broken, err = k.checkCreditIndexes(ctx); err != nil || broken != "" {
		return broken, err
	}
	owners, err := count(ctx, k.DevicesByOwner.Walk)
	if err != nil {
		return "", err
	}
	keys := 0
	_, err = walk(ctx, k.DevicesByKey, func([]byte, string) (string, error) {
		keys++
		return "", nil
	})
	if owners != rows || keys != rows {
		broken = fmt.Sprintf("%d devices have %d entries by owner and %d by key", rows, owners, keys)
	}
	return broken, err
}

// checkCreditIndexes: the same for credits and retirements.
func (k Keeper) checkCreditIndexes(ctx sdk.Context) (string, error) {
	credits, retirements := 0, 0
	broken, err := walk(ctx, k.Credits, func(denom string, credit types.Credit) (string, error) {
		credits++
		found, err := k.CreditsByDevice.Has(ctx, collections.Join(credit.Attributes.DeviceId, denom))
		if !found {
			return fmt.Sprintf("credit %s is missing in an index", denom), err
		}
		return "", err
	})
	if err != nil || broken != "" {
		return broken, err
	}
	broken, err = walk(ctx, k.Retirements, func(id uint64, retirement types.Retirement) (string, error) {
		retirements++
		owner, err := k.parseAddress("owner", retirement.Owner)
		if err != nil {
			return err.Error(), nil
		}
		byOwner, err := k.RetirementsByOwner.Has(ctx, collections.Join(owner, id))
		if err != nil {
			return "", err
		}
		byDenom, err := k.RetirementsByDenom.Has(ctx, collections.Join(retirement.Coin.Denom, id))
		if !byOwner || !byDenom {
			return fmt.Sprintf("retirement %d is missing in an index", id), err
		}
		return "", err
	})
	if err != nil || broken != "" {
		return broken, err
	}
	for _, index := range []struct {
		name string
		rows int
		size func() (int, error)
	}{
		{"credits by device", credits, func() (int, error) { return count(ctx, k.CreditsByDevice.Walk) }},
		{"retirements by owner", retirements, func() (int, error) { return count(ctx, k.RetirementsByOwner.Walk) }},
		{"retirements by denom", retirements, func() (int, error) { return count(ctx, k.RetirementsByDenom.Walk) }},
	} {
		size, err := index.size()
		if err != nil {
			return "", err
		}
		if size != index.rows {
			return fmt.Sprintf("%d rows have %d entries of %s", index.rows, size, index.name), nil
		}
	}
	return "", nil
}

// count returns the size of an index.
func count[K any](ctx sdk.Context, walkKeys func(context.Context, collections.Ranger[K], func(K) (bool, error)) error) (int, error) {
	size := 0
	err := walkKeys(ctx, nil, func(K) (bool, error) {
		size++
		return false, nil
	})
	return size, err
}
