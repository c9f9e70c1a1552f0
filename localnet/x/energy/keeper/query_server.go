package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
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
	case errors.Is(err, types.ErrDeviceNotFound), errors.Is(err, types.ErrReadingNotFound),
		errors.Is(err, types.ErrNotACredit), errors.Is(err, types.ErrRetirementNotFound),
		errors.Is(err, collections.ErrNotFound):
		return status.Error(codes.NotFound, err.Error())
	case errors.Is(err, types.ErrInvalidRequest):
		return status.Error(codes.InvalidArgument, err.Error())
	default:
		return err
	}
}

// pageOf returns a page of the values of a map.
func pageOf[K, V any](
	ctx context.Context, rows collections.Map[K, V], request *query.PageRequest,
	of ...func(*query.CollectionsPaginateOptions[K]),
) ([]V, *query.PageResponse, error) {
	return query.CollectionPaginate(ctx, rows, request, func(_ K, value V) (V, error) { return value, nil }, of...)
}

// Params implements types.QueryServer.
func (s queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := s.Keeper.Params.Get(ctx)
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryParamsResponse{Params: params}, nil
}

// IssuingBodies implements types.QueryServer.
func (s queryServer) IssuingBodies(
	ctx context.Context, req *types.QueryIssuingBodiesRequest,
) (*types.QueryIssuingBodiesResponse, error) {
	bodies, page, err := pageOf(ctx, s.Keeper.IssuingBodies, req.Pagination)
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryIssuingBodiesResponse{IssuingBodies: bodies, Pagination: page}, nil
}

// Device implements types.QueryServer.
func (s queryServer) Device(ctx context.Context, req *types.QueryDeviceRequest) (*types.QueryDeviceResponse, error) {
	device, err := s.getDevice(ctx, req.DeviceId)
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryDeviceResponse{Device: device}, nil
}

// Devices implements types.QueryServer.
func (s queryServer) Devices(ctx context.Context, req *types.QueryDevicesRequest) (*types.QueryDevicesResponse, error) {
	if req.Owner == "" {
		devices, page, err := pageOf(ctx, s.Keeper.Devices, req.Pagination)
		if err != nil {
			return nil, answerError(err)
		}
		return &types.QueryDevicesResponse{Devices: devices, Pagination: page}, nil
	}
	owner, err := s.parseAddress("owner", req.Owner)
	if err != nil {
		return nil, answerError(err)
	}
	devices, page, err := query.CollectionPaginate(ctx, s.DevicesByOwner, req.Pagination,
		func(key collections.Pair[sdk.AccAddress, string], _ collections.NoValue) (types.Device, error) {
			return s.getDevice(ctx, key.K2())
		}, query.WithCollectionPaginationPairPrefix[sdk.AccAddress, string](owner))
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryDevicesResponse{Devices: devices, Pagination: page}, nil
}

// Reading implements types.QueryServer.
func (s queryServer) Reading(ctx context.Context, req *types.QueryReadingRequest) (*types.QueryReadingResponse, error) {
	if _, err := s.getDevice(ctx, req.DeviceId); err != nil {
		return nil, answerError(err)
	}
	reading, err := s.getReading(ctx, req.DeviceId, req.IntervalStart)
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryReadingResponse{Reading: reading}, nil
}

// Readings implements types.QueryServer.
func (s queryServer) Readings(ctx context.Context, req *types.QueryReadingsRequest) (*types.QueryReadingsResponse, error) {
	if _, err := s.getDevice(ctx, req.DeviceId); err != nil {
		return nil, answerError(err)
	}
	readings, page, err := pageOf(ctx, s.Keeper.Readings, req.Pagination,
		query.WithCollectionPaginationPairPrefix[string, uint64](req.DeviceId))
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryReadingsResponse{Readings: readings, Pagination: page}, nil
}

// Paths implements types.QueryServer.
func (s queryServer) Paths(ctx context.Context, req *types.QueryPathsRequest) (*types.QueryPathsResponse, error) {
	paths, page, err := pageOf(ctx, s.Keeper.Paths, req.Pagination)
	if err != nil {
		return nil, answerError(err)
	}
	return &types.QueryPathsResponse{Paths: paths, Pagination: page}, nil
}

// Invariants implements types.QueryServer.
func (s queryServer) Invariants(ctx context.Context, _ *types.QueryInvariantsRequest) (*types.QueryInvariantsResponse, error) {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	answer := &types.QueryInvariantsResponse{Height: sdkCtx.BlockHeight()}
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
