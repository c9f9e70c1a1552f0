"""The end of the story as plain data, for programs; Wh and times as decimal strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plurichain.scenarios.partition.accounting import PLACES
from plurichain.scenarios.partition.cast import Wave

if TYPE_CHECKING:
    from plurichain.scenarios.partition.auctions import Held
    from plurichain.scenarios.partition.story import Ending
    from plurichain.scenarios.partition.truth import Truth


def make_record(ending: Ending) -> dict[str, Any]:
    """Return what the story came to; ``waves`` and ``classes`` count packets."""
    cut = ending.cut
    return {
        "seed": ending.seed,
        "cut_ns": {name: str(moment.time_ns) for name, moment in cut.begun.items()},
        "healed_ns": {name: str(moment.time_ns) for name, moment in cut.ended.items()},
        "auctions": {name: _record_auction(held) for name, held in cut.auctions.items()},
        "at_cut": _count(cut.at_cut),
        "during": _count(cut.during),
        "known": {here: _sort(cut.known.count(here)) for here in cut.known.rows},
        "after": _count(ending.after),
        "waves": {
            wave.name.lower(): sum(each.parcel.wave is wave for each in cut.sent) for wave in Wave
        },
        "issued_wh": str(ending.books.sum_issued()),
        "places_during_wh": dict(zip(PLACES, map(str, cut.books.sum_places()), strict=True)),
        "places_wh": dict(zip(PLACES, map(str, ending.books.sum_places()), strict=True)),
        "equations": ending.books.equation_count,
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


def _count(truth: Truth) -> dict[str, dict[str, int]]:
    return {here: _sort(truth.count(here)) for here in truth.moments}


def _sort(counts: Any) -> dict[str, int]:
    return {story.value: count for story, count in sorted(counts.items()) if count}
