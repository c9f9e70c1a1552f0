package keeper

import (
	"math/big"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// newInt converts an integer of the pure rules, which are bounded by 192 bits.
func newInt(value *big.Int) (math.Int, error) {
	if value == nil || value.BitLen() > math.MaxBitLen {
		return math.Int{}, errorsmod.Wrap(types.ErrClearing, "an amount is out of range")
	}
	return math.NewIntFromBigInt(value), nil
}

// settle stores a result and carries it out: delivery against payment, deposits
// back, forfeits to the community pool, what is left to the creator. Either all
// of it happens or the auction fails.
func (k Keeper) settle(ctx sdk.Context, auction types.Auction, bidders []listed, out outcome) error {
	payouts := k.payouts(auction.Id)
	left := auction.Escrow
	traded := uint64(0)
	for _, a := range out.awards {
		traded += a.allocation
		if err := k.addAward(ctx, auction.Id, a); err != nil {
			return err
		}
		payout, rest, err := computePayout(auction, a, left)
		if err != nil {
			return err
		}
		left = rest
		if err := k.payBidder(ctx, payouts, auction, a, payout); err != nil {
			return err
		}
	}
	if err := k.forfeitUnrevealed(ctx, payouts, auction, bidders); err != nil {
		return err
	}
	if err := k.closeEscrow(ctx, payouts, &auction, left); err != nil {
		return err
	}
	if err := k.Results.Set(ctx, auction.Id, out.result); err != nil {
		return err
	}
	if err := k.setPhase(ctx, &auction, types.PHASE_CLEARED); err != nil {
		return err
	}
	event := &types.EventAuctionCleared{AuctionId: auction.Id, Welfare: out.result.Welfare.String(), Traded: traded}
	if out.result.ClearingPrice != nil {
		event.ClearingPrice = out.result.ClearingPrice.String()
	}
	return ctx.EventManager().EmitTypedEvent(event)
}

func (k Keeper) addAward(ctx sdk.Context, auctionID uint64, a award) error {
	return k.Awards.Set(ctx, collections.Join(auctionID, a.bidder), types.Award{
		Bidder: a.commitment.Bidder, Allocation: a.allocation, Payment: a.payment.Amount})
}

// computePayout returns what a bidder gets of its deposit, its escrow and the
// creator's side, and what is left of the creator's side: a buyer gives its
// payment and takes of the lot, a seller gives of the lot and takes its payment.
// In award mode nothing changes hands.
func computePayout(auction types.Auction, a award, left sdk.Coins) (payout, rest sdk.Coins, err error) {
	held := auction.Deposit.Add(a.reveal.Escrow...)
	if auction.Terms.IsAward() {
		return held, left, nil
	}
	lender := left
	if auction.Terms.Side == types.SIDE_REVERSE {
		lender = a.reveal.Escrow
	}
	delivered, err := computeDelivery(&auction.Terms, lender, a.allocation)
	if err != nil {
		return nil, nil, err
	}
	gives, takes := sdk.NewCoins(a.payment), delivered
	if auction.Terms.Side == types.SIDE_REVERSE {
		gives, takes = takes, gives
	}
	kept, short := held.SafeSub(gives...)
	if short {
		return nil, nil, errorsmod.Wrapf(types.ErrClearing, "%s owes %s and put in %s", a.commitment.Bidder, gives, held)
	}
	rest, short = left.Add(gives...).SafeSub(takes...)
	if short {
		return nil, nil, errorsmod.Wrapf(types.ErrClearing, "%s is due %s, and %s is left", a.commitment.Bidder, takes, left)
	}
	return kept.Add(takes...), rest, nil
}

// payBidder pays out one bidder, or, for a winner in award mode, holds its
// deposit until delivery.
func (k Keeper) payBidder(ctx sdk.Context, out payouts, auction types.Auction, a award, payout sdk.Coins) error {
	event := &types.EventBidSettled{
		AuctionId: auction.Id, Bidder: a.commitment.Bidder,
		Allocation: a.allocation, Payment: a.payment.Amount.String(), Payout: payout,
	}
	if auction.Terms.IsAward() && a.allocation > 0 && !auction.Deposit.IsZero() {
		event.Payout = nil
		if err := k.HeldDeposits.Set(ctx, collections.Join(auction.Id, a.bidder)); err != nil {
			return err
		}
		return ctx.EventManager().EmitTypedEvent(event)
	}
	if err := out.pay(ctx, a.bidder, payout); err != nil {
		return err
	}
	if err := k.closeDeposit(ctx, a.bidder, a.commitment, types.DEPOSIT_STATUS_RETURNED); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(event)
}

// forfeitUnrevealed takes the deposits of bidders who did not open.
func (k Keeper) forfeitUnrevealed(ctx sdk.Context, out payouts, auction types.Auction, bidders []listed) error {
	for _, b := range bidders {
		if b.reveal != nil {
			continue
		}
		if err := k.forfeit(ctx, out, auction, b.bidder, b.commitment, "not revealed"); err != nil {
			return err
		}
	}
	return nil
}

// closeEscrow pays the creator what its side has become.
func (k Keeper) closeEscrow(ctx sdk.Context, out payouts, auction *types.Auction, amount sdk.Coins) error {
	creator, err := k.parseAddress("creator", auction.Creator)
	if err != nil {
		return err
	}
	auction.Escrow = nil
	return out.pay(ctx, creator, amount)
}

// fail ends an auction that could not be cleared or settled. Who revealed gets
// deposit and escrow back, and the creator its escrow; who did not reveal
// forfeits all the same. Whatever cannot be paid is parked.
func (k Keeper) fail(ctx sdk.Context, auction types.Auction, cause error) error {
	out := k.payouts(auction.Id).orPark()
	bidders, err := k.getBidders(ctx, auction.Id)
	if err != nil {
		return err
	}
	for _, b := range bidders {
		if b.reveal == nil || !b.reveal.Admissible {
			continue
		}
		if err := out.pay(ctx, b.bidder, auction.Deposit.Add(b.reveal.Escrow...)); err != nil {
			return err
		}
		if err := k.closeDeposit(ctx, b.bidder, b.commitment, types.DEPOSIT_STATUS_RETURNED); err != nil {
			return err
		}
	}
	if err := k.forfeitUnrevealed(ctx, out, auction, bidders); err != nil {
		return err
	}
	if err := k.closeEscrow(ctx, out, &auction, auction.Escrow); err != nil {
		return err
	}
	auction.Failure = cause.Error()
	if err := k.setPhase(ctx, &auction, types.PHASE_FAILED); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventAuctionFailed{AuctionId: auction.Id, Failure: auction.Failure})
}
