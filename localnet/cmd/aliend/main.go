// Command aliend runs the chain of internal/alien, with the few commands that
// a test harness needs to compose a genesis and start a node.
package main

import (
	"io"
	"os"
	"path/filepath"

	cmtcfg "github.com/cometbft/cometbft/config"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/spf13/cobra"

	"cosmossdk.io/log"

	"github.com/cosmos/cosmos-sdk/client"
	clientconfig "github.com/cosmos/cosmos-sdk/client/config"
	"github.com/cosmos/cosmos-sdk/client/keys"
	"github.com/cosmos/cosmos-sdk/server"
	servercmd "github.com/cosmos/cosmos-sdk/server/cmd"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"

	"github.com/plurichain/plurichain/localnet/internal/alien"
)

const envPrefix = "ALIEND"

func main() {
	userHome, err := os.UserHomeDir()
	if err != nil {
		userHome = "."
	}
	nodeHome := filepath.Join(userHome, ".aliend")
	if err := servercmd.Execute(newRootCommand(nodeHome), envPrefix, nodeHome); err != nil {
		os.Exit(1)
	}
}

func newRootCommand(nodeHome string) *cobra.Command {
	template := alien.New(log.NewNopLogger(), dbm.NewMemDB(), nil, false)
	clientCtx := template.ClientContext().WithInput(os.Stdin).WithHomeDir(nodeHome).WithViper(envPrefix)
	root := &cobra.Command{
		Use:          "aliend",
		Short:        "Run a small chain that is not a plurigrid",
		SilenceUsage: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return prepare(cmd, clientCtx)
		},
	}
	root.AddCommand(
		genutilcli.InitCmd(template.BasicManager, nodeHome),
		genutilcli.Commands(template.TxConfig(), template.BasicManager, nodeHome),
		keys.Commands(),
		server.StatusCommand(),
	)
	server.AddCommands(root, nodeHome, newApp, nil, func(*cobra.Command) {})
	return root
}

func newApp(logger log.Logger, db dbm.DB, trace io.Writer, options servertypes.AppOptions) servertypes.Application {
	return alien.New(logger, db, trace, true, server.DefaultBaseappOptions(options)...)
}

// prepare reads flags and files into the contexts that the commands expect.
// The log goes to standard error.
func prepare(cmd *cobra.Command, clientCtx client.Context) error {
	cmd.SetOut(cmd.OutOrStdout())
	clientCtx, err := client.ReadPersistentCommandFlags(clientCtx.WithCmdContext(cmd.Context()), cmd.Flags())
	if err != nil {
		return err
	}
	if clientCtx, err = clientconfig.ReadFromClientConfig(clientCtx); err != nil {
		return err
	}
	if err := client.SetCmdClientContextHandler(clientCtx, cmd); err != nil {
		return err
	}
	config := serverconfig.DefaultConfig()
	config.MinGasPrices = "0" + alien.BondDenom
	context, err := server.InterceptConfigsAndCreateContext(
		cmd, serverconfig.DefaultConfigTemplate, config, cmtcfg.DefaultConfig(),
	)
	if err != nil {
		return err
	}
	if context.Logger, err = server.CreateSDKLogger(context, cmd.ErrOrStderr()); err != nil {
		return err
	}
	return server.SetCmdServerContext(cmd, context)
}
