"""Reads that come with a proof: keys of the store ``ibc``, signed headers, validators.

A key is read over CometBFT's ``abci_query`` in the state after a block; the root that the
proof leads to is the app hash in the header of the *next* block, which is why a proof's
height is one more than the height it was read at (facts of ibc-go
modules/core/client/query.go). A read costs 1 to 2 ms of a node's time. Its RPC answers one
at a time and not while it executes a block; over gRPC many are read together.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from plurichain.chain import protos
from plurichain.encoding.height import Height, revision_of
from plurichain.errors import BadReply, HeightPruned, InputError, NodeError, NotFound
from plurichain.ibc.paths import STORE
from plurichain.lightclient.ics23 import encode_merkle_proof
from plurichain.lightclient.rpc_json import (
    parse_proof_ops,
    parse_signed_header,
    parse_validator_set,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.chain.nodes.client import ChainClient
    from plurichain.lightclient.header import SignedHeader
    from plurichain.lightclient.validators import ValidatorSet

K = TypeVar("K")
V = TypeVar("V")

LEAST_PROVABLE_HEIGHT = 2
"""The SDK proves nothing of the first block."""
VALIDATORS_PAGE = 100
"""The most that a node gives at once."""
SETS_KEPT = 32
HEADERS_KEPT = 256
_BEHIND_TRIES = 3
_PATH = f"store/{STORE}/key"


@dataclass(frozen=True, slots=True)
class Proof:
    """A value of the store ``ibc``, or that it is absent, and the proof of it.

    ``value`` is empty where the key is absent. ``merkle_proof`` is the protobuf MerkleProof
    that messages carry. A client must have a consensus state of exactly ``proof_height``.
    """

    value: bytes
    merkle_proof: bytes
    proof_height: Height


class ProvenReads:
    """Proven reads of one chain; usable from several threads."""

    def __init__(self, client: ChainClient) -> None:
        self._client = client
        self._revision = revision_of(client.network.chain_id)
        stub = protos.node_query_grpc.ServiceStub(client.grpc.raw)
        self._proven_query = stub.ABCIQuery
        self._guard = threading.Lock()
        self._sets: OrderedDict[bytes, ValidatorSet] = OrderedDict()
        self._headers: OrderedDict[int, SignedHeader] = OrderedDict()

    def query_proofs(self, keys: Sequence[bytes], height: int) -> list[Proof]:
        """Return several keys proven in the state after the block ``height``, in their order.

        Asked over gRPC, which a node answers while it executes a block; its RPC waits for
        that. A node that has not committed the block yet is waited for. Raises as
        ``query_proof``.
        """
        if height < LEAST_PROVABLE_HEIGHT:
            raise InputError(f"height: {height} cannot be proven; the first that can is 2")
        requests = [
            protos.node_query.ABCIQueryRequest(path=_PATH, data=key, height=height, prove=True)
            for key in keys
        ]
        for _ in range(_BEHIND_TRIES):
            replies = self._client.grpc.call_many(
                self._proven_query, requests, what=f"proofs at block {height}"
            )
            refused = next((reply for reply in replies if reply.code), None)
            if refused is None:
                pairs = zip(keys, replies, strict=True)
                return [self._read_reply(reply, key, height) for key, reply in pairs]
            self._wait_unless_pruned(height, refused.log)
        raise self._make_unproven(height)

    def _read_reply(self, reply: Any, key: bytes, height: int) -> Proof:
        operations = [each.data for each in reply.proof_ops.ops]
        if reply.height != height or reply.key != key or len(operations) != 2:
            raise self._bad("ABCIQuery: fields are missing or wrong")
        return Proof(
            reply.value, encode_merkle_proof(operations), Height(self._revision, height + 1)
        )

    def query_proof(self, key: bytes, height: int) -> Proof:
        """Return ``key`` of the store ``ibc`` as it is after the block ``height``, proven.

        A node that has not committed the block yet is waited for. Raises InputError below
        height 2, HeightPruned, NodeError.
        """
        if height < LEAST_PROVABLE_HEIGHT:
            raise InputError(f"height: {height} cannot be proven; the first that can is 2")
        for _ in range(_BEHIND_TRIES):
            response = self._ask(key, height)
            if not int(response.get("code", 0)):
                return self._read(response, key, height)
            self._wait_unless_pruned(height, str(response.get("log", "")))
        raise self._make_unproven(height)

    def _wait_unless_pruned(self, height: int, log: str) -> None:
        """Wait for a block that is not there yet; raises HeightPruned if it has been."""
        if self._client.rpc.get_committed_height() >= height:
            raise HeightPruned(
                f"{self._client.rpc.url} has no proof of block {height}: "
                f"{log.partition(chr(10))[0]}",
                remedy="use a node that keeps more blocks, or a newer height",
            )
        self._client.wait_for_height(height, timeout_s=self._client.timeout_s)

    def _make_unproven(self, height: int) -> NodeError:
        return NodeError(
            f"{self._client.rpc.url} has block {height} and does not prove it",
            remedy="use another node",
        )

    def _ask(self, key: bytes, height: int) -> dict[str, Any]:
        result, _ = self._client.rpc.call(
            "abci_query", path=_PATH, data=key.hex(), height=str(height), prove=True
        )
        response = result.get("response")
        if not isinstance(response, dict):
            raise self._bad("abci_query: no response")
        return response

    def _read(self, response: dict[str, Any], key: bytes, height: int) -> Proof:
        operations = parse_proof_ops(response)
        try:
            if int(response["height"]) != height or len(operations) != 2:
                raise ValueError
            if base64.b64decode(response.get("key") or "", validate=True) != key:
                raise ValueError
            value = base64.b64decode(response.get("value") or "", validate=True)
        except (KeyError, ValueError, TypeError, binascii.Error):
            raise self._bad("abci_query: fields are missing or wrong") from None
        return Proof(value, encode_merkle_proof(operations), Height(self._revision, height + 1))

    # --- headers and validators ------------------------------------------------------------------

    def get_signed_header(self, height: int) -> SignedHeader:
        """Return the header at ``height`` with the commit for it; waits until it is there.

        Raises BadReply for a header of another height or chain, HeightPruned, NodeError.
        """
        with self._guard:
            found = self._headers.get(height)
        if found is not None:
            return found
        found = parse_signed_header(self._call_at(height, "commit"))
        header = found.header
        if header.height != height or header.chain_id != self._client.network.chain_id:
            raise self._bad(f"commit: header {header.height} of {header.chain_id!r}")
        if found.commit.block_id.hash != header.hash:
            raise self._bad(f"commit: it is not for the header of block {height}")
        self._keep(self._headers, height, found, HEADERS_KEPT)
        return found

    def get_validators(self, height: int) -> ValidatorSet:
        """Return all validators of a block, the set that signs it. Raises NodeError."""
        pages = [self._call_at(height, "validators", page="1", per_page=str(VALIDATORS_PAGE))]
        try:
            count = -(-int(pages[0]["total"]) // VALIDATORS_PAGE)
        except (KeyError, ValueError, TypeError):
            raise self._bad("validators: no total") from None
        pages += [
            self._call_at(height, "validators", page=str(page), per_page=str(VALIDATORS_PAGE))
            for page in range(2, count + 1)
        ]
        found = parse_validator_set(pages)
        self._keep(self._sets, found.hash, found, SETS_KEPT)
        return found

    def find_validators(self, validators_hash: bytes, height: int) -> ValidatorSet:
        """Return the set with this hash, which that of ``height`` is expected to be.

        A set that is known already is not asked for again. Raises BadReply if it is another.
        """
        with self._guard:
            known = self._sets.get(validators_hash)
        if known is not None:
            return known
        found = self.get_validators(height)
        if found.hash != validators_hash:
            raise self._bad(
                f"the validators of block {height} hash to {found.hash.hex()[:16]}…, "
                f"not to {validators_hash.hex()[:16]}…"
            )
        return found

    def _call_at(self, height: int, method: str, **parameters: str) -> dict[str, Any]:
        """Call a method for a height that a node may be about to reach."""
        for _ in range(_BEHIND_TRIES):
            try:
                return self._client.rpc.call(method, height=str(height), **parameters)[0]
            except NotFound:
                self._client.wait_for_height(height, timeout_s=self._client.timeout_s)
        return self._client.rpc.call(method, height=str(height), **parameters)[0]

    def _keep(self, kept: OrderedDict[K, V], key: K, value: V, limit: int) -> None:
        with self._guard:
            kept[key] = value
            while len(kept) > limit:
                kept.popitem(last=False)

    def _bad(self, what: str) -> BadReply:
        return BadReply(f"{self._client.rpc.url} gave an answer that cannot be right ({what})")
