package app

import (
	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/ibc-apps/middleware/packet-forward-middleware/v10/packetforward"
	forwardkeeper "github.com/cosmos/ibc-apps/middleware/packet-forward-middleware/v10/packetforward/keeper"
	forwardtypes "github.com/cosmos/ibc-apps/middleware/packet-forward-middleware/v10/packetforward/types"
	icacontroller "github.com/cosmos/ibc-go/v10/modules/apps/27-interchain-accounts/controller"
	icacontrollerkeeper "github.com/cosmos/ibc-go/v10/modules/apps/27-interchain-accounts/controller/keeper"
	icacontrollertypes "github.com/cosmos/ibc-go/v10/modules/apps/27-interchain-accounts/controller/types"
	icahost "github.com/cosmos/ibc-go/v10/modules/apps/27-interchain-accounts/host"
	icahostkeeper "github.com/cosmos/ibc-go/v10/modules/apps/27-interchain-accounts/host/keeper"
	icahosttypes "github.com/cosmos/ibc-go/v10/modules/apps/27-interchain-accounts/host/types"
	"github.com/cosmos/ibc-go/v10/modules/apps/transfer"
	transferkeeper "github.com/cosmos/ibc-go/v10/modules/apps/transfer/keeper"
	transfertypes "github.com/cosmos/ibc-go/v10/modules/apps/transfer/types"
	transferv2 "github.com/cosmos/ibc-go/v10/modules/apps/transfer/v2"
	porttypes "github.com/cosmos/ibc-go/v10/modules/core/05-port/types"
	ibcapi "github.com/cosmos/ibc-go/v10/modules/core/api"
	ibcexported "github.com/cosmos/ibc-go/v10/modules/core/exported"
	ibckeeper "github.com/cosmos/ibc-go/v10/modules/core/keeper"
	ibctm "github.com/cosmos/ibc-go/v10/modules/light-clients/07-tendermint"
)

// IBCKeepers are the keepers of the protocol and of the applications on it.
type IBCKeepers struct {
	IBC           *ibckeeper.Keeper
	Transfer      transferkeeper.Keeper
	Forward       *forwardkeeper.Keeper
	ICAController icacontrollerkeeper.Keeper
	ICAHost       icahostkeeper.Keeper

	// Tendermint verifies the headers of counterparties that run CometBFT.
	Tendermint ibctm.LightClientModule
}

// setIBC builds the IBC keepers and closes the routers: from here on no port
// can be bound by anybody else.
//
// The legacy parameter subspaces are nil. They serve only migrations from
// versions that kept parameters in x/params, and no such chain exists here.
func (k *Keepers) setIBC(base *baseapp.BaseApp, keys storeKeys, encoding Encoding) {
	k.IBC = ibckeeper.NewKeeper(
		encoding.Codec, keys.service(ibcexported.StoreKey), nil, k.Upgrade, Authority(),
	)
	k.Transfer = transferkeeper.NewKeeper(
		encoding.Codec, keys.service(transfertypes.StoreKey), nil,
		k.IBC.ChannelKeeper, k.IBC.ChannelKeeper, base.MsgServiceRouter(), k.Account, k.Bank, Authority(),
	)
	k.Forward = forwardkeeper.NewKeeper(
		encoding.Codec, keys.service(forwardtypes.StoreKey), k.Transfer,
		k.IBC.ChannelKeeper, k.Bank, k.IBC.ChannelKeeper, Authority(),
	)
	k.ICAController = icacontrollerkeeper.NewKeeper(
		encoding.Codec, keys.service(icacontrollertypes.StoreKey), nil,
		k.IBC.ChannelKeeper, k.IBC.ChannelKeeper, base.MsgServiceRouter(), Authority(),
	)
	k.ICAHost = icahostkeeper.NewKeeper(
		encoding.Codec, keys.service(icahosttypes.StoreKey), nil,
		k.IBC.ChannelKeeper, k.IBC.ChannelKeeper, k.Account,
		base.MsgServiceRouter(), base.GRPCQueryRouter(), Authority(),
	)
	k.IBC.SetRouter(k.newClassicRouter())
	k.IBC.SetRouterV2(k.newV2Router())

	clients := k.IBC.ClientKeeper
	k.Tendermint = ibctm.NewLightClientModule(encoding.Codec, clients.GetStoreProvider())
	clients.AddRoute(ibctm.ModuleName, &k.Tendermint)
}

// forwardRetries is how often a forwarded packet that timed out is sent again where its memo
// does not say: not at all, so that its sender learns of it first.
const forwardRetries = 0

// newClassicRouter routes packets that travel over channels. A transfer whose memo asks for it
// goes on to the next chain; what is sent passes the forwarding unchanged, so transfers hand
// their packets straight to the channels.
func (k *Keepers) newClassicRouter() *porttypes.Router {
	return porttypes.NewRouter().
		AddRoute(transfertypes.ModuleName, packetforward.NewIBCMiddleware(
			transfer.NewIBCModule(k.Transfer), k.Forward,
			forwardRetries, forwardkeeper.DefaultForwardTransferPacketTimeoutTimestamp,
		)).
		AddRoute(icacontrollertypes.SubModuleName, icacontroller.NewIBCMiddleware(k.ICAController)).
		AddRoute(icahosttypes.SubModuleName, icahost.NewIBCModule(k.ICAHost))
}

// newV2Router routes packets that travel between clients without a channel.
func (k *Keepers) newV2Router() *ibcapi.Router {
	return ibcapi.NewRouter().
		AddRoute(transfertypes.PortID, transferv2.NewIBCModule(k.Transfer))
}
