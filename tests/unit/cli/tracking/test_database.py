"""--database: a file or a server's URL, and no password where others can read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from plurichain.tracker.store import PacketStore
from tests.unit.cli.conftest import Run
from tests.unit.tracker.recordings import DATA, FILES

KNOWN = (DATA / "ibc" / "packets-dump.ndjson").read_text(encoding="utf-8")
RunCommand = Callable[..., Run]


def test_the_same_commands_on_both(run: RunCommand, store_place: str) -> None:
    assert run("ibc", "replay", *map(str, FILES), "--database", store_place).out == KNOWN
    assert run("ibc", "packets", "--dump", "--database", store_place).out == KNOWN


def test_the_place_may_stand_in_the_environment(
    run: RunCommand, store_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("ibc", "replay", *map(str, FILES), "--database", store_place)
    monkeypatch.setenv("PLURICHAIN_TRACKER_DATABASE", store_place)
    assert run("ibc", "packets", "--dump").out == KNOWN


@pytest.mark.parametrize(
    "words",
    [
        ("ibc", "packets"),
        ("ibc", "packets", "--by-channel", "--output", "json"),
        ("ibc", "packets", "--dump"),
        ("ibc", "relayers"),
        ("ibc", "journeys"),
        ("ibc", "audit"),
        ("ibc", "watch", "--once"),
    ],
    ids=" ".join,
)
def test_whoever_only_looks_makes_no_database(
    run: RunCommand, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """A name with a slip in it is not an empty database, whose zeros would be believed."""
    place = tmp_path / "folder" / "pakets.db"
    shown = run(*words, "--database", str(place))
    assert (shown.status, shown.out) == (1, "")
    assert shown.err.startswith(f"error: there is no database {place}\n")
    assert "`plurichain ibc track NETWORK…` makes one" in shown.err
    assert not place.parent.exists()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@host/db",
        "postgres://u:hunter2@/db",
        "POSTGRESQL://host/db?password=hunter2",
        "postgresql://host/db?pass%77ord=hunter2",
        "postgresql://host/db?sslpassword=hunter2",
        "postgresql://[host:hunter2/db",
    ],
)
def test_no_password_on_the_command_line(run: RunCommand, url: str, tmp_path: Path) -> None:
    shown = run("ibc", "packets", "--database", url)
    assert shown.status == 2
    assert "hunter2" not in shown.out + shown.err
    assert "PGPASSWORD" in shown.err
    assert "~/.pgpass" in shown.err
    assert "PLURICHAIN_TRACKER_DATABASE" in shown.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("postgresql://u:hunter2@127.0.0.1:1/db", "cannot be reached"),
        ("postgresql://u:hunter2@nowhere.invalid/db?connect_timeout=5", "cannot be reached"),
        # Characters of a password that were not written as %XX.
        ("postgresql://u:x@hunter2@host/db", "cannot be read"),
        ("postgresql://u:hunter2/x@host/db", "cannot be read"),
        ("postgresql://u:12/hunter2@host/db", "cannot be read"),
        ("postgresql://u:x@host:hunter2/db", "cannot be read"),
        ("postgresql://u:hunt er2@host/db", "cannot be read"),
        ("postgresql://u:hunter2%zz@host/db", "cannot be read"),
        ("postgresql://u:hunter2@host/db?hunter2=1", "cannot be read"),
    ],
)
def test_a_password_in_the_environment_is_never_shown(
    run: RunCommand, url: str, cause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLURICHAIN_TRACKER_DATABASE", url)
    shown = run("ibc", "packets", "-vv")
    assert shown.status == 1
    assert cause in shown.err
    assert "hunt" not in shown.out + shown.err


@pytest.mark.parametrize(
    "text",
    ["postgresq://u:hunter2@h/db", "mysql://u:hunter2@h/db", "postgres:/u:hunter2@h/db",
     "host=h password=hunter2",
     " postgresql://u:hunter2@h/db"],
)  # fmt: skip
@pytest.mark.parametrize("words", [("packets",), ("watch", "--once"), ("replay", str(FILES[0]))])
def test_what_is_meant_for_a_server_and_written_wrong_is_not_taken_for_a_file(
    run: RunCommand, text: str, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    given = [run("ibc", *words, "--database", text)]
    if words[0] != "replay":  # which takes the environment for nothing
        monkeypatch.setenv("PLURICHAIN_TRACKER_DATABASE", text)
        given.append(run("ibc", *words))
    for shown, status in zip(given, (2, 1), strict=False):
        assert shown.status == status
        assert "neither a file nor a URL of PostgreSQL" in shown.err
        assert "hunter2" not in shown.out + shown.err
    assert not [each for each in tmp_path.rglob("*") if "hunter" in each.name]


def test_a_second_tracker_of_a_chain_is_refused(run: RunCommand, store_place: str) -> None:
    with PacketStore.open(store_place) as store, store.hold(["recorded-b-1"]):
        shown = run("ibc", "replay", *map(str, FILES), "--database", store_place)
        assert shown.status == 1
        assert shown.out == ""
        assert "another process writes recorded-b-1 into" in shown.err
        assert store.list_cursors() == []
    assert run("ibc", "replay", *map(str, FILES), "--database", store_place).out == KNOWN
