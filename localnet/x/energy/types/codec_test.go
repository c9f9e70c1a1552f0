package types

import (
	"strings"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	protov2 "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"cosmossdk.io/api/amino"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Every message of the service is registered, and its Amino name is the one that
// the proto file declares: a hardware key signs the former, a client reads the
// latter.
func TestMessagesAreRegisteredUnderTheirDeclaredNames(t *testing.T) {
	registry := codectypes.NewInterfaceRegistry()
	RegisterInterfaces(registry)
	legacy := codec.NewLegacyAmino()
	RegisterLegacyAminoCodec(legacy)

	files, err := proto.MergedRegistry()
	require.NoError(t, err)
	service, err := files.FindDescriptorByName("plurichain.energy.v1.Msg")
	require.NoError(t, err)
	methods := service.(protoreflect.ServiceDescriptor).Methods()
	require.Equal(t, 11, methods.Len())
	for i := range methods.Len() {
		input := methods.Get(i).Input()
		msg, err := registry.Resolve("/" + string(input.FullName()))
		require.NoError(t, err)
		require.Implements(t, (*sdk.Msg)(nil), msg)
		data, err := legacy.MarshalJSON(msg)
		require.NoError(t, err)
		name := protov2.GetExtension(input.Options(), amino.E_Name).(string)
		require.True(t, strings.HasPrefix(string(data), `{"type":"`+name+`"`), "%s: %s", name, data)
	}
}
