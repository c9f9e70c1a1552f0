package app

import (
	"fmt"

	"github.com/cosmos/gogoproto/proto"

	"cosmossdk.io/x/tx/signing"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/std"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
)

// Encoding holds the codecs that node, client and tests must share to agree on
// the bytes of a transaction.
type Encoding struct {
	InterfaceRegistry types.InterfaceRegistry
	Codec             codec.Codec
	LegacyAmino       *codec.LegacyAmino
	TxConfig          client.TxConfig
}

// newEncoding returns codecs that know the SDK's own types; the modules add
// theirs when they are wired.
func newEncoding() (Encoding, error) {
	registry, err := types.NewInterfaceRegistryWithOptions(types.InterfaceRegistryOptions{
		ProtoFiles: proto.HybridResolver,
		SigningOptions: signing.Options{
			AddressCodec:          accountCodec(),
			ValidatorAddressCodec: validatorCodec(),
		},
	})
	if err != nil {
		return Encoding{}, fmt.Errorf("interface registry: %w", err)
	}
	cdc := codec.NewProtoCodec(registry)
	encoding := Encoding{
		InterfaceRegistry: registry,
		Codec:             cdc,
		LegacyAmino:       codec.NewLegacyAmino(),
		TxConfig:          authtx.NewTxConfig(cdc, authtx.DefaultSignModes),
	}
	std.RegisterLegacyAminoCodec(encoding.LegacyAmino)
	std.RegisterInterfaces(registry)
	return encoding, nil
}

// validateServices finds mistakes in the proto files of linked modules (a
// message without a signer, a service without its annotation) at start instead
// of at the first transaction that meets them.
func validateServices() error {
	files, err := proto.MergedRegistry()
	if err != nil {
		return fmt.Errorf("proto files disagree: %w", err)
	}
	if err := msgservice.ValidateProtoAnnotations(files); err != nil {
		return fmt.Errorf("proto annotations: %w", err)
	}
	return nil
}

func accountCodec() address.Bech32Codec {
	return address.Bech32Codec{Bech32Prefix: sdk.GetConfig().GetBech32AccountAddrPrefix()}
}

func validatorCodec() address.Bech32Codec {
	return address.Bech32Codec{Bech32Prefix: sdk.GetConfig().GetBech32ValidatorAddrPrefix()}
}

func consensusCodec() address.Bech32Codec {
	return address.Bech32Codec{Bech32Prefix: sdk.GetConfig().GetBech32ConsensusAddrPrefix()}
}
