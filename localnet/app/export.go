package app

import (
	"encoding/json"
	"fmt"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
)

// ExportAppStateAndValidators returns the state as a genesis from which a chain
// can go on. With forZeroHeight everything that counts in heights of the old
// chain is settled or reset, so that the new one may begin at height 1; the
// listed validators alone then stay unjailed (all of them, if none is listed).
func (app *App) ExportAppStateAndValidators(
	forZeroHeight bool, jailAllowed, modulesToExport []string,
) (servertypes.ExportedApp, error) {
	ctx := app.NewContextLegacy(true, cmtproto.Header{Height: app.LastBlockHeight()})

	// The exported document starts with the block after the last one.
	height := app.LastBlockHeight() + 1
	if forZeroHeight {
		height = 0
		if err := app.resetHeights(ctx, jailAllowed); err != nil {
			return servertypes.ExportedApp{}, fmt.Errorf("reset to height zero: %w", err)
		}
	}
	genesis, err := app.modules.ExportGenesisForModules(ctx, app.Encoding.Codec, modulesToExport)
	if err != nil {
		return servertypes.ExportedApp{}, fmt.Errorf("export: %w", err)
	}
	state, err := json.MarshalIndent(genesis, "", "  ")
	if err != nil {
		return servertypes.ExportedApp{}, fmt.Errorf("export: %w", err)
	}
	validators, err := staking.WriteValidators(ctx, app.Staking)
	if err != nil {
		return servertypes.ExportedApp{}, fmt.Errorf("validators: %w", err)
	}
	return servertypes.ExportedApp{
		AppState:        state,
		Validators:      validators,
		Height:          height,
		ConsensusParams: app.GetConsensusParams(ctx),
	}, nil
}

// resetHeights makes a state that forgot the heights of the chain it was taken
// from. Rewards are counted in periods that end at heights, so they are paid
// out under the old count and the count begins anew.
func (app *App) resetHeights(ctx sdk.Context, jailAllowed []string) error {
	if err := app.payOutRewards(ctx); err != nil {
		return err
	}
	if err := app.restartRewards(ctx); err != nil {
		return err
	}
	if err := app.resetStakingHeights(ctx); err != nil {
		return err
	}
	if err := app.jailAllBut(ctx, jailAllowed); err != nil {
		return err
	}
	return app.resetSigningInfos(ctx)
}
