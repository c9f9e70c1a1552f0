package keeper

import (
	"errors"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// InitGenesis stores a genesis state that has been validated, and checks what
// only the whole chain can tell: that the module holds what it owes.
func (k Keeper) InitGenesis(ctx sdk.Context, genesis *types.GenesisState) error {
	// Reading it creates the account, so that coins can be sent to it.
	k.accounts.GetModuleAccount(ctx, types.ModuleName)
	if err := k.Params.Set(ctx, genesis.Params); err != nil {
		return err
	}
	if err := k.NextAuctionID.Set(ctx, genesis.NextAuctionId); err != nil {
		return err
	}
	for _, commitment := range genesis.Commitments {
		bidder, err := k.parseAddress("bidder", commitment.Bidder)
		if err != nil {
			return err
		}
		if err := k.Commitments.Set(ctx, collections.Join(commitment.AuctionId, bidder), commitment); err != nil {
			return err
		}
	}
	for _, reveal := range genesis.Reveals {
		bidder, err := k.parseAddress("bidder", reveal.Bidder)
		if err != nil {
			return err
		}
		if err := k.Reveals.Set(ctx, collections.Join(reveal.AuctionId, bidder), reveal); err != nil {
			return err
		}
	}
	for _, result := range genesis.Results {
		if err := k.importResult(ctx, result); err != nil {
			return err
		}
	}
	for _, auction := range genesis.Auctions {
		if err := k.importAuction(ctx, auction); err != nil {
			return err
		}
	}
	for _, parked := range genesis.ParkedPayouts {
		owner, err := k.parseAddress("owner", parked.Owner)
		if err != nil {
			return err
		}
		if err := k.ParkedPayouts.Set(ctx, collections.Join(owner, parked.AuctionId), parked); err != nil {
			return err
		}
	}
	return k.validateImport(ctx)
}

func (k Keeper) importResult(ctx sdk.Context, result types.Result) error {
	for _, award := range result.Awards {
		bidder, err := k.parseAddress("bidder", award.Bidder)
		if err != nil {
			return err
		}
		if err := k.Awards.Set(ctx, collections.Join(result.AuctionId, bidder), award); err != nil {
			return err
		}
	}
	result.Awards = nil
	return k.Results.Set(ctx, result.AuctionId, result)
}

// importAuction stores an auction and rebuilds what is derived from it. A deposit
// that is held after clearing waits for delivery.
func (k Keeper) importAuction(ctx sdk.Context, auction types.Auction) error {
	if auction.Phase == types.PHASE_CLEARED {
		bidders, err := k.getBidders(ctx, auction.Id)
		if err != nil {
			return err
		}
		for _, b := range bidders {
			if b.commitment.DepositStatus != types.DEPOSIT_STATUS_HELD {
				continue
			}
			if err := k.HeldDeposits.Set(ctx, collections.Join(auction.Id, b.bidder)); err != nil {
				return err
			}
		}
	}
	return k.addAuction(ctx, auction)
}

// validateImport runs the invariants on what was imported.
func (k Keeper) validateImport(ctx sdk.Context) error {
	for _, invariant := range k.Invariants() {
		broken, err := invariant.Check(ctx)
		if err != nil {
			return errorsmod.Wrapf(types.ErrInvalidGenesis, "%s: %s", invariant.Name, err)
		}
		if broken != "" {
			return errorsmod.Wrapf(types.ErrInvalidGenesis, "%s: %s", invariant.Name, broken)
		}
	}
	return nil
}

// ExportGenesis returns the whole state, in the order of its keys.
func (k Keeper) ExportGenesis(ctx sdk.Context) (*types.GenesisState, error) {
	genesis := &types.GenesisState{}
	var err error
	if genesis.Params, err = k.Params.Get(ctx); err != nil {
		return nil, err
	}
	if genesis.NextAuctionId, err = k.NextAuctionID.Peek(ctx); err != nil {
		return nil, err
	}
	if genesis.Auctions, err = values(ctx, k.Auctions); err != nil {
		return nil, err
	}
	if genesis.Commitments, err = values(ctx, k.Commitments); err != nil {
		return nil, err
	}
	if genesis.Reveals, err = values(ctx, k.Reveals); err != nil {
		return nil, err
	}
	if genesis.Results, err = values(ctx, k.Results); err != nil {
		return nil, err
	}
	for i, result := range genesis.Results {
		if genesis.Results[i].Awards, err = k.getAwards(ctx, result.AuctionId); err != nil {
			return nil, err
		}
	}
	genesis.ParkedPayouts, err = values(ctx, k.ParkedPayouts)
	return genesis, err
}

// values returns everything in a map, in the order of its keys.
func values[K, V any](ctx sdk.Context, rows collections.Map[K, V]) ([]V, error) {
	iterator, err := rows.Iterate(ctx, nil)
	if errors.Is(err, collections.ErrInvalidIterator) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	return iterator.Values()
}
