"""`plurichain ibc relayers`: who relayed what, and what of it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from plurichain.cli.commands import Command
from plurichain.cli.options import output_option
from plurichain.cli.output import TABLE, show_rows
from plurichain.cli.tracking.database import database_option, note_untracked, open_store
from plurichain.cli.tracking.forget import note_unfollowed
from plurichain.cli.tracking.outdated import note_outdated
from plurichain.errors import InputError
from plurichain.ibc.event_types import PacketEventKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from plurichain.tracker.relayers import Relayed, RelayerFigures

WORDS: Final = {
    PacketEventKind.RECV: "received",
    PacketEventKind.ACKNOWLEDGE: "acknowledged",
    PacketEventKind.TIMEOUT: "timed_out",
}


def parse_names(values: Sequence[str]) -> dict[str, str]:
    """Return names by address. Raises UsageError for what is not ADDRESS=NAME, or twice."""
    found: dict[str, str] = {}
    for value in values:
        address, equals, name = value.partition("=")
        if not equals or not address or not name:
            raise click.UsageError(f"--name {value!r} is not ADDRESS=NAME")
        if found.setdefault(address, name) != name:
            raise click.UsageError(f"--name: {address} is named twice")
    return found


@click.command(
    "relayers",
    cls=Command,
    example="plurichain ibc relayers\n"
    "plurichain ibc relayers --chain plurichain-a-1 --name pluri1…=ours --output json",
)
@click.option(
    "--chain", "chain_id", metavar="CHAIN_ID", help="Only what was brought to this chain."
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="ADDRESS=NAME",
    help="What to call a relayer (may be repeated).",
)
@database_option
@output_option()
def relayers(
    chain_id: str | None, names: tuple[str, ...], database: Path | str | None, output: str
) -> None:
    """Show who relayed what to which chain, as the results of messages tell it.

    Of what was received, acknowledged and timed out: how often it was the first that did it,
    and after + how often another had done it before (ibc-go answers those NOOP). Inferred are
    those that a chain told no result of. Failed transactions are counted by their cause.
    """
    from plurichain.tracker.relayers import list_relayers

    known = parse_names(names)
    with open_store(database) as store:
        cursors = store.list_cursors()
        if chain_id is not None and chain_id not in {each.chain_id for each in cursors}:
            tracked = ", ".join(each.chain_id for each in cursors) or "none yet"
            raise InputError(
                f"--chain: {chain_id!r} was not tracked into {store.place}",
                remedy=f"chains that were: {tracked}",
            )
        figures = [each for each in list_relayers(store) if chain_id in {None, each.chain_id}]
        note_unfollowed(store)
        note_outdated(store)
    show = _show_line if output == TABLE else _show_full
    show_rows([show(each, known) for each in figures], output, empty="nobody relayed anything")
    note_untracked(cursors)


def _show_line(figures: RelayerFigures, names: Mapping[str, str]) -> dict[str, Any]:
    relayed = {word: figures.get(kind) for kind, word in WORDS.items()}
    return {
        "chain_id": figures.chain_id,
        "relayer": names.get(figures.signer, figures.signer or None),
        **{word: _show_pair(each) for word, each in relayed.items()},
        "inferred": sum(each.inferred for each in relayed.values()),
        "failed": {_name_code(*key): count for key, count in figures.failed.items()},
    }


def _show_pair(relayed: Relayed) -> str:
    return f"{relayed.effected}" + (f"+{relayed.redundant}" if relayed.redundant else "")


def _show_full(figures: RelayerFigures, names: Mapping[str, str]) -> dict[str, Any]:
    from plurichain.chain.codes.errors_map import get_chain_error

    shown: dict[str, Any] = {
        "chain_id": figures.chain_id,
        "relayer": figures.signer or None,
        "name": names.get(figures.signer),
    }
    for kind, word in WORDS.items():
        each = figures.get(kind)
        shown[word] = {
            "effected": each.effected, "redundant": each.redundant, "inferred": each.inferred,
        }  # fmt: skip
    shown["failed"] = [
        {
            "codespace": codespace,
            "code": code,
            "meaning": get_chain_error(codespace, code).meaning,
            "count": count,
        }
        for (codespace, code), count in figures.failed.items()
    ]
    return shown


def _name_code(codespace: str, code: int) -> str:
    from plurichain.chain.codes.errors_map import get_chain_error

    return f"{get_chain_error(codespace, code).meaning} ({codespace or '?'} {code})"
