package alien

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
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
)

type encoding struct {
	accounts   address.Bech32Codec
	validators address.Bech32Codec
	consensus  address.Bech32Codec
	registry   types.InterfaceRegistry
	codec      codec.Codec
	amino      *codec.LegacyAmino
	txConfig   client.TxConfig
}

// The SDK turns addresses into text through a global; see the same place in
// plurid's app.
func init() {
	config := sdk.GetConfig()
	config.SetBech32PrefixForAccount(Prefix, Prefix+"pub")
	config.SetBech32PrefixForValidator(Prefix+"valoper", Prefix+"valoperpub")
	config.SetBech32PrefixForConsensusNode(Prefix+"valcons", Prefix+"valconspub")
	sdk.DefaultBondDenom = BondDenom
}

func newEncoding() encoding {
	e := encoding{
		accounts:   address.Bech32Codec{Bech32Prefix: Prefix},
		validators: address.Bech32Codec{Bech32Prefix: Prefix + "valoper"},
		consensus:  address.Bech32Codec{Bech32Prefix: Prefix + "valcons"},
		amino:      codec.NewLegacyAmino(),
	}
	registry, err := types.NewInterfaceRegistryWithOptions(types.InterfaceRegistryOptions{
		ProtoFiles: proto.HybridResolver,
		SigningOptions: signing.Options{
			AddressCodec: e.accounts, ValidatorAddressCodec: e.validators,
		},
	})
	if err != nil {
		panic(fmt.Errorf("interface registry of %s: %w", Name, err))
	}
	e.registry = registry
	e.codec = codec.NewProtoCodec(registry)
	e.txConfig = authtx.NewTxConfig(e.codec, authtx.DefaultSignModes)
	std.RegisterLegacyAminoCodec(e.amino)
	std.RegisterInterfaces(registry)
	return e
}

// ClientContext returns what the commands of this chain start from.
func (app *App) ClientContext() client.Context {
	return client.Context{}.
		WithCodec(app.encoding.codec).
		WithInterfaceRegistry(app.encoding.registry).
		WithLegacyAmino(app.encoding.amino).
		WithTxConfig(app.encoding.txConfig).
		WithAccountRetriever(authtypes.AccountRetriever{})
}
