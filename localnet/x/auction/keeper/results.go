package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// getResult returns a result without its awards.
func (k Keeper) getResult(ctx context.Context, auctionID uint64) (types.Result, error) {
	result, err := k.Results.Get(ctx, auctionID)
	if !errors.Is(err, collections.ErrNotFound) {
		return result, err
	}
	auction, err := k.getAuction(ctx, auctionID)
	if err != nil {
		return result, err
	}
	return result, errorsmod.Wrapf(types.ErrWrongPhase, "auction %d has no result, it is in %s", auctionID, auction.Phase)
}

// getAwards returns the rows of a result, ascending by raw address.
func (k Keeper) getAwards(ctx context.Context, auctionID uint64) ([]types.Award, error) {
	var awards []types.Award
	err := k.Awards.Walk(ctx, collections.NewPrefixedPairRange[uint64, sdk.AccAddress](auctionID),
		func(_ bidderKey, award types.Award) (bool, error) {
			awards = append(awards, award)
			return false, nil
		})
	return awards, err
}
