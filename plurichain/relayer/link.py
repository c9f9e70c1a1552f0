"""Joining two chains: clients, a connection and a channel, as far as they are missing.

Every step is told by what stands on the two chains. Whoever was interrupted, or works
beside others, looks again and goes on from there; a step that somebody else took is no
error. Waiting is for blocks: a proof of what block h left needs the header of h + 1.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plurichain.chain.nodes.waiting import PASSING
from plurichain.errors import HandshakeError, IbcError, PhaseError, TransactionError
from plurichain.ibc.handshake import End
from plurichain.relayer.client_life import validate_client
from plurichain.relayer.client_updates import build_client_update
from plurichain.relayer.clients import ClientRules, create_client, find_client
from plurichain.relayer.ends import LinkSide
from plurichain.relayer.handshake import ChannelPlan, Move, find_move
from plurichain.relayer.survey import (
    find_channel,
    find_channel_partner,
    find_connection,
    find_connection_partner,
)

if TYPE_CHECKING:
    from plurichain.relayer.chain_end import RelayChain

MOST_STEPS = 40
"""A link takes six transactions; rivals and interruptions cost a few more."""
LOOKS_AGAIN = 3
"""How often what was refused, or what a node failed at, is looked at again before it counts:
rivals may be in between, and nodes come back."""


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """What is wanted between chains A and B.

    ``channel`` None: only the connection. ``is_new`` makes everything anew, even where it
    is open already; ``is_new_channel`` only the channel. ``connection_a`` asks for a
    certain connection by its name on A.
    """

    channel: ChannelPlan | None = field(default_factory=ChannelPlan)
    clients: ClientRules = field(default_factory=ClientRules)
    is_new: bool = False
    is_new_channel: bool = False
    connection_a: str = ""


@dataclass(frozen=True, slots=True)
class LinkEnd:
    """One side of an open link; port and channel are empty if no channel was asked for."""

    chain_id: str
    client_id: str
    connection_id: str
    port: str
    channel_id: str


@dataclass(frozen=True, slots=True)
class Link:
    """Two sides of an open link, and how many transactions it took now."""

    a: LinkEnd
    b: LinkEnd
    transactions: int = 0


def link_chains(a: RelayChain, b: RelayChain, plan: LinkPlan | None = None) -> Link:
    """Join two chains and return what is open then.

    Raises HandshakeError for ends that cannot become one, ClientUnusable, TransactionError,
    FundsShort, NodeError.
    """
    plan = plan or LinkPlan()
    sides = _survey(a, b, plan)
    count = 0
    if not (sides[0].client_id and sides[1].client_id):
        count += _make_clients(*sides, plan)
    count += drive(*sides, plan.channel)
    return make_link(*sides, transactions=count)


def make_link(a: LinkSide, b: LinkSide, *, transactions: int = 0) -> Link:
    """Return two sides as what they are now."""
    ends = [
        LinkEnd(
            side.chain.chain_id,
            side.client_id,
            side.connection_id,
            side.port if side.channel_id else "",
            side.channel_id,
        )
        for side in (a, b)
    ]
    return Link(ends[0], ends[1], transactions)


def _survey(a: RelayChain, b: RelayChain, plan: LinkPlan) -> tuple[LinkSide, LinkSide]:
    """Return the two sides with what can be used of what there is."""
    channel = plan.channel or ChannelPlan()
    sides = LinkSide(a, port=channel.port_a), LinkSide(b, port=channel.port_b)
    if plan.is_new:
        return sides
    pair = find_connection(a, b, only=(plan.connection_a, ""))
    if pair is None:
        if plan.connection_a:
            raise HandshakeError(
                f"{plan.connection_a} on {a.chain_id} is no connection to {b.chain_id} "
                "with usable clients",
                remedy="`plurichain ibc connections` shows what there is",
            )
        return sides
    sides[0].client_id, sides[1].client_id = pair.client_a, pair.client_b
    sides[0].connection_id, sides[1].connection_id = pair.connection_a, pair.connection_b
    if plan.channel is not None and not plan.is_new_channel:
        found = find_channel(*sides, plan.channel)
        if found is not None:
            sides[0].channel_id, sides[1].channel_id = found
    return sides


def _make_clients(a: LinkSide, b: LinkSide, plan: LinkPlan) -> int:
    """Find or make the client on each side, both at once; returns how many were made."""

    def make(host: LinkSide, source: LinkSide) -> int:
        found = None if plan.is_new else find_client(host.chain, source.chain)
        host.client_id = found or create_client(host.chain, source.chain, plan.clients)
        return 0 if found else 1

    with ThreadPoolExecutor(2) as pool:
        made = [pool.submit(make, a, b), pool.submit(make, b, a)]
        return sum(each.result() for each in made)


def drive(a: LinkSide, b: LinkSide, plan: ChannelPlan | None) -> int:
    """Send what is missing until everything wanted is open; returns how many transactions.

    With ``plan`` None only ends that are named are moved on. Raises as ``link_chains``.
    """
    is_known, refused, failed = False, 0, 0
    for _ in range(MOST_STEPS):
        try:
            if not is_known:
                look(a, b)
            is_known = True
            move = find_move(a, b, plan)
            if move is None:
                return a.transactions + b.transactions
            carry_out(a, b, move)
            failed = 0
        except PASSING as error:
            # Nothing is known of what it was doing: the chains tell.
            is_known = False
            failed += 1
            if failed > LOOKS_AGAIN:
                raise
            a.chain.tell("node_silent", f"{error.cause}; looking again", is_warning=True)
        except (TransactionError, IbcError, PhaseError) as error:
            refused += 1
            if refused > LOOKS_AGAIN or not _look_again(a, b):
                validate_client(a.chain, a.client_id)
                validate_client(b.chain, b.client_id)
                raise
            a.chain.tell("step_refused", f"looking again: {error.cause}")
    raise HandshakeError(
        f"no open link after {MOST_STEPS} steps ({a.describe()}; {b.describe()})",
        remedy="look who else works on these ends",
    )


def look(a: LinkSide, b: LinkSide) -> None:
    """Read both sides at their newest blocks; names of ends that are missing are found."""
    for side in (a, b):
        side.read(side.chain.client.rpc.get_committed_height())
    for side, other in ((a, b), (b, a)):
        known = side.connection_id, side.channel_id
        side.connection_id = find_connection_partner(other, side) or side.connection_id
        side.channel_id = find_channel_partner(other, side) or side.channel_id
        if known != (side.connection_id, side.channel_id):
            side.read(side.chain.client.rpc.get_committed_height())


def _look_again(a: LinkSide, b: LinkSide) -> bool:
    """Read both sides anew; tells whether anything is other than it was."""
    before = [_sketch(a), _sketch(b)]
    look(a, b)
    return before != [_sketch(a), _sketch(b)]


def _sketch(side: LinkSide) -> tuple[object, ...]:
    return side.connection_id, side.connection, side.channel_id, side.channel


def carry_out(a: LinkSide, b: LinkSide, move: Move) -> None:
    """Send one move, with the update of the client that its proofs need before it."""
    host, source = (a, b) if move.end is End.A else (b, a)
    messages = list(move.messages)
    if move.needs_proof:
        update = build_client_update(host.chain, source.chain, host.client_id, source.height + 1)
        messages = [*update, *messages]
    outcome = host.chain.send(messages, purpose="ibc-link")
    host.transactions += 1
    host.note(outcome)
    host.chain.tell(
        "link_step",
        f"{', '.join(move.names)}: {host.describe()}",
        tx_hash=outcome.tx_hash,
        height=outcome.height,
        connection_id=host.connection_id,
        channel_id=host.channel_id,
    )
