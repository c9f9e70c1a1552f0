package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// getAuction returns an auction as stored, or ErrAuctionNotFound.
func (k Keeper) getAuction(ctx context.Context, id uint64) (types.Auction, error) {
	auction, err := k.Auctions.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return auction, errorsmod.Wrapf(types.ErrAuctionNotFound, "auction %d", id)
	}
	return auction, err
}

// addAuction stores a new auction with all that is derived from it.
func (k Keeper) addAuction(ctx sdk.Context, auction types.Auction) error {
	creator, err := k.parseAddress("creator", auction.Creator)
	if err != nil {
		return err
	}
	if err := k.Auctions.Set(ctx, auction.Id, auction); err != nil {
		return err
	}
	if err := k.AuctionsByPhase.Set(ctx, collections.Join(uint32(auction.Phase), auction.Id)); err != nil {
		return err
	}
	if err := k.AuctionsByCreator.Set(ctx, collections.Join(creator, auction.Id)); err != nil {
		return err
	}
	if auction.Phase.IsOpen() {
		if err := k.addOpen(ctx, creator, +1); err != nil {
			return err
		}
	}
	held, err := k.hasHeldDeposits(ctx, auction.Id)
	if err != nil {
		return err
	}
	return k.enqueue(ctx, auction, held)
}

// setPhase moves an auction on, with its place in index and queue, stores it and
// says so.
func (k Keeper) setPhase(ctx sdk.Context, auction *types.Auction, next types.Phase) error {
	last := auction.Phase
	if !last.CanBecome(next) {
		return errorsmod.Wrapf(types.ErrWrongPhase, "auction %d cannot go from %s to %s", auction.Id, last, next)
	}
	if err := k.dequeue(ctx, *auction); err != nil {
		return err
	}
	if err := k.AuctionsByPhase.Remove(ctx, collections.Join(uint32(last), auction.Id)); err != nil {
		return err
	}
	auction.Phase = next
	if err := k.AuctionsByPhase.Set(ctx, collections.Join(uint32(next), auction.Id)); err != nil {
		return err
	}
	if !next.IsOpen() {
		creator, err := k.parseAddress("creator", auction.Creator)
		if err != nil {
			return err
		}
		if err := k.addOpen(ctx, creator, -1); err != nil {
			return err
		}
	}
	held, err := k.hasHeldDeposits(ctx, auction.Id)
	if err != nil {
		return err
	}
	if err := k.enqueue(ctx, *auction, held); err != nil {
		return err
	}
	if err := k.Auctions.Set(ctx, auction.Id, *auction); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(
		&types.EventPhaseChanged{AuctionId: auction.Id, From: last, To: next})
}

// addOpen changes the counts of open auctions, of all and of one creator.
func (k Keeper) addOpen(ctx context.Context, creator sdk.AccAddress, change int64) error {
	all, err := k.getOpenCount(ctx)
	if err != nil {
		return err
	}
	if err := k.OpenCount.Set(ctx, uint64(int64(all)+change)); err != nil {
		return err
	}
	own, err := k.getOpenByCreator(ctx, creator)
	if err != nil {
		return err
	}
	if own = uint64(int64(own) + change); own == 0 {
		return k.OpenByCreator.Remove(ctx, creator)
	}
	return k.OpenByCreator.Set(ctx, creator, own)
}

func (k Keeper) getOpenCount(ctx context.Context) (uint64, error) {
	count, err := k.OpenCount.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return 0, nil
	}
	return count, err
}

func (k Keeper) getOpenByCreator(ctx context.Context, creator sdk.AccAddress) (uint64, error) {
	count, err := k.OpenByCreator.Get(ctx, creator)
	if errors.Is(err, collections.ErrNotFound) {
		return 0, nil
	}
	return count, err
}
