package app

import (
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
)

func sendWatthours(chain *testChain, amount int64) sdk.Msg {
	return banktypes.NewMsgSend(chain.address(0), chain.address(1), sdk.NewCoins(sdk.NewInt64Coin("watthour", amount)))
}

func requireRefused(t *testing.T, result *abci.ExecTxResult, reason string) {
	t.Helper()
	require.Equal(t, sdkerrors.RootCodespace, result.Codespace)
	require.Equal(t, sdkerrors.ErrInvalidRequest.ABCICode(), result.Code, result.Log)
	require.Contains(t, result.Log, reason)
}

func TestUnorderedTransactionsLandInAnyOrderAndOnce(t *testing.T) {
	chain := startChain(t, 2)
	first := chain.signUnordered(0, chain.now.Add(time.Minute), sendWatthours(chain, 1))
	// One nanosecond apart is another transaction.
	second := chain.signUnordered(0, chain.now.Add(time.Minute+1), sendWatthours(chain, 10))

	checked, err := chain.CheckTx(&abci.RequestCheckTx{Tx: second, Type: abci.CheckTxType_New})
	require.NoError(t, err)
	require.Zero(t, checked.Code, checked.Log)

	for _, result := range chain.block(time.Second, second, first) {
		require.Zero(t, result.Code, result.Log)
	}
	require.EqualValues(t, startCoins+11, chain.balance(1, "watthour"))
	sequence, err := chain.Account.GetSequence(chain.context(), chain.address(0))
	require.NoError(t, err)
	require.Zero(t, sequence, "an unordered transaction must leave the sequence alone")

	for _, result := range chain.block(time.Second, first, second) {
		requireRefused(t, result, "already used timeout")
	}
	require.EqualValues(t, startCoins+11, chain.balance(1, "watthour"))
}

func TestUnorderedTimeoutsLieInTheNearFuture(t *testing.T) {
	chain := startChain(t, 2)
	const limit = 10 * time.Minute
	for _, c := range []struct {
		name    string
		timeout time.Duration
		reason  string
	}{
		{"past", -1, "tx timeout"},
		{"the block time itself", 0, "must lie after the block time"},
		{"too far", limit + 1, "exceeds"},
		{"as far as allowed", limit, ""},
		{"just after the block", 1, ""},
	} {
		tx := chain.signUnordered(0, chain.now.Add(time.Second+c.timeout), sendWatthours(chain, 1))
		result := chain.block(time.Second, tx)[0]
		if c.reason == "" {
			require.Zero(t, result.Code, "%s: %s", c.name, result.Log)
		} else {
			require.NotZero(t, result.Code, c.name)
			require.Contains(t, result.Log, c.reason, c.name)
		}
	}
}

// A nonce is forgotten in the block whose time is its time-out; the same bytes
// in that very block must not pay again.
func TestUnorderedReplayAtTheTimeoutIsRefused(t *testing.T) {
	chain := startChain(t, 2)
	tx := chain.signUnordered(0, chain.now.Add(2*time.Second), sendWatthours(chain, 5))
	result := chain.block(time.Second, tx)[0]
	require.Zero(t, result.Code, result.Log)

	result = chain.block(time.Second, tx)[0]
	requireRefused(t, result, "must lie after the block time")
	require.EqualValues(t, startCoins+5, chain.balance(1, "watthour"))
}

func TestOrderedTransactionsStillCount(t *testing.T) {
	chain := startChain(t, 2)
	tx := chain.signOrdered(0, sendWatthours(chain, 3))
	require.Zero(t, chain.block(time.Second, tx)[0].Code)
	result := chain.block(time.Second, tx)[0]
	require.Equal(t, sdkerrors.ErrWrongSequence.ABCICode(), result.Code, result.Log)
}
