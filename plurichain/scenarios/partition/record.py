"""The end of the story as plain data, for programs; Wh and times as decimal strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plurichain.scenarios.partition.accounting import PLACES
from plurichain.scenarios.partition.cast import Wave

if TYPE_CHECKING:
    from plurichain.scenarios.partition.accounting import Books
    from plurichain.scenarios.partition.apart import Midway
    from plurichain.scenarios.partition.auctions import Held
    from plurichain.scenarios.partition.auditing import Audit
    from plurichain.scenarios.partition.story import Ending
    from plurichain.scenarios.partition.truth import Truth


def make_record(ending: Ending) -> dict[str, Any]:
    """Return what the story came to; ``waves`` and ``classes`` count packets."""
    cut, books = ending.cut, ending.closing.books
    return {
        "seed": ending.seed,
        "cut_ns": {name: str(moment.time_ns) for name, moment in cut.begun.items()},
        "healed_ns": {name: str(moment.time_ns) for name, moment in cut.ended.items()},
        "auctions": {name: _record_auction(held) for name, held in cut.auctions.items()},
        "at_cut": _count(cut.at_cut),
        "midway": _record_midway(cut.midway),
        "after": _count(ending.after),
        "held_up": ending.held_up,
        "waves": {
            wave.name.lower(): sum(each.parcel.wave is wave for each in cut.sent) for wave in Wave
        },
        "issued_wh": str(books.sum_issued()),
        "places_wh": _record_places(books),
        "equations": books.equation_count,
        "audit": _record_audit(ending.closing.audit),
        "refunds": {each.value: count for each, count in ending.closing.refunds.items()},
    }


def _record_auction(held: Held) -> dict[str, Any]:
    return {
        "auction_id": held.auction.id,
        "created_ns": str(held.auction.created_at_ns),
        "commit_deadline_ns": str(held.auction.commit_deadline_ns),
        "reveal_deadline_ns": str(held.auction.reveal_deadline_ns),
        "cleared_ns": str(held.result.cleared_at_ns),
        "bought_wh": str(held.bought_wh),
        "retired_wh": str(held.retired_wh),
    }


def _record_midway(midway: Midway) -> dict[str, Any]:
    """Return the middle of the cut; what the tracker does not know is null."""
    known = midway.known
    return {
        "true": _count(midway.truth),
        "known": {
            here: {story.value: count for story, count in item.counts.items() if count != 0}
            for here, item in known.channels.items()
        },
        "is_exact": {here: item.is_exact for here, item in known.channels.items()},
        "is_current": {name: item.is_current for name, item in known.chains.items()},
        "places_wh": _record_places(midway.books),
        "blind_audit": _record_audit(midway.blind),
        "seeing_audit": _record_audit(midway.seeing),
    }


def _record_audit(audit: Audit) -> dict[str, int]:
    return {verdict.value: count for verdict, count in audit.verdicts.items()}


def _record_places(books: Books) -> dict[str, str]:
    return dict(zip(PLACES, map(str, books.sum_places()), strict=True))


def _count(truth: Truth) -> dict[str, dict[str, int]]:
    return {here: _sort(truth.count(here)) for here in truth.moments}


def _sort(counts: Any) -> dict[str, int]:
    return {story.value: count for story, count in sorted(counts.items()) if count}
