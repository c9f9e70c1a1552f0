package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// brokenInvariants returns the names of those that are broken.
func (g *grid) brokenInvariants() (names []string) {
	g.t.Helper()
	for _, invariant := range g.keeper.Invariants() {
		broken, err := invariant.Check(g.ctx)
		require.NoError(g.t, err)
		if broken != "" {
			names = append(names, invariant.Name)
		}
	}
	return names
}

// touch changes one row of a map by hand.
func touch[K, V any](g *grid, rows collections.Map[K, V], key K, change func(*V)) error {
	value, err := rows.Get(g.ctx, key)
	if err != nil {
		return err
	}
	change(&value)
	return rows.Set(g.ctx, key, value)
}

// Each invariant notices when the part of the state that it watches is touched by
// hand: a check that cannot fail would prove nothing.
func TestInvariantsNoticeEveryBreak(t *testing.T) {
	roof := collections.Join("roof-1", noon)
	coins := func(denom string, amount int64) sdk.Coins { return sdk.NewCoins(sdk.NewInt64Coin(denom, amount)) }
	for name, c := range map[string]struct {
		invariant string
		touch     func(g *grid, denom string) error
	}{
		"a coin that was left": {"module_balance", func(g *grid, denom string) error {
			return g.bank.SendCoinsFromAccountToModule(g.ctx, account(battery), types.ModuleName, coins(denom, 1))
		}},
		"a coin from nowhere": {"supply", func(g *grid, denom string) error {
			return g.bank.MintCoins(g.ctx, "transfer", coins(denom, 1))
		}},
		"a coin gone": {"supply", func(g *grid, denom string) error {
			if err := g.bank.SendCoinsFromAccountToModule(g.ctx, account(battery), "transfer", coins(denom, 1)); err != nil {
				return err
			}
			return g.bank.BurnCoins(g.ctx, "transfer", coins(denom, 1))
		}},
		"a total too great": {"retirements", func(g *grid, denom string) error {
			return touch(g, g.keeper.RetiredTotals, denom, func(v *types.RetiredTotal) { v.AmountWh = v.AmountWh.AddRaw(1) })
		}},
		"a total of nothing": {"retirements", func(g *grid, _ string) error {
			return g.keeper.RetiredTotals.Set(g.ctx, "x", types.NewRetiredTotal("x"))
		}},
		"a total lost": {"retirements", func(g *grid, denom string) error {
			return g.keeper.RetiredTotals.Remove(g.ctx, denom)
		}},
		"a retirement changed": {"retirements", func(g *grid, _ string) error {
			return touch(g, g.keeper.Retirements, 2, func(v *types.Retirement) { v.Coin.Amount = v.Coin.Amount.AddRaw(1) })
		}},
		"a retirement under a wrong key": {"retirements", func(g *grid, _ string) error {
			return touch(g, g.keeper.Retirements, 2, func(v *types.Retirement) { v.Id = 3 })
		}},
		"an id that comes again": {"retirements", func(g *grid, _ string) error { return g.keeper.NextRetirementID.Set(g.ctx, 1) }},
		"more issued than metered": {"readings", func(g *grid, _ string) error {
			return touch(g, g.keeper.Readings, roof, func(v *types.Reading) { v.IssuedWh = 1_000 })
		}},
		"less metered than issued": {"readings", func(g *grid, _ string) error {
			return touch(g, g.keeper.Readings, roof, func(v *types.Reading) { v.CounterEndWh = v.CounterStartWh + 1 })
		}},
		"a counter that jumps": {"readings", func(g *grid, _ string) error {
			return touch(g, g.keeper.Readings, collections.Join("roof-1", noon+length), func(v *types.Reading) { v.CounterEndWh += 5 })
		}},
		"a reading that overlaps": {"readings", func(g *grid, _ string) error {
			return touch(g, g.keeper.Readings, roof, func(v *types.Reading) { v.IntervalEnd += 60 })
		}},
		"a reading of no device": {"readings", func(g *grid, _ string) error {
			return touch(g, g.keeper.Readings, roof, func(v *types.Reading) { v.DeviceId = "roof-9" })
		}},
		"a device lost": {"readings", func(g *grid, _ string) error { return g.keeper.Devices.Remove(g.ctx, "roof-1") }},
		"an issue forgotten": {"credits", func(g *grid, _ string) error {
			return touch(g, g.keeper.Readings, roof, func(v *types.Reading) { v.Issued, v.IssuedWh = false, 0 })
		}},
		"a credit lost": {"credits", func(g *grid, denom string) error { return g.keeper.Credits.Remove(g.ctx, denom) }},
		"a credit of more": {"credits", func(g *grid, denom string) error {
			return touch(g, g.keeper.Credits, denom, func(v *types.Credit) { v.IssuedWh++ })
		}},
		"a credit under a lie": {"credits", func(g *grid, denom string) error {
			return touch(g, g.keeper.Credits, denom, func(v *types.Credit) { v.Attributes.Zone = "FR" })
		}},
		"a device that moved": {"credits", func(g *grid, _ string) error {
			return touch(g, g.keeper.Devices, "roof-1", func(v *types.Device) { v.CapacityW++ })
		}},
		"a balance from nowhere": {"storage", func(g *grid, _ string) error {
			return touch(g, g.keeper.Devices, "battery-1", func(v *types.Device) { v.StorageBalanceWh = v.StorageBalanceWh.AddRaw(1) })
		}},
		"a negative balance": {"devices", func(g *grid, _ string) error {
			return touch(g, g.keeper.Devices, "battery-1", func(v *types.Device) { v.StorageBalanceWh = math.NewInt(-1) })
		}},
		"a charge of no storage": {"storage", func(g *grid, _ string) error {
			return touch(g, g.keeper.Retirements, 1, func(v *types.Retirement) { v.Beneficiary = "roof-1" })
		}},
		"a body lost": {"devices", func(g *grid, _ string) error { return g.keeper.IssuingBodies.Remove(g.ctx, bodyID) }},
		"a body under a wrong key": {"devices", func(g *grid, _ string) error {
			return touch(g, g.keeper.IssuingBodies, bodyID, func(v *types.IssuingBody) { v.Id = "x" })
		}},
		"a path under a wrong key": {"devices", func(g *grid, _ string) error {
			return touch(g, g.keeper.Paths, "transfer/channel-0", func(v *types.RegisteredPath) { v.Path = "transfer/channel-9" })
		}},
		"a key that is none": {"devices", func(g *grid, _ string) error {
			return touch(g, g.keeper.Devices, "roof-1", func(v *types.Device) { v.PublicKey = make([]byte, 33) })
		}},
		"attributes under a wrong key": {"attributes", func(g *grid, denom string) error {
			return g.keeper.ForeignAttributes.Set(g.ctx, denom, foreign("grid-2"))
		}},
		"an owner not indexed": {"indexes", func(g *grid, _ string) error {
			return g.keeper.DevicesByOwner.Remove(g.ctx, collections.Join(account(plant), "roof-1"))
		}},
		"an owner indexed twice": {"indexes", func(g *grid, _ string) error {
			return g.keeper.DevicesByOwner.Set(g.ctx, collections.Join(account(stranger), "roof-1"))
		}},
		"a key of another device": {"indexes", func(g *grid, _ string) error {
			return g.keeper.DevicesByKey.Set(g.ctx, g.device("roof-1").PublicKey, "battery-1")
		}},
		"a key too many": {"indexes", func(g *grid, _ string) error {
			return g.keeper.DevicesByKey.Set(g.ctx, []byte("x"), "battery-1")
		}},
		"a credit not indexed": {"indexes", func(g *grid, denom string) error {
			return g.keeper.CreditsByDevice.Remove(g.ctx, collections.Join("roof-1", denom))
		}},
		"a credit indexed twice": {"indexes", func(g *grid, denom string) error {
			return g.keeper.CreditsByDevice.Set(g.ctx, collections.Join("roof-2", denom))
		}},
		"a retirement not indexed by owner": {"indexes", func(g *grid, _ string) error {
			return g.keeper.RetirementsByOwner.Remove(g.ctx, collections.Join(account(battery), uint64(2)))
		}},
		"a retirement indexed by another owner": {"indexes", func(g *grid, _ string) error {
			return g.keeper.RetirementsByOwner.Set(g.ctx, collections.Join(account(plant), uint64(2)))
		}},
		"a retirement not indexed by denom": {"indexes", func(g *grid, denom string) error {
			return g.keeper.RetirementsByDenom.Remove(g.ctx, collections.Join(denom, uint64(2)))
		}},
		"a retirement indexed by another denom": {"indexes", func(g *grid, _ string) error {
			return g.keeper.RetirementsByDenom.Set(g.ctx, collections.Join("x", uint64(2)))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGrid(t)
			story(g)
			require.Empty(t, g.brokenInvariants())
			denom := must(g.keeper.Retirements.Get(g.ctx, 2)).Coin.Denom
			require.NoError(t, c.touch(g, denom))
			require.Contains(t, g.brokenInvariants(), c.invariant)
		})
	}
}
