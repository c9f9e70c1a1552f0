package app

import (
	"encoding/json"
	"flag"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/stretchr/testify/require"

	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"
	simcli "github.com/cosmos/cosmos-sdk/x/simulation/client/cli"

	auctionsim "github.com/plurichain/plurichain/localnet/x/auction/simulation"
)

// Sizes that fit into an ordinary test run. Longer ones are asked for by flag:
//
//	go test ./app -run TestSimulation -NumBlocks 500 -BlockSize 200 -Seed 7 -timeout 1h
const (
	shortBlocks    = 20
	shortBlockSize = 40
)

func init() {
	simcli.GetSimulatorFlags()
}

// TestSimulation plays random operations of every module against the whole
// application, then exports what came of it and starts from the export.
func TestSimulation(t *testing.T) {
	config := simulationConfig(t)
	simsx.RunWithSeed(t, config, New, simulationState, config.Seed, nil, requireRestartable)
}

// TestSimulationIsDeterministic runs one seed twice: a chain whose validators
// compute different hashes from the same blocks stops.
func TestSimulationIsDeterministic(t *testing.T) {
	config := simulationConfig(t)
	config.NumBlocks = min(config.NumBlocks, shortBlocks/2)
	var hashes [][]byte
	for range 2 {
		simsx.RunWithSeed(t, config, New, simulationState, config.Seed, nil,
			func(_ testing.TB, run simsx.TestInstance[*App], _ []simtypes.Account) {
				hashes = append(hashes, run.App.LastCommitID().Hash)
			})
	}
	require.Equal(t, hashes[0], hashes[1])
}

func simulationConfig(t *testing.T) simtypes.Config {
	// The simulator writes the log of a failure under the home folder.
	t.Setenv("HOME", t.TempDir())
	config := simcli.NewConfigFromFlags()
	config.ChainID = simsx.SimAppChainID
	given := make(map[string]bool)
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if !given["NumBlocks"] {
		config.NumBlocks = shortBlocks
	}
	if !given["BlockSize"] {
		config.BlockSize = shortBlockSize
	}
	return config
}

func simulationState(app *App) simsx.SimStateFactory {
	return simsx.SimStateFactory{
		Codec: app.Encoding.Codec,
		AppStateFn: simtestutil.AppStateFnWithExtendedCb(app.Encoding.Codec, app.SimulationManager(), app.DefaultGenesis(),
			func(state map[string]json.RawMessage) { auctionsim.FundAccounts(app.Encoding.Codec, state) }),
		BlockedAddr:   BlockedAddresses(),
		AccountSource: app.Account,
		BalanceSource: app.Bank,
	}
}

// requireRestartable starts from both kinds of export. The one for height zero
// comes last, since it pays out rewards in the state it is taken from.
func requireRestartable(tb testing.TB, run simsx.TestInstance[*App], _ []simtypes.Account) {
	requireInvariants(tb, run.App, run.App.NewUncachedContext(false, cmtproto.Header{Height: run.App.LastBlockHeight()}))
	for _, forZeroHeight := range []bool{false, true} {
		exported, err := run.App.ExportAppStateAndValidators(forZeroHeight, nil, nil)
		require.NoError(tb, err)
		restarted := simsx.NewSimulationAppInstance(tb, run.Cfg, New)
		_, err = restarted.App.InitChain(&abci.RequestInitChain{
			ChainId: run.Cfg.ChainID, Time: time.Unix(run.Cfg.GenesisTime, 0), InitialHeight: max(exported.Height, 1),
			ConsensusParams: &exported.ConsensusParams, AppStateBytes: exported.AppState,
		})
		require.NoError(tb, err)
	}
}
