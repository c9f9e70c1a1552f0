package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/plurichain/plurichain/localnet/x/energy/keeper"
	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

func TestQueriesTellTheState(t *testing.T) {
	g := newGrid(t)
	story(g)
	q := keeper.NewQueryServer(g.keeper)

	require.Equal(t, types.DefaultParams(), must(q.Params(g.ctx, &types.QueryParamsRequest{})).Params)
	require.Len(t, must(q.IssuingBodies(g.ctx, &types.QueryIssuingBodiesRequest{})).IssuingBodies, 2)
	require.Len(t, must(q.Paths(g.ctx, &types.QueryPathsRequest{})).Paths, 2)

	require.Equal(t, "roof-1", must(q.Device(g.ctx, &types.QueryDeviceRequest{DeviceId: "roof-1"})).Device.Id)
	require.Len(t, must(q.Devices(g.ctx, &types.QueryDevicesRequest{})).Devices, 3)
	own := must(q.Devices(g.ctx, &types.QueryDevicesRequest{Owner: account(stranger).String()})).Devices
	require.Len(t, own, 1)
	require.Equal(t, "mill-8", own[0].Id)

	reading := must(q.Reading(g.ctx, &types.QueryReadingRequest{DeviceId: "roof-1", IntervalStart: noon})).Reading
	require.EqualValues(t, 100, reading.IssuedWh)
	page := must(q.Readings(g.ctx, &types.QueryReadingsRequest{DeviceId: "roof-1", Pagination: &query.PageRequest{Limit: 3}}))
	require.Len(t, page.Readings, 3)
	rest := must(q.Readings(g.ctx, &types.QueryReadingsRequest{
		DeviceId: "roof-1", Pagination: &query.PageRequest{Key: page.Pagination.NextKey}}))
	require.Len(t, rest.Readings, 1)
	require.Equal(t, noon+5*length, rest.Readings[0].IntervalStart)

	require.Len(t, must(q.Credits(g.ctx, &types.QueryCreditsRequest{})).Credits, 3)
	ofRoof := must(q.Credits(g.ctx, &types.QueryCreditsRequest{DeviceId: "roof-1"})).Credits
	require.Len(t, ofRoof, 2)
	require.Less(t, ofRoof[0].Denom, ofRoof[1].Denom)
	credit := must(q.Credit(g.ctx, &types.QueryCreditRequest{Denom: ofRoof[0].Denom}))
	require.EqualValues(t, 7, credit.SupplyWh.Int64())
	require.EqualValues(t, 93, credit.RetiredWh.Int64())
	require.EqualValues(t, 100, credit.Credit.IssuedWh)
}

func TestQueriesOfRetirements(t *testing.T) {
	g := newGrid(t)
	story(g)
	q := keeper.NewQueryServer(g.keeper)
	denom := must(g.keeper.Retirements.Get(g.ctx, 1)).Coin.Denom
	ids := func(req *types.QueryRetirementsRequest) (found []uint64) {
		for _, retirement := range must(q.Retirements(g.ctx, req)).Retirements {
			found = append(found, retirement.Id)
		}
		return found
	}
	require.Equal(t, []uint64{1, 2, 3, 4}, ids(&types.QueryRetirementsRequest{}))
	require.Equal(t, []uint64{1, 2, 3}, ids(&types.QueryRetirementsRequest{Denom: denom}))
	require.Equal(t, []uint64{1, 2}, ids(&types.QueryRetirementsRequest{Owner: account(battery).String()}))
	require.Equal(t, []uint64{3}, ids(&types.QueryRetirementsRequest{Owner: account(plant).String(), Denom: denom}))
	require.Empty(t, ids(&types.QueryRetirementsRequest{Owner: account(stranger).String(), Denom: denom}))
	require.Len(t, must(q.RetiredTotals(g.ctx, &types.QueryRetiredTotalsRequest{})).RetiredTotals, 2)
	one := must(q.Retirement(g.ctx, &types.QueryRetirementRequest{RetirementId: 1})).Retirement
	require.Equal(t, types.RETIREMENT_PURPOSE_STORAGE, one.Purpose)
	require.Equal(t, "battery-1", one.Beneficiary)
	require.EqualValues(t, 1, one.ChargeId)
}

// The origin of a denom is told with a reason, never as an error.
func TestQueryOfOrigins(t *testing.T) {
	g := newGrid(t)
	home := g.credit(g.wind("mill-1"), noon, 10)
	attributes := foreign("grid-2")
	g.ok(g.registerPath("transfer/channel-0", "grid-2"), g.registerPath("transfer/channel-3", "grid-3"))
	origin := func(denom string) *types.QueryOriginResponse {
		return must(keeper.NewQueryServer(g.keeper).Origin(g.ctx, &types.QueryOriginRequest{Denom: denom}))
	}
	answer := origin(home)
	require.True(t, answer.Verified)
	require.Equal(t, chainID, answer.OriginChain)
	require.Equal(t, home, answer.CreditDenom)
	require.NotNil(t, answer.Attributes)

	require.Contains(t, origin("upluri").Reason, "has not the form")
	require.Contains(t, origin(attributes.Denom()).Reason, "was not issued by this chain")
	good := g.receive(stranger, attributes.Denom(), 10, "transfer", "channel-0")
	wrong := g.receive(stranger, attributes.Denom(), 10, "transfer", "channel-3")
	unknown := g.receive(stranger, attributes.Denom(), 10, "transfer", "channel-9")

	answer = origin(good)
	require.False(t, answer.Verified)
	require.Contains(t, answer.Reason, "are not recorded here")
	require.Equal(t, "grid-2", answer.OriginChain)
	require.Nil(t, answer.Attributes)
	g.ok(&types.MsgRecordAttributes{Sender: account(stranger).String(), Attributes: []types.Attributes{attributes}})
	answer = origin(good)
	require.True(t, answer.Verified)
	require.Equal(t, "transfer/channel-0", answer.Path)
	require.Equal(t, attributes.Denom(), answer.CreditDenom)
	require.Equal(t, attributes, *answer.Attributes)

	answer = origin(wrong)
	require.False(t, answer.Verified)
	require.Contains(t, answer.Reason, "name chain grid-2, path transfer/channel-3 leads to grid-3")
	answer = origin(unknown)
	require.False(t, answer.Verified)
	require.Contains(t, answer.Reason, "is not registered")
	require.Empty(t, answer.OriginChain)
	require.Equal(t, attributes, *answer.Attributes) // known, which proves nothing
}

func TestQueriesOfWhatIsNotThere(t *testing.T) {
	g := newGrid(t)
	g.wind("mill-1")
	q := keeper.NewQueryServer(g.keeper)
	for name, c := range map[string]struct {
		ask  func() error
		code codes.Code
	}{
		"device":      {func() error { _, err := q.Device(g.ctx, &types.QueryDeviceRequest{}); return err }, codes.NotFound},
		"reading":     {func() error { _, err := q.Reading(g.ctx, &types.QueryReadingRequest{DeviceId: "mill-1"}); return err }, codes.NotFound},
		"its device":  {func() error { _, err := q.Reading(g.ctx, &types.QueryReadingRequest{}); return err }, codes.NotFound},
		"readings":    {func() error { _, err := q.Readings(g.ctx, &types.QueryReadingsRequest{DeviceId: "x"}); return err }, codes.NotFound},
		"credit":      {func() error { _, err := q.Credit(g.ctx, &types.QueryCreditRequest{Denom: "wh"}); return err }, codes.NotFound},
		"retirement":  {func() error { _, err := q.Retirement(g.ctx, &types.QueryRetirementRequest{}); return err }, codes.NotFound},
		"owner":       {func() error { _, err := q.Devices(g.ctx, &types.QueryDevicesRequest{Owner: "x"}); return err }, codes.InvalidArgument},
		"other owner": {func() error { _, err := q.Retirements(g.ctx, &types.QueryRetirementsRequest{Owner: "x"}); return err }, codes.InvalidArgument},
	} {
		require.Equal(t, c.code, status.Code(c.ask()), name)
	}
}
