package app

import (
	"encoding/json"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// InitChainer builds the first state from a genesis document.
func (app *App) InitChainer(ctx sdk.Context, req *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var genesis GenesisState
	if err := json.Unmarshal(req.AppStateBytes, &genesis); err != nil {
		return nil, fmt.Errorf("app_state of the genesis document: %w", err)
	}
	// The versions are stored so that a later upgrade knows which migrations
	// this chain still lacks.
	if err := app.Upgrade.SetModuleVersionMap(ctx, app.modules.GetVersionMap()); err != nil {
		return nil, fmt.Errorf("module versions: %w", err)
	}
	return app.modules.InitGenesis(ctx, app.Encoding.Codec, genesis)
}

// PreBlocker runs before everything else in a block: upgrades, and forgetting
// the nonces of unordered transactions whose time-out has passed.
func (app *App) PreBlocker(ctx sdk.Context, _ *abci.RequestFinalizeBlock) (*sdk.ResponsePreBlock, error) {
	return app.modules.PreBlock(ctx)
}

// BeginBlocker runs before the transactions of a block.
func (app *App) BeginBlocker(ctx sdk.Context) (sdk.BeginBlock, error) {
	return app.modules.BeginBlock(ctx)
}

// EndBlocker runs after the transactions of a block.
func (app *App) EndBlocker(ctx sdk.Context) (sdk.EndBlock, error) {
	return app.modules.EndBlock(ctx)
}

// LoadHeight opens the state committed at height.
func (app *App) LoadHeight(height int64) error {
	return app.LoadVersion(height)
}

// Close releases the database. A stopping server calls it more than once, and
// a database closed twice would report an error where there is none.
func (app *App) Close() error {
	var err error
	app.closed.Do(func() { err = app.BaseApp.Close() })
	return err
}
