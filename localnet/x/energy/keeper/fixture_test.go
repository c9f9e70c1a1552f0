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
	transferkeeper "github.com/cosmos/ibc-go/v10/modules/apps/transfer/keeper"
	transfertypes "github.com/cosmos/ibc-go/v10/modules/apps/transfer/types"

	"github.com/plurichain/plurichain/localnet/x/energy/keeper"
	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

const (
	chainID = "grid-1"
	// Accounts of these tests.
	registry, plant, battery, stranger = 0, 1, 2, 3
	// bodyID is the issuing body, for which account registry acts.
	bodyID = "registry.grid-1"
	// length of an interval.
	length = 900
)

// start is the block time of the first block; noon a time before it at which the sun
// shines on the devices of these tests.
var (
	start = time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)
	noon  = uint64(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Unix())
)

// grid is a chain of auth, bank, IBC transfers and energy, with block times that the
// test chooses. Every finished block has its invariants checked.
type grid struct {
	t        testing.TB
	keeper   keeper.Keeper
	bank     bankkeeper.BaseKeeper
	accounts authkeeper.AccountKeeper
	transfer transferkeeper.Keeper
	store    storetypes.CommitMultiStore
	ctx      sdk.Context
	// authority may change the parameters.
	authority string
	chainID   string
	// events are those of what was delivered in this block.
	events sdk.Events
}

// newGrid returns a chain with an issuing body and no device.
func newGrid(t testing.TB) *grid {
	t.Helper()
	g := newEmptyGrid(t, chainID)
	require.NoError(t, g.keeper.InitGenesis(g.ctx, types.DefaultGenesis()))
	g.ok(g.setBody(bodyID, registry, true))
	return g
}

// newEmptyGrid returns a chain whose energy module has no state yet.
func newEmptyGrid(t testing.TB, id string) *grid {
	t.Helper()
	g := &grid{t: t, chainID: id}
	registry := codectypes.NewInterfaceRegistry()
	std.RegisterInterfaces(registry)
	authtypes.RegisterInterfaces(registry)
	banktypes.RegisterInterfaces(registry)
	types.RegisterInterfaces(registry)
	cdc := codec.NewProtoCodec(registry)

	names := []string{authtypes.StoreKey, banktypes.StoreKey, transfertypes.StoreKey, types.StoreKey}
	keys := storetypes.NewKVStoreKeys(names...)
	g.store = store.NewCommitMultiStore(dbm.NewMemDB(), log.NewNopLogger(), metrics.NewNoOpMetrics())
	for _, name := range names {
		g.store.MountStoreWithDB(keys[name], storetypes.StoreTypeIAVL, nil)
	}
	require.NoError(t, g.store.LoadLatestVersion())

	bech32 := address.NewBech32Codec("cosmos")
	g.authority = authtypes.NewModuleAddress("gov").String()
	g.accounts = authkeeper.NewAccountKeeper(cdc, runtime.NewKVStoreService(keys[authtypes.StoreKey]),
		authtypes.ProtoBaseAccount, map[string][]string{
			transfertypes.ModuleName: {authtypes.Minter, authtypes.Burner},
			types.ModuleName:         {authtypes.Minter, authtypes.Burner},
		}, bech32, "cosmos", g.authority)
	g.bank = bankkeeper.NewBaseKeeper(cdc, runtime.NewKVStoreService(keys[banktypes.StoreKey]), g.accounts,
		map[string]bool{authtypes.NewModuleAddress(types.ModuleName).String(): true}, g.authority, log.NewNopLogger())
	g.transfer = transferkeeper.NewKeeper(cdc, runtime.NewKVStoreService(keys[transfertypes.StoreKey]), nil,
		nil, nil, nil, g.accounts, g.bank, g.authority)
	g.keeper = keeper.NewKeeper(cdc, runtime.NewKVStoreService(keys[types.StoreKey]), bech32, g.authority,
		g.accounts, g.bank, g.transfer)

	g.newContext(1, start)
	require.NoError(t, g.accounts.Params.Set(g.ctx, authtypes.DefaultParams()))
	require.NoError(t, g.bank.SetParams(g.ctx, banktypes.DefaultParams()))
	return g
}

func (g *grid) newContext(height int64, at time.Time) {
	g.ctx = sdk.NewContext(g.store, cmtproto.Header{ChainID: g.chainID, Height: height, Time: at}, false, log.NewNopLogger())
}

// account returns the address of the i-th account of the test.
func account(i int) sdk.AccAddress {
	hash := sha256.Sum256(fmt.Appendf(nil, "account %d", i))
	return hash[:20]
}

// deliver runs a message as a transaction of its own: all of it or nothing.
func (g *grid) deliver(msg sdk.Msg) (any, error) {
	branch, keep := g.ctx.CacheContext()
	response, err := handle(branch, keeper.NewMsgServer(g.keeper), msg)
	if err == nil {
		keep()
		g.events = append(g.events, branch.EventManager().Events()...)
	}
	return response, err
}

func handle(ctx sdk.Context, server types.MsgServer, msg sdk.Msg) (any, error) {
	switch msg := msg.(type) {
	case *types.MsgSetIssuingBody:
		return server.SetIssuingBody(ctx, msg)
	case *types.MsgRegisterDevice:
		return server.RegisterDevice(ctx, msg)
	case *types.MsgSetDeviceStatus:
		return server.SetDeviceStatus(ctx, msg)
	case *types.MsgSubmitReadings:
		return server.SubmitReadings(ctx, msg)
	case *types.MsgIssueCredits:
		return server.IssueCredits(ctx, msg)
	case *types.MsgChargeStorage:
		return server.ChargeStorage(ctx, msg)
	case *types.MsgRecordAttributes:
		return server.RecordAttributes(ctx, msg)
	case *types.MsgRetireCredits:
		return server.RetireCredits(ctx, msg)
	case *types.MsgRegisterPath:
		return server.RegisterPath(ctx, msg)
	case *types.MsgRemovePath:
		return server.RemovePath(ctx, msg)
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

// refused delivers a message that must fail with this error and change nothing, not
// even where nobody undoes what it wrote.
func (g *grid) refused(target error, msg sdk.Msg) error {
	g.t.Helper()
	before := g.workingHash()
	_, err := handle(g.ctx.WithEventManager(sdk.NewEventManager()), keeper.NewMsgServer(g.keeper), msg)
	require.ErrorIs(g.t, err, target)
	require.Equal(g.t, before, g.workingHash(), "a refused message changed the state")
	return err
}

func (g *grid) workingHash() []byte {
	return g.store.(interface{ WorkingHash() []byte }).WorkingHash()
}

// endBlock finishes the block: invariants, commit. The next block is at time at.
func (g *grid) endBlock(at time.Time) []byte {
	g.t.Helper()
	g.requireInvariants()
	hash := g.store.Commit().Hash
	g.newContext(g.ctx.BlockHeight()+1, at)
	g.events = nil
	return hash
}

func (g *grid) requireInvariants() {
	g.t.Helper()
	answer, err := keeper.NewQueryServer(g.keeper).Invariants(g.ctx, &types.QueryInvariantsRequest{})
	require.NoError(g.t, err)
	require.NotEmpty(g.t, answer.Checks)
	for _, check := range answer.Checks {
		require.False(g.t, check.Broken, "%s: %s", check.Name, check.Detail)
	}
}

func (g *grid) balance(of int, denom string) int64 {
	return g.bank.GetBalance(g.ctx, account(of), denom).Amount.Int64()
}

// countEvents returns how many typed events of a kind were emitted in this block.
func (g *grid) countEvents(name string) (count int) {
	for _, event := range g.events {
		if event.Type == "plurichain.energy.v1."+name {
			count++
		}
	}
	return count
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
