package app

import (
	"fmt"
	"io"
	"sync"

	dbm "github.com/cosmos/cosmos-db"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
	reflectionv1 "cosmossdk.io/api/cosmos/reflection/v1"
	"cosmossdk.io/log"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/runtime"
	runtimeservices "github.com/cosmos/cosmos-sdk/runtime/services"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/version"
)

var (
	_ runtime.AppI            = (*App)(nil)
	_ servertypes.Application = (*App)(nil)
)

// App is one plurigrid: the SDK's modules, IBC and the auctions, on top of
// BaseApp.
type App struct {
	*baseapp.BaseApp
	*Keepers

	// Encoding is shared with clients that build transactions for this chain.
	Encoding Encoding
	// BasicManager knows the modules without their state: codecs, default
	// genesis, command line.
	BasicManager module.BasicManager

	keys         storeKeys
	modules      *module.Manager
	simulation   *module.SimulationManager
	configurator module.Configurator
	closed       sync.Once
}

// New builds the application over db. With loadLatest it opens the newest
// committed state; without, the caller loads a height itself. It panics when
// the wiring is wrong or the database cannot be read: there is no chain to run
// then.
func New(
	logger log.Logger, db dbm.DB, trace io.Writer, loadLatest bool,
	options servertypes.AppOptions, baseOptions ...func(*baseapp.BaseApp),
) *App {
	app, err := build(logger, db, trace, options, baseOptions)
	if err == nil && loadLatest {
		err = app.load()
	}
	if err != nil {
		panic(fmt.Errorf("cannot build %s: %w", Name, err))
	}
	return app
}

func build(
	logger log.Logger, db dbm.DB, trace io.Writer,
	options servertypes.AppOptions, baseOptions []func(*baseapp.BaseApp),
) (*App, error) {
	encoding, err := newEncoding()
	if err != nil {
		return nil, err
	}
	base := baseapp.NewBaseApp(Name, logger, db, encoding.TxConfig.TxDecoder(), baseOptions...)
	base.SetCommitMultiStoreTracer(trace)
	base.SetVersion(version.Version)
	base.SetInterfaceRegistry(encoding.InterfaceRegistry)
	base.SetTxEncoder(encoding.TxConfig.TxEncoder())

	keys := newStoreKeys()
	if err := base.RegisterStreamingServices(options, keys); err != nil {
		return nil, fmt.Errorf("streaming services: %w", err)
	}
	app := &App{
		BaseApp:  base,
		Keepers:  newKeepers(base, keys, encoding, logger, options),
		Encoding: encoding,
		keys:     keys,
	}
	base.SetParamStore(app.Consensus.ParamsStore)
	if err := app.setModules(); err != nil {
		return nil, err
	}
	app.setHandlers()
	app.setUpgradeHandlers()
	return app, nil
}

// load opens the newest state. Only here is the node's folder looked at, so
// that an application built for its types alone leaves no trace on disk.
func (app *App) load() error {
	if err := app.setUpgradeStores(); err != nil {
		return err
	}
	return app.LoadLatestVersion()
}

// setModules registers the modules' types, services and simulations.
func (app *App) setModules() error {
	app.modules = app.newModuleManager()
	app.BasicManager = newBasicManager(app.modules)
	app.BasicManager.RegisterLegacyAminoCodec(app.Encoding.LegacyAmino)
	app.BasicManager.RegisterInterfaces(app.Encoding.InterfaceRegistry)
	setModuleOrders(app.modules)

	app.configurator = module.NewConfigurator(app.Encoding.Codec, app.MsgServiceRouter(), app.GRPCQueryRouter())
	if err := app.modules.RegisterServices(app.configurator); err != nil {
		return fmt.Errorf("module services: %w", err)
	}
	if err := app.registerReflection(); err != nil {
		return err
	}
	app.simulation = module.NewSimulationManagerFromAppModules(app.modules.Modules, nil)
	app.simulation.RegisterStoreDecoders()
	return validateServices()
}

// registerReflection lets a client ask a node which modules and messages it
// has, which is how generic tools speak to a chain they were not built for.
func (app *App) registerReflection() error {
	autocliv1.RegisterQueryServer(app.GRPCQueryRouter(), runtimeservices.NewAutoCLIQueryService(app.modules.Modules))
	reflection, err := runtimeservices.NewReflectionService()
	if err != nil {
		return fmt.Errorf("reflection service: %w", err)
	}
	reflectionv1.RegisterReflectionServiceServer(app.GRPCQueryRouter(), reflection)
	return nil
}

// setHandlers ties the application to the phases of a block.
func (app *App) setHandlers() {
	app.MountKVStores(app.keys)
	app.SetInitChainer(app.InitChainer)
	app.SetPreBlocker(app.PreBlocker)
	app.SetBeginBlocker(app.BeginBlocker)
	app.SetEndBlocker(app.EndBlocker)
	app.SetAnteHandler(newAnteHandler(app.Keepers, app.Encoding.TxConfig))
}
