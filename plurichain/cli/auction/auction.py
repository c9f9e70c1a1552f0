"""`plurichain auction`: create, follow, settle and recompute auctions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plurichain.cli.commands import Group, LazyCommand
from plurichain.cli.options import (
    Connection,
    Seconds,
    Sending,
    auction_id_argument,
    connection_options,
    output_option,
    sending_options,
)
from plurichain.cli.output import (
    TABLE,
    is_output_closed,
    show_note,
    show_record,
    show_rows,
    show_text,
)
from plurichain.errors import CheckFailed

if TYPE_CHECKING:
    from plurichain.chain.transactions.outcome import Outcome
    from plurichain.identifiers import Address

PHASES = ("committing", "waiting", "revealing", "clearing", "cleared", "failed", "cancelled")


@click.group(
    "auction",
    cls=Group,
    lazy={
        "clear": LazyCommand(
            "plurichain.cli.auction.clear", "clear", "Compute the result of a problem file."
        )
    },
    example="plurichain auction create terms.toml --key town\nplurichain auction watch 1",
)
def group() -> None:
    """Create, watch, settle and recompute auctions."""


@group.command("create", example="plurichain auction create terms.toml --key town --output json")
@click.argument("terms", metavar="TERMS.TOML")
@click.option(
    "--credits",
    "credit_text",
    metavar="COINS",
    help="The lot, where you sell a class of credits; otherwise such as you hold.",
)
@sending_options
@output_option()
def create(terms: str, credit_text: str | None, sending: Sending, output: str) -> None:
    """Open an auction with the terms in a TOML file; your whole side is escrowed."""
    from plurichain.cli.files import read_terms

    parsed = read_terms(terms)
    from plurichain.bidding.creating import create_auction
    from plurichain.cli.auction.views import make_auction_record
    from plurichain.cli.session import open_account
    from plurichain.units import parse_coins

    named = None if credit_text is None else parse_coins(credit_text, field="--credits")
    with open_account(sending) as account:
        account.resume()
        receipt = create_auction(account, parsed, named=named)
        phase = receipt.auction.phase
        record = make_auction_record(receipt.auction, phase) | {
            "tx_hash": receipt.tx_hash,
            "height": receipt.height,
        }
    show_record(record, output)


@group.command("list", example="plurichain auction list --phase committing --output ndjson")
@click.option("--phase", type=click.Choice(PHASES), help="Only those in this phase.")
@click.option("--creator", metavar="ADDR", help="Only those of this creator.")
@connection_options
@output_option()
def list_auctions(
    phase: str | None, creator: str | None, connection: Connection, output: str
) -> None:
    """List the auctions on the chain."""
    from plurichain.auction.names import Phase
    from plurichain.cli.auction.views import make_auction_row
    from plurichain.cli.session import open_observer

    wanted = Phase.parse(phase, field="--phase") if phase else None
    by = _parse_address(connection.network, creator, "--creator")
    with open_observer(connection) as observer:
        auctions = observer.queries.list_auctions(phase=wanted, creator=by)
    show_rows([make_auction_row(auction) for auction in auctions], output, empty="no auctions")


@group.command(
    "show",
    example="plurichain auction show 1\nplurichain auction show 1 --terms > terms.toml",
)
@auction_id_argument
@click.option("--terms", is_flag=True, help="Write the terms as TOML.")
@click.option("--bids", is_flag=True, help="List the commitments and reveals.")
@connection_options
@output_option()
def show(auction_id: int, terms: bool, bids: bool, connection: Connection, output: str) -> None:
    """Show one auction, its deposit, and what walking away from it costs."""
    from plurichain.auction.terms_toml import format_terms_toml
    from plurichain.bidding.auctions import get_sighting
    from plurichain.cli.auction import views
    from plurichain.cli.session import open_observer

    if terms and bids:
        raise click.UsageError("--terms and --bids print different things; choose one")
    with open_observer(connection) as observer:
        sighting = get_sighting(observer, auction_id)
        if bids:
            commitments = observer.queries.list_commitments(auction_id)
            reveals = observer.queries.list_reveals(auction_id)
    auction = sighting.auction
    if terms:
        show_text(format_terms_toml(auction.terms).rstrip("\n"))
    elif bids:
        show_rows(views.make_bid_rows(commitments, reveals), output, empty="no commitments")
    else:
        record = views.make_auction_record(auction, sighting.phase)
        show_record(record | views.make_deposit_record(auction), output)


@group.command(
    "watch",
    example="plurichain auction watch 1 --output ndjson\n"
    "plurichain auction watch 1 --until revealing",
)
@auction_id_argument
@click.option("--until", type=click.Choice(PHASES), help="End once this phase has begun.")
@click.option(
    "--for",
    "timeout_s",
    metavar="SECONDS",
    type=Seconds(min=0, min_open=True),
    help="Give up after this long (default: never).",
)
@connection_options
@output_option()
def watch(
    auction_id: int,
    until: str | None,
    timeout_s: float | None,
    connection: Connection,
    output: str,
) -> None:
    """Print a line whenever the auction changes, until it is over."""
    from plurichain.auction.names import Phase
    from plurichain.bidding.watching import watch_auction
    from plurichain.cli.auction.views import make_change, show_change
    from plurichain.cli.session import open_observer

    wanted = Phase.parse(until, field="--until") if until else None
    with open_observer(connection) as observer:
        for sighting in watch_auction(observer, auction_id, timeout_s=timeout_s):
            show_change(make_change(sighting), output)
            has_come = wanted is not None and sighting.phase >= wanted
            if has_come or is_output_closed():
                return


@group.command("result", example="plurichain auction result 1 --check")
@auction_id_argument
@click.option(
    "--check",
    is_flag=True,
    help="Compute it again from the chain's reveals; exit status 6 if it differs.",
)
@connection_options
@output_option()
def result(auction_id: int, check: bool, connection: Connection, output: str) -> None:
    """Show what everybody trades and pays."""
    from plurichain.bidding.checking import check_result, get_result
    from plurichain.cli.auction.views import make_award_rows, make_result_record
    from plurichain.cli.session import open_observer

    differences: tuple[str, ...] = ()
    with open_observer(connection) as observer:
        if check:
            checked = check_result(observer, auction_id)
            found, differences = checked.result, checked.differences
        else:
            _, found = get_result(observer, auction_id)
    record = make_result_record(found)
    if check:
        record |= {"recomputed": "differs" if differences else "equal"}
    if output == TABLE:
        show_record(record, output)
        show_rows(make_award_rows(found), output, empty="no bids")
    else:
        show_record(record | {"awards": make_award_rows(found)}, output)
    if differences:
        for line in differences:
            show_note(f"difference: {line}")
        raise CheckFailed(
            f"auction {auction_id}: the chain's result is not what its openings give "
            f"({len(differences)} found)",
            remedy="keep the openings and ask another node for the same auction",
        )


@group.command("cancel", example="plurichain auction cancel 1 --key town")
@auction_id_argument
@sending_options
@output_option()
def cancel(auction_id: int, sending: Sending, output: str) -> None:
    """Withdraw an auction that has no commitment yet; its escrow returns."""
    from plurichain.bidding.creating import cancel_auction
    from plurichain.cli.session import open_account

    with open_account(sending) as account:
        account.resume()
        outcome = cancel_auction(account, auction_id)
    _show_outcome(auction_id, outcome, output)


@group.command("claim", example="plurichain auction claim 1 --recipient pluri1… --key pv-school")
@auction_id_argument
@click.option("--recipient", metavar="ADDR", help="Where the money goes (default: to the key).")
@sending_options
@output_option()
def claim(auction_id: int, recipient: str | None, sending: Sending, output: str) -> None:
    """Collect money that the bank refused to pay out."""
    from plurichain.bidding.settling import claim_payout
    from plurichain.cli.session import open_account
    from plurichain.units import format_coins

    to = _parse_address(sending.network, recipient, "--recipient")
    with open_account(sending) as account:
        account.resume()
        coins, outcome = claim_payout(account, auction_id, recipient=to)
    _show_outcome(auction_id, outcome, output, claimed=format_coins(coins))


@group.command("confirm", example="plurichain auction confirm 1 --bidder pluri1… --key town")
@auction_id_argument
@click.option("--bidder", metavar="ADDR", required=True, help="The winner that delivered.")
@sending_options
@output_option()
def confirm(auction_id: int, bidder: str, sending: Sending, output: str) -> None:
    """Award mode: confirm a delivery; the winner's deposit returns."""
    from plurichain.bidding.settling import confirm_delivery
    from plurichain.cli.session import open_account

    winner = _expect_address(sending.network, bidder, "--bidder")
    with open_account(sending) as account:
        account.resume()
        outcome = confirm_delivery(account, auction_id, winner)
    _show_outcome(auction_id, outcome, output)


@group.command("forfeit", example="plurichain auction forfeit 1 --bidder pluri1… --key town")
@auction_id_argument
@click.option("--bidder", metavar="ADDR", required=True, help="The winner that did not deliver.")
@sending_options
@output_option()
def forfeit(auction_id: int, bidder: str, sending: Sending, output: str) -> None:
    """Award mode: send a winner's deposit to the community pool."""
    from plurichain.bidding.settling import forfeit_deposit
    from plurichain.cli.session import open_account

    winner = _expect_address(sending.network, bidder, "--bidder")
    with open_account(sending) as account:
        account.resume()
        outcome = forfeit_deposit(account, auction_id, winner)
    _show_outcome(auction_id, outcome, output)


def _parse_address(network: str | None, text: str | None, field: str) -> Address | None:
    return None if text is None else _expect_address(network, text, field)


def _expect_address(network: str | None, text: str, field: str) -> Address:
    """Return an address of the named network, before any of its nodes is asked."""
    from plurichain.config import get_network
    from plurichain.identifiers import Address

    return Address.parse(text, prefix=get_network(network).prefix, field=field)


def _show_outcome(auction_id: int, outcome: Outcome, output: str, **more: str) -> None:
    record = {"auction_id": auction_id, "tx_hash": outcome.tx_hash, "height": outcome.height}
    show_record(record | more, output)
