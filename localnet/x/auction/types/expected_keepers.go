package types

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	energytypes "github.com/plurichain/plurichain/localnet/x/energy/types"
)

// AccountKeeper is what the module needs of x/auth.
type AccountKeeper interface {
	GetAccount(ctx context.Context, addr sdk.AccAddress) sdk.AccountI
	GetModuleAddress(name string) sdk.AccAddress
	GetModuleAccount(ctx context.Context, name string) sdk.ModuleAccountI
}

// BankKeeper is what the module needs of x/bank: to look, to take in and to pay
// out. It neither mints nor burns.
type BankKeeper interface {
	GetAllBalances(ctx context.Context, addr sdk.AccAddress) sdk.Coins
	GetBalance(ctx context.Context, addr sdk.AccAddress, denom string) sdk.Coin
	SpendableCoin(ctx context.Context, addr sdk.AccAddress, denom string) sdk.Coin
	SpendableCoins(ctx context.Context, addr sdk.AccAddress) sdk.Coins
	IsSendEnabledCoins(ctx context.Context, coins ...sdk.Coin) error
	SendCoinsFromAccountToModule(ctx context.Context, sender sdk.AccAddress, recipientModule string, amount sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, senderModule string, recipient sdk.AccAddress, amount sdk.Coins) error
}

// CommunityPoolKeeper takes what is forfeited. x/distribution is one.
type CommunityPoolKeeper interface {
	FundCommunityPool(ctx context.Context, amount sdk.Coins, sender sdk.AccAddress) error
}

// CreditKeeper knows what a denom of this chain's bank is as an energy credit.
// It refuses a denom whose origin is not verified. x/energy is one.
type CreditKeeper interface {
	ResolveCredit(ctx context.Context, denom string) (energytypes.Attributes, error)
}
