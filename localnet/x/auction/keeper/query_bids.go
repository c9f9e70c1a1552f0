package keeper

import (
	"context"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// Commitment implements types.QueryServer.
func (s queryServer) Commitment(ctx context.Context, req *types.QueryCommitmentRequest) (*types.QueryCommitmentResponse, error) {
	bidder, err := s.parseBidder(ctx, req.AuctionId, req.Bidder)
	if err != nil {
		return nil, answerError(err)
	}
	commitment, found, err := s.getCommitment(ctx, req.AuctionId, bidder)
	if err == nil && !found {
		err = errorsmod.Wrapf(types.ErrNoCommitment, "auction %d, bidder %s", req.AuctionId, req.Bidder)
	}
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryCommitmentResponse{Commitment: commitment}, nil
}

// parseBidder reads the bidder that a query asks for, of an auction that exists.
func (s queryServer) parseBidder(ctx context.Context, auctionID uint64, text string) (sdk.AccAddress, error) {
	if _, err := s.getAuction(ctx, auctionID); err != nil {
		return nil, err
	}
	return s.parseAddress("bidder", text)
}

// Commitments implements types.QueryServer.
func (s queryServer) Commitments(ctx context.Context, req *types.QueryCommitmentsRequest) (*types.QueryCommitmentsResponse, error) {
	commitments, page, err := pageOfAuction(ctx, s.Keeper, s.Keeper.Commitments, req.AuctionId, req.Pagination)
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryCommitmentsResponse{Commitments: commitments, Pagination: page}, nil
}

// pageOfAuction returns a page of what a map holds for an auction that exists.
func pageOfAuction[V any](
	ctx context.Context, k Keeper, rows collections.Map[bidderKey, V], auctionID uint64, request *query.PageRequest,
) ([]V, *query.PageResponse, error) {
	if _, err := k.getAuction(ctx, auctionID); err != nil {
		return nil, nil, err
	}
	return query.CollectionPaginate(ctx, rows, request,
		func(_ bidderKey, value V) (V, error) { return value, nil },
		query.WithCollectionPaginationPairPrefix[uint64, sdk.AccAddress](auctionID))
}

// Reveal implements types.QueryServer.
func (s queryServer) Reveal(ctx context.Context, req *types.QueryRevealRequest) (*types.QueryRevealResponse, error) {
	bidder, err := s.parseBidder(ctx, req.AuctionId, req.Bidder)
	if err != nil {
		return nil, answerError(err)
	}
	reveal, err := s.Keeper.Reveals.Get(ctx, collections.Join(req.AuctionId, bidder))
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryRevealResponse{Reveal: reveal}, nil
}

// Reveals implements types.QueryServer.
func (s queryServer) Reveals(ctx context.Context, req *types.QueryRevealsRequest) (*types.QueryRevealsResponse, error) {
	reveals, page, err := pageOfAuction(ctx, s.Keeper, s.Keeper.Reveals, req.AuctionId, req.Pagination)
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryRevealsResponse{Reveals: reveals, Pagination: page}, nil
}

// Result implements types.QueryServer.
func (s queryServer) Result(ctx context.Context, req *types.QueryResultRequest) (*types.QueryResultResponse, error) {
	result, err := s.getResult(ctx, req.AuctionId)
	if err != nil {
		return nil, answerError(err)
	}
	awards, page, err := pageOfAuction(ctx, s.Keeper, s.Awards, req.AuctionId, req.Pagination)
	if err != nil {
		return nil, answerError(err)
	}
	result.Awards = awards
	return &types.QueryResultResponse{Result: result, Pagination: page}, nil
}

// ParkedPayouts implements types.QueryServer.
func (s queryServer) ParkedPayouts(
	ctx context.Context, req *types.QueryParkedPayoutsRequest,
) (*types.QueryParkedPayoutsResponse, error) {
	var of []func(*query.CollectionsPaginateOptions[ownerKey])
	if req.Owner != "" {
		owner, err := s.parseAddress("owner", req.Owner)
		if err != nil {
			return nil, answerError(err)
		}
		of = append(of, query.WithCollectionPaginationPairPrefix[sdk.AccAddress, uint64](owner))
	}
	parked, page, err := query.CollectionPaginate(ctx, s.Keeper.ParkedPayouts, req.Pagination,
		func(_ ownerKey, parked types.ParkedPayout) (types.ParkedPayout, error) { return parked, nil }, of...)
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryParkedPayoutsResponse{ParkedPayouts: parked, Pagination: page}, nil
}
