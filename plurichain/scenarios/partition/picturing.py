"""The picture of the story, made of what the tracker and the auctions say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plurichain.errors import MissingExtra
from plurichain.ibc.packet_story import StoryClass
from plurichain.pictures.timeline import Life, Span, Tone, draw_timeline
from plurichain.scenarios.partition.cast import OTHER, Wave
from plurichain.scenarios.partition.world import FIRST, SECOND, TRACKER
from plurichain.units import format_wh

if TYPE_CHECKING:
    from plurichain.scenarios.grids.stage import GridStage
    from plurichain.scenarios.partition.apart import Cut
    from plurichain.scenarios.partition.sending import Sent
    from plurichain.tracker.views import PacketRow

PICTURE: Final = "partition"


def draw_story(
    stage: GridStage, cut: Cut, rows: Mapping[str, tuple[PacketRow, ...]], folder: Path
) -> tuple[Path, ...]:
    """Write the pictures and return them; none without the plotting library."""
    lives = {
        f"{stage.grids[here].title} to {stage.grids[OTHER[here]].title}": _list_lives(
            [each for each in cut.sent if each.parcel.here == here], sent
        )
        for here, sent in rows.items()
    }
    cut_ns = (
        max(moment.time_ns for moment in cut.begun.values()),
        min(moment.time_ns for moment in cut.ended.values()),
    )
    times = [time for each in lives.values() for life in each
             for time in (life.sent_ns, life.ended_ns) if time is not None]  # fmt: skip
    try:
        pictures = draw_timeline(
            lives,
            _make_spans(stage, cut, cut_ns, (min(times), max(times))),
            cut_ns,
            title="Two grids, cut off from each other and joined again",
            path=folder / PICTURE,
        )
    except MissingExtra as error:
        stage.say(f"no picture: {error.cause}; {error.remedy}", is_event=True)
        return ()
    for path in pictures:
        stage.say(f"picture: {path}")
    return pictures


def _list_lives(sent: Sequence[Sent], rows: Sequence[PacketRow]) -> list[Life]:
    """Return the packets of a direction, wave by wave."""
    told = {row.sequence: row for row in rows}
    waves = list(Wave)
    ordered = sorted(sent, key=lambda each: (waves.index(each.parcel.wave), each.sequence))
    return [_make_life(told[each.sequence], each.timeout_ns) for each in ordered]


def _make_life(row: PacketRow, due_ns: int) -> Life:
    is_refunded = row.story is StoryClass.REFUNDED
    return Life(
        sent_ns=row.sent_time_ns or 0,
        received_ns=row.received_time_ns,
        due_ns=due_ns if is_refunded else None,
        ended_ns=row.ended_time_ns,
        is_refunded=is_refunded,
    )


def _make_spans(
    stage: GridStage, cut: Cut, cut_ns: tuple[int, int], ends_ns: tuple[int, int]
) -> list[Span]:
    """Return what went on beside the packets: relayers, the tracker, auctions."""
    (begin_ns, end_ns), (cut_off, healed) = ends_ns, cut_ns
    apart = {
        FIRST: ("killed", Tone.ENDED),
        SECOND: ("runs, and reaches grid A alone", Tone.IDLE),
        TRACKER: ("of grid B it says: unknown", Tone.IDLE),
    }
    spans = []
    for name, (text, tone) in apart.items():
        work = "reads" if name == TRACKER else "carries"
        spans += [
            Span(name, begin_ns, cut_off, work, Tone.WORK),
            Span(name, cut_off, healed, text, tone),
            Span(name, healed, end_ns, work, Tone.WORK),
        ]
    for name, held in cut.auctions.items():
        row, auction = f"auction on {stage.grids[name].title}", held.auction
        bids = f"{len(held.sellers)} sealed bids"
        sold = f"opened, cleared: {format_wh(held.bought_wh)}"
        opened = Span(row, auction.commit_deadline_ns, held.result.cleared_at_ns, sold, Tone.OPENED)
        spans += [
            Span(row, auction.created_at_ns, auction.commit_deadline_ns, bids, Tone.SEALED),
            opened,
        ]
    return spans
