package types

import (
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/legacy"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
)

// RegisterInterfaces lets transactions carry the module's messages.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil),
		&MsgCreateAuction{},
		&MsgCancelAuction{},
		&MsgCommitBid{},
		&MsgRevealBid{},
		&MsgClaimPayout{},
		&MsgConfirmDelivery{},
		&MsgForfeitDeposit{},
		&MsgUpdateParams{},
	)
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}

// RegisterLegacyAminoCodec names the messages for devices that sign Amino JSON.
// The names are those of the proto annotations.
func RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	legacy.RegisterAminoMsg(cdc, &MsgCreateAuction{}, "plurichain/auction/MsgCreateAuction")
	legacy.RegisterAminoMsg(cdc, &MsgCancelAuction{}, "plurichain/auction/MsgCancelAuction")
	legacy.RegisterAminoMsg(cdc, &MsgCommitBid{}, "plurichain/auction/MsgCommitBid")
	legacy.RegisterAminoMsg(cdc, &MsgRevealBid{}, "plurichain/auction/MsgRevealBid")
	legacy.RegisterAminoMsg(cdc, &MsgClaimPayout{}, "plurichain/auction/MsgClaimPayout")
	legacy.RegisterAminoMsg(cdc, &MsgConfirmDelivery{}, "plurichain/auction/MsgConfirmDelivery")
	legacy.RegisterAminoMsg(cdc, &MsgForfeitDeposit{}, "plurichain/auction/MsgForfeitDeposit")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "plurichain/x/auction/MsgUpdateParams")
	cdc.RegisterConcrete(&Params{}, "plurichain/x/auction/Params", nil)
}
