"""`plurichain ibc`: chains joined by clients, connections and channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.commands import Group, LazyCommand
from plurichain.cli.ibc.session import (
    RelaySigning,
    open_client,
    open_relay_chains,
    relay_signing_options,
)
from plurichain.cli.options import Connection, connection_options, output_option
from plurichain.cli.output import TABLE, show_note, show_record, show_rows
from plurichain.errors import CheckFailed, ClientUnusable, InputError

if TYPE_CHECKING:
    from plurichain.chain.ibc.queries import IbcQueries
    from plurichain.relayer.chain_end import RelayChain
    from plurichain.relayer.link import Link, LinkPlan

#: Commands in modules of their own.
LAZY: dict[str, LazyCommand] = {
    "audit": LazyCommand(
        "plurichain.cli.tracking.audit",
        "audit",
        "Is money missing? Every token over every channel.",
    ),
    "clear": LazyCommand(
        "plurichain.cli.ibc.clear", "clear", "Carry what waits on a channel, then end."
    ),
    "export": LazyCommand(
        "plurichain.cli.tracking.export", "export", "Serve tracked figures to Prometheus."
    ),
    "forget": LazyCommand(
        "plurichain.cli.tracking.forget", "forget", "Follow a chain no more, and wake nobody by it."
    ),
    "journeys": LazyCommand(
        "plurichain.cli.tracking.journeys", "journeys", "List transfers over several chains by hop."
    ),
    "health": LazyCommand(
        "plurichain.cli.tracking.health", "health", "Check nodes, clients, wallets and the tracker."
    ),
    "packets": LazyCommand(
        "plurichain.cli.tracking.packets",
        "packets",
        "List tracked packets, or figures of channels.",
    ),
    "record": LazyCommand(
        "plurichain.cli.tracking.record", "record", "Keep the blocks of networks in files."
    ),
    "relayers": LazyCommand(
        "plurichain.cli.tracking.relayers",
        "relayers",
        "Show who relayed what, and what of it failed.",
    ),
    "replay": LazyCommand(
        "plurichain.cli.tracking.track",
        "replay",
        "Track recorded blocks, and print what they tell.",
    ),
    "track": LazyCommand(
        "plurichain.cli.tracking.track", "track", "Follow every packet of networks until stopped."
    ),
    "relay": LazyCommand(
        "plurichain.cli.ibc.relay", "relay", "Carry packets between networks until stopped."
    ),
    "watch": LazyCommand(
        "plurichain.cli.tracking.watch", "watch", "See what is stuck, missing or unknown, live."
    ),
    "transfer": LazyCommand(
        "plurichain.cli.ibc.transfer", "transfer", "Send a token to another chain."
    ),
}


@click.group(
    "ibc",
    cls=Group,
    lazy=LAZY,
    example="plurichain ibc link localnet-a localnet-b\nplurichain ibc channels",
)
def group() -> None:
    """Link chains, and carry packets between them."""


@group.command(
    "link",
    example="plurichain ibc link localnet-a localnet-b\n"
    "plurichain ibc link town farm --key relayer --new-channel",
)
@click.argument("network_a", metavar="NETWORK_A")
@click.argument("network_b", metavar="NETWORK_B")
@click.option("--port", default="transfer", show_default=True, help="Port on both chains.")
@click.option("--version", default="ics20-1", show_default=True, help="Version of the channel.")
@click.option(
    "--order",
    type=click.Choice(["unordered", "ordered"]),
    default="unordered",
    show_default=True,
    help="Order of the channel's packets.",
)
@click.option("--connection", metavar="ID", help="Use this connection of NETWORK_A.")
@click.option("--new-channel", is_flag=True, help="Open one more channel even if one is open.")
@click.option("--new", "is_new", is_flag=True, help="Make clients, connection and channel anew.")
@click.option(
    "--trusting-period",
    metavar="DURATION",
    help="How long new clients trust a header (default: 2/3 of the unbonding period).",
)
@relay_signing_options
@output_option()
def link(
    network_a: str, network_b: str, signing: RelaySigning, output: str, **choices: Any
) -> None:
    """Open a channel between two networks, reusing what is open.

    What somebody began is finished. Interrupted, the same command goes on where it was.
    """
    from plurichain.relayer.link import link_chains

    if network_a == network_b:
        raise click.UsageError(f"{network_a} cannot be linked to itself")
    plan = _make_plan(**choices)
    with open_relay_chains([network_a, network_b], signing) as (a, b):
        found = link_chains(a, b, plan)
    if not found.transactions:
        show_note("everything was open already")
    rows = _make_rows(found, (network_a, network_b))
    if output == TABLE:
        show_rows(rows, output)
    else:
        record = {"a": rows[0], "b": rows[1], "transactions": found.transactions}
        show_record(record, output)


def _make_plan(
    port: str,
    version: str,
    order: str,
    connection: str | None,
    new_channel: bool,
    is_new: bool,
    trusting_period: str | None,
) -> LinkPlan:
    from plurichain.ibc.end_names import validate_port_name
    from plurichain.ibc.packet import Order
    from plurichain.relayer.clients import ClientRules
    from plurichain.relayer.handshake import ChannelPlan
    from plurichain.relayer.link import LinkPlan
    from plurichain.units import parse_duration_ns

    if is_new and connection:
        raise click.UsageError("--new makes a connection; --connection names one: choose one")
    trusting_ns = None
    if trusting_period is not None:
        trusting_ns = parse_duration_ns(trusting_period, field="--trusting-period")
        if not trusting_ns:
            raise InputError(
                f"--trusting-period: {trusting_period!r} is not above 0",
                remedy='write a duration such as "336h", below the unbonding period',
            )
    return LinkPlan(
        channel=ChannelPlan(validate_port_name(port), port, Order[order.upper()], version),
        clients=ClientRules(trusting_period_ns=trusting_ns),
        is_new=is_new,
        is_new_channel=new_channel,
        connection_a=connection or "",
    )


def _make_rows(found: Link, names: tuple[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "network": name,
            "chain_id": end.chain_id,
            "client": end.client_id,
            "connection": end.connection_id,
            "port": end.port,
            "channel": end.channel_id,
        }
        for name, end in zip(names, (found.a, found.b), strict=True)
    ]


@group.command("channels", example="plurichain ibc channels --network localnet-a")
@connection_options
@output_option()
def channels(connection: Connection, output: str) -> None:
    """List the channels of a network: their states, and the chains that they lead to."""
    from plurichain.chain.ibc.queries import IbcQueries

    with open_client(connection.network, connection.timeout_s) as client:
        queries = IbcQueries(client)
        chains = _find_connection_chains(queries)
        rows = [
            {
                "port": place.port,
                "channel": place.channel,
                "state": place.end.state.name.lower(),
                "order": place.end.order.name.lower(),
                "connection": ", ".join(place.end.connection_hops),
                "other_chain": chains.get(place.end.connection_hops[:1]),
                "other_port": place.end.counterparty_port,
                "other_channel": place.end.counterparty_channel or None,
                "version": place.end.version,
            }
            for place in queries.list_channels()
        ]
    show_rows(rows, output, empty="no channel: `plurichain ibc link` opens one")


def _find_connection_chains(queries: IbcQueries) -> dict[tuple[str, ...], str]:
    """Return which chain each connection leads to, by its client."""
    clients = {client_id: state.chain_id for client_id, state in queries.list_clients()}
    return {
        (name,): clients[end.client_id]
        for name, end in queries.list_connections()
        if end.client_id in clients
    }


@group.command("connections", example="plurichain ibc connections --network localnet-a")
@connection_options
@output_option()
def connections(connection: Connection, output: str) -> None:
    """List the connections of a network."""
    from plurichain.chain.ibc.queries import IbcQueries

    with open_client(connection.network, connection.timeout_s) as client:
        queries = IbcQueries(client)
        chains = _find_connection_chains(queries)
        rows = [
            {
                "connection": name,
                "state": end.state.name.lower(),
                "client": end.client_id,
                "other_chain": chains.get((name,)),
                "other_client": end.counterparty_client,
                "other_connection": end.counterparty_connection or None,
            }
            for name, end in queries.list_connections()
        ]
    show_rows(rows, output, empty="no connection: `plurichain ibc link` opens one")


@group.command("clients", example="plurichain ibc clients --network localnet-a")
@connection_options
@output_option()
def clients(connection: Connection, output: str) -> None:
    """List the light clients of a network, and until when each can be used (in block time)."""
    from plurichain.chain.ibc.client_lives import read_client_life
    from plurichain.chain.ibc.queries import IbcQueries
    from plurichain.units import format_duration

    with open_client(connection.network, connection.timeout_s) as client:
        queries = IbcQueries(client)
        rows = []
        for client_id, state in queries.list_clients():
            life = read_client_life(client, queries, client_id)
            left_s = (life.expires_ns - life.host_ns) // 1_000_000_000
            rows.append(
                {
                    "client": client_id,
                    "chain_id": state.chain_id,
                    "status": life.status.value.lower(),
                    "height": str(state.latest_height),
                    "trusting_period": format_duration(state.trusting_period_ns),
                    "left": format_duration(max(left_s, 0) * 1_000_000_000),
                }
            )
    show_rows(rows, output, empty="no client: `plurichain ibc link` makes one")


@group.command("refresh", example="plurichain ibc refresh localnet-a localnet-b")
@click.argument("network_a", metavar="NETWORK_A")
@click.argument("network_b", metavar="NETWORK_B")
@relay_signing_options
@output_option()
def refresh(network_a: str, network_b: str, signing: RelaySigning, output: str) -> None:
    """Update the light clients of two networks that are a third through their trusting period.

    `plurichain ibc relay` does so by itself; this is for links that nothing is relayed over.
    It fails, after what can be updated, if a network has only clients that expired or froze.
    """
    from plurichain.relayer.clients import refresh_client, sort_clients

    if network_a == network_b:
        raise click.UsageError(f"{network_a} has no clients of itself")
    rows, lost = [], []
    with open_relay_chains([network_a, network_b], signing) as (a, b):
        for name, host, source in ((network_a, a, b), (network_b, b, a)):
            usable, others = sort_clients(host, source)
            if others and not usable:
                for client_id in others:
                    show_note(_explain_unusable(host, source, client_id))
                lost.append(f"{name} has no client of {source.chain_id} that can be used")
            rows += [
                {
                    "network": name,
                    "client": client_id,
                    "chain_id": source.chain_id,
                    "refreshed": refresh_client(host, source, client_id),
                }
                for client_id in usable
            ]
    if rows or not lost or output != TABLE:
        show_rows(rows, output, empty="no client that can be used: `plurichain ibc link` makes one")
    if lost:
        raise CheckFailed(
            "; ".join(lost),
            remedy=f"`plurichain ibc link {network_a} {network_b}` opens another channel; over the "
            "old ones nothing goes until the chain's authority revives their clients",
        )


def _explain_unusable(host: RelayChain, source: RelayChain, client_id: str) -> str:
    """Return why a client cannot be used: it expired, froze, or never was of this chain."""
    from plurichain.relayer.client_life import validate_client

    try:
        validate_client(host, client_id)
    except ClientUnusable as error:
        return error.cause
    return (
        f"client {client_id} on {host.chain_id} is not of the chain {source.chain_id} that is "
        "asked here: what it holds of a block is not what this chain has"
    )
