package app

import (
	"time"

	errorsmod "cosmossdk.io/errors"

	"github.com/cosmos/cosmos-sdk/client"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"
	ibcante "github.com/cosmos/ibc-go/v10/modules/core/ante"
)

// newAnteHandler returns the checks that a transaction passes before its
// messages run, cheapest first, so that a bad one costs the node little.
func newAnteHandler(k *Keepers, txConfig client.TxConfig) sdk.AnteHandler {
	return sdk.ChainAnteDecorators(
		ante.NewSetUpContextDecorator(),
		ante.NewExtensionOptionsDecorator(nil),
		ante.NewValidateBasicDecorator(),
		ante.NewTxTimeoutHeightDecorator(),
		unorderedExpiryDecorator{},
		ante.NewValidateMemoDecorator(k.Account),
		ante.NewConsumeGasForTxSizeDecorator(k.Account),
		ante.NewDeductFeeDecorator(k.Account, k.Bank, k.FeeGrant, nil),
		ante.NewSetPubKeyDecorator(k.Account),
		ante.NewValidateSigCountDecorator(k.Account),
		ante.NewSigGasConsumeDecorator(k.Account, ante.DefaultSigVerificationGasConsumer),
		ante.NewSigVerificationDecorator(k.Account, txConfig.SignModeHandler()),
		ante.NewIncrementSequenceDecorator(k.Account),
		// Two relayers often carry the same packet; the later transaction is
		// kept out of blocks instead of paying for nothing.
		ibcante.NewRedundantRelayDecorator(k.IBC),
	)
}

// unorderedExpiryDecorator refuses an unordered transaction whose time-out is
// the block's own time.
//
// The SDK accepts it, although x/auth forgets the nonces of that very instant
// when the block begins: a transaction from an earlier block could be played a
// second time. With this check a time-out that is reached is over, for both.
type unorderedExpiryDecorator struct{}

// AnteHandle implements sdk.AnteDecorator.
func (unorderedExpiryDecorator) AnteHandle(
	ctx sdk.Context, tx sdk.Tx, simulate bool, next sdk.AnteHandler,
) (sdk.Context, error) {
	if unordered, ok := tx.(sdk.TxWithUnordered); ok && unordered.GetUnordered() {
		timeout := unordered.GetTimeoutTimeStamp()
		if timeout.Equal(ctx.BlockTime()) {
			return ctx, errorsmod.Wrapf(sdkerrors.ErrInvalidRequest,
				"the time-out of an unordered transaction must lie after the block time %s",
				ctx.BlockTime().Format(time.RFC3339Nano))
		}
	}
	return next(ctx, tx, simulate)
}
