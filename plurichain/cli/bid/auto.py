"""`plurichain bid auto`: what a device runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plurichain.cli.commands import Command
from plurichain.cli.options import (
    Sending,
    auction_id_option,
    output_option,
    required_bid_option,
    sending_options,
)
from plurichain.cli.output import NDJSON, show_json, show_record, show_text

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
@click.option("--systemd", is_flag=True, help="Print a systemd unit that runs this; do nothing.")
@sending_options
@output_option()
def auto(
    auction_id: int, bid_file: str, until: str, systemd: bool, sending: Sending, output: str
) -> None:
    """Seal, commit, wait, reveal and wait for the result, unattended.

    May be started before its node and killed at any point: it keeps trying, and started
    again with the same command it does nothing twice. With --output ndjson each step is one
    line of JSON on standard output.
    """
    from plurichain.bidding.auto import run_auto
    from plurichain.bidding.persisting import keep_trying
    from plurichain.cli.bid.input import parse_bid
    from plurichain.cli.bid.views import make_status_record
    from plurichain.cli.files import read_input
    from plurichain.cli.session import open_bidder, show_progress

    if systemd:
        _show_unit(auction_id, bid_file, until, sending)
        return

    report = make_ndjson_report() if output == NDJSON else show_progress
    file = read_input(bid_file)
    with open_bidder(sending, report, is_patient=True) as bidder:
        bid, digest = keep_trying(lambda: parse_bid(bidder, auction_id, file), report)
        status = run_auto(bidder, auction_id, bid, digest, until_result=until == "result")
        record = make_status_record(bidder, status)
    show_record(record, output)


def _show_unit(auction_id: int, bid_file: str, until: str, sending: Sending) -> None:
    """Print the unit; what it cannot do at a boot is refused here."""
    from pathlib import Path

    from plurichain.cli.systemd import format_unit
    from plurichain.config import get_network, home_folder
    from plurichain.errors import UsageError

    network = get_network(sending.network)
    if bid_file == "-":
        raise UsageError("--systemd needs the bid in a file", remedy="name it with --bid FILE")
    if network.keyring != "test" and sending.passphrase_file is None:
        raise UsageError(
            "a service cannot be asked for a passphrase",
            remedy="name a file that holds it (mode 0600) with --passphrase-file",
        )
    words = ["bid", "auto", "--auction-id", str(auction_id), "--until", until]
    words += ["--bid", str(Path(bid_file).absolute()), "--network", network.name]
    words += ["--timeout", f"{sending.timeout_s:g}"]
    if sending.key is not None:
        words += ["--key", sending.key]
    if sending.passphrase_file is not None:
        words += ["--passphrase-file", str(Path(sending.passphrase_file).absolute())]
    words += _get_sending_words(sending)
    show_text(format_unit(auction_id, words, home_folder()).rstrip())


def _get_sending_words(sending: Sending) -> list[str]:
    words = [] if sending.max_fee is None else ["--max-fee", str(sending.max_fee)]
    if sending.is_ordered:
        words += ["--ordered"]
    if sending.fee_payer is not None:
        words += ["--fee-payer", sending.fee_payer]
    if sending.fee_granter is not None:
        words += ["--fee-granter", sending.fee_granter]
    return words


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
        show_json(line, is_line=True)

    return report
