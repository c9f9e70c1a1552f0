"""The light clients under a network's open channels: usable, for how long, and of which chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from plurichain.chain.codes.ibc_errors import GOVERNANCE
from plurichain.chain.ibc.client_lives import read_client_life
from plurichain.chain.ibc.proofs import ProvenReads
from plurichain.chain.ibc.queries import ClientStatus, IbcQueries
from plurichain.errors import HeightPruned, NodeError, NotFound, PlurichainError
from plurichain.ibc.handshake import EndState
from plurichain.tracker.health.findings import Finding, Subject
from plurichain.units import format_duration

if TYPE_CHECKING:
    from plurichain.chain.nodes.client import ChainClient

SECOND_NS: Final = 1_000_000_000
MOST_CONNECTIONS: Final = 50
"""So many connections with open channels are looked at."""
COMETBFT_CLIENT: Final = "07-tendermint-"
_ASKED: Final = "it can be asked"


def check_clients(client: ChainClient, peers: Mapping[str, ChainClient]) -> list[Finding]:
    """Return what is to be said of the clients under open channels of one chain.

    ``peers`` are the other chains that can be asked, by chain id. Raises nothing that a
    node can bring about.
    """
    subject = Subject(client.network.name, "channels")
    queries = IbcQueries(client)
    try:
        channels = _count_open_channels(queries)
    except PlurichainError as error:
        return [_give_up(subject, "open_channels", error)]
    if not channels:
        rule = "there is a channel to relay over"
        remedy = f"plurichain ibc link {client.network.name} NETWORK"
        return [subject.note("open_channels", 0, rule=rule, remedy=remedy)]
    total = sum(channels.values())
    found = [subject.judge("open_channels", total, rule="at least one", is_met=True)]
    if len(channels) > MOST_CONNECTIONS:
        rule = f"the first {MOST_CONNECTIONS} connections are looked at"
        found.append(subject.note("connections", len(channels), rule=rule))
    seen: set[str] = set()
    for connection_id in list(channels)[:MOST_CONNECTIONS]:
        try:
            client_id = queries.get_connection(connection_id).client_id
        except PlurichainError as error:
            found.append(_give_up(subject, connection_id, error))
            continue
        if client_id not in seen:
            seen.add(client_id)
            found += _check_client(client, queries, client_id, peers)
    return found


def _give_up(subject: Subject, field: str, error: PlurichainError) -> Finding:
    remedy = error.remedy or "ask again, or use another node"
    return subject.give_up(field, error.cause, rule=_ASKED, remedy=remedy)


def _count_open_channels(queries: IbcQueries) -> dict[str, int]:
    """Return how many open channels each connection has."""
    counts: dict[str, int] = {}
    for place in queries.list_channels():
        if place.end.state is EndState.OPEN and place.end.connection_hops:
            hop = place.end.connection_hops[0]
            counts[hop] = counts.get(hop, 0) + 1
    return counts


def _check_client(
    client: ChainClient, queries: IbcQueries, client_id: str, peers: Mapping[str, ChainClient]
) -> list[Finding]:
    subject = Subject(client.network.name, client_id)
    if not client_id.startswith(COMETBFT_CLIENT):
        return [_check_other_client(subject, queries, client_id)]
    try:
        state = queries.get_client_state(client_id)
        life = read_client_life(client, queries, client_id)
    except PlurichainError as error:
        return [_give_up(subject, "status", error)]
    found = [
        subject.judge(
            "status",
            life.status.value.lower(),
            rule=f"active: it follows {state.chain_id}",
            is_met=life.status is ClientStatus.ACTIVE,
            remedy=GOVERNANCE,
        )
    ]
    if life.status is ClientStatus.ACTIVE:
        left_ns = (life.expires_ns - life.host_ns) // SECOND_NS * SECOND_NS
        peer = peers.get(state.chain_id)
        other = f"NETWORK, that of {state.chain_id}" if peer is None else peer.network.name
        found.append(
            subject.judge(
                "left",
                format_duration(left_ns),
                rule="more than a third of its trusting period of "
                f"{format_duration(life.trusting_period_ns)}, by the chain's block time",
                is_met=left_ns > life.trusting_period_ns // 3,
                remedy=f"plurichain ibc refresh {client.network.name} {other}",
            )
        )
    return [*found, check_genuine(subject, queries, client_id, peers)]


def _check_other_client(subject: Subject, queries: IbcQueries, client_id: str) -> Finding:
    """Judge a client that follows no CometBFT chain, such as a signer or a contract."""
    try:
        status = queries.get_client_status(client_id)
    except PlurichainError as error:
        return _give_up(subject, "status", error)
    return subject.judge(
        "status",
        status.value.lower(),
        rule="active; it follows no CometBFT chain, and more of it is not looked at",
        is_met=status is ClientStatus.ACTIVE,
        remedy=GOVERNANCE,
    )


def check_genuine(
    subject: Subject, queries: IbcQueries, client_id: str, peers: Mapping[str, ChainClient]
) -> Finding:
    """Compare what a client holds of its newest height with that chain's own header.

    A header that its chain no longer shows proves neither. Raises nothing.
    """
    rule = "what it holds of its newest height is what its chain shows there"
    try:
        state = queries.get_client_state(client_id)
        peer = peers.get(state.chain_id)
        if peer is None:
            remedy = f"name the network of {state.chain_id} too"
            return subject.note("genuine", "not compared", rule=rule, remedy=remedy)
        link = f"plurichain ibc link --new {subject.network} {peer.network.name}"
        held = queries.get_consensus_state(client_id, state.latest_height)
        height = state.latest_height.height
        if height > peer.rpc.get_committed_height():
            difference = f"{state.chain_id} has no block {height}"
            return _judge_genuine(subject, rule, difference, link)
        header = ProvenReads(peer).get_signed_header(height).header
    except (HeightPruned, NotFound) as error:
        return subject.note("genuine", error.cause, rule=rule)
    except NodeError as error:
        return _give_up(subject, "genuine", error)
    shown = (header.time_ns, header.app_hash, header.next_validators_hash)
    if shown != (held.timestamp_ns, held.root, held.next_validators_hash):
        difference = f"header {height} of {state.chain_id} is another"
        return _judge_genuine(subject, rule, difference, link)
    return _judge_genuine(subject, rule, "", link)


def _judge_genuine(subject: Subject, rule: str, difference: str, link: str) -> Finding:
    return subject.judge(
        "genuine",
        difference or "yes",
        rule=rule,
        is_met=not difference,
        remedy="send nothing over it: it follows another chain of that name; "
        f"{link} makes clients anew",
    )
