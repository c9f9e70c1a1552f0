// Package keeper holds the state of auctions: it loads, calls the pure rules of
// types and clearing, stores and emits.
package keeper

import (
	"cosmossdk.io/collections"
	"cosmossdk.io/core/address"
	corestore "cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// bidderKey is an auction and one of its bidders. Bidders are in ascending order
// of their raw bytes.
type bidderKey = collections.Pair[uint64, sdk.AccAddress]

// ownerKey is an account and an auction of its own, or one that owes it.
type ownerKey = collections.Pair[sdk.AccAddress, uint64]

// Keeper is the one door to the module's state and account.
type Keeper struct {
	addressCodec address.Codec
	authority    string
	accounts     types.AccountKeeper
	bank         types.BankKeeper
	pool         types.CommunityPoolKeeper
	// credits is nil on a chain without energy credits.
	credits types.CreditKeeper
	// clear computes results; only tests put another function here.
	clear func(clearing.Problem) (*clearing.Result, error)

	// Schema describes the store to tools that read it without this code.
	Schema collections.Schema
	Params collections.Item[types.Params]
	// NextAuctionID counts from 1.
	NextAuctionID collections.Sequence
	// Auctions: auction id | auction.
	Auctions collections.Map[uint64, types.Auction]
	// AuctionsByPhase: phase, auction id. Index of Auctions.
	AuctionsByPhase collections.KeySet[collections.Pair[uint32, uint64]]
	// AuctionsByCreator: creator, auction id. Index of Auctions.
	AuctionsByCreator collections.KeySet[ownerKey]
	// OpenCount: number of open auctions.
	OpenCount collections.Item[uint64]
	// OpenByCreator: creator | number of its open auctions, absent for 0.
	OpenByCreator collections.Map[sdk.AccAddress, uint64]
	// Commitments: auction id, bidder | newest commitment.
	Commitments collections.Map[bidderKey, types.BidCommitment]
	// Reveals: auction id, bidder | opening.
	Reveals collections.Map[bidderKey, types.Reveal]
	// Results: auction id | result without its awards.
	Results collections.Map[uint64, types.Result]
	// Awards: auction id, bidder | row of the result.
	Awards collections.Map[bidderKey, types.Award]
	// Queue: Unix nanoseconds, auction id. When an auction next needs EndBlock.
	Queue collections.KeySet[queueKey]
	// HeldDeposits: auction id, bidder. Winners in award mode whose deposit is
	// held until delivery.
	HeldDeposits collections.KeySet[bidderKey]
	// ParkedPayouts: owner, auction id | what the bank refused to pay out.
	ParkedPayouts collections.Map[ownerKey, types.ParkedPayout]
}

// NewKeeper wires the module to its store and its neighbours. It panics when the
// module has no account, since it could hold no escrow then.
func NewKeeper(
	cdc codec.BinaryCodec, storeService corestore.KVStoreService, addressCodec address.Codec, authority string,
	accounts types.AccountKeeper, bank types.BankKeeper, pool types.CommunityPoolKeeper,
) Keeper {
	if accounts.GetModuleAddress(types.ModuleName) == nil {
		panic("the account of module " + types.ModuleName + " is not among the module permissions")
	}
	sb := collections.NewSchemaBuilder(storeService)
	bidder := collections.PairKeyCodec(collections.Uint64Key, sdk.AccAddressKey)
	owner := collections.PairKeyCodec(sdk.AccAddressKey, collections.Uint64Key)
	k := Keeper{
		addressCodec: addressCodec, authority: authority,
		accounts: accounts, bank: bank, pool: pool, clear: clearing.Clear,

		Params:        collections.NewItem(sb, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		NextAuctionID: collections.NewSequence(sb, types.NextAuctionIDPrefix, "next_auction_id"),
		Auctions: collections.NewMap(sb, types.AuctionsPrefix, "auctions",
			collections.Uint64Key, codec.CollValue[types.Auction](cdc)),
		AuctionsByPhase: collections.NewKeySet(sb, types.AuctionsByPhasePrefix, "auctions_by_phase",
			collections.PairKeyCodec(collections.Uint32Key, collections.Uint64Key)),
		AuctionsByCreator: collections.NewKeySet(sb, types.AuctionsByCreatorPrefix, "auctions_by_creator", owner),
		OpenCount:         collections.NewItem(sb, types.OpenCountPrefix, "open_count", collections.Uint64Value),
		OpenByCreator: collections.NewMap(sb, types.OpenByCreatorPrefix, "open_by_creator",
			sdk.AccAddressKey, collections.Uint64Value),
		Commitments: collections.NewMap(sb, types.CommitmentsPrefix, "commitments",
			bidder, codec.CollValue[types.BidCommitment](cdc)),
		Reveals: collections.NewMap(sb, types.RevealsPrefix, "reveals", bidder, codec.CollValue[types.Reveal](cdc)),
		Results: collections.NewMap(sb, types.ResultsPrefix, "results",
			collections.Uint64Key, codec.CollValue[types.Result](cdc)),
		Awards: collections.NewMap(sb, types.AwardsPrefix, "awards", bidder, codec.CollValue[types.Award](cdc)),
		Queue: collections.NewKeySet(sb, types.QueuePrefix, "queue",
			collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key)),
		HeldDeposits: collections.NewKeySet(sb, types.HeldDepositsPrefix, "held_deposits", bidder),
		ParkedPayouts: collections.NewMap(sb, types.ParkedPayoutsPrefix, "parked_payouts",
			owner, codec.CollValue[types.ParkedPayout](cdc)),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}

// Authority is the account that may change the parameters.
func (k Keeper) Authority() string { return k.authority }

// WithClearing returns a keeper on the same state that computes results with
// another function, for tests of what happens when clearing goes wrong.
func (k Keeper) WithClearing(clear func(clearing.Problem) (*clearing.Result, error)) Keeper {
	k.clear = clear
	return k
}
