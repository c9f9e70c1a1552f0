"""`plurichain demo`: whole stories on chains of their own, from the first bid to the last Wh."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.commands import Group
from plurichain.cli.options import (
    Connection,
    Folder,
    auction_id_option,
    connection_options,
    output_option,
)
from plurichain.cli.output import JSON, NDJSON, TABLE, show_record

if TYPE_CHECKING:
    from plurichain.scenarios.grids import Ending as GridsEnding
    from plurichain.scenarios.partition import Ending as PartitionEnding
    from plurichain.scenarios.scenes import Report
    from plurichain.scenarios.town import Ending


folder_option = click.option(
    "--folder",
    type=Folder(),
    default="plurichain-demo",
    show_default=True,
    help="Where the pictures go.",
)
seed_option = click.option(
    "--seed",
    metavar="N",
    type=click.IntRange(0, 2**64 - 1),
    default=0,
    show_default=True,
    help="All keys of the chains follow from it.",
)
keep_option = click.option(
    "--keep", is_flag=True, help="Keep the chains' data, the homes and their logs."
)

slower_option = click.option(
    "--slower",
    metavar="TIMES",
    type=click.IntRange(1, 100),
    help="Give the bidders this many times as long (default: 1, more on a busy machine).",
)


@click.group(
    "demo",
    cls=Group,
    invoke_without_command=True,
    example="plurichain demo\nplurichain demo --auction forward --folder pictures",
)
@click.option(
    "--auction",
    type=click.Choice(["reverse", "forward"]),
    default="reverse",
    show_default=True,
    help="reverse: a town buys 100 kWh; forward: it sells 100 kWh.",
)
@folder_option
@seed_option
@keep_option
@slower_option
@output_option()
@click.pass_context
def group(
    ctx: click.Context,
    auction: str,
    folder: Path,
    seed: int,
    keep: bool,
    slower: int | None,
    output: str,
) -> None:
    """Play a whole auction on a local chain, with ten bidders and an observer.

    Ten programs bid for themselves, one forgets to open its bid, one is killed and comes
    back, somebody cheats in vain; the chain clears and pays, and all of it is checked.
    """
    if ctx.invoked_subcommand is not None:
        return
    from plurichain.auction.names import Side
    from plurichain.scenarios.town import play_town_auction

    # A polite end (kill, timeout) has to tidy up as Ctrl-C does.
    signal.signal(signal.SIGTERM, _interrupt)
    side = Side.parse(auction, field="--auction")
    ending = play_town_auction(
        side, folder=folder, seed=seed, keep=keep, slower=slower, report=_make_report(output)
    )
    if output in {JSON, NDJSON}:
        show_record(make_ending_record(ending), output)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _make_report(output: str) -> Report:
    from plurichain.cli.demo_screen import make_screen, print_scene_json
    from plurichain.scenarios.scenes import ignore_scene

    if output == NDJSON:
        return print_scene_json
    return make_screen() if output == TABLE else ignore_scene


def make_ending_record(ending: Ending) -> dict[str, Any]:
    """Return the end of the story as a record; amounts as decimal strings."""
    settlement = ending.settlement
    result = settlement.result
    price = result.clearing_price
    return {
        "auction_id": settlement.auction.id,
        "phase": settlement.auction.phase.text,
        "clearing_price": None if price is None else str(price),
        "award": {
            settlement.names[row.bidder.raw]: {
                "allocation": str(row.allocation),
                "payment": str(row.payment),
            }
            for row in result.awards
        },
        "forfeited": {name: str(amount) for name, amount in settlement.forfeited.items()},
        "supply": {denom: str(amount) for denom, amount in settlement.after.supply.items()},
        "pictures": [str(path) for path in ending.pictures],
        "seconds": round(ending.seconds, 1),
    }


@group.command("grids", example="plurichain demo grids --folder pictures")
@folder_option
@seed_option
@keep_option
@slower_option
@output_option()
def grids(folder: Path, seed: int, keep: bool, slower: int | None, output: str) -> None:
    """Play a day of metered energy that crosses three linked grids.

    Ten devices sign a day of readings, credits are issued, 200 of them cross to another
    grid and some on to a third, a relayer is killed on the way, vouchers are sold in a
    sealed auction and some are retired; at the end every Wh is accounted for.
    """
    from plurichain.scenarios.grids import play_grids

    signal.signal(signal.SIGTERM, _interrupt)
    ending = play_grids(
        folder=folder, seed=seed, keep=keep, slower=slower, report=_make_report(output)
    )
    if output in {JSON, NDJSON}:
        show_record(make_grids_record(ending), output)


def make_grids_record(ending: GridsEnding) -> dict[str, Any]:
    """Return the end of the grids' story as a record; amounts as decimal strings."""
    from plurichain.scenarios.grids.accounting import PLACES

    return {
        "metered_wh": str(ending.books.metered_wh),
        "issued_wh": str(ending.books.issued_wh),
        "places_wh": {
            place: str(amount)
            for place, amount in zip(PLACES, ending.books.sum_places(), strict=True)
        },
        "transfers": ending.transfers,
        "sold_wh": str(ending.sold_wh),
        "pictures": [str(path) for path in ending.pictures],
        "seconds": round(ending.seconds, 1),
    }


@group.command("partition", example="plurichain demo partition --folder pictures")
@folder_option
@seed_option
@keep_option
@slower_option
@output_option()
def partition(folder: Path, seed: int, keep: bool, slower: int | None, output: str) -> None:
    """Play two linked grids whose link is cut while transfers are under way.

    One relayer is killed and another one cut off; each grid holds a sealed auction on its
    own; some packets time out. Then the link heals, everything is settled, and every Wh is
    accounted for. A tracker watches all the time and says what it cannot know.
    """
    from plurichain.scenarios.partition import play_partition

    signal.signal(signal.SIGTERM, _interrupt)
    ending = play_partition(
        folder=folder, seed=seed, keep=keep, slower=slower, report=_make_report(output)
    )
    if output in {JSON, NDJSON}:
        show_record(make_partition_record(ending), output)


def make_partition_record(ending: PartitionEnding) -> dict[str, Any]:
    """Return the end of the story of the cut as a record; Wh and times as decimal strings."""
    from plurichain.scenarios.partition.record import make_record

    return {
        **make_record(ending),
        "pictures": [str(path) for path in ending.pictures],
        "seconds": round(ending.seconds, 1),
    }


@group.command("observe", example="plurichain demo observe --auction-id 1 --output json")
@auction_id_option
@connection_options
@output_option()
def observe(auction_id: int, connection: Connection, output: str) -> None:
    """Read every block and print what it says of an auction to somebody without a key."""
    from plurichain.cli.demo_screen import make_screen
    from plurichain.cli.session import open_observer
    from plurichain.scenarios.observer import observe_auction
    from plurichain.scenarios.tables import tabulate_observation
    from plurichain.scenarios.wording import Wording

    with open_observer(connection) as observer:
        terms = observer.queries.get_auction(auction_id).terms
        seen = observe_auction(observer.client, auction_id)
    record = seen.to_json()
    if output == TABLE:
        wording = Wording(terms.lot_denom, terms.payment_denom)
        make_screen()(tabulate_observation(seen, {}, wording))
        del record["commits"]
    show_record(record, output)
