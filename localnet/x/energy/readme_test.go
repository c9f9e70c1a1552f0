package energy

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/plurichain/plurichain/localnet/x/energy/keeper"
	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// The README names every message, event, parameter, invariant and error, and the
// command line every query and message: what is not in it does not exist for a
// reader.
func TestReadmeIsComplete(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	readme := string(text)
	files, err := proto.MergedRegistry()
	require.NoError(t, err)
	files.RangeFilesByPackage("plurichain.energy.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Messages().Len() {
			name := string(file.Messages().Get(i).Name())
			isEvent := strings.HasPrefix(name, "Event")
			isMsg := strings.HasPrefix(name, "Msg") && !strings.HasSuffix(name, "Response")
			if isEvent || isMsg {
				require.Contains(t, readme, name)
			}
		}
		return true
	})
	params, err := files.FindDescriptorByName("plurichain.energy.v1.Params")
	require.NoError(t, err)
	fields := params.(protoreflect.MessageDescriptor).Fields()
	for i := range fields.Len() {
		require.Contains(t, readme, "`"+string(fields.Get(i).Name())+"`")
	}
	for _, invariant := range (keeper.Keeper{}).Invariants() {
		require.Contains(t, readme, "| `"+invariant.Name+"` |")
	}
	for code := 2; code <= int(types.ErrRetirementNotFound.ABCICode()); code++ {
		require.Contains(t, readme, "| "+strconv.Itoa(code)+" | `Err")
	}
}

func TestEveryMethodHasACommandWithHelp(t *testing.T) {
	files, err := proto.MergedRegistry()
	require.NoError(t, err)
	options := AppModule{}.AutoCLIOptions()
	commands := map[string]bool{}
	for _, command := range append(options.Query.RpcCommandOptions, options.Tx.RpcCommandOptions...) {
		require.NotEmpty(t, command.Short, command.RpcMethod)
		require.NotEmpty(t, command.Use, command.RpcMethod)
		commands[command.RpcMethod] = true
	}
	for _, service := range []string{options.Query.Service, options.Tx.Service} {
		found, err := files.FindDescriptorByName(protoreflect.FullName(service))
		require.NoError(t, err)
		methods := found.(protoreflect.ServiceDescriptor).Methods()
		for i := range methods.Len() {
			require.True(t, commands[string(methods.Get(i).Name())], "%s has no command", methods.Get(i).FullName())
		}
	}
}
