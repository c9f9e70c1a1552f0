"""`plurichain ibc health`: what a person on call looks at first, with what to do about it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.commands import Command
from plurichain.cli.options import output_option, timeout_option
from plurichain.cli.output import TABLE, format_line, show_rows, show_text
from plurichain.cli.tracking.database import database_option, open_if_there
from plurichain.cli.tracking.observing import find_wallets

if TYPE_CHECKING:
    from plurichain.tracker.health.findings import Finding


@click.command(
    "health",
    cls=Command,
    example="plurichain ibc health localnet-a localnet-b\n"
    "plurichain ibc health town farm --watch-wallet town:relayer=5000000upluri --output json",
)
@click.argument("networks", nargs=-1, required=True, metavar="NETWORK…")
@click.option(
    "--watch-wallet",
    "wallets",
    multiple=True,
    metavar="NETWORK:ACCOUNT[=AMOUNT]",
    help="Account that pays for relaying, and the least that it should hold (may be repeated; "
    "default: the relayers of localnets).",
)
@timeout_option
@database_option
@output_option()
def health(
    networks: tuple[str, ...],
    wallets: tuple[str, ...],
    timeout: float,
    database: Path | str | None,
    output: str,
) -> None:
    """Check nodes, light clients, wallets and the tracker; exit status 6 if anything is wrong.

    Of each node: does it serve the right chain, has it all blocks, does it keep what the
    tracker needs, does it take the network's gas price, what is it built of. Of each client
    under an open channel: can it be used, for how long by block time, and does it follow the
    very chain that is named here. Whatever is not right comes with its rule and what to do.
    """
    from plurichain.config import ChainMemory, get_network
    from plurichain.errors import CheckFailed
    from plurichain.tracker.health.checking import HealthPlan, check_health

    chosen = [get_network(name) for name in dict.fromkeys(networks)]
    watched = find_wallets(chosen, wallets)
    with contextlib.ExitStack() as stack:
        store = open_if_there(database)
        if store is not None:
            stack.enter_context(store)
        plan = HealthPlan(chosen, watched, store, ChainMemory.open(), timeout_s=timeout)
        findings = check_health(plan)
    _show(findings, output)
    if failures := [each for each in findings if each.is_failure]:
        raise CheckFailed(
            f"{len(failures)} of {len(findings)} checks found something",
            remedy="each says above what to do" if output == TABLE else "each names its remedy",
        )


def _show(findings: list[Finding], output: str) -> None:
    rows: list[dict[str, Any]] = [
        {
            "network": each.network,
            "subject": each.subject,
            "field": each.field,
            "verdict": each.verdict.value,
            "value": each.value,
            "rule": each.rule,
            "remedy": each.remedy or None,
        }
        for each in findings
    ]
    if output != TABLE:
        show_rows(rows, output)
        return
    columns = ("network", "subject", "field", "verdict", "value")
    show_rows([{column: row[column] for column in columns} for row in rows], output)
    for each in findings:
        if each.is_failure:
            show_text(format_line(f"{each.network} {each.subject} {each.field}: {each.value}"))
            show_text(format_line(f"  rule: {each.rule}"))
            show_text(format_line(f"  do:   {each.remedy}"))
