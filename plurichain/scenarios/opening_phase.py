"""The reveal: eight open by themselves, one cheats in vain and comes back, one forgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.auction.phases import FINAL_PHASES
from plurichain.bidding.moments import SECOND_NS
from plurichain.errors import CheckFailed
from plurichain.scenarios.sealing_phase import start_bidder
from plurichain.scenarios.stage import GRACE_S
from plurichain.scenarios.tampering import send_tampered_opening

if TYPE_CHECKING:
    from plurichain.auction.state import AuctionState
    from plurichain.scenarios.cast import Player
    from plurichain.scenarios.preparing import Prepared
    from plurichain.scenarios.processes import Program
    from plurichain.scenarios.stage import Stage

#: Steps that a run which finds its opening in the vault has no reason to take.
SEALING_STEPS = frozenset({"sealed", "rebuilt", "committed"})


def wait_for_reveal(stage: Stage, auction: AuctionState) -> None:
    """Wait until the chain takes openings."""
    stage.wait_for_deadline(
        "time to seal", begin_ns=auction.created_at_ns, deadline_ns=auction.commit_deadline_ns
    )


def cheat(stage: Stage, auction: AuctionState, player: Player) -> None:
    """Send an opening with other prices than were sealed; the chain has to refuse it."""
    outcome = send_tampered_opening(stage.make_account(player.key), auction, player.bid)
    stage.say(
        f"{player.name}: its owner tries to open it with better prices, from another machine",
        is_event=True,
    )
    stage.say(
        f"refused by the chain at block {outcome.height}: {outcome.codespace}, code "
        f"{outcome.code} ({outcome.log.rpartition(': ')[2]}); transaction "
        f"{outcome.tx_hash[:16]}…"
    )


def reveal_bids(
    stage: Stage, prepared: Prepared, auction: AuctionState, programs: dict[str, Program],
    *, interrupted: Player, forgetful: str,
) -> None:  # fmt: skip
    """Restart the killed bidder and wait until all but the forgetful one are open."""
    programs[interrupted.name] = start_bidder(stage, interrupted, auction, run="second")
    stage.say(f"{interrupted.name}: the power is back, the same command runs again")
    stage.wait_until(
        "bids open",
        lambda: stage.queries.get_auction(auction.id).reveal_count,
        len(prepared.players) - 1,
        timeout_s=auction.terms.reveal_window_ns / SECOND_NS + GRACE_S,
    )
    validate_from_vault(programs[interrupted.name])
    stage.say(f"{interrupted.name}: opened from its vault what it had sealed before the cut")
    stage.say(f"{forgetful}: has not opened its bid and loses its deposit", is_event=True)


def validate_from_vault(program: Program) -> None:
    """Raise CheckFailed if a restarted run sealed anew instead of opening its vault."""
    steps = {str(step.get("step")) for step in program.read_steps()}
    again = sorted(steps & SEALING_STEPS)
    if again:
        raise CheckFailed(
            f"{program.name} did not finish from its vault: it took the steps {', '.join(again)}",
            remedy="keep the folder and look into its vault",
        )


def wait_for_result(
    stage: Stage, auction: AuctionState, programs: dict[str, Program], *, forgetful: str
) -> AuctionState:
    """Wait until the chain has cleared, and until every bidder has seen it and ended."""
    stage.wait_for_deadline(
        "time to open", begin_ns=auction.commit_deadline_ns, deadline_ns=auction.reveal_deadline_ns
    )
    stage.wait_until(
        "auctions cleared",
        lambda: int(stage.queries.get_auction(auction.id).phase in FINAL_PHASES),
        1,
        timeout_s=GRACE_S,
    )
    waiting = [program for name, program in programs.items() if name != forgetful]
    stage.wait_until(
        "bidders that have seen the result and ended",
        lambda: sum(not program.is_running() for program in waiting),
        len(waiting),
        timeout_s=GRACE_S,
    )
    return stage.queries.get_auction(auction.id)
