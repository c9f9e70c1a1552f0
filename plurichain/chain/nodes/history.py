"""Is it still the same chain? Remembered blocks compared with a node's.

Two chains with one id differ in their blocks, so a node is compared at a height that was
seen before: block 2 (or the oldest that the first node had), and a newer one. Block 1
would not do: a local chain that is begun anew from the same genesis has the same first
block, and block 2 commits to it.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from plurichain.config.chain_memory import Anchor, SeenChain
from plurichain.errors import (
    BadReply,
    ChainReset,
    HeightPruned,
    NodeBehind,
    NotFound,
    StorageError,
    WrongChain,
)

if TYPE_CHECKING:
    from plurichain.chain.nodes.rpc import RpcClient
    from plurichain.chain.types import Header, NodeStatus
    from plurichain.config import Network
    from plurichain.config.chain_memory import ChainMemory

SAVE_EVERY_BLOCKS = 1_000
WORTH_SAVING_BLOCKS = 20
_FIRST_HEIGHT = 2

logger = logging.getLogger(__name__)


class ChainHistory:
    """What this client knows of its chain's blocks; ``memory`` keeps it for the next one."""

    def __init__(self, network: Network, memory: ChainMemory | None = None) -> None:
        self._network = network
        self._memory = memory
        self._guard = threading.Lock()
        self._is_loaded = memory is None
        self._seen: SeenChain | None = None
        self._saved_height = 0

    def process(self, rpc: RpcClient, status: NodeStatus) -> None:
        """Compare the node with what was seen, then remember its latest block.

        Raises ChainReset if a block is another one, WrongChain if the first block is not
        what the network's ``genesis_hash`` says, NodeBehind if the node has not even the
        block that was seen last.
        """
        self._check_genesis(rpc, status)
        if status.height < 1 or not status.block_hash or not status.first_height:
            return
        _check_height(rpc, status)
        with self._guard:
            self._load()
            seen = self._seen
        if seen is not None:
            self._compare(rpc, status, seen)
        latest = Anchor(status.height, status.block_hash.upper())
        first = seen.first if seen is not None else self._get_first(rpc, status)
        if first is None:
            return
        with self._guard:
            self._seen = SeenChain(status.chain_id, first, latest)
            if not self._saved_height or latest.height >= self._saved_height + SAVE_EVERY_BLOCKS:
                self._save()

    def note(self, header: Header) -> None:
        """Remember, until this client ends, the block before a latest one that was read."""
        if not header.last_block_hash:
            return
        with self._guard:
            seen = self._seen
            if seen is not None and header.height - 1 > seen.latest.height:
                latest = Anchor(header.height - 1, header.last_block_hash)
                self._seen = replace(seen, latest=latest)

    def close(self) -> None:
        """Keep what was seen last for the next client, if the chain has gone on since."""
        with self._guard:
            seen = self._seen
            if seen is not None and seen.latest.height >= self._saved_height + WORTH_SAVING_BLOCKS:
                self._save()

    def _check_genesis(self, rpc: RpcClient, status: NodeStatus) -> None:
        wanted = self._network.genesis_hash
        if not wanted or status.first_height > 1:
            return  # a node that has dropped block 1 cannot tell
        found = rpc.get_block_hash(1)
        if found != wanted:
            raise WrongChain(
                f"{rpc.url} serves a chain {status.chain_id!r} whose first block is {found}; "
                f"the network {self._network.name!r} says {wanted}",
                remedy="correct the network's endpoints or its genesis_hash",
            )

    def _compare(self, rpc: RpcClient, status: NodeStatus, seen: SeenChain) -> None:
        is_compared = False
        for anchor in (seen.first, seen.latest):
            if not status.first_height <= anchor.height <= status.height:
                continue
            try:
                found = rpc.get_block_hash(anchor.height)
            except (HeightPruned, NotFound):
                continue
            if found != anchor.block_hash:
                raise self._reset(rpc, anchor, found)
            is_compared = True
        if not is_compared and status.height < seen.latest.height:
            # It has no block yet, or no more, that could be compared.
            raise NodeBehind(
                f"{rpc.url} is at block {status.height}; block {seen.latest.height} was seen",
                remedy="wait until the node has caught up, or use another node",
            )
        if not is_compared:
            logger.warning("%s has dropped every block that was seen before", rpc.url)

    def _reset(self, rpc: RpcClient, anchor: Anchor, found: str) -> ChainReset:
        return ChainReset(
            f"{rpc.url} serves a chain {self._network.chain_id!r} that was begun anew: "
            f"its block {anchor.height} is {found[:16]}…, {anchor.block_hash[:16]}… was seen",
            remedy=f"if that is meant, plurichain network accept {self._network.name} "
            "takes the new chain",
        )

    def _get_first(self, rpc: RpcClient, status: NodeStatus) -> Anchor | None:
        height = max(_FIRST_HEIGHT, status.first_height)
        if height > status.height:
            return None
        try:
            return Anchor(height, rpc.get_block_hash(height))
        except (HeightPruned, NotFound):
            # A node that prunes drops its oldest block with every new one.
            return Anchor(status.height, status.block_hash.upper())

    def _load(self) -> None:
        if self._is_loaded or self._memory is None:
            return
        self._is_loaded = True
        try:
            seen = self._memory.get(self._network.name)
        except StorageError as error:
            logger.warning("%s; %s", error.cause, error.remedy)
            return
        if seen is not None and seen.chain_id == self._network.chain_id:
            self._seen = seen
            self._saved_height = seen.latest.height

    def _save(self) -> None:
        if self._memory is None or self._seen is None:
            return
        self._saved_height = self._seen.latest.height
        try:
            self._memory.put(self._network.name, self._seen)
        except StorageError as error:
            # Only the comparison of the next run is lost.
            logger.warning("cannot remember the chain's blocks: %s", error.cause)


def _check_height(rpc: RpcClient, status: NodeStatus) -> None:
    """Raise BadReply unless the node has the block that it says it is at.

    Without this a lie would be remembered, and the truth refused when it comes that far.
    """
    try:
        found = rpc.get_block_hash(status.height)
    except NotFound:
        found = ""
    if found != status.block_hash.upper():
        raise BadReply(
            f"{rpc.url} says that it is at block {status.height} and does not have it",
            remedy="use another node",
        )
