package app

import (
	"errors"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// payOutRewards sends every commission and every reward to its owner.
func (app *App) payOutRewards(ctx sdk.Context) error {
	validators, err := app.Staking.GetAllValidators(ctx)
	if err != nil {
		return err
	}
	for _, validator := range validators {
		operator, err := app.operatorBytes(validator)
		if err != nil {
			return err
		}
		_, err = app.Distr.WithdrawValidatorCommission(ctx, operator)
		if err != nil && !errors.Is(err, distrtypes.ErrNoValidatorCommission) {
			return fmt.Errorf("commission of %s: %w", validator.OperatorAddress, err)
		}
	}
	return app.eachDelegation(ctx, func(delegator sdk.AccAddress, validator sdk.ValAddress) error {
		_, err := app.Distr.WithdrawDelegationRewards(ctx, delegator, validator)
		return err
	})
}

// restartRewards forgets the old periods and opens the first one of the new
// chain for each validator and each delegation.
func (app *App) restartRewards(ctx sdk.Context) error {
	app.Distr.DeleteAllValidatorSlashEvents(ctx)
	app.Distr.DeleteAllValidatorHistoricalRewards(ctx)

	// Hooks record the height of their context as the start of a period.
	ctx = ctx.WithBlockHeight(0)
	validators, err := app.Staking.GetAllValidators(ctx)
	if err != nil {
		return err
	}
	for _, validator := range validators {
		operator, err := app.operatorBytes(validator)
		if err != nil {
			return err
		}
		if err := app.donateScraps(ctx, operator); err != nil {
			return err
		}
		if err := app.Distr.Hooks().AfterValidatorCreated(ctx, operator); err != nil {
			return err
		}
	}
	return app.eachDelegation(ctx, func(delegator sdk.AccAddress, validator sdk.ValAddress) error {
		if err := app.Distr.Hooks().BeforeDelegationCreated(ctx, delegator, validator); err != nil {
			return err
		}
		return app.Distr.Hooks().AfterDelegationModified(ctx, delegator, validator)
	})
}

// donateScraps moves what rounding left with a validator to the community
// pool: the new first period sets its outstanding rewards to zero, and the
// module must not hold more than its books say.
func (app *App) donateScraps(ctx sdk.Context, operator sdk.ValAddress) error {
	scraps, err := app.Distr.GetValidatorOutstandingRewardsCoins(ctx, operator)
	if err != nil {
		return err
	}
	pool, err := app.Distr.FeePool.Get(ctx)
	if err != nil {
		return err
	}
	pool.CommunityPool = pool.CommunityPool.Add(scraps...)
	return app.Distr.FeePool.Set(ctx, pool)
}

func (app *App) eachDelegation(ctx sdk.Context, do func(sdk.AccAddress, sdk.ValAddress) error) error {
	delegations, err := app.Staking.GetAllDelegations(ctx)
	if err != nil {
		return err
	}
	for _, delegation := range delegations {
		delegator, err := app.Account.AddressCodec().StringToBytes(delegation.DelegatorAddress)
		if err != nil {
			return err
		}
		validator, err := app.Staking.ValidatorAddressCodec().StringToBytes(delegation.ValidatorAddress)
		if err != nil {
			return err
		}
		if err := do(delegator, validator); err != nil {
			return fmt.Errorf("delegation of %s to %s: %w",
				delegation.DelegatorAddress, delegation.ValidatorAddress, err)
		}
	}
	return nil
}

func (app *App) operatorBytes(validator stakingtypes.Validator) (sdk.ValAddress, error) {
	return app.Staking.ValidatorAddressCodec().StringToBytes(validator.GetOperator())
}
