package auction

import (
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/plurichain/plurichain/localnet/x/auction/simulation"
)

// GenerateGenesisState implements module.AppModuleSimulation.
func (AppModule) GenerateGenesisState(state *module.SimulationState) { simulation.RandomGenesis(state) }

// RegisterStoreDecoder implements module.AppModuleSimulation. The store needs no
// decoder: the keeper's schema describes it.
func (AppModule) RegisterStoreDecoder(simtypes.StoreDecoderRegistry) {}

// WeightedOperations implements module.AppModuleSimulation; WeightedOperationsX is
// what runs.
func (AppModule) WeightedOperations(module.SimulationState) []simtypes.WeightedOperation { return nil }

// WeightedOperationsX lists what a simulation does to auctions. Commits and
// reveals prevail, so that most auctions come to a result that moves something.
func (am AppModule) WeightedOperationsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("msg_create_auction", 100), simulation.CreateAuction(am.keeper))
	registry.Add(weights.Get("msg_cancel_auction", 10), simulation.CancelAuction(am.keeper))
	registry.Add(weights.Get("msg_commit_bid", 300), simulation.CommitBid(am.keeper))
	registry.Add(weights.Get("msg_reveal_bid", 200), simulation.RevealBid(am.keeper))
	registry.Add(weights.Get("msg_claim_payout", 20), simulation.ClaimPayout(am.keeper))
	registry.Add(weights.Get("msg_confirm_delivery", 30), simulation.ConfirmDelivery(am.keeper))
	registry.Add(weights.Get("msg_forfeit_deposit", 20), simulation.ForfeitDeposit(am.keeper))
}

// ProposalMsgsX lists what a simulated governance proposes.
func (AppModule) ProposalMsgsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("msg_update_auction_params", 50), simulation.UpdateParams())
}
