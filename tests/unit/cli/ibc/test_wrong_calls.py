"""Calls of `plurichain ibc` that are wrong: field, value, rule, remedy, and the right status."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from plurichain.cli.ibc import missing_channel
from plurichain.config import get_network
from plurichain.errors import NodeUnreachable, NotFound
from plurichain.ibc.channel import ChannelEnd
from plurichain.ibc.handshake import EndState
from plurichain.ibc.packet import Order
from plurichain.relayer.work import EndName
from tests.unit.cli.conftest import Run
from tests.unit.cli.tracking.test_packets import CONFIG
from tests.unit.tracker.recordings import FILES

RunCommand = Callable[..., Run]
TO = "pluri1gy3ws52ep9lssmjg5zl6rtjsv0adtr459qwcch"
NINE = EndName("transfer", "channel-9")


@pytest.fixture(autouse=True)
def _config(run: RunCommand) -> None:
    """One network, whose node is away: what is refused needs none."""
    home = Path(os.environ["PLURICHAIN_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.toml").write_text(CONFIG, encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "status", "cause"),
    [
        ("clear channel-0 --timeout nan", 2, "nan is not a number of seconds"),
        ("clear channel-0 --timeout inf", 2, "'--timeout': inf is not in the range"),
        ("channels --timeout nan", 2, "nan is not a number of seconds"),
        ("watch --once --every nan", 2, "nan is not a number of seconds"),
        ("audit --timeout nan", 2, "nan is not a number of seconds"),
        (f"transfer channel-0 {TO} 1upluri --wait-limit inf", 2, "not a number of seconds up to"),
        (f"transfer channel-0 {TO} 1upluri --wait-limit 1e30", 2, "not a number of seconds up to"),
        ("clear 9", 1, "CHANNEL: '9' is not the name of a channel: 8 to 64 of letters"),
        ("clear transfer/channel-0 --port icahost", 1, "CHANNEL: 'transfer/channel-0' names"),
        (f"transfer x {TO} 1upluri", 1, "CHANNEL: 'x' is not the name of a channel"),
        (f"transfer channel-0 {TO} 1upluri --port a", 1, "--port: 'a' is not the name of a port"),
        ("link town town2 --trusting-period 0s", 1, "--trusting-period: '0s' is not above 0"),
        ("link town town2 --port x", 1, "--port: 'x' is not the name of a port"),
        (f"transfer channel-0 {TO} 1upluri --expires-in 0s", 1, "--expires-in: '0s' ends no"),
        (f"transfer channel-0 {TO} 1upluri --expires-in 0", 1, "--expires-in: '0' ends no packet"),
        ("track town --until x", 2, "--until: 'x' is not a height from 1 to 9223372036854775807"),
        ("record town --folder x --to 0", 2, "--to: '0' is not a height from 1"),
        ("record town --folder x --to farm=3", 2, "--to: 'farm' is none of the networks: town"),
        ("watch --once --receive-within 0s", 1, "--receive-within: '0s' is not above 0"),
        ("clear channel-0 --sequences 0", 1, "--sequences: '0' is not a sequence from 1 to 2^64-1"),
        ("clear channel-0 --sequences 18446744073709551616", 1, "is not a sequence from 1 to 2^64"),
        ("clear channel-0 --sequences 5..1", 1, "nor a range of them that goes up"),
        ("clear channel-0 --sequences 1..200000", 1, "'1..200000' are more than 100000"),
    ],
)  # fmt: skip
def test_refused_before_any_node_is_asked(
    run: RunCommand, words: str, status: int, cause: str
) -> None:
    shown = run("ibc", *words.split())
    assert (shown.status, shown.out) == (status, "")
    assert cause in shown.err
    error, remedy = shown.err.splitlines()
    assert error.startswith("error: ")
    assert remedy.startswith("help: ")


@pytest.mark.parametrize(
    "words",
    [
        ("link", "", "town"),
        ("refresh", "town", ""),
        ("relay", "", "town"),
        ("clear", "channel-0", "--network", ""),
        ("transfer", "channel-0", TO, "1upluri", "--network", ""),
        ("channels", "--network", ""),
        ("track", ""),
        ("health", ""),
        ("audit", "", "--database", "{database}"),
    ],
)
def test_an_empty_name_is_no_network(run: RunCommand, words: tuple[str, ...], tmp_path) -> None:
    """It was the network in use: `link "$UNSET" town` joined a chain to itself."""
    database = str(tmp_path / "packets.db")
    run("ibc", "replay", "tests/data/ibc/transfers-a.json", "--database", database)
    shown = run("ibc", *(word.format(database=database) for word in words))
    assert shown.status == 1
    assert shown.err == "error: no network is called ''\nhelp: known networks: town\n"


@pytest.mark.parametrize(
    "words",
    [
        "packets",
        "relayers",
        "journeys",
        "audit",
        "watch --once",
        "forget x",
        "track town",
        "replay tests/data/ibc/transfers-a.json",
    ],
)
def test_a_folder_is_no_database(run: RunCommand, tmp_path: Path, words: str) -> None:
    shown = run("ibc", *words.split(), "--database", str(tmp_path))
    assert (shown.status, shown.out) == (1, "")
    assert shown.err == (
        f"error: the tracker's database: {tmp_path} is a folder\n"
        f"help: write the path of a file, such as {tmp_path / 'packets.db'}\n"
    )
    empty = run("ibc", *words.split(), "--database", "")
    assert (empty.status, empty.out) == (2, "")
    assert "'--database': it is empty; write a path" in empty.err


def test_a_device_is_no_database(run: RunCommand) -> None:
    shown = run("ibc", "packets", "--database", "/dev/null")
    assert shown.status == 1
    assert "/dev/null is no regular file" in shown.err


def make_end(state: EndState = EndState.OPEN) -> ChannelEnd:
    return ChannelEnd(state, Order.UNORDERED, "transfer", "channel-0", ("connection-0",), "ics20-1")


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "it has none"),
        (2, "it has transfer/channel-0 (open), transfer/channel-1 (open)"),
        (14, "transfer/channel-11 (open) and 2 more"),
    ],
)
def test_a_channel_that_is_missing_comes_with_those_that_are_there(
    monkeypatch: pytest.MonkeyPatch, count: int, told: str
) -> None:
    ends = {EndName("transfer", f"channel-{number}"): make_end() for number in range(count)}
    ends.pop(NINE, None)
    if count == 14:
        ends[EndName("transfer", "channel-14")] = make_end()
        told = "transfer/channel-12 (open) and 2 more"
    monkeypatch.setattr(missing_channel, "_list_channels", lambda *_: ends)
    with (
        pytest.raises(
            NotFound, match=r"^town \(town-1\) has no channel transfer/channel-9"
        ) as caught,
        missing_channel.naming_channels(get_network("town"), NINE, 1.0),
    ):
        raise NotFound("the chain's words")
    assert caught.value.cause.endswith(told)
    assert "ibc channels --network town" in caught.value.remedy
    assert "ibc link town NETWORK" in caught.value.remedy


def test_what_else_is_missing_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise NodeUnreachable("it is away")

    for answer in (lambda *_: {NINE: make_end()}, fail):
        monkeypatch.setattr(missing_channel, "_list_channels", answer)
        with (
            pytest.raises(NotFound, match="an account"),
            missing_channel.naming_channels(get_network("town"), NINE, 1.0),
        ):
            raise NotFound("no such thing as an account")


@pytest.mark.parametrize("words", ["packets", "packets --by-channel", "packets --open"])
@pytest.mark.parametrize("name", ["channel-99", "", "icahost/channel-0", "a\x1b[31mb"])
def test_a_channel_that_nobody_told_of_has_not_no_packets(
    run: RunCommand, tmp_path: Path, words: str, name: str
) -> None:
    database = str(tmp_path / "packets.db")
    run("ibc", "replay", *map(str, FILES), "--database", database)
    shown = run("ibc", *words.split(), "--channel", name, "--database", database)
    assert (shown.status, shown.out) == (1, "")
    assert shown.err.startswith("error: --channel: ")
    assert "was not seen on any chain in " in shown.err
    assert "help: channels that were: icacontroller-" in shown.err
    for known in ("channel-0", "transfer/channel-0"):
        assert run("ibc", *words.split(), "--channel", known, "--database", database).status == 0


def test_a_chain_that_was_not_tracked_has_no_relayers(run: RunCommand, tmp_path: Path) -> None:
    database = str(tmp_path / "packets.db")
    run("ibc", "replay", *map(str, FILES), "--database", database)
    shown = run("ibc", "relayers", "--chain", "recorded-a", "--database", database)
    assert (shown.status, shown.out) == (1, "")
    assert "--chain: 'recorded-a' was not tracked into" in shown.err
    assert "help: chains that were: recorded-a-1, recorded-b-1" in shown.err


@pytest.mark.parametrize("words", ["ibc health town --timeout 0.2", "energy trace ibc/" + "A" * 64])
def test_a_database_that_was_named_has_to_be_there(
    run: RunCommand, tmp_path: Path, words: str
) -> None:
    """One that nobody named may be missing: they ask nodes then."""
    shown = run(*words.split(), "--database", str(tmp_path / "pakets.db"))
    assert (shown.status, shown.out) == (1, "")
    assert "there is no database" in shown.err
    assert "there is no database" not in run(*words.split()).err


def test_an_exporter_of_a_file_that_is_no_database_ends(run: RunCommand, tmp_path: Path) -> None:
    """It will not become one; a server that is away may come back."""
    path = tmp_path / "text"
    path.write_text("no database\n" * 100, encoding="utf-8")
    shown = run("ibc", "export", "--listen", "127.0.0.1:0", "--database", str(path))
    assert shown.status == 1
    assert "file is not a database" in shown.err.splitlines()[-2]
