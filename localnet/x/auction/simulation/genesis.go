// Package simulation plays random auctions against a whole application.
package simulation

import (
	"encoding/json"
	"math/rand"
	"time"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

const (
	// paramsKey is the name under which a file of simulation parameters may fix
	// the module's.
	paramsKey = "auction_params"
	// LotDenom is the coin that simulated auctions deliver; they pay in the coin
	// that is staked.
	LotDenom = "watthour"
	// lotsOfAccount is what FundAccounts gives each account.
	lotsOfAccount = 1_000
)

// RandomGenesis starts without auctions, under limits that random histories run
// into.
func RandomGenesis(state *module.SimulationState) {
	genesis := types.DefaultGenesis()
	state.AppParams.GetOrGenerate(paramsKey, &genesis.Params, state.Rand, func(r *rand.Rand) {
		genesis.Params = randomParams(r)
	})
	state.GenState[types.ModuleName] = state.Cdc.MustMarshalJSON(genesis)
}

func randomParams(r *rand.Rand) types.Params {
	params := types.DefaultParams()
	params.MaxBidders = uint32(2 + r.Intn(8))
	params.MaxOpenAuctions = uint32(5 + r.Intn(40))
	params.MaxOpenAuctionsPerCreator = uint32(1 + r.Intn(4))
	params.MinDepositBps = uint32(r.Intn(types.BasisPoints + 1))
	params.ClearingStepsPerBlock = uint64(1 + r.Intn(30))
	params.MaxWindow = 30 * 24 * time.Hour
	return params
}

// FundAccounts gives every account of a simulated genesis some of the lot coin,
// but the staking pools, which may hold nothing but stakes. The simulator itself
// knows no other coin than the one that is staked, and an auction needs two.
func FundAccounts(cdc codec.JSONCodec, rawState map[string]json.RawMessage) {
	var bank banktypes.GenesisState
	cdc.MustUnmarshalJSON(rawState[banktypes.ModuleName], &bank)
	lots := sdk.NewCoins(sdk.NewInt64Coin(LotDenom, lotsOfAccount))
	pools := map[string]bool{
		authtypes.NewModuleAddress(stakingtypes.BondedPoolName).String():    true,
		authtypes.NewModuleAddress(stakingtypes.NotBondedPoolName).String(): true,
	}
	for i := range bank.Balances {
		if pools[bank.Balances[i].Address] {
			continue
		}
		bank.Balances[i].Coins = bank.Balances[i].Coins.Add(lots...)
		bank.Supply = bank.Supply.Add(lots...)
	}
	rawState[banktypes.ModuleName] = cdc.MustMarshalJSON(&bank)
}
