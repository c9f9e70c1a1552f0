"""`plurichain ibc relay`: the relayer as a service in the foreground."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

import click

from plurichain.cli.commands import Command
from plurichain.cli.ibc.session import RelaySigning, open_relay_chains, relay_signing_options
from plurichain.cli.options import output_option
from plurichain.cli.output import NDJSON, show_record
from plurichain.cli.signals import stopping_on_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plurichain.keyring import Key
    from plurichain.relayer.relay import RelaySettings

F = TypeVar("F", bound="Callable[..., Any]")


def relay_options(function: F) -> Any:
    """Add what relaying and clearing have in common; the command receives ``settings``."""

    @click.option(
        "--allow",
        multiple=True,
        metavar="PORT/CHANNEL",
        help="Carry only channels that fit (shell patterns; may be repeated).",
    )
    @click.option(
        "--deny",
        multiple=True,
        metavar="PORT/CHANNEL",
        help="Do not carry channels that fit; goes before --allow.",
    )
    @click.option(
        "--max-memo",
        type=click.IntRange(0),
        metavar="BYTES",
        help="Leave transfers with a longer memo to others.",
    )
    @click.option(
        "--max-receiver",
        type=click.IntRange(0),
        metavar="BYTES",
        help="Leave transfers with a longer receiver to others.",
    )
    @click.option(
        "--max-messages",
        type=click.IntRange(1, 1_000),
        default=100,
        show_default=True,
        help="The most messages of one transaction.",
    )
    @click.option(
        "--ordered",
        is_flag=True,
        help="Sign in the account's sequence, for chains without unordered transactions.",
    )
    @click.option(
        "--extra-key",
        multiple=True,
        metavar="NAME",
        help="One more key that signs on every chain, in turn (may be repeated).",
    )
    @functools.wraps(function)
    def command(
        *,
        allow: tuple[str, ...],
        deny: tuple[str, ...],
        max_memo: int | None,
        max_receiver: int | None,
        max_messages: int,
        ordered: bool,
        **rest: Any,
    ) -> Any:
        from plurichain.ibc.transfer import (
            MAX_MEMO_BYTES,
            MAX_RECEIVER_BYTES,
            TransferLimits,
        )
        from plurichain.relayer.filters import PacketFilter
        from plurichain.relayer.relay import RelaySettings

        limits = TransferLimits(
            MAX_MEMO_BYTES if max_memo is None else max_memo,
            MAX_RECEIVER_BYTES if max_receiver is None else max_receiver,
        )
        settings = RelaySettings(
            packet_filter=PacketFilter(allow, deny, limits),
            most_messages=max_messages,
            is_ordered=ordered,
        )
        return function(settings=settings, **rest)

    return command  # fmt: skip


def choose_keys(
    names: Sequence[str], signing: RelaySigning, extra: Sequence[str]
) -> dict[str, list[Key]]:
    """Return the keys that sign, by chain id. Raises ConfigError, KeyringError."""
    from plurichain.cli.ibc.session import choose_relay_key
    from plurichain.cli.session import open_keyring
    from plurichain.config import get_network

    chosen: dict[str, list[Key]] = {}
    for name in names:
        network = get_network(name)
        keys = [choose_relay_key(network, signing)]
        if extra:
            keyring = open_keyring(network, signing.passphrase_file)
            keys += [keyring.get(key) for key in extra]
        chosen[network.chain_id] = keys
    return chosen


@click.command(
    "relay",
    cls=Command,
    example="plurichain ibc relay localnet-a localnet-b\n"
    "plurichain ibc relay town farm city --key relayer --deny 'transfer/channel-7' --output ndjson",
)
@click.argument("networks", nargs=-1, required=True, metavar="NETWORK NETWORK…")
@click.option(
    "--clear-every",
    type=click.IntRange(0),
    default=150,
    show_default=True,
    metavar="BLOCKS",
    help="How often state is looked at for what events did not tell; 0: only at start.",
)
@click.option("--no-clear-on-start", is_flag=True, help="Leave what waits already to others.")
@relay_options
@relay_signing_options
@output_option()
def relay(
    networks: tuple[str, ...],
    clear_every: int,
    no_clear_on_start: bool,
    extra_key: tuple[str, ...],
    settings: RelaySettings,
    signing: RelaySigning,
    output: str,
) -> None:
    """Carry packets between networks, over all their channels, until stopped.

    Ctrl-C or SIGTERM ends it in order; killed at any point and started again it goes on
    where the chains are. With --output ndjson each step is one line of JSON.
    """
    from dataclasses import replace

    from plurichain.cli.bid.auto import make_ndjson_report
    from plurichain.cli.session import show_progress
    from plurichain.relayer.relay import Relayer

    if len(set(networks)) < 2:
        raise click.UsageError("name two networks or more")
    report = make_ndjson_report() if output == NDJSON else show_progress
    chosen = replace(settings, clear_blocks=clear_every, clear_on_start=not no_clear_on_start)
    names = list(dict.fromkeys(networks))
    keys = choose_keys(names, signing, extra_key)
    with open_relay_chains(names, signing, report) as chains:
        relayer = Relayer(chains, keys, chosen)
        with stopping_on_signals(relayer.stop):
            relayer.run()
    show_record(relayer.counters.as_dict(), output)
