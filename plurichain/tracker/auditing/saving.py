"""Audits kept beside what blocks told, for those who look later."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from plurichain.tracker.observations import ConservationRow, Observations

if TYPE_CHECKING:
    from plurichain.tracker.auditing.conservation import OriginAudit, TokenAudit
    from plurichain.tracker.store import PacketStore


def save_audits(
    store: PacketStore,
    tokens: Iterable[TokenAudit],
    origins: Iterable[OriginAudit],
    *,
    asked_ns: int,
) -> None:
    """Keep what an audit found, in place of what the last one did. Raises StorageError.

    ``asked_ns`` is the local clock. A credit on the chain that issued it has no channel: its
    port and channel are empty, and its issued amount is supply + retired + difference.
    """
    Observations(store).save(
        *(_make_token_row(each, asked_ns) for each in tokens),
        *(_make_origin_row(each, asked_ns) for each in origins),
    )


def _make_token_row(audit: TokenAudit, asked_ns: int) -> ConservationRow:
    crossing, balance = audit.crossing, audit.balance
    known = (
        {}
        if balance is None
        else {
            "escrow": balance.escrow,
            "supply": balance.counterparty_supply,
            "retired": balance.counterparty_retired,
            "in_flight": balance.in_flight,
            "returning_amount": balance.returning,
            "refunds_due": balance.refunds_due,
            "difference": balance.difference,
        }
    )
    return ConservationRow(
        chain_id=crossing.owner.chain_id,
        port=crossing.owner.port,
        channel=crossing.owner.channel,
        denom=crossing.denom,
        verdict=audit.verdict.value,
        asked_ns=asked_ns,
        height=audit.height,
        peer_chain_id=crossing.peer.chain_id,
        peer_height=audit.peer_height,
        **known,
    )


def _make_origin_row(audit: OriginAudit, asked_ns: int) -> ConservationRow:
    return ConservationRow(
        chain_id=audit.chain_id,
        port="",
        channel="",
        denom=audit.denom,
        verdict=audit.verdict.value,
        asked_ns=asked_ns,
        height=audit.height,
        supply=audit.balance.supply,
        retired=audit.balance.retired,
        difference=audit.balance.difference,
    )
