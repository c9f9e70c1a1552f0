"""A credit's trace as people read it and as programs do; energy as decimal strings of Wh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plurichain.bidding.moments import format_time
from plurichain.cli.energy.views import make_retirement_record
from plurichain.cli.output import TABLE, show_note, show_record, show_rows, show_text
from plurichain.energy.attributes_json import make_attributes_record
from plurichain.energy.moments import format_second
from plurichain.ibc.conservation import Verdict
from plurichain.tracker.auditing.credit_places import NOWHERE
from plurichain.units import format_duration

if TYPE_CHECKING:
    from plurichain.tracker.auditing.conservation import TokenAudit
    from plurichain.tracker.auditing.credit_places import CreditPlace
    from plurichain.tracker.auditing.credits import CreditTrace
    from plurichain.tracker.auditing.tokens import TokenCrossing
    from plurichain.tracker.views import PacketRow

SECOND_NS: Final = 1_000_000_000
TOLD_LAG_NS: Final = 10 * SECOND_NS
"""A trace that is older than this, by block time, is said to be."""


def make_trace_record(found: CreditTrace) -> dict[str, Any]:
    """Return all of a trace."""
    return {
        "denom": found.denom,
        "verdict": found.verdict.value,
        "issued_wh": _text(found.issued),
        "held_wh": str(found.held),
        "retired_wh": str(found.retired),
        "under_way_wh": str(found.under_way),
        "found_wh": str(found.found),
        "is_retired_twice": found.is_retired_twice,
        "packets_from": "tracker" if found.is_tracked else "state",
        "origin": _make_origin(found),
        "attributes": make_attributes_record(found.origin.attributes),
        "packets": [_make_hop(row) for row in found.hops],
        "places": [_make_place(place, full=True) for place in found.places],
        "channels": [_make_crossing(audit) for audit in found.crossings],
        "not_asked": [_name(crossing) for crossing in found.unreached],
        "lags_ns": {chain_id: _text(lag_ns) for chain_id, lag_ns in found.lags.items()},
    }


def show_trace(found: CreditTrace) -> None:
    """Print a trace for people: where from, over which hops, where now, and the sum."""
    attributes = found.origin.attributes
    summary = {"credit": found.denom} | _make_origin(found)
    summary |= {
        "technology": attributes.technology,
        "zone": attributes.zone,
        "interval": f"{format_second(attributes.interval_start)} to "
        f"{format_second(attributes.interval_end)}",
    }
    show_record(summary, TABLE)
    _show_section("packets", [_make_hop(row) for row in found.hops])
    _show_section("where it is", [_make_place(place, full=False) for place in found.places])
    _show_section("between chains", [_make_crossing(audit) for audit in found.crossings])
    retirements = [
        {
            "chain_id": place.chain_id,
            "wh": record["amount_wh"],
            "beneficiary": record["beneficiary"],
            "purpose": record["purpose"],
            "retired_at": record["retired_at"],
        }
        for place in found.places
        for record in map(make_retirement_record, place.retirements)
    ]
    _show_section("retired", retirements)
    show_text("")
    show_text(
        f"issued {_or_unknown(found.issued)} Wh = {found.held} held + {found.retired} retired + "
        f"{found.under_way} on their way: {_explain(found)}"
    )
    for crossing in found.unreached:
        if crossing.peer == NOWHERE:
            show_note(f"where {crossing.owner} leads is not known: what went there is not found")
        else:
            show_note(f"{crossing.peer} was not asked: what went there over {crossing.owner}")
    if not found.is_tracked:
        show_note("no tracker's database: paths are those that the chains' state tells")
    for chain_id, lag_ns in sorted(found.lags.items()):
        if lag_ns is None or lag_ns >= TOLD_LAG_NS:
            show_note(
                f"{chain_id} is told as it was {_show_lag(lag_ns)} ago: as far as the tracker has "
                "read all chains; see that `plurichain ibc track` runs"
            )


def _show_lag(lag_ns: int | None) -> str:
    if lag_ns is None:
        return "an unknown time"
    return format_duration(lag_ns // SECOND_NS * SECOND_NS)


def _explain(found: CreditTrace) -> str:
    if found.verdict is Verdict.HOLDS:
        return "every Wh is in one place"
    if found.verdict is Verdict.UNKNOWN:
        return "not known of every Wh"
    if found.is_retired_twice:
        return "retired twice"
    return "it differs"


def _make_origin(found: CreditTrace) -> dict[str, Any]:
    origin = found.origin
    attributes, reading, issue = origin.attributes, origin.reading, origin.issue
    when = None
    if issue is not None:
        word = "in" if issue.is_exact else "in or before"
        when = f"{word} block {issue.height}, {format_time(issue.time_ns)}"
    return {
        "origin_chain": attributes.origin_chain,
        "attributes_hash_to_denom": origin.is_hash_proven,
        "device": attributes.device_id,
        "owner": None if origin.device is None else str(origin.device.owner),
        "metered_wh": None if reading is None else str(reading.reading.energy_wh),
        "reading_signed_by_device": origin.is_reading_proven,
        "issuing_body": attributes.issuing_body,
        "body_name": None if origin.body is None else origin.body.name,
        "issued_wh": _text(origin.issued_wh),
        "issued": when,
    }


def _make_hop(row: PacketRow) -> dict[str, Any]:
    return {
        "chain_id": row.chain_id,
        "channel": f"{row.end.port}/{row.end.channel}",
        "sequence": str(row.sequence),
        "to": row.destination_chain_id,
        "wh": _text(row.amount),
        "class": row.story.value,
        "sent": None if row.sent_time_ns is None else format_time(row.sent_time_ns),
    }


def _make_place(place: CreditPlace, *, full: bool) -> dict[str, Any]:
    path = "/".join(map(str, place.path.hops))
    shown: dict[str, Any] = {
        "chain_id": place.chain_id,
        "path": path or None,
        "height": place.height,
        "held": str(place.held),
        "escrowed": str(sum(place.escrowed.values())),
        "retired": str(place.retired),
        "origin": _explain_origin(place),
    }
    if full:
        shown |= {
            "denom": place.denom,
            "supply": str(place.supply),
            "escrowed_by_channel": {name: str(each) for name, each in place.escrowed.items()},
            "is_genuine": place.is_genuine,
            "retirements": [make_retirement_record(each) for each in place.retirements],
        }
    return shown


def _explain_origin(place: CreditPlace) -> str:
    if not place.is_genuine:
        return "another coin of that name"
    if place.origin is None:
        return "not known on this chain"
    return "verified" if place.origin.verified else "unverified origin"


def _make_crossing(audit: TokenAudit) -> dict[str, Any]:
    balance = audit.balance
    return {
        **_name(audit.crossing),
        "heights": f"{audit.height}/{audit.peer_height}",
        "escrow": None if balance is None else str(balance.escrow),
        "supply": None if balance is None else str(balance.counterparty_supply),
        "retired": None if balance is None else str(balance.counterparty_retired),
        "in_flight": None if balance is None else str(balance.in_flight),
        "returning": None if balance is None else str(balance.returning),
        "refunds_due": None if balance is None else str(balance.refunds_due),
        "difference": None if balance is None else str(balance.difference),
        "verdict": audit.verdict.value,
        "reason": audit.reason,
    }


def _name(crossing: TokenCrossing) -> dict[str, str | None]:
    owner, peer = crossing.owner, crossing.peer
    is_known = peer != NOWHERE
    return {
        "chain_id": owner.chain_id,
        "channel": f"{owner.port}/{owner.channel}",
        "other_chain": peer.chain_id if is_known else None,
        "other_channel": f"{peer.port}/{peer.channel}" if is_known else None,
    }


def _show_section(title: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        show_text(f"\n{title}:")
        show_rows(rows, TABLE)


def _or_unknown(number: int | None) -> str:
    return "an unknown number of" if number is None else str(number)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
