package app

import (
	"fmt"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// resetStakingHeights sets the creation heights of everything that is on its
// way out of a stake to zero. They decide only which offence a stake answers
// for, and the new chain has seen none.
func (app *App) resetStakingHeights(ctx sdk.Context) error {
	if err := app.resetRedelegations(ctx); err != nil {
		return err
	}
	if err := app.resetUnbondings(ctx); err != nil {
		return err
	}
	validators, err := app.Staking.GetAllValidators(ctx)
	if err != nil {
		return err
	}
	for _, validator := range validators {
		validator.UnbondingHeight = 0
		if err := app.Staking.SetValidator(ctx, validator); err != nil {
			return err
		}
	}
	return nil
}

func (app *App) resetRedelegations(ctx sdk.Context) error {
	var found []stakingtypes.Redelegation
	err := app.Staking.IterateRedelegations(ctx, func(_ int64, redelegation stakingtypes.Redelegation) bool {
		found = append(found, redelegation)
		return false
	})
	if err != nil {
		return err
	}
	// Written after the walk: a store must not change under its iterator.
	for _, redelegation := range found {
		for i := range redelegation.Entries {
			redelegation.Entries[i].CreationHeight = 0
		}
		if err := app.Staking.SetRedelegation(ctx, redelegation); err != nil {
			return err
		}
	}
	return nil
}

func (app *App) resetUnbondings(ctx sdk.Context) error {
	var found []stakingtypes.UnbondingDelegation
	err := app.Staking.IterateUnbondingDelegations(ctx, func(_ int64, unbonding stakingtypes.UnbondingDelegation) bool {
		found = append(found, unbonding)
		return false
	})
	if err != nil {
		return err
	}
	for _, unbonding := range found {
		for i := range unbonding.Entries {
			unbonding.Entries[i].CreationHeight = 0
		}
		if err := app.Staking.SetUnbondingDelegation(ctx, unbonding); err != nil {
			return err
		}
	}
	return nil
}

// jailAllBut jails the validators that are not in allowed, so that a fork can
// start with those of whom it holds the keys. An empty list jails nobody.
func (app *App) jailAllBut(ctx sdk.Context, allowed []string) error {
	for _, operator := range allowed {
		if _, err := app.Staking.ValidatorAddressCodec().StringToBytes(operator); err != nil {
			return fmt.Errorf("validator %q: %w", operator, err)
		}
	}
	if len(allowed) == 0 {
		return nil
	}
	validators, err := app.Staking.GetAllValidators(ctx)
	if err != nil {
		return err
	}
	for _, validator := range validators {
		if validator.IsJailed() || slices.Contains(allowed, validator.GetOperator()) {
			continue
		}
		address, err := validator.GetConsAddr()
		if err != nil {
			return err
		}
		if err := app.Staking.Jail(ctx, address); err != nil {
			return fmt.Errorf("jail %s: %w", validator.GetOperator(), err)
		}
	}
	_, err = app.Staking.ApplyAndReturnValidatorSetUpdates(ctx)
	return err
}

// resetSigningInfos lets the count of missed blocks start with the new chain.
func (app *App) resetSigningInfos(ctx sdk.Context) error {
	type entry struct {
		address sdk.ConsAddress
		info    slashingtypes.ValidatorSigningInfo
	}
	var found []entry
	err := app.Slashing.IterateValidatorSigningInfos(ctx,
		func(address sdk.ConsAddress, info slashingtypes.ValidatorSigningInfo) bool {
			found = append(found, entry{address, info})
			return false
		})
	if err != nil {
		return err
	}
	for _, e := range found {
		e.info.StartHeight = 0
		if err := app.Slashing.SetValidatorSigningInfo(ctx, e.address, e.info); err != nil {
			return err
		}
	}
	return nil
}
