package app

import (
	"maps"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	icatypes "github.com/cosmos/ibc-go/v10/modules/apps/27-interchain-accounts/types"
	transfertypes "github.com/cosmos/ibc-go/v10/modules/apps/transfer/types"

	auctiontypes "github.com/plurichain/plurichain/localnet/x/auction/types"
	energytypes "github.com/plurichain/plurichain/localnet/x/energy/types"
)

// modulePermissions lists every account owned by a module and what it may do
// to the supply of coins. A module that only holds coins has none.
var modulePermissions = map[string][]string{
	authtypes.FeeCollectorName:     nil,
	distrtypes.ModuleName:          nil,
	minttypes.ModuleName:           {authtypes.Minter},
	stakingtypes.BondedPoolName:    {authtypes.Burner, authtypes.Staking},
	stakingtypes.NotBondedPoolName: {authtypes.Burner, authtypes.Staking},
	govtypes.ModuleName:            {authtypes.Burner},
	transfertypes.ModuleName:       {authtypes.Minter, authtypes.Burner},
	icatypes.ModuleName:            nil,
	auctiontypes.ModuleName:        nil,
	energytypes.ModuleName:         {authtypes.Minter, authtypes.Burner},
}

// ModulePermissions returns a copy of the permissions of all module accounts.
func ModulePermissions() map[string][]string {
	return maps.Clone(modulePermissions)
}

// BlockedAddresses returns the addresses that no transfer may pay: coins sent
// to a module account by hand would break the equality between what the module
// holds and what its books say. Governance is the exception, since a proposal
// that spends from its account needs somebody to have paid into it.
func BlockedAddresses() map[string]bool {
	blocked := make(map[string]bool, len(modulePermissions))
	for name := range modulePermissions {
		if name == govtypes.ModuleName {
			continue
		}
		blocked[authtypes.NewModuleAddress(name).String()] = true
	}
	return blocked
}

// Authority is the account that may change parameters and plan upgrades:
// governance, and nobody else.
func Authority() string {
	return authtypes.NewModuleAddress(govtypes.ModuleName).String()
}
