// Package alien is a second, smaller chain. The harness claims to run any
// chain built on the SDK; this one shares neither prefix, denomination, module
// set nor binary name with plurid, and so would show where that is untrue.
package alien

import (
	"encoding/json"
	"fmt"
	"io"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log"
	storetypes "cosmossdk.io/store/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/runtime"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/bank"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/consensus"
	consensuskeeper "github.com/cosmos/cosmos-sdk/x/consensus/keeper"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// Name, BondDenom and Prefix are what tells this chain from a plurigrid.
const (
	Name      = "alien"
	BondDenom = "uglim"
	Prefix    = "alien"
)

// App is a chain that can stake and pay, and nothing else.
type App struct {
	*baseapp.BaseApp
	BasicManager module.BasicManager

	encoding  encoding
	account   authkeeper.AccountKeeper
	bank      bankkeeper.BaseKeeper
	staking   *stakingkeeper.Keeper
	consensus consensuskeeper.Keeper
	modules   *module.Manager
}

// New builds the chain over db and opens its newest state if load is set.
func New(logger log.Logger, db dbm.DB, trace io.Writer, load bool, options ...func(*baseapp.BaseApp)) *App {
	encoding := newEncoding()
	app := &App{
		BaseApp:  baseapp.NewBaseApp(Name, logger, db, encoding.txConfig.TxDecoder(), options...),
		encoding: encoding,
	}
	app.SetCommitMultiStoreTracer(trace)
	app.SetInterfaceRegistry(encoding.registry)
	app.SetTxEncoder(encoding.txConfig.TxEncoder())

	keys := storetypes.NewKVStoreKeys(
		authtypes.StoreKey, banktypes.StoreKey, stakingtypes.StoreKey, consensustypes.StoreKey,
	)
	app.setKeepers(keys, logger)
	app.setModules()
	app.setHandlers(keys)
	if load {
		if err := app.LoadLatestVersion(); err != nil {
			panic(fmt.Errorf("cannot open the state of %s: %w", Name, err))
		}
	}
	return app
}

func (app *App) setKeepers(keys map[string]*storetypes.KVStoreKey, logger log.Logger) {
	cdc := app.encoding.codec
	// Nobody governs this chain; the address only has to be a valid one.
	authority := authtypes.NewModuleAddress("nobody").String()
	app.consensus = consensuskeeper.NewKeeper(
		cdc, runtime.NewKVStoreService(keys[consensustypes.StoreKey]), authority, runtime.EventService{},
	)
	app.SetParamStore(app.consensus.ParamsStore)
	app.account = authkeeper.NewAccountKeeper(
		cdc, runtime.NewKVStoreService(keys[authtypes.StoreKey]), authtypes.ProtoBaseAccount,
		map[string][]string{
			authtypes.FeeCollectorName:     nil,
			stakingtypes.BondedPoolName:    {authtypes.Burner, authtypes.Staking},
			stakingtypes.NotBondedPoolName: {authtypes.Burner, authtypes.Staking},
		}, app.encoding.accounts, Prefix, authority,
	)
	app.bank = bankkeeper.NewBaseKeeper(
		cdc, runtime.NewKVStoreService(keys[banktypes.StoreKey]), app.account, nil, authority, logger,
	)
	app.staking = stakingkeeper.NewKeeper(
		cdc, runtime.NewKVStoreService(keys[stakingtypes.StoreKey]), app.account, app.bank, authority,
		app.encoding.validators, app.encoding.consensus,
	)
}

func (app *App) setModules() {
	cdc := app.encoding.codec
	app.modules = module.NewManager(
		genutil.NewAppModule(app.account, app.staking, app, app.encoding.txConfig),
		auth.NewAppModule(cdc, app.account, nil, nil),
		bank.NewAppModule(cdc, app.bank, app.account, nil),
		staking.NewAppModule(cdc, app.staking, app.account, app.bank, nil),
		consensus.NewAppModule(cdc, app.consensus),
	)
	app.BasicManager = module.NewBasicManagerFromManager(app.modules, map[string]module.AppModuleBasic{
		genutiltypes.ModuleName: genutil.NewAppModuleBasic(genutiltypes.DefaultMessageValidator),
	})
	app.BasicManager.RegisterLegacyAminoCodec(app.encoding.amino)
	app.BasicManager.RegisterInterfaces(app.encoding.registry)

	app.modules.SetOrderPreBlockers(authtypes.ModuleName)
	app.modules.SetOrderBeginBlockers(stakingtypes.ModuleName)
	app.modules.SetOrderEndBlockers(stakingtypes.ModuleName)
	app.modules.SetOrderInitGenesis(
		authtypes.ModuleName, banktypes.ModuleName, stakingtypes.ModuleName,
		genutiltypes.ModuleName, consensustypes.ModuleName,
	)
	configurator := module.NewConfigurator(cdc, app.MsgServiceRouter(), app.GRPCQueryRouter())
	if err := app.modules.RegisterServices(configurator); err != nil {
		panic(fmt.Errorf("services of %s: %w", Name, err))
	}
}

func (app *App) setHandlers(keys map[string]*storetypes.KVStoreKey) {
	app.MountKVStores(keys)
	app.SetInitChainer(app.initChain)
	app.SetPreBlocker(func(ctx sdk.Context, _ *abci.RequestFinalizeBlock) (*sdk.ResponsePreBlock, error) {
		return app.modules.PreBlock(ctx)
	})
	app.SetBeginBlocker(app.modules.BeginBlock)
	app.SetEndBlocker(app.modules.EndBlock)
	handler, err := ante.NewAnteHandler(ante.HandlerOptions{
		AccountKeeper:   app.account,
		BankKeeper:      app.bank,
		SignModeHandler: app.encoding.txConfig.SignModeHandler(),
		SigGasConsumer:  ante.DefaultSigVerificationGasConsumer,
	})
	if err != nil {
		panic(fmt.Errorf("ante handler of %s: %w", Name, err))
	}
	app.SetAnteHandler(handler)
}

func (app *App) initChain(ctx sdk.Context, req *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var state map[string]json.RawMessage
	if err := json.Unmarshal(req.AppStateBytes, &state); err != nil {
		return nil, fmt.Errorf("app_state of the genesis document: %w", err)
	}
	return app.modules.InitGenesis(ctx, app.encoding.codec, state)
}

// TxConfig returns what is needed to build and sign a transaction.
func (app *App) TxConfig() client.TxConfig { return app.encoding.txConfig }
