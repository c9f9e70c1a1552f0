package app

import (
	"encoding/json"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	icacontrollertypes "github.com/cosmos/ibc-go/v10/modules/apps/27-interchain-accounts/controller/types"
	icahosttypes "github.com/cosmos/ibc-go/v10/modules/apps/27-interchain-accounts/host/types"
	transfertypes "github.com/cosmos/ibc-go/v10/modules/apps/transfer/types"
	ibctm "github.com/cosmos/ibc-go/v10/modules/light-clients/07-tendermint"
)

func TestDefaultGenesisNamesOnlyOurDenomination(t *testing.T) {
	chain := newTestApp(dbm.NewMemDB(), t.TempDir())
	state := chain.DefaultGenesis()
	for module, bytes := range state {
		require.NotContains(t, string(bytes), `"stake"`, module)
	}
	var staking stakingtypes.GenesisState
	chain.Encoding.Codec.MustUnmarshalJSON(state[stakingtypes.ModuleName], &staking)
	require.Equal(t, BondDenom, staking.Params.BondDenom)
	require.NoError(t, chain.BasicManager.ValidateGenesis(chain.Encoding.Codec, chain.TxConfig(), state))
}

func TestAddressesCarryThePrefix(t *testing.T) {
	raw := make([]byte, 20)
	require.Contains(t, sdk.AccAddress(raw).String(), "pluri1")
	require.Contains(t, sdk.ValAddress(raw).String(), "plurivaloper1")
	require.Contains(t, sdk.ConsAddress(raw).String(), "plurivalcons1")
	require.Equal(t, "pluripub", sdk.GetConfig().GetBech32AccountPubPrefix())
	require.Equal(t, "plurivaloperpub", sdk.GetConfig().GetBech32ValidatorPubPrefix())
	require.Equal(t, "plurivalconspub", sdk.GetConfig().GetBech32ConsensusPubPrefix())
	require.EqualValues(t, CoinType, sdk.GetConfig().GetCoinType())
}

func TestOnlyGovernanceMayBePaidAmongModuleAccounts(t *testing.T) {
	chain := startChain(t, 1)
	for module := range ModulePermissions() {
		address := authtypes.NewModuleAddress(module)
		blocked := chain.Bank.BlockedAddr(address)
		require.Equal(t, module != govtypes.ModuleName, blocked, module)

		send := banktypes.NewMsgSend(chain.address(0), address, sdk.NewCoins(sdk.NewInt64Coin("watthour", 1)))
		result := chain.block(time.Second, chain.signOrdered(0, send))[0]
		if blocked {
			require.Equal(t, sdkerrors.ErrUnauthorized.ABCICode(), result.Code, "%s: %s", module, result.Log)
		} else {
			require.Zero(t, result.Code, "%s: %s", module, result.Log)
		}
	}
}

func TestIBCPortsLeadToTheirApplications(t *testing.T) {
	chain := startChain(t, 1)
	for _, port := range []string{
		transfertypes.PortID, icahosttypes.SubModuleName, icacontrollertypes.SubModuleName,
		icacontrollertypes.SubModuleName + "-owner",
	} {
		_, found := chain.IBC.PortKeeper.Route(port)
		require.True(t, found, port)
	}
	_, found := chain.IBC.PortKeeper.Route("elsewhere")
	require.False(t, found)

	require.True(t, chain.IBC.ChannelKeeperV2.Router.HasRoute(transfertypes.PortID))
	_, err := chain.IBC.ClientKeeper.Route(chain.context(), ibctm.ModuleName+"-0")
	require.NoError(t, err)
}

// A chain that starts from an export is, one block later, in the same state as
// the chain that simply went on.
func TestExportedStateGoesOnAsIfNothingHadHappened(t *testing.T) {
	chain := startChain(t, 2)
	delegateSome(chain)
	exported := export(t, chain, false)
	require.Equal(t, chain.height+1, exported.Height)

	again := restart(chain, exported)
	require.Equal(t, chain.height, again.height)
	chain.block(time.Second)
	again.block(time.Second)
	requireSameState(t, export(t, chain, false).AppState, export(t, again, false).AppState)
}

func TestExportForHeightZeroStartsAFork(t *testing.T) {
	chain := startChain(t, 2)
	delegateSome(chain)
	supply := chain.Bank.GetSupply(chain.context(), "watthour")
	exported := export(t, chain, true)
	require.Zero(t, exported.Height)

	fork := restart(chain, exported)
	fork.block(time.Second)
	fork.block(time.Second)
	require.EqualValues(t, 2, fork.height)
	require.Equal(t, chain.balance(1, "watthour"), fork.balance(1, "watthour"))
	require.Equal(t, supply, fork.Bank.GetSupply(fork.context(), "watthour"))

	// Rewards are counted anew: a delegator can still withdraw and leave.
	validators, err := fork.Staking.GetAllValidators(fork.context())
	require.NoError(t, err)
	part := sdk.NewCoin(BondDenom, math.NewInt(100_000))
	leave := stakingtypes.NewMsgUndelegate(fork.address(1).String(), validators[0].OperatorAddress, part)
	result := fork.block(time.Second, fork.signOrdered(1, leave))[0]
	require.Zero(t, result.Code, result.Log)
}

func TestExportForHeightZeroRefusesAnUnknownValidator(t *testing.T) {
	chain := startChain(t, 1)
	_, err := chain.ExportAppStateAndValidators(true, []string{"pluri1nobody"}, nil)
	require.ErrorContains(t, err, "pluri1nobody")
}

func export(t *testing.T, chain *testChain, forZeroHeight bool) servertypes.ExportedApp {
	t.Helper()
	exported, err := chain.ExportAppStateAndValidators(forZeroHeight, nil, nil)
	require.NoError(t, err)
	require.Len(t, exported.Validators, 1)
	return exported
}

// restart begins a chain from what was exported from another.
func restart(chain *testChain, exported servertypes.ExportedApp) *testChain {
	t := chain.t
	height := max(exported.Height, 1)
	again := &testChain{
		App: newTestApp(dbm.NewMemDB(), t.TempDir()), t: t,
		height: height - 1, now: chain.now, keys: chain.keys,
	}
	response, err := again.InitChain(&abci.RequestInitChain{
		ChainId: testChainID, Time: again.now, InitialHeight: height,
		ConsensusParams: &exported.ConsensusParams, AppStateBytes: exported.AppState,
	})
	require.NoError(t, err)
	require.Len(t, response.Validators, 1)
	require.Equal(t, exported.Validators[0].Power, response.Validators[0].Power)
	return again
}

// delegateSome leaves traces in staking, distribution and bank, among them a
// stake on its way out, so that an export has something to lose.
func delegateSome(chain *testChain) {
	t := chain.t
	validators, err := chain.Staking.GetAllValidators(chain.context())
	require.NoError(t, err)
	operator, delegator := validators[0].OperatorAddress, chain.address(1).String()
	stake := sdk.NewCoin(BondDenom, math.NewInt(1_000_000))
	part := sdk.NewCoin(BondDenom, math.NewInt(400_000))
	watt := sdk.NewCoins(sdk.NewInt64Coin("watthour", 7))
	for _, msg := range []sdk.Msg{
		stakingtypes.NewMsgDelegate(delegator, operator, stake),
		stakingtypes.NewMsgUndelegate(delegator, operator, part),
		banktypes.NewMsgSend(chain.address(1), chain.address(0), watt),
	} {
		result := chain.block(time.Second, chain.signOrdered(1, msg))[0]
		require.Zero(t, result.Code, result.Log)
	}
	require.EqualValues(t, startCoins-7, chain.balance(1, "watthour"))
}

func requireSameState(t *testing.T, want, got []byte) {
	t.Helper()
	var a, b map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(want, &a))
	require.NoError(t, json.Unmarshal(got, &b))
	require.Len(t, b, len(a))
	for module := range a {
		require.JSONEq(t, string(a[module]), string(b[module]), module)
	}
}

func TestConsensusParamsAreStored(t *testing.T) {
	chain := startChain(t, 1)
	stored, err := chain.Consensus.ParamsStore.Get(chain.context())
	require.NoError(t, err)
	require.Equal(t, simtestutil.DefaultConsensusParams.Block.MaxGas, stored.Block.MaxGas)
}
