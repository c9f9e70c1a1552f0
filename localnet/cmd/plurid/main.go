// Command plurid runs a plurigrid: the node, and the tools of those who run,
// query and pay on it.
package main

import (
	"os"

	servercmd "github.com/cosmos/cosmos-sdk/server/cmd"

	"github.com/plurichain/plurichain/localnet/app"
)

// envPrefix makes PLURID_HOME and the like stand for --home and the like.
const envPrefix = "PLURID"

func main() {
	root, err := newRootCommand()
	if err == nil {
		err = servercmd.Execute(root, envPrefix, app.DefaultNodeHome)
	}
	if err != nil {
		// cobra has printed what a command returned; a failure before that has
		// nobody else to print it.
		if root == nil {
			_, _ = os.Stderr.WriteString("plurid: " + err.Error() + "\n")
		}
		os.Exit(1)
	}
}
