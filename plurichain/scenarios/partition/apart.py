"""The cut: what is on its way stays there, and both grids go on alone."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.errors import CheckFailed
from plurichain.ibc.conservation import Verdict
from plurichain.ibc.packet_story import StoryClass
from plurichain.scenarios.grids.stage import PATIENCE_S
from plurichain.scenarios.pace import stretch
from plurichain.scenarios.partition.accounting import Books, take_books, validate_books
from plurichain.scenarios.partition.auctions import Held, hold_auction
from plurichain.scenarios.partition.auditing import (
    BLIND_CALL_S,
    Audit,
    audit_as_tracker,
    validate_extent,
)
from plurichain.scenarios.partition.cast import Wave
from plurichain.scenarios.partition.offers import collect_offers
from plurichain.scenarios.partition.sending import SECOND_NS, Sent, send_wave
from plurichain.scenarios.partition.truth import (
    Moment,
    Truth,
    count_received,
    take_moments,
    take_truth,
)
from plurichain.scenarios.partition.watching import (
    Knowledge,
    compare,
    take_knowledge,
    wait_until_stale,
)
from plurichain.scenarios.partition.world import FIRST, SECOND
from plurichain.scenarios.scenes import Shown
from plurichain.units import format_micro, format_wh

if TYPE_CHECKING:
    from plurichain.scenarios.grids.metering import Metered
    from plurichain.scenarios.grids.stage import GridStage
    from plurichain.scenarios.partition.auditing import Witness
    from plurichain.scenarios.partition.cast import Parcel
    from plurichain.scenarios.partition.world import World

HURRY_S: Final = 3
ARRIVAL_S: Final = 120.0
STALE_S: Final = 60.0
#: Blocks that take in what was handed to a node before the cut.
LAST_BLOCKS: Final = 2


@dataclass(frozen=True, slots=True)
class Midway:
    """In the middle of it: what is true, what the tracker knows, and where every Wh is.

    ``blind`` is the audit that the tracker can make, ``seeing`` that of one which reaches
    both grids.
    """

    truth: Truth
    known: Knowledge
    books: Books
    blind: Audit
    seeing: Audit


@dataclass(frozen=True, slots=True)
class Cut:
    """The time of the cut, by the blocks of both grids.

    ``begun`` and ``ended`` are the last blocks when the link was cut and before it healed;
    ``at_cut`` is what was on its way then.
    """

    begun: Mapping[str, Moment]
    ended: Mapping[str, Moment]
    sent: tuple[Sent, ...]
    at_cut: Truth
    midway: Midway
    auctions: Mapping[str, Held]


def live_apart(
    world: World,
    witness: Witness,
    metered: Mapping[str, Metered],
    parcels: Sequence[Parcel],
    sent: Sequence[Sent],
    pace: int,
) -> Cut:
    """Cut the link while packets are carried, and have both grids live through it.

    Raises CheckFailed if an equation does not hold, HarnessError, and what services raise.
    """
    stage = world.stage
    begun, caught, at_cut = _cut(world, parcels, sent)
    with _opened_halls(stage, parcels, pace) as held:
        more = _send_into_the_cut(stage, parcels, pace)
        everything = [*caught, *more]
        midway = _look_around(world, witness, metered, everything)
        auctions = {name: each.result() for name, each in held.items()}
    ended = take_moments(stage)
    stage.tell(_tabulate_auctions(stage, auctions, begun))
    return Cut(begun, ended, tuple(everything), at_cut, midway, auctions)


@contextlib.contextmanager
def _opened_halls(
    stage: GridStage, parcels: Sequence[Parcel], pace: int
) -> Iterator[dict[str, Future[Held]]]:
    """Hold an auction on each grid meanwhile; they are left where they are if anything fails."""
    stopping = threading.Event()
    with ThreadPoolExecutor(len(stage.grids)) as halls:
        try:
            yield {
                name: halls.submit(
                    hold_auction, stage, name, collect_offers(stage, name, parcels), pace, stopping
                )
                for name in stage.grids
            }
        finally:
            stopping.set()


def _cut(
    world: World, parcels: Sequence[Parcel], sent: Sequence[Sent]
) -> tuple[dict[str, Moment], list[Sent], Truth]:
    """Cut the link as soon as packets arrive on either side, and kill a relayer.

    Meanwhile owners hand in more: however slow this program is, some are not received yet.
    Returns when it was, all that was sent until then, and what had become of it.
    """
    stage = world.stage
    under_way = [each for each in sent if each.parcel.wave is Wave.EARLIER]

    def count() -> int:
        return sum(count_received(stage, name, under_way) > 0 for name in stage.grids)

    stage.wait_until(
        "grids that have received some of them", count, len(stage.grids), timeout_s=ARRIVAL_S
    )
    with ThreadPoolExecutor(1) as owners:
        handed_in = owners.submit(send_wave, stage, parcels, Wave.LATER)
        world.link.cut()
        world.kill_relayer(FIRST)
        begun = take_moments(stage)
    stage.say(f"the line to grid B is cut, and {FIRST} is killed (SIGKILL)", is_event=True)
    later = handed_in.result()
    sent = [*sent, *later]
    stage.say(f"owners were just handing in {len(later)} more")
    stage.say(f"{SECOND} runs on: it reaches grid A, and asks for grid B again and again")
    for name, moment in begun.items():
        stage.grids[name].client.wait_for_height(
            moment.height + LAST_BLOCKS, timeout_s=stretch(PATIENCE_S)
        )
    at_cut = take_truth(stage, sent)
    counts = {
        story: sum(at_cut.count(here).get(story, 0) for here in stage.grids) for story in StoryClass
    }
    stage.say(
        f"caught by it: {counts[StoryClass.UNRECEIVED]} packets that were not received yet, and "
        f"{counts[StoryClass.ACK_PENDING]} whose acknowledgement was not back yet"
    )
    return begun, sent, at_cut


def _send_into_the_cut(stage: GridStage, parcels: Sequence[Parcel], pace: int) -> list[Sent]:
    """Have owners of both grids go on sending; half of it has only seconds to arrive."""
    hurry_ns = HURRY_S * SECOND_NS * pace
    sent = send_wave(stage, parcels, Wave.PATIENT, Wave.HASTY, patience_ns={Wave.HASTY: hurry_ns})
    hasty = [each for each in sent if each.parcel.wave is Wave.HASTY]
    returning = sum(each.parcel.is_returning for each in sent)
    stage.say(
        f"owners do not know of it and send {len(sent)} more, {returning} of them vouchers on "
        f"their way home; {len(hasty)} have only {HURRY_S * pace} s to arrive, the others an hour"
    )
    return sent


def _look_around(
    world: World, witness: Witness, metered: Mapping[str, Metered], sent: Sequence[Sent]
) -> Midway:
    """Look at everything once the time of the packets in a hurry is over."""
    stage = world.stage
    due_ns = max(each.timeout_ns for each in sent if each.parcel.wave is Wave.HASTY)
    for grid in stage.grids.values():
        timeout_s = due_ns / SECOND_NS - grid.client.get_latest_header().time_ns / SECOND_NS
        grid.client.wait_for_time(due_ns, timeout_s=max(timeout_s, 0.0) + stretch(PATIENCE_S))
    wait_until_stale(world, timeout_s=STALE_S)
    truth, known = take_truth(stage, sent), take_knowledge(world)
    due = sum(story is StoryClass.EXPIRED for story in truth.classes.values())
    stage.say(
        f"{due} packets can be received no more, and nobody can prove that to their senders' grid"
    )
    for name, grid in stage.grids.items():
        chain, now = known.chains[name], truth.moments[name]
        silence = "" if chain.freshness.error is None else f"; {chain.freshness.error}"
        stage.say(
            f"the tracker: {grid.title} is {known.format_as_of(name, now)}{silence}",
            is_event=not chain.is_current,
        )
    stage.tell(compare(stage, known, truth))
    books = take_books(stage, metered, truth)
    validate_books(books)
    return Midway(truth, known, books, *_audit_both(world, witness, truth, books))


def _audit_both(world: World, witness: Witness, truth: Truth, books: Books) -> tuple[Audit, Audit]:
    """Ask whether a Wh is missing: of the tracker, and of one that reaches both grids."""
    stage = world.stage
    blind = audit_as_tracker(world, call_s=BLIND_CALL_S)
    stage.say(
        f"is a Wh missing? the tracker's audit: {blind.describe()}, "
        f"since {'; '.join(blind.reasons)}",
        is_event=True,
    )
    heights = {stage.grids[name].chain_id: each.height for name, each in truth.moments.items()}
    witness.read_up_to(heights)
    seeing = witness.audit()
    stage.say(f"the audit of a second tracker, with a line to each grid: {seeing.describe()}")
    moving = {name: books.sum_channel(name) for name in stage.grids}
    on_way = sum(each.in_flight + each.returning for each in moving.values())
    due = sum(each.refunds_due for each in moving.values())
    stage.say(
        f"counted at the nodes of both: {books.equation_count} equations hold, two for each "
        f"credit, with {format_wh(on_way)} on the way and {format_wh(due)} to be paid back"
    )
    if not blind.is_all(Verdict.UNKNOWN):
        raise CheckFailed(f"the tracker cannot know this: {blind.describe()}")
    if not seeing.is_all(Verdict.HOLDS):
        raise CheckFailed(f"{seeing.describe()}: {'; '.join(seeing.reasons)}")
    validate_extent(seeing, truth)
    return blind, seeing


def _tabulate_auctions(
    stage: GridStage, auctions: Mapping[str, Held], begun: Mapping[str, Moment]
) -> Shown:
    """What was sold on each grid, and when by its own blocks."""
    rows = []
    for name, held in auctions.items():
        after_s = (held.result.cleared_at_ns - begun[name].time_ns) / SECOND_NS
        rows.append(
            (stage.grids[name].title, held.auction.terms.payment_rule.text,
             str(len(held.sellers)), str(held.sum_sold_from("a")), str(held.sum_sold_from("b")),
             str(held.bought_wh), format_micro(held.paid), f"{after_s:.1f} s after the cut")
        )  # fmt: skip
    columns = ("on", "rule", "sealed bids", "Wh made on A", "Wh made on B", "Wh", "EUR", "cleared")
    return Shown("Two auctions that needed no link", columns, tuple(rows), frozenset(columns[2:7]))
