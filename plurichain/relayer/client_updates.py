"""Bringing a light client to a height: which headers it must be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.chain.ibc import messages as ibc_messages
from plurichain.errors import IbcError
from plurichain.ibc.client import is_client_expired
from plurichain.lightclient.bisection import ClientUpdate, plan_updates
from plurichain.lightclient.verify import TrustedState, TrustRules
from plurichain.relayer.client_life import validate_client

if TYPE_CHECKING:
    from plurichain.chain.transactions.messages import Message
    from plurichain.encoding.height import Height
    from plurichain.relayer.chain_end import RelayChain


def build_client_update(
    host: RelayChain, source: RelayChain, client_id: str, height: int
) -> list[Message]:
    """Return the messages after which a client knows exactly the block ``height``.

    ``client_id`` is a client of ``source`` on ``host``. None are needed if it knows that
    block, several if so many validators changed that the newest header alone would not
    convince it. Waits until ``source`` has the block. Raises IbcError if the client knows
    no earlier block, ClientUnusable, ProofError, NodeError.
    """
    target = source.make_height(height)
    if host.queries.has_consensus_state(client_id, target):
        return []
    trusted = _find_trusted_height(host, client_id, target)
    return [
        ibc_messages.update_client(host.address, client_id, update.encode())
        for update in plan_client_update(host, source, client_id, trusted, height)
    ]


def plan_client_update(
    host: RelayChain, source: RelayChain, client_id: str, trusted: Height, height: int
) -> tuple[ClientUpdate, ...]:
    """Return the headers that lead a client from what it ``trusted`` to the block ``height``.

    Raises ClientUnusable for a client that is expired, ProofError for a header that the
    hosting chain would refuse, NodeError.
    """
    state = host.queries.get_client_state(client_id)
    held = host.queries.get_consensus_state(client_id, trusted)
    now_ns = host.client.get_latest_header().time_ns
    if state.is_frozen or is_client_expired(held.timestamp_ns, state.trusting_period_ns, now_ns):
        validate_client(host, client_id)
    return plan_updates(
        TrustedState(trusted, held.timestamp_ns, held.next_validators_hash),
        height,
        rules=TrustRules(
            state.chain_id, state.trusting_period_ns, state.max_clock_drift_ns, state.trust_level
        ),
        now_ns=now_ns,
        fetch_header=source.proofs.get_signed_header,
        fetch_validators=lambda at, wanted: source.proofs.find_validators(wanted, at),
    )


def _find_trusted_height(host: RelayChain, client_id: str, target: Height) -> Height:
    """Return the greatest height below ``target`` that a client knows."""
    latest = host.queries.get_client_state(client_id).latest_height
    if latest < target:
        return latest
    below = [height for height in host.queries.list_consensus_heights(client_id) if height < target]
    if not below:
        raise IbcError(
            f"client {client_id} on {host.chain_id} knows no block before {target}",
            remedy="prove at a newer height",
        )
    return below[-1]
