package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// submitReadings takes a batch of signed readings, or none of them, and returns the
// energy that it adds up to.
func (k Keeper) submitReadings(ctx sdk.Context, msg *types.MsgSubmitReadings) (uint64, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return 0, err
	}
	if len(msg.Readings) > int(params.MaxReadingsPerBatch) {
		return 0, errorsmod.Wrapf(types.ErrInvalidRequest, "readings are %d, must be at most %d", len(msg.Readings), params.MaxReadingsPerBatch)
	}
	device, _, err := k.getActiveDevice(ctx, msg.DeviceId)
	if err != nil {
		return 0, err
	}
	circumstances, err := newCircumstances(ctx, params, device)
	if err != nil {
		return 0, err
	}
	if err := k.validateReadings(ctx, circumstances, msg.Readings); err != nil {
		return 0, err
	}
	metered := uint64(0)
	for _, reading := range msg.Readings {
		if err := k.acceptReading(ctx, device.Id, reading); err != nil {
			return 0, err
		}
		// No overflow: the intervals are apart and the counter never goes back.
		metered += reading.EnergyWh()
	}
	return metered, nil
}

func newCircumstances(ctx sdk.Context, params types.Params, device types.Device) (types.Circumstances, error) {
	technology, known := params.Technology(device.Technology)
	if !known {
		return types.Circumstances{}, errorsmod.Wrapf(types.ErrInvalidDevice,
			"technology %q of device %q is no longer among the params", device.Technology, device.Id)
	}
	return types.Circumstances{
		ChainID: ctx.ChainID(), Device: device, DaylightOnly: technology.DaylightOnly,
		IntervalSeconds: params.IntervalSeconds, MaxReadingAgeSeconds: params.MaxReadingAgeSeconds,
		Now: uint64(max(ctx.BlockTime().Unix(), 0)),
	}, nil
}

// validateReadings returns ErrReadingRefused for the first reading that breaks a
// rule, by itself, beside those that are stored, or beside the one before it.
func (k Keeper) validateReadings(ctx sdk.Context, c types.Circumstances, readings []types.SignedReading) error {
	var around types.Neighbours
	for i, reading := range readings {
		consumeReading(ctx, c)
		refusal := c.FindRefusal(reading)
		if !refusal.IsRefused() {
			var err error
			if around, err = k.moveNeighbours(ctx, c.Device.Id, around, i > 0, reading); err != nil {
				return err
			}
			refusal = around.FindRefusal(reading)
		}
		if refusal.IsRefused() {
			return refusal.Error(i, reading)
		}
		around.Previous = &readings[i]
	}
	return nil
}

// moveNeighbours returns what lies around a reading. As long as no stored reading
// lies between one of the batch and the next, the store is not asked again.
func (k Keeper) moveNeighbours(
	ctx context.Context, deviceID string, around types.Neighbours, known bool, reading types.SignedReading,
) (types.Neighbours, error) {
	if known && (around.Next == nil || around.Next.IntervalStart >= reading.IntervalStart) {
		return around, nil
	}
	return k.getNeighbours(ctx, deviceID, reading.IntervalStart)
}

// getNeighbours returns the stored readings of a device around an instant.
func (k Keeper) getNeighbours(ctx context.Context, deviceID string, start uint64) (around types.Neighbours, err error) {
	ofDevice := collections.NewPrefixedPairRange[string, uint64](deviceID)
	before := collections.NewPrefixedPairRange[string, uint64](deviceID)
	if around.Previous, err = k.getFirstReading(ctx, before.EndExclusive(start).Descending()); err != nil {
		return around, err
	}
	around.Next, err = k.getFirstReading(ctx, ofDevice.StartInclusive(start))
	return around, err
}

// getFirstReading returns the first reading of a range, nil if there is none.
func (k Keeper) getFirstReading(ctx context.Context, in collections.Ranger[intervalKey]) (*types.SignedReading, error) {
	iterator, err := k.Readings.Iterate(ctx, in)
	if errors.Is(err, collections.ErrInvalidIterator) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	if !iterator.Valid() {
		return nil, nil
	}
	reading, err := iterator.Value()
	if err != nil {
		return nil, err
	}
	signed := reading.Signed()
	return &signed, nil
}

// acceptReading stores a reading that breaks no rule and tells the hooks.
func (k Keeper) acceptReading(ctx sdk.Context, deviceID string, signed types.SignedReading) error {
	reading := types.Reading{
		DeviceId: deviceID, IntervalStart: signed.IntervalStart, IntervalEnd: signed.IntervalEnd,
		CounterStartWh: signed.CounterStartWh, CounterEndWh: signed.CounterEndWh, Signature: signed.Signature,
	}
	if err := k.Readings.Set(ctx, collections.Join(deviceID, reading.IntervalStart), reading); err != nil {
		return err
	}
	err := ctx.EventManager().EmitTypedEvent(&types.EventReadingAccepted{
		DeviceId: deviceID, IntervalStart: reading.IntervalStart, IntervalEnd: reading.IntervalEnd,
		EnergyWh: reading.EnergyWh(), ReadingHash: types.ReadingHash(ctx.ChainID(), deviceID, signed),
	})
	if err != nil {
		return err
	}
	return k.hooks.AfterReadingAccepted(ctx, deviceID, reading.IntervalStart, reading.IntervalEnd, reading.EnergyWh())
}

func (k Keeper) getReading(ctx context.Context, deviceID string, start uint64) (types.Reading, error) {
	reading, err := k.Readings.Get(ctx, collections.Join(deviceID, start))
	if errors.Is(err, collections.ErrNotFound) {
		return reading, errorsmod.Wrapf(types.ErrReadingNotFound, "device %q, interval_start %d", deviceID, start)
	}
	return reading, err
}
