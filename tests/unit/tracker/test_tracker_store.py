"""Replay of recorded chains; ingestion that is cut off anywhere ends the same.

`plurichain ibc replay` of the four recordings is what packets-dump.ndjson holds.
"""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plurichain.errors import ChainReset, InputError
from plurichain.ibc.paths import packet_commitment_key
from plurichain.storage import Database
from plurichain.tracker.blocks import Absence, Missing, TrackedBlock, TrackedTx
from plurichain.tracker.dump import dump_store
from plurichain.tracker.followed import list_unfollowed
from plurichain.tracker.observations import Observations
from plurichain.tracker.recorded import load_recordings, replay
from plurichain.tracker.schema import KEYS, MIGRATIONS
from plurichain.tracker.store import PacketStore
from tests.unit.lightclient.recorded import Recording
from tests.unit.tracker.recordings import DATA, FILES, dump, load, make_dump

KNOWN = DATA / "ibc" / "packets-dump.ndjson"


@pytest.fixture
def store(store_place: str) -> Any:
    with PacketStore.open(store_place) as opened:
        yield opened


def rows(lines: list[str], table: str) -> list[dict[str, Any]]:
    return [row for row in map(json.loads, lines) if row.get("table") == table]


def test_the_recorded_chains_give_the_known_dump(store_place: str) -> None:
    assert make_dump(store_place) == KNOWN.read_text(encoding="utf-8").splitlines()


def test_what_the_dump_says(store_place: str) -> None:
    lines = make_dump(store_place)
    sent = {(row["chain_id"], row["port"][:8], int(row["sequence"])): row
            for row in rows(lines, "sent")}  # fmt: skip
    assert {key: row["state"] for key, row in sent.items()} == {
        ("recorded-a-1", "transfer", 1): "acknowledged",
        ("recorded-a-1", "transfer", 2): "acknowledged",
        ("recorded-a-1", "transfer", 3): "timed-out",
        ("recorded-b-1", "transfer", 1): "acknowledged",
        ("recorded-a-1", "icacontr", 1): "acknowledged",
        ("recorded-a-1", "icacontr", 2): "timed-out",
        ("recorded-a-1", "icacontr", 3): "timed-out",
    }
    outcomes = [row["outcome"] for row in rows(lines, "received")]
    assert sorted(outcomes) == ["error", "success", "success", "success"]
    first = sent["recorded-a-1", "transfer", 1]
    assert (first["denom"], first["amount"]) == ("upluri", "100")
    assert all(row["first"] and row["signer"].startswith("pluri1")
               for row in rows(lines, "relaying"))  # fmt: skip
    assert rows(lines, "oddity") == []


def test_commitments_are_those_that_the_chain_stored(tmp_path: Path) -> None:
    chain = Recording("transfers-a")
    stored = [
        base64.b64decode(
            chain.get_query(
                "ibc",
                packet_commitment_key("transfer", "channel-0", number),
                chain.about["pins"]["sent"],
            )["value"]
        ).hex()
        for number in (1, 2, 3)
    ]
    told = [
        row["commitment"]
        for row in rows(make_dump(tmp_path / "packets.db"), "sent")
        if row["chain_id"] == chain.about["chain_id"] and row["port"] == "transfer"
    ]
    assert told == stored


def test_replaying_again_changes_nothing(store: PacketStore) -> None:
    assert replay(store, load()) > 0
    once = list(dump_store(store))
    assert replay(store, load()) == 0
    assert list(dump_store(store)) == once


def test_the_order_of_chains_leaves_no_mark(store: PacketStore) -> None:
    replay(store, load()[::-1])
    for chain in load():
        replay(store, [chain])
    assert list(dump_store(store)) == KNOWN.read_text(encoding="utf-8").splitlines()


class CutOffError(Exception):
    """The end of a process, at a statement."""


def test_cut_off_at_any_statement_the_next_run_ends_the_same(
    store: PacketStore, store_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = KNOWN.read_text(encoding="utf-8").splitlines()
    left, chains, engine = 0, load(), type(store._database)
    execute: Any = engine._execute  # type: ignore[attr-defined]

    def cut(self: Any, statement: str, *parameters: Any, **more: Any) -> Any:
        nonlocal left
        if statement != "ROLLBACK":
            left -= 1
            if left == 0:
                raise CutOffError
        return execute(self, statement, *parameters, **more)

    monkeypatch.setattr(engine, "_execute", cut)
    at, is_whole = 0, False
    while not is_whole:
        at += 1 if engine is Database else 3
        with store.writing() as database:
            for table in KEYS:
                database.execute(f"DELETE FROM {table}")
        left = at
        try:
            replay(store, chains)
            is_whole = True
        except CutOffError:
            pass
        left = 0
        # Every fifth goes on, by a process of its own.
        if at % 5 == 0 or is_whole:
            with PacketStore.open(store_place) as other:
                replay(other, chains)
                assert list(dump_store(other)) == known, at
    assert at > 100


KILLED = textwrap.dedent(
    """
    import os, signal, sys
    from pathlib import Path
    from plurichain.tracker.recorded import load_recordings, replay
    from plurichain.tracker.store import PacketStore

    left, store = int(sys.argv[1]), PacketStore.open(sys.argv[2])
    execute = store._database._execute

    def cut(*parameters, **more):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*parameters, **more)

    store._database._execute = cut
    replay(store, load_recordings(map(Path, sys.argv[3:])))
    """
)


def test_killed_for_real(store_place: str) -> None:
    for at in (40, 71):
        ended = subprocess.run(
            [sys.executable, "-c", KILLED, str(at), store_place, *FILES], check=False, timeout=120
        )
        assert ended.returncode == -signal.SIGKILL
    assert make_dump(store_place) == KNOWN.read_text(encoding="utf-8").splitlines()


def copy_stored(version: int, folder: Path) -> Path:
    path = folder / "packets.db"
    shutil.copy(DATA / "stored" / f"packets-v{version}.db", path)
    path.chmod(0o600)
    return path


def test_a_stored_database_of_version_1_is_brought_up_with_a_copy_kept(tmp_path: Path) -> None:
    path = copy_stored(1, tmp_path)
    before = path.read_bytes()
    lines = dump(path)
    assert json.loads(lines[0]) == {"format": "plurichain/packets/4"}
    # It was made of the same recordings: all that it did not keep is unknown now.
    added = {"sent_msg", "ended_msg", "ended_result", "returned", "received_msg",
             "received_result", "answered_msg", "inferred"}  # fmt: skip
    known = [json.loads(line) for line in KNOWN.read_text(encoding="utf-8").splitlines()]
    found = [json.loads(line) for line in lines]
    assert {row[name] for row in found for name in added & set(row)} == {None, 0}
    for row in known + found:
        for name in added & set(row):
            del row[name]
    assert found == known
    kept = tmp_path / "packets.db.v1"
    assert kept.stat().st_mode & 0o077 == 0
    with contextlib.closing(sqlite3.connect(kept)) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (1,)
        assert copy.execute("SELECT count(*) FROM sent").fetchone() == (7,)
    assert (DATA / "stored" / "packets-v1.db").read_bytes() == before
    with PacketStore.open(path) as store:
        assert replay(store, load()) == 0
        assert Observations(store).list_contacts() == []


@pytest.mark.parametrize("version", [2, 3, 4])
def test_a_stored_database_with_all_that_is_kept_opens(tmp_path: Path, version: int) -> None:
    path = copy_stored(version, tmp_path)
    assert dump(path) == KNOWN.read_text(encoding="utf-8").splitlines()
    with PacketStore.open(path) as store:
        kept = Observations(store)
        assert [each.error for each in kept.list_contacts()] == [None, "silent"]
        assert [each.verdict for each in kept.list_state_checks()] == ["same"]
        assert [each.unread for each in kept.list_channel_states()] == [0]
        assert [each.status for each in kept.list_clients()] == ["Active"]
        assert [(each.amount, each.least) for each in kept.list_wallets()] == [(2**200, 7)]
        assert [each.verdict for each in kept.list_conservation()] == ["holds"]
        assert [each.text for each in kept.list_alarms()] == ["waits"]
        assert list_unfollowed(store) == ({} if version < 4 else {"recorded-b-1": 8})
    copies = [path.name for path in tmp_path.glob("packets.db.v*")]
    assert copies == [f"packets.db.v{version}"] * (version < len(MIGRATIONS))


def test_every_version_has_its_sample() -> None:
    for number in range(1, len(MIGRATIONS) + 1):
        assert (DATA / "stored" / f"packets-v{number}.db").exists()


# --- blocks made by hand --------------------------------------------------------------------------


def block(height: int, *txs: TrackedTx, since: int | None = None, **more: Any) -> TrackedBlock:
    whole = TrackedBlock("grid-1", height, since or height, height * 10, "", "", txs, ())
    return replace(whole, **more)


def test_no_block_is_skipped_or_taken_twice(store: PacketStore) -> None:
    failed = TrackedTx(5, "sdk", (("tx", (("fee_payer", "pluri1qqqqqqqqq"),)),))
    assert store.take_in(block(7, failed))
    assert not store.take_in(block(7, failed))
    with pytest.raises(InputError, match="block 9 does not follow block 7"):
        store.take_in(block(9))
    cursor = store.get_cursor("grid-1")
    assert cursor is not None
    assert (cursor.height, cursor.time_ns) == (7, 70)
    assert store.query("SELECT * FROM failed") == [("grid-1", "pluri1qqqqqqqqq", "sdk", 5, 1)]


def test_what_is_missing_is_named(store: PacketStore) -> None:
    store.take_in(block(7))
    store.take_in(block(8))
    store.take_in(Missing("grid-1", 9, 20, Absence.PRUNED))
    store.take_in(block(25, since=21))
    assert store.query("SELECT first, last, state FROM coverage ORDER BY first") == [
        (7, 8, "read"),
        (9, 20, "pruned"),
        (21, 25, "read"),
    ]


def test_another_history_is_refused(store: PacketStore) -> None:
    store.take_in(block(7, block_hash="AA"))
    for other in (block(7, block_hash="BB"), block(8, previous_hash="BB")):
        with pytest.raises(ChainReset, match="block 7"):
            store.take_in(other)
    store.take_in(block(8, previous_hash="AA", block_hash="CC"))


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("{", "is not JSON"),
        ("[]", "does not hold recorded blocks"),
        ('{"format": "plurichain/recorded/1", "chain_id": "a"}', "no blocks"),
        ('{"format": "plurichain/recorded/1", "chain_id": "a", "blocks": [1], "answers": {}}',
         "lacks a field"),
    ],
)  # fmt: skip
def test_files_that_are_none(tmp_path: Path, text: str, cause: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(text)
    with pytest.raises(InputError, match=cause):
        load_recordings([path])
