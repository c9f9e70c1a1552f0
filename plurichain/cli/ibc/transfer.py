"""`plurichain ibc transfer`: send a token to another chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plurichain.cli.commands import Command
from plurichain.cli.ibc.forward import check_forwards
from plurichain.cli.ibc.missing_channel import naming_channels
from plurichain.cli.ibc.networks import find_counterparty
from plurichain.cli.options import Seconds, Signing, output_option, signing_options
from plurichain.cli.output import show_note, show_record
from plurichain.errors import ConfigError, InputError

if TYPE_CHECKING:
    from plurichain.config import Network
    from plurichain.encoding.height import Height
    from plurichain.relayer.work import EndName


@click.command(
    "transfer",
    cls=Command,
    example="plurichain ibc transfer channel-0 pluri1… 25watthour --network localnet-a --wait",
)
@click.argument("channel", metavar="CHANNEL")
@click.argument("receiver", metavar="RECEIVER")
@click.argument("amount", metavar="AMOUNT")
@click.option("--port", help="Port of the channel (default: as CHANNEL says, else transfer).")
@click.option(
    "--counterparty",
    metavar="NAME",
    help="Network of the other chain (default: found by its chain id).",
)
@click.option(
    "--any-receiver",
    is_flag=True,
    help="Do not compare the receiver with the other chain's prefix.",
)
@click.option(
    "--expires-in",
    metavar="DURATION",
    default="10m",
    show_default=True,
    help="Return the coins if it is not received by then, in block time; 0: never. "
    "Forwarded packets count anew on each chain.",
)
@click.option(
    "--expires-at",
    metavar="HEIGHT",
    help="Return the coins if it is not received before this height of the other "
    "chain (REVISION-HEIGHT).",
)
@click.option("--memo", default="", help="Memo of the packet; forwarded only a JSON object.")
@click.option(
    "--forward",
    "forwards",
    metavar="CHANNEL:RECEIVER",
    multiple=True,
    help="Send on over this channel of the chain that is reached; once for each chain more. "
    "The receiver on a chain between is then best 'pfm', which a chain that does not "
    "forward refuses.",
)
@click.option(
    "--retries",
    type=click.IntRange(0, 255),
    default=0,
    show_default=True,
    help="How often the chains between send a packet again that timed out.",
)
@click.option("--wait", is_flag=True, help="Follow the packet to its acknowledgement or return.")
@click.option(
    "--wait-limit",
    type=Seconds(min=1),
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="How long --wait waits at most.",
)
@signing_options
@output_option()
def transfer(
    channel: str,
    receiver: str,
    amount: str,
    port: str | None,
    counterparty: str | None,
    any_receiver: bool,
    expires_in: str,
    expires_at: str | None,
    memo: str,
    forwards: tuple[str, ...],
    retries: int,
    wait: bool,
    wait_limit: float,
    signing: Signing,
    output: str,
) -> None:
    """Send AMOUNT over CHANNEL (channel-0, or transfer/channel-0) to RECEIVER on the other chain.

    With --wait it ends when the packet is acknowledged; refused or timed out it exits
    with 4, and the coins are back.

    With --forward the chains between send on what they receive, and acknowledge when it has
    arrived; if it cannot, the coins come back all the way.
    """
    from plurichain.cli.session import get_key, open_keyring, show_progress
    from plurichain.config import get_network
    from plurichain.ibc.end_names import parse_end_name
    from plurichain.ibc.forwarding import NO_RECEIVER, Forward, encode_forward_memo
    from plurichain.relayer.connecting import open_relay_chain
    from plurichain.relayer.transfers import TransferPlan, follow_packet, send_transfer
    from plurichain.relayer.work import EndName
    from plurichain.units import parse_coins, quote_value

    end = EndName(*parse_end_name(channel, port=port))
    coins = parse_coins(amount, field="AMOUNT")
    if len(coins) != 1:
        raise InputError(
            f"AMOUNT: {quote_value(amount)} is not one coin", remedy="send one denom at a time"
        )
    expires_ns, height = _read_time_out(expires_in, expires_at)
    hops = [Forward.parse(each, field="--forward") for each in forwards]
    if hops:
        memo = encode_forward_memo(hops, timeout_ns=expires_ns, retries=retries, memo=memo)
    elif retries:
        raise InputError("--retries: nothing is forwarded", remedy="name a channel with --forward")
    network = get_network(signing.network)
    prefix = None
    if not any_receiver:
        other = _find_other(network, end, counterparty, signing.timeout_s)
        if other is not None:
            check_forwards(other, hops, timeout_s=signing.timeout_s)
            prefix = None if hops and receiver == NO_RECEIVER else other.prefix
    plan = TransferPlan(
        end.channel, receiver, coins[0], port=end.port, receiver_prefix=prefix,
        expires_ns=expires_ns, timeout_height=height, memo=memo,
    )  # fmt: skip
    key = get_key(open_keyring(network, signing.passphrase_file), signing.key)
    with open_relay_chain(network, key, report=show_progress, timeout_s=signing.timeout_s) as chain:
        with naming_channels(network, end, signing.timeout_s):
            outcome, packet = send_transfer(chain, plan)
        record = {
            "tx_hash": outcome.tx_hash,
            "height": outcome.height,
            "channel": f"{packet.source_port}/{packet.source_channel}",
            "sequence": packet.sequence,
            "status": "sent",
        }
        if not wait:
            show_record(record, output)
            return
        show_note(f"packet {packet.sequence} is sent; waiting for its acknowledgement")
        over = follow_packet(chain, packet, outcome.height, timeout_s=wait_limit)
        record |= {"status": over.end.value, "end_height": over.height, "end_tx_hash": over.tx_hash}
        show_record(record, output)
        over.raise_for_end()


def _read_time_out(expires_in: str, expires_at: str | None) -> tuple[int, Height]:
    """Return for how many nanoseconds a packet is good (0: for ever), and to which height."""
    from plurichain.encoding.height import NO_HEIGHT, Height
    from plurichain.units import parse_duration_ns, quote_value

    height = NO_HEIGHT if expires_at is None else Height.parse(expires_at, field="--expires-at")
    expires_ns = 0
    if expires_in != "0":
        expires_ns = parse_duration_ns(expires_in, field="--expires-in")
    if not expires_ns and height.is_zero:
        raise InputError(
            f"--expires-in: {quote_value(expires_in)} ends no packet, and no --expires-at does: "
            "one of them has to",
            remedy="write --expires-in 10m, or a height of the other chain",
        )
    return expires_ns, height


def _find_other(
    network: Network, end: EndName, counterparty: str | None, timeout_s: float
) -> Network | None:
    """Return the network of the other chain, None if it is not known here."""
    from plurichain.config import get_network

    if counterparty is not None:
        return get_network(counterparty)
    try:
        with naming_channels(network, end, timeout_s):
            return find_counterparty(network, end, timeout_s=timeout_s)
    except ConfigError as error:
        show_note(f"the receiver's prefix is not checked: {error.cause}")
        return None
