"""`plurichain energy trace`: a credit from its meter to wherever every Wh of it is."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.commands import Command
from plurichain.cli.options import output_option, timeout_option
from plurichain.cli.output import TABLE, show_note, show_record
from plurichain.cli.tracking.database import database_option, open_if_there
from plurichain.errors import CheckFailed, NodeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plurichain.tracker.auditing.credit_source import CreditSource
    from plurichain.tracker.auditing.credits import CreditTrace


@click.command(
    "trace",
    cls=Command,
    example="plurichain energy trace wh.20260621T1200.3f…\n"
    "plurichain energy trace ibc/0A1B… --network grid-a --network grid-b --output json",
)
@click.argument("denom")
@click.option(
    "--network",
    "networks",
    multiple=True,
    metavar="NAME",
    help="Only these networks are asked (default: all that are configured).",
)
@timeout_option
@database_option
@output_option()
def trace(
    denom: str, networks: tuple[str, ...], timeout: float, database: Any, output: str
) -> None:
    """Follow a credit from its meter over all chains to its retirement; exit with 6 if Wh differ.

    Its attributes must hash to the denom, and its device must have signed the reading that
    they name. Then every place of it: what each chain holds, has retired and for whom, what
    is on its way; together as much as was issued. Which packets carried it the tracker's
    database says, if there is one; else what is between two chains is seen and not explained.
    A voucher over a path that its chain has not registered is shown as such.
    """
    from plurichain.cli.energy.trace_views import make_trace_record, show_trace
    from plurichain.identifiers import validate_denom
    from plurichain.tracker.auditing.credits import trace_credit

    validate_denom(denom, field="DENOM")
    with contextlib.ExitStack() as stack:
        store = open_if_there(database)
        if store is not None:
            stack.enter_context(store)
        sources = stack.enter_context(_open_sources(networks, timeout))
        found = trace_credit(sources, denom, store)
    if output == TABLE:
        show_trace(found)
    else:
        show_record(make_trace_record(found), output)
    _fail_on_difference(found)


@contextlib.contextmanager
def _open_sources(networks: Sequence[str], timeout_s: float) -> Iterator[dict[str, CreditSource]]:
    """Connect to networks, by chain id; those that do not answer are said and left out."""
    from plurichain.cli.tracking.following import opened_clients
    from plurichain.config import load_config
    from plurichain.tracker.auditing.credit_source import LiveCredits

    names = list(dict.fromkeys(networks)) or sorted(load_config().networks)
    with opened_clients(names, timeout_s) as clients:
        sources: dict[str, CreditSource] = {}
        for client in clients:
            source = LiveCredits(client)
            try:
                source.state.get_head()
            except NodeError as error:
                show_note(f"{client.network.name} is left out: {error.cause}")
                continue
            sources.setdefault(client.network.chain_id, source)
        if not sources:
            raise NodeError("none of the networks answers", remedy="see the notes above")
        yield sources


def _fail_on_difference(found: CreditTrace) -> None:
    from plurichain.ibc.conservation import Verdict

    if found.verdict is not Verdict.BROKEN:
        return
    causes = []
    if not found.origin.is_hash_proven:
        causes.append("the attributes do not hash to the denom")
    if found.origin.is_reading_proven is False:
        causes.append("no reading that its device signed hashes to what the attributes name")
    if found.is_retired_twice:
        causes.append("more was retired than came")
    if not causes:
        causes.append(f"issued {found.issued} Wh, found {found.found} Wh")
    raise CheckFailed("; ".join(causes), remedy="`--output json` has every term")
