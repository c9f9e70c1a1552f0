"""After the cut: the link heals, a relayer comes back, and the books are closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.errors import CheckFailed
from plurichain.ibc.conservation import Verdict
from plurichain.ibc.packet_story import StoryClass
from plurichain.ibc.refunds import RefundVerdict
from plurichain.scenarios.grids.metering import validate_issued
from plurichain.scenarios.partition.accounting import (
    PLACES,
    Books,
    take_books,
    validate_books,
    validate_owners,
)
from plurichain.scenarios.partition.auditing import (
    Audit,
    audit_as_tracker,
    check_refunds,
    validate_extent,
    validate_same,
)
from plurichain.scenarios.partition.cast import Wave
from plurichain.scenarios.partition.truth import Truth, take_truth
from plurichain.scenarios.partition.watching import list_rows, validate_rows, wait_until_read
from plurichain.scenarios.partition.world import FIRST, SECOND
from plurichain.scenarios.scenes import Shown
from plurichain.units import format_wh

if TYPE_CHECKING:
    from plurichain.scenarios.grids.metering import Metered
    from plurichain.scenarios.partition.auditing import Witness
    from plurichain.scenarios.partition.sending import Sent
    from plurichain.tracker.views import PacketRow

    Rows = Mapping[str, tuple[PacketRow, ...]]
    from plurichain.scenarios.partition.world import World

SETTLED_S: Final = 120.0
#: How the packets of each wave have to end.
ENDS: Final[Mapping[Wave, StoryClass]] = {
    Wave.BEFORE: StoryClass.ACKED,
    Wave.EARLIER: StoryClass.ACKED,
    Wave.LATER: StoryClass.ACKED,
    Wave.PATIENT: StoryClass.ACKED,
    Wave.HASTY: StoryClass.REFUNDED,
}


@dataclass(frozen=True, slots=True)
class Closing:
    """Where every Wh is in the end, and what the tracker's audits say of it."""

    books: Books
    audit: Audit
    refunds: Mapping[RefundVerdict, int]


def heal(world: World) -> None:
    """Heal the link, and start the killed relayer again."""
    world.link.heal()
    world.start_relayer(FIRST, run="second")
    world.stage.say(
        f"the line is whole again: {SECOND} goes on by itself; {FIRST} is started again, and "
        "knows nothing but what stands on the chains"
    )


def reconcile(world: World, sent: Sequence[Sent]) -> tuple[Truth, Rows]:
    """Wait until no packet is open, and hold the tracker's view against the chains.

    Raises CheckFailed if a packet has ended otherwise than it had to, or the tracker says
    so; HarnessError if something stays open.
    """
    stage = world.stage
    stage.wait_until(
        "packets settled",
        lambda: len(sent) - take_truth(stage, sent).open_count,
        len(sent),
        timeout_s=SETTLED_S,
    )
    truth = take_truth(stage, sent)
    for each, story in truth.classes.items():
        if story is not ENDS[each.parcel.wave]:
            raise CheckFailed(
                f"packet {each.sequence} of grid {each.parcel.here}, sent {each.parcel.wave}, "
                f"is {story}, and not {ENDS[each.parcel.wave]}"
            )
    wait_until_read(world, truth.moments, timeout_s=SETTLED_S)
    rows = list_rows(world)
    count = validate_rows(stage, rows, truth)
    stage.tell(_tabulate_ends(truth))
    stage.say(f"the tracker has each of the {count} packets in the class that the chains say")
    _say_who_carried(world, rows)
    return truth, rows


def _say_who_carried(world: World, rows: Rows) -> None:
    """Say which relayer brought how much first, by the results that the chains wrote down."""
    names = world.get_relayer_addresses()
    everybody = [row for each in rows.values() for row in each]
    for relayer in (FIRST, SECOND):
        received = sum(names.get(row.received_by or "") == relayer for row in everybody)
        ended = sum(names.get(row.ended_by or "") == relayer for row in everybody)
        world.stage.say(
            f"{relayer} was first with {received} packets and with the end of {ended}, says the "
            "tracker"
        )


def _tabulate_ends(truth: Truth) -> Shown:
    rows = []
    for wave, end in ENDS.items():
        of_wave = [each for each in truth.classes if each.parcel.wave is wave]
        energy = sum(each.parcel.coin.amount for each in of_wave)
        rows.append((wave.value, str(len(of_wave)), end.value, format_wh(energy)))
    columns = ("sent", "packets", "all of them", "energy")
    return Shown("How they ended", columns, tuple(rows), frozenset({"packets", "energy"}))


def close_books(
    world: World, witness: Witness, metered: Mapping[str, Metered], truth: Truth
) -> Closing:
    """Count every Wh on both grids. Raises CheckFailed if one is lost, doubled or misplaced."""
    stage = world.stage
    books = take_books(stage, metered, truth)
    stage.tell(tabulate_books(books))
    for day in metered.values():
        validate_issued(day)
    validate_books(books)
    stage.say(f"{books.equation_count} equations hold to the Wh, and nothing is on its way")
    owned = validate_owners(stage, metered, truth)
    stage.say(f"{owned} holdings of owners are just what they sent, got and were paid back")
    audit = audit_as_tracker(world)
    stage.say(f"is a Wh missing? the tracker's audit: {audit.describe()}")
    if not audit.is_all(Verdict.HOLDS):
        raise CheckFailed(f"{audit.describe()}: {'; '.join(audit.reasons)}")
    validate_extent(audit, truth)
    refunds = check_refunds(world)
    expected = {RefundVerdict.PAID: list(truth.classes.values()).count(StoryClass.REFUNDED)}
    if refunds != expected:
        raise CheckFailed(f"refunds: {refunds}, and not {expected}")
    stage.say(
        f"{refunds[RefundVerdict.PAID]} packets timed out, and in the block of each its sender was "
        "paid back"
    )
    world.stop_tracker()
    rows = validate_same(world, witness)
    stage.say(
        f"the tracker knows just what the second one knows, which was never cut off: {rows} rows"
    )
    return Closing(books, audit, refunds)


def tabulate_books(books: Books) -> Shown:
    """Where the energy is, by the grid where it was made."""
    parts = [books.sum_places(home) for home in ("a", "b")]
    rows = [
        (place, *(str(part[index]) for part in parts), str(sum(part[index] for part in parts)))
        for index, place in enumerate(PLACES)
    ]
    issued = [books.sum_issued(home) for home in ("a", "b")]
    rows.append(("issued", *map(str, issued), str(sum(issued))))
    columns = ("Wh", "made on grid A", "made on grid B", "together")
    return Shown("Where every Wh is", columns, tuple(rows), frozenset(columns[1:]),
                 last_is_total=True)  # fmt: skip
