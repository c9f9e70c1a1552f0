"""Which audits tell of the money of a channel end, and which ends have any."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Final

from plurichain.tracker.monitoring.snapshot.items import ChannelItem, ConservationItem, Snapshot

if TYPE_CHECKING:
    from plurichain.tracker.reading import End

_PORTS: Final = frozenset({"transfer", ""})
"""Where tokens are sent from: the port of transfers, and of IBC v2 any."""

EndKey = tuple[str, "End"]


def find_audits(snapshot: Snapshot) -> dict[EndKey, tuple[ConservationItem, ...]]:
    """Return by channel end the audits of its escrow, and of that at its other end.

    An audit looks at what was sent from both ends. Coins that go back to where they came from
    are in the escrow of that end alone, so that an end may well have none of its own.
    """
    rows: dict[tuple[str, str, str], list[ConservationItem]] = {}
    for row in snapshot.conservation:
        rows.setdefault((row.chain_id, row.port, row.channel), []).append(row)
    return {(each.chain_id, each.end): (*_find(each, rows),) for each in snapshot.channels}


def _find(
    channel: ChannelItem, rows: dict[tuple[str, str, str], list[ConservationItem]]
) -> list[ConservationItem]:
    own = rows.get((channel.chain_id, channel.end.port, channel.end.channel), [])
    if channel.peer_chain_id is None or channel.peer is None:
        return own
    return own + rows.get((channel.peer_chain_id, channel.peer.port, channel.peer.channel), [])


def may_hold_money(channel: ChannelItem) -> bool:
    """Tell whether anything was sent from a channel end, as far as it is known that nothing was.

    What was never sent needs no audit, and has none.
    """
    return channel.end.port in _PORTS and any(count != 0 for count in channel.counts.values())


def name_audit(snapshot: Snapshot) -> str:
    """Return the command that audits what is tracked, with the names of its networks."""
    names = [each.network for each in snapshot.chains if each.network is not None]
    if len(names) < 2:
        names = ["NETWORK", "NETWORK"]
    return " ".join(("plurichain ibc audit", *map(quote, names)))


def name_audited(row: ConservationItem) -> str:
    """Return where an equation holds: over a channel end, or on the chain that issued a credit."""
    if not row.channel:
        return f"{row.chain_id} (issued there)"
    return f"{row.chain_id} {row.port}/{row.channel}"
