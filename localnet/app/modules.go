package app

import (
	"cosmossdk.io/x/evidence"
	evidencetypes "cosmossdk.io/x/evidence/types"
	"cosmossdk.io/x/feegrant"
	feegrantmodule "cosmossdk.io/x/feegrant/module"
	"cosmossdk.io/x/upgrade"
	upgradetypes "cosmossdk.io/x/upgrade/types"

	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authsims "github.com/cosmos/cosmos-sdk/x/auth/simulation"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/auth/vesting"
	vestingtypes "github.com/cosmos/cosmos-sdk/x/auth/vesting/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	authzmodule "github.com/cosmos/cosmos-sdk/x/authz/module"
	"github.com/cosmos/cosmos-sdk/x/bank"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/consensus"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	distr "github.com/cosmos/cosmos-sdk/x/distribution"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/gov"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	"github.com/cosmos/cosmos-sdk/x/mint"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	"github.com/cosmos/cosmos-sdk/x/slashing"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	"github.com/cosmos/ibc-apps/middleware/packet-forward-middleware/v10/packetforward"
	forwardtypes "github.com/cosmos/ibc-apps/middleware/packet-forward-middleware/v10/packetforward/types"
	ica "github.com/cosmos/ibc-go/v10/modules/apps/27-interchain-accounts"
	icatypes "github.com/cosmos/ibc-go/v10/modules/apps/27-interchain-accounts/types"
	"github.com/cosmos/ibc-go/v10/modules/apps/transfer"
	transfertypes "github.com/cosmos/ibc-go/v10/modules/apps/transfer/types"
	ibc "github.com/cosmos/ibc-go/v10/modules/core"
	ibcexported "github.com/cosmos/ibc-go/v10/modules/core/exported"
	ibctm "github.com/cosmos/ibc-go/v10/modules/light-clients/07-tendermint"

	"github.com/plurichain/plurichain/localnet/x/auction"
	auctiontypes "github.com/plurichain/plurichain/localnet/x/auction/types"
	"github.com/plurichain/plurichain/localnet/x/energy"
	energytypes "github.com/plurichain/plurichain/localnet/x/energy/types"
)

// newModuleManager wires every module to its keeper. The nil arguments are
// x/params subspaces of chains older than SDK 0.47.
func (app *App) newModuleManager() *module.Manager {
	cdc, registry := app.Encoding.Codec, app.Encoding.InterfaceRegistry
	return module.NewManager(
		genutil.NewAppModule(app.Account, app.Staking, app, app.Encoding.TxConfig),
		auth.NewAppModule(cdc, app.Account, authsims.RandomGenesisAccounts, nil),
		vesting.NewAppModule(app.Account, app.Bank),
		bank.NewAppModule(cdc, app.Bank, app.Account, nil),
		staking.NewAppModule(cdc, app.Staking, app.Account, app.Bank, nil),
		slashing.NewAppModule(cdc, app.Slashing, app.Account, app.Bank, app.Staking, nil, registry),
		mint.NewAppModule(cdc, app.Mint, app.Account, nil, nil),
		distr.NewAppModule(cdc, app.Distr, app.Account, app.Bank, app.Staking, nil),
		gov.NewAppModule(cdc, app.Gov, app.Account, app.Bank, nil),
		evidence.NewAppModule(*app.Evidence),
		consensus.NewAppModule(cdc, app.Consensus),
		authzmodule.NewAppModule(cdc, app.Authz, app.Account, app.Bank, registry),
		feegrantmodule.NewAppModule(cdc, app.Account, app.Bank, app.FeeGrant, registry),
		upgrade.NewAppModule(app.Upgrade, app.Account.AddressCodec()),
		ibc.NewAppModule(app.IBC),
		ibctm.NewAppModule(app.Tendermint),
		transfer.NewAppModule(app.Transfer),
		packetforward.NewAppModule(app.Forward, nil),
		ica.NewAppModule(&app.ICAController, &app.ICAHost),
		auction.NewAppModule(cdc, app.Auction, app.Account, app.Bank),
		energy.NewAppModule(cdc, app.Energy, app.Account, app.Bank),
	)
}

// setModuleOrders fixes who runs before whom. The manager refuses a list that
// forgets a module with something to do.
func setModuleOrders(manager *module.Manager) {
	// An upgrade may change what every other module expects to find.
	manager.SetOrderPreBlockers(upgradetypes.ModuleName, authtypes.ModuleName)

	// Rewards are paid out before a validator can be slashed, so that nothing
	// of a slashed stake earns in the same block.
	manager.SetOrderBeginBlockers(
		minttypes.ModuleName,
		distrtypes.ModuleName,
		slashingtypes.ModuleName,
		evidencetypes.ModuleName,
		stakingtypes.ModuleName,
		ibcexported.ModuleName,
		transfertypes.ModuleName,
		icatypes.ModuleName,
		genutiltypes.ModuleName,
		authz.ModuleName,
	)
	// Auctions end first: what they pay out can be staked or voted with, and
	// what they forfeit belongs to the pool, before anybody else looks.
	manager.SetOrderEndBlockers(
		auctiontypes.ModuleName,
		govtypes.ModuleName,
		stakingtypes.ModuleName,
		ibcexported.ModuleName,
		transfertypes.ModuleName,
		icatypes.ModuleName,
		genutiltypes.ModuleName,
		feegrant.ModuleName,
	)
	manager.SetOrderInitGenesis(genesisOrder()...)
	manager.SetOrderExportGenesis(genesisOrder()...)
}

// genesisOrder puts accounts and balances first, since others check what they
// hold against them, and genutil after staking, since its transactions create
// the first validators.
func genesisOrder() []string {
	return []string{
		authtypes.ModuleName,
		banktypes.ModuleName,
		distrtypes.ModuleName,
		stakingtypes.ModuleName,
		slashingtypes.ModuleName,
		govtypes.ModuleName,
		minttypes.ModuleName,
		auctiontypes.ModuleName,
		energytypes.ModuleName,
		ibcexported.ModuleName,
		ibctm.ModuleName,
		genutiltypes.ModuleName,
		evidencetypes.ModuleName,
		transfertypes.ModuleName,
		forwardtypes.ModuleName,
		icatypes.ModuleName,
		authz.ModuleName,
		feegrant.ModuleName,
		upgradetypes.ModuleName,
		vestingtypes.ModuleName,
		consensustypes.ModuleName,
	}
}
