"""Blocks from a chain's nodes, and where its channels lead."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Protocol

from plurichain.chain.nodes.waiting import LONG_WAIT_S
from plurichain.errors import BadReply, HeightPruned, NodeBehind, NodeError, NotFound
from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.results import may_hold_noop, read_responses
from plurichain.tracker.blocks import Absence, Missing, RawEvent, TrackedBlock, TrackedTx
from plurichain.tracker.reading import End
from plurichain.tracker.store import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plurichain.chain.ibc.queries import IbcQueries
    from plurichain.chain.nodes.endpoints import EndpointHealth
    from plurichain.chain.types import Block, BlockResults, Event, NodeStatus, TxResult
    from plurichain.config import Network

logger = logging.getLogger(__name__)

WAIT_S = 1.0
"""How long one wait for a block lasts before the reader looks whether it is to end."""
FIRST_REST_S = 0.02
"""How long a block is left alone that one node announced and another has not yet: it doubles."""
UNSETTLED_BLOCKS = 10
"""So near to the head a node without results may just not have made them: it keeps a block
before it executes it, and nodes behind one address are not all at the same one."""


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

    def list_health(self) -> Sequence[EndpointHealth]:
        """Return which of the nodes are not asked for now, and why."""


class LiveSource:
    """The blocks of one network, by height. ``first`` is where an empty database begins.

    ``report`` is told in one line, once, when that block is not made yet. Announcements and
    polls only say when to look, so that no drop, repeat or change of the node can hide a
    block or show it twice.
    """

    def __init__(
        self,
        client: BlockReads,
        *,
        first: int | None = None,
        report: Callable[[str], None] = logger.info,
        rest: Callable[[float], object] = time.sleep,
    ) -> None:
        self._client = client
        self._first = first
        self._report = report
        self._has_said_wait = False
        self._rest = rest
        self._rest_s = FIRST_REST_S
        self._has_read = False

    @property
    def chain_id(self) -> str:
        """Whose blocks they are."""
        return self._client.network.chain_id

    def read_after(self, height: int | None) -> TrackedBlock | Missing | None:
        """Return the next block, what no node has any more, or None after ``WAIT_S``.

        Raises NodeError; the same height is read again then. So it is while a node that may
        have the block does not serve: what is named missing is never asked for again.
        """
        wanted = self._find_first() if height is None else height + 1
        # As if it had lasted long already: so the node's announcements are asked for at once.
        since_s = time.monotonic() - LONG_WAIT_S
        if not self._client.wait_for_block(wanted, timeout_s=WAIT_S, since_s=since_s):
            if height is None:
                self._say_wait(wanted)
            elif not self._has_read:
                self._refuse_older(height)
            return None
        away = self._list_away()
        try:
            block = self._client.get_block(wanted)
        except NotFound:
            self._look_later()
            return None
        except HeightPruned as error:
            self._refuse_unasked(error, away)
            return Missing(self.chain_id, wanted, self._find_last_gone(wanted), Absence.PRUNED)
        try:
            results = self._client.get_block_results(wanted)
        except NotFound:
            self._look_later()
            return None
        except HeightPruned as error:
            if self._client.check().height < wanted + UNSETTLED_BLOCKS:
                self._look_later()
                return None
            self._refuse_unasked(error, away)
            return Missing(self.chain_id, wanted, wanted, Absence.PRUNED)
        self._rest_s, self._has_read = FIRST_REST_S, True
        return _make_block(self.chain_id, block, results)

    def _look_later(self) -> None:
        """Rest a moment: another node answered, which is a little behind."""
        self._rest(self._rest_s)
        self._rest_s = min(2 * self._rest_s, WAIT_S)

    def _find_first(self) -> int:
        if self._first is None:
            self._first = max(self._client.check().first_height, 1)
        return self._first

    def _say_wait(self, wanted: int) -> None:
        """Say once that the first block wanted is not made yet: it may be years away."""
        if not self._has_said_wait:
            newest = self._client.check().height
            self._report(
                f"{self.chain_id}: nothing is read before block {wanted}; the newest is {newest}"
            )
            self._has_said_wait = True

    def _refuse_older(self, height: int) -> None:
        """Raise NodeBehind if the chain is far from where an earlier run read it up to.

        Whoever waits for a chain that was begun anew would wait for long, and without a word.
        """
        newest = self._client.check().height
        if newest + UNSETTLED_BLOCKS < height:
            raise NodeBehind(
                f"its newest block is {newest}, and {height} was read before: it lacks blocks, or "
                "its chain was begun anew",
                remedy="wait until the node has them, or track the new chain into another database",
            )

    def _list_away(self) -> dict[str, str]:
        """Return why nodes are not asked now, by their addresses."""
        return {each.rpc: each.reason for each in self._client.list_health() if each.is_quarantined}

    def _refuse_unasked(self, error: HeightPruned, away: dict[str, str]) -> None:
        """Raise NodeBehind while a node that may have the block could not be asked for it.

        ``away`` are those that were not asked before; since then a node may have come back, or
        have failed.
        """
        for rpc, reason in (away | self._list_away()).items():
            # What is to be done comes first: where there is little room, the end is cut off.
            raise NodeBehind(
                f"reading waits until {rpc} serves, or is taken out of the network: it may have "
                f"what the others lack ({reason}; {error.cause})",
                remedy="wait for that node; or take it out of the network's endpoints in "
                "config.toml and begin the tracker again, which goes on without these blocks",
            )

    def _find_last_gone(self, wanted: int) -> int:
        """Return the last block from ``wanted``, which is gone, on that no node has.

        A node tells the oldest block of its own alone; another may have older ones. Raises
        NodeBehind where nodes contradict each other.
        """
        first = self._client.check().first_height  # 0 where it is not told
        if 0 < first <= wanted:
            raise NodeBehind(
                f"{self.chain_id}: one node behind the address has block {wanted}, another not",
                remedy="name each node of the network by an address of its own",
            )
        gone, kept = wanted, max(first, wanted + 1)
        while kept - gone > 1:
            middle, away = (gone + kept) // 2, self._list_away()
            try:
                self._client.get_block(middle)
            except HeightPruned as error:
                self._refuse_unasked(error, away)
                gone = middle
            else:
                kept = middle
        return gone


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
    """As ``ask_route``; None if the chain does not say. Raises nothing."""
    try:
        return ask_route(queries, chain_id, end)
    except NodeError as error:
        logger.info("%s: where %s/%s leads is not known: %s",
                    chain_id, end.port, end.channel, error)  # fmt: skip
        return None


def ask_route(queries: IbcQueries, chain_id: str, end: End) -> Route | None:
    """Ask a chain where one of its ends leads; None if that has no name. Raises NodeError.

    The chain id is that of the client's state, so what the chain verifies headers of.
    """
    is_v2 = end.protocol is ProtocolVersion.V2
    peer, peer_chain_id = (_ask_client if is_v2 else _ask_channel)(queries, end)
    return Route(chain_id, end, peer_chain_id, peer) if peer.is_clean else None


def _ask_channel(queries: IbcQueries, end: End) -> tuple[End, str]:
    channel = queries.get_channel(end.port, end.channel)
    if not channel.connection_hops:
        raise BadReply(f"{end.port}/{end.channel} has no connection")
    connection = queries.get_connection(channel.connection_hops[0])
    peer_chain_id = queries.get_client_state(connection.client_id).chain_id
    return End(end.protocol, channel.counterparty_port, channel.counterparty_channel), peer_chain_id


def _ask_client(queries: IbcQueries, end: End) -> tuple[End, str]:
    peer_chain_id = queries.get_client_state(end.channel).chain_id
    return End(end.protocol, "", queries.get_client_counterparty(end.channel)), peer_chain_id
