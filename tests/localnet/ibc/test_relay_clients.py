"""Clients under a running relayer: refreshed in time, and what only governance can do."""

from __future__ import annotations

import pytest

from plurichain.chain.ibc.queries import ClientStatus
from plurichain.errors import ClientUnusable
from plurichain.harness import LocalChains
from plurichain.harness.links import LinkTopology
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.client_life import get_client_life
from plurichain.relayer.counters import Count
from plurichain.relayer.transfers import TransferPlan, send_transfer
from plurichain.units import Coin
from tests.localnet.ibc.relaying import (
    DENOM,
    count_waiting,
    make_keys,
    relaying,
    send,
    wait_until,
)

Pair = tuple[RelayChain, RelayChain]
PERIOD_NS = 6_000_000_000


def test_a_client_is_refreshed_while_relayed_and_expires_when_not(
    linked_chains: LocalChains, relay_pair: Pair
) -> None:
    a, b = relay_pair
    keys = make_keys(linked_chains)
    (link,) = linked_chains.open_links([LinkTopology("a", "b", trusting_period_ns=PERIOD_NS)])
    life = get_client_life(a, link.a.client_id)
    assert life.trusting_period_ns == PERIOD_NS

    with relaying(relay_pair, keys, link) as running:
        # Nothing is sent: the clients are kept alive for their own sake.
        wait_until(lambda: a.client.get_latest_header().time_ns > life.expires_ns, "the first end")
        assert a.queries.get_client_status(link.a.client_id) is ClientStatus.ACTIVE
        assert b.queries.get_client_status(link.b.client_id) is ClientStatus.ACTIVE
        refreshed = running.find("client_refreshed")
        assert len(refreshed) >= 2
        # Every third of the period, not with each block.
        assert running.relayer.counters.get(Count.CLIENT_UPDATES) <= 10

    send(a, link.a.channel_id, str(b.address), [1])
    wait_until(
        lambda: (
            a.queries.get_client_status(link.a.client_id) is ClientStatus.EXPIRED
            and b.queries.get_client_status(link.b.client_id) is ClientStatus.EXPIRED
        ),
        "both clients expired",
    )
    with relaying(relay_pair, keys, link) as running:
        wait_until(lambda: len(running.find("client_unusable")) == 2, "both are told")
        height = a.client.rpc.get_committed_height()
        a.client.wait_for_height(height + 5, timeout_s=30)
        assert len(running.relayer.list_halted()) == 2
    assert all("MsgRecoverClient" in each.text for each in running.find("client_unusable"))
    assert running.relayer.counters.get(Count.TRANSACTIONS) == 0
    assert count_waiting(a, link.a.channel_id) == 1

    plan = TransferPlan(link.a.channel_id, str(b.address), Coin(DENOM, 1))
    with pytest.raises(ClientUnusable, match="not active") as refused:
        send_transfer(a, plan)
    assert "MsgRecoverClient" in refused.value.remedy
    assert count_waiting(a, link.a.channel_id) == 1
