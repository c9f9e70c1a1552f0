// Package app wires the modules of a plurigrid into one chain.
//
// Wiring is manual: each file below holds one noun (stores, accounts, keepers,
// ibc, modules, ante, upgrades, export, …) and app.go puts them together, so
// that a reader sees which keeper holds what power without following generated
// code.
package app

import (
	"os"
	"path/filepath"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

const (
	// Name is the application's name as it stands in genesis files and in the
	// ABCI handshake.
	Name = "plurichain"

	// BondDenom is the denomination that is staked, and the default of every
	// module whose parameters name a denomination.
	BondDenom = "upluri"

	// AccountPrefix is the human-readable part of account addresses.
	AccountPrefix = "pluri"

	// CoinType is the SLIP-44 number in key derivation paths. It is the one of
	// the Cosmos Hub, so that wallets derive the same keys here.
	CoinType = 118

	nodeHomeFolder = ".plurid"
)

// DefaultNodeHome is the node's folder when --home is absent.
var DefaultNodeHome = defaultNodeHome()

// Addresses are turned into text by methods that know no application, only the
// SDK's global configuration. It is set as soon as this package is linked in:
// set any later, an address printed by a package variable would carry the
// SDK's own prefix.
func init() {
	configureSDK(sdk.GetConfig())
}

func configureSDK(config *sdk.Config) {
	config.SetBech32PrefixForAccount(AccountPrefix, AccountPrefix+sdk.PrefixPublic)
	config.SetBech32PrefixForValidator(
		AccountPrefix+sdk.PrefixValidator+sdk.PrefixOperator,
		AccountPrefix+sdk.PrefixValidator+sdk.PrefixOperator+sdk.PrefixPublic,
	)
	config.SetBech32PrefixForConsensusNode(
		AccountPrefix+sdk.PrefixValidator+sdk.PrefixConsensus,
		AccountPrefix+sdk.PrefixValidator+sdk.PrefixConsensus+sdk.PrefixPublic,
	)
	config.SetCoinType(CoinType)

	// staking, mint, gov and the simulations take their denomination from here.
	sdk.DefaultBondDenom = BondDenom
}

func defaultNodeHome() string {
	home, err := os.UserHomeDir()
	if err != nil {
		// An account without a home (a service user, a bare container) can
		// still run a node with --home; only the default moves.
		home = "."
	}
	return filepath.Join(home, nodeHomeFolder)
}
