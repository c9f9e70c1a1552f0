"""`plurichain bid`: the way of one bid, step by step or by itself."""

from __future__ import annotations

import click

from plurichain.cli.commands import Group, LazyCommand
from plurichain.cli.options import (
    AUCTION_ID,
    Sending,
    Signing,
    auction_id_option,
    bid_option,
    output_option,
    required_bid_option,
    sending_options,
    signing_options,
)
from plurichain.cli.output import show_note, show_record


@click.group(
    "bid",
    cls=Group,
    lazy={
        "doctor": LazyCommand(
            "plurichain.cli.bid.overview", "doctor", "Look after all sealed bids; for cron."
        ),
        "recover": LazyCommand(
            "plurichain.cli.bid.vault", "recover", "Rebuild a lost opening from key and bid."
        ),
        "export": LazyCommand(
            "plurichain.cli.bid.vault", "export", "Write all openings, encrypted, to a file."
        ),
        "forget": LazyCommand(
            "plurichain.cli.bid.vault", "forget", "Remove the openings for a chain that is gone."
        ),
        "import": LazyCommand(
            "plurichain.cli.bid.vault", "import_openings", "Take openings from an export."
        ),
        "auto": LazyCommand(
            "plurichain.cli.bid.auto", "auto", "Bring a bid through an auction, unattended."
        ),
    },
    example="plurichain bid auto --auction-id 1 --bid bid.csv --key pv-school",
)
def group() -> None:
    """Seal, commit and reveal bids."""


@group.command(
    "seal",
    example="plurichain bid seal --auction-id 1 --bid bid.csv\n"
    "plurichain bid seal --offline --terms terms.toml --auction-id 1 --chain-id plurigrid-1 \\\n"
    "    --bidder pluri1… --bid bid.json --key pv-school --output json",
)
@auction_id_option
@required_bid_option
@click.option("--offline", is_flag=True, help="Ask no node: terms come from --terms.")
@click.option("--terms", metavar="FILE", type=click.Path(), help="Terms TOML (--offline).")
@click.option("--chain-id", metavar="ID", help="Chain that the bid is for (--offline).")
@click.option("--bidder", metavar="ADDR", help="Address of the bidder (--offline).")
@click.option("--salt", metavar="HEX", help="Salt of a test vector (--offline only).")
@signing_options
@output_option()
def seal(
    auction_id: int,
    bid_file: str,
    offline: bool,
    terms: str | None,
    chain_id: str | None,
    bidder: str | None,
    salt: str | None,
    signing: Signing,
    output: str,
) -> None:
    """Check a bid against the terms, seal it and keep the opening in the vault.

    A salt is made from the key, so the same bid and key always give the opening again.
    """
    if offline:
        _seal_offline(auction_id, bid_file, terms, chain_id, bidder, salt, signing, output)
        return
    given = {"--terms": terms, "--chain-id": chain_id, "--bidder": bidder, "--salt": salt}
    for name, value in given.items():
        if value is not None:
            raise click.UsageError(f"{name} goes with --offline")
    from plurichain.bidding.sealing import seal_bid
    from plurichain.cli.bid.input import read_bid
    from plurichain.cli.session import open_bidder

    with open_bidder(signing) as opened:
        bid, digest = read_bid(opened, auction_id, bid_file)
        opening = seal_bid(opened, auction_id, bid, digest)
    record = {
        "auction_id": auction_id,
        "attempt": opening.attempt,
        "terms_hash": opening.terms_hash.hex(),
        "bid_commitment": opening.bid_commitment.hex(),
    }
    show_record(record, output)


def _seal_offline(
    auction_id: int,
    bid_file: str,
    terms: str | None,
    chain_id: str | None,
    bidder: str | None,
    salt: str | None,
    signing: Signing,
    output: str,
) -> None:
    from plurichain.cli.bid.offline import OfflineRequest, seal_offline

    for name, value in (("--terms", terms), ("--chain-id", chain_id), ("--bidder", bidder)):
        if value is None:
            raise click.UsageError(f"--offline needs {name}")
    assert terms is not None
    assert chain_id is not None
    assert bidder is not None
    seal_offline(
        OfflineRequest(
            terms=terms,
            auction_id=auction_id,
            chain_id=chain_id,
            bidder=bidder,
            bid=bid_file,
            salt=salt,
            key=signing.key,
            network=signing.network,
            passphrase_file=signing.passphrase_file,
            output=output,
        )
    )


@group.command("commit", example="plurichain bid commit --auction-id 1 --bid bid.csv")
@auction_id_option
@bid_option
@sending_options
@output_option()
def commit(auction_id: int, bid_file: str | None, sending: Sending, output: str) -> None:
    """Commit a bid; again with another --bid recommits at no further deposit.

    Without --bid the newest sealed bid of the vault is committed.
    """
    from plurichain.bidding.committing import commit_opening
    from plurichain.bidding.sealing import get_newest_opening, seal_bid
    from plurichain.cli.bid.input import read_bid
    from plurichain.cli.session import open_bidder

    with open_bidder(sending) as bidder:
        bidder.resume()
        if bid_file is None:
            opening = get_newest_opening(bidder, auction_id)
        else:
            opening = seal_bid(bidder, auction_id, *read_bid(bidder, auction_id, bid_file))
        receipt = commit_opening(bidder, opening)
    record = {
        "auction_id": receipt.auction_id,
        "attempt": receipt.attempt,
        "bid_commitment": receipt.bid_commitment.hex(),
        "tx_hash": receipt.tx_hash or None,
        "height": receipt.height or None,
    }
    show_record(record, output)


@group.command(
    "status",
    example="plurichain bid status\nplurichain bid status --auction-id 1 --output json",
)
@click.option("--auction-id", metavar="N", type=AUCTION_ID, help="One auction (default: all).")
@signing_options
@output_option()
def status(auction_id: int | None, signing: Signing, output: str) -> None:
    """Show where the bid stands and what to do next.

    Without --auction-id: all sealed bids of the vault, by any key, on all networks.
    """
    if auction_id is None:
        from plurichain.cli.bid.overview import show_all

        show_all(signing, output)
        return
    from plurichain.bidding.status import get_bid_status
    from plurichain.cli.bid.views import make_status_record
    from plurichain.cli.session import open_bidder

    with open_bidder(signing) as bidder:
        record = make_status_record(bidder, get_bid_status(bidder, auction_id))
    show_record(record, output)


@group.command(
    "reveal",
    example="plurichain bid reveal --auction-id 1\n"
    "plurichain bid reveal --auction-id 1 --write-opening opening.json\n"
    "plurichain bid reveal --relay pluri1… opening.json",
)
@click.option("--auction-id", metavar="N", type=AUCTION_ID, help="Number of the auction.")
@bid_option
@click.option("--relay", metavar="BIDDER", help="Reveal for this address, from OPENING.")
@click.option(
    "--write-opening",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Send nothing; write the opening to this new file for somebody to relay.",
)
@click.option(
    "--credits",
    "credit_text",
    metavar="COINS",
    help="Credits to deliver from, where the lot is a class; otherwise such as you hold.",
)
@click.argument("opening", metavar="[OPENING]", required=False)
@sending_options
@output_option()
def reveal(
    auction_id: int | None,
    bid_file: str | None,
    relay: str | None,
    write_opening: str | None,
    credit_text: str | None,
    opening: str | None,
    sending: Sending,
    output: str,
) -> None:
    """Open a committed bid on chain: the own one from the vault, or another bidder's.

    --bid rebuilds an opening that the vault lost. --relay sends the opening in the file
    OPENING (`-`: standard input) for its bidder, whom alone it credits.
    """
    from plurichain.cli.bid import reveal as bid_reveal

    if relay is not None:
        if opening is None or bid_file or write_opening or credit_text:
            raise click.UsageError("--relay BIDDER takes the file OPENING and no other option")
        bid_reveal.relay(sending, relay, opening, auction_id, output)
        return
    if opening is not None:
        raise click.UsageError("OPENING goes with --relay BIDDER")
    if auction_id is None:
        raise click.UsageError("Missing option '--auction-id'.")
    if write_opening is not None:
        bid_reveal.write_opening(sending, auction_id, write_opening)
        show_note(f"the opening is in {write_opening}; whoever reads it knows the bid")
        return
    bid_reveal.reveal_own(sending, auction_id, bid_file, credit_text, output)
