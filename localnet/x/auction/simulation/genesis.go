// Package simulation plays random auctions against a whole application.
package simulation

import (
	"math/rand"
	"time"

	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// paramsKey is the name under which a file of simulation parameters may fix the
// module's.
const paramsKey = "auction_params"

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
