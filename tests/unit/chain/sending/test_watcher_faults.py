"""The watcher where blocks are gone, repeated, late, or the disk is full."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from plurichain.chain.budget import compute_call_timeout
from plurichain.chain.journal.journal import Journal
from plurichain.chain.sending.watcher import BlockWatcher
from plurichain.chain.transactions.outcome import OutcomeStatus
from plurichain.chain.transactions.signing import compute_tx_hash
from plurichain.chain.types import Block, Inclusion, TxResult
from plurichain.errors import (
    ChainReset,
    HeightPruned,
    IndexerOff,
    NodeTimeout,
    StorageError,
    TransactionFailed,
    TransactionUnknown,
)
from tests.unit.chain.sending.test_watcher import ScriptedChain, add, settle


@pytest.fixture(autouse=True)
def exact_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda _bound: 0)


@pytest.fixture
def journal(tmp_path: Path) -> Any:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


def test_hundreds_are_settled_by_one_reading_of_each_block(journal: Journal) -> None:
    names = [b"tx%d" % number for number in range(300)]
    with journal.batch():
        hashes = [add(journal, name, timeout_ns=550) for name in names]
    chain = ScriptedChain({3: [(name, 0) for name in names[:200]]}, height=9)
    outcomes = settle(chain, journal, hashes)

    assert [outcome.status for outcome in outcomes[:200]] == [OutcomeStatus.ACCEPTED] * 200
    assert [outcome.status for outcome in outcomes[200:]] == [OutcomeStatus.EXPIRED] * 100
    assert chain.reads == [1, 2, 3, 4, 5, 6]


def test_twice_in_one_block_counts_as_what_took_effect(journal: Journal) -> None:
    hashes = [add(journal, name, timeout_ns=900) for name in (b"a", b"b")]
    chain = ScriptedChain({2: [(b"a", 5), (b"a", 0), (b"b", 0), (b"b", 19)]}, height=5)

    for outcome in settle(chain, journal, hashes):
        assert (outcome.status, outcome.code) == (OutcomeStatus.ACCEPTED, 0)


def test_what_failed_before_its_nonce_was_used_may_come_again(journal: Journal) -> None:
    again, never, used = (add(journal, name, timeout_ns=750) for name in (b"a", b"b", b"c"))
    blocks = {2: [(b"a", -5), (b"b", -5), (b"c", 5)], 4: [(b"a", 0)]}
    early = settle(ScriptedChain(blocks, height=3), journal, [again, never, used])
    assert [outcome.status for outcome in early] == [OutcomeStatus.FAILED] * 3
    assert [outcome.is_final for outcome in early] == [False, False, True]
    with pytest.raises(TransactionUnknown, match="failed at height 2 before its fee was taken"):
        early[0].raise_for_status()
    with pytest.raises(TransactionFailed):
        early[2].raise_for_status()

    landed, failed, _ = settle(ScriptedChain(blocks, height=9), journal, [again, never, used])
    assert (landed.status, landed.height, landed.is_final) == (OutcomeStatus.ACCEPTED, 4, True)
    assert [row[:2] for row in journal.list_sightings(again)] == [(2, 5), (4, 0)]
    assert (failed.status, failed.height, failed.code) == (OutcomeStatus.FAILED, 2, 5)
    assert failed.is_final


def test_one_that_comes_late_has_its_earlier_blocks_read_before_it_expires(
    journal: Journal,
) -> None:
    early, late = (add(journal, name, timeout_ns=time_ns) for name, time_ns in
                   ((b"a", 3_000), (b"b", 450)))  # fmt: skip

    class Racing(ScriptedChain):
        """Loads the late one while a block is being fetched."""

        def get_block(self, height: int) -> Block:
            block = super().get_block(height)
            if height == 8 and late is not None:
                with watcher._changed:
                    watcher._load({late})
            return block

    chain = Racing({2: [(b"b", 0)], 9: [(b"a", 0)]}, height=9)
    watcher = BlockWatcher(chain, journal)  # type: ignore[arg-type]
    for _ in range(40):
        watcher.settle([early], deadline=time.monotonic())
    # Block 8 is past its time-out; it is in block 2 all the same.
    assert journal.get(late).outcome.status is OutcomeStatus.ACCEPTED
    assert journal.get(early).outcome.status is OutcomeStatus.ACCEPTED


def test_another_history_ends_the_wait_at_once(journal: Journal) -> None:
    tx_hash = add(journal, b"a", timeout_ns=900)

    class Replaced(ScriptedChain):
        def get_committed_height(self) -> int:
            raise ChainReset("begun anew")

    watcher = BlockWatcher(Replaced(), journal)  # type: ignore[arg-type]
    began = time.monotonic()
    with pytest.raises(ChainReset):
        watcher.settle([tx_hash], deadline=began + 60)
    assert time.monotonic() - began < 20
    assert not watcher._reading.locked()
    assert journal.get(tx_hash).outcome.status is OutcomeStatus.UNKNOWN


class Pruned(ScriptedChain):
    """All blocks are gone; the index knows ``b"a"`` alone, or is off."""

    is_off = False
    asked: str = ""

    def get_block(self, height: int) -> Block:
        raise HeightPruned("gone")

    def get_tx(self, tx_hash: str) -> Inclusion | None:
        if self.is_off:
            raise IndexerOff("off")
        if tx_hash != self.asked:
            return None
        return Inclusion(tx_hash, 4, TxResult(0, "", "", 1, 2, ()))


def test_where_blocks_are_gone_the_index_tells_what_is_in_but_never_what_is_not(
    journal: Journal,
) -> None:
    known, unknown = (add(journal, name, timeout_ns=100) for name in (b"a", b"b"))
    chain = Pruned(height=9)
    chain.asked = known
    watcher = BlockWatcher(chain, journal)  # type: ignore[arg-type]
    with pytest.raises(HeightPruned, match="gone from every node"):
        watcher.settle([known, unknown], deadline=time.monotonic() + 0.3)
    assert journal.get(known).outcome.status is OutcomeStatus.ACCEPTED
    assert journal.get(unknown).outcome.status is OutcomeStatus.UNKNOWN
    chain.is_off = True
    with pytest.raises(IndexerOff):
        watcher.settle([unknown], deadline=time.monotonic() + 0.1)


def test_what_could_not_be_written_is_not_forgotten(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = [add(journal, name, timeout_ns=250) for name in (b"a", b"b")]
    chain = ScriptedChain({2: [(b"a", 0)]}, height=9)
    watcher = BlockWatcher(chain, journal)  # type: ignore[arg-type]
    set_outcome = journal.set_outcome
    full = [True]

    def write(*arguments: Any, **options: Any) -> bool:
        if full[0]:
            raise StorageError("disk full")
        return set_outcome(*arguments, **options)

    monkeypatch.setattr(journal, "set_outcome", write)
    with pytest.raises(StorageError, match="disk full"):
        watcher.settle(hashes, deadline=time.monotonic() + 20)
    full[0] = False
    watcher.settle(hashes, deadline=time.monotonic() + 20)
    a, b = (journal.get(tx_hash).outcome.status for tx_hash in hashes)
    assert (a, b) == (OutcomeStatus.ACCEPTED, OutcomeStatus.EXPIRED)


def test_a_thread_that_leaves_does_not_strand_the_others(journal: Journal) -> None:
    soon, later = (add(journal, name, timeout_ns=10**6) for name in (b"a", b"b"))
    chain = ScriptedChain({1: [(b"a", 0)]}, height=1)
    watcher = BlockWatcher(chain, journal)  # type: ignore[arg-type]
    waiting = threading.Thread(
        target=watcher.settle, args=([later],), kwargs={"deadline": time.monotonic() + 30}
    )
    waiting.start()
    watcher.settle([soon], deadline=time.monotonic() + 20)
    chain.txs[2] = [(b"b", 0)]
    chain.height = 2
    waiting.join(30)
    assert not waiting.is_alive()
    assert journal.get(later).outcome.status is OutcomeStatus.ACCEPTED


def test_a_reading_has_longer_and_longer_until_a_busy_node_gets_through(journal: Journal) -> None:
    """Whoever waits looks up twice a second; a large block may take longer than that."""
    tx_hash = add(journal, b"a", timeout_ns=10**6)

    class Busy(ScriptedChain):
        """Needs 5 seconds for a block, and is told how many it has."""

        limits: list[float]

        def get_block(self, height: int) -> Block:
            self.limits.append(compute_call_timeout(60))
            if self.limits[-1] < 5:
                raise NodeTimeout("scripted")
            return super().get_block(height)

    chain = Busy({1: [(b"a", 0)]}, height=1)
    chain.limits = []
    watcher = BlockWatcher(chain, journal)  # type: ignore[arg-type]
    for _ in range(3):
        with contextlib.suppress(NodeTimeout):
            watcher.settle([tx_hash], deadline=time.monotonic())

    assert journal.get(tx_hash).outcome.status is OutcomeStatus.ACCEPTED
    assert [round(each) for each in chain.limits] == [2, 4, 8]
    # Once it gets through, nobody has to wait for so long again.
    add(journal, b"b", timeout_ns=10**6, first_height=2)
    chain.txs[2], chain.height = [(b"b", 0)], 2
    with pytest.raises(NodeTimeout):
        watcher.settle([compute_tx_hash(b"b")], deadline=time.monotonic())
    assert round(chain.limits[-1]) == 2
