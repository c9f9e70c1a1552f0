"""Light clients: making one, finding one that can be trusted, keeping it from expiring.

A client is trusted for reuse only if what it holds of the other chain's newest height is
what that chain's node shows at that height: a chain id alone is no proof, since anybody
can start a chain of the same name.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from plurichain.chain.ibc import messages as ibc_messages
from plurichain.chain.ibc.queries import ClientStatus
from plurichain.chain.nodes.staking import get_unbonding_period_ns
from plurichain.encoding.height import NO_HEIGHT
from plurichain.errors import (
    BadReply,
    HeightPruned,
    InputError,
    NotFound,
)
from plurichain.ibc.client import (
    DEFAULT_TRUST_LEVEL,
    ClientState,
    ConsensusState,
)
from plurichain.relayer.client_life import validate_client
from plurichain.relayer.client_updates import build_client_update
from plurichain.units import format_duration

if TYPE_CHECKING:
    from plurichain.chain.transactions.messages import Message
    from plurichain.lightclient.header import SignedHeader
    from plurichain.relayer.chain_end import RelayChain

TRUSTING_SHARE = Fraction(2, 3)
"""Of the unbonding period: long enough to miss a few refreshes, short enough that whoever
signs a false header can still be slashed for it."""
MAX_CLOCK_DRIFT_NS = 40_000_000_000
"""How far a header may be ahead of the hosting chain's block time: clocks and slow blocks."""


@dataclass(frozen=True, slots=True)
class ClientRules:
    """How new clients are made; None: two thirds of the unbonding period."""

    trusting_period_ns: int | None = None
    max_clock_drift_ns: int = MAX_CLOCK_DRIFT_NS


def make_consensus_state(signed_header: SignedHeader) -> ConsensusState:
    """Return what a client keeps of a header."""
    header = signed_header.header
    return ConsensusState(header.time_ns, header.app_hash, header.next_validators_hash)


def build_client(host: RelayChain, source: RelayChain, rules: ClientRules) -> Message:
    """Return the message that makes a client of ``source`` on ``host``, at its newest header.

    Raises InputError for a trusting period that is not below the unbonding period.
    """
    unbonding_ns = get_unbonding_period_ns(source.client)
    trusting_ns = rules.trusting_period_ns
    if trusting_ns is None:
        trusting_ns = unbonding_ns * TRUSTING_SHARE.numerator // TRUSTING_SHARE.denominator
    if not 0 < trusting_ns < unbonding_ns:
        raise InputError(
            f"trusting period: {format_duration(trusting_ns)} is not between 0 and the "
            f"unbonding period of {source.chain_id}, {format_duration(unbonding_ns)}"
        )
    height = source.client.rpc.get_committed_height()
    signed_header = source.proofs.get_signed_header(height)
    state = ClientState(
        chain_id=source.chain_id,
        trust_level=DEFAULT_TRUST_LEVEL,
        trusting_period_ns=trusting_ns,
        unbonding_period_ns=unbonding_ns,
        max_clock_drift_ns=rules.max_clock_drift_ns,
        frozen_height=NO_HEIGHT,
        latest_height=source.make_height(height),
    )
    return ibc_messages.create_client(host.address, state, make_consensus_state(signed_header))


def create_client(host: RelayChain, source: RelayChain, rules: ClientRules | None = None) -> str:
    """Make a client of ``source`` on ``host`` and return its name.

    Raises TransactionError, NodeError, InputError.
    """
    outcome = host.send([build_client(host, source, rules or ClientRules())], purpose="ibc-client")
    for event in outcome.events:
        if event.type == "create_client" and (name := event.get("client_id")):
            host.tell(
                "client_created",
                f"client {name} of {source.chain_id} on {host.chain_id}",
                client_id=name,
            )
            return name
    raise BadReply(f"{host.chain_id}: the transaction made no client, or its node hides events")


def is_client_genuine(
    host: RelayChain, source: RelayChain, client_id: str, state: ClientState
) -> bool:
    """Tell whether a client follows the very chain that ``source`` is connected to.

    Compares what the client holds of its newest height with that chain's header. False
    also where the chain no longer has that header.
    """
    if state.chain_id != source.chain_id:
        return False
    if state.latest_height.height > source.client.rpc.get_committed_height():
        return False  # of a chain that is longer, so of another one
    try:
        header = source.proofs.get_signed_header(state.latest_height.height)
        held = host.queries.get_consensus_state(client_id, state.latest_height)
    except (HeightPruned, NotFound):
        return False
    return held == make_consensus_state(header)


def is_client_usable(host: RelayChain, source: RelayChain, client_id: str) -> bool:
    """Tell whether a client is active and genuine. Raises NotFound, NodeError."""
    if host.queries.get_client_status(client_id) is not ClientStatus.ACTIVE:
        return False
    state = host.queries.get_client_state(client_id)
    return is_client_genuine(host, source, client_id, state)


def find_client(host: RelayChain, source: RelayChain) -> str | None:
    """Return a client of ``source`` on ``host`` that can be used, the newest one; else None."""
    names = reversed(_list_named(host, source))
    return next((name for name in names if is_client_usable(host, source, name)), None)


def sort_clients(host: RelayChain, source: RelayChain) -> tuple[list[str], list[str]]:
    """Return the clients of ``source`` on ``host`` that are active and genuine, and the others.

    The others follow a chain with the id of ``source``, or did until they expired.
    """
    usable, others = list[str](), list[str]()
    for name in _list_named(host, source):
        (usable if is_client_usable(host, source, name) else others).append(name)
    return usable, others


def _list_named(host: RelayChain, source: RelayChain) -> list[str]:
    """Return the clients of any chain with the chain id of ``source``."""
    return [
        name for name, state in host.queries.list_clients() if state.chain_id == source.chain_id
    ]


def refresh_client(host: RelayChain, source: RelayChain, client_id: str) -> bool:
    """Update a client if a third of its trusting period is over; tells whether it did.

    Raises ClientUnusable if it is too late, TransactionError, NodeError.
    """
    life = validate_client(host, client_id)
    if not life.is_refresh_due:
        return False
    height = source.client.rpc.get_committed_height()
    messages = build_client_update(host, source, client_id, height)
    if messages:
        host.send(messages, purpose="ibc-refresh")
    host.tell(
        "client_refreshed",
        f"client {client_id} on {host.chain_id} knows {source.chain_id} up to block {height}",
        client_id=client_id,
    )
    return True
