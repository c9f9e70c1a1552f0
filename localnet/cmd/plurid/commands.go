package main

import (
	"os"

	"github.com/spf13/cobra"

	confixcmd "cosmossdk.io/tools/confix/cmd"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/debug"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/keys"
	"github.com/cosmos/cosmos-sdk/client/pruning"
	"github.com/cosmos/cosmos-sdk/client/rpc"
	"github.com/cosmos/cosmos-sdk/client/snapshot"
	"github.com/cosmos/cosmos-sdk/server"
	authcmd "github.com/cosmos/cosmos-sdk/x/auth/client/cli"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"

	"github.com/plurichain/plurichain/localnet/app"
)

// addCommands puts everything on root that is not generated from the modules.
func addCommands(root *cobra.Command, template *app.App) {
	root.AddCommand(
		genutilcli.InitCmd(template.BasicManager, app.DefaultNodeHome),
		genutilcli.Commands(template.TxConfig(), template.BasicManager, app.DefaultNodeHome),
		keys.Commands(),
		newQueryCommand(),
		newTxCommand(),
		server.StatusCommand(),
		confixcmd.ConfigCommand(),
		debug.Cmd(),
		pruning.Cmd(newStoppedApp, app.DefaultNodeHome),
		snapshot.Cmd(newStoppedApp),
		ClearCmd(),
	)
	server.AddCommands(root, app.DefaultNodeHome, newApp, exportApp, func(*cobra.Command) {})
	for _, cmd := range root.Commands() {
		if cmd.Name() == "version" {
			cmd.Annotations = map[string]string{pureAnnotation: ""}
		}
	}
}

// newQueryCommand holds the queries that belong to no module; those of the
// modules are added by autocli.
func newQueryCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:                        "query",
		Aliases:                    []string{"q"},
		Short:                      "Ask a node",
		SuggestionsMinimumDistance: 2,
		RunE:                       client.ValidateCmd,
	}
	cmd.AddCommand(
		rpc.QueryEventForTxCmd(),
		rpc.ValidatorCommand(),
		withRemarksOnStderr(server.QueryBlockCmd()),
		server.QueryBlocksCmd(),
		withRemarksOnStderr(server.QueryBlockResultsCmd()),
		authcmd.QueryTxCmd(),
		authcmd.QueryTxsByEventsCmd(),
		authcmd.GetSimulateCmd(),
	)
	cmd.PersistentFlags().String(flags.FlagChainID, "", "The network chain ID")
	return cmd
}

// withRemarksOnStderr is for commands that print their data through the client
// context and a remark beside it through the command ("falling back to latest
// height"), which would end up in the middle of the JSON.
func withRemarksOnStderr(cmd *cobra.Command) *cobra.Command {
	cmd.SetOut(os.Stderr)
	return cmd
}

// newTxCommand holds what is done to a transaction as such: sign, combine,
// send, take apart.
func newTxCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:                        "tx",
		Short:                      "Build, sign and send transactions",
		SuggestionsMinimumDistance: 2,
		RunE:                       client.ValidateCmd,
	}
	cmd.AddCommand(
		authcmd.GetSignCommand(),
		authcmd.GetSignBatchCommand(),
		authcmd.GetMultiSignCommand(),
		authcmd.GetMultiSignBatchCmd(),
		authcmd.GetValidateSignaturesCommand(),
		authcmd.GetBroadcastCommand(),
		authcmd.GetEncodeCommand(),
		authcmd.GetDecodeCommand(),
		authcmd.GetSimulateCmd(),
	)
	cmd.PersistentFlags().String(flags.FlagChainID, "", "The network chain ID")
	return cmd
}
