"""What is asked for with every block or round goes by an index, however much was ever sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from plurichain.tracker import ended_packets, views
from plurichain.tracker.observing import commitments, receipts
from plurichain.tracker.store import PacketStore

ASKED_AGAIN_AND_AGAIN = {
    "what waits": (views._UNENDED, "sent_open (chain_id=? AND state=? AND sent_height>?)"),
    "what ended since": (
        ended_packets._ENDED,
        "sent_ended (chain_id=? AND protocol=? AND port=? AND channel=? AND ended_height>?)",
    ),
    "commitments to compare": (
        f"SELECT DISTINCT s.sent_height {commitments._UNCHECKED} ORDER BY 1 DESC LIMIT ?",
        "sent_at (chain_id=? AND sent_height>? AND sent_height<?)",
    ),
    "receipts to compare": (
        receipts._OPEN.format(order="ASC"),
        "sent_open_end (chain_id=? AND protocol=? AND port=? AND channel=?)",
    ),
    "the page of a listing": (
        views._ALL,
        "((chain_id,protocol,port,channel,sequence)>(?,?,?,?,?))",
    ),
}


@pytest.mark.parametrize("what", ASKED_AGAIN_AND_AGAIN)
def test_it_takes_no_longer_the_more_was_sent(what: str, tmp_path: Path) -> None:
    statement, index = ASKED_AGAIN_AND_AGAIN[what]
    with PacketStore.open(tmp_path / "packets.db") as store:
        # The file was never analysed, as a tracker's is not.
        plan = [str(row[3]) for row in store.query(
            f"EXPLAIN QUERY PLAN {statement}", ("",) * statement.count("?")
        )]  # fmt: skip
    [found] = [line for line in plan if line.startswith("SEARCH s ")]
    assert found.endswith(index)
    assert not [line for line in plan if line.startswith("SCAN")]
