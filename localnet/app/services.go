package app

import (
	"fmt"

	"cosmossdk.io/client/v2/autocli"
	"cosmossdk.io/core/appmodule"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/grpc/cmtservice"
	nodeservice "github.com/cosmos/cosmos-sdk/client/grpc/node"
	"github.com/cosmos/cosmos-sdk/codec"
	runtimeservices "github.com/cosmos/cosmos-sdk/runtime/services"
	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/server/api"
	"github.com/cosmos/cosmos-sdk/server/config"
	"github.com/cosmos/cosmos-sdk/types/module"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
)

// LegacyAmino returns the amino codec, which only old sign modes use.
func (app *App) LegacyAmino() *codec.LegacyAmino { return app.Encoding.LegacyAmino }

// TxConfig returns what is needed to build and sign a transaction.
func (app *App) TxConfig() client.TxConfig { return app.Encoding.TxConfig }

// SimulationManager returns the modules' random operations.
func (app *App) SimulationManager() *module.SimulationManager { return app.simulation }

// RegisterAPIRoutes puts the REST gateway of all modules on the API server.
func (app *App) RegisterAPIRoutes(apiServer *api.Server, apiConfig config.APIConfig) {
	clientCtx, router := apiServer.ClientCtx, apiServer.GRPCGatewayRouter
	authtx.RegisterGRPCGatewayRoutes(clientCtx, router)
	cmtservice.RegisterGRPCGatewayRoutes(clientCtx, router)
	nodeservice.RegisterGRPCGatewayRoutes(clientCtx, router)
	app.BasicManager.RegisterGRPCGatewayRoutes(clientCtx, router)
	if err := server.RegisterSwaggerAPI(clientCtx, apiServer.Router, apiConfig.Swagger); err != nil {
		panic(fmt.Errorf("swagger routes: %w", err))
	}
}

// RegisterTxService serves simulation, broadcast and look-up of transactions.
func (app *App) RegisterTxService(clientCtx client.Context) {
	authtx.RegisterTxService(app.GRPCQueryRouter(), clientCtx, app.Simulate, app.Encoding.InterfaceRegistry)
}

// RegisterTendermintService serves blocks, validators and the sync state.
func (app *App) RegisterTendermintService(clientCtx client.Context) {
	wrapped := server.NewCometABCIWrapper(app)
	cmtservice.RegisterTendermintService(
		clientCtx, app.GRPCQueryRouter(), app.Encoding.InterfaceRegistry, wrapped.Query,
	)
}

// RegisterNodeService serves the node's own configuration, such as its minimum
// gas price.
func (app *App) RegisterNodeService(clientCtx client.Context, cfg config.Config) {
	nodeservice.RegisterNodeService(clientCtx, app.GRPCQueryRouter(), cfg)
}

// AutoCLIOptions describes the modules to the generated command line.
func (app *App) AutoCLIOptions(clientCtx client.Context) autocli.AppOptions {
	modules := make(map[string]appmodule.AppModule)
	for name, candidate := range app.modules.Modules {
		if typed, ok := candidate.(appmodule.AppModule); ok {
			modules[name] = typed
		}
	}
	return autocli.AppOptions{
		Modules:               modules,
		ModuleOptions:         runtimeservices.ExtractAutoCLIOptions(app.modules.Modules),
		AddressCodec:          accountCodec(),
		ValidatorAddressCodec: validatorCodec(),
		ConsensusAddressCodec: consensusCodec(),
		ClientCtx:             clientCtx,
	}
}
