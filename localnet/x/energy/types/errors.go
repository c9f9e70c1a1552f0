package types

import errorsmod "cosmossdk.io/errors"

// The codes are part of the contract with clients and are never renumbered. They
// begin at 2: code 0 would make a failure read as a success, and 1 stands for
// errors that nobody registered.
var (
	ErrInvalidParams       = errorsmod.Register(ModuleName, 2, "invalid params")
	ErrInvalidSigner       = errorsmod.Register(ModuleName, 3, "invalid signer")
	ErrIssuingBodyNotFound = errorsmod.Register(ModuleName, 4, "issuing body not found")
	ErrIssuingBodyInactive = errorsmod.Register(ModuleName, 5, "issuing body inactive")
	ErrDeviceExists        = errorsmod.Register(ModuleName, 6, "device exists")
	ErrDeviceNotFound      = errorsmod.Register(ModuleName, 7, "device not found")
	ErrInvalidDevice       = errorsmod.Register(ModuleName, 8, "invalid device")
	ErrDeviceNotActive     = errorsmod.Register(ModuleName, 9, "device not active")
	ErrKeyInUse            = errorsmod.Register(ModuleName, 10, "device key in use")
	ErrBadProof            = errorsmod.Register(ModuleName, 11, "proof is not the device key's signature")
	ErrReadingRefused      = errorsmod.Register(ModuleName, 12, "reading refused")
	ErrReadingNotFound     = errorsmod.Register(ModuleName, 13, "reading not found")
	ErrAlreadyIssued       = errorsmod.Register(ModuleName, 14, "credits already issued")
	ErrUnauthorized        = errorsmod.Register(ModuleName, 15, "unauthorized")
	ErrNotStorage          = errorsmod.Register(ModuleName, 16, "not a storage device")
	ErrNotACredit          = errorsmod.Register(ModuleName, 17, "not an energy credit")
	ErrUnverifiedOrigin    = errorsmod.Register(ModuleName, 18, "unverified origin")
	ErrAttributesMismatch  = errorsmod.Register(ModuleName, 19, "attributes do not match")
	ErrInsufficientCredits = errorsmod.Register(ModuleName, 20, "insufficient credits")
	ErrInvalidRetirement   = errorsmod.Register(ModuleName, 21, "invalid retirement")
	ErrPathExists          = errorsmod.Register(ModuleName, 22, "path exists")
	ErrPathNotFound        = errorsmod.Register(ModuleName, 23, "path not found")
	ErrInvalidPath         = errorsmod.Register(ModuleName, 24, "invalid path")
	ErrInvalidRequest      = errorsmod.Register(ModuleName, 25, "invalid request")
	ErrInvalidGenesis      = errorsmod.Register(ModuleName, 26, "invalid genesis")
	ErrRetirementNotFound  = errorsmod.Register(ModuleName, 27, "retirement not found")
)
