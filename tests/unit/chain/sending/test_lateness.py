"""A transaction that blocks go by is said once, with its hash, and nothing else is done."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from plurichain.chain import Journal, Outcome, OutcomeStatus, TxProgress, TxStage
from plurichain.chain.sending.lateness import LATE_BLOCKS, LateWatch
from tests.unit.chain.sending.test_watcher import add


def test_late_after_so_many_blocks_and_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[TxProgress] = []
    heights = itertools.count(100)
    caplog.set_level("INFO", logger="plurichain")
    with Journal.open(tmp_path / "journal.db") as journal:
        old, young, refused = (
            add(journal, name, timeout_ns=10**9, first_height=height)
            for name, height in ((b"a", 3), (b"b", 106), (b"c", 3))
        )
        no_fee = Outcome(refused, OutcomeStatus.REJECTED, code=13, is_final=False)
        journal.set_outcome(no_fee)
        watch = LateWatch(journal, lambda: next(heights), said.append)
        seen = []
        for _ in range(3 * LATE_BLOCKS):
            watch.look([old, young, refused])
            seen.append([progress.tx_hash for progress in said])

    # The first look is at 100, whatever was before; the young one's blocks begin at 106.
    assert seen[LATE_BLOCKS - 1] == []
    assert seen[LATE_BLOCKS] == [old]
    assert seen[LATE_BLOCKS + 4] == [old]
    assert seen[LATE_BLOCKS + 5] == [old, young]
    assert seen[-1] == [old, young]
    assert {progress.stage for progress in said} == {TxStage.LATE}
    assert f"{LATE_BLOCKS} blocks were made without it" in said[0].detail
    assert [record.tx_hash for record in caplog.records] == [old, young]  # type: ignore[attr-defined]
