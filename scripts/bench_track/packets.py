"""Single packets, sent and carried one kind at a time."""

from __future__ import annotations

import threading
import time

from plurichain.chain.ibc.packet_messages import transfer
from plurichain.harness import LocalChains
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.counters import Count
from plurichain.relayer.link import LinkEnd
from plurichain.relayer.relay import Relayer
from plurichain.units import Coin
from scripts.bench_relay.stage import make_key

DEADLINE_S = 180.0


def send_one(
    chain: RelayChain, end: LinkEnd, receiver: str, *, expires_ns: int, memo: str = ""
) -> None:
    """Send one transfer and wait for its block."""
    message = transfer(
        chain.address,
        receiver,
        Coin("upluri", 1),
        channel=end.channel_id,
        timeout_timestamp_ns=chain.client.get_latest_header().time_ns + expires_ns,
        memo=memo,
    )
    chain.send([message], purpose="bench").raise_for_status()


def carry(chains: LocalChains, a: RelayChain, b: RelayChain, end: LinkEnd, **counts: int) -> None:
    """Relay between two chains until so much of each kind was done, by the names of counts."""
    keys = {chain.chain_id: [make_key(chain, "relayer")] for chain in chains.values()}
    relayer = Relayer([a, b], keys)
    thread = threading.Thread(target=relayer.run)
    thread.start()
    try:
        deadline = time.monotonic() + DEADLINE_S
        while any(relayer.counters.get(Count(name)) < number for name, number in counts.items()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not carried: {counts} of {end.channel_id}")
            time.sleep(0.05)
    finally:
        relayer.stop()
        thread.join()
