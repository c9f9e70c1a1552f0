package keeper

import (
	"errors"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// InitGenesis stores a genesis state that has been validated, rebuilds its indexes,
// and checks what only the whole chain can tell: that supplies and sums are true.
func (k Keeper) InitGenesis(ctx sdk.Context, genesis *types.GenesisState) error {
	// Reading it creates the account, so that it can mint.
	k.accounts.GetModuleAccount(ctx, types.ModuleName)
	if err := k.Params.Set(ctx, genesis.Params); err != nil {
		return err
	}
	if err := k.importDevices(ctx, genesis); err != nil {
		return err
	}
	for _, credit := range genesis.Credits {
		if err := k.addCredit(ctx, credit); err != nil {
			return err
		}
	}
	for _, attributes := range genesis.ForeignAttributes {
		if err := k.ForeignAttributes.Set(ctx, attributes.Denom(), attributes); err != nil {
			return err
		}
	}
	for _, path := range genesis.Paths {
		if err := k.Paths.Set(ctx, path.Path, path); err != nil {
			return err
		}
	}
	if err := k.importRetirements(ctx, genesis); err != nil {
		return err
	}
	return k.validateImport(ctx)
}

func (k Keeper) importDevices(ctx sdk.Context, genesis *types.GenesisState) error {
	for _, body := range genesis.IssuingBodies {
		if err := k.IssuingBodies.Set(ctx, body.Id, body); err != nil {
			return err
		}
	}
	for _, device := range genesis.Devices {
		owner, err := k.parseAddress("owner", device.Owner)
		if err != nil {
			return err
		}
		if err := k.addDevice(ctx, owner, device); err != nil {
			return err
		}
	}
	for _, reading := range genesis.Readings {
		if err := k.Readings.Set(ctx, collections.Join(reading.DeviceId, reading.IntervalStart), reading); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) importRetirements(ctx sdk.Context, genesis *types.GenesisState) error {
	if err := k.NextRetirementID.Set(ctx, genesis.NextRetirementId); err != nil {
		return err
	}
	for _, retirement := range genesis.Retirements {
		owner, err := k.parseAddress("owner", retirement.Owner)
		if err != nil {
			return err
		}
		if err := k.setRetirement(ctx, owner, retirement); err != nil {
			return err
		}
	}
	for _, total := range genesis.RetiredTotals {
		if err := k.RetiredTotals.Set(ctx, total.Denom, total); err != nil {
			return err
		}
	}
	return nil
}

// validateImport runs the invariants on what was imported.
func (k Keeper) validateImport(ctx sdk.Context) error {
	for _, invariant := range k.Invariants() {
		broken, err := invariant.Check(ctx)
		if err != nil {
			return errorsmod.Wrapf(types.ErrInvalidGenesis, "%s: %s", invariant.Name, err)
		}
		if broken != "" {
			return errorsmod.Wrapf(types.ErrInvalidGenesis, "%s: %s", invariant.Name, broken)
		}
	}
	return nil
}

// ExportGenesis returns the whole state, in the order of its keys.
func (k Keeper) ExportGenesis(ctx sdk.Context) (*types.GenesisState, error) {
	genesis := &types.GenesisState{}
	var err error
	if genesis.Params, err = k.Params.Get(ctx); err != nil {
		return nil, err
	}
	if genesis.IssuingBodies, err = values(ctx, k.IssuingBodies); err != nil {
		return nil, err
	}
	if genesis.Devices, err = values(ctx, k.Devices); err != nil {
		return nil, err
	}
	if genesis.Readings, err = values(ctx, k.Readings); err != nil {
		return nil, err
	}
	if genesis.Credits, err = values(ctx, k.Credits); err != nil {
		return nil, err
	}
	if genesis.ForeignAttributes, err = values(ctx, k.ForeignAttributes); err != nil {
		return nil, err
	}
	if genesis.NextRetirementId, err = k.NextRetirementID.Peek(ctx); err != nil {
		return nil, err
	}
	if genesis.Retirements, err = values(ctx, k.Retirements); err != nil {
		return nil, err
	}
	if genesis.RetiredTotals, err = values(ctx, k.RetiredTotals); err != nil {
		return nil, err
	}
	genesis.Paths, err = values(ctx, k.Paths)
	return genesis, err
}

// values returns everything in a map, in the order of its keys.
func values[K, V any](ctx sdk.Context, rows collections.Map[K, V]) ([]V, error) {
	iterator, err := rows.Iterate(ctx, nil)
	if errors.Is(err, collections.ErrInvalidIterator) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	return iterator.Values()
}
