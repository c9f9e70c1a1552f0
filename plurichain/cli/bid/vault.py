"""`plurichain bid recover|export|import|forget`: openings lost, kept elsewhere, or done with."""

from __future__ import annotations

from pathlib import Path

import click

from plurichain.cli.commands import Command
from plurichain.cli.options import (
    Signing,
    auction_id_option,
    output_option,
    required_bid_option,
    signing_options,
)
from plurichain.cli.output import show_note, show_record


@click.command(
    "recover", cls=Command, example="plurichain bid recover --auction-id 1 --bid bid.csv"
)
@auction_id_option
@required_bid_option
@signing_options
@output_option()
def recover(auction_id: int, bid_file: str, signing: Signing, output: str) -> None:
    """Rebuild a lost opening from the key and the bid, on any machine.

    The key may come from its mnemonic or an export; the chain tells the rest.
    """
    from plurichain.bidding.recovering import recover_opening
    from plurichain.cli.bid.input import read_bid
    from plurichain.cli.session import open_bidder

    with open_bidder(signing) as bidder:
        opening = recover_opening(bidder, auction_id, *read_bid(bidder, auction_id, bid_file))
    record = {
        "auction_id": auction_id,
        "attempt": opening.attempt,
        "bid_commitment": opening.bid_commitment.hex(),
    }
    show_record(record, output)


@click.command("export", cls=Command, example="plurichain bid export openings.jsonl")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path) -> None:
    """Write all openings to the new FILE, each encrypted for its key: no passphrase needed."""
    from plurichain.cli.secrets import writing_secret
    from plurichain.config import make_home_folder
    from plurichain.vault import Vault
    from plurichain.vault.codec import ENCRYPTED
    from plurichain.vault.export_file import format_export

    with Vault.open(make_home_folder()) as vault:
        rows = vault.list_rows()
    whole = [row for row in rows if row.is_intact and row.codec == ENCRYPTED]
    with writing_secret(file, format_export(whole)):
        show_note(f"{len(whole)} openings are in {file}; only their keys open them")
    if len(whole) < len(rows):
        show_note(
            f"WARNING: {len(rows) - len(whole)} openings are left out: damaged, or still plain "
            "(`plurichain bid status --auction-id N --key NAME` encrypts those of NAME)"
        )


@click.command("import", cls=Command, example="plurichain bid import openings.jsonl")
@click.argument("file", type=click.Path(allow_dash=True))
@output_option()
def import_openings(file: str, output: str) -> None:
    """Take the openings of an export into the vault; what is there is never replaced."""
    from plurichain.cli.files import read_input
    from plurichain.config import make_home_folder
    from plurichain.errors import CheckFailed
    from plurichain.vault import Vault
    from plurichain.vault.export_file import parse_export

    read = read_input(file)
    content = parse_export(read.text, source=read.source)
    with Vault.open(make_home_folder()) as vault:
        added = sum(vault.add_row(row) for row in content.rows)
    record = {
        "added": added,
        "already_there": len(content.rows) - added,
        "damaged": len(content.damaged),
    }
    show_record(record, output)
    if content.damaged:
        lines = ", ".join(map(str, content.damaged[:10]))
        raise CheckFailed(
            f"{read.source}: damaged lines were passed over: {lines}",
            remedy="`plurichain bid recover --bid FILE` rebuilds an opening that is missing",
        )


@click.command("forget", cls=Command, example="plurichain bid forget old-localnet-1 --yes")
@click.argument("chain_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(chain_id: str, yes: bool) -> None:
    """Remove the openings for a chain that is gone, so that `bid doctor` is silent about it.

    Refused while a network names the chain: then a deposit may still be at stake.
    """
    import sys

    from plurichain.config import load_config, make_home_folder
    from plurichain.errors import ConfigError, UsageError
    from plurichain.vault import Vault

    named = [each.name for each in load_config().networks.values() if each.chain_id == chain_id]
    if named:
        raise ConfigError(
            f"the network {named[0]} names the chain {chain_id}: its bids may still matter",
            remedy=f"`plurichain network remove {named[0]}` first, if that chain is gone",
        )
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("nobody can be asked here", remedy="--yes forgets without asking")
        click.confirm(f"Forget all openings for {chain_id} for good?", abort=True, err=True)
    with Vault.open(make_home_folder()) as vault:
        count = vault.forget_chain(chain_id)
    show_note(f"{count} openings for {chain_id} are forgotten")
