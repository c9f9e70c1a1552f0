// Package simulation plays random meters against a whole application.
package simulation

import (
	"math/rand"

	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// paramsKey is the name under which a file of simulation parameters may fix the
// module's.
const paramsKey = "energy_params"

// RandomGenesis starts with two issuing bodies, and with a registrar that can play
// along: governance seldom comes to a decision.
func RandomGenesis(state *module.SimulationState) {
	genesis := types.DefaultGenesis()
	state.AppParams.GetOrGenerate(paramsKey, &genesis.Params, state.Rand, func(r *rand.Rand) {
		genesis.Params = randomParams(r)
	})
	accounts := state.Accounts
	genesis.Params.Registrar = accounts[state.Rand.Intn(len(accounts))].Address.String()
	for _, id := range []string{"registry.a", "registry.b"} {
		genesis.IssuingBodies = append(genesis.IssuingBodies, types.IssuingBody{
			Id: id, Name: id, Address: accounts[state.Rand.Intn(len(accounts))].Address.String(), Active: true})
	}
	state.GenState[types.ModuleName] = state.Cdc.MustMarshalJSON(genesis)
}

func randomParams(r *rand.Rand) types.Params {
	params := types.DefaultParams()
	params.IntervalSeconds = []uint32{60, 300, 900, 1_800, 3_600}[r.Intn(5)]
	params.MaxReadingsPerBatch = uint32(1 + r.Intn(8))
	params.MaxReadingAgeSeconds = uint64(100_000 + r.Intn(1_000_000))
	return params
}
