"""Blocks from a chain's nodes, and where its channels lead."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Protocol

from plurichain.chain.waiting import LONG_WAIT_S
from plurichain.errors import BadReply, HeightPruned, NodeError, NotFound
from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.results import may_hold_noop, read_responses
from plurichain.tracker.blocks import Absence, Missing, RawEvent, TrackedBlock, TrackedTx
from plurichain.tracker.reading import End
from plurichain.tracker.store import Route

if TYPE_CHECKING:
    from plurichain.chain.ibc_queries import IbcQueries
    from plurichain.chain.types import Block, BlockResults, Event, NodeStatus, TxResult
    from plurichain.config import Network

logger = logging.getLogger(__name__)

WAIT_S = 1.0
"""How long one wait for a block lasts before the reader looks whether it is to end."""


class BlockReads(Protocol):
    """What of a ``ChainClient`` is used here."""

    @property
    def network(self) -> Network:
        """Which chain."""

    def get_block(self, height: int) -> Block:
        """Return a block."""

    def get_block_results(self, height: int) -> BlockResults:
        """Return what its transactions came to."""

    def wait_for_block(self, height: int, *, timeout_s: float, since_s: float) -> bool:
        """Wait until a block is there."""

    def check(self) -> NodeStatus:
        """Return what the node in use says of itself."""


class LiveSource:
    """The blocks of one network, by height. ``first`` is where an empty database begins.

    Announcements and polls only say when to look, so that no drop, repeat or change of
    the node can hide a block or show it twice.
    """

    def __init__(self, client: BlockReads, *, first: int | None = None) -> None:
        self._client = client
        self._first = first

    @property
    def chain_id(self) -> str:
        """Whose blocks they are."""
        return self._client.network.chain_id

    def read_after(self, height: int | None) -> TrackedBlock | Missing | None:
        """Return the next block, what no node has any more, or None after ``WAIT_S``.

        Raises NodeError; the same height is read again then.
        """
        wanted = self._find_first() if height is None else height + 1
        # As if it had lasted long already: so the node's announcements are asked for at once.
        since_s = time.monotonic() - LONG_WAIT_S
        if not self._client.wait_for_block(wanted, timeout_s=WAIT_S, since_s=since_s):
            return None
        try:
            block = self._client.get_block(wanted)
            return _make_block(self.chain_id, block, self._client.get_block_results(wanted))
        except NotFound:
            return None  # another node, which is a little behind
        except HeightPruned:
            return self._name_missing(wanted)

    def _find_first(self) -> int:
        if self._first is None:
            self._first = max(self._client.check().first_height, 1)
        return self._first

    def _name_missing(self, wanted: int) -> Missing:
        """Return what is gone: up to the oldest block, or this one if its results alone are."""
        oldest = self._client.check().first_height
        return Missing(self.chain_id, wanted, max(oldest - 1, wanted), Absence.PRUNED)


def _make_block(chain_id: str, block: Block, results: BlockResults) -> TrackedBlock:
    if len(block.txs) != len(results.tx_results):
        raise BadReply(
            f"{chain_id}: block {block.header.height} has {len(block.txs)} transactions, and"
            f" results of {len(results.tx_results)}",
            remedy="check that all addresses of the network are nodes of one chain",
        )
    try:
        told = json.loads(block.raw)["result"]["block_id"]["hash"]
    except (ValueError, KeyError, TypeError):
        told = ""
    return TrackedBlock(
        chain_id=chain_id,
        height=block.header.height,
        since=block.header.height,
        time_ns=block.header.time_ns,
        block_hash=told.upper() if isinstance(told, str) else "",
        previous_hash=block.header.last_block_hash,
        txs=tuple(
            _make_tx(result, signed)
            for result, signed in zip(results.tx_results, block.txs, strict=True)
        ),
        events=_make_events(results.events),
    )


def _make_tx(result: TxResult, signed: bytes) -> TrackedTx:
    # What failed, and what came to nothing, has no event that says what it was.
    needed = result.code or may_hold_noop(read_responses(result.data))
    return TrackedTx(
        result.code,
        result.codespace,
        _make_events(result.events),
        result.data,
        signed if needed else b"",
    )


def _make_events(events: tuple[Event, ...]) -> tuple[RawEvent, ...]:
    return tuple((event.type, event.attributes) for event in events)


def find_route(queries: IbcQueries, chain_id: str, end: End) -> Route | None:
    """Ask a chain where one of its ends leads; None if it does not say. Raises nothing.

    The chain id is that of the client's state, so what the chain verifies headers of.
    """
    is_v2 = end.protocol is ProtocolVersion.V2
    try:
        peer, peer_chain_id = (_ask_client if is_v2 else _ask_channel)(queries, end)
    except (NodeError, IndexError) as error:
        logger.info("%s: where %s/%s leads is not known: %s",
                    chain_id, end.port, end.channel, error)  # fmt: skip
        return None
    return Route(chain_id, end, peer_chain_id, peer) if peer.is_clean else None


def _ask_channel(queries: IbcQueries, end: End) -> tuple[End, str]:
    channel = queries.get_channel(end.port, end.channel)
    connection = queries.get_connection(channel.connection_hops[0])
    peer_chain_id = queries.get_client_state(connection.client_id).chain_id
    return End(end.protocol, channel.counterparty_port, channel.counterparty_channel), peer_chain_id


def _ask_client(queries: IbcQueries, end: End) -> tuple[End, str]:
    peer_chain_id = queries.get_client_state(end.channel).chain_id
    return End(end.protocol, "", queries.get_client_counterparty(end.channel)), peer_chain_id
