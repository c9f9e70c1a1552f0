package types

import (
	"encoding/binary"
)

// Bounds of a place, in millionths of a degree.
const (
	maxLatitude  = 90_000_000
	maxLongitude = 180_000_000
)

// BasisPoints is the whole in efficiency_bp.
const BasisPoints = 10_000

// IsStorage tells whether the device gives back what was charged before. It was
// decided at registration, whatever became of the technology since.
func (d Device) IsStorage() bool { return d.EfficiencyBp > 0 }

// Validate tells what is wrong with a device by itself.
func (d Device) Validate() error {
	return first(
		validateID("device_id", d.Id),
		ValidateKey(d.KeyType, d.PublicKey),
		validateTechnology(d.Technology),
		validateCapacity(d.CapacityW),
		validateText("zone", d.Zone, 1, MaxZoneBytes),
		validateDegrees("latitude_udeg", d.LatitudeUdeg, maxLatitude),
		validateDegrees("longitude_udeg", d.LongitudeUdeg, maxLongitude),
		validateID("issuing_body", d.IssuingBody),
		d.validateEfficiency(),
	)
}

func (d Device) validateEfficiency() error {
	if d.EfficiencyBp > BasisPoints {
		return wrongField("efficiency_bp", "is %d, must be at most %d", d.EfficiencyBp, BasisPoints)
	}
	return nil
}

func validateDegrees(field string, value, most int64) error {
	if value < -most || value > most {
		return wrongField(field, "is %d, must be from %d to %d", value, -most, most)
	}
	return nil
}

// ValidateTechnology tells what is wrong with a new device's technology and what
// follows from it.
func (d Device) ValidateTechnology(params Params) error {
	technology, known := params.Technology(d.Technology)
	switch {
	case !known:
		return wrongField("technology", "is %q, must be one of %s", d.Technology, params.technologyNames())
	case technology.Storage && d.EfficiencyBp == 0:
		return wrongField("efficiency_bp", "is 0, must be from 1 to %d for storage", BasisPoints)
	case !technology.Storage && d.EfficiencyBp != 0:
		return wrongField("efficiency_bp", "is %d, must be 0 for %s, which is no storage", d.EfficiencyBp, d.Technology)
	}
	return nil
}

// DeviceBytes returns the canonical bytes of a registration; owner is the raw
// address.
func DeviceBytes(chainID string, owner []byte, d Device) []byte {
	out := appendLP(appendLP([]byte{layout}, chainID), d.Id)
	out = append(appendLP(out, owner), byte(d.KeyType))
	out = appendLP(appendLP(out, d.PublicKey), d.Technology)
	out = appendLP(appendUint64(out, d.CapacityW), d.Zone)
	out = appendUint64(out, uint64(d.LatitudeUdeg), uint64(d.LongitudeUdeg))
	return binary.BigEndian.AppendUint32(appendLP(out, d.IssuingBody), d.EfficiencyBp)
}

// DeviceSignBytes returns what the device's key signs at registration.
func DeviceSignBytes(chainID string, owner []byte, d Device) []byte {
	return appendLP(appendLP(nil, deviceDomain), DeviceBytes(chainID, owner, d))
}
