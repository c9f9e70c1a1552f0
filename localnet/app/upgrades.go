package app

import (
	"context"
	"fmt"

	storetypes "cosmossdk.io/store/types"
	upgradetypes "cosmossdk.io/x/upgrade/types"

	"github.com/cosmos/cosmos-sdk/types/module"
	forwardtypes "github.com/cosmos/ibc-apps/middleware/packet-forward-middleware/v10/packetforward/types"

	energytypes "github.com/plurichain/plurichain/localnet/x/energy/types"
)

// upgradeStep is one step from a released state layout to the next.
type upgradeStep struct {
	// name is what the governance proposal calls it.
	name string
	// stores are the substores that this step adds, renames or deletes. They
	// must be known before the database is opened at the upgrade height.
	stores storetypes.StoreUpgrades
	// prepare runs before the modules' own migrations; nil when those are all
	// there is to do.
	prepare func(ctx context.Context, k *Keepers) error
}

// upgrades lists every step since the first release, oldest first.
//
// To add one: bump ConsensusVersion in the modules that change and register
// their migrations, append a row with a new name here, list new store keys in
// its Added, and test it from an export of the release before. A row is never
// removed while a chain may still have to pass its height.
var upgrades = []upgradeStep{
	// Energy credits: the module begins with its default params and no device.
	{name: "energy", stores: storetypes.StoreUpgrades{Added: []string{energytypes.StoreKey}}},
	// Packets that go on over the next channel: the module begins with none in flight.
	{name: "forwarding", stores: storetypes.StoreUpgrades{Added: []string{forwardtypes.StoreKey}}},
}

// setUpgradeHandlers registers what runs at the height of each step.
func (app *App) setUpgradeHandlers() {
	for _, step := range upgrades {
		app.Upgrade.SetUpgradeHandler(step.name, app.upgradeHandler(step))
	}
}

// setUpgradeStores changes the list of stores when this start is the one that
// follows the halt of an upgrade, which the old binary left on disk. A chain that
// skipped releases takes the steps of this binary that come later too, since all
// stores of a binary are opened and all its modules begin at once.
func (app *App) setUpgradeStores() error {
	plan, err := app.Upgrade.ReadUpgradeInfoFromDisk()
	if err != nil {
		return fmt.Errorf("upgrade-info.json: %w", err)
	}
	if app.Upgrade.IsSkipHeight(plan.Height) {
		return nil
	}
	for i, step := range upgrades {
		if step.name == plan.Name {
			stores := joinStores(upgrades[i:])
			app.SetStoreLoader(upgradetypes.UpgradeStoreLoader(plan.Height, &stores))
		}
	}
	return nil
}

func joinStores(steps []upgradeStep) storetypes.StoreUpgrades {
	var all storetypes.StoreUpgrades
	for _, step := range steps {
		all.Added = append(all.Added, step.stores.Added...)
		all.Renamed = append(all.Renamed, step.stores.Renamed...)
		all.Deleted = append(all.Deleted, step.stores.Deleted...)
	}
	return all
}

func (app *App) upgradeHandler(step upgradeStep) upgradetypes.UpgradeHandler {
	return func(ctx context.Context, _ upgradetypes.Plan, from module.VersionMap) (module.VersionMap, error) {
		if step.prepare != nil {
			if err := step.prepare(ctx, app.Keepers); err != nil {
				return nil, fmt.Errorf("upgrade %s: %w", step.name, err)
			}
		}
		return app.modules.RunMigrations(ctx, app.configurator, from)
	}
}
