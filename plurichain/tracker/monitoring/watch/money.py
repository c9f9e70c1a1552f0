"""Clients, relayers, wallets and the equations of money in words."""

from __future__ import annotations

from typing import Final

from plurichain.tracker.monitoring.snapshot.items import (
    ClientItem,
    RelayerItem,
    Snapshot,
    WalletItem,
)
from plurichain.tracker.monitoring.snapshot.money import may_hold_money, name_audit, name_audited
from plurichain.tracker.monitoring.texts import SECOND_NS, format_age, shorten
from plurichain.tracker.monitoring.watch.cells import (
    UNKNOWN,
    Cell,
    Level,
    Row,
    Table,
    note_stale,
    show_number,
)

_AUDITED_WITHIN_NS: Final = 3_600 * SECOND_NS
"""How old an audit may be that says that all is well; a tracker audits every few minutes."""


def make_clients(clients: tuple[ClientItem, ...], now_ns: int) -> Table:
    """Return the table of light clients, with what is left of each."""
    return Table(
        "CLIENTS",
        ("client", "status", ">left"),
        tuple(_make_client(each, now_ns) for each in clients),
        Cell("none was asked for", Level.DIM),
    )


def _make_client(client: ClientItem, now_ns: int) -> Row:
    status = client.status
    is_well = status is not None and status.lower() == "active"
    left = client.left_ns
    cells = (
        Cell(f"{client.chain_id} {client.client_id}"),
        Cell(status or UNKNOWN,
             Level.GOOD if is_well else Level.WARN if status is None else Level.BAD),
        Cell("expired" if left is not None and left <= 0 else format_age(left),
             Level.WARN if left is None else Level.BAD if left <= 0 else Level.PLAIN),
    )  # fmt: skip
    peer = Cell(f"of {client.peer_chain_id or 'an unknown chain'}", Level.DIM)
    return Row(cells, (peer, *note_stale(client.freshness, now_ns)))


def make_relayers(relayers: tuple[RelayerItem, ...]) -> Table:
    """Return the table of signers, and what their messages came to."""
    rows = []
    for each in relayers:
        effected = sum(first for first, _ in each.by_kind.values())
        redundant = sum(repeated for _, repeated in each.by_kind.values())
        rows.append(
            Row(
                (
                    Cell(each.chain_id),
                    Cell(shorten(each.signer) if each.signer else "not known"),
                    Cell(str(effected)),
                    Cell(str(redundant)),
                    Cell(str(each.failed), Level.WARN if each.failed else Level.PLAIN),
                )
            )
        )
    return Table(
        "RELAYERS",
        ("chain", "signer", ">effected", ">after a rival", ">failed"),
        tuple(rows),
        Cell("nobody has carried a packet in blocks that were read", Level.DIM),
    )


def make_wallets(wallets: tuple[WalletItem, ...], now_ns: int) -> Table:
    """Return the table of watched accounts."""
    return Table(
        "WALLETS",
        ("chain", "account", ">holds", ">least", ""),
        tuple(
            Row(
                (
                    Cell(each.chain_id),
                    Cell(each.name),
                    show_number(each.amount),
                    Cell("-" if each.least is None else str(each.least)),
                    Cell(shorten(each.denom) + (" LOW" if each.is_low else ""),
                         Level.BAD if each.is_low else Level.PLAIN),
                ),
                note_stale(each.freshness, now_ns),
            )
            for each in wallets
        ),
        Cell("none is watched", Level.DIM),
    )  # fmt: skip


def describe_money(snapshot: Snapshot) -> Cell:
    """Return whether money is missing, in one line, and as of when."""
    rows = snapshot.conservation
    if not rows:
        told = _describe_unaudited(snapshot)
        return Cell(f"money: {told.text}", told.level)
    age_ns = max(row.freshness.age_ns(snapshot.taken_ns) or 0 for row in rows)
    broken = sum(row.verdict == "broken" for row in rows)
    if broken:
        text = f"money: {broken} of {len(rows)} equations DO NOT HOLD"
        return Cell(f"{text}, audited {format_age(age_ns)} ago", Level.BAD)
    left = sum(not row.freshness.is_wanted for row in rows)
    rows = tuple(row for row in rows if row.freshness.is_wanted)
    if not rows:
        text = f"money: none is audited; {left} equations are of chains not followed any more"
        return Cell(text, Level.WARN)
    age_ns = max(row.freshness.age_ns(snapshot.taken_ns) or 0 for row in rows)
    well = sum(row.verdict == "holds" for row in rows)
    besides = f", besides {left} of chains not followed any more" if left else ""
    tail = f", audited {format_age(age_ns)} ago{besides}"
    if well < len(rows):
        unknown = len(rows) - well
        text = f"money: {unknown} of {len(rows)} equations could not be checked, {well} hold"
        return Cell(text + tail, Level.WARN)
    text = f"money: {well} of {len(rows)} equations hold to the unit{tail}"
    return Cell(text, Level.WARN if age_ns > _AUDITED_WITHIN_NS else Level.GOOD)


def _describe_unaudited(snapshot: Snapshot) -> Cell:
    if snapshot.channels and not any(map(may_hold_money, snapshot.channels)):
        return Cell("none was ever sent", Level.DIM)
    return Cell(f"not audited yet: `{name_audit(snapshot)}` does", Level.WARN)


def make_money(snapshot: Snapshot) -> Table:
    """Equations that hold are counted; the others are named."""
    rows = snapshot.conservation
    holding = [row for row in rows if row.verdict == "holds" and row.freshness.is_wanted]
    others = [row for row in rows if row.verdict == "broken" or row.freshness.is_wanted]
    others = [row for row in others if row not in holding]
    left = len(rows) - len(holding) - len(others)
    shown = [
        Row(
            (
                Cell(name_audited(row)),
                Cell(shorten(row.denom)),
                Cell(row.verdict, Level.BAD if row.verdict == "broken" else Level.WARN),
                show_number(row.difference),
            )
        )
        for row in sorted(others, key=lambda row: row.verdict)
    ]
    if holding:
        hold = Cell(f"{len(holding)} hold to the unit", Level.GOOD)
        shown.append(Row((hold, Cell(""), Cell(""), Cell(""))))
    if left:
        gone = Cell(f"{left} of chains that are not followed any more", Level.DIM)
        shown.append(Row((gone, Cell(""), Cell(""), Cell(""))))
    return Table(
        "MONEY",
        ("escrow over", "token", "equation", ">difference"),
        tuple(shown),
        _describe_unaudited(snapshot),
    )
