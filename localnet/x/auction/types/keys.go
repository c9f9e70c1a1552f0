package types

import "cosmossdk.io/collections"

const (
	// ModuleName names the module, its codespace and its account.
	ModuleName = "auction"
	// StoreKey names the module's store.
	StoreKey = ModuleName
	// SaltBytes is the length of a salt.
	SaltBytes = 32
)

// Prefixes of the module's store. A number is never used for something else.
var (
	ParamsPrefix            = collections.NewPrefix(1)
	NextAuctionIDPrefix     = collections.NewPrefix(2)
	AuctionsPrefix          = collections.NewPrefix(3)
	AuctionsByPhasePrefix   = collections.NewPrefix(4)
	AuctionsByCreatorPrefix = collections.NewPrefix(5)
	OpenCountPrefix         = collections.NewPrefix(6)
	OpenByCreatorPrefix     = collections.NewPrefix(7)
	CommitmentsPrefix       = collections.NewPrefix(8)
	RevealsPrefix           = collections.NewPrefix(9)
	ResultsPrefix           = collections.NewPrefix(10)
	AwardsPrefix            = collections.NewPrefix(11)
	QueuePrefix             = collections.NewPrefix(12)
	HeldDepositsPrefix      = collections.NewPrefix(13)
	ParkedPayoutsPrefix     = collections.NewPrefix(14)
)
