package types

import "cosmossdk.io/math"

// IssuableWh is what may be issued of metered energy: all of it, of a storage device
// at most its balance.
func (d Device) IssuableWh(metered uint64) uint64 {
	if d.IsStorage() && d.StorageBalanceWh.LT(math.NewIntFromUint64(metered)) {
		return d.StorageBalanceWh.Uint64()
	}
	return metered
}

// CreditedWh is what comes out again of energy that was charged, rounded down.
func CreditedWh(charged math.Int, efficiencyBp uint32) math.Int {
	return charged.MulRaw(int64(efficiencyBp)).QuoRaw(BasisPoints)
}
