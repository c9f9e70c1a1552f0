package app

import (
	"encoding/json"

	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/gov"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
)

// GenesisState is the app_state of a genesis document: one entry a module.
type GenesisState map[string]json.RawMessage

// DefaultGenesis returns the state that `plurid init` writes. It names no
// account and no coin but the staking denomination: coins such as watthour
// enter through the composer of the genesis.
func (app *App) DefaultGenesis() GenesisState {
	return app.BasicManager.DefaultGenesis(app.Encoding.Codec)
}

// newBasicManager returns the stateless side of the modules. Two of them need
// to be told more than their stateful side knows: which messages a genesis
// transaction may hold, and that there are no proposal types of old.
func newBasicManager(manager *module.Manager) module.BasicManager {
	return module.NewBasicManagerFromManager(manager, map[string]module.AppModuleBasic{
		genutiltypes.ModuleName: genutil.NewAppModuleBasic(genutiltypes.DefaultMessageValidator),
		govtypes.ModuleName:     gov.NewAppModuleBasic(nil),
	})
}
