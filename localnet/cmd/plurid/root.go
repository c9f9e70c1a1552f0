package main

import (
	"os"

	cmtcfg "github.com/cometbft/cometbft/config"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/spf13/cobra"

	"cosmossdk.io/log"

	"github.com/cosmos/cosmos-sdk/client"
	clientconfig "github.com/cosmos/cosmos-sdk/client/config"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/plurichain/plurichain/localnet/app"
)

// pureAnnotation marks a command that needs neither a node's folder nor a
// client's configuration. Others create both where they are missing, which
// would surprise whoever only asks for the version.
const pureAnnotation = "plurid_pure"

// newRootCommand returns plurid with all its commands.
func newRootCommand() (*cobra.Command, error) {
	// The command line is generated from the modules, so one is built that
	// never runs.
	template := app.New(log.NewNopLogger(), dbm.NewMemDB(), nil, false, noOptions{})

	clientCtx := client.Context{}.
		WithCodec(template.Encoding.Codec).
		WithInterfaceRegistry(template.Encoding.InterfaceRegistry).
		WithLegacyAmino(template.Encoding.LegacyAmino).
		WithTxConfig(template.Encoding.TxConfig).
		WithAccountRetriever(types.AccountRetriever{}).
		WithInput(os.Stdin).
		WithHomeDir(app.DefaultNodeHome).
		WithViper(envPrefix)

	root := &cobra.Command{
		Use:   "plurid",
		Short: "Run and use a plurigrid, a chain of sealed energy auctions",
		Example: `  plurid init my-node --chain-id grid-1
  plurid start
  plurid query bank balances pluri1...`,
		// An error of the chain says what is wrong; the usage would bury it.
		SilenceUsage: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if isPure(cmd) {
				return nil
			}
			return prepare(cmd, clientCtx)
		},
	}
	addCommands(root, template)
	if err := template.AutoCLIOptions(clientCtx).EnhanceRootCommand(root); err != nil {
		return nil, err
	}
	return root, nil
}

// noOptions is the configuration of an application that is not run.
type noOptions struct{}

// Get implements the SDK's AppOptions.
func (noOptions) Get(string) any { return nil }

// isPure tells whether cmd, or a command it belongs to, is marked pure.
func isPure(cmd *cobra.Command) bool {
	for ; cmd != nil; cmd = cmd.Parent() {
		if _, marked := cmd.Annotations[pureAnnotation]; marked {
			return true
		}
	}
	return false
}

// prepare reads flags, environment and the files under --home into the
// contexts that the SDK's commands expect.
func prepare(cmd *cobra.Command, clientCtx client.Context) error {
	// Where nothing was set, cobra's Println writes to standard error, and half
	// of the SDK's commands print their data with it.
	cmd.SetOut(cmd.OutOrStdout())

	clientCtx = clientCtx.WithCmdContext(cmd.Context())
	clientCtx, err := client.ReadPersistentCommandFlags(clientCtx, cmd.Flags())
	if err != nil {
		return err
	}
	clientCtx, err = clientconfig.ReadFromClientConfig(clientCtx)
	if err != nil {
		return err
	}
	if err := client.SetCmdClientContextHandler(clientCtx, cmd); err != nil {
		return err
	}
	return setServerContext(cmd)
}

// setServerContext does what the SDK's own handler does, except that the log
// goes to standard error: standard output is for data.
func setServerContext(cmd *cobra.Command) error {
	template, config := appConfig()
	context, err := server.InterceptConfigsAndCreateContext(cmd, template, config, cmtcfg.DefaultConfig())
	if err != nil {
		return err
	}
	if !isColored() {
		context.Viper.Set(flags.FlagLogNoColor, true)
	}
	logger, err := server.CreateSDKLogger(context, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	context.Logger = logger.With(log.ModuleKey, "server")
	return server.SetCmdServerContext(cmd, context)
}

// isColored tells whether the log goes to somebody who can see colors. A file
// or a pipe would get escape codes between the words.
func isColored() bool {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := os.Stderr.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
