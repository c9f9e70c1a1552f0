"""ICS-23 proofs: that a key has a value in a store, or that it is not there.

A node answers ``abci_query`` with two operations, each a CommitmentProof: the key in the
IAVL tree of its store, and the store's root in the simple tree under the app hash.
Relaying passes them on as they are (:func:`encode_merkle_proof`); whoever reads a chain
without trusting its node verifies them. Source: ics23 go/{proof,ops,ics23}.go, ibc-go
modules/core/23-commitment/types/merkle.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from plurichain.encoding.protobuf import MessageWriter


def encode_merkle_proof(proof_ops: Sequence[bytes]) -> bytes:
    """Return the MerkleProof that messages carry.

    ``proof_ops`` are the data of the answer's operations in their order, as decoded from
    base64; they are not looked into.
    """
    writer = MessageWriter()
    for operation in proof_ops:
        writer.write_message(1, operation)
    return writer.finish()
