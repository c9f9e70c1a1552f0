package app

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	forwardtypes "github.com/cosmos/ibc-apps/middleware/packet-forward-middleware/v10/packetforward/types"

	energytypes "github.com/plurichain/plurichain/localnet/x/energy/types"
)

// The database of a chain that the release before packet forwarding ran, with 100 Wh of
// credits issued on it, halted at height 8 by an upgrade called "forwarding". It was written
// out by that release's own code (commit 99b689c, whose tests make the chain), a key and a
// value in hex a line.
const (
	chainBeforeForwarding = "testdata/chain_before_forwarding.gz"
	heightOfForwarding    = 8
)

// A chain that lives begins to forward packets at the height of that upgrade and keeps what
// it has.
func TestALivingChainGainsForwarding(t *testing.T) {
	var hashes [2][]byte
	for i := range hashes {
		chain := &testChain{
			App: newTestApp(openOldChain(t, chainBeforeForwarding), homeAfterHalt(t, "forwarding", heightOfForwarding)),
			t:   t, height: heightOfForwarding - 1, now: time.Unix(1_772_368_206, 0).UTC(), keys: testKeys(3),
		}
		credits := creditsOf(chain, 1)
		require.Len(t, credits, 1)
		require.EqualValues(t, 100, credits[0].Amount.Int64())
		chain.block(time.Second)

		done, err := chain.Upgrade.GetDoneHeight(chain.context(), "forwarding")
		require.NoError(t, err)
		require.EqualValues(t, heightOfForwarding, done)
		versions, err := chain.Upgrade.GetModuleVersionMap(chain.context())
		require.NoError(t, err)
		require.EqualValues(t, 3, versions[forwardtypes.ModuleName])
		require.Empty(t, chain.Forward.ExportGenesis(chain.context()).InFlightPackets)

		require.Equal(t, credits, creditsOf(chain, 1))
		chain.accept(1, &energytypes.MsgRetireCredits{
			Owner: chain.address(1).String(), Coin: credits[0], Beneficiary: "Town hall",
			Purpose: energytypes.RETIREMENT_PURPOSE_CONSUMPTION})
		hashes[i] = chain.LastCommitID().Hash
	}
	require.Equal(t, hashes[0], hashes[1])
}

func creditsOf(chain *testChain, account int) sdk.Coins {
	var credits sdk.Coins
	for _, coin := range chain.Bank.GetAllBalances(chain.context(), chain.address(account)) {
		if energytypes.IsCreditDenom(coin.Denom) {
			credits = append(credits, coin)
		}
	}
	return credits
}

// Without the old binary's note on disk the new one must not open the old state as if
// nothing were missing.
func TestForwardingNeedsItsStore(t *testing.T) {
	require.Panics(t, func() { newTestApp(openOldChain(t, chainBeforeForwarding), t.TempDir()) })
}

// What is on its way over the next channel is known after a restart from an export too, so
// that its answer still finds the packet it belongs to.
func TestPacketsOnTheirWaySurviveAnExport(t *testing.T) {
	chain := startChain(t, 1)
	key := forwardtypes.RefundPacketKey("channel-1", "transfer", 7)
	inFlight := forwardtypes.InFlightPacket{
		OriginalSenderAddress: chain.address(0).String(), RefundChannelId: "channel-0", RefundPortId: "transfer",
		RefundSequence: 3, PacketSrcChannelId: "channel-9", PacketSrcPortId: "transfer",
		PacketTimeoutTimestamp: 1, PacketTimeoutHeight: "0-0", PacketData: []byte(`{}`), Timeout: 1,
	}
	chain.Forward.InitGenesis(chain.context(), forwardtypes.GenesisState{
		InFlightPackets: map[string]forwardtypes.InFlightPacket{string(key): inFlight}})
	chain.block(time.Second)

	again := restart(chain, export(t, chain, false))
	again.block(time.Second)
	found := again.Forward.GetAndClearInFlightPacket(again.context(), "channel-1", "transfer", 7)
	require.NotNil(t, found)
	require.Equal(t, inFlight, *found)
}
