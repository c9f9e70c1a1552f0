package app

import (
	"context"
	"testing"
	"time"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	upgradetypes "cosmossdk.io/x/upgrade/types"
)

// The old binary stops at the height of an upgrade it does not know, and the
// new one goes on from there, having prepared the state once.
func TestAnUpgradeHaltsTheOldBinaryAndRunsInTheNew(t *testing.T) {
	database, home := keptDB{dbm.NewMemDB()}, t.TempDir()
	chain := &testChain{App: newTestApp(database, home), t: t, now: time.Unix(1_700_000_000, 0).UTC()}
	chain.keys = testKeys(1)
	chain.initChain(chain.genesis())

	const name = "next"
	plan := upgradetypes.Plan{Name: name, Height: chain.height + 2}
	require.NoError(t, chain.Upgrade.ScheduleUpgrade(chain.context(), plan))
	chain.block(time.Second)
	_, err := chain.tryBlock(time.Second)
	require.ErrorContains(t, err, "UPGRADE")
	require.NoError(t, chain.Close())

	prepared := 0
	setUpgrades(t, []upgradeStep{{name: name, prepare: func(context.Context, *Keepers) error {
		prepared++
		return nil
	}}})
	next := &testChain{App: newTestApp(database, home), t: t, height: plan.Height - 1, now: chain.now, keys: chain.keys}
	next.block(time.Second)
	next.block(time.Second)
	require.Equal(t, 1, prepared)

	done, err := next.Upgrade.GetDoneHeight(next.context(), name)
	require.NoError(t, err)
	require.Equal(t, plan.Height, done)
}

// keptDB outlives the application that closes it, as a folder on disk does.
type keptDB struct{ dbm.DB }

func (keptDB) Close() error { return nil }

func setUpgrades(t *testing.T, steps []upgradeStep) {
	before := upgrades
	upgrades = steps
	t.Cleanup(func() { upgrades = before })
}
