package app

import (
	"crypto/sha256"
	"encoding/json"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	vestingtypes "github.com/cosmos/cosmos-sdk/x/auth/vesting/types"
	"github.com/cosmos/cosmos-sdk/x/authz"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
	auctiontypes "github.com/plurichain/plurichain/localnet/x/auction/types"
)

const (
	commitWindow = time.Minute
	saleUnits    = 4
	// saleDeposit is the default one: units times the price limit.
	saleDeposit = 400
)

// openSale lets account 0 sell 4 watthours for up to 100upluri each.
func openSale(c *testChain) *auctiontypes.Auction {
	limit := math.NewInt(100)
	results := c.block(time.Second, c.signOrdered(0, &auctiontypes.MsgCreateAuction{
		Creator: c.address(0).String(), Terms: auctiontypes.Terms{
			Side: auctiontypes.SIDE_FORWARD, PaymentRule: auctiontypes.PAYMENT_RULE_LAST_ACCEPTED, Quantity: saleUnits,
			LotDenom: "watthour", PaymentDenom: BondDenom, PriceLimit: &limit,
			CommitWindow: commitWindow, RevealWindow: commitWindow,
		}}))
	require.Zero(c.t, results[0].Code, results[0].Log)
	auction, err := c.Auction.Auctions.Get(c.context(), 1)
	require.NoError(c.t, err)
	return &auction
}

// sealed returns commitment and opening of a bid for all units at a price.
func sealed(c *testChain, auction *auctiontypes.Auction, bidder int, attempt uint32, price uint64) (
	*auctiontypes.MsgCommitBid, *auctiontypes.MsgRevealBid,
) {
	bid, err := auctiontypes.EncodeBid(auctiontypes.Bid{
		Kind: auctiontypes.BID_KIND_SCHEDULE, Side: auctiontypes.BidSideBuy,
		Steps: []clearing.Step{{Quantity: saleUnits, Price: clearing.NewUint128(price)}},
	})
	require.NoError(c.t, err)
	salt := sha256.Sum256([]byte{byte(bidder), byte(attempt)})
	address := c.address(bidder)
	return &auctiontypes.MsgCommitBid{
			Bidder: address.String(), AuctionId: auction.Id, Attempt: attempt,
			BidCommitment: auctiontypes.ComputeBidCommitment(testChainID, auction.Id, address, auction.TermsHash, bid, salt[:]),
		}, &auctiontypes.MsgRevealBid{
			Sender: address.String(), Bidder: address.String(), AuctionId: auction.Id, BidBytes: bid, Salt: salt[:],
		}
}

// A newer bid may land before an older one; whatever the order, the newest stays.
func TestNewestBidWinsInAnyOrder(t *testing.T) {
	chain := startChain(t, 2)
	auction := openSale(chain)
	older, _ := sealed(chain, auction, 1, 1, 50)
	newer, opening := sealed(chain, auction, 1, 2, 60)
	results := chain.block(time.Second,
		chain.signUnordered(1, chain.now.Add(time.Minute), newer),
		chain.signUnordered(1, chain.now.Add(time.Minute+1), older))
	require.Zero(t, results[0].Code, results[0].Log)
	require.Equal(t, auctiontypes.ErrStaleAttempt.ABCICode(), results[1].Code)
	require.Equal(t, auctiontypes.ModuleName, results[1].Codespace)
	require.EqualValues(t, startCoins-saleDeposit, chain.balance(1, BondDenom))

	chain.block(commitWindow)
	results = chain.block(time.Second, chain.signOrdered(1, opening))
	require.Zero(t, results[0].Code, results[0].Log)
	chain.block(commitWindow)
	require.EqualValues(t, startCoins+saleUnits, chain.balance(1, "watthour"))
	require.EqualValues(t, startCoins-saleUnits*60, chain.balance(1, BondDenom))
}

// A grantee commits and reveals for its granter: the bidder in the preimage is the
// granter, who pays and wins.
func TestGranteeBidsForItsGranter(t *testing.T) {
	chain := startChain(t, 3)
	auction := openSale(chain)
	const granter, grantee = 1, 2
	for _, msg := range []sdk.Msg{&auctiontypes.MsgCommitBid{}, &auctiontypes.MsgRevealBid{}} {
		grant, err := authz.NewMsgGrant(chain.address(granter), chain.address(grantee),
			authz.NewGenericAuthorization(sdk.MsgTypeURL(msg)), nil)
		require.NoError(t, err)
		require.Zero(t, chain.block(0, chain.signOrdered(granter, grant))[0].Code)
	}
	commit, opening := sealed(chain, auction, granter, 1, 50)
	execute := func(msg sdk.Msg) *abci.ExecTxResult {
		exec := authz.NewMsgExec(chain.address(grantee), []sdk.Msg{msg})
		return chain.block(time.Second, chain.signOrdered(grantee, &exec))[0]
	}
	require.Zero(t, execute(commit).Code)
	malformed := *commit
	malformed.BidCommitment = nil // no ValidateBasic runs on a wrapped message
	require.Contains(t, execute(&malformed).Log, "bid_commitment is 0 bytes")
	chain.block(commitWindow)
	require.Zero(t, execute(opening).Code)
	chain.block(commitWindow)
	require.EqualValues(t, startCoins+saleUnits, chain.balance(granter, "watthour"))
	require.EqualValues(t, startCoins, chain.balance(grantee, "watthour"))
	require.EqualValues(t, startCoins, chain.balance(grantee, BondDenom))
}

// Coins that are still vesting cannot be deposited.
func TestVestingCoinsAreNoDeposit(t *testing.T) {
	chain := startChain(t, 3)
	auction := openSale(chain)
	vesting := sdk.AccAddress([]byte("a vesting account   "))
	results := chain.block(time.Second, chain.signOrdered(0, vestingtypes.NewMsgCreateVestingAccount(chain.address(0), vesting,
		sdk.NewCoins(sdk.NewInt64Coin(BondDenom, saleDeposit)), chain.now.Add(time.Hour).Unix(), true)))
	require.Zero(t, results[0].Code, results[0].Log)
	ctx := chain.context()
	require.True(t, chain.Bank.SpendableCoin(ctx, vesting, BondDenom).IsZero())
	_, err := chain.MsgServiceRouter().Handler(&auctiontypes.MsgCommitBid{})(ctx, &auctiontypes.MsgCommitBid{
		Bidder: vesting.String(), AuctionId: auction.Id, Attempt: 1, BidCommitment: make([]byte, 32)})
	require.ErrorIs(t, err, auctiontypes.ErrInsufficientFunds)
	require.ErrorContains(t, err, "needs 400upluri, spendable 0upluri, missing 400upluri")
}

// A chain that is exported between commit and reveal, and starts again, opens and
// settles what was sealed before.
func TestExportedChainGoesOnWithItsAuction(t *testing.T) {
	chain := startChain(t, 2)
	auction := openSale(chain)
	commit, opening := sealed(chain, auction, 1, 1, 50)
	require.Zero(t, chain.block(time.Second, chain.signOrdered(1, commit))[0].Code)
	exported, err := chain.ExportAppStateAndValidators(false, nil, nil)
	require.NoError(t, err)
	require.True(t, json.Valid(exported.AppState))

	again := &testChain{App: newTestApp(dbm.NewMemDB(), t.TempDir()), t: t, now: chain.now, keys: chain.keys, height: exported.Height - 1}
	_, err = again.InitChain(&abci.RequestInitChain{
		ChainId: testChainID, Time: again.now, InitialHeight: exported.Height,
		ConsensusParams: simtestutil.DefaultConsensusParams, AppStateBytes: exported.AppState,
	})
	require.NoError(t, err)
	again.block(commitWindow)
	require.Zero(t, again.block(time.Second, again.signOrdered(1, opening))[0].Code)
	again.block(commitWindow)
	require.EqualValues(t, startCoins+saleUnits, again.balance(1, "watthour"))
	require.EqualValues(t, startCoins-saleUnits*50, again.balance(1, BondDenom))
}
