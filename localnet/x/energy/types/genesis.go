package types

import (
	"fmt"

	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// DefaultGenesis is a chain without devices.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams(), NextRetirementId: 1}
}

// Validate returns ErrInvalidGenesis for a state that contradicts itself. What the
// bank holds, and sums over the state, are checked at import.
func (g GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return errorsmod.Wrap(ErrInvalidGenesis, err.Error())
	}
	if g.NextRetirementId == 0 {
		return errorsmod.Wrap(ErrInvalidGenesis, "next_retirement_id is 0, must be at least 1")
	}
	return first(
		g.validateDevices(), g.validateReadings(), g.validateCredits(),
		g.validateForeignAttributes(), g.validateRetirements(), g.validatePaths(),
	)
}

// checkAll runs check on every row and refuses a key that comes twice.
func checkAll[R any](what string, rows []R, check func(R) (key string, err error)) error {
	seen := make(map[string]bool, len(rows))
	for i, row := range rows {
		key, err := check(row)
		if err != nil {
			return errorsmod.Wrapf(ErrInvalidGenesis, "%s[%d], %s: %s", what, i, key, err)
		}
		if seen[key] {
			return errorsmod.Wrapf(ErrInvalidGenesis, "%s[%d]: %s comes twice", what, i, key)
		}
		seen[key] = true
	}
	return nil
}

func (g GenesisState) validateDevices() error {
	bodies := map[string]bool{}
	err := checkAll("issuing_bodies", g.IssuingBodies, func(body IssuingBody) (string, error) {
		bodies[body.Id] = true
		return body.Id, first(body.Validate(), validateAddress("address", body.Address))
	})
	if err != nil {
		return err
	}
	keys := map[string]bool{}
	return checkAll("devices", g.Devices, func(device Device) (string, error) {
		key := string(device.PublicKey)
		if keys[key] {
			return device.Id, fmt.Errorf("public_key %x comes twice", key)
		}
		keys[key] = true
		if !bodies[device.IssuingBody] {
			return device.Id, fmt.Errorf("issuing_body %q is not there", device.IssuingBody)
		}
		return device.Id, first(device.ValidateStored(), validateAddress("owner", device.Owner))
	})
}

func validateAddress(field, text string) error {
	if _, err := sdk.AccAddressFromBech32(text); err != nil {
		return fmt.Errorf("%s %q: %w", field, text, err)
	}
	return nil
}

// ValidateStored tells what is wrong with a device, also with what only the chain
// sets.
func (d Device) ValidateStored() error {
	if err := d.Validate(); err != nil {
		return err
	}
	if _, known := DeviceStatus_name[int32(d.Status)]; !known || d.Status == DEVICE_STATUS_UNSPECIFIED {
		return fmt.Errorf("status %s is unknown", d.Status)
	}
	if d.StorageBalanceWh.IsNil() || d.StorageBalanceWh.IsNegative() || !d.IsStorage() && !d.StorageBalanceWh.IsZero() {
		return fmt.Errorf("storage_balance_wh is %s, must be at least 0, and 0 but for storage", d.StorageBalanceWh)
	}
	return nil
}

func (g GenesisState) validateReadings() error {
	devices := map[string]bool{}
	for _, device := range g.Devices {
		devices[device.Id] = true
	}
	return checkAll("readings", g.Readings, func(reading Reading) (string, error) {
		key := fmt.Sprintf("%s/%d", reading.DeviceId, reading.IntervalStart)
		if !devices[reading.DeviceId] {
			return key, fmt.Errorf("device %q is not there", reading.DeviceId)
		}
		return key, reading.Validate()
	})
}

// Validate tells what is wrong with a stored reading by itself. Its signature binds
// the id of the chain, which may have another one now.
func (r Reading) Validate() error {
	if err := validateInterval(r.IntervalStart, r.IntervalEnd); err != nil {
		return err
	}
	switch {
	case r.CounterEndWh < r.CounterStartWh:
		return fmt.Errorf("counter_end_wh %d is less than counter_start_wh %d", r.CounterEndWh, r.CounterStartWh)
	case len(r.Signature) != signatureBytes:
		return fmt.Errorf("signature is %d bytes, must be %d", len(r.Signature), signatureBytes)
	case r.IssuedWh > r.EnergyWh() || !r.Issued && r.IssuedWh > 0:
		return fmt.Errorf("issued_wh is %d of %d metered, issued %t", r.IssuedWh, r.EnergyWh(), r.Issued)
	}
	return nil
}

func (g GenesisState) validateCredits() error {
	return checkAll("credits", g.Credits, func(credit Credit) (string, error) { return credit.Denom, credit.Validate() })
}

// Validate tells what is wrong with a credit by itself.
func (c Credit) Validate() error {
	if err := c.Attributes.Validate(); err != nil {
		return err
	}
	if denom := c.Attributes.Denom(); c.Denom != denom {
		return fmt.Errorf("denom is %s, its attributes say %s", c.Denom, denom)
	}
	if c.IssuedWh == 0 {
		return fmt.Errorf("issued_wh is 0, must be at least 1")
	}
	return nil
}

func (g GenesisState) validateForeignAttributes() error {
	return checkAll("foreign_attributes", g.ForeignAttributes, func(attributes Attributes) (string, error) {
		if err := attributes.Validate(); err != nil {
			return "", err
		}
		return attributes.Denom(), nil
	})
}

func (g GenesisState) validateRetirements() error {
	err := checkAll("retirements", g.Retirements, func(retirement Retirement) (string, error) {
		key := fmt.Sprint(retirement.Id)
		if retirement.Id == 0 || retirement.Id >= g.NextRetirementId {
			return key, fmt.Errorf("not below next_retirement_id %d", g.NextRetirementId)
		}
		return key, first(retirement.Validate(), validateAddress("owner", retirement.Owner))
	})
	if err != nil {
		return err
	}
	return checkAll("retired_totals", g.RetiredTotals, func(total RetiredTotal) (string, error) {
		return total.Denom, validatePositive("amount_wh", total.AmountWh)
	})
}

func validatePositive(field string, amount math.Int) error {
	if amount.IsNil() || !amount.IsPositive() {
		return wrongField(field, "is %s, must be at least 1", amount)
	}
	return nil
}

func (g GenesisState) validatePaths() error {
	return checkAll("paths", g.Paths, func(path RegisteredPath) (string, error) { return path.Path, path.Validate() })
}
