package app

import (
	corestore "cosmossdk.io/core/store"
	storetypes "cosmossdk.io/store/types"
	evidencetypes "cosmossdk.io/x/evidence/types"
	"cosmossdk.io/x/feegrant"
	upgradetypes "cosmossdk.io/x/upgrade/types"

	"github.com/cosmos/cosmos-sdk/runtime"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	authzkeeper "github.com/cosmos/cosmos-sdk/x/authz/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	forwardtypes "github.com/cosmos/ibc-apps/middleware/packet-forward-middleware/v10/packetforward/types"
	icacontrollertypes "github.com/cosmos/ibc-go/v10/modules/apps/27-interchain-accounts/controller/types"
	icahosttypes "github.com/cosmos/ibc-go/v10/modules/apps/27-interchain-accounts/host/types"
	transfertypes "github.com/cosmos/ibc-go/v10/modules/apps/transfer/types"
	ibcexported "github.com/cosmos/ibc-go/v10/modules/core/exported"

	auctiontypes "github.com/plurichain/plurichain/localnet/x/auction/types"
	energytypes "github.com/plurichain/plurichain/localnet/x/energy/types"
)

// storeKeys are the substores under the application hash. Their names are part
// of every proof, so a name never changes once a chain has run.
type storeKeys map[string]*storetypes.KVStoreKey

func newStoreKeys() storeKeys {
	return storetypes.NewKVStoreKeys(
		authtypes.StoreKey,
		banktypes.StoreKey,
		stakingtypes.StoreKey,
		slashingtypes.StoreKey,
		minttypes.StoreKey,
		distrtypes.StoreKey,
		govtypes.StoreKey,
		evidencetypes.StoreKey,
		consensustypes.StoreKey,
		authzkeeper.StoreKey,
		feegrant.StoreKey,
		upgradetypes.StoreKey,
		ibcexported.StoreKey,
		transfertypes.StoreKey,
		forwardtypes.StoreKey,
		icacontrollertypes.StoreKey,
		icahosttypes.StoreKey,
		auctiontypes.StoreKey,
		energytypes.StoreKey,
	)
}

// service gives a keeper its own substore, and no way to reach another.
func (k storeKeys) service(name string) corestore.KVStoreService {
	key, found := k[name]
	if !found {
		panic("no store is named " + name)
	}
	return runtime.NewKVStoreService(key)
}
