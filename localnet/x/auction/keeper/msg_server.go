package keeper

import (
	"context"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// msgServer translates messages into calls of the keeper.
type msgServer struct{ Keeper }

var _ types.MsgServer = msgServer{}

// NewMsgServer returns the handlers of the module's messages.
func NewMsgServer(keeper Keeper) types.MsgServer { return msgServer{keeper} }

// CreateAuction implements types.MsgServer.
func (s msgServer) CreateAuction(ctx context.Context, msg *types.MsgCreateAuction) (*types.MsgCreateAuctionResponse, error) {
	creator, err := s.parseAddress("creator", msg.Creator)
	if err != nil {
		return nil, err
	}
	auction, err := s.create(sdk.UnwrapSDKContext(ctx), creator, msg.Terms, msg.Credits)
	if err != nil {
		return nil, err
	}
	return &types.MsgCreateAuctionResponse{AuctionId: auction.Id, TermsHash: auction.TermsHash}, nil
}

// CancelAuction implements types.MsgServer.
func (s msgServer) CancelAuction(ctx context.Context, msg *types.MsgCancelAuction) (*types.MsgCancelAuctionResponse, error) {
	if err := s.cancel(sdk.UnwrapSDKContext(ctx), msg.Creator, msg.AuctionId); err != nil {
		return nil, err
	}
	return &types.MsgCancelAuctionResponse{}, nil
}

// CommitBid implements types.MsgServer.
func (s msgServer) CommitBid(ctx context.Context, msg *types.MsgCommitBid) (*types.MsgCommitBidResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	if err := s.commit(sdk.UnwrapSDKContext(ctx), msg); err != nil {
		return nil, err
	}
	return &types.MsgCommitBidResponse{}, nil
}

// RevealBid implements types.MsgServer.
func (s msgServer) RevealBid(ctx context.Context, msg *types.MsgRevealBid) (*types.MsgRevealBidResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	reveal, err := s.reveal(sdk.UnwrapSDKContext(ctx), msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgRevealBidResponse{Admissible: reveal.Admissible, Reason: reveal.Reason}, nil
}

// ClaimPayout implements types.MsgServer.
func (s msgServer) ClaimPayout(ctx context.Context, msg *types.MsgClaimPayout) (*types.MsgClaimPayoutResponse, error) {
	owner, err := s.parseAddress("owner", msg.Owner)
	if err != nil {
		return nil, err
	}
	recipient := owner
	if msg.Recipient != "" {
		if recipient, err = s.parseAddress("recipient", msg.Recipient); err != nil {
			return nil, err
		}
	}
	amount, err := s.claim(sdk.UnwrapSDKContext(ctx), owner, recipient, msg.AuctionId)
	if err != nil {
		return nil, err
	}
	return &types.MsgClaimPayoutResponse{Amount: amount}, nil
}

// ConfirmDelivery implements types.MsgServer.
func (s msgServer) ConfirmDelivery(ctx context.Context, msg *types.MsgConfirmDelivery) (*types.MsgConfirmDeliveryResponse, error) {
	err := s.endDelivery(sdk.UnwrapSDKContext(ctx), msg.Creator, msg.AuctionId, msg.Bidder, true)
	if err != nil {
		return nil, err
	}
	return &types.MsgConfirmDeliveryResponse{}, nil
}

// ForfeitDeposit implements types.MsgServer.
func (s msgServer) ForfeitDeposit(ctx context.Context, msg *types.MsgForfeitDeposit) (*types.MsgForfeitDepositResponse, error) {
	err := s.endDelivery(sdk.UnwrapSDKContext(ctx), msg.Creator, msg.AuctionId, msg.Bidder, false)
	if err != nil {
		return nil, err
	}
	return &types.MsgForfeitDepositResponse{}, nil
}

// UpdateParams implements types.MsgServer. Auctions that exist keep what they
// were created with.
func (s msgServer) UpdateParams(ctx context.Context, msg *types.MsgUpdateParams) (*types.MsgUpdateParamsResponse, error) {
	signer, err := s.parseAddress("authority", msg.Authority)
	if err != nil {
		return nil, err
	}
	authority, err := s.parseAddress("authority", s.authority)
	if err != nil {
		return nil, err
	}
	if !signer.Equals(authority) {
		return nil, errorsmod.Wrapf(types.ErrInvalidSigner, "expected %s, got %s", s.authority, msg.Authority)
	}
	if err := msg.Params.Validate(); err != nil {
		return nil, err
	}
	if err := s.Params.Set(ctx, msg.Params); err != nil {
		return nil, err
	}
	err = sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventParamsUpdated{Params: msg.Params})
	if err != nil {
		return nil, err
	}
	return &types.MsgUpdateParamsResponse{}, nil
}
