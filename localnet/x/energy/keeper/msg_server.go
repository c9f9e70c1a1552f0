package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// msgServer translates messages into calls of the keeper.
type msgServer struct{ Keeper }

var _ types.MsgServer = msgServer{}

// NewMsgServer returns the handlers of the module's messages.
func NewMsgServer(keeper Keeper) types.MsgServer { return msgServer{keeper} }

// SetIssuingBody implements types.MsgServer.
func (s msgServer) SetIssuingBody(ctx context.Context, msg *types.MsgSetIssuingBody) (*types.MsgSetIssuingBodyResponse, error) {
	if err := s.validateRegistrar(ctx, msg.Authority); err != nil {
		return nil, err
	}
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	if err := s.setIssuingBody(sdk.UnwrapSDKContext(ctx), msg.IssuingBody); err != nil {
		return nil, err
	}
	return &types.MsgSetIssuingBodyResponse{}, nil
}

// RegisterDevice implements types.MsgServer.
func (s msgServer) RegisterDevice(ctx context.Context, msg *types.MsgRegisterDevice) (*types.MsgRegisterDeviceResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	if err := s.registerDevice(sdk.UnwrapSDKContext(ctx), msg); err != nil {
		return nil, err
	}
	return &types.MsgRegisterDeviceResponse{}, nil
}

// SetDeviceStatus implements types.MsgServer.
func (s msgServer) SetDeviceStatus(ctx context.Context, msg *types.MsgSetDeviceStatus) (*types.MsgSetDeviceStatusResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	if err := s.setDeviceStatus(sdk.UnwrapSDKContext(ctx), msg); err != nil {
		return nil, err
	}
	return &types.MsgSetDeviceStatusResponse{}, nil
}

// SubmitReadings implements types.MsgServer.
func (s msgServer) SubmitReadings(ctx context.Context, msg *types.MsgSubmitReadings) (*types.MsgSubmitReadingsResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	metered, err := s.submitReadings(sdk.UnwrapSDKContext(ctx), msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgSubmitReadingsResponse{MeteredWh: metered}, nil
}

// IssueCredits implements types.MsgServer.
func (s msgServer) IssueCredits(ctx context.Context, msg *types.MsgIssueCredits) (*types.MsgIssueCreditsResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	issued, err := s.issueCredits(sdk.UnwrapSDKContext(ctx), msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgIssueCreditsResponse{Issued: issued}, nil
}

// ChargeStorage implements types.MsgServer.
func (s msgServer) ChargeStorage(ctx context.Context, msg *types.MsgChargeStorage) (*types.MsgChargeStorageResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	credited, err := s.chargeStorage(sdk.UnwrapSDKContext(ctx), msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgChargeStorageResponse{CreditedWh: credited}, nil
}

// RecordAttributes implements types.MsgServer.
func (s msgServer) RecordAttributes(ctx context.Context, msg *types.MsgRecordAttributes) (*types.MsgRecordAttributesResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	denoms, err := s.recordAll(sdk.UnwrapSDKContext(ctx), msg.Attributes)
	if err != nil {
		return nil, err
	}
	return &types.MsgRecordAttributesResponse{Denoms: denoms}, nil
}

// RetireCredits implements types.MsgServer.
func (s msgServer) RetireCredits(ctx context.Context, msg *types.MsgRetireCredits) (*types.MsgRetireCreditsResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	id, err := s.retireCredits(sdk.UnwrapSDKContext(ctx), msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgRetireCreditsResponse{RetirementId: id}, nil
}

// RegisterPath implements types.MsgServer.
func (s msgServer) RegisterPath(ctx context.Context, msg *types.MsgRegisterPath) (*types.MsgRegisterPathResponse, error) {
	if err := s.validateRegistrar(ctx, msg.Authority); err != nil {
		return nil, err
	}
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	if err := s.registerPath(sdk.UnwrapSDKContext(ctx), msg.Path); err != nil {
		return nil, err
	}
	return &types.MsgRegisterPathResponse{}, nil
}

// RemovePath implements types.MsgServer.
func (s msgServer) RemovePath(ctx context.Context, msg *types.MsgRemovePath) (*types.MsgRemovePathResponse, error) {
	if err := s.validateRegistrar(ctx, msg.Authority); err != nil {
		return nil, err
	}
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	if err := s.removePath(sdk.UnwrapSDKContext(ctx), msg.Path); err != nil {
		return nil, err
	}
	return &types.MsgRemovePathResponse{}, nil
}

// UpdateParams implements types.MsgServer. What was taken stays, whatever the limits
// are now.
func (s msgServer) UpdateParams(ctx context.Context, msg *types.MsgUpdateParams) (*types.MsgUpdateParamsResponse, error) {
	if err := s.validateAuthority(msg.Authority); err != nil {
		return nil, err
	}
	if err := msg.Params.Validate(); err != nil {
		return nil, err
	}
	if err := s.Params.Set(ctx, msg.Params); err != nil {
		return nil, err
	}
	err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventParamsUpdated{Params: msg.Params})
	if err != nil {
		return nil, err
	}
	return &types.MsgUpdateParamsResponse{}, nil
}
