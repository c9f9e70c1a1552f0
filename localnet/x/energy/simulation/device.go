package simulation

import (
	"crypto/ed25519"
	"crypto/sha256"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"

	"github.com/plurichain/plurichain/localnet/x/energy/types"
)

// deviceKey is the key of a simulated device. It follows from the id, so that a later
// operation can sign without a memory.
type deviceKey struct{ seed [sha256.Size]byte }

func newDeviceKey(id string) deviceKey { return deviceKey{sha256.Sum256([]byte(id))} }

// keyType is one or the other, by the key's last bit.
func (k deviceKey) keyType() types.KeyType {
	return types.KEY_TYPE_SECP256K1 + types.KeyType(k.seed[sha256.Size-1]&1)
}

func (k deviceKey) public() []byte {
	if k.keyType() == types.KEY_TYPE_ED25519 {
		return ed25519.NewKeyFromSeed(k.seed[:]).Public().(ed25519.PublicKey)
	}
	return (&secp256k1.PrivKey{Key: k.seed[:]}).PubKey().Bytes()
}

func (k deviceKey) sign(data []byte) []byte {
	if k.keyType() == types.KEY_TYPE_ED25519 {
		return ed25519.Sign(ed25519.NewKeyFromSeed(k.seed[:]), data)
	}
	signature, err := (&secp256k1.PrivKey{Key: k.seed[:]}).Sign(data)
	if err != nil {
		panic(err)
	}
	return signature
}
