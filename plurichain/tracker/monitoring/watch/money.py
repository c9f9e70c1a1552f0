"""Clients, relayers, wallets and the equations of money in words."""

from __future__ import annotations

from plurichain.tracker.monitoring.snapshot.items import (
    ClientItem,
    ConservationItem,
    RelayerItem,
    WalletItem,
)
from plurichain.tracker.monitoring.texts import format_age, shorten
from plurichain.tracker.monitoring.watch.cells import (
    UNKNOWN,
    Cell,
    Level,
    Row,
    Table,
    note_stale,
    show_number,
)


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


def describe_money(rows: tuple[ConservationItem, ...]) -> Cell:
    """Return whether money is missing, in one line."""
    broken = sum(row.verdict == "broken" for row in rows)
    if broken:
        return Cell(f"money: {broken} of {len(rows)} equations DO NOT HOLD", Level.BAD)
    left = sum(not row.freshness.is_wanted for row in rows)
    rows = tuple(row for row in rows if row.freshness.is_wanted)
    open_ = sum(row.verdict != "holds" for row in rows)
    if not rows and left:
        text = f"money: none is audited; {left} equations are of chains not followed any more"
        return Cell(text, Level.WARN)
    if not rows:
        return Cell("money: not audited yet (`plurichain ibc audit`)", Level.WARN)
    if open_:
        text = f"money: {open_} of {len(rows)} equations could not be checked, the others hold"
        return Cell(text, Level.WARN)
    besides = f", besides {left} of chains not followed any more" if left else ""
    return Cell(f"money: all {len(rows)} equations hold to the unit{besides}", Level.GOOD)


def make_money(rows: tuple[ConservationItem, ...]) -> Table:
    """Equations that hold are counted; the others are named."""
    holding = [row for row in rows if row.verdict == "holds" and row.freshness.is_wanted]
    others = [row for row in rows if row.verdict == "broken" or row.freshness.is_wanted]
    others = [row for row in others if row not in holding]
    left = len(rows) - len(holding) - len(others)
    shown = [
        Row(
            (
                Cell(f"{row.chain_id} {row.port}/{row.channel}"),
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
        Cell("? not audited yet: `plurichain ibc audit` does", Level.WARN),
    )
