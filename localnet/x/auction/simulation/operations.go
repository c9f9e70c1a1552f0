package simulation

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/keeper"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

type (
	source   = simsx.ChainDataSource
	reporter = simsx.SimulationReporter
	signers  = []simsx.SimAccount
)

// CreateAuction opens a random auction, if there is room and money for it.
func CreateAuction(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgCreateAuction] {
	return func(ctx context.Context, data *source, report reporter) (signers, *types.MsgCreateAuction) {
		params, err := k.Params.Get(ctx)
		if err != nil {
			report.Skip(err.Error())
			return nil, nil
		}
		creator := data.AnyAccount(report)
		terms := randomTerms(data.Rand(), params)
		if report.IsSkipped() || !hasRoom(ctx, k, params, creator.Address) {
			report.Skip("no room for another auction")
			return nil, nil
		}
		if !canSpend(data, &creator, types.CreatorEscrow(&terms, nil)) {
			report.Skip("cannot pay the escrow")
			return nil, nil
		}
		return signers{creator}, &types.MsgCreateAuction{Creator: creator.AddressBech32, Terms: terms}
	}
}

func hasRoom(ctx context.Context, k keeper.Keeper, params types.Params, creator sdk.AccAddress) bool {
	all, err := k.OpenCount.Get(ctx)
	if err == nil && all >= uint64(params.MaxOpenAuctions) {
		return false
	}
	own, err := k.OpenByCreator.Get(ctx, creator)
	return err != nil || own < uint64(params.MaxOpenAuctionsPerCreator)
}

// canSpend tells whether an account has coins that may be sent, and sets them
// aside from what it may spend on fees.
func canSpend(data *source, account *simsx.SimAccount, amount sdk.Coins) bool {
	for _, coin := range amount {
		if !data.IsSendEnabledDenom(coin.Denom) || !account.LiquidBalance().BlockAmount(coin) {
			return false
		}
	}
	return true
}

// pickAuction returns a random auction that fits, or skips.
func pickAuction(ctx context.Context, k keeper.Keeper, data *source, report reporter, fits func(types.Auction) bool) (types.Auction, bool) {
	var fitting []types.Auction
	err := k.Auctions.Walk(ctx, nil, func(_ uint64, auction types.Auction) (bool, error) {
		if fits(auction) {
			fitting = append(fitting, auction)
		}
		return false, nil
	})
	if err != nil || len(fitting) == 0 {
		report.Skip("no auction fits")
		return types.Auction{}, false
	}
	return fitting[data.Rand().Intn(len(fitting))], true
}

func isIn(ctx context.Context, phase types.Phase) func(types.Auction) bool {
	now := sdk.UnwrapSDKContext(ctx).BlockTime()
	return func(auction types.Auction) bool { return auction.PhaseAt(now) == phase }
}

// CancelAuction withdraws an auction that nobody has committed to.
func CancelAuction(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgCancelAuction] {
	return func(ctx context.Context, data *source, report reporter) (signers, *types.MsgCancelAuction) {
		auction, ok := pickAuction(ctx, k, data, report, func(a types.Auction) bool {
			return a.BidderCount == 0 && isIn(ctx, types.PHASE_COMMITTING)(a)
		})
		if !ok {
			return nil, nil
		}
		creator := data.GetAccount(report, auction.Creator)
		return signers{creator}, &types.MsgCancelAuction{Creator: auction.Creator, AuctionId: auction.Id}
	}
}

// ClaimPayout collects a parked payout.
func ClaimPayout(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgClaimPayout] {
	return func(ctx context.Context, data *source, report reporter) (signers, *types.MsgClaimPayout) {
		var found *types.ParkedPayout
		err := k.ParkedPayouts.Walk(ctx, nil,
			func(_ collections.Pair[sdk.AccAddress, uint64], parked types.ParkedPayout) (bool, error) {
				if data.HasAccount(parked.Owner) {
					found = &parked
				}
				return found != nil, nil
			})
		if err != nil || found == nil {
			report.Skip("nothing to claim")
			return nil, nil
		}
		owner := data.GetAccount(report, found.Owner)
		return signers{owner}, &types.MsgClaimPayout{Owner: found.Owner, AuctionId: found.AuctionId}
	}
}

// ConfirmDelivery returns the deposit of a winner in award mode.
func ConfirmDelivery(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgConfirmDelivery] {
	return func(ctx context.Context, data *source, report reporter) (signers, *types.MsgConfirmDelivery) {
		auction, bidder, ok := pickDelivery(ctx, k, data, report)
		if !ok {
			return nil, nil
		}
		return signers{data.GetAccount(report, auction.Creator)}, &types.MsgConfirmDelivery{
			Creator: auction.Creator, AuctionId: auction.Id, Bidder: bidder}
	}
}

// ForfeitDeposit sends the deposit of a winner in award mode to the pool.
func ForfeitDeposit(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgForfeitDeposit] {
	return func(ctx context.Context, data *source, report reporter) (signers, *types.MsgForfeitDeposit) {
		auction, bidder, ok := pickDelivery(ctx, k, data, report)
		if !ok {
			return nil, nil
		}
		return signers{data.GetAccount(report, auction.Creator)}, &types.MsgForfeitDeposit{
			Creator: auction.Creator, AuctionId: auction.Id, Bidder: bidder}
	}
}

// pickDelivery returns a winner whose deposit is held and may still be decided on.
func pickDelivery(ctx context.Context, k keeper.Keeper, data *source, report reporter) (types.Auction, string, bool) {
	var auction types.Auction
	bidder, now := "", sdk.UnwrapSDKContext(ctx).BlockTime()
	err := k.HeldDeposits.Walk(ctx, nil, func(key collections.Pair[uint64, sdk.AccAddress]) (bool, error) {
		found, err := k.Auctions.Get(ctx, key.K1())
		if err != nil || !now.Before(*found.DeliveryDeadline) || data.Rand().Bool() {
			return err != nil, err
		}
		auction = found
		bidder, err = data.AddressCodec().BytesToString(key.K2())
		return true, err
	})
	if err != nil || bidder == "" {
		report.Skip("no delivery is waited for")
	}
	return auction, bidder, err == nil && bidder != ""
}

// UpdateParams proposes other limits.
func UpdateParams() simsx.SimMsgFactoryFn[*types.MsgUpdateParams] {
	return func(_ context.Context, data *source, report reporter) (signers, *types.MsgUpdateParams) {
		return nil, &types.MsgUpdateParams{
			Authority: data.ModuleAccountAddress(report, "gov"), Params: randomParams(data.Rand().Rand)}
	}
}
