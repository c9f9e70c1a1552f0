package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// registerDevice adds a device that its issuing body has yet to approve. The key
// must prove that it agrees, and belong to no other device.
func (k Keeper) registerDevice(ctx sdk.Context, msg *types.MsgRegisterDevice) error {
	owner, err := k.parseAddress("owner", msg.Owner)
	if err != nil {
		return err
	}
	device := msg.NewDevice()
	if device.Owner, err = k.formatAddress(owner); err != nil {
		return err
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	if err := device.ValidateTechnology(params); err != nil {
		return errorsmod.Wrap(types.ErrInvalidDevice, err.Error())
	}
	if _, err := k.getActiveBody(ctx, device.IssuingBody); err != nil {
		return err
	}
	if err := k.validateNew(ctx, device); err != nil {
		return err
	}
	consumeSignature(ctx, device.KeyType)
	if !types.IsSignedBy(device.KeyType, device.PublicKey, types.DeviceSignBytes(ctx.ChainID(), owner, device), msg.Proof) {
		return errorsmod.Wrapf(types.ErrBadProof, "device %q of %s on chain %s", device.Id, device.Owner, ctx.ChainID())
	}
	if err := k.addDevice(ctx, owner, device); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventDeviceRegistered{DeviceId: device.Id, Owner: device.Owner})
}

// validateNew returns ErrDeviceExists or ErrKeyInUse for what is taken.
func (k Keeper) validateNew(ctx context.Context, device types.Device) error {
	taken, err := k.Devices.Has(ctx, device.Id)
	if err != nil {
		return err
	}
	if taken {
		return errorsmod.Wrapf(types.ErrDeviceExists, "device_id %q", device.Id)
	}
	holder, err := k.DevicesByKey.Get(ctx, device.PublicKey)
	if err == nil {
		return errorsmod.Wrapf(types.ErrKeyInUse, "public_key %x is that of device %q", device.PublicKey, holder)
	}
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	return err
}

// addDevice stores a new device with its indexes.
func (k Keeper) addDevice(ctx context.Context, owner sdk.AccAddress, device types.Device) error {
	if err := k.Devices.Set(ctx, device.Id, device); err != nil {
		return err
	}
	if err := k.DevicesByOwner.Set(ctx, collections.Join(owner, device.Id)); err != nil {
		return err
	}
	return k.DevicesByKey.Set(ctx, device.PublicKey, device.Id)
}

func (k Keeper) getDevice(ctx context.Context, id string) (types.Device, error) {
	device, err := k.Devices.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return device, errorsmod.Wrapf(types.ErrDeviceNotFound, "device %q", id)
	}
	return device, err
}

// getActiveDevice returns a device that is approved, with the body that vouches for
// it and may do so.
func (k Keeper) getActiveDevice(ctx context.Context, id string) (types.Device, types.IssuingBody, error) {
	device, err := k.getDevice(ctx, id)
	if err != nil {
		return device, types.IssuingBody{}, err
	}
	if device.Status != types.DEVICE_STATUS_ACTIVE {
		return device, types.IssuingBody{}, errorsmod.Wrapf(types.ErrDeviceNotActive, "device %q is %s", id, device.Status)
	}
	body, err := k.getActiveBody(ctx, device.IssuingBody)
	return device, body, err
}

// setDeviceStatus approves a device, suspends it, or lets it go on. A body that is
// inactive may only suspend.
func (k Keeper) setDeviceStatus(ctx sdk.Context, msg *types.MsgSetDeviceStatus) error {
	device, err := k.getDevice(ctx, msg.DeviceId)
	if err != nil {
		return err
	}
	body, err := k.getIssuingBody(ctx, device.IssuingBody)
	if err != nil {
		return err
	}
	if err := k.validateIssuer(body, msg.Issuer); err != nil {
		return err
	}
	if !body.Active && msg.Status == types.DEVICE_STATUS_ACTIVE {
		return errorsmod.Wrapf(types.ErrIssuingBodyInactive, "issuing body %q", body.Id)
	}
	if device.Status == msg.Status {
		return nil
	}
	device.Status = msg.Status
	if err := k.Devices.Set(ctx, device.Id, device); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventDeviceStatusChanged{DeviceId: device.Id, Status: device.Status})
}
