"""`plurichain bid auto`: what a device runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from plurichain.cli.commands import Command
from plurichain.cli.options import (
    Signing,
    auction_id_option,
    output_option,
    required_bid_option,
    signing_options,
)
from plurichain.cli.output import NDJSON, show_record, show_text

if TYPE_CHECKING:
    from plurichain.bidding.progress import Progress, Report


@click.command(
    "auto",
    cls=Command,
    example="plurichain bid auto --auction-id 1 --bid bid.csv --key pv-school --output ndjson",
)
@auction_id_option
@required_bid_option
@click.option(
    "--until",
    type=click.Choice(["revealed", "result"]),
    default="result",
    show_default=True,
    help="When to end.",
)
@signing_options
@output_option()
def auto(auction_id: int, bid_file: str, until: str, signing: Signing, output: str) -> None:
    """Seal, commit, wait, reveal and wait for the result, unattended.

    May be killed at any point and started again with the same command: it does nothing
    twice. With --output ndjson each step is one line of JSON on standard output.
    """
    from plurichain.bidding.auto import run_auto
    from plurichain.cli.bid_input import read_bid
    from plurichain.cli.bid_views import make_status_record
    from plurichain.cli.session import open_bidder, show_progress

    report = make_ndjson_report() if output == NDJSON else show_progress
    with open_bidder(signing, report) as bidder:
        bid, digest = read_bid(bidder, auction_id, bid_file)
        status = run_auto(bidder, auction_id, bid, digest, until_result=until == "result")
        record = make_status_record(bidder, status)
    show_record(record, output)


def make_ndjson_report() -> Report:
    """Return a report that prints each step as one JSON object a line."""
    from plurichain.cli.session import note_progress

    def report(progress: Progress) -> None:
        note_progress(progress)
        line = {
            "step": progress.name,
            "warning": progress.is_warning,
            "text": progress.text,
            **progress.fields,
        }
        show_text(json.dumps(line, ensure_ascii=False))

    return report
