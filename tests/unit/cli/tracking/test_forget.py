"""`plurichain ibc forget`, and what other commands say of a chain that was forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from plurichain.tracker.followed import list_unfollowed
from plurichain.tracker.observations import Alarm, Contact, Observations
from plurichain.tracker.store import PacketStore
from tests.unit.cli.conftest import Run
from tests.unit.tracker.recordings import FILES

RunCommand = Callable[..., Run]
B = "recorded-b-1"
GONE = "recorded-b-1 is not followed any more since 2"
SILENT = Alarm(B, "chain-silent", "farm", "no node has answered")


@pytest.fixture
def database(run: RunCommand, tmp_path: Path) -> str:
    place = str(tmp_path / "packets.db")
    assert run("ibc", "replay", *map(str, FILES), "--database", place).status == 0
    with PacketStore.open(place) as store:
        Observations(store).save(Contact(B, "farm", 5, 5), SILENT)
    return place


def test_it_says_what_it_did(run: RunCommand, database: str) -> None:
    done = run("ibc", "forget", B, "--database", database)
    assert (done.status, done.err) == (0, "")
    assert [line.split(maxsplit=1) for line in done.out.splitlines()][:3] == [
        ["chain_id", B],
        ["network", "farm"],
        ["read_up_to", "113"],
    ]
    assert "recorded-b-1 farm: chain-silent" in done.out
    again = run("ibc", "forget", B, "--database", database, "--output", "json")
    assert again.status == 0
    assert "was not followed any more already: nothing was changed" in again.err
    shown = json.loads(again.out)
    assert shown["alarms_ended"] == []
    with PacketStore.open(database) as store:
        assert list_unfollowed(store) == {B: int(shown["unfollowed_ns"])}


@pytest.mark.parametrize("name", ["farm", "nothing", "", "a\nb", "-1", "1" * 5_000])
def test_a_chain_that_is_not_there_comes_with_those_that_are(
    run: RunCommand, database: str, name: str
) -> None:
    shown = run("ibc", "forget", "--database", database, "--", name)
    assert (shown.status, shown.out) == (1, "")
    assert shown.err.startswith("error: CHAIN_ID: ")
    assert "help: it has recorded-a-1, recorded-b-1 (farm)\n" in shown.err
    assert shown.err.count("\n") == 2


def test_not_while_it_is_tracked(run: RunCommand, database: str) -> None:
    with PacketStore.open(database) as store, store.hold([B]):
        shown = run("ibc", "forget", B, "--database", database)
    assert (shown.status, shown.out) == (1, "")
    assert "recorded-b-1 is not forgotten: another process writes recorded-b-1" in shown.err
    assert "begin it again without farm, then forget the chain" in shown.err


def test_no_database_is_made(run: RunCommand, tmp_path: Path) -> None:
    place = tmp_path / "none.db"
    shown = run("ibc", "forget", B, "--database", str(place))
    assert (shown.status, place.exists()) == (1, False)
    assert "there is no database" in shown.err


@pytest.mark.parametrize(
    "words", ["packets", "packets --by-channel", "packets --open", "relayers", "journeys", "audit"]
)
def test_whoever_shows_packets_says_so(run: RunCommand, database: str, words: str) -> None:
    before = run("ibc", *words.split(), "--database", database)
    assert GONE not in before.err
    run("ibc", "forget", B, "--database", database)
    after = run("ibc", *words.split(), "--database", database)
    assert (after.status, after.out) == (before.status, before.out)
    assert GONE in after.err
    assert "what it did after block 113 is unknown" in after.err


@pytest.mark.parametrize("words", ["packets", "packets --by-channel"])
def test_rows_for_programs_name_the_chain(run: RunCommand, database: str, words: str) -> None:
    options = (*words.split(), "--database", database, "--output", "json")
    assert {str(row["unfollowed"]) for row in json.loads(run("ibc", *options).out)} == {"[]"}
    run("ibc", "forget", B, "--database", database)
    shown = json.loads(run("ibc", *options).out)
    assert all(row["unfollowed"] == [B] for row in shown if B in {row["chain_id"], row["to"]})
    assert any(row["unfollowed"] for row in shown)


def test_the_screen_shows_it_as_json_too(run: RunCommand, database: str) -> None:
    run("ibc", "forget", B, "--database", database)
    shown = json.loads(run("ibc", "watch", "--database", database, "--output", "json").out)
    a, b = shown["chains"]
    assert (a["unfollowed_ns"], b["freshness"]["state"]) == (None, "unfollowed")
    assert b["unfollowed_ns"].isdecimal()
    assert shown["alarms"] == []
    assert {each["chain_id"] for each in shown["channels"] if each["unfollowed"]}
