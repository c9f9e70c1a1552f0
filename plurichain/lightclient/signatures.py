"""What a validator signs when it votes for a block, and whether it did.

Sources: cometbft proto/tendermint/types/canonical.proto, types/{canonical,vote}.go.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from plurichain.encoding.protobuf import MessageWriter, encode_varint
from plurichain.encoding.well_known import encode_timestamp
from plurichain.lightclient.header import BlockIdFlag, Commit

_PRECOMMIT: Final = 2


def compute_vote_sign_bytes(commit: Commit, index: int, chain_id: str) -> bytes:
    """Return the bytes that the validator in slot ``index`` signed: a canonical vote."""
    slot = commit.signatures[index]
    vote = MessageWriter().write_uint(1, _PRECOMMIT).write_sfixed64(2, commit.height)
    vote.write_sfixed64(3, commit.round)
    if slot.flag is BlockIdFlag.COMMIT:
        vote.write_message(4, commit.block_id.encode())
    vote.write_message(5, encode_timestamp(slot.timestamp_ns)).write_text(6, chain_id)
    message = vote.finish()
    return encode_varint(len(message)) + message


def is_vote_signed(commit: Commit, index: int, chain_id: str, public_key: bytes) -> bool:
    """Tell whether slot ``index`` holds a signature of this ed25519 key for its vote."""
    try:
        key = Ed25519PublicKey.from_public_bytes(public_key)
        key.verify(
            commit.signatures[index].signature, compute_vote_sign_bytes(commit, index, chain_id)
        )
    except (InvalidSignature, ValueError):
        return False
    return True
