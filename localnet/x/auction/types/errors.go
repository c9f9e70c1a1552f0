package types

import errorsmod "cosmossdk.io/errors"

// The codes are part of the contract with clients and are never renumbered. They
// begin at 2: code 0 would make a failure read as a success, and 1 stands for
// errors that nobody registered.
var (
	ErrInvalidTerms      = errorsmod.Register(ModuleName, 2, "invalid terms")
	ErrNotSupported      = errorsmod.Register(ModuleName, 3, "not supported")
	ErrAuctionNotFound   = errorsmod.Register(ModuleName, 4, "auction not found")
	ErrUnauthorized      = errorsmod.Register(ModuleName, 5, "unauthorized")
	ErrWrongPhase        = errorsmod.Register(ModuleName, 6, "wrong phase")
	ErrTooLate           = errorsmod.Register(ModuleName, 7, "too late")
	ErrTooEarly          = errorsmod.Register(ModuleName, 8, "too early")
	ErrInvalidCommitment = errorsmod.Register(ModuleName, 9, "invalid bid commitment")
	ErrStaleAttempt      = errorsmod.Register(ModuleName, 10, "stale attempt")
	ErrNoCommitment      = errorsmod.Register(ModuleName, 11, "no bid commitment")
	ErrOpeningMismatch   = errorsmod.Register(ModuleName, 12, "opening does not match the bid commitment")
	ErrAlreadyRevealed   = errorsmod.Register(ModuleName, 13, "bid already revealed")
	ErrLimitReached      = errorsmod.Register(ModuleName, 14, "limit reached")
	ErrCreatorBid        = errorsmod.Register(ModuleName, 15, "the creator cannot bid")
	ErrHasCommitments    = errorsmod.Register(ModuleName, 16, "auction has commitments")
	ErrInvalidParams     = errorsmod.Register(ModuleName, 17, "invalid params")
	ErrInvalidSigner     = errorsmod.Register(ModuleName, 18, "invalid signer")
	ErrNothingToClaim    = errorsmod.Register(ModuleName, 19, "nothing to claim")
	ErrNotAwardMode      = errorsmod.Register(ModuleName, 20, "not an award-mode auction")
	ErrNoDepositHeld     = errorsmod.Register(ModuleName, 21, "no deposit held")
	ErrInsufficientFunds = errorsmod.Register(ModuleName, 22, "insufficient funds")
	ErrRelayNeedsEscrow  = errorsmod.Register(ModuleName, 23, "opening needs escrow, only its bidder can send it")
	ErrInvalidRequest    = errorsmod.Register(ModuleName, 24, "invalid request")
	ErrInvalidGenesis    = errorsmod.Register(ModuleName, 25, "invalid genesis")
	ErrClearing          = errorsmod.Register(ModuleName, 26, "clearing failed")
	ErrInvalidCredits    = errorsmod.Register(ModuleName, 27, "invalid credits")
)
