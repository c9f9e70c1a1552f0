"""What `plurichain ibc track` and `record` share: networks followed block by block."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.options import timeout_option
from plurichain.cli.output import show_note
from plurichain.errors import PlurichainError
from plurichain.units import quote_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from plurichain.chain.nodes.client import ChainClient
    from plurichain.tracker.follower import FollowedChain, Follower

LARGEST_HEIGHT = 2**63 - 1


def following_options(until: str) -> Callable[[Any], Any]:
    """Add how blocks are read; the command receives ``first``, ``until`` and ``timeout``.

    ``until`` is the name of the option that ends it; its value is parsed by
    ``parse_until``.
    """

    def decorate(function: Any) -> Any:
        options = (
            click.option(
                "--from",
                "first",
                type=click.IntRange(1, LARGEST_HEIGHT),
                metavar="HEIGHT",
                help="Block to begin with where nothing was read yet"
                " (default: the oldest that the node has).",
            ),
            click.option(
                until,
                "until",
                multiple=True,
                metavar="[NETWORK=]HEIGHT",
                help="End after this block of a network, or of every one.",
            ),
            timeout_option,
        )
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def parse_until(
    values: Sequence[str], networks: Sequence[str], *, field: str, first: int | None
) -> dict[str, int | None]:
    """Return the last block wanted of each network, None where it is followed until stopped.

    Raises UsageError for what is no height, or one before ``first`` (`--from`), and for a
    network that is not followed.
    """
    found: dict[str, int | None] = dict.fromkeys(networks)
    for value in values:
        name, equals, text = value.rpartition("=")
        if not text.isdecimal() or not text.isascii() or not 0 < int(text) <= LARGEST_HEIGHT:
            raise click.UsageError(
                f"{field}: {quote_value(value)} is not a height from 1 to {LARGEST_HEIGHT}, "
                "nor NETWORK=HEIGHT"
            )
        if equals and name not in found:
            known = ", ".join(networks)
            raise click.UsageError(f"{field}: {name!r} is none of the networks: {known}")
        if first is not None and int(text) < first:
            raise click.UsageError(
                f"{field}: {quote_value(value)} ends before block {first}, which --from begins with"
            )
        for each in [name] if equals else networks:
            found[each] = int(text)
    return found


@contextlib.contextmanager
def opened_clients(networks: Sequence[str], timeout_s: float) -> Iterator[list[ChainClient]]:
    """Open a client for each network. Nothing is asked yet: one that is away stops no other."""
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.config import ChainMemory, get_network

    chosen = [get_network(name) for name in networks]
    memory = ChainMemory.open()
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(
                ChainClient(network, timeout_s=timeout_s, memory=memory, on_switch=show_note)
            )
            for network in chosen
        ]


def follow_client(client: ChainClient, first: int | None, until: int | None) -> FollowedChain:
    """Return what follows the chain of a client."""
    from plurichain.chain.ibc.queries import IbcQueries
    from plurichain.tracker.follower import FollowedChain
    from plurichain.tracker.live import LiveSource, find_route

    queries, chain_id = IbcQueries(client), client.network.chain_id
    return FollowedChain(
        LiveSource(client, first=first, report=show_note),
        lambda end: find_route(queries, chain_id, end),
        until,
    )


def raise_failures(follower: Follower) -> None:
    """Raise what ended the following of a chain, if anything did."""
    for error in follower.failures.values():
        if isinstance(error, PlurichainError):
            raise error
        raise PlurichainError(f"tracking ended: {error}", remedy="see the log")
