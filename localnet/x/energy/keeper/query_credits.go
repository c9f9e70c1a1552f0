package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// Credit implements types.QueryServer.
func (s queryServer) Credit(ctx context.Context, req *types.QueryCreditRequest) (*types.QueryCreditResponse, error) {
	credit, err := s.getCredit(ctx, req.Denom)
	if err != nil {
		return nil, answerError(err)
	}
	retired, err := s.getRetiredTotal(ctx, req.Denom)
	if err != nil {
		return nil, err
	}
	return &types.QueryCreditResponse{
		Credit: credit, SupplyWh: s.bank.GetSupply(ctx, req.Denom).Amount, RetiredWh: retired.AmountWh}, nil
}

// Credits implements types.QueryServer.
func (s queryServer) Credits(ctx context.Context, req *types.QueryCreditsRequest) (*types.QueryCreditsResponse, error) {
	var credits []types.Credit
	var page *query.PageResponse
	var err error
	if req.DeviceId == "" {
		credits, page, err = pageOf(ctx, s.Keeper.Credits, req.Pagination)
	} else {
		credits, page, err = query.CollectionPaginate(ctx, s.CreditsByDevice, req.Pagination,
			func(key collections.Pair[string, string], _ collections.NoValue) (types.Credit, error) {
				return s.getCredit(ctx, key.K2())
			}, query.WithCollectionPaginationPairPrefix[string, string](req.DeviceId))
	}
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryCreditsResponse{Credits: credits, Pagination: page}, nil
}

// Origin implements types.QueryServer. That a denom is no credit, or of an origin
// that cannot be verified, is an answer and no error.
func (s queryServer) Origin(ctx context.Context, req *types.QueryOriginRequest) (*types.QueryOriginResponse, error) {
	found, err := s.resolveOrigin(ctx, req.Denom, nil)
	answer := &types.QueryOriginResponse{
		Verified: err == nil, OriginChain: found.chain, Path: found.path,
		CreditDenom: found.creditDenom, Attributes: found.attributes,
	}
	switch {
	case err == nil:
		return answer, nil
	case errors.Is(err, types.ErrNotACredit), errors.Is(err, types.ErrUnverifiedOrigin):
		answer.Reason = err.Error()
	default:
		return nil, err
	}
	if answer.Attributes == nil && answer.CreditDenom != "" {
		attributes, known, err := s.getAttributes(ctx, answer.CreditDenom)
		if err != nil {
			return nil, err
		}
		if known {
			answer.Attributes = &attributes
		}
	}
	return answer, nil
}

// Retirement implements types.QueryServer.
func (s queryServer) Retirement(ctx context.Context, req *types.QueryRetirementRequest) (*types.QueryRetirementResponse, error) {
	retirement, err := s.getRetirement(ctx, req.RetirementId)
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryRetirementResponse{Retirement: retirement}, nil
}

// Retirements implements types.QueryServer.
func (s queryServer) Retirements(ctx context.Context, req *types.QueryRetirementsRequest) (*types.QueryRetirementsResponse, error) {
	var retirements []types.Retirement
	var page *query.PageResponse
	var err error
	switch {
	case req.Owner != "":
		retirements, page, err = s.pageOfOwner(ctx, req)
	case req.Denom != "":
		retirements, page, err = query.CollectionPaginate(ctx, s.RetirementsByDenom, req.Pagination,
			func(key collections.Pair[string, uint64], _ collections.NoValue) (types.Retirement, error) {
				return s.getRetirement(ctx, key.K2())
			}, query.WithCollectionPaginationPairPrefix[string, uint64](req.Denom))
	default:
		retirements, page, err = pageOf(ctx, s.Keeper.Retirements, req.Pagination)
	}
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryRetirementsResponse{Retirements: retirements, Pagination: page}, nil
}

// pageOfOwner lists what an account retired, all or of one denom.
func (s queryServer) pageOfOwner(
	ctx context.Context, req *types.QueryRetirementsRequest,
) ([]types.Retirement, *query.PageResponse, error) {
	owner, err := s.parseAddress("owner", req.Owner)
	if err != nil {
		return nil, nil, err
	}
	return query.CollectionFilteredPaginate(ctx, s.RetirementsByOwner, req.Pagination,
		func(key collections.Pair[sdk.AccAddress, uint64], _ collections.NoValue) (bool, error) {
			if req.Denom == "" {
				return true, nil
			}
			return s.RetirementsByDenom.Has(ctx, collections.Join(req.Denom, key.K2()))
		},
		func(key collections.Pair[sdk.AccAddress, uint64], _ collections.NoValue) (types.Retirement, error) {
			return s.getRetirement(ctx, key.K2())
		}, query.WithCollectionPaginationPairPrefix[sdk.AccAddress, uint64](owner))
}

// RetiredTotals implements types.QueryServer.
func (s queryServer) RetiredTotals(
	ctx context.Context, req *types.QueryRetiredTotalsRequest,
) (*types.QueryRetiredTotalsResponse, error) {
	totals, page, err := pageOf(ctx, s.Keeper.RetiredTotals, req.Pagination)
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryRetiredTotalsResponse{RetiredTotals: totals, Pagination: page}, nil
}
