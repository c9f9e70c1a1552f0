package simulation

import (
	"context"
	"crypto/sha256"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/keeper"
	"github.com/plurichain/plurichain/localnet/x/energy/sun"
	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// SubmitReadings lets a device count on from where it stands.
func SubmitReadings(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgSubmitReadings] {
	return func(ctx context.Context, data *source, report reporter) (signers, *types.MsgSubmitReadings) {
		device, ok := pick(ctx, k.Devices, data, report, isRunning(ctx, k))
		sender := data.AnyAccount(report)
		params, err := k.Params.Get(ctx)
		if !ok || report.IsSkipped() || err != nil {
			return nil, nil
		}
		last, err := lastReading(ctx, k, device.Id)
		if err != nil {
			report.Skip(err.Error())
			return nil, nil
		}
		now := uint64(sdk.UnwrapSDKContext(ctx).BlockTime().Unix())
		readings := randomReadings(data.Rand(), params, device, last, now)
		if len(readings) == 0 {
			report.Skip("no interval is over")
			return nil, nil
		}
		key, chainID := newDeviceKey(device.Id), sdk.UnwrapSDKContext(ctx).ChainID()
		for i := range readings {
			readings[i].Signature = key.sign(types.ReadingSignBytes(chainID, device.Id, readings[i]))
		}
		return signers{sender}, &types.MsgSubmitReadings{Sender: sender.AddressBech32, DeviceId: device.Id, Readings: readings}
	}
}

func lastReading(ctx context.Context, k keeper.Keeper, deviceID string) (last types.Reading, err error) {
	err = k.Readings.Walk(ctx, collections.NewPrefixedPairRange[string, uint64](deviceID).Descending(),
		func(_ collections.Pair[string, uint64], reading types.Reading) (bool, error) {
			last = reading
			return true, nil
		})
	return last, err
}

// randomReadings returns intervals after the last one, some left out, that are over
// and young enough.
func randomReadings(r *simsx.XRand, params types.Params, device types.Device, last types.Reading, now uint64) (out []types.SignedReading) {
	length := uint64(params.IntervalSeconds)
	technology, _ := params.Technology(device.Technology)
	begin := max(last.IntervalEnd, now-params.MaxReadingAgeSeconds)
	begin += (length - begin%length) % length
	end, counter := last.IntervalEnd, last.CounterEndWh
	for range 1 + r.Intn(int(params.MaxReadingsPerBatch)) {
		begin += length * uint64(r.Intn(2))
		if begin+length > now {
			return out
		}
		if begin != end {
			counter += uint64(r.Intn(100))
		}
		energy := uint64(r.Int63n(int64(device.CapacityW*length/3_600) + 1))
		if technology.DaylightOnly && !sun.IsDaylight(device.LatitudeUdeg, device.LongitudeUdeg, int64(begin), int64(begin+length)) {
			energy = 0
		}
		out = append(out, types.SignedReading{
			IntervalStart: begin, IntervalEnd: begin + length, CounterStartWh: counter, CounterEndWh: counter + energy})
		begin, end, counter = begin+length, begin+length, counter+energy
	}
	return out
}

// IssueCredits issues some of what was metered.
func IssueCredits(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgIssueCredits] {
	return func(ctx context.Context, data *source, report reporter) (signers, *types.MsgIssueCredits) {
		running := isRunning(ctx, k)
		reading, ok := pick(ctx, k.Readings, data, report, func(reading types.Reading) bool {
			device, err := k.Devices.Get(ctx, reading.DeviceId)
			return !reading.Issued && err == nil && running(device)
		})
		if !ok {
			return nil, nil
		}
		device, err := k.Devices.Get(ctx, reading.DeviceId)
		if err != nil {
			return nil, nil
		}
		body, err := k.IssuingBodies.Get(ctx, device.IssuingBody)
		if err != nil {
			return nil, nil
		}
		return signers{data.GetAccount(report, body.Address)}, &types.MsgIssueCredits{
			Issuer: body.Address, DeviceId: device.Id, IntervalStarts: []uint64{reading.IntervalStart}}
	}
}

// pickHolding returns a part of a credit that the owner of its device still has.
func pickHolding(ctx context.Context, k keeper.Keeper, data *source, report reporter, of func(owner string) bool) (simsx.SimAccount, sdk.Coin, bool) {
	credit, ok := pick(ctx, k.Credits, data, report, func(credit types.Credit) bool {
		device, err := k.Devices.Get(ctx, credit.Attributes.DeviceId)
		return err == nil && data.HasAccount(device.Owner) && of(device.Owner)
	})
	if !ok {
		return simsx.SimAccount{}, sdk.Coin{}, false
	}
	device, err := k.Devices.Get(ctx, credit.Attributes.DeviceId)
	if err != nil {
		return simsx.SimAccount{}, sdk.Coin{}, false
	}
	owner := data.GetAccount(report, device.Owner)
	held := owner.LiquidBalance().AmountOf(credit.Denom)
	if !held.IsPositive() {
		report.Skip("its owner has none of it")
		return owner, sdk.Coin{}, false
	}
	coin := sdk.NewCoin(credit.Denom, data.Rand().Amount(held).AddRaw(1))
	coin.Amount = math.MinInt(coin.Amount, held)
	// Else it may be spent on fees.
	if !owner.LiquidBalance().BlockAmount(coin) {
		report.Skip("cannot set it aside")
		return owner, coin, false
	}
	return owner, coin, true
}

// RetireCredits retires part of what the owner of a device has of its credits.
func RetireCredits(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRetireCredits] {
	return func(ctx context.Context, data *source, report reporter) (signers, *types.MsgRetireCredits) {
		owner, coin, ok := pickHolding(ctx, k, data, report, func(string) bool { return true })
		if !ok {
			return nil, nil
		}
		return signers{owner}, &types.MsgRetireCredits{
			Owner: owner.AddressBech32, Coin: coin, Beneficiary: "beneficiary " + fmt.Sprint(data.Rand().Intn(5)),
			Purpose: types.RetirementPurpose(1 + data.Rand().Intn(3))}
	}
}

// ChargeStorage charges a storage device with credits of its owner.
func ChargeStorage(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgChargeStorage] {
	return func(ctx context.Context, data *source, report reporter) (signers, *types.MsgChargeStorage) {
		running, storages := isRunning(ctx, k), map[string]string{}
		err := k.Devices.Walk(ctx, nil, func(id string, device types.Device) (bool, error) {
			if device.IsStorage() && running(device) {
				storages[device.Owner] = id
			}
			return false, nil
		})
		if err != nil {
			report.Skip(err.Error())
			return nil, nil
		}
		owner, coin, ok := pickHolding(ctx, k, data, report, func(owner string) bool { return storages[owner] != "" })
		if !ok {
			return nil, nil
		}
		return signers{owner}, &types.MsgChargeStorage{
			Owner: owner.AddressBech32, DeviceId: storages[owner.AddressBech32], Credits: sdk.NewCoins(coin)}
	}
}

// RecordAttributes records those of a credit of a chain that is not there.
func RecordAttributes() simsx.SimMsgFactoryFn[*types.MsgRecordAttributes] {
	return func(_ context.Context, data *source, report reporter) (signers, *types.MsgRecordAttributes) {
		sender := data.AnyAccount(report)
		if report.IsSkipped() {
			return nil, nil
		}
		hash := sha256.Sum256([]byte{byte(data.Rand().Intn(20))})
		return signers{sender}, &types.MsgRecordAttributes{Sender: sender.AddressBech32, Attributes: []types.Attributes{{
			OriginChain: "grid-elsewhere", DeviceId: "mill-1", Technology: "wind", Zone: "elsewhere", CapacityW: 1_000,
			IntervalStart: 900, IntervalEnd: 1_800, ReadingHash: hash[:], IssuingBody: "registry"}}}
	}
}
