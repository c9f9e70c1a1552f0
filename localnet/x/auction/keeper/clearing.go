package keeper

import (
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// Work is counted in steps that clearing reads. A payout or a change of phase costs
// as much as reading some hundred of them, which BenchmarkLargestAuction measures.
const (
	workOfAuction = 100
	workOfBidder  = 100
	workOfCoin    = 20
)

// finish brings an auction in clearing to its end: cleared and settled, or, on
// any error or panic on the way, failed and refunded. It returns the work done.
func (k Keeper) finish(ctx sdk.Context, auction types.Auction) (uint64, error) {
	work := uint64(workOfAuction)
	cause := attempt(ctx, func(ctx sdk.Context) error {
		bidders, err := k.getBidders(ctx, auction.Id)
		if err != nil {
			return err
		}
		work += workOfBidder*uint64(len(bidders)) + workOfCoin*countCoins(bidders)
		job, err := newJob(ctx, auction, bidders)
		if err != nil {
			return err
		}
		work += job.countSteps()
		cleared, err := k.clear(job.problem)
		if err != nil {
			return errorsmod.Wrap(types.ErrClearing, err.Error())
		}
		outcome, err := newOutcome(ctx, auction, job, cleared)
		if err != nil {
			return err
		}
		return k.settle(ctx, auction, bidders, outcome)
	})
	if cause == nil {
		return work, nil
	}
	return work, k.fail(ctx, auction, cause)
}

// countCoins counts what bidders escrowed, each of which is paid out by itself.
func countCoins(bidders []listed) uint64 {
	coins := 0
	for _, b := range bidders {
		if b.reveal != nil {
			coins += len(b.reveal.Escrow)
		}
	}
	return uint64(coins)
}

// job is an auction as the pure rules take it; problem.Bids[i] is the bid of
// admissible[i].
type job struct {
	problem    clearing.Problem
	admissible []listed
}

// newJob states the problem that the admissible openings pose.
func newJob(ctx sdk.Context, auction types.Auction, bidders []listed) (job, error) {
	out := job{problem: clearing.Problem{
		Side: clearing.Side(auction.Terms.Side), Rule: clearing.Rule(auction.Terms.PaymentRule),
		Quantity: auction.Terms.Quantity,
	}}
	var openings []types.Opening
	for _, b := range bidders {
		if b.reveal == nil || !b.reveal.Admissible {
			continue
		}
		bid, err := types.DecodeBid(b.reveal.BidBytes)
		if err != nil {
			return out, errorsmod.Wrapf(types.ErrClearing, "bid of %s: %s", b.commitment.Bidder, err)
		}
		out.admissible = append(out.admissible, b)
		out.problem.Bids = append(out.problem.Bids, clearing.Bid{Name: types.BidderName(b.bidder), Steps: bid.Steps})
		openings = append(openings, types.Opening{Bidder: b.bidder, Salt: b.reveal.Salt})
	}
	out.problem.TieSeed = types.TieSeed(ctx.ChainID(), auction.Id, openings)
	if reserve := auction.Terms.ReservePrice; reserve != nil {
		price, ok := clearing.Uint128FromBig(reserve.BigInt())
		if !ok {
			return out, errorsmod.Wrapf(types.ErrClearing, "reserve_price %s is out of range", reserve)
		}
		out.problem.Reserve = &price
	}
	return out, nil
}

func (j job) countSteps() uint64 {
	steps := 0
	for _, bid := range j.problem.Bids {
		steps += len(bid.Steps)
	}
	return uint64(steps)
}

// outcome is a result with its awards by raw address.
type outcome struct {
	result types.Result
	awards []award
}

// award is what one admissible bidder trades. Payment is in the payment denom.
type award struct {
	listed
	allocation uint64
	payment    sdk.Coin
}

// newOutcome turns what clearing returned into what the chain stores.
func newOutcome(ctx sdk.Context, auction types.Auction, work job, cleared *clearing.Result) (outcome, error) {
	if cleared == nil || len(cleared.Awards) != len(work.admissible) {
		return outcome{}, errorsmod.Wrap(types.ErrClearing, "clearing did not answer for every bid")
	}
	out := outcome{
		result: types.Result{
			AuctionId: auction.Id, TieSeed: work.problem.TieSeed,
			Height: ctx.BlockHeight(), ClearedAt: ctx.BlockTime(),
		},
		awards: make([]award, len(work.admissible)),
	}
	var err error
	if out.result.Welfare, err = newInt(cleared.Welfare); err != nil {
		return outcome{}, err
	}
	if out.result.Surplus, err = newInt(cleared.Surplus); err != nil {
		return outcome{}, err
	}
	if cleared.ClearingPrice != nil {
		price, err := newInt(cleared.ClearingPrice)
		if err != nil {
			return outcome{}, err
		}
		out.result.ClearingPrice = &price
	}
	for i, b := range work.admissible {
		payment, err := newInt(cleared.Awards[i].Payment.Big())
		if err != nil {
			return outcome{}, err
		}
		out.awards[i] = award{
			listed: b, allocation: cleared.Awards[i].Allocation,
			payment: sdk.Coin{Denom: auction.Terms.PaymentDenom, Amount: payment},
		}
	}
	return out, nil
}
