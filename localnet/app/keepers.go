package app

import (
	"github.com/spf13/cast"

	"cosmossdk.io/log"
	evidencekeeper "cosmossdk.io/x/evidence/keeper"
	evidencetypes "cosmossdk.io/x/evidence/types"
	"cosmossdk.io/x/feegrant"
	feegrantkeeper "cosmossdk.io/x/feegrant/keeper"
	upgradekeeper "cosmossdk.io/x/upgrade/keeper"
	upgradetypes "cosmossdk.io/x/upgrade/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	authzkeeper "github.com/cosmos/cosmos-sdk/x/authz/keeper"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	consensuskeeper "github.com/cosmos/cosmos-sdk/x/consensus/keeper"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	distrkeeper "github.com/cosmos/cosmos-sdk/x/distribution/keeper"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1beta1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1beta1"
	mintkeeper "github.com/cosmos/cosmos-sdk/x/mint/keeper"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	slashingkeeper "github.com/cosmos/cosmos-sdk/x/slashing/keeper"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	auctionkeeper "github.com/plurichain/plurichain/localnet/x/auction/keeper"
	auctiontypes "github.com/plurichain/plurichain/localnet/x/auction/types"
	energykeeper "github.com/plurichain/plurichain/localnet/x/energy/keeper"
	energytypes "github.com/plurichain/plurichain/localnet/x/energy/types"
)

// Keepers are the modules' doors to the state. They are exported so that tests
// can set up and read state without going through transactions.
type Keepers struct {
	Account   authkeeper.AccountKeeper
	Bank      bankkeeper.Keeper
	Staking   *stakingkeeper.Keeper
	Slashing  slashingkeeper.Keeper
	Mint      mintkeeper.Keeper
	Distr     distrkeeper.Keeper
	Gov       *govkeeper.Keeper
	Evidence  *evidencekeeper.Keeper
	Consensus consensuskeeper.Keeper
	Authz     authzkeeper.Keeper
	FeeGrant  feegrantkeeper.Keeper
	Upgrade   *upgradekeeper.Keeper
	Auction   auctionkeeper.Keeper
	Energy    energykeeper.Keeper
	IBCKeepers
}

// newKeepers builds all keepers in the order of their dependencies.
func newKeepers(
	base *baseapp.BaseApp, keys storeKeys, encoding Encoding, logger log.Logger, options servertypes.AppOptions,
) *Keepers {
	k := &Keepers{}
	k.setCore(keys, encoding, logger)
	k.setStaking(keys, encoding)
	k.setDelegated(base, keys, encoding)
	k.setUpgrade(base, keys, encoding, options)
	k.setIBC(base, keys, encoding)
	k.setEnergy(keys, encoding)
	k.setAuction(keys, encoding)
	return k
}

func (k *Keepers) setCore(keys storeKeys, encoding Encoding, logger log.Logger) {
	k.Consensus = consensuskeeper.NewKeeper(
		encoding.Codec, keys.service(consensustypes.StoreKey), Authority(), runtime.EventService{},
	)
	k.Account = authkeeper.NewAccountKeeper(
		encoding.Codec, keys.service(authtypes.StoreKey), authtypes.ProtoBaseAccount,
		ModulePermissions(), accountCodec(), AccountPrefix, Authority(),
		// A device commits many bids with one key and cannot know in which
		// order they land.
		authkeeper.WithUnorderedTransactions(true),
	)
	k.Bank = bankkeeper.NewBaseKeeper(
		encoding.Codec, keys.service(banktypes.StoreKey), k.Account, BlockedAddresses(), Authority(), logger,
	)
}

func (k *Keepers) setStaking(keys storeKeys, encoding Encoding) {
	k.Staking = stakingkeeper.NewKeeper(
		encoding.Codec, keys.service(stakingtypes.StoreKey), k.Account, k.Bank, Authority(),
		validatorCodec(), consensusCodec(),
	)
	k.Mint = mintkeeper.NewKeeper(
		encoding.Codec, keys.service(minttypes.StoreKey), k.Staking, k.Account, k.Bank,
		authtypes.FeeCollectorName, Authority(),
	)
	k.Distr = distrkeeper.NewKeeper(
		encoding.Codec, keys.service(distrtypes.StoreKey), k.Account, k.Bank, k.Staking,
		authtypes.FeeCollectorName, Authority(),
	)
	k.Slashing = slashingkeeper.NewKeeper(
		encoding.Codec, encoding.LegacyAmino, keys.service(slashingtypes.StoreKey), k.Staking, Authority(),
	)
	k.Evidence = evidencekeeper.NewKeeper(
		encoding.Codec, keys.service(evidencetypes.StoreKey), k.Staking, k.Slashing,
		k.Account.AddressCodec(), runtime.ProvideCometInfoService(),
	)
	// Staking is the only keeper built before those that listen to it.
	k.Staking.SetHooks(stakingtypes.NewMultiStakingHooks(k.Distr.Hooks(), k.Slashing.Hooks()))
}

// setDelegated builds the keepers that act for somebody else: a grantee, a fee
// payer, the voters.
func (k *Keepers) setDelegated(base *baseapp.BaseApp, keys storeKeys, encoding Encoding) {
	k.Authz = authzkeeper.NewKeeper(
		keys.service(authzkeeper.StoreKey), encoding.Codec, base.MsgServiceRouter(), k.Account,
	)
	k.FeeGrant = feegrantkeeper.NewKeeper(encoding.Codec, keys.service(feegrant.StoreKey), k.Account)
	k.Gov = govkeeper.NewKeeper(
		encoding.Codec, keys.service(govtypes.StoreKey), k.Account, k.Bank, k.Staking, k.Distr,
		base.MsgServiceRouter(), govtypes.DefaultConfig(), Authority(),
	)
	// Plain text is the only content of old that is left. Without a router a
	// proposal of that kind would be a nil dereference that anybody can send.
	k.Gov.SetLegacyRouter(govv1beta1.NewRouter().AddRoute(govtypes.RouterKey, govv1beta1.ProposalHandler))
}

func (k *Keepers) setUpgrade(
	base *baseapp.BaseApp, keys storeKeys, encoding Encoding, options servertypes.AppOptions,
) {
	skip := make(map[int64]bool)
	for _, height := range cast.ToIntSlice(options.Get(server.FlagUnsafeSkipUpgrades)) {
		skip[int64(height)] = true
	}
	home := cast.ToString(options.Get(flags.FlagHome))
	k.Upgrade = upgradekeeper.NewKeeper(
		skip, keys.service(upgradetypes.StoreKey), encoding.Codec, home, base, Authority(),
	)
}

// setAuction gives the auctions the bank, in which they hold escrows, the community
// pool, which takes what bidders forfeit, and the credits, of which a lot may be a class.
func (k *Keepers) setAuction(keys storeKeys, encoding Encoding) {
	k.Auction = auctionkeeper.NewKeeper(
		encoding.Codec, keys.service(auctiontypes.StoreKey), k.Account.AddressCodec(), Authority(),
		k.Account, k.Bank, k.Distr,
	).WithCredits(k.Energy)
}

// setEnergy gives the credits the bank, which mints and burns them, and the transfers
// of IBC, which know where vouchers come from.
func (k *Keepers) setEnergy(keys storeKeys, encoding Encoding) {
	k.Energy = energykeeper.NewKeeper(
		encoding.Codec, keys.service(energytypes.StoreKey), k.Account.AddressCodec(), Authority(),
		k.Account, k.Bank, k.Transfer,
	)
}
