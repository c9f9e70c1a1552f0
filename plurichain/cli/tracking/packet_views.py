"""How packets and channels are shown: all of it in JSON, in a table what fits a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plurichain.ibc.packet_story import StoryClass

if TYPE_CHECKING:
    from plurichain.tracker.channel_figures import ChannelFigures
    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.observations import ChannelState
    from plurichain.tracker.views import PacketRow


def show_packet(row: PacketRow, chains: dict[str, ChainView], *, full: bool) -> dict[str, Any]:
    """Return a packet as a row; ``full`` is for programs, without it for a table."""
    end = row.end
    shown: dict[str, Any] = {
        "chain_id": row.chain_id,
        "channel": f"{end.port}/{end.channel}" if end.port else end.channel,
        "sequence": str(row.sequence),
        "to": row.destination_chain_id,
        "class": row.story.value,
        "age_s": _seconds(row.age_ns),
        "left_s": _seconds(_find_left(row, chains)),
        "amount": None if row.amount is None else str(row.amount),
        "denom": row.denom,
    }
    if full:
        shown |= {
            "timeout_height": None if row.timeout_height.is_zero else str(row.timeout_height),
            "timeout_ns": str(row.timeout_ns) if row.timeout_ns else None,
            "sent_height": row.sent_height,
            "sent_time_ns": _text(row.sent_time_ns),
            "received_time_ns": _text(row.received_time_ns),
            "answered_time_ns": _text(row.answered_time_ns),
            "ended_time_ns": _text(row.ended_time_ns),
            "sent_by": row.sent_by,
            "received_by": row.received_by,
            "ended_by": row.ended_by,
            "repeats": row.repeats,
        } | _show_state(chains, row.chain_id, row.destination_chain_id)
    return shown


def _find_left(row: PacketRow, chains: dict[str, ChainView]) -> int | None:
    """Return how long the destination will still take a packet, by its own clock.

    None where that is over, where no time ends it (a height may: see JSON), or not known.
    """
    destination = chains.get(row.destination_chain_id or "")
    if row.story is not StoryClass.UNRECEIVED or not row.timeout_ns:
        return None
    if destination is None or destination.time_ns is None:
        return None
    return max(row.timeout_ns - destination.time_ns, 0)


def show_channel(
    figures: ChannelFigures, chains: dict[str, ChainView], states: list[ChannelState]
) -> dict[str, Any]:
    """Return all figures of a channel end, with how old they are, for programs."""
    from plurichain.tracker.channel_figures import PERCENTILES, compute_percentile

    end = figures.end
    # Packets may have been sent in blocks that were not read: then none known is not none.
    is_exact = chains[figures.chain_id].has_read_end(end, None)
    shown: dict[str, Any] = {
        "chain_id": figures.chain_id,
        "channel": f"{end.port}/{end.channel}" if end.port else end.channel,
        "to": figures.destination_chain_id,
        "packets": {story.value: count for story, count in sorted(figures.counts.items()) if count},
        "open": figures.open_count if figures.open_count or is_exact else None,
        **_show_observed(figures, states),
        "is_exact": is_exact,
        "oldest_s": _seconds(figures.oldest_ns),
        "unaged": figures.unaged,
    }
    for name, values in (("receive", figures.receiving_ns), ("settle", figures.settling_ns)):
        for percent in PERCENTILES:
            shown[f"{name}_p{percent}_s"] = _seconds(compute_percentile(values, percent))
    return shown | _show_state(chains, figures.chain_id, figures.destination_chain_id)


def show_channel_line(full: dict[str, Any]) -> dict[str, Any]:
    """Return what a table shows of ``show_channel``.

    ``open`` is ">=" what is known where packets may have been sent in blocks that were not
    read. ``read`` is up to which block of either chain ("-": none), with "!" if some before it
    were not.
    """
    known = full["open"] is None or full["is_exact"]
    return {
        "chain_id": full["chain_id"],
        "channel": full["channel"],
        "to": full["to"],
        "open": full["open"] if known else f">={full['open']}",
        "oldest_s": full["oldest_s"],
        "unread": full["unread"],
        "state": full["state"],
        "read": "/".join(_show_read(full, name) for name in ("source", "destination")),
        "packets": full["packets"],
    }


def _show_read(full: dict[str, Any], name: str) -> str:
    height, coverage = full[f"{name}_height"], full[f"{name}_coverage"]
    return "-" if height is None else f"{height}{'!' * (coverage == 'gaps')}"


def _show_observed(figures: ChannelFigures, states: list[ChannelState]) -> dict[str, Any]:
    """Say what the chain answered of its end, as of when by this machine's clock."""
    end = (figures.chain_id, figures.end.protocol.value, figures.end.port, figures.end.channel)
    found = next(
        (each for each in states if (each.chain_id, each.protocol, each.port, each.channel) == end),
        None,
    )
    return {
        "unread": None if found is None else found.unread,
        "state": None if found is None else found.state,
        "state_height": None if found is None else found.height,
        "state_answered_ns": None if found is None else _text(found.answered_ns),
        "state_error": None if found is None else found.error,
    }


def _show_state(chains: dict[str, ChainView], source: str, peer: str | None) -> dict[str, Any]:
    """Say how old what is shown is, and whether anything is missing on either chain."""
    shown: dict[str, Any] = {}
    for name, chain_id in (("source", source), ("destination", peer)):
        chain = chains.get(chain_id or "")
        shown[f"{name}_height"] = None if chain is None else chain.height
        shown[f"{name}_time_ns"] = None if chain is None else _text(chain.time_ns)
        state = "none" if chain is None else "complete" if chain.is_complete else "gaps"
        shown[f"{name}_coverage"] = state
    return shown


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _seconds(duration_ns: int | None) -> str | None:
    """Return a duration in seconds with three decimals, without a float."""
    if duration_ns is None:
        return None
    sign, thousandths = "-" * (duration_ns < 0), abs(duration_ns) // 1_000_000
    return f"{sign}{thousandths // 1_000}.{thousandths % 1_000:03d}"
