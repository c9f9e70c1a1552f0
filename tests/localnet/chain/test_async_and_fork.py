"""One sender used by asyncio, by threads, and by a forked child."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path

import pytest

from plurichain.chain import ChainClient, Journal, Outcome, OutcomeStatus, TxSender
from plurichain.chain.aio import AsyncChainClient, AsyncTxSender
from plurichain.errors import FundsShort
from plurichain.keyring import Key
from tests.localnet.chain.test_sending import pay


def test_the_same_api_awaited(client: ChainClient, sender: TxSender, key: Key) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.002)
            ticks += 1

    async def run() -> list[Outcome]:
        async with AsyncTxSender(sender) as awaited, AsyncChainClient(client) as reading:
            ticking = asyncio.create_task(tick())
            sends = [awaited.send(pay(key), purpose="pay") for _ in range(8)]
            outcomes = await asyncio.gather(*sends)
            header = await reading.get_latest_header()
            assert header.height >= max(outcome.height for outcome in outcomes)
            with pytest.raises(FundsShort):
                await awaited.send(pay(key, 10**7), purpose="pay")
            ticking.cancel()
            return outcomes

    before = client.get_balances(key.address)["ueur"]
    outcomes = asyncio.run(run())
    assert {outcome.status for outcome in outcomes} == {OutcomeStatus.ACCEPTED}
    assert client.get_balances(key.address)["ueur"] == before - 8
    assert ticks > 5  # the loop was never blocked


def test_a_cancelled_wait_ends_and_leaves_the_hash(
    sender: TxSender, key: Key, journal: Journal
) -> None:
    entry = sender.prepare(pay(key), purpose="pay")  # it is never handed in: no block has it

    async def run() -> float:
        async with AsyncTxSender(sender) as awaited:
            wait = asyncio.create_task(awaited.wait(entry.tx_hash))
            await asyncio.sleep(0.3)
            wait.cancel()
            begun = time.monotonic()
            with pytest.raises(asyncio.CancelledError):
                await wait
            return begun

    begun = asyncio.run(run())
    deadline = begun + 10
    while any(thread.name.startswith("plurichain") for thread in threading.enumerate()):
        assert time.monotonic() < deadline, "the thread of the wait is still there"
        time.sleep(0.02)
    (pending,) = journal.list_pending()
    assert pending.tx_hash == entry.tx_hash
    (outcome,) = sender.resume()
    assert outcome.status is OutcomeStatus.ACCEPTED


def test_threads_share_one_sender(sender: TxSender, client: ChainClient, key: Key) -> None:
    before = client.get_balances(key.address)["ueur"]
    outcomes: list[Outcome] = []
    threads = [
        threading.Thread(target=lambda: outcomes.append(sender.send(pay(key), purpose="pay")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [outcome.status for outcome in outcomes] == [OutcomeStatus.ACCEPTED] * 8
    assert client.get_balances(key.address)["ueur"] == before - 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_parent_and_forked_child_send_with_one_sender(
    sender: TxSender, client: ChainClient, key: Key, journal: Journal, tmp_path: Path
) -> None:
    before = client.get_balances(key.address)["ueur"]
    sender.send(pay(key), purpose="pay").raise_for_status()
    children = []
    for _ in range(2):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                outcome = sender.send(pay(key), purpose="child")
                status = 0 if outcome.status is OutcomeStatus.ACCEPTED else 2
            finally:
                os._exit(status)
        children.append(pid)
    sender.send(pay(key), purpose="pay").raise_for_status()
    deadline = time.monotonic() + 60
    statuses: dict[int, int] = {}
    while len(statuses) < 2:
        assert time.monotonic() < deadline, f"a child hangs: {children} {statuses}"
        for pid in children:
            done, status = os.waitpid(pid, os.WNOHANG) if pid not in statuses else (0, 0)
            if done:
                statuses[pid] = os.waitstatus_to_exitcode(status)
        time.sleep(0.02)

    assert set(statuses.values()) == {0}
    assert client.get_balances(key.address)["ueur"] == before - 4
    assert [entry.outcome.status for entry in journal.list_entries()] == [
        OutcomeStatus.ACCEPTED
    ] * 4
