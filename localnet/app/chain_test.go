package app

import (
	"encoding/json"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
)

const (
	testChainID = "grid-test-1"
	// startCoins is what each account of a test chain begins with.
	startCoins = 1_000_000_000
	testGas    = 200_000
)

// testChain drives an application the way CometBFT does, with block times that
// the test chooses.
type testChain struct {
	*App
	t      *testing.T
	height int64
	now    time.Time
	// keys own accounts 0, 1, …; the validator's stake belongs to the first.
	keys []*secp256k1.PrivKey
}

// newTestApp opens an application over db whose node folder is home.
func newTestApp(db dbm.DB, home string) *App {
	return New(log.NewNopLogger(), db, nil, true,
		simtestutil.NewAppOptionsWithFlagHome(home), baseapp.SetChainID(testChainID))
}

// startChain returns a chain with one validator and funded accounts that has
// finished its first block.
func startChain(t *testing.T, accounts int) *testChain {
	t.Helper()
	c := &testChain{
		App: newTestApp(dbm.NewMemDB(), t.TempDir()),
		t:   t,
		now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	}
	c.keys = testKeys(accounts)
	c.initChain(c.genesis())
	return c
}

func testKeys(count int) []*secp256k1.PrivKey {
	keys := make([]*secp256k1.PrivKey, count)
	for i := range keys {
		keys[i] = secp256k1.GenPrivKeyFromSecret([]byte{byte(i + 1)})
	}
	return keys
}

func (c *testChain) genesis() GenesisState {
	c.t.Helper()
	validators, err := simtestutil.CreateRandomValidatorSet()
	require.NoError(c.t, err)
	var accounts []authtypes.GenesisAccount
	var balances []banktypes.Balance
	for _, key := range c.keys {
		address := sdk.AccAddress(key.PubKey().Address())
		accounts = append(accounts, authtypes.NewBaseAccountWithAddress(address))
		balances = append(balances, banktypes.Balance{
			Address: address.String(),
			Coins:   sdk.NewCoins(sdk.NewInt64Coin(BondDenom, startCoins), sdk.NewInt64Coin("watthour", startCoins)),
		})
	}
	state, err := simtestutil.GenesisStateWithValSet(c.Encoding.Codec, c.DefaultGenesis(), validators, accounts, balances...)
	require.NoError(c.t, err)
	return state
}

func (c *testChain) initChain(state GenesisState) {
	c.t.Helper()
	bytes, err := json.Marshal(state)
	require.NoError(c.t, err)
	_, err = c.InitChain(&abci.RequestInitChain{
		ChainId:         testChainID,
		Time:            c.now,
		InitialHeight:   1,
		ConsensusParams: simtestutil.DefaultConsensusParams,
		AppStateBytes:   bytes,
	})
	require.NoError(c.t, err)
	c.block(0)
}

// block finishes the next block, step after the last one, with these
// transactions in it.
func (c *testChain) block(step time.Duration, txs ...[]byte) []*abci.ExecTxResult {
	c.t.Helper()
	response, err := c.tryBlock(step, txs...)
	require.NoError(c.t, err)
	requireInvariants(c.t, c.App, c.context())
	return response.TxResults
}

func (c *testChain) tryBlock(step time.Duration, txs ...[]byte) (*abci.ResponseFinalizeBlock, error) {
	c.height++
	c.now = c.now.Add(step)
	response, err := c.FinalizeBlock(&abci.RequestFinalizeBlock{Height: c.height, Time: c.now, Txs: txs})
	if err != nil {
		return nil, err
	}
	_, err = c.Commit()
	return response, err
}

// requireInvariants checks that auctions and credits add up.
func requireInvariants(t testing.TB, app *App, ctx sdk.Context) {
	t.Helper()
	for _, invariant := range app.Auction.Invariants() {
		broken, err := invariant.Check(ctx)
		require.NoError(t, err, invariant.Name)
		require.Empty(t, broken, invariant.Name)
	}
	for _, invariant := range app.Energy.Invariants() {
		broken, err := invariant.Check(ctx)
		require.NoError(t, err, invariant.Name)
		require.Empty(t, broken, invariant.Name)
	}
}

// context opens the state as it was last committed; what is written to it goes
// into the next block.
func (c *testChain) context() sdk.Context {
	return c.NewUncachedContext(false, cmtproto.Header{ChainID: testChainID, Height: c.height, Time: c.now})
}

func (c *testChain) address(account int) sdk.AccAddress {
	return sdk.AccAddress(c.keys[account].PubKey().Address())
}

func (c *testChain) balance(account int, denom string) int64 {
	return c.Bank.GetBalance(c.context(), c.address(account), denom).Amount.Int64()
}

// signUnordered returns the bytes of a transaction of account that may land in
// any order until timeout.
func (c *testChain) signUnordered(account int, timeout time.Time, msgs ...sdk.Msg) []byte {
	return c.sign(account, 0, &timeout, msgs...)
}

// signOrdered returns the bytes of a transaction that takes the next sequence.
func (c *testChain) signOrdered(account int, msgs ...sdk.Msg) []byte {
	sequence, err := c.Account.GetSequence(c.context(), c.address(account))
	require.NoError(c.t, err)
	return c.sign(account, sequence, nil, msgs...)
}

func (c *testChain) sign(account int, sequence uint64, timeout *time.Time, msgs ...sdk.Msg) []byte {
	c.t.Helper()
	key := c.keys[account]
	builder := c.TxConfig().NewTxBuilder()
	require.NoError(c.t, builder.SetMsgs(msgs...))
	builder.SetGasLimit(testGas)
	if timeout != nil {
		builder.SetUnordered(true)
		builder.SetTimeoutTimestamp(*timeout)
	}
	// The signature covers who signs and how, so that part is set first.
	signature := signing.SignatureV2{
		PubKey:   key.PubKey(),
		Data:     &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_DIRECT},
		Sequence: sequence,
	}
	require.NoError(c.t, builder.SetSignatures(signature))

	owner := c.Account.GetAccount(c.context(), c.address(account))
	signBytes, err := authsigning.GetSignBytesAdapter(c.context(), c.TxConfig().SignModeHandler(),
		signing.SignMode_SIGN_MODE_DIRECT, authsigning.SignerData{
			Address: c.address(account).String(), ChainID: testChainID,
			AccountNumber: owner.GetAccountNumber(), Sequence: sequence, PubKey: key.PubKey(),
		}, builder.GetTx())
	require.NoError(c.t, err)
	bytes, err := key.Sign(signBytes)
	require.NoError(c.t, err)
	signature.Data = &signing.SingleSignatureData{
		SignMode: signing.SignMode_SIGN_MODE_DIRECT, Signature: bytes,
	}
	require.NoError(c.t, builder.SetSignatures(signature))
	encoded, err := c.TxConfig().TxEncoder()(builder.GetTx())
	require.NoError(c.t, err)
	return encoded
}
