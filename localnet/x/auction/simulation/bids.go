package simulation

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/keeper"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// CommitBid commits, or commits anew, to the bid that follows from auction, bidder
// and attempt. Three bidders out of four do not forget to reveal it.
func CommitBid(k keeper.Keeper) simsx.SimMsgFactoryX {
	return simsx.NewSimMsgFactoryWithFutureOps(
		func(ctx context.Context, data *source, report reporter, later simsx.FutureOpsRegistry) (signers, *types.MsgCommitBid) {
			auction, ok := pickAuction(ctx, k, data, report, isIn(ctx, types.PHASE_COMMITTING))
			if !ok {
				return nil, nil
			}
			bidder := data.AnyAccount(report, simsx.ExcludeAddresses(auction.Creator))
			if report.IsSkipped() {
				return nil, nil
			}
			attempt := uint32(1)
			stored, err := k.Commitments.Get(ctx, collections.Join(auction.Id, bidder.Address))
			switch {
			case err == nil:
				attempt += stored.Attempt
			case auction.BidderCount >= auction.MaxBidders || !canSpend(data, &bidder, auction.Deposit):
				report.Skip("full, or the deposit cannot be paid")
				return nil, nil
			}
			bidBytes, salt := opening(auction, bidder.Address, attempt)
			if data.Rand().Intn(4) != 0 {
				later.Add(auction.CommitDeadline, RevealBid(k))
			}
			return signers{bidder}, &types.MsgCommitBid{
				Bidder: bidder.AddressBech32, AuctionId: auction.Id, Attempt: attempt,
				BidCommitment: types.ComputeBidCommitment(sdk.UnwrapSDKContext(ctx).ChainID(), auction.Id,
					bidder.Address, auction.TermsHash, bidBytes, salt),
			}
		})
}

// RevealBid opens a commitment of a random auction, by its bidder or, where that
// needs no escrow, by anybody.
func RevealBid(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRevealBid] {
	return func(ctx context.Context, data *source, report reporter) (signers, *types.MsgRevealBid) {
		auction, ok := pickAuction(ctx, k, data, report, isIn(ctx, types.PHASE_REVEALING))
		if !ok {
			return nil, nil
		}
		commitment, ok := pickSealed(ctx, k, data, auction.Id)
		if !ok {
			report.Skip("nothing is sealed")
			return nil, nil
		}
		sender := data.GetAccount(report, commitment.Bidder)
		if report.IsSkipped() {
			return nil, nil
		}
		bidBytes, salt := opening(auction, sender.Address, commitment.Attempt)
		escrow := sdk.Coins{}
		if bid, reason := types.FindInadmissible(bidBytes, &auction.Terms); reason == "" {
			escrow = types.RevealEscrow(bid, &auction.Terms, auction.Deposit, nil)
		}
		if !canSpend(data, &sender, escrow) {
			report.Skip("cannot pay the escrow")
			return nil, nil
		}
		if escrow.IsZero() && data.Rand().Bool() {
			sender = data.AnyAccount(report)
		}
		return signers{sender}, &types.MsgRevealBid{
			Sender: sender.AddressBech32, Bidder: commitment.Bidder, AuctionId: auction.Id, BidBytes: bidBytes, Salt: salt}
	}
}

// pickSealed returns a random commitment that has not been opened.
func pickSealed(ctx context.Context, k keeper.Keeper, data *source, auctionID uint64) (types.BidCommitment, bool) {
	var sealed []types.BidCommitment
	err := k.Commitments.Walk(ctx, collections.NewPrefixedPairRange[uint64, sdk.AccAddress](auctionID),
		func(key collections.Pair[uint64, sdk.AccAddress], commitment types.BidCommitment) (bool, error) {
			opened, err := k.Reveals.Has(ctx, key)
			if !opened {
				sealed = append(sealed, commitment)
			}
			return false, err
		})
	if err != nil || len(sealed) == 0 {
		return types.BidCommitment{}, false
	}
	return sealed[data.Rand().Intn(len(sealed))], true
}
