package keeper

import (
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// create opens an auction and escrows the creator's whole side; named are the
// credits of a lot that is a class.
func (k Keeper) create(
	ctx sdk.Context, creator sdk.AccAddress, terms types.Terms, named sdk.Coins,
) (types.Auction, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return types.Auction{}, err
	}
	if err := types.ValidateTermsFor(&terms, params); err != nil {
		return types.Auction{}, err
	}
	if err := k.validateClass(&terms); err != nil {
		return types.Auction{}, err
	}
	if err := k.validateCredits(ctx, &terms, named, types.ClassDelivery(&terms, nil)); err != nil {
		return types.Auction{}, err
	}
	if err := k.validateRoom(ctx, creator, params); err != nil {
		return types.Auction{}, err
	}
	auction, err := k.newAuction(ctx, creator, terms, named, params)
	if err != nil {
		return types.Auction{}, err
	}
	if err := k.collect(ctx, creator, auction.Escrow, "the escrow of the creator"); err != nil {
		return types.Auction{}, err
	}
	if err := k.addAuction(ctx, auction); err != nil {
		return types.Auction{}, err
	}
	return auction, ctx.EventManager().EmitTypedEvent(&types.EventAuctionCreated{
		AuctionId: auction.Id, Creator: auction.Creator, TermsHash: auction.TermsHash})
}

// validateRoom returns ErrLimitReached if there are as many open auctions as may be.
func (k Keeper) validateRoom(ctx sdk.Context, creator sdk.AccAddress, params types.Params) error {
	all, err := k.getOpenCount(ctx)
	if err != nil {
		return err
	}
	if all >= uint64(params.MaxOpenAuctions) {
		return errorsmod.Wrapf(types.ErrLimitReached, "%d auctions are open, max_open_auctions is %d", all, params.MaxOpenAuctions)
	}
	own, err := k.getOpenByCreator(ctx, creator)
	if err != nil {
		return err
	}
	if own >= uint64(params.MaxOpenAuctionsPerCreator) {
		return errorsmod.Wrapf(types.ErrLimitReached, "%d auctions of this creator are open, max_open_auctions_per_creator is %d",
			own, params.MaxOpenAuctionsPerCreator)
	}
	return nil
}

// newAuction returns the auction that valid terms make at this block time.
func (k Keeper) newAuction(
	ctx sdk.Context, creator sdk.AccAddress, terms types.Terms, named sdk.Coins, params types.Params,
) (types.Auction, error) {
	hash, err := types.TermsHash(&terms)
	if err != nil {
		return types.Auction{}, err
	}
	text, err := k.formatAddress(creator)
	if err != nil {
		return types.Auction{}, err
	}
	id, err := k.NextAuctionID.Next(ctx)
	if err != nil {
		return types.Auction{}, err
	}
	now := ctx.BlockTime()
	auction := types.Auction{
		Id: id, Creator: text, Terms: types.NormalTerms(&terms), TermsHash: hash, Phase: types.PHASE_COMMITTING,
		Deposit: types.Deposit(&terms), Escrow: types.CreatorEscrow(&terms, named),
		CreatedAt:      now,
		CommitDeadline: now.Add(terms.CommitWindow),
		RevealDeadline: now.Add(terms.CommitWindow).Add(terms.RevealWindow),
		MaxBidders:     params.MaxBidders,
	}
	if terms.MaxBidders != 0 {
		auction.MaxBidders = terms.MaxBidders
	}
	if terms.IsAward() {
		deadline := auction.RevealDeadline.Add(terms.DeliveryWindow)
		auction.DeliveryDeadline = &deadline
	}
	return auction, nil
}

// cancel withdraws an auction that nobody has committed to.
func (k Keeper) cancel(ctx sdk.Context, creator string, id uint64) error {
	auction, err := k.getAuction(ctx, id)
	if err != nil {
		return err
	}
	owner, err := k.validateCreator(auction, creator)
	if err != nil {
		return err
	}
	if phase := auction.PhaseAt(ctx.BlockTime()); phase != types.PHASE_COMMITTING {
		return errorsmod.Wrapf(types.ErrWrongPhase, "auction %d is in %s, can be cancelled only before its commit deadline", id, phase)
	}
	if auction.BidderCount > 0 {
		return errorsmod.Wrapf(types.ErrHasCommitments, "auction %d has %d", id, auction.BidderCount)
	}
	if err := k.payouts(id).pay(ctx, owner, auction.Escrow); err != nil {
		return err
	}
	auction.Escrow = nil
	if err := k.setPhase(ctx, &auction, types.PHASE_CANCELLED); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventAuctionCancelled{AuctionId: id})
}

// validateCreator returns the creator's raw address, or ErrUnauthorized if
// somebody else signed.
func (k Keeper) validateCreator(auction types.Auction, signer string) (sdk.AccAddress, error) {
	raw, err := k.parseAddress("creator", signer)
	if err != nil {
		return nil, err
	}
	creator, err := k.parseAddress("creator", auction.Creator)
	if err != nil {
		return nil, err
	}
	if !raw.Equals(creator) {
		return nil, errorsmod.Wrapf(types.ErrUnauthorized, "auction %d belongs to %s", auction.Id, auction.Creator)
	}
	return creator, nil
}
