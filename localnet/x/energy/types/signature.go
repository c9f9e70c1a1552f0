package types

import (
	"bytes"
	"crypto/ed25519"

	"filippo.io/edwards25519"
	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

const signatureBytes = 64

// ValidateKey tells what is wrong with a device's public key. A key of small order
// is refused: everybody can sign under it.
func ValidateKey(keyType KeyType, key []byte) error {
	switch keyType {
	case KEY_TYPE_SECP256K1:
		if len(key) != secp256k1.PubKeyBytesLenCompressed {
			return wrongField("public_key", "is %d bytes, must be %d for secp256k1", len(key), secp256k1.PubKeyBytesLenCompressed)
		}
		if _, err := secp256k1.ParsePubKey(key); err != nil {
			return wrongField("public_key", "is no secp256k1 key: %s", err)
		}
		return nil
	case KEY_TYPE_ED25519:
		if len(key) != ed25519.PublicKeySize {
			return wrongField("public_key", "is %d bytes, must be %d for ed25519", len(key), ed25519.PublicKeySize)
		}
		point, err := new(edwards25519.Point).SetBytes(key)
		if err != nil || !bytes.Equal(point.Bytes(), key) {
			return wrongField("public_key", "is no ed25519 key")
		}
		if new(edwards25519.Point).MultByCofactor(point).Equal(edwards25519.NewIdentityPoint()) == 1 {
			return wrongField("public_key", "is an ed25519 key of small order, under which everybody can sign")
		}
		return nil
	}
	return wrongField("key_type", "is %s, must be secp256k1 or ed25519", keyType)
}

// IsSignedBy tells whether signature is that of key over data. Of the signatures
// that prove the same, only one is taken.
func IsSignedBy(keyType KeyType, key, data, signature []byte) bool {
	if len(signature) != signatureBytes || ValidateKey(keyType, key) != nil {
		return false
	}
	if keyType == KEY_TYPE_ED25519 {
		return ed25519.Verify(key, data, signature)
	}
	parsed, err := secp256k1.ParsePubKey(key)
	if err != nil {
		return false
	}
	var r, s secp256k1.ModNScalar
	if r.SetByteSlice(signature[:32]) || s.SetByteSlice(signature[32:]) || s.IsOverHalfOrder() {
		return false
	}
	return ecdsa.NewSignature(&r, &s).Verify(hash(data), parsed)
}
