package types

import "cosmossdk.io/collections"

const (
	// ModuleName names the module, its codespace and its account.
	ModuleName = "energy"
	// StoreKey names the module's store.
	StoreKey = ModuleName
)

// Prefixes of the module's store. A number is never used for something else.
var (
	ParamsPrefix             = collections.NewPrefix(1)
	IssuingBodiesPrefix      = collections.NewPrefix(2)
	DevicesPrefix            = collections.NewPrefix(3)
	DevicesByOwnerPrefix     = collections.NewPrefix(4)
	DevicesByKeyPrefix       = collections.NewPrefix(5)
	ReadingsPrefix           = collections.NewPrefix(6)
	CreditsPrefix            = collections.NewPrefix(7)
	CreditsByDevicePrefix    = collections.NewPrefix(8)
	ForeignAttributesPrefix  = collections.NewPrefix(9)
	NextRetirementIDPrefix   = collections.NewPrefix(10)
	RetirementsPrefix        = collections.NewPrefix(11)
	RetirementsByOwnerPrefix = collections.NewPrefix(12)
	RetirementsByDenomPrefix = collections.NewPrefix(13)
	RetiredTotalsPrefix      = collections.NewPrefix(14)
	PathsPrefix              = collections.NewPrefix(15)
)
