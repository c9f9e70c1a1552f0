"""A chain on paper with state: headers signed and linked for real, and true proofs of its keys."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import Any

from plurichain.chain.ibc.proofs import Proof
from plurichain.encoding.height import Height
from plurichain.errors import HeightPruned, NotFound
from plurichain.lightclient.header import Header, SignedHeader
from plurichain.lightclient.ics23 import encode_merkle_proof
from plurichain.lightclient.validators import ValidatorSet
from plurichain.tracker.observing.watched import WatchedChain, WatchedWallet
from plurichain.tracker.store import PacketStore
from tests.trees import Tree, encode_absence, exists, prove_store
from tests.unit.lightclient.rolling import HASH, RollingChain

FIRST_KEY, LAST_KEY = b"a", b"z"


class MadeChain(RollingChain):
    """``state`` are keys and values by the height from which they hold; None takes one away.

    ``gone`` are heights whose state was pruned, ``base`` the oldest header that is kept.
    """

    def __init__(self, chain_id: str, *, every: int = 10_000) -> None:
        super().__init__(every)
        self.chain_id = chain_id
        self.newest = 0
        self.state: dict[int, dict[bytes, bytes | None]] = {}
        self.gone: set[int] = set()
        self.base = 1
        self.read_headers = 0
        self.asked: list[int] = []
        self._headers: dict[int, Header] = {}

    # --- its blocks ------------------------------------------------------------------------------

    def list_rows(self, height: int) -> list[tuple[bytes, bytes]]:
        rows: dict[bytes, bytes | None] = {FIRST_KEY: b"1", LAST_KEY: b"1"}
        for at in sorted(self.state):
            if at <= height:
                rows |= self.state[at]
        return sorted((key, value) for key, value in rows.items() if value is not None)

    def make_tree(self, height: int) -> Tree:
        return Tree(self.list_rows(height), height + 1, lambda first, last: (first + last) // 2)

    def get_header(self, height: int) -> Header:
        if height not in self._headers:
            before = self.get_header(height - 1).hash if height > 1 else HASH
            app_hash = prove_store(self.make_tree(height - 1).root, [b"bank"])[1]
            self._headers[height] = self.write_header(height, before=before, app_hash=app_hash)
        return self._headers[height]

    def get_signed_header(self, height: int) -> SignedHeader:
        return self.sign(self.get_header(height))

    def get_hash(self, height: int) -> str:
        return self.get_header(height).hash.hex().upper()

    # --- as its node answers ---------------------------------------------------------------------

    def find_validators(self, _hash: bytes, height: int) -> ValidatorSet:
        return self.make_set(height)

    def query_proofs(self, keys: list[bytes], height: int) -> list[Proof]:
        self.asked.append(height)
        if height in self.gone:
            raise HeightPruned(f"state of {height} is gone")
        return [self._prove(key, height) for key in keys]

    def _prove(self, key: bytes, height: int) -> Proof:
        tree = self.make_tree(height)
        store, _ = prove_store(tree.root, [b"bank"])
        names = [name for name, _ in tree.rows]
        if key in names:
            place = names.index(key)
            value, below = tree.rows[place][1], exists(tree.prove(place))
        else:
            place = sum(name < key for name in names)
            value, below = b"", encode_absence(key, tree.prove(place - 1), tree.prove(place))
        return Proof(value, encode_merkle_proof([below, store]), Height(1, height + 1))

    def call(self, method: str, **parameters: str) -> tuple[dict[str, Any], bytes]:
        assert method == "blockchain"
        first, last = int(parameters["minHeight"]), int(parameters["maxHeight"])
        if last < self.base:
            raise NotFound("min height can't be greater than max height")
        heights = range(last, max(first, self.base) - 1, -1)
        self.read_headers += len(heights)
        metas = [{"header": show_header(self.get_header(each))} for each in heights]
        return {"block_metas": metas}, b""


def show_header(header: Header) -> dict[str, Any]:
    """Return a header as CometBFT's RPC writes it."""
    block_id = header.last_block_id
    return {
        "version": {"block": str(header.version_block)},
        "chain_id": header.chain_id,
        "height": str(header.height),
        "time": f"{datetime.datetime.fromtimestamp(header.time_ns // 10**9, datetime.UTC):%FT%TZ}",
        "last_block_id": {
            "hash": block_id.hash.hex().upper(),
            "parts": {
                "total": block_id.part_set_total,
                "hash": block_id.part_set_hash.hex().upper(),
            },
        },
    } | {
        name: getattr(header, name).hex().upper()
        for name in (
            "last_commit_hash", "data_hash", "validators_hash", "next_validators_hash",
            "consensus_hash", "app_hash", "last_results_hash", "evidence_hash",
            "proposer_address",
        )
    }  # fmt: skip


class Stub:
    """A client that stubs and queries can be made of; it tells of the unbonding period alone."""

    def __init__(self, chain_id: str, rpc: object) -> None:
        self.network: Any = SimpleNamespace(chain_id=chain_id, name=chain_id)
        self.rpc = rpc
        period = SimpleNamespace(seconds=21 * 86_400, nanos=0)
        params = SimpleNamespace(params=SimpleNamespace(unbonding_time=period))
        self.grpc = SimpleNamespace(
            raw=SimpleNamespace(unary_unary=lambda *_, **__: None),
            call=lambda *_, **__: params,
        )


def watch(
    store: PacketStore, chain: MadeChain, said: list[str], *, queries: object = None,
    wallets: tuple[WatchedWallet, ...] = (),
) -> WatchedChain:  # fmt: skip
    """Return a chain as the observer has it, whose reads are those of ``chain``."""
    client: Any = Stub(chain.chain_id, chain)
    watched = WatchedChain(client, store, said.append, wallets, clock_ns=lambda: 77)
    object.__setattr__(watched, "proofs", chain)
    object.__setattr__(watched, "queries", queries)
    return watched
