package keeper_test

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log"
	"cosmossdk.io/store"
	"cosmossdk.io/store/metrics"
	storetypes "cosmossdk.io/store/types"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/std"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	distrkeeper "github.com/cosmos/cosmos-sdk/x/distribution/keeper"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"

	"github.com/plurichain/plurichain/localnet/x/auction/keeper"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

const (
	chainID = "grid-1"
	// lot and money are what auctions of these tests trade.
	lot, money = "watthour", "ueur"
	// purse is what every account begins with, of each coin.
	purse = 1_000_000_000
)

// start is the block time of the first block.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// grid is a chain of auth, bank, distribution and auction, with block times that
// the test chooses. Every finished block has its invariants checked.
type grid struct {
	t        testing.TB
	keeper   keeper.Keeper
	bank     bankkeeper.BaseKeeper
	accounts authkeeper.AccountKeeper
	distr    distrkeeper.Keeper
	store    storetypes.CommitMultiStore
	ctx      sdk.Context
	// blocked are accounts that the bank refuses to pay; tests change it.
	blocked map[string]bool
	// authority may change the parameters.
	authority string
	// hash is the application hash of the last finished block.
	hash []byte
	// events are those of the last finished block and of what was delivered since.
	events sdk.Events
	// tolerated is an invariant that the test breaks on purpose.
	tolerated string
	// unchecked: the state is broken in a way that no invariant can read.
	unchecked bool
}

func newGrid(t testing.TB) *grid {
	t.Helper()
	g := newEmptyGrid(t)
	require.NoError(t, g.keeper.InitGenesis(g.ctx, types.DefaultGenesis()))
	for i := range 12 {
		g.fund(account(i), coins(purse, lot, purse, money, purse, "upluri"))
	}
	return g
}

// newEmptyGrid returns a chain whose auction module has no state yet.
func newEmptyGrid(t testing.TB) *grid {
	t.Helper()
	g := &grid{t: t, blocked: map[string]bool{}}
	registry := codectypes.NewInterfaceRegistry()
	std.RegisterInterfaces(registry)
	authtypes.RegisterInterfaces(registry)
	banktypes.RegisterInterfaces(registry)
	types.RegisterInterfaces(registry)
	cdc := codec.NewProtoCodec(registry)

	keys := storetypes.NewKVStoreKeys(authtypes.StoreKey, banktypes.StoreKey, distrtypes.StoreKey, types.StoreKey)
	g.store = store.NewCommitMultiStore(dbm.NewMemDB(), log.NewNopLogger(), metrics.NewNoOpMetrics())
	for _, name := range []string{authtypes.StoreKey, banktypes.StoreKey, distrtypes.StoreKey, types.StoreKey} {
		g.store.MountStoreWithDB(keys[name], storetypes.StoreTypeIAVL, nil)
	}
	require.NoError(t, g.store.LoadLatestVersion())

	bech32 := address.NewBech32Codec("cosmos")
	g.authority = authtypes.NewModuleAddress("gov").String()
	g.accounts = authkeeper.NewAccountKeeper(cdc, runtime.NewKVStoreService(keys[authtypes.StoreKey]),
		authtypes.ProtoBaseAccount, map[string][]string{
			minttypes.ModuleName: {authtypes.Minter}, distrtypes.ModuleName: nil, types.ModuleName: nil,
		}, bech32, "cosmos", g.authority)
	g.bank = bankkeeper.NewBaseKeeper(cdc, runtime.NewKVStoreService(keys[banktypes.StoreKey]),
		g.accounts, g.blocked, g.authority, log.NewNopLogger())
	g.distr = distrkeeper.NewKeeper(cdc, runtime.NewKVStoreService(keys[distrtypes.StoreKey]),
		g.accounts, g.bank, nil, authtypes.FeeCollectorName, g.authority)
	g.keeper = keeper.NewKeeper(cdc, runtime.NewKVStoreService(keys[types.StoreKey]), bech32, g.authority,
		g.accounts, g.bank, g.distr)

	g.newContext(1, start)
	require.NoError(t, g.accounts.Params.Set(g.ctx, authtypes.DefaultParams()))
	require.NoError(t, g.bank.SetParams(g.ctx, banktypes.DefaultParams()))
	require.NoError(t, g.distr.FeePool.Set(g.ctx, distrtypes.InitialFeePool()))
	return g
}

func (g *grid) newContext(height int64, at time.Time) {
	g.ctx = sdk.NewContext(g.store, cmtproto.Header{ChainID: chainID, Height: height, Time: at}, false, log.NewNopLogger())
}

// account returns the address of the i-th account of the test.
func account(i int) sdk.AccAddress {
	hash := sha256.Sum256(fmt.Appendf(nil, "account %d", i))
	return hash[:20]
}

// coins returns coins of pairs of amount and denom.
func coins(pairs ...any) sdk.Coins {
	out := sdk.NewCoins()
	for i := 0; i < len(pairs); i += 2 {
		out = out.Add(sdk.NewInt64Coin(pairs[i+1].(string), int64(pairs[i].(int))))
	}
	return out
}

func (g *grid) fund(to sdk.AccAddress, amount sdk.Coins) {
	g.t.Helper()
	require.NoError(g.t, g.bank.MintCoins(g.ctx, minttypes.ModuleName, amount))
	require.NoError(g.t, g.bank.SendCoinsFromModuleToAccount(g.ctx, minttypes.ModuleName, to, amount))
}

// deliver runs a message as a transaction of its own: all of it or nothing.
func (g *grid) deliver(msg sdk.Msg) (any, error) {
	branch, keep := g.ctx.CacheContext()
	server := keeper.NewMsgServer(g.keeper)
	response, err := handle(branch, server, msg)
	if err == nil {
		keep()
		g.events = append(g.events, branch.EventManager().Events()...)
	}
	return response, err
}

func handle(ctx sdk.Context, server types.MsgServer, msg sdk.Msg) (any, error) {
	switch msg := msg.(type) {
	case *types.MsgCreateAuction:
		return server.CreateAuction(ctx, msg)
	case *types.MsgCancelAuction:
		return server.CancelAuction(ctx, msg)
	case *types.MsgCommitBid:
		return server.CommitBid(ctx, msg)
	case *types.MsgRevealBid:
		return server.RevealBid(ctx, msg)
	case *types.MsgClaimPayout:
		return server.ClaimPayout(ctx, msg)
	case *types.MsgConfirmDelivery:
		return server.ConfirmDelivery(ctx, msg)
	case *types.MsgForfeitDeposit:
		return server.ForfeitDeposit(ctx, msg)
	case *types.MsgUpdateParams:
		return server.UpdateParams(ctx, msg)
	}
	return nil, fmt.Errorf("no handler for %T", msg)
}

// ok delivers messages that must succeed.
func (g *grid) ok(msgs ...sdk.Msg) {
	g.t.Helper()
	for _, msg := range msgs {
		_, err := g.deliver(msg)
		require.NoError(g.t, err, "%T", msg)
	}
}

// refused delivers a message that must fail with this error and change nothing.
func (g *grid) refused(target error, msg sdk.Msg) error {
	g.t.Helper()
	before := g.workingHash()
	_, err := g.deliver(msg)
	require.ErrorIs(g.t, err, target)
	require.Equal(g.t, before, g.workingHash(), "a refused message changed the state")
	return err
}

func (g *grid) workingHash() []byte {
	return g.store.(interface{ WorkingHash() []byte }).WorkingHash()
}

// endBlock finishes the block: end of block, invariants, commit. The next block
// is at time at.
func (g *grid) endBlock(at time.Time) {
	g.t.Helper()
	ctx := g.ctx.WithEventManager(sdk.NewEventManager())
	require.NoError(g.t, g.keeper.EndBlock(ctx))
	g.events = append(g.events, ctx.EventManager().Events()...)
	if !g.unchecked {
		g.requireInvariants()
	}
	g.hash = g.store.Commit().Hash
	g.newContext(g.ctx.BlockHeight()+1, at)
}

// toTime finishes the block and one more at this time, so that everything due at
// it has happened.
func (g *grid) toTime(at time.Time) {
	g.t.Helper()
	g.endBlock(at)
	g.endBlock(at.Add(1))
}

func (g *grid) requireInvariants() {
	g.t.Helper()
	answer, err := keeper.NewQueryServer(g.keeper).Invariants(g.ctx, &types.QueryInvariantsRequest{})
	require.NoError(g.t, err)
	for _, check := range answer.Checks {
		if check.Name == g.tolerated {
			continue
		}
		require.False(g.t, check.Broken, "%s: %s", check.Name, check.Detail)
	}
}

// tolerate lets one invariant be broken from now on; none if the name is empty.
func (g *grid) tolerate(invariant string) { g.tolerated = invariant }

func (g *grid) balance(of sdk.AccAddress, denom string) int64 {
	return g.bank.GetBalance(g.ctx, of, denom).Amount.Int64()
}

// change is what an account has won or lost since the start.
func (g *grid) change(i int, denom string) int64 { return g.balance(account(i), denom) - purse }

func (g *grid) poolOf(denom string) int64 {
	pool, err := g.distr.FeePool.Get(g.ctx)
	require.NoError(g.t, err)
	return pool.CommunityPool.AmountOf(denom).TruncateInt64()
}

func (g *grid) auction(id uint64) types.Auction {
	g.t.Helper()
	auction, err := g.keeper.Auctions.Get(g.ctx, id)
	require.NoError(g.t, err)
	return auction
}
