package main

import (
	"io"
	"os"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/rs/zerolog"

	"cosmossdk.io/log"

	"github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"

	"github.com/plurichain/plurichain/localnet/app"
)

const latestHeight = -1

// newApp builds the application of a running node.
func newApp(logger log.Logger, db dbm.DB, trace io.Writer, options servertypes.AppOptions) servertypes.Application {
	return app.New(logger, db, trace, true, options, server.DefaultBaseappOptions(options)...)
}

// newStoppedApp builds the application for a command that works on a stopped
// node. The SDK's commands of that kind would log to standard output.
func newStoppedApp(_ log.Logger, db dbm.DB, trace io.Writer, options servertypes.AppOptions) servertypes.Application {
	logger := log.NewLogger(os.Stderr, log.LevelOption(zerolog.WarnLevel), log.ColorOption(isColored()))
	return newApp(logger, db, trace, options)
}

// exportApp opens a stopped node's state at height and writes it as a genesis.
func exportApp(
	logger log.Logger, db dbm.DB, trace io.Writer, height int64, forZeroHeight bool,
	jailAllowed []string, options servertypes.AppOptions, modules []string,
) (servertypes.ExportedApp, error) {
	exported := app.New(logger, db, trace, height == latestHeight, options)
	if height != latestHeight {
		if err := exported.LoadHeight(height); err != nil {
			return servertypes.ExportedApp{}, err
		}
	}
	return exported.ExportAppStateAndValidators(forZeroHeight, jailAllowed, modules)
}
