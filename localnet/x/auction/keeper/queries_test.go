package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/plurichain/plurichain/localnet/x/auction/keeper"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// list returns the ids of all pages of a query for auctions, two at a time.
func (g *grid) list(phase types.Phase, creator string) (ids []uint64) {
	g.t.Helper()
	server := keeper.NewQueryServer(g.keeper)
	page := &query.PageRequest{Limit: 2}
	for {
		answer, err := server.Auctions(g.ctx, &types.QueryAuctionsRequest{Phase: phase, Creator: creator, Pagination: page})
		require.NoError(g.t, err)
		require.LessOrEqual(g.t, len(answer.Auctions), 2)
		for _, auction := range answer.Auctions {
			ids = append(ids, auction.Id)
		}
		if len(answer.Pagination.NextKey) == 0 {
			return ids
		}
		page = &query.PageRequest{Limit: 2, Key: answer.Pagination.NextKey}
	}
}

func TestAuctionsAreListedByPhaseAndCreatorInPages(t *testing.T) {
	g := newGrid(t)
	for creator := range 7 {
		g.ok(&types.MsgCreateAuction{Creator: account(creator % 2).String(), Terms: forward()})
	}
	g.ok(&types.MsgCancelAuction{Creator: account(0).String(), AuctionId: 3})
	none, committing, cancelled := types.PHASE_UNSPECIFIED, types.PHASE_COMMITTING, types.PHASE_CANCELLED
	zero, one := account(0).String(), account(1).String()
	require.Equal(t, []uint64{1, 2, 3, 4, 5, 6, 7}, g.list(none, ""))
	require.Equal(t, []uint64{1, 2, 4, 5, 6, 7}, g.list(committing, ""))
	require.Equal(t, []uint64{3}, g.list(cancelled, ""))
	require.Equal(t, []uint64{1, 3, 5, 7}, g.list(none, zero))
	require.Equal(t, []uint64{1, 5, 7}, g.list(committing, zero))
	require.Equal(t, []uint64{2, 4, 6}, g.list(committing, one))
	require.Empty(t, g.list(cancelled, one))
	require.Empty(t, g.list(types.PHASE_CLEARED, ""))
	g.toTime(g.auction(1).RevealDeadline)
	require.Equal(t, []uint64{1, 2, 4, 5, 6, 7}, g.list(types.PHASE_CLEARED, ""))
	require.Empty(t, g.list(committing, ""))
}

func TestBidsAndAwardsAreListedInPages(t *testing.T) {
	g := newGrid(t)
	first, second := g.open(forward()), g.open(forward())
	var bids []opening
	for bidder := 1; bidder <= 5; bidder++ {
		bids = append(bids, g.commit(bidder, first, step(1, 50)))
	}
	g.commit(6, second, step(1, 50))
	g.toReveals(first)
	for _, bid := range bids[:3] {
		g.ok(bid.revealMsg())
	}
	server := keeper.NewQueryServer(g.keeper)
	page := &query.PageRequest{Limit: 3, CountTotal: true}
	commitments, err := server.Commitments(g.ctx, &types.QueryCommitmentsRequest{AuctionId: first, Pagination: page})
	require.NoError(t, err)
	require.Len(t, commitments.Commitments, 3)
	require.EqualValues(t, 5, commitments.Pagination.Total)
	page = &query.PageRequest{Limit: 3, Key: commitments.Pagination.NextKey}
	commitments, err = server.Commitments(g.ctx, &types.QueryCommitmentsRequest{AuctionId: first, Pagination: page})
	require.NoError(t, err)
	require.Len(t, commitments.Commitments, 2, "and none of the other auction")
	reveals, err := server.Reveals(g.ctx, &types.QueryRevealsRequest{AuctionId: first})
	require.NoError(t, err)
	require.Len(t, reveals.Reveals, 3)
	g.toResult(first)
	result, err := server.Result(g.ctx, &types.QueryResultRequest{AuctionId: first, Pagination: &query.PageRequest{Limit: 2}})
	require.NoError(t, err)
	require.Len(t, result.Result.Awards, 2)
	require.NotEmpty(t, result.Pagination.NextKey)
	require.Len(t, result.Result.TieSeed, 32)
}

func TestTermsQueryCarriesTheBytesBehindTheHash(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward(func(t *types.Terms) { t.Title = "Überschuss" }))
	answer, err := keeper.NewQueryServer(g.keeper).Terms(g.ctx, &types.QueryTermsRequest{AuctionId: id})
	require.NoError(t, err)
	decoded, err := types.DecodeTerms(answer.TermsBytes)
	require.NoError(t, err)
	require.Equal(t, answer.Terms, decoded)
	require.Equal(t, g.auction(id).TermsHash, answer.TermsHash)
	require.Equal(t, must(types.TermsHash(&decoded)), answer.TermsHash)
}

// What does not exist has the status NotFound, what is asked wrongly
// InvalidArgument, so that a client need not read the text.
func TestQueriesSayWhatIsNotThere(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	g.commit(1, id, step(1, 50))
	server := keeper.NewQueryServer(g.keeper)
	bidder, stranger := account(1).String(), account(2).String()
	for name, c := range map[string]struct {
		code codes.Code
		ask  func() error
	}{
		"auction": {codes.NotFound, func() error {
			_, err := server.Auction(g.ctx, &types.QueryAuctionRequest{AuctionId: 9})
			return err
		}},
		"terms": {codes.NotFound, func() error {
			_, err := server.Terms(g.ctx, &types.QueryTermsRequest{AuctionId: 9})
			return err
		}},
		"commitment of nobody": {codes.NotFound, func() error {
			_, err := server.Commitment(g.ctx, &types.QueryCommitmentRequest{AuctionId: id, Bidder: stranger})
			return err
		}},
		"commitments of no auction": {codes.NotFound, func() error {
			_, err := server.Commitments(g.ctx, &types.QueryCommitmentsRequest{AuctionId: 9})
			return err
		}},
		"reveal before the reveal": {codes.NotFound, func() error {
			_, err := server.Reveal(g.ctx, &types.QueryRevealRequest{AuctionId: id, Bidder: bidder})
			return err
		}},
		"reveals of no auction": {codes.NotFound, func() error {
			_, err := server.Reveals(g.ctx, &types.QueryRevealsRequest{AuctionId: 9})
			return err
		}},
		"result before the result": {codes.NotFound, func() error {
			_, err := server.Result(g.ctx, &types.QueryResultRequest{AuctionId: id})
			return err
		}},
		"result of no auction": {codes.NotFound, func() error {
			_, err := server.Result(g.ctx, &types.QueryResultRequest{AuctionId: 9})
			return err
		}},
		"bidder of another chain": {codes.InvalidArgument, func() error {
			_, err := server.Commitment(g.ctx, &types.QueryCommitmentRequest{AuctionId: id, Bidder: "osmo1qqqq"})
			return err
		}},
		"creator that is no address": {codes.InvalidArgument, func() error {
			_, err := server.Auctions(g.ctx, &types.QueryAuctionsRequest{Creator: "town"})
			return err
		}},
		"owner that is no address": {codes.InvalidArgument, func() error {
			_, err := server.ParkedPayouts(g.ctx, &types.QueryParkedPayoutsRequest{Owner: "town"})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.code, status.Code(c.ask())) })
	}
	answer, err := server.Commitment(g.ctx, &types.QueryCommitmentRequest{AuctionId: id, Bidder: bidder})
	require.NoError(t, err)
	require.EqualValues(t, 1, answer.Commitment.Attempt)
}

// The invariants query shows what is held and owed, and runs them all.
func TestInvariantsQuery(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	g.commit(1, id, step(1, 50))
	answer, err := keeper.NewQueryServer(g.keeper).Invariants(g.ctx, &types.QueryInvariantsRequest{})
	require.NoError(t, err)
	require.Equal(t, coins(400, money, 4, lot), answer.Held)
	require.Equal(t, answer.Held, answer.Owed)
	require.EqualValues(t, 1, answer.Height)
	require.Len(t, answer.Checks, 7)
}
