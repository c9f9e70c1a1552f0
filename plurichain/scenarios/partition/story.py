"""The story of the cut: two grids, transfers under way, and a link that is away for a while."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plurichain.scenarios.grids.stage import open_grids
from plurichain.scenarios.partition.apart import Cut, live_apart
from plurichain.scenarios.partition.auditing import open_witness
from plurichain.scenarios.partition.beginning import begin_transfers, begin_world, meter_both
from plurichain.scenarios.partition.cast import plan_parcels
from plurichain.scenarios.partition.offers import prepare_markets
from plurichain.scenarios.partition.picturing import draw_story
from plurichain.scenarios.partition.reconciling import Closing, close_books, heal, reconcile
from plurichain.scenarios.partition.silence import validate_silence
from plurichain.scenarios.partition.world import open_world
from plurichain.scenarios.scenes import ignore_scene

if TYPE_CHECKING:
    from plurichain.scenarios.partition.truth import Truth
    from plurichain.scenarios.scenes import Report, Scene

CHAINS: Final = 2
#: Twice the seconds in which everything until the cut is done where nothing else wants the
#: processors: auctions have several times as long as they need.
CALM_S: Final = 24


@dataclass(frozen=True, slots=True)
class Ending:
    """What the story came to; ``kept`` says where its folder is, if it was kept.

    ``held_up`` is how many packets waited for the link to heal.
    """

    seed: int
    cut: Cut
    after: Truth
    held_up: int
    closing: Closing
    pictures: tuple[Path, ...]
    seconds: float
    kept: str


def play_partition(
    *,
    folder: Path,
    seed: int = 0,
    keep: bool = False,
    slower: int | None = None,
    report: Report = ignore_scene,
) -> Ending:
    """Play it on two chains of its own; pictures go to ``folder``.

    ``slower`` multiplies the time of the auctions and of packets in a hurry; by itself it is
    1, and more on a busy machine. Raises CheckFailed if a single Wh is not where the rules
    say or the tracker says otherwise, HarnessError if a chain or a program failed, and what
    the services raise.
    """
    with open_grids(
        seed=seed, keep=keep, report=_make_orderly(report), count=CHAINS, story="partition"
    ) as stage:
        stage.begin(1, "Two grids, one link")
        with open_world(stage, seed=seed) as world, open_witness(world) as witness:
            begin_world(world, seed)
            stage.begin(2, "A day of energy on either grid")
            metered = meter_both(stage)
            parcels = plan_parcels(stage, metered)
            prepare_markets(stage, parcels)
            stage.begin(3, "Transfers under way")
            sent = begin_transfers(world, parcels)
            # That says more of the next seconds than the load of the last minute.
            pace = stage.choose_pace(slower, calm_s=CALM_S)
            stage.begin(4, "The link is cut")
            cut = live_apart(world, witness, metered, parcels, sent, pace)
            stage.begin(5, "The link heals")
            heal(world)
            after, rows = reconcile(world, cut.sent)
            held_up = validate_silence(rows, cut)
            stage.say(f"not one packet got through while the line was cut: {held_up} waited for it")
            stage.begin(6, "Every Wh is accounted for")
            closing = close_books(world, witness, metered, after)
            pictures = draw_story(stage, cut, rows, folder)
            seconds = stage.elapsed_s()
    if stage.kept:
        stage.say(stage.kept)
    return Ending(seed, cut, after, held_up, closing, pictures, seconds, stage.kept)


def _make_orderly(report: Report) -> Report:
    """Return what reports one scene at a time: two grids tell theirs at once."""
    guard = threading.Lock()

    def tell(scene: Scene) -> None:
        with guard:
            report(scene)

    return tell
