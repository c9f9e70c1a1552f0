"""Keys of a local chain, derived from its seed: nothing random, nothing worth stealing.

Everything comes from HMAC-SHA256 under the seed, so that a name has the same key whatever other
names there are. Nobody should ever send real money to one of these.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plurichain.harness.topology import Topology


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the chain: ``mnemonic`` are 24 words, ``address`` is bech32 text."""

    name: str
    address: str
    operator_address: str
    public_key: bytes
    mnemonic: str = field(repr=False)
    private_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NodeKey:
    """An ed25519 key: of a node among its peers, or of a validator in consensus."""

    public_key: bytes
    private_key: bytes = field(repr=False)

    @property
    def address(self) -> str:
        """CometBFT's address: the first 20 bytes of SHA-256, lower-case hex."""
        return hashlib.sha256(self.public_key).digest()[:20].hex()

    @property
    def private_value(self) -> str:
        """Seed and public key in base64, as CometBFT's key files have it."""
        return base64.b64encode(self.private_key + self.public_key).decode()

    @property
    def public_value(self) -> str:
        """The public key in base64."""
        return base64.b64encode(self.public_key).decode()


def compute_secret(topology: Topology, purpose: str, name: str) -> bytes:
    """Return the 32 bytes that belong to a name for one purpose."""
    label = f"plurichain/harness/{purpose}/v1\0{topology.chain_id}\0{name}"
    return hmac.new(topology.seed.to_bytes(8, "big"), label.encode(), hashlib.sha256).digest()


def compute_account(topology: Topology, name: str) -> Account:
    """Return the account of a name: BIP-39 words of the derived entropy, then BIP-32."""
    from mnemonic import Mnemonic

    from plurichain.keyring.key import Key, compute_address
    from plurichain.keyring.mnemonic import derive_private_key

    words = str(Mnemonic("english").to_mnemonic(compute_secret(topology, "account", name)))
    private_key = derive_private_key(words)
    public_key = Key(name, private_key, prefix=topology.prefix).public_key
    return Account(
        name=name,
        address=str(compute_address(public_key, topology.prefix)),
        operator_address=str(compute_address(public_key, f"{topology.prefix}valoper")),
        public_key=public_key,
        mnemonic=words,
        private_key=private_key,
    )


def compute_node_key(topology: Topology, purpose: str, name: str) -> NodeKey:
    """Return a node's key; ``purpose`` is "peer" or "consensus"."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    secret = compute_secret(topology, purpose, name)
    public_key = (
        Ed25519PrivateKey.from_private_bytes(secret)
        .public_key()
        .public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    )
    return NodeKey(public_key, secret)
