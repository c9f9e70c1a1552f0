package app

import (
	"testing"
	"time"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/x/authz"

	energytypes "github.com/plurichain/plurichain/localnet/x/energy/types"
)

const (
	meterID = "mill-1"
	// quarter is a quarter of an hour that is over when a test chain begins.
	quarter = uint64(1_772_364_600)
)

// startMetered returns a chain on which account 0 is registrar and issuing body, and
// account 1 owns a device that is approved, with the device's key.
func startMetered(t *testing.T) (*testChain, *secp256k1.PrivKey) {
	t.Helper()
	chain := &testChain{App: newTestApp(dbm.NewMemDB(), t.TempDir()), t: t, keys: testKeys(3),
		now: time.Unix(int64(quarter), 0).UTC().Add(time.Hour)}
	genesis, state := energytypes.DefaultGenesis(), chain.genesis()
	genesis.Params.Registrar = chain.address(0).String()
	state[energytypes.ModuleName] = chain.Encoding.Codec.MustMarshalJSON(genesis)
	chain.initChain(state)

	key := secp256k1.GenPrivKeyFromSecret([]byte(meterID))
	device := &energytypes.MsgRegisterDevice{
		Owner: chain.address(1).String(), DeviceId: meterID, KeyType: energytypes.KEY_TYPE_SECP256K1,
		PublicKey: key.PubKey().Bytes(), Technology: "wind", CapacityW: 4_000, Zone: "DE-LU", IssuingBody: "registry",
	}
	proof, err := key.Sign(energytypes.DeviceSignBytes(testChainID, chain.address(1), device.NewDevice()))
	require.NoError(t, err)
	device.Proof = proof
	chain.accept(0, &energytypes.MsgSetIssuingBody{Authority: chain.address(0).String(), IssuingBody: energytypes.IssuingBody{
		Id: "registry", Name: "Registry", Address: chain.address(0).String(), Active: true}})
	chain.accept(1, device)
	chain.accept(0, &energytypes.MsgSetDeviceStatus{
		Issuer: chain.address(0).String(), DeviceId: meterID, Status: energytypes.DEVICE_STATUS_ACTIVE})
	return chain, key
}

// accept puts a transaction into a block of its own, which must take it.
func (c *testChain) accept(account int, msg sdk.Msg) {
	c.t.Helper()
	result := c.block(time.Second, c.signOrdered(account, msg))[0]
	require.Zero(c.t, result.Code, result.Log)
}

// reading is one quarter of an hour of 100 Wh, signed.
func reading(t *testing.T, key *secp256k1.PrivKey, at uint64) energytypes.SignedReading {
	t.Helper()
	counter := 1_000 + (at-quarter)/9
	signed := energytypes.SignedReading{
		IntervalStart: at, IntervalEnd: at + 900, CounterStartWh: counter, CounterEndWh: counter + 100}
	signature, err := key.Sign(energytypes.ReadingSignBytes(testChainID, meterID, signed))
	require.NoError(t, err)
	signed.Signature = signature
	return signed
}

func (c *testChain) submission(readings ...energytypes.SignedReading) *energytypes.MsgSubmitReadings {
	return &energytypes.MsgSubmitReadings{Sender: c.address(2).String(), DeviceId: meterID, Readings: readings}
}

// From a meter to a retirement in signed transactions; what one block refuses leaves
// nothing, and a chain that starts from the export goes on.
func TestEnergyFromTheMeterToItsRetirement(t *testing.T) {
	chain, key := startMetered(t)
	chain.accept(2, chain.submission(reading(t, key, quarter), reading(t, key, quarter+900)))
	again := chain.block(time.Second, chain.signOrdered(2, chain.submission(reading(t, key, quarter))))[0]
	require.Equal(t, energytypes.ModuleName, again.Codespace)
	require.Equal(t, energytypes.ErrReadingRefused.ABCICode(), again.Code)
	require.Contains(t, again.Log, "already_metered")
	chain.accept(0, &energytypes.MsgIssueCredits{
		Issuer: chain.address(0).String(), DeviceId: meterID, IntervalStarts: []uint64{quarter, quarter + 900}})

	var coins sdk.Coins
	for _, coin := range chain.Bank.GetAllBalances(chain.context(), chain.address(1)) {
		if energytypes.IsCreditDenom(coin.Denom) {
			coins = append(coins, coin)
		}
	}
	require.Len(t, coins, 2)
	require.EqualValues(t, 100, coins[0].Amount.Int64())
	chain.accept(1, &energytypes.MsgRetireCredits{
		Owner: chain.address(1).String(), Coin: coins[0], Beneficiary: "Town hall",
		Purpose: energytypes.RETIREMENT_PURPOSE_CONSUMPTION})
	require.Zero(t, chain.balance(1, coins[0].Denom))

	restarted := restart(chain, export(t, chain, false))
	restarted.block(time.Second)
	restarted.accept(2, restarted.submission(reading(t, key, quarter+1_800)))
	total, err := restarted.Energy.RetiredTotals.Get(restarted.context(), coins[0].Denom)
	require.NoError(t, err)
	require.EqualValues(t, 100, total.AmountWh.Int64())
}

// A message inside another one never passes ValidateBasic; it is checked all the same.
func TestWrappedEnergyMessagesAreChecked(t *testing.T) {
	chain, key := startMetered(t)
	late, early := reading(t, key, quarter+900), reading(t, key, quarter)
	disorder := chain.submission(late, early)
	require.ErrorIs(t, disorder.ValidateBasic(), energytypes.ErrReadingRefused)
	exec := authz.NewMsgExec(chain.address(2), []sdk.Msg{disorder})
	result := chain.block(time.Second, chain.signOrdered(2, &exec))[0]
	require.Equal(t, energytypes.ErrReadingRefused.ABCICode(), result.Code)
	require.Contains(t, result.Log, "batch_order")
}

// A batch for which the gas does not suffice is refused whole.
func TestABatchThatRunsOutOfGasLeavesNothing(t *testing.T) {
	chain, key := startMetered(t)
	chain.now = chain.now.Add(24 * time.Hour)
	var batch []energytypes.SignedReading
	for i := range uint64(60) {
		batch = append(batch, reading(t, key, quarter+i*900))
	}
	result := chain.block(time.Second, chain.signOrdered(2, chain.submission(batch...)))[0]
	require.Equal(t, sdkerrors.ErrOutOfGas.ABCICode(), result.Code, result.Log)
	genesis, err := chain.Energy.ExportGenesis(chain.context())
	require.NoError(t, err)
	require.Empty(t, genesis.Readings)
	chain.accept(2, chain.submission(batch[:10]...))
}
