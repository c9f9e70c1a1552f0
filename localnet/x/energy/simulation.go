package energy

import (
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/plurichain/plurichain/localnet/x/energy/simulation"
)

// GenerateGenesisState implements module.AppModuleSimulation.
func (AppModule) GenerateGenesisState(state *module.SimulationState) { simulation.RandomGenesis(state) }

// RegisterStoreDecoder implements module.AppModuleSimulation. The store needs no
// decoder: the keeper's schema describes it.
func (AppModule) RegisterStoreDecoder(simtypes.StoreDecoderRegistry) {}

// WeightedOperations implements module.AppModuleSimulation; WeightedOperationsX is
// what runs.
func (AppModule) WeightedOperations(module.SimulationState) []simtypes.WeightedOperation { return nil }

// WeightedOperationsX lists what a simulation does with energy. Readings and issues
// prevail, so that there is something to retire.
func (am AppModule) WeightedOperationsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("msg_set_issuing_body", 10), simulation.SetIssuingBody(am.keeper))
	registry.Add(weights.Get("msg_register_device", 60), simulation.RegisterDevice(am.keeper))
	registry.Add(weights.Get("msg_set_device_status", 80), simulation.SetDeviceStatus(am.keeper))
	registry.Add(weights.Get("msg_submit_readings", 200), simulation.SubmitReadings(am.keeper))
	registry.Add(weights.Get("msg_issue_credits", 200), simulation.IssueCredits(am.keeper))
	registry.Add(weights.Get("msg_charge_storage", 80), simulation.ChargeStorage(am.keeper))
	registry.Add(weights.Get("msg_record_attributes", 10), simulation.RecordAttributes())
	registry.Add(weights.Get("msg_retire_credits", 80), simulation.RetireCredits(am.keeper))
	registry.Add(weights.Get("msg_register_path", 10), simulation.RegisterPath(am.keeper))
	registry.Add(weights.Get("msg_remove_path", 5), simulation.RemovePath(am.keeper))
}

// ProposalMsgsX lists what a simulated governance proposes.
func (am AppModule) ProposalMsgsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("msg_update_energy_params", 50), simulation.UpdateParams(am.keeper))
}
