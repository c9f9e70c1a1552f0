"""`plurichain ibc clear`: carry what waits on one channel, then end."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from plurichain.cli.commands import Command
from plurichain.cli.ibc.missing_channel import naming_channels
from plurichain.cli.ibc.networks import find_counterparty
from plurichain.cli.ibc.relay import choose_keys, relay_options
from plurichain.cli.ibc.session import RelaySigning, open_relay_chains, relay_signing_options
from plurichain.cli.options import output_option
from plurichain.cli.output import TABLE, show_note, show_record
from plurichain.errors import CheckFailed, InputError
from plurichain.units import quote_value

if TYPE_CHECKING:
    from plurichain.relayer.clear import Cleared
    from plurichain.relayer.relay import RelaySettings

_RANGE = re.compile(r"(\d{1,20})(?:\.\.(\d{1,20}))?")
MOST_SEQUENCES = 100_000
GREATEST_SEQUENCE = 2**64 - 1


def parse_sequences(text: str) -> tuple[int, ...]:
    """Return the sequences that "1,10..20,31" writes, in ascending order. Raises InputError."""
    found: set[int] = set()
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= GREATEST_SEQUENCE:
            raise InputError(
                f"--sequences: {quote_value(part)} is not a sequence from 1 to 2^64-1, nor a range "
                "of them that goes up",
                remedy="write them like 1,10..20",
            )
        if len(found) + last - first >= MOST_SEQUENCES:
            raise InputError(
                f"--sequences: {quote_value(text)} are more than {MOST_SEQUENCES}",
                remedy="clear them in several runs, or all that waits without --sequences",
            )
        found.update(range(first, last + 1))
    return tuple(sorted(found))


@click.command(
    "clear",
    cls=Command,
    example="plurichain ibc clear channel-0 --network localnet-a\n"
    "plurichain ibc clear channel-0 --network localnet-a --sequences 1,10..20",
)
@click.argument("channel", metavar="CHANNEL")
@click.option(
    "--network",
    metavar="NAME",
    envvar="PLURICHAIN_NETWORK",
    help="Network whose channel it is (default: the one in use).",
)
@click.option(
    "--counterparty",
    metavar="NAME",
    help="Network of the other chain (default: found by its chain id).",
)
@click.option("--port", help="Port of the channel (default: as CHANNEL says, else transfer).")
@click.option(
    "--sequences",
    metavar="LIST",
    help="Only these packets that the channel sent, such as 1,10..20.",
)
@click.option("--one-way", is_flag=True, help="Only packets that this end sent.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many packets.")
@relay_options
@relay_signing_options
@output_option()
def clear(
    channel: str,
    network: str | None,
    counterparty: str | None,
    port: str | None,
    sequences: str | None,
    one_way: bool,
    limit: int | None,
    extra_key: tuple[str, ...],
    settings: RelaySettings,
    signing: RelaySigning,
    output: str,
) -> None:
    """Receive, acknowledge or time out what waits on a channel, in both directions.

    CHANNEL is its name on --network, such as channel-0 or transfer/channel-0.

    Ends when all is settled, or when nothing more can be done; it then exits with 6 and
    says for each packet why.
    """
    from plurichain.config import get_network
    from plurichain.ibc.end_names import parse_end_name
    from plurichain.relayer.clear import ClearPlan, clear_channel
    from plurichain.relayer.work import EndName

    chosen = None if sequences is None else parse_sequences(sequences)
    end = EndName(*parse_end_name(channel, port=port))
    here = get_network(network)
    with naming_channels(here, end, signing.timeout_s):
        there = counterparty
        if there is None:
            there = find_counterparty(here, end, timeout_s=signing.timeout_s).name
        names = [here.name, there]
        keys = choose_keys(names, signing, extra_key)
        with open_relay_chains(names, signing) as (a, b):
            result = clear_channel(
                a, b, end, keys, ClearPlan(chosen, both=not one_way, limit=limit),
                settings=replace(settings, clear_blocks=0),
            )  # fmt: skip
    _show(result, output)
    if chosen and result.wanted < len(chosen):
        show_note(
            f"{len(chosen) - result.wanted} of the {len(chosen)} packets named do not wait: they "
            f"are settled, or {end} has not sent them (`plurichain ibc packets` tells)"
        )


def _show(result: Cleared, output: str) -> None:
    record: dict[str, object] = {"packets": result.wanted, "settled": result.settled}
    record |= {name: count for name, count in result.counts.items() if count or output != TABLE}
    if output != TABLE:
        record["stuck"] = [
            {
                "chain_id": each.chain_id,
                "end": str(each.end),
                "sequence": each.sequence,
                "reason": each.reason,
            }
            for each in result.stuck
        ]
    show_record(record, output)
    for why in result.halted:
        show_note(f"WARNING: {why}")
    for each in result.stuck[:20]:
        show_note(f"{each.end} on {each.chain_id}, packet {each.sequence}: {each.reason}")
    if result.stuck:
        raise CheckFailed(
            f"{len(result.stuck)} packets are not settled",
            remedy="see the reasons above; what only waits for its chain, a later run settles",
        )
