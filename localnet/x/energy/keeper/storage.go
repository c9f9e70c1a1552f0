package keeper

import (
	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// chargeStorage burns credits for what a storage device took in and returns what it
// may give back: their sum less the losses, rounded down.
func (k Keeper) chargeStorage(ctx sdk.Context, msg *types.MsgChargeStorage) (uint64, error) {
	owner, err := k.parseAddress("owner", msg.Owner)
	if err != nil {
		return 0, err
	}
	device, err := k.getOwnStorage(ctx, owner, msg.DeviceId)
	if err != nil {
		return 0, err
	}
	origins := make([]origin, len(msg.Credits))
	for i, coin := range msg.Credits {
		if origins[i], err = k.resolveOrigin(ctx, coin.Denom, nil); err != nil {
			return 0, err
		}
	}
	if err := k.burn(ctx, owner, msg.Credits); err != nil {
		return 0, err
	}
	if err := k.recordCharge(ctx, owner, device.Id, origins, msg.Credits); err != nil {
		return 0, err
	}
	credited := types.CreditedWh(sumAmounts(msg.Credits), device.EfficiencyBp)
	device.StorageBalanceWh = device.StorageBalanceWh.Add(credited)
	if err := k.Devices.Set(ctx, device.Id, device); err != nil {
		return 0, err
	}
	return credited.Uint64(), ctx.EventManager().EmitTypedEvent(&types.EventStorageCharged{
		DeviceId: device.Id, Credits: msg.Credits, CreditedWh: credited.Uint64()})
}

// getOwnStorage returns an active storage device of this owner.
func (k Keeper) getOwnStorage(ctx sdk.Context, owner sdk.AccAddress, id string) (types.Device, error) {
	device, _, err := k.getActiveDevice(ctx, id)
	if err != nil {
		return device, err
	}
	if !device.IsStorage() {
		return device, errorsmod.Wrapf(types.ErrNotStorage, "device %q is %s", id, device.Technology)
	}
	is, err := k.isAccount(owner, device.Owner)
	if err == nil && !is {
		err = errorsmod.Wrapf(types.ErrUnauthorized, "device %q belongs to %s, got %s", id, device.Owner, owner)
	}
	return device, err
}

// recordCharge adds a retirement for each coin; the first lends its id to all.
func (k Keeper) recordCharge(ctx sdk.Context, owner sdk.AccAddress, deviceID string, origins []origin, credits sdk.Coins) error {
	chargeID, err := k.NextRetirementID.Peek(ctx)
	if err != nil {
		return err
	}
	for i, coin := range credits {
		_, err := k.addRetirement(ctx, owner, origins[i], types.Retirement{
			Coin: coin, Beneficiary: deviceID, Purpose: types.RETIREMENT_PURPOSE_STORAGE, ChargeId: chargeID})
		if err != nil {
			return err
		}
	}
	return nil
}

func sumAmounts(coins sdk.Coins) math.Int {
	sum := math.ZeroInt()
	for _, coin := range coins {
		sum = sum.Add(coin.Amount)
	}
	return sum
}
