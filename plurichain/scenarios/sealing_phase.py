"""Ten sealed bids, each from a process of its own, and what an observer sees of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from plurichain.auction.names import Phase, Side
from plurichain.bidding.creating import create_auction
from plurichain.bidding.moments import SECOND_NS, format_span
from plurichain.errors import CheckFailed, HarnessError
from plurichain.scenarios.cast import BID_FILE, write_home
from plurichain.scenarios.observer import Observation
from plurichain.scenarios.stage import BUSY, GRACE_S
from plurichain.scenarios.tables import tabulate_observation
from plurichain.units import format_coins, get_amount

if TYPE_CHECKING:
    from plurichain.auction.state import AuctionState
    from plurichain.scenarios.cast import Player
    from plurichain.scenarios.preparing import Prepared
    from plurichain.scenarios.processes import Program
    from plurichain.scenarios.stage import Stage

OBSERVER = "observer"


def open_auction(stage: Stage, prepared: Prepared) -> AuctionState:
    """Have the town open the auction of the example; its whole side is escrowed."""
    terms, wording = prepared.example.terms, prepared.wording
    auction = create_auction(stage.make_account(prepared.town), terms).auction
    price = wording.format_price(terms.reserve_price or 0)
    wanted = (
        f"buys {wording.format_lot(terms.quantity)} for at most {price}"
        if terms.side is Side.REVERSE
        else f"sells {wording.format_lot(terms.quantity)} for at least {price}"
    )
    stage.say(f"the town {wanted}; rule {terms.payment_rule.text}; {terms.title}")
    stage.say(
        f"auction {auction.id} holds the town's whole side: {format_coins(auction.escrow)}; "
        f"every bid costs a deposit of "
        f"{wording.format_money(get_amount(auction.deposit, terms.payment_denom))}"
    )
    return auction


def start_bidder(stage: Stage, player: Player, auction: AuctionState, *, run: str) -> Program:
    """Start the program that bids for a player."""
    arguments = ["bid", "auto", "--auction-id", str(auction.id)]
    arguments += ["--bid", str(player.home / BID_FILE), "--output", "ndjson"]
    return stage.programs.start(player.name, arguments, player.home, run=run)


def seal_bids(stage: Stage, prepared: Prepared, auction: AuctionState) -> dict[str, Program]:
    """Start all bidders and wait until every commitment is on the chain."""
    programs = {
        player.name: start_bidder(stage, player, auction, run="first")
        for player in prepared.players
    }
    stage.say(
        f"{len(programs)} programs `plurichain bid auto` started, each with its own key, "
        "vault and home; they know the node's address and nothing of each other"
    )
    try:
        stage.wait_until(
            "sealed bids on the chain",
            lambda: stage.queries.get_auction(auction.id).bidder_count,
            len(programs),
            timeout_s=auction.terms.commit_window_ns / SECOND_NS + GRACE_S,
        )
    except HarnessError as error:
        if stage.client.get_latest_header().time_ns >= auction.commit_deadline_ns:
            error.remedy = BUSY
        raise
    return programs


def observe(stage: Stage, prepared: Prepared, auction: AuctionState) -> Observation:
    """Have an eleventh process, which has no key, read the chain; check what it saw.

    Raises CheckFailed if it saw anything but one commitment and one equal deposit for
    each bidder, HarnessError if the machine was too slow for it to look in time.
    """
    home = stage.folder / OBSERVER
    write_home(home, prepared.public)
    arguments = ["demo", "observe", "--auction-id", str(auction.id), "--output", "json"]
    program = stage.programs.start(OBSERVER, arguments, home, run="first")
    program.wait(timeout_s=auction.terms.commit_window_ns / SECOND_NS + GRACE_S)
    seen = Observation.from_json(json.loads(program.read_output()))
    if seen.time_ns >= auction.commit_deadline_ns:
        late = format_span(seen.time_ns - auction.commit_deadline_ns)
        raise HarnessError(
            f"the observer looked {late} after the last bid had to be sealed",
            remedy=BUSY,
        )
    names = {str(player.key.address): player.name for player in prepared.players}
    stage.tell(tabulate_observation(seen, names, prepared.wording))
    validate_observation(seen, auction, names)
    stage.say(
        f"the observer decoded {seen.transactions} transactions and {seen.events} events: "
        f"{len(seen.commits)} commitments, {len(seen.commits)} equal deposits, {seen.reveals} "
        "openings. But for bidder, commitment, key, signature and time the "
        f"{len(seen.commits)} are the same, byte for byte"
    )
    return seen


def validate_observation(seen: Observation, auction: AuctionState, names: dict[str, str]) -> None:
    """Raise CheckFailed if an observer can tell more than who has committed."""
    deposits = {commit.deposit for commit in seen.commits}
    problems = {
        f"{seen.opaque} transactions could not be decoded": bool(seen.opaque),
        f"{seen.reveals} openings are on the chain": bool(seen.reveals),
        "not every bidder has exactly one commitment": sorted(names)
        != sorted(commit.bidder for commit in seen.commits),
        "two commitments are equal": len({commit.bid_commitment for commit in seen.commits})
        != len(names),
        f"a deposit is not {format_coins(auction.deposit)}": deposits != {auction.deposit},
        f"the commitments come in {seen.shapes} different forms": seen.shapes != 1,
    }
    found = [text for text, is_true in problems.items() if is_true]
    if found:
        raise CheckFailed(
            f"the observer saw more than sealed bids: {'; '.join(found)}",
            remedy="this must not happen; keep the folder and report it",
        )


def lose_two(
    stage: Stage, auction: AuctionState, programs: dict[str, Program], *, names: tuple[str, str]
) -> None:
    """Kill the programs of two bidders between commit and reveal."""
    interrupted, forgetful = names
    programs[interrupted].kill()
    stage.say(f"{interrupted}: its process is killed (SIGKILL), as by a power cut", is_event=True)
    programs[forgetful].kill()
    stage.say(f"{forgetful}: switched off for the night; nobody will think of it", is_event=True)
    if stage.queries.get_auction(auction.id).phase is not Phase.COMMITTING:
        raise HarnessError(
            "the bids had to be opened before two of the bidders could be stopped",
            remedy=BUSY,
        )
