package simulation

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/keeper"
	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

type (
	source   = simsx.ChainDataSource
	reporter = simsx.SimulationReporter
	signers  = []simsx.SimAccount
)

// pick returns a random row that fits, or skips.
func pick[K, V any](ctx context.Context, rows collections.Map[K, V], data *source, report reporter, fits func(V) bool) (V, bool) {
	var fitting []V
	err := rows.Walk(ctx, nil, func(_ K, row V) (bool, error) {
		if fits(row) {
			fitting = append(fitting, row)
		}
		return false, nil
	})
	if err != nil || len(fitting) == 0 {
		var none V
		report.Skip("nothing fits")
		return none, false
	}
	return fitting[data.Rand().Intn(len(fitting))], true
}

// isRunning tells whether a device's readings are taken now.
func isRunning(ctx context.Context, k keeper.Keeper) func(types.Device) bool {
	return func(device types.Device) bool {
		body, err := k.IssuingBodies.Get(ctx, device.IssuingBody)
		return err == nil && body.Active && device.Status == types.DEVICE_STATUS_ACTIVE
	}
}

// RegisterDevice adds a device of a random technology at a random place.
func RegisterDevice(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRegisterDevice] {
	return func(ctx context.Context, data *source, report reporter) (signers, *types.MsgRegisterDevice) {
		params, err := k.Params.Get(ctx)
		if err != nil {
			report.Skip(err.Error())
			return nil, nil
		}
		body, ok := pick(ctx, k.IssuingBodies, data, report, func(body types.IssuingBody) bool { return body.Active })
		owner, technology := randomOwner(ctx, k, data, report, params)
		if !ok || report.IsSkipped() {
			return nil, nil
		}
		r := data.Rand()
		id := fmt.Sprintf("device.%d", r.Int63())
		key := newDeviceKey(id)
		msg := &types.MsgRegisterDevice{
			Owner: owner.AddressBech32, DeviceId: id, KeyType: key.keyType(), PublicKey: key.public(),
			Technology: technology.Name, CapacityW: r.Uint64InRange(1, 1_000_000), Zone: "zone " + r.StringN(5) + "x",
			LatitudeUdeg: r.Int63n(180_000_001) - 90_000_000, LongitudeUdeg: r.Int63n(360_000_001) - 180_000_000,
			IssuingBody: body.Id,
		}
		if technology.Storage {
			msg.EfficiencyBp = r.Uint32InRange(1, types.BasisPoints+1)
		}
		chainID := sdk.UnwrapSDKContext(ctx).ChainID()
		msg.Proof = key.sign(types.DeviceSignBytes(chainID, owner.Address, msg.NewDevice()))
		return signers{owner}, msg
	}
}

// randomOwner returns anybody with any technology, or somebody who has devices already
// with storage for what they make.
func randomOwner(
	ctx context.Context, k keeper.Keeper, data *source, report reporter, params types.Params,
) (simsx.SimAccount, types.Technology) {
	technology := params.Technologies[data.Rand().Intn(len(params.Technologies))]
	if storage, known := params.Technology("storage"); known && data.Rand().Bool() {
		device, ok := pick(ctx, k.Devices, data, nowhere{}, func(device types.Device) bool { return data.HasAccount(device.Owner) })
		if ok {
			return data.GetAccount(report, device.Owner), storage
		}
	}
	return data.AnyAccount(report), technology
}

// nowhere takes reports of what was only tried.
type nowhere struct{ reporter }

func (nowhere) Skip(string) {}

// SetDeviceStatus approves what waits, and now and then suspends.
func SetDeviceStatus(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgSetDeviceStatus] {
	return func(ctx context.Context, data *source, report reporter) (signers, *types.MsgSetDeviceStatus) {
		suspend := data.Rand().Intn(8) == 0
		device, ok := pick(ctx, k.Devices, data, report, func(device types.Device) bool {
			return suspend || device.Status != types.DEVICE_STATUS_ACTIVE
		})
		if !ok {
			return nil, nil
		}
		body, err := k.IssuingBodies.Get(ctx, device.IssuingBody)
		if err != nil || !body.Active && !suspend {
			report.Skip("the body is inactive")
			return nil, nil
		}
		msg := &types.MsgSetDeviceStatus{Issuer: body.Address, DeviceId: device.Id, Status: types.DEVICE_STATUS_ACTIVE}
		if suspend {
			msg.Status = types.DEVICE_STATUS_SUSPENDED
		}
		return signers{data.GetAccount(report, body.Address)}, msg
	}
}

// SetIssuingBody lets the registrar stop a body, or let it go on, or hand it over.
func SetIssuingBody(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgSetIssuingBody] {
	return func(ctx context.Context, data *source, report reporter) (signers, *types.MsgSetIssuingBody) {
		registrar, ok := pickRegistrar(ctx, k, data, report)
		body, found := pick(ctx, k.IssuingBodies, data, report, func(types.IssuingBody) bool { return true })
		other := data.AnyAccount(report)
		if !ok || !found || report.IsSkipped() {
			return nil, nil
		}
		body.Active = !body.Active || data.Rand().Intn(3) > 0
		if data.Rand().Bool() {
			body.Address = other.AddressBech32
		}
		return signers{registrar}, &types.MsgSetIssuingBody{Authority: registrar.AddressBech32, IssuingBody: body}
	}
}

func pickRegistrar(ctx context.Context, k keeper.Keeper, data *source, report reporter) (simsx.SimAccount, bool) {
	params, err := k.Params.Get(ctx)
	if err != nil || !data.HasAccount(params.Registrar) {
		report.Skip("no registrar plays along")
		return simsx.SimAccount{}, false
	}
	return data.GetAccount(report, params.Registrar), !report.IsSkipped()
}

// RegisterPath registers a path, again or anew.
func RegisterPath(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRegisterPath] {
	return func(ctx context.Context, data *source, report reporter) (signers, *types.MsgRegisterPath) {
		registrar, ok := pickRegistrar(ctx, k, data, report)
		if !ok {
			return nil, nil
		}
		n := data.Rand().Intn(4)
		return signers{registrar}, &types.MsgRegisterPath{Authority: registrar.AddressBech32, Path: types.RegisteredPath{
			Path: fmt.Sprintf("transfer/channel-%d", n), OriginChain: fmt.Sprintf("grid-%d", n)}}
	}
}

// RemovePath takes a registration back.
func RemovePath(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRemovePath] {
	return func(ctx context.Context, data *source, report reporter) (signers, *types.MsgRemovePath) {
		registrar, ok := pickRegistrar(ctx, k, data, report)
		path, found := pick(ctx, k.Paths, data, report, func(types.RegisteredPath) bool { return true })
		if !ok || !found {
			return nil, nil
		}
		return signers{registrar}, &types.MsgRemovePath{Authority: registrar.AddressBech32, Path: path.Path}
	}
}

// UpdateParams proposes other limits.
func UpdateParams(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgUpdateParams] {
	return func(ctx context.Context, data *source, report reporter) (signers, *types.MsgUpdateParams) {
		params, err := k.Params.Get(ctx)
		if err != nil {
			report.Skip(err.Error())
			return nil, nil
		}
		registrar := params.Registrar
		params = randomParams(data.Rand().Rand)
		params.Registrar = registrar
		return nil, &types.MsgUpdateParams{Authority: data.ModuleAccountAddress(report, "gov"), Params: params}
	}
}
