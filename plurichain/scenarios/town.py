"""A town's auction from the first coin to the last payment, as it would really be played.

The town and ten bidders; each bidder is a `plurichain bid auto` process with a home, key
and vault of its own that knows nothing but the node. One forgets to reveal, one is killed
and comes back, one opening is tampered with; an eleventh process without a key looks on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plurichain.errors import MissingExtra
from plurichain.scenarios.cast import SCRIPTS, TOWN
from plurichain.scenarios.example import load_example, stretch
from plurichain.scenarios.ledger import take_ledger
from plurichain.scenarios.opening_phase import (
    cheat,
    reveal_bids,
    wait_for_result,
    wait_for_reveal,
)
from plurichain.scenarios.pace import get_pace
from plurichain.scenarios.preparing import prepare
from plurichain.scenarios.scenes import Chapter, ignore_scene
from plurichain.scenarios.sealing_phase import lose_two, observe, open_auction, seal_bids
from plurichain.scenarios.settlement import (
    Settlement,
    draw_picture,
    validate_cleared,
    validate_reports,
    validate_result,
    validate_settlement,
)
from plurichain.scenarios.stage import open_stage
from plurichain.scenarios.tables import tabulate_award, tabulate_balances

if TYPE_CHECKING:
    from plurichain.auction.names import Side
    from plurichain.auction.state import AuctionState
    from plurichain.scenarios.cast import Script
    from plurichain.scenarios.preparing import Prepared
    from plurichain.scenarios.processes import Program
    from plurichain.scenarios.scenes import Report
    from plurichain.scenarios.stage import Stage


@dataclass(frozen=True, slots=True)
class Ending:
    """What the story came to; ``kept`` says how to look into its folder, if it was kept."""

    settlement: Settlement
    pictures: tuple[Path, ...]
    seconds: float
    kept: str


def play_town_auction(
    side: Side,
    *,
    folder: Path,
    seed: int = 0,
    keep: bool = False,
    slower: int | None = None,
    report: Report = ignore_scene,
) -> Ending:
    """Play the example of a side; pictures go to ``folder``.

    ``slower`` multiplies the time to commit and to reveal; by itself it is 1, and more on
    a busy machine.

    Raises CheckFailed if anything ended otherwise than the rules say, HarnessError if
    the chain or a process failed, and what the services raise.
    """
    script = SCRIPTS[side]
    unstretched = load_example(script.example)
    with open_stage(seed=seed, keep=keep, report=report) as stage:
        pace = get_pace(stage.start_s) if slower is None else slower
        example = stretch(unstretched, pace)
        _show_chain(stage)
        if pace > 1:
            why = "" if slower else "this machine is busy: "
            stage.say(f"{why}the bidders have {pace} times as long as the example says")
        _begin(stage, 2, "A town and its bidders")
        prepared = prepare(stage, example)
        auction, programs = _seal(stage, prepared, script)
        settlement = _open(stage, prepared, script, auction, programs)
        pictures = _settle(stage, prepared, settlement, folder)
    _begin(stage, 6, "Nothing is left behind")
    ended = stage.ended
    stage.say(f"{ended.nodes} node and {ended.programs} programs have ended; looked: none is left")
    if ended.kept:
        stage.say(ended.kept)
    return Ending(settlement, pictures, stage.elapsed_s(), ended.kept)


def _show_chain(stage: Stage) -> None:
    _begin(stage, 1, "A chain on this machine")
    status = stage.client.check()
    stage.say(
        f"{status.chain_id} answers at {stage.client.endpoint.grpc} (gRPC) and "
        f"{stage.client.endpoint.rpc} (RPC); block {status.height}"
    )


def _begin(stage: Stage, number: int, title: str) -> None:
    stage.tell(Chapter(number, title, stage.elapsed_s()))


def _seal(
    stage: Stage, prepared: Prepared, script: Script
) -> tuple[AuctionState, dict[str, Program]]:
    _begin(stage, 3, "Sealed bids")
    auction = open_auction(stage, prepared)
    programs = seal_bids(stage, prepared, auction)
    observe(stage, prepared, auction)
    lose_two(stage, auction, programs, names=(script.interrupted, script.forgetful))
    return auction, programs


def _open(
    stage: Stage,
    prepared: Prepared,
    script: Script,
    auction: AuctionState,
    programs: dict[str, Program],
) -> Settlement:
    wait_for_reveal(stage, auction)
    _begin(stage, 4, "The bids are opened")
    player = next(each for each in prepared.players if each.name == script.interrupted)
    cheat(stage, auction, player)
    reveal_bids(stage, prepared, auction, programs, interrupted=player, forgetful=script.forgetful)
    final = wait_for_result(stage, auction, programs, forgetful=script.forgetful)
    validate_cleared(final)
    result = stage.queries.get_result(final.id)
    assert result is not None
    settlement = Settlement(
        auction=final,
        result=result,
        commitments=tuple(stage.queries.list_commitments(final.id)),
        names=prepared.names,
        before=prepared.before,
        after=take_ledger(stage.client, prepared.holders, prepared.denoms),
    )
    del programs[script.forgetful]
    validate_reports(settlement, programs)
    return settlement


def _settle(
    stage: Stage, prepared: Prepared, settlement: Settlement, folder: Path
) -> tuple[Path, ...]:
    _begin(stage, 5, "The result")
    auction, result, wording = settlement.auction, settlement.result, prepared.wording
    stage.say(f"cleared by the chain at block {result.height}")
    stage.tell(tabulate_award(settlement, wording))
    if result.clearing_price is not None:
        stage.say(f"one price for all: {wording.format_price(result.clearing_price)}")
    for name, amount in settlement.forfeited.items():
        stage.say(
            f"{name} did not open its bid: its deposit of {wording.format_money(amount)} "
            f"({amount} {wording.payment_denom}) went to the community pool",
            is_event=True,
        )
    stage.tell(tabulate_balances(settlement.before, settlement.after, wording))
    validate_settlement(settlement, TOWN)
    for denom, supply in settlement.before.supply.items():
        stage.say(f"{denom}: {supply} on the whole chain before and after; none made, none lost")
    validate_result(stage.observer, auction.id)
    stage.say("the Python rules, from the openings on the chain, come to the same result")
    try:
        pictures = draw_picture(stage.observer, settlement, folder, prepared.example.name)
    except MissingExtra as error:
        stage.say(f"no picture: {error.cause}; {error.remedy}", is_event=True)
        return ()
    for path in pictures:
        stage.say(f"picture: {path}")
    return pictures
