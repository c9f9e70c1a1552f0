"""`plurichain bid doctor` and `bid status` without an auction: all sealed bids at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.commands import Command
from plurichain.cli.options import Connection, connection_options, output_option
from plurichain.cli.output import show_note, show_rows
from plurichain.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plurichain.bidding.standing import BidStanding
    from plurichain.config import Network

NOTHING_SEALED = "no sealed bid"


@click.command("doctor", cls=Command, example="plurichain bid doctor || mail -s bids me")
@connection_options
@output_option()
def doctor(connection: Connection, output: str) -> None:
    """Look after every sealed bid on every network: what is at stake, and what saves it.

    Needs no key and no passphrase. Exit status 6 if anything needs action, so that a cron
    job can call for help; 0 otherwise. --network looks at one network only.
    """
    rows = collect_standings(connection)
    show_rows([_make_record(row) for row in rows], output, empty=NOTHING_SEALED)
    urgent = [row for row in rows if row.needs_action]
    if urgent:
        first = next((row.command for row in urgent if row.command), "")
        raise CheckFailed(
            f"{len(urgent)} of {len(rows)} sealed bids need action",
            remedy=f"first: {first}" if first else "the notes say what is missing",
        )


def show_all(connection: Connection, output: str) -> None:
    """Print where every sealed bid stands."""
    rows = collect_standings(connection)
    show_rows([_make_record(row) for row in rows], output, empty=NOTHING_SEALED)


def collect_standings(connection: Connection) -> tuple[BidStanding, ...]:
    """Return where the bids of the vault stand, on the named network or on all."""
    from plurichain.bidding.survey import survey_bids
    from plurichain.config import get_network, load_config, make_home_folder
    from plurichain.vault import Vault

    networks: tuple[Network, ...] = tuple(load_config().networks.values())
    with Vault.open(make_home_folder()) as vault:
        for note in vault.notes:
            show_note(f"WARNING: {note}")
        sealed = vault.list_sealed()
    if connection.network is not None:
        networks = (get_network(connection.network),)
        sealed = tuple(each for each in sealed if each.chain_id == networks[0].chain_id)
    return survey_bids(
        sealed, networks, get_key_names=_get_key_names, timeout_s=connection.timeout_s
    )


def _get_key_names(network: Network) -> Mapping[bytes, str]:
    from plurichain.cli.session import open_keyring
    from plurichain.errors import PlurichainError

    try:
        infos = open_keyring(network, None).list()
    except PlurichainError as error:
        show_note(f"WARNING: {error.cause}")
        return {}
    return {info.address.raw: info.name for info in infos}


def _make_record(row: BidStanding) -> dict[str, Any]:
    from plurichain.bidding.moments import format_span
    from plurichain.units import format_coins

    return {
        "network": row.network or row.chain_id,
        "auction_id": row.auction_id,
        "bidder": row.key or (str(row.bidder) if row.bidder else None),
        "attempt": row.attempt,
        "phase": row.phase.text if row.phase else None,
        "standing": str(row.standing),
        "needs_action": row.needs_action,
        "deadline": row.deadline or None,
        "time_left": None if row.left_ns is None else format_span(row.left_ns),
        "at_stake": format_coins(row.at_stake) or None,
        "next": row.command or None,
        "note": row.note or None,
    }
