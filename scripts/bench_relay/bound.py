"""What the chains alone can take: the same transactions, signed beforehand, poured in."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from plurichain.chain.transactions.signing import compute_tx_hash
from plurichain.relayer.backlog import list_backlog, read_backlog
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.client_updates import build_client_update
from plurichain.relayer.gas_book import GasBook
from plurichain.relayer.paths import find_path
from plurichain.relayer.proving import prove
from plurichain.relayer.signing_keys import SigningKey
from plurichain.relayer.work import EndName, Work
from scripts.bench_relay.stage import BATCH, Stage, make_key, queue_transfers, show

GAS_FACTOR = 2


def measure(stage: Stage, arguments: argparse.Namespace) -> None:
    """Pour receives into B, then acknowledgements into A."""
    number, end = arguments.queued, stage.link.a
    queue_transfers(stage.sender_a, end.channel_id, str(stage.sender_b.address), number)
    path = find_path(stage.a, stage.b, EndName(end.port, end.channel_id))
    taken = {}
    for what, host, source, client_id in (
        ("receive", stage.b, stage.a, path.client_b),
        ("acknowledge", stage.a, stage.b, path.client_a),
    ):
        works: list[Work] = []
        sequences = list_backlog(stage.a, path.route)
        for part in read_backlog(stage.a, stage.b, path.route, sequences):
            works += part.receives if what == "receive" else part.returns
        if len(works) != number:
            raise AssertionError(f"{len(works)} of {number} to {what}")
        signed = _sign_all(stage, host, source, client_id, works)
        seconds = _pour(host, signed)
        taken[what] = seconds
        show(f"bound.{what}", packets=number, seconds=seconds, packets_a_second=number / seconds)
    show("bound", packets=number, packets_a_second=number / max(taken.values()),
         one_after_the_other=number / sum(taken.values()))  # fmt: skip


def _sign_all(
    stage: Stage, host: RelayChain, source: RelayChain, client_id: str, works: Sequence[Work]
) -> list[bytes]:
    """Show the client one header, and sign everything that it proves."""
    height = source.client.rpc.get_committed_height() - 1
    update = build_client_update(host, source, client_id, height + 1)
    if update:
        host.send(update, purpose="bench")
    name = next(n for n, chain in stage.chains.items() if chain.chain_id == host.chain_id)
    key = SigningKey(host.client, make_key(stage.chains[name], "relayer"))
    now_ns = host.client.get_latest_header().time_ns
    signed = []
    for start in range(0, len(works), BATCH):
        part = works[start : start + BATCH]
        messages = [each.make_message(host.address) for each in prove(source.proofs, part, height)]
        gas = GasBook().estimate(part) * GAS_FACTOR
        timeout_ns = now_ns + 300_000_000_000 + start
        signed.append(key.sign(messages, gas=gas, timeout_ns=timeout_ns).tx_bytes)
    return signed


def _pour(host: RelayChain, signed: Sequence[bytes]) -> float:
    """Hand everything in; returns the seconds until the last is in a block."""
    waiting = {compute_tx_hash(tx_bytes) for tx_bytes in signed}
    height = host.client.rpc.get_committed_height()
    began = time.perf_counter()
    for tx_bytes in signed:
        code, codespace, log = host.client.broadcast(tx_bytes)
        if code:
            raise AssertionError(f"{codespace} {code}: {log}")
    for block in host.client.follow_blocks(height + 1, timeout_s=60):
        results = host.client.get_block_results(block.header.height).tx_results
        for tx_bytes, result in zip(block.txs, results, strict=True):
            if result.code:
                raise AssertionError(result.log)
            waiting.discard(compute_tx_hash(tx_bytes))
        if not waiting:
            break
    return time.perf_counter() - began
