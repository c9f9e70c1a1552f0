"""Outcomes follow from blocks alone; the chain here is a script of blocks.

tests/localnet/chain/test_outcomes.py asks the same of a real chain.
"""

from __future__ import annotations

import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.chain.journal.journal import Journal
from plurichain.chain.sending.watcher import BlockWatcher
from plurichain.chain.transactions.outcome import Outcome, OutcomeStatus
from plurichain.chain.transactions.signing import SignedTx, compute_tx_hash
from plurichain.chain.types import Block, BlockHead, BlockResults, Event, Header, TxResult
from plurichain.errors import NodeTimeout

STEP_NS = 100
_EVENTS = (Event("tx", (("fee", ""),)),)


@dataclass
class ScriptedChain:
    """Blocks at 100, 200, … ns holding ``txs[height]``; stands for ChainClient.

    A negative code: it failed so early that there are no events.
    """

    txs: dict[int, list[tuple[bytes, int]]] = field(default_factory=dict)
    height: int = 0
    reads: list[int] = field(default_factory=list)
    failing: int = 0
    glances: int = 0

    @property
    def rpc(self) -> ScriptedChain:
        return self

    def get_committed_height(self) -> int:
        return self.height

    def wait_for_block(self, height: int, *, timeout_s: float, since_s: float) -> bool:
        time.sleep(min(timeout_s, 0.01))
        return height <= self.height

    def get_block(self, height: int) -> Block:
        assert 1 <= height <= self.height
        if self.failing:
            self.failing -= 1
            raise NodeTimeout("scripted")
        self.reads.append(height)
        txs = tuple(tx for tx, _ in self.txs.get(height, []))
        return Block(Header(height, height * STEP_NS, "c-1"), txs, b"")

    def list_block_heads(self, first: int, last: int) -> list[BlockHead]:
        self.glances += 1
        return [
            BlockHead(Header(height, height * STEP_NS, "c-1"), len(self.txs.get(height, [])))
            for height in range(first, min(last, self.height) + 1)
        ][:20]

    def get_block_results(self, height: int) -> BlockResults:
        results = tuple(
            TxResult(abs(code), "sdk" if code else "", "", 1, 2, () if code < 0 else _EVENTS)
            for _, code in self.txs.get(height, [])
        )
        return BlockResults(height, results, ())


def add(journal: Journal, name: bytes, *, timeout_ns: int, first_height: int = 1) -> str:
    entry = journal.add(
        chain_id="c-1",
        signer=name.hex(),
        purpose="test",
        latest_timeout_ns=timeout_ns,
        first_height=first_height,
        sign=lambda _timeout: SignedTx(name, compute_tx_hash(name)),
    )
    return entry.tx_hash


@pytest.fixture(autouse=True)
def exact_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda _bound: 0)


@pytest.fixture
def journal(tmp_path: Path) -> Any:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


def settle(chain: ScriptedChain, journal: Journal, hashes: list[str]) -> list[Outcome]:
    watcher = BlockWatcher(chain, journal)  # type: ignore[arg-type]
    # A call whose deadline has passed reads once: go on while there is something to read.
    read = -1
    while len(chain.reads) + chain.glances > read:
        read = len(chain.reads) + chain.glances
        watcher.settle(hashes, deadline=time.monotonic())
    return [journal.get(tx_hash).outcome for tx_hash in hashes]


def test_included_with_code_0_and_not_0(journal: Journal) -> None:
    hashes = [add(journal, name, timeout_ns=950) for name in (b"a", b"b")]
    chain = ScriptedChain({4: [(b"x", 0), (b"b", 5), (b"a", 0)]}, height=9)
    a, b = settle(chain, journal, hashes)

    assert (a.status, a.height, a.code) == (OutcomeStatus.ACCEPTED, 4, 0)
    assert (b.status, b.height, b.code, b.codespace) == (OutcomeStatus.FAILED, 4, 5, "sdk")
    assert chain.reads == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("timeout_ns", "status"),
    [
        (899, OutcomeStatus.EXPIRED),
        (900, OutcomeStatus.UNKNOWN),
        (901, OutcomeStatus.UNKNOWN),
    ],
)
def test_expired_needs_a_header_strictly_after_the_time_out(
    journal: Journal, timeout_ns: int, status: OutcomeStatus
) -> None:
    tx_hash = add(journal, b"a", timeout_ns=timeout_ns)
    chain = ScriptedChain(height=9)
    (outcome,) = settle(chain, journal, [tx_hash])

    assert outcome.status is status
    assert outcome.is_final == (status is OutcomeStatus.EXPIRED)
    assert chain.reads == list(range(1, 10))


def test_the_block_that_ends_it_is_looked_into_first(journal: Journal) -> None:
    tx_hash = add(journal, b"a", timeout_ns=450)
    (outcome,) = settle(ScriptedChain({5: [(b"a", 0)]}, height=9), journal, [tx_hash])

    assert outcome.status is OutcomeStatus.ACCEPTED


def test_no_block_is_left_out_when_another_wait_is_further_ahead(journal: Journal) -> None:
    chain = ScriptedChain({3: [(b"early", 0)], 30: [(b"late", 0)]}, height=20)
    watcher = BlockWatcher(chain, journal)  # type: ignore[arg-type]
    late = add(journal, b"late", timeout_ns=5_000, first_height=15)
    while not chain.reads or chain.reads[-1] < 20:
        watcher.settle([late], deadline=time.monotonic())
    early = add(journal, b"early", timeout_ns=4_000, first_height=2)
    while not journal.get(early).outcome.is_final:
        watcher.settle([early], deadline=time.monotonic())

    assert journal.get(early).outcome.status is OutcomeStatus.ACCEPTED
    assert chain.reads == [*range(15, 21), 2, 3]
    chain.height = 40
    while not journal.get(late).outcome.is_final:
        watcher.settle([late], deadline=time.monotonic())
    assert journal.get(late).outcome.height == 30


def test_blocks_that_nobody_waits_for_are_not_read(journal: Journal) -> None:
    chain = ScriptedChain({2: [(b"a", 0)], 900: [(b"b", 0)]}, height=1_000)
    watcher = BlockWatcher(chain, journal)  # type: ignore[arg-type]
    first = add(journal, b"a", timeout_ns=10**6)
    watcher.settle([first], deadline=time.monotonic() + 10)
    second = add(journal, b"b", timeout_ns=10**6, first_height=899)
    watcher.settle([second], deadline=time.monotonic() + 10)

    assert chain.reads == [2, 900]


def test_a_new_process_goes_on_where_the_last_one_saved(journal: Journal) -> None:
    tx_hash = add(journal, b"a", timeout_ns=10**6)
    chain = ScriptedChain({150: [(b"a", 0)]}, height=120)
    watcher = BlockWatcher(chain, journal)  # type: ignore[arg-type]
    while not chain.reads or chain.reads[-1] < 120:
        watcher.settle([tx_hash], deadline=time.monotonic())
    saved = journal.get(tx_hash).read_height
    assert 50 <= saved < 120

    chain.height, chain.reads = 160, []
    asked: list[int] = []

    def tell_nothing(first: int, _last: int) -> list[BlockHead]:
        asked.append(first)
        return []

    chain.list_block_heads = tell_nothing  # type: ignore[assignment,method-assign]
    BlockWatcher(chain, journal).settle(  # type: ignore[arg-type]
        [tx_hash], deadline=time.monotonic() + 10
    )
    assert chain.reads == list(range(saved + 1, 151))
    assert asked[0] == saved + 1


def test_a_node_that_fails_for_a_while_costs_no_block(journal: Journal) -> None:
    tx_hash = add(journal, b"a", timeout_ns=10**6)
    chain = ScriptedChain({3: [(b"a", 0)]}, height=5, failing=3)
    BlockWatcher(chain, journal).settle(  # type: ignore[arg-type]
        [tx_hash], deadline=time.monotonic() + 10
    )
    assert chain.reads == [1, 2, 3]

    other = add(journal, b"b", timeout_ns=10**6)
    chain.failing = 10**6
    with pytest.raises(NodeTimeout):
        BlockWatcher(chain, journal).settle(  # type: ignore[arg-type]
            [other], deadline=time.monotonic() + 0.1
        )
    assert journal.get(other).outcome.status is OutcomeStatus.UNKNOWN


def test_a_rejected_one_stays_rejected_unless_it_lands(journal: Journal) -> None:
    hashes = [add(journal, name, timeout_ns=350) for name in (b"a", b"b")]
    for tx_hash in hashes:
        journal.set_outcome(
            Outcome(tx_hash, OutcomeStatus.REJECTED, code=13, codespace="sdk", is_final=False)
        )
    a, b = settle(ScriptedChain({2: [(b"b", 0)]}, height=9), journal, hashes)

    assert (a.status, a.code, a.is_final) == (OutcomeStatus.REJECTED, 13, True)
    assert b.status is OutcomeStatus.ACCEPTED


def test_threads_share_one_reading(journal: Journal) -> None:
    names = [bytes([i]) for i in range(1, 21)]
    hashes = [add(journal, name, timeout_ns=10**6) for name in names]
    chain = ScriptedChain({h: [(names[h - 1], 0)] for h in range(1, 21)}, height=20)
    watcher = BlockWatcher(chain, journal)  # type: ignore[arg-type]
    # All are known to the reader before it begins.
    watcher.settle(hashes, deadline=time.monotonic())
    threads = [
        threading.Thread(
            target=watcher.settle, args=([h],), kwargs={"deadline": time.monotonic() + 20}
        )
        for h in hashes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert all(journal.get(h).outcome.status is OutcomeStatus.ACCEPTED for h in hashes)
    assert chain.reads == list(range(1, 21))


@given(
    st.lists(
        st.tuples(st.integers(1, 2_500), st.integers(1, 20), st.integers(0, 25), st.booleans()),
        min_size=1,
        max_size=6,
    ),
    st.integers(1, 25),
)
def test_any_mix_comes_out_as_the_blocks_say(
    plan: list[tuple[int, int, int, bool]], height: int
) -> None:
    """(time-out, first height, height of inclusion or 0, failed): compared with their meaning."""
    chain = ScriptedChain(height=height)
    expected = []
    with tempfile.TemporaryDirectory() as folder, Journal.open(Path(folder) / "j.db") as journal:
        hashes = []
        for index, (timeout_ns, first, included, failed) in enumerate(plan):
            name = f"tx{index}".encode()
            latest = max(timeout_ns, first * STEP_NS)
            # No chain includes before the signing or after the time-out.
            lands = first <= included <= height and included * STEP_NS <= latest
            if lands:
                chain.txs.setdefault(included, []).append((name, int(failed)))
                expected.append(OutcomeStatus.FAILED if failed else OutcomeStatus.ACCEPTED)
            elif height * STEP_NS > latest and height >= first:
                expected.append(OutcomeStatus.EXPIRED)
            else:
                expected.append(OutcomeStatus.UNKNOWN)
            hashes.append(add(journal, name, timeout_ns=latest, first_height=first))
        outcomes = settle(chain, journal, hashes)

    assert [outcome.status for outcome in outcomes] == expected
    assert len(chain.reads) == len(set(chain.reads))


def test_far_behind_only_blocks_with_transactions_are_read_whole(tmp_path: Path) -> None:
    """Empty ones are passed by their heads, and their times count all the same."""
    with Journal.open(tmp_path / "journal.db") as journal:
        landed = add(journal, b"landed", timeout_ns=90 * STEP_NS)
        missed = add(journal, b"missed", timeout_ns=40 * STEP_NS)
        tx_bytes = journal.get(landed).tx_bytes
        chain = ScriptedChain({7: [(b"other", 0)], 63: [(tx_bytes, 0)]}, height=100)
        watcher = BlockWatcher(chain, journal)  # type: ignore[arg-type]

        watcher.settle([landed, missed], deadline=time.monotonic() + 30)

        assert journal.get(landed).outcome.height == 63
        assert journal.get(missed).outcome.status is OutcomeStatus.EXPIRED
        assert chain.reads == [7, 63]


@pytest.mark.parametrize("reading", ["get_block", "get_block_results"])
def test_one_that_is_loaded_while_its_very_block_is_read_is_found_in_it(
    journal: Journal, reading: str
) -> None:
    """Handed in, included, and waited for only once another thread has the block in hand."""
    other = add(journal, b"other", timeout_ns=10**6, first_height=4)
    late = add(journal, b"late", timeout_ns=600, first_height=4)
    chain = ScriptedChain({4: [(b"other", 0), (b"late", 0)]}, height=9)
    watcher = BlockWatcher(chain, journal)  # type: ignore[arg-type]
    read = getattr(chain, reading)
    loaded: list[int] = []

    def read_and_load(height: int) -> Any:
        found = read(height)
        if not loaded:
            loaded.append(height)
            waiting = threading.Thread(
                target=watcher.settle, args=([late],), kwargs={"deadline": time.monotonic()}
            )
            waiting.start()
            waiting.join(30)
        return found

    setattr(chain, reading, read_and_load)
    watcher.settle([other], deadline=time.monotonic() + 30)
    watcher.settle([late], deadline=time.monotonic() + 30)

    assert loaded == [4]
    outcome = journal.get(late).outcome
    assert (outcome.status, outcome.height) == (OutcomeStatus.ACCEPTED, 4)
