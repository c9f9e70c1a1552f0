package types

import "context"

// EnergyHooks are told what meters say. An error refuses the message that brought
// the reading.
type EnergyHooks interface {
	// AfterReadingAccepted is called once for each device and interval, in the
	// order of the intervals of a message.
	AfterReadingAccepted(ctx context.Context, deviceID string, intervalStart, intervalEnd, energyWh uint64) error
}

// MultiEnergyHooks calls several, in their order, until one refuses.
type MultiEnergyHooks []EnergyHooks

// AfterReadingAccepted implements EnergyHooks.
func (h MultiEnergyHooks) AfterReadingAccepted(
	ctx context.Context, deviceID string, intervalStart, intervalEnd, energyWh uint64,
) error {
	for _, hooks := range h {
		if err := hooks.AfterReadingAccepted(ctx, deviceID, intervalStart, intervalEnd, energyWh); err != nil {
			return err
		}
	}
	return nil
}
