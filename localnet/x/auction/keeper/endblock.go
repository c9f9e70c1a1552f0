package keeper

import (
	storetypes "cosmossdk.io/store/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// EndBlock moves every auction whose time has come to its true phase, then clears
// and settles, oldest first, until the work of this block is used up. It never
// returns an error: nothing that an auction does may stop the chain.
func (k Keeper) EndBlock(ctx sdk.Context) error {
	// A limit here would have to be met by every node at the same instruction;
	// the bound on work is counted in steps instead.
	ctx = ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
	for _, phase := range []func(sdk.Context) error{k.advanceDue, k.processDue} {
		if err := attempt(ctx, phase); err != nil {
			ctx.Logger().Error("end of block", "module", types.ModuleName, "error", err.Error())
		}
	}
	return nil
}

// advanceDue changes the phases of auctions whose deadlines have passed. That
// costs a few writes each, and the number of open auctions is limited.
func (k Keeper) advanceDue(ctx sdk.Context) error {
	return k.forDue(ctx, func(ctx sdk.Context, auction types.Auction) error {
		for now := ctx.BlockTime(); auction.Phase != auction.PhaseAt(now); {
			next := auction.PhaseAt(now)
			if !auction.Phase.CanBecome(next) {
				// Both deadlines passed within one block.
				next = types.PHASE_REVEALING
			}
			if err := k.setPhase(ctx, &auction, next); err != nil {
				return err
			}
		}
		return nil
	})
}

// processDue clears auctions and returns deposits whose delivery deadline has
// passed. The first that finds the work of the block used up waits, and so does
// everything behind it.
func (k Keeper) processDue(ctx sdk.Context) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	var work uint64
	return k.forDue(ctx, func(ctx sdk.Context, auction types.Auction) error {
		if work >= params.ClearingStepsPerBlock {
			return nil
		}
		switch auction.Phase {
		case types.PHASE_CLEARING:
			done, err := k.finish(ctx, auction)
			work += done
			return err
		case types.PHASE_CLEARED:
			done, err := k.returnDeposits(ctx, auction)
			work += workOfAuction + workOfBidder*uint64(done)
			return err
		}
		return nil
	})
}

// forDue calls act for each auction whose time has come, oldest first, each on a
// branch of the state of its own. One that fails is left as it was.
func (k Keeper) forDue(ctx sdk.Context, act func(sdk.Context, types.Auction) error) error {
	due, err := k.getDue(ctx, ctx.BlockTime())
	if err != nil {
		return err
	}
	for _, id := range due {
		err := attempt(ctx, func(ctx sdk.Context) error {
			auction, err := k.getAuction(ctx, id)
			if err != nil {
				return err
			}
			return act(ctx, auction)
		})
		if err != nil {
			ctx.Logger().Error("auction left as it was", "module", types.ModuleName, "auction", id, "error", err.Error())
		}
	}
	return nil
}
