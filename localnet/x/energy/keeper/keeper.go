// Package keeper holds the state of devices, readings and credits: it loads, calls
// the pure rules of types, stores and emits.
package keeper

import (
	"cosmossdk.io/collections"
	"cosmossdk.io/core/address"
	corestore "cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// intervalKey is a device and the start of one of its intervals, Unix seconds.
type intervalKey = collections.Pair[string, uint64]

// Keeper is the one door to the module's state and account.
type Keeper struct {
	addressCodec address.Codec
	authority    string
	accounts     types.AccountKeeper
	bank         types.BankKeeper
	transfer     types.TransferKeeper
	hooks        types.EnergyHooks

	// Schema describes the store to tools that read it without this code.
	Schema collections.Schema
	Params collections.Item[types.Params]
	// IssuingBodies: id | body.
	IssuingBodies collections.Map[string, types.IssuingBody]
	// Devices: id | device.
	Devices collections.Map[string, types.Device]
	// DevicesByOwner: owner, device id. Index of Devices.
	DevicesByOwner collections.KeySet[collections.Pair[sdk.AccAddress, string]]
	// DevicesByKey: public key | device id. Index of Devices.
	DevicesByKey collections.Map[[]byte, string]
	// Readings: device id, interval start | reading.
	Readings collections.Map[intervalKey, types.Reading]
	// Credits: denom | credit of this chain.
	Credits collections.Map[string, types.Credit]
	// CreditsByDevice: device id, denom. Index of Credits.
	CreditsByDevice collections.KeySet[collections.Pair[string, string]]
	// ForeignAttributes: denom on the origin chain | attributes recorded here.
	ForeignAttributes collections.Map[string, types.Attributes]
	// NextRetirementID counts from 1.
	NextRetirementID collections.Sequence
	// Retirements: id | retirement.
	Retirements collections.Map[uint64, types.Retirement]
	// RetirementsByOwner: owner, id. Index of Retirements.
	RetirementsByOwner collections.KeySet[collections.Pair[sdk.AccAddress, uint64]]
	// RetirementsByDenom: denom of the bank, id. Index of Retirements.
	RetirementsByDenom collections.KeySet[collections.Pair[string, uint64]]
	// RetiredTotals: denom of the bank | how much was retired here.
	RetiredTotals collections.Map[string, types.RetiredTotal]
	// Paths: hops | the chain they lead to.
	Paths collections.Map[string, types.RegisteredPath]
}

// NewKeeper wires the module to its store and its neighbours. It panics when the
// module has no account, since it could mint nothing then.
func NewKeeper(
	cdc codec.BinaryCodec, storeService corestore.KVStoreService, addressCodec address.Codec, authority string,
	accounts types.AccountKeeper, bank types.BankKeeper, transfer types.TransferKeeper,
) Keeper {
	if accounts.GetModuleAddress(types.ModuleName) == nil {
		panic("the account of module " + types.ModuleName + " is not among the module permissions")
	}
	k := Keeper{
		addressCodec: addressCodec, authority: authority,
		accounts: accounts, bank: bank, transfer: transfer, hooks: types.MultiEnergyHooks{},
	}
	sb := collections.NewSchemaBuilder(storeService)
	k.Params = collections.NewItem(sb, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc))
	k.addDevices(sb, cdc)
	k.addCredits(sb, cdc)
	k.addRetirements(sb, cdc)
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}

// addDevices declares what is kept of issuing bodies, devices and readings.
func (k *Keeper) addDevices(sb *collections.SchemaBuilder, cdc codec.BinaryCodec) {
	k.IssuingBodies = collections.NewMap(sb, types.IssuingBodiesPrefix, "issuing_bodies",
		collections.StringKey, codec.CollValue[types.IssuingBody](cdc))
	k.Devices = collections.NewMap(sb, types.DevicesPrefix, "devices",
		collections.StringKey, codec.CollValue[types.Device](cdc))
	k.DevicesByOwner = collections.NewKeySet(sb, types.DevicesByOwnerPrefix, "devices_by_owner",
		collections.PairKeyCodec(sdk.AccAddressKey, collections.StringKey))
	k.DevicesByKey = collections.NewMap(sb, types.DevicesByKeyPrefix, "devices_by_key",
		collections.BytesKey, collections.StringValue)
	k.Readings = collections.NewMap(sb, types.ReadingsPrefix, "readings",
		collections.PairKeyCodec(collections.StringKey, collections.Uint64Key), codec.CollValue[types.Reading](cdc))
}

// addCredits declares what is kept of credits and of where they come from.
func (k *Keeper) addCredits(sb *collections.SchemaBuilder, cdc codec.BinaryCodec) {
	k.Credits = collections.NewMap(sb, types.CreditsPrefix, "credits",
		collections.StringKey, codec.CollValue[types.Credit](cdc))
	k.CreditsByDevice = collections.NewKeySet(sb, types.CreditsByDevicePrefix, "credits_by_device",
		collections.PairKeyCodec(collections.StringKey, collections.StringKey))
	k.ForeignAttributes = collections.NewMap(sb, types.ForeignAttributesPrefix, "foreign_attributes",
		collections.StringKey, codec.CollValue[types.Attributes](cdc))
	k.Paths = collections.NewMap(sb, types.PathsPrefix, "paths",
		collections.StringKey, codec.CollValue[types.RegisteredPath](cdc))
}

// addRetirements declares what is kept of credits that are no more.
func (k *Keeper) addRetirements(sb *collections.SchemaBuilder, cdc codec.BinaryCodec) {
	k.NextRetirementID = collections.NewSequence(sb, types.NextRetirementIDPrefix, "next_retirement_id")
	k.Retirements = collections.NewMap(sb, types.RetirementsPrefix, "retirements",
		collections.Uint64Key, codec.CollValue[types.Retirement](cdc))
	k.RetirementsByOwner = collections.NewKeySet(sb, types.RetirementsByOwnerPrefix, "retirements_by_owner",
		collections.PairKeyCodec(sdk.AccAddressKey, collections.Uint64Key))
	k.RetirementsByDenom = collections.NewKeySet(sb, types.RetirementsByDenomPrefix, "retirements_by_denom",
		collections.PairKeyCodec(collections.StringKey, collections.Uint64Key))
	k.RetiredTotals = collections.NewMap(sb, types.RetiredTotalsPrefix, "retired_totals",
		collections.StringKey, codec.CollValue[types.RetiredTotal](cdc))
}

// Authority is the account that may change the parameters.
func (k Keeper) Authority() string { return k.authority }

// SetHooks names those who are told of accepted readings. It is called once, before
// the module is given the keeper.
func (k *Keeper) SetHooks(hooks types.EnergyHooks) {
	if multi, fresh := k.hooks.(types.MultiEnergyHooks); !fresh || len(multi) > 0 {
		panic("the hooks of module " + types.ModuleName + " are set twice")
	}
	k.hooks = hooks
}
