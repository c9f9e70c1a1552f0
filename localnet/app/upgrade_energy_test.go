package app

import (
	"bufio"
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	forwardtypes "github.com/cosmos/ibc-apps/middleware/packet-forward-middleware/v10/packetforward/types"

	auctiontypes "github.com/plurichain/plurichain/localnet/x/auction/types"
	energytypes "github.com/plurichain/plurichain/localnet/x/energy/types"
)

// The database of a chain that the release before x/energy ran, with an auction open
// on it, halted at height 4 by an upgrade called "energy". It was written out by that
// release's own code (commit 8b01954, whose tests make the chain), a key and a value
// in hex a line.
const (
	chainBeforeEnergy = "testdata/chain_before_energy.gz"
	heightOfEnergy    = 4
)

// haltedAt is the block time at which the old chain stopped.
var haltedAt = time.Date(2026, 3, 1, 12, 0, 3, 0, time.UTC)

// openOldChain returns the database of a chain that an earlier release ran.
func openOldChain(t *testing.T, path string) dbm.DB {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	database := dbm.NewMemDB()
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		key, value, found := strings.Cut(lines.Text(), " ")
		require.True(t, found)
		require.NoError(t, database.Set(unhex(t, key), unhex(t, value)))
	}
	require.NoError(t, lines.Err())
	return database
}

// homeAfterHalt returns a node's folder with what the old binary leaves on disk when an
// upgrade halts it.
func homeAfterHalt(t *testing.T, upgrade string, height int64) string {
	t.Helper()
	home := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(home, "data"), 0o700))
	note := fmt.Sprintf(`{"name":%q,"time":"0001-01-01T00:00:00Z","height":%d}`, upgrade, height)
	require.NoError(t, os.WriteFile(filepath.Join(home, "data", "upgrade-info.json"), []byte(note), 0o600))
	return home
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(text)
	require.NoError(t, err)
	return data
}

// A chain that lives gains the credits at the height of their upgrade, keeps what it
// has, and comes to the same state whoever runs it.
func TestALivingChainGainsEnergyCredits(t *testing.T) {
	var hashes [2][]byte
	for i := range hashes {
		home := homeAfterHalt(t, "energy", heightOfEnergy)
		chain := &testChain{
			App: newTestApp(openOldChain(t, chainBeforeEnergy), home), t: t, height: heightOfEnergy - 1,
			now: haltedAt.Add(-time.Second), keys: testKeys(2),
		}
		chain.block(time.Second)
		done, err := chain.Upgrade.GetDoneHeight(chain.context(), "energy")
		require.NoError(t, err)
		require.EqualValues(t, heightOfEnergy, done)

		params, err := chain.Energy.Params.Get(chain.context())
		require.NoError(t, err)
		require.Equal(t, energytypes.DefaultParams(), params)
		versions, err := chain.Upgrade.GetModuleVersionMap(chain.context())
		require.NoError(t, err)
		require.EqualValues(t, 1, versions[energytypes.ModuleName])
		// It skipped the release that began to forward packets, and has that too.
		require.EqualValues(t, 3, versions[forwardtypes.ModuleName])
		auction, err := chain.Auction.Auctions.Get(chain.context(), 1)
		require.NoError(t, err)
		require.Equal(t, auctiontypes.PHASE_COMMITTING, auction.Phase)
		hashes[i] = liveOn(chain)
	}
	require.Equal(t, hashes[0], hashes[1])
}

// liveOn uses the new module, and what was there before, and returns the last hash.
func liveOn(chain *testChain) []byte {
	t := chain.t
	t.Helper()
	attributes := energytypes.Attributes{
		OriginChain: "grid-2", DeviceId: "mill-1", Technology: "wind", Zone: "DE-LU", CapacityW: 1, IntervalStart: 900,
		IntervalEnd: 1_800, ReadingHash: make([]byte, 32), IssuingBody: "registry",
	}
	results := chain.block(time.Second, chain.signOrdered(1, &energytypes.MsgRecordAttributes{
		Sender: chain.address(1).String(), Attributes: []energytypes.Attributes{attributes}}))
	require.Zero(t, results[0].Code, results[0].Log)
	known, err := chain.Energy.ForeignAttributes.Has(chain.context(), attributes.Denom())
	require.NoError(t, err)
	require.True(t, known)

	auction, err := chain.Auction.Auctions.Get(chain.context(), 1)
	require.NoError(t, err)
	commit, _ := sealed(chain, &auction, 1, 1, 50)
	results = chain.block(time.Second, chain.signOrdered(1, commit))
	require.Zero(t, results[0].Code, results[0].Log)
	export(t, chain, false)
	return chain.LastCommitID().Hash
}

// Without the old binary's note on disk the new one must not open the old state as if
// nothing were missing.
func TestTheUpgradeNeedsItsStore(t *testing.T) {
	require.Panics(t, func() { newTestApp(openOldChain(t, chainBeforeEnergy), t.TempDir()) })
}
