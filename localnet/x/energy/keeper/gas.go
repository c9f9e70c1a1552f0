package keeper

import (
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// What is computed besides reading and writing is paid for before it is done, also
// by those whose messages fail. A signature costs what x/auth asks for one; a minute
// of sun is a few microseconds less than a hundredth of that.
const (
	secp256k1Gas   = 1_000
	ed25519Gas     = 590
	sunMinuteGas   = 10
	attributesGas  = 100
	secondsAMinute = 60
)

// consumeSignature charges for the check of one signature.
func consumeSignature(ctx sdk.Context, keyType types.KeyType) {
	if keyType == types.KEY_TYPE_ED25519 {
		ctx.GasMeter().ConsumeGas(ed25519Gas, "ed25519 signature of a device")
		return
	}
	ctx.GasMeter().ConsumeGas(secp256k1Gas, "secp256k1 signature of a device")
}

// consumeReading charges for the rules and the signature of one reading.
func consumeReading(ctx sdk.Context, c types.Circumstances) {
	if c.DaylightOnly {
		ctx.GasMeter().ConsumeGas(uint64(c.IntervalSeconds)/secondsAMinute*sunMinuteGas, "height of the sun")
	}
	consumeSignature(ctx, c.Device.KeyType)
}
