package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// issueCredits mints the credits of accepted intervals to the device's owner, each
// interval once, and returns them.
func (k Keeper) issueCredits(ctx sdk.Context, msg *types.MsgIssueCredits) (sdk.Coins, error) {
	device, body, err := k.getActiveDevice(ctx, msg.DeviceId)
	if err != nil {
		return nil, err
	}
	if err := k.validateIssuer(body, msg.Issuer); err != nil {
		return nil, err
	}
	readings, err := k.getUnissued(ctx, msg)
	if err != nil {
		return nil, err
	}
	issued := sdk.Coins{}
	for _, reading := range readings {
		coin, err := k.issueInterval(ctx, &device, reading)
		if err != nil {
			return nil, err
		}
		// Denoms begin with the time, so that ascending intervals are ascending
		// denoms, as coins must be.
		if coin.IsPositive() {
			issued = append(issued, coin)
		}
	}
	if device.IsStorage() {
		if err := k.Devices.Set(ctx, device.Id, device); err != nil {
			return nil, err
		}
	}
	return issued, k.mint(ctx, device, issued)
}

// getUnissued returns the readings that a message names, none of which may have
// been issued.
func (k Keeper) getUnissued(ctx context.Context, msg *types.MsgIssueCredits) ([]types.Reading, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	if len(msg.IntervalStarts) > int(params.MaxReadingsPerBatch) {
		return nil, errorsmod.Wrapf(types.ErrInvalidRequest, "interval_starts are %d, must be at most %d",
			len(msg.IntervalStarts), params.MaxReadingsPerBatch)
	}
	readings := make([]types.Reading, len(msg.IntervalStarts))
	for i, start := range msg.IntervalStarts {
		if readings[i], err = k.getReading(ctx, msg.DeviceId, start); err != nil {
			return nil, err
		}
		if readings[i].Issued {
			return nil, errorsmod.Wrapf(types.ErrAlreadyIssued, "device %q, interval_start %d", msg.DeviceId, start)
		}
	}
	return readings, nil
}

// issueInterval records the credit of one interval and returns what is to be minted:
// the metered energy, of a storage device at most its balance, which is lowered.
func (k Keeper) issueInterval(ctx sdk.Context, device *types.Device, reading types.Reading) (sdk.Coin, error) {
	amount := device.IssuableWh(reading.EnergyWh())
	if device.IsStorage() {
		device.StorageBalanceWh = device.StorageBalanceWh.Sub(math.NewIntFromUint64(amount))
	}
	reading.Issued, reading.IssuedWh = true, amount
	if err := k.Readings.Set(ctx, collections.Join(device.Id, reading.IntervalStart), reading); err != nil {
		return sdk.Coin{}, err
	}
	attributes := newAttributes(ctx.ChainID(), *device, reading)
	coin := sdk.NewCoin(attributes.Denom(), math.NewIntFromUint64(amount))
	if amount == 0 {
		return coin, nil
	}
	credit := types.Credit{Denom: coin.Denom, Attributes: attributes, IssuedWh: amount}
	if err := k.addCredit(ctx, credit); err != nil {
		return sdk.Coin{}, err
	}
	return coin, ctx.EventManager().EmitTypedEvent(&types.EventCreditsIssued{
		Denom: coin.Denom, AmountWh: amount, Owner: device.Owner, Attributes: attributes})
}

func newAttributes(chainID string, device types.Device, reading types.Reading) types.Attributes {
	return types.Attributes{
		OriginChain: chainID, DeviceId: device.Id, Technology: device.Technology, Zone: device.Zone,
		CapacityW: device.CapacityW, IntervalStart: reading.IntervalStart, IntervalEnd: reading.IntervalEnd,
		ReadingHash: types.ReadingHash(chainID, device.Id, reading.Signed()), IssuingBody: device.IssuingBody,
	}
}

func (k Keeper) addCredit(ctx context.Context, credit types.Credit) error {
	if err := k.Credits.Set(ctx, credit.Denom, credit); err != nil {
		return err
	}
	return k.CreditsByDevice.Set(ctx, collections.Join(credit.Attributes.DeviceId, credit.Denom))
}

// mint makes coins for the owner of a device.
func (k Keeper) mint(ctx sdk.Context, device types.Device, coins sdk.Coins) error {
	if coins.Empty() {
		return nil
	}
	owner, err := k.parseAddress("owner", device.Owner)
	if err != nil {
		return err
	}
	if err := k.bank.MintCoins(ctx, types.ModuleName, coins); err != nil {
		return err
	}
	return k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, owner, coins)
}

func (k Keeper) getCredit(ctx context.Context, denom string) (types.Credit, error) {
	credit, err := k.Credits.Get(ctx, denom)
	if errors.Is(err, collections.ErrNotFound) {
		return credit, errorsmod.Wrapf(types.ErrNotACredit, "%s was not issued by this chain", denom)
	}
	return credit, err
}
