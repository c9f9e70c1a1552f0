"""CometBFT's simple Merkle tree over a list of byte strings (RFC 6962).

Source: cometbft/crypto/merkle/tree.go, hash.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def compute_merkle_root(items: Sequence[bytes]) -> bytes:
    """Return the 32-byte root; that of no items is the hash of nothing."""
    if not items:
        return sha256(b"").digest()
    level = [sha256(b"\x00" + item).digest() for item in items]
    # Pairs from the left, an odd last one lifted as it is: the same tree as splitting at the
    # greatest power of two below the length.
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]
