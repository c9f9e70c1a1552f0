"""Signed bytes poured into a node, with nothing kept and nobody told: what a node takes at most."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence

from plurichain.chain import ChainClient
from plurichain.chain.nodes.rpc import MOST_CALLS
from plurichain.chain.sending.bulk_delivery import WORKERS
from plurichain.chain.transactions.messages import Message
from plurichain.chain.transactions.signing import (
    SignedTx,
    build_auth_info,
    build_body,
    compute_tx_hash,
    sign_tx,
)
from plurichain.keyring import Key

GAS = 250_000
TTL_NS = 60_000_000_000
PATIENCE_S = 120.0


def presign(
    client: ChainClient, numbers: dict[Key, int], wanted: Sequence[tuple[Key, Message]]
) -> list[SignedTx]:
    """Sign what is to be poured; its time-outs are a nanosecond apart."""
    latest_ns = client.get_latest_header().time_ns + TTL_NS
    return [
        sign_tx(
            key,
            body=build_body([message], timeout_ns=latest_ns - place),
            auth_info=build_auth_info(key.public_key, account_sequence=0, fee=(), gas_limit=GAS),
            chain_id=client.network.chain_id,
            account_number=numbers[key],
        )
        for place, (key, message) in enumerate(wanted)
    ]


def pour(client: ChainClient, txs: Sequence[SignedTx]) -> float:
    """Hand in all of it; return the seconds until the last is in a block."""
    waiting: queue.SimpleQueue[list[bytes] | None] = queue.SimpleQueue()
    for start in range(0, len(txs), MOST_CALLS):
        waiting.put([tx.tx_bytes for tx in txs[start : start + MOST_CALLS]])

    def hand_in() -> None:
        while (few := waiting.get()) is not None:
            client.rpc.broadcast_all(few)

    threads = [threading.Thread(target=hand_in) for _ in range(WORKERS)]
    height = client.rpc.get_committed_height()
    began = time.perf_counter()
    for thread in threads:
        waiting.put(None)
        thread.start()
    left = {tx.tx_hash for tx in txs}
    while left:
        height += 1
        if time.perf_counter() - began > PATIENCE_S:
            raise SystemExit(f"{len(left)} of {len(txs)} poured transactions are in no block")
        client.wait_for_height(height, timeout_s=PATIENCE_S)
        left -= {compute_tx_hash(tx) for tx in client.get_block(height).txs}
    seconds = time.perf_counter() - began
    for thread in threads:
        thread.join()
    return seconds
