"""Chains with narrow blocks and without an index: what waits is found and carried all the same."""

from __future__ import annotations

from plurichain.harness.links import make_line
from plurichain.harness.plurid import make_plurid_topologies
from plurichain.relayer.counters import Count
from plurichain.relayer.finding import find_sent
from plurichain.relayer.work import EndName
from tests.localnet.ibc.relaying import (
    assert_conserved,
    make_keys,
    relaying,
    send,
    wait_counts,
)

MAX_GAS = 2_500_000
PACKETS = 40


def test_blocks_of_little_gas_and_no_index(plurid_binary, plurichain_chains_factory) -> None:
    topologies = make_plurid_topologies(
        plurid_binary,
        2,
        chain_prefix="narrow",
        genesis_patch={"consensus": {"params": {"block": {"max_gas": str(MAX_GAS)}}}},
        config_patch={"tx_index": {"indexer": "null"}},
    )
    chains = plurichain_chains_factory(topologies, make_line(list(topologies)))
    (link,) = chains.links
    with chains.open_relay_chain("a") as a, chains.open_relay_chain("b") as b:
        for _ in range(PACKETS // 10):
            send(a, link.a.channel_id, str(b.address), [1] * 10)
        sequences = a.queries.list_packet_commitments("transfer", link.a.channel_id)
        finding = find_sent(a.client, EndName("transfer", link.a.channel_id), sequences)
        assert sorted(finding.found) == sequences
        with relaying((a, b), make_keys(chains), link) as running:
            wait_counts(running, received=PACKETS, acknowledged=PACKETS)
            newest = b.client.rpc.get_committed_height()
        used = [
            result.gas_wanted
            for height in range(max(newest - 60, 1), newest)
            for result in b.client.get_block_results(height).tx_results
        ]
        assert used
        assert max(used) <= MAX_GAS
        assert running.relayer.counters.get(Count.SET_ASIDE) == 0
        assert_conserved(a, b, link)
    chains.stop()
