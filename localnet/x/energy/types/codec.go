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
		&MsgSetIssuingBody{},
		&MsgRegisterDevice{},
		&MsgSetDeviceStatus{},
		&MsgSubmitReadings{},
		&MsgIssueCredits{},
		&MsgChargeStorage{},
		&MsgRecordAttributes{},
		&MsgRetireCredits{},
		&MsgRegisterPath{},
		&MsgRemovePath{},
		&MsgUpdateParams{},
	)
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}

// RegisterLegacyAminoCodec names the messages for devices that sign Amino JSON.
// The names are those of the proto annotations.
func RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	legacy.RegisterAminoMsg(cdc, &MsgSetIssuingBody{}, "plurichain/energy/MsgSetIssuingBody")
	legacy.RegisterAminoMsg(cdc, &MsgRegisterDevice{}, "plurichain/energy/MsgRegisterDevice")
	legacy.RegisterAminoMsg(cdc, &MsgSetDeviceStatus{}, "plurichain/energy/MsgSetDeviceStatus")
	legacy.RegisterAminoMsg(cdc, &MsgSubmitReadings{}, "plurichain/energy/MsgSubmitReadings")
	legacy.RegisterAminoMsg(cdc, &MsgIssueCredits{}, "plurichain/energy/MsgIssueCredits")
	legacy.RegisterAminoMsg(cdc, &MsgChargeStorage{}, "plurichain/energy/MsgChargeStorage")
	legacy.RegisterAminoMsg(cdc, &MsgRecordAttributes{}, "plurichain/energy/MsgRecordAttributes")
	legacy.RegisterAminoMsg(cdc, &MsgRetireCredits{}, "plurichain/energy/MsgRetireCredits")
	legacy.RegisterAminoMsg(cdc, &MsgRegisterPath{}, "plurichain/energy/MsgRegisterPath")
	legacy.RegisterAminoMsg(cdc, &MsgRemovePath{}, "plurichain/energy/MsgRemovePath")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "plurichain/x/energy/MsgUpdateParams")
}
