package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// queryServer answers from the state of one height.
type queryServer struct{ Keeper }

var _ types.QueryServer = queryServer{}

// NewQueryServer returns the handlers of the module's queries.
func NewQueryServer(keeper Keeper) types.QueryServer { return queryServer{keeper} }

// answerError gives what was not found, or asked for wrongly, the status that
// clients of any language know.
func answerError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, types.ErrAuctionNotFound), errors.Is(err, types.ErrNoCommitment),
		errors.Is(err, types.ErrWrongPhase), errors.Is(err, collections.ErrNotFound):
		return status.Error(codes.NotFound, err.Error())
	case errors.Is(err, types.ErrInvalidRequest):
		return status.Error(codes.InvalidArgument, err.Error())
	default:
		return err
	}
}

// Params implements types.QueryServer.
func (s queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := s.Keeper.Params.Get(ctx)
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryParamsResponse{Params: params}, nil
}

// Auction implements types.QueryServer.
func (s queryServer) Auction(ctx context.Context, req *types.QueryAuctionRequest) (*types.QueryAuctionResponse, error) {
	auction, err := s.showAuction(ctx, req.AuctionId)
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryAuctionResponse{Auction: auction}, nil
}

// showAuction returns an auction in its phase at the block time of the query.
func (s queryServer) showAuction(ctx context.Context, id uint64) (types.Auction, error) {
	auction, err := s.getAuction(ctx, id)
	auction.Phase = auction.PhaseAt(sdk.UnwrapSDKContext(ctx).BlockTime())
	return auction, err
}

// Auctions implements types.QueryServer.
func (s queryServer) Auctions(ctx context.Context, req *types.QueryAuctionsRequest) (*types.QueryAuctionsResponse, error) {
	var auctions []types.Auction
	var page *query.PageResponse
	var err error
	switch {
	case req.Creator != "":
		auctions, page, err = s.pageOfCreator(ctx, req)
	case req.Phase != types.PHASE_UNSPECIFIED:
		auctions, page, err = query.CollectionPaginate(ctx, s.AuctionsByPhase, req.Pagination,
			func(key collections.Pair[uint32, uint64], _ collections.NoValue) (types.Auction, error) {
				return s.showAuction(ctx, key.K2())
			}, query.WithCollectionPaginationPairPrefix[uint32, uint64](uint32(req.Phase)))
	default:
		auctions, page, err = query.CollectionPaginate(ctx, s.Keeper.Auctions, req.Pagination,
			func(id uint64, _ types.Auction) (types.Auction, error) { return s.showAuction(ctx, id) })
	}
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryAuctionsResponse{Auctions: auctions, Pagination: page}, nil
}

func (s queryServer) pageOfCreator(
	ctx context.Context, req *types.QueryAuctionsRequest,
) ([]types.Auction, *query.PageResponse, error) {
	creator, err := s.parseAddress("creator", req.Creator)
	if err != nil {
		return nil, nil, err
	}
	return query.CollectionFilteredPaginate(ctx, s.AuctionsByCreator, req.Pagination,
		func(key ownerKey, _ collections.NoValue) (bool, error) {
			if req.Phase == types.PHASE_UNSPECIFIED {
				return true, nil
			}
			return s.AuctionsByPhase.Has(ctx, collections.Join(uint32(req.Phase), key.K2()))
		},
		func(key ownerKey, _ collections.NoValue) (types.Auction, error) { return s.showAuction(ctx, key.K2()) },
		query.WithCollectionPaginationPairPrefix[sdk.AccAddress, uint64](creator))
}

// Terms implements types.QueryServer.
func (s queryServer) Terms(ctx context.Context, req *types.QueryTermsRequest) (*types.QueryTermsResponse, error) {
	auction, err := s.getAuction(ctx, req.AuctionId)
	if err != nil {
		return nil, answerError(err)
	}
	data, err := types.EncodeTerms(&auction.Terms)
	if err != nil {
		return nil, err
	}
	return &types.QueryTermsResponse{Terms: auction.Terms, TermsBytes: data, TermsHash: auction.TermsHash}, nil
}

// Invariants implements types.QueryServer.
func (s queryServer) Invariants(ctx context.Context, _ *types.QueryInvariantsRequest) (*types.QueryInvariantsResponse, error) {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	owed, err := s.getOwed(ctx)
	if err != nil {
		return nil, err
	}
	answer := &types.QueryInvariantsResponse{Height: sdkCtx.BlockHeight(), Held: s.getHeld(ctx), Owed: owed}
	for _, invariant := range s.Keeper.Invariants() {
		broken, err := invariant.Check(sdkCtx)
		if err != nil {
			return nil, err
		}
		answer.Checks = append(answer.Checks,
			types.InvariantCheck{Name: invariant.Name, Broken: broken != "", Detail: broken})
	}
	return answer, nil
}
