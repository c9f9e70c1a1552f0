"""After many transfers, time-outs and killed relayers: every unit is accounted for."""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import time

from plurichain.ibc.conservation import ChannelBalance
from plurichain.ibc.denom import DenomPath, Hop, voucher_denom
from plurichain.identifiers import Address
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.link import LinkEnd
from scripts.bench_relay.stage import AMOUNT, DENOM, Stage, queue_transfers, show, wait_settled

TIMEOUTS = 200
CRASHES = 3
SEED = 11


def measure(stage: Stage, arguments: argparse.Namespace) -> None:
    """Send, kill, begin again; then compare both chains."""
    rng = random.Random(SEED)
    number = arguments.queued
    receiver = str(stage.sender_b.address)
    channel = stage.link.a.channel_id
    expected = _get_balance(stage.sender_a) - number * AMOUNT
    queue_transfers(stage.sender_a, channel, receiver, number)
    queue_transfers(stage.sender_a, channel, receiver, TIMEOUTS, expires_ns=1)
    began = time.perf_counter()
    for crash in range(CRASHES):
        process = _start()
        target = stage.count_waiting() - rng.randint(50, number // (CRASHES + 1))
        while stage.count_waiting() > target:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        show("conserve.crash", number=crash + 1, left=stage.count_waiting())
    process = _start()
    wait_settled(stage)
    process.terminate()
    process.wait()
    balances = [
        _read(stage.a, stage.b, stage.link.a, stage.link.b),
        _read(stage.b, stage.a, stage.link.b, stage.link.a),
    ]
    show(
        "conserve",
        transfers=number,
        time_outs=TIMEOUTS,
        crashes=CRASHES,
        seed=SEED,
        seconds=time.perf_counter() - began,
        escrow=[each.escrow for each in balances],
        vouchers=[each.counterparty_supply for each in balances],
        differences=[each.difference for each in balances],
        sender_difference=_get_balance(stage.sender_a) - expected,
    )
    if not all(each.holds for each in balances) or _get_balance(stage.sender_a) != expected:
        raise AssertionError("not conserved")


def _start() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "plurichain", "ibc", "relay", "a", "b"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _get_balance(chain: RelayChain) -> int:
    return chain.client.get_balances(chain.address).get(DENOM, 0)


def _read(here: RelayChain, there: RelayChain, mine: LinkEnd, other: LinkEnd) -> ChannelBalance:
    """Return the equation of what left over an end; nothing is in flight any more."""
    escrow = Address.parse(here.transfers.get_escrow_address(mine.port, mine.channel_id))
    voucher = voucher_denom(DenomPath((Hop(other.port, other.channel_id),), DENOM))
    return ChannelBalance(
        escrow=here.client.get_balances(escrow).get(DENOM, 0),
        counterparty_supply=there.client.get_supply(voucher),
        counterparty_retired=0,
    )
