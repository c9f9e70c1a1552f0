package types

import (
	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// ValidateBasic refuses what no state could make valid, before the transaction
// enters a mempool. The handlers call it again: a message that comes wrapped in
// another one never passes there.
var (
	_ sdk.HasValidateBasic = (*MsgSetIssuingBody)(nil)
	_ sdk.HasValidateBasic = (*MsgRegisterDevice)(nil)
	_ sdk.HasValidateBasic = (*MsgSetDeviceStatus)(nil)
	_ sdk.HasValidateBasic = (*MsgSubmitReadings)(nil)
	_ sdk.HasValidateBasic = (*MsgIssueCredits)(nil)
	_ sdk.HasValidateBasic = (*MsgChargeStorage)(nil)
	_ sdk.HasValidateBasic = (*MsgRecordAttributes)(nil)
	_ sdk.HasValidateBasic = (*MsgRetireCredits)(nil)
	_ sdk.HasValidateBasic = (*MsgRegisterPath)(nil)
	_ sdk.HasValidateBasic = (*MsgRemovePath)(nil)
)

// Validate returns ErrInvalidRequest for a body that contradicts a rule; that its
// address is one, the keeper checks.
func (b IssuingBody) Validate() error {
	err := first(validateID("issuing_body.id", b.Id), validateText("issuing_body.name", b.Name, 1, MaxNameBytes))
	if err != nil {
		return errorsmod.Wrap(ErrInvalidRequest, err.Error())
	}
	return nil
}

// ValidateBasic implements sdk.HasValidateBasic.
func (m *MsgSetIssuingBody) ValidateBasic() error { return m.IssuingBody.Validate() }

// NewDevice returns the device that the message asks for, not yet approved.
func (m *MsgRegisterDevice) NewDevice() Device {
	return Device{
		Id: m.DeviceId, Owner: m.Owner, KeyType: m.KeyType, PublicKey: m.PublicKey, Technology: m.Technology,
		CapacityW: m.CapacityW, Zone: m.Zone, LatitudeUdeg: m.LatitudeUdeg, LongitudeUdeg: m.LongitudeUdeg,
		IssuingBody: m.IssuingBody, Status: DEVICE_STATUS_PENDING, EfficiencyBp: m.EfficiencyBp,
		StorageBalanceWh: math.ZeroInt(),
	}
}

// ValidateBasic implements sdk.HasValidateBasic.
func (m *MsgRegisterDevice) ValidateBasic() error {
	if err := m.NewDevice().Validate(); err != nil {
		return errorsmod.Wrap(ErrInvalidDevice, err.Error())
	}
	if len(m.Proof) != signatureBytes {
		return errorsmod.Wrapf(ErrBadProof, "proof is %d bytes, must be %d", len(m.Proof), signatureBytes)
	}
	return nil
}

// ValidateBasic implements sdk.HasValidateBasic.
func (m *MsgSetDeviceStatus) ValidateBasic() error {
	if m.Status != DEVICE_STATUS_ACTIVE && m.Status != DEVICE_STATUS_SUSPENDED {
		return errorsmod.Wrapf(ErrInvalidRequest, "status is %s, must be active or suspended", m.Status)
	}
	return nil
}

// ValidateBasic implements sdk.HasValidateBasic. Readings that do not ascend are
// refused here, as ErrReadingRefused.
func (m *MsgSubmitReadings) ValidateBasic() error {
	if len(m.Readings) == 0 {
		return errorsmod.Wrap(ErrInvalidRequest, "readings are empty, must be at least 1")
	}
	if i, refusal := FindDisorder(m.Readings); refusal.IsRefused() {
		return refusal.Error(i, m.Readings[i])
	}
	return nil
}

// ValidateBasic implements sdk.HasValidateBasic.
func (m *MsgIssueCredits) ValidateBasic() error {
	if len(m.IntervalStarts) == 0 {
		return errorsmod.Wrap(ErrInvalidRequest, "interval_starts are empty, must be at least 1")
	}
	for i := 1; i < len(m.IntervalStarts); i++ {
		if m.IntervalStarts[i] <= m.IntervalStarts[i-1] {
			return errorsmod.Wrapf(ErrInvalidRequest, "interval_starts[%d] is %d, must ascend", i, m.IntervalStarts[i])
		}
	}
	return nil
}

// ValidateBasic implements sdk.HasValidateBasic.
func (m *MsgChargeStorage) ValidateBasic() error {
	if err := m.Credits.Validate(); err != nil || m.Credits.Empty() {
		return errorsmod.Wrapf(ErrInvalidRequest, "credits are %q, must be positive amounts in ascending order of denoms", m.Credits)
	}
	sum := math.ZeroInt()
	for _, coin := range m.Credits {
		if err := validateAmount("credits", coin.Amount); err != nil {
			return errorsmod.Wrap(ErrInvalidRequest, err.Error())
		}
		sum = sum.Add(coin.Amount)
	}
	if err := validateAmount("the sum of credits", sum); err != nil {
		return errorsmod.Wrap(ErrInvalidRequest, err.Error())
	}
	return nil
}

// ValidateBasic implements sdk.HasValidateBasic.
func (m *MsgRecordAttributes) ValidateBasic() error {
	if len(m.Attributes) == 0 {
		return errorsmod.Wrap(ErrInvalidRequest, "attributes are empty, must be at least 1")
	}
	for i, attributes := range m.Attributes {
		if err := attributes.Validate(); err != nil {
			return errorsmod.Wrapf(ErrInvalidRequest, "attributes[%d]: %s", i, err)
		}
	}
	return nil
}

// ValidateBasic implements sdk.HasValidateBasic.
func (m *MsgRegisterPath) ValidateBasic() error { return m.Path.Validate() }

// ValidateBasic implements sdk.HasValidateBasic.
func (m *MsgRemovePath) ValidateBasic() error { return ValidatePath(m.Path) }
