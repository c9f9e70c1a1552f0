"""`plurichain tx`: what became of the transactions in the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.commands import Group
from plurichain.cli.options import (
    AUCTION_ID,
    Connection,
    Seconds,
    connection_options,
    output_option,
)
from plurichain.cli.output import show_note, show_record, show_rows

if TYPE_CHECKING:
    from plurichain.chain.journal.journal import Journal, JournalEntry
    from plurichain.chain.progress import TxProgress


@click.group("tx", cls=Group, example="plurichain tx list\nplurichain tx wait 1F2E…")
def group() -> None:
    """Look at transactions and wait for them."""


@group.command("list", example="plurichain tx list --pending --output ndjson")
@click.option("--pending", is_flag=True, help="Only those whose outcome is not final.")
@click.option("--auction-id", metavar="N", type=AUCTION_ID, help="Only those of this auction.")
@output_option()
def list_transactions(pending: bool, auction_id: int | None, output: str) -> None:
    """List the transactions of this user, newest first; asks no node."""
    from plurichain.chain.journal.journal import Journal
    from plurichain.config import journal_path, make_home_folder

    make_home_folder()
    with Journal.open(journal_path()) as journal:
        _show_notes(journal)
        entries = journal.list_entries(auction_id=auction_id)
    rows = [
        {key: value for key, value in _make_record(entry).items() if key not in {"log", "signer"}}
        for entry in entries
        if not pending or not entry.outcome.is_final
    ]
    show_rows(rows, output, empty="no transactions")


@group.command("show", example="plurichain tx show 1F2E… --output json")
@click.argument("tx_hash", metavar="HASH")
@output_option()
def show(tx_hash: str, output: str) -> None:
    """Show what the journal knows of one transaction; asks no node."""
    from plurichain.chain.journal.journal import Journal
    from plurichain.config import journal_path, make_home_folder

    make_home_folder()
    with Journal.open(journal_path()) as journal:
        _show_notes(journal)
        entry = journal.get(_parse_hash(tx_hash))
        record = _make_whole_record(entry, journal)
    show_record(record, output)


@group.command("wait", example="plurichain tx wait 1F2E… --for 60")
@click.argument("tx_hash", metavar="HASH")
@click.option(
    "--for",
    "timeout_s",
    metavar="SECONDS",
    type=Seconds(min=0, min_open=True),
    help="Give up after this long (default: until its time-out has passed on chain).",
)
@connection_options
@output_option()
def wait(tx_hash: str, timeout_s: float | None, connection: Connection, output: str) -> None:
    """Wait until the outcome of a transaction is known; the exit status tells which."""
    from plurichain.chain.journal.journal import Journal
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.sending.tracker import TxTracker
    from plurichain.chain.transactions.outcome import OutcomeStatus
    from plurichain.cli import pending
    from plurichain.config import ChainMemory, get_network, journal_path, make_home_folder

    make_home_folder()
    wanted = _parse_hash(tx_hash)
    with Journal.open(journal_path()) as journal:
        _show_notes(journal)
        entry = journal.get(wanted)
        outcome = entry.outcome
        if not outcome.is_final:
            network = get_network(connection.network)
            _validate_network(network.chain_id, entry)
            pending.add(wanted)
            if outcome.status is not OutcomeStatus.UNKNOWN:
                what = "refused by a node" if not outcome.height else "failed before its fee"
                show_note(f"{what}; watched until {_make_record(entry)['timeout']}")
            with ChainClient(
                network,
                timeout_s=connection.timeout_s,
                memory=ChainMemory.open(),
                on_switch=show_note,
            ) as client:
                client.check()
                tracker = TxTracker(client, journal)
                outcome = tracker.wait(wanted, timeout_s=timeout_s, on_progress=_show_late)
        record = _make_whole_record(journal.get(wanted), journal)
    show_record(record, output)
    outcome.raise_for_status()


def _show_notes(journal: Journal) -> None:
    for note in journal.notes:
        show_note(f"WARNING: {note}")


def _show_late(progress: TxProgress) -> None:
    from plurichain.chain.progress import TxStage

    if progress.stage is TxStage.LATE:
        show_note(f"WARNING: {progress.tx_hash} is in no block yet: {progress.detail}")


def _parse_hash(text: str) -> str:
    if len(text) != 64 or any(char not in "0123456789abcdefABCDEF" for char in text):
        raise click.UsageError(f"HASH: {text!r} is not 64 hex digits")
    return text.upper()


def _validate_network(chain_id: str, entry: JournalEntry) -> None:
    if entry.chain_id != chain_id:
        from plurichain.errors import ConfigError

        raise ConfigError(
            f"transaction {entry.tx_hash} is on the chain {entry.chain_id}, not on {chain_id}",
            remedy="choose that chain's network with --network",
        )


def _make_record(entry: JournalEntry) -> dict[str, Any]:
    from plurichain.bidding.moments import format_time

    outcome = entry.outcome
    return {
        "tx_hash": entry.tx_hash,
        "purpose": entry.purpose,
        "auction_id": entry.auction_id,
        "chain_id": entry.chain_id,
        "signer": entry.signer,
        "status": outcome.status.value,
        "final": outcome.is_final,
        "height": outcome.height or None,
        "codespace": outcome.codespace or None,
        "code": outcome.code,
        "log": outcome.log or None,
        "timeout": format_time(entry.timeout_ns),
    }


def _make_whole_record(entry: JournalEntry, journal: Journal) -> dict[str, Any]:
    """Return all that is known, down to what it asked for and every block that has it."""
    from plurichain.chain.transactions.decoding import decode_tx
    from plurichain.errors import BadReply
    from plurichain.units import format_coins

    outcome = entry.outcome
    record = _make_record(entry) | {
        "messages": entry.message_types.split("+") if entry.message_types else [],
        "ordering": "unordered" if entry.account_sequence is None else "ordered",
        "account_sequence": entry.account_sequence,
        "follows": entry.follows or None,
        "handed_in": entry.was_handed,
        "gas_used": outcome.gas_used or None,
        "gas_simulated": entry.simulated_gas or None,
        "blocks": [
            {"height": height, "codespace": codespace or None, "code": code}
            for height, code, codespace in journal.list_sightings(entry.tx_hash)
        ],
    }
    try:
        tx = decode_tx(entry.tx_bytes)
    except BadReply:  # an entry of another program, or of a test
        return record
    return record | {
        "messages": [message.type_url for message in tx.messages],
        "gas_wanted": tx.gas_limit,
        "fee": format_coins(tx.fee) or None,
    }
