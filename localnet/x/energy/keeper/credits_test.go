package keeper_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// What was metered is minted to the owner of the device, each interval under a denom
// of its own, and no interval twice.
func TestCreditsAreIssuedOnce(t *testing.T) {
	g := newGrid(t)
	m := g.solar("roof-1")
	readings := []types.SignedReading{m.read(noon, 100), m.read(noon+length, 0), m.read(noon+2*length, 300)}
	g.ok(m.batch(readings...))
	answer, err := g.deliver(m.issue(noon, noon+length, noon+2*length))
	require.NoError(t, err)
	first, third := m.attributes(readings[0]).Denom(), m.attributes(readings[2]).Denom()
	require.Equal(t, sdk.Coins{sdk.NewInt64Coin(first, 100), sdk.NewInt64Coin(third, 300)},
		answer.(*types.MsgIssueCreditsResponse).Issued)
	require.NoError(t, answer.(*types.MsgIssueCreditsResponse).Issued.Validate())
	require.EqualValues(t, 100, g.balance(plant, first))
	require.EqualValues(t, 300, g.balance(plant, third))
	require.True(t, strings.HasPrefix(first, "wh.20260301T1200."), first)
	require.Equal(t, 2, g.countEvents("EventCreditsIssued"))
	g.endBlock(start)

	// Of nothing there is no credit, but it is done with.
	require.False(t, must(g.keeper.Credits.Has(g.ctx, m.attributes(readings[1]).Denom())))
	nothing := must(g.keeper.Readings.Get(g.ctx, collections.Join("roof-1", noon+length)))
	require.True(t, nothing.Issued)
	require.Zero(t, nothing.IssuedWh)

	for _, at := range []uint64{noon, noon + length, noon + 2*length} {
		g.refused(types.ErrAlreadyIssued, m.issue(at))
	}
	next := m.read(noon+3*length, 10)
	g.ok(m.batch(next))
	g.refused(types.ErrAlreadyIssued, m.issue(noon+2*length, noon+3*length))
	g.refused(types.ErrInvalidRequest, m.issue(noon+3*length, noon+3*length))
	g.ok(m.issue(noon + 3*length))
	g.endBlock(start)
}

func TestOnlyTheIssuingBodyIssuesWhatWasMetered(t *testing.T) {
	g := newGrid(t)
	m := g.wind("mill-1")
	g.ok(g.setBody("other", stranger, true), m.batch(m.read(noon, 10)))
	for _, who := range []int{plant, stranger} {
		msg := m.issue(noon)
		msg.Issuer = account(who).String()
		g.refused(types.ErrUnauthorized, msg)
	}
	g.refused(types.ErrReadingNotFound, m.issue(noon+length))
	g.refused(types.ErrReadingNotFound, m.issue(noon+1))
	g.refused(types.ErrInvalidRequest, m.issue())
	g.refused(types.ErrInvalidRequest, m.issue(make([]uint64, 97)...))
	g.refused(types.ErrDeviceNotFound, newMeter("mill-2", "wind", plant, types.KEY_TYPE_ED25519).issue(noon))
	g.ok(m.status(types.DEVICE_STATUS_SUSPENDED))
	g.refused(types.ErrDeviceNotActive, m.issue(noon))
	g.ok(m.status(types.DEVICE_STATUS_ACTIVE), g.setBody(bodyID, stranger, true))
	g.refused(types.ErrUnauthorized, m.issue(noon)) // the body has another account now
	g.endBlock(start)
}

// A batch of as many intervals as may be is issued in one message.
func TestADayIsIssuedAtOnce(t *testing.T) {
	g := newGrid(t)
	m := g.wind("mill-1")
	day := noon - 96*length
	var batch []types.SignedReading
	var starts []uint64
	for i := range uint64(96) {
		batch = append(batch, m.read(day+i*length, i))
		starts = append(starts, day+i*length)
	}
	g.ok(m.batch(batch...))
	answer, err := g.deliver(m.issue(starts...))
	require.NoError(t, err)
	issued := answer.(*types.MsgIssueCreditsResponse).Issued
	require.NoError(t, issued.Validate())
	require.Len(t, issued, 95)
	for _, coin := range issued {
		require.Equal(t, coin.Amount, g.bank.GetBalance(g.ctx, account(plant), coin.Denom).Amount)
	}
	g.endBlock(start)
}

// Credits go from hand to hand like any coin, but not to the module.
func TestCreditsAreCoins(t *testing.T) {
	g := newGrid(t)
	denom := g.credit(g.wind("mill-1"), noon, 100)
	coins := sdk.NewCoins(sdk.NewInt64Coin(denom, 40))
	require.NoError(t, g.bank.SendCoins(g.ctx, account(plant), account(stranger), coins))
	require.True(t, g.bank.BlockedAddr(g.accounts.GetModuleAddress(types.ModuleName)))
	g.ok(retire(stranger, denom, 30), retire(plant, denom, 60))
	g.refused(types.ErrInsufficientCredits, retire(stranger, denom, 11))
	g.endBlock(start)
	require.NoError(t, sdk.ValidateDenom(denom))
}

// A storage device issues at most what was charged, less the losses; what it gave
// back beyond that is no credit, now or ever.
func TestStorageIssuesWhatWasChargedLessLosses(t *testing.T) {
	g := newGrid(t)
	s, m := g.storage("battery-1"), g.wind("mill-1")
	g.ok(s.batch(s.read(noon, 10)), s.issue(noon)) // nothing was charged yet
	first, second := g.credit(m, noon, 101), g.credit(m, noon+length, 200)
	for _, denom := range []string{first, second} {
		coins := sdk.NewCoins(sdk.NewCoin(denom, g.bank.GetSupply(g.ctx, denom).Amount))
		require.NoError(t, g.bank.SendCoins(g.ctx, account(plant), account(battery), coins))
	}
	coin := func(denom string, amount int64) sdk.Coin { return sdk.NewInt64Coin(denom, amount) }
	answer, err := g.deliver(charge(battery, s.Id, coin(first, 1), coin(second, 1)))
	require.NoError(t, err)
	require.EqualValues(t, 1, answer.(*types.MsgChargeStorageResponse).CreditedWh) // 1.7, not 0.85 twice
	answer, err = g.deliver(charge(battery, s.Id, coin(first, 100), coin(second, 99)))
	require.NoError(t, err)
	require.EqualValues(t, 169, answer.(*types.MsgChargeStorageResponse).CreditedWh) // 169.15
	require.EqualValues(t, 170, g.device(s.Id).StorageBalanceWh.Int64())
	require.Equal(t, 2, g.countEvents("EventStorageCharged"))
	require.Equal(t, 4, g.countEvents("EventCreditsRetired"))
	g.endBlock(start)

	readings := []types.SignedReading{s.read(noon+length, 120), s.read(noon+2*length, 120), s.read(noon+3*length, 120)}
	g.ok(s.batch(readings...), s.issue(noon+length, noon+2*length, noon+3*length))
	require.EqualValues(t, 120, g.balance(battery, s.attributes(readings[0]).Denom()))
	require.EqualValues(t, 50, g.balance(battery, s.attributes(readings[1]).Denom()))
	require.EqualValues(t, 0, g.balance(battery, s.attributes(readings[2]).Denom()))
	require.True(t, g.device(s.Id).StorageBalanceWh.IsZero())
	g.endBlock(start)

	// Its credits are energy like any other and can be charged again.
	g.ok(charge(battery, s.Id, coin(s.attributes(readings[0]).Denom(), 120)))
	require.EqualValues(t, 102, g.device(s.Id).StorageBalanceWh.Int64())
	g.refused(types.ErrAlreadyIssued, s.issue(noon+3*length))
	g.endBlock(start)
}

func TestChargesThatAreRefused(t *testing.T) {
	g := newGrid(t)
	s, m := g.storage("battery-1"), g.wind("mill-1")
	denom := g.credit(m, noon, 100)
	coins := sdk.NewCoins(sdk.NewInt64Coin(denom, 50))
	require.NoError(t, g.bank.SendCoins(g.ctx, account(plant), account(battery), coins))
	g.refused(types.ErrNotStorage, charge(plant, m.Id, coins...))
	g.refused(types.ErrUnauthorized, charge(plant, s.Id, coins...))
	g.refused(types.ErrDeviceNotFound, charge(battery, "battery-2", coins...))
	g.refused(types.ErrInsufficientCredits, charge(battery, s.Id, sdk.NewInt64Coin(denom, 51)))
	g.refused(types.ErrNotACredit, charge(battery, s.Id, sdk.NewInt64Coin("watthour", 1)))
	g.refused(types.ErrNotACredit, charge(battery, s.Id, coins[0], sdk.NewInt64Coin("watthour", 1)))
	g.refused(types.ErrInvalidRequest, charge(battery, s.Id))

	unverified := g.receive(battery, denom, 10, "transfer", "channel-7")
	g.refused(types.ErrUnverifiedOrigin, charge(battery, s.Id, coins[0], sdk.NewInt64Coin(unverified, 10)))
	g.ok(s.status(types.DEVICE_STATUS_SUSPENDED))
	g.refused(types.ErrDeviceNotActive, charge(battery, s.Id, coins...))
	g.endBlock(start)
}
