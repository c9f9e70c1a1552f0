"""The exporter over real HTTP: answers from memory, whatever the database does."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from plurichain.errors import ConfigError, InputError, StorageError, UsageError
from plurichain.ibc.overdue import Thresholds
from plurichain.tracker.monitoring.metrics import exporter as exporter_module
from plurichain.tracker.monitoring.metrics import refreshing
from plurichain.tracker.monitoring.metrics.exporter import Exporter, exporting
from plurichain.tracker.monitoring.metrics.listening import ListenAddress
from plurichain.tracker.monitoring.metrics.refreshing import Refresher, Taken
from plurichain.tracker.store import PacketStore
from tests.unit.tracker.grids import A, B, add_routes, event, packet, run, signed

LOOPBACK = ListenAddress("127.0.0.1", 0)


def get(address: ListenAddress, path: str, **headers: str) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection(address.host, address.port, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type", ""), answer.read().decode()
    finally:
        connection.close()


def read(address: ListenAddress, name: str) -> float:
    """Return the one sample of a metric without labels."""
    lines = get(address, "/metrics")[2].splitlines()
    (value,) = [line.split()[1] for line in lines if line.split()[0] == f"plurichain_ibc_{name}"]
    return float(value)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, f"after 30 s still not: {what}"
        time.sleep(0.02)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "packets.db"
    with PacketStore.open(path) as store:
        add_routes(store)
        run(store, A, 12, {2: signed(event("send_packet", packet()))})
        run(store, B, 12, {})
    return path


class Gate:
    """Opens a store that can be made to hang, or to fail, for as long as a test wants."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_open = threading.Event()
        self.is_open.set()
        self.error: StorageError | None = None
        self.opened = 0

    def open(self) -> PacketStore:
        if self.error is not None:
            raise self.error
        self.opened += 1
        return cast("PacketStore", _Gated(PacketStore.open(self.path), self))


class _Gated:
    def __init__(self, store: PacketStore, gate: Gate) -> None:
        self._store, self._gate = store, gate

    def query(self, *arguments):
        self._gate.is_open.wait()
        if self._gate.error is not None:
            raise self._gate.error
        return self._store.query(*arguments)

    def __getattr__(self, name: str):
        return getattr(self._store, name)


@pytest.fixture
def gate(database) -> Iterator[Gate]:
    made = Gate(database)
    yield made
    made.is_open.set()


@pytest.mark.parametrize("is_new", [False, True], ids=["removed", "replaced"])
def test_a_database_that_is_another_file_now_is_not_read_on(database, is_new) -> None:
    """The old file stays readable for whoever has it open, and nobody writes into it."""
    notes: list[str] = []
    with exporting(
        LOOPBACK, lambda: PacketStore.open(database), Thresholds(), report=notes.append,
        every_s=0.02,
    ) as (exporter, refresher):  # fmt: skip
        assert refresher.wait_for_first(30)
        assert read(exporter.address, "snapshot_failing") == 0
        away = database.with_name("away.db")
        database.rename(away)
        if is_new:
            with PacketStore.open(database):
                pass
        wait_for(lambda: read(exporter.address, "snapshot_failing") == 1, "it is told as failing")
        (note,) = notes
        assert (
            note == f"the database cannot be read: {database} is gone, or another file: begin again"
        )
        away.rename(database)
        wait_for(lambda: read(exporter.address, "snapshot_failing") == 0, "it is read again")


def test_pages(database) -> None:
    notes: list[str] = []
    with exporting(
        LOOPBACK, lambda: PacketStore.open(database), Thresholds(), report=notes.append
    ) as (exporter, refresher):
        assert refresher.wait_for_first(30)
        status, kind, page = get(exporter.address, "/metrics")
        assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
        assert (
            'plurichain_ibc_packets{chain="grid-1",channel="channel-0",class="unreceived",'
            'counterparty="grid-2",port="transfer"} 1.0'
        ) in page
        accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
        status, kind, page = get(exporter.address, "/metrics?x=1", Accept=accept)
        assert kind == "application/openmetrics-text; version=1.0.0; charset=utf-8"
        assert page.endswith("# EOF\n")
        # What no program sends, and no reader may stumble over.
        assert get(exporter.address, "/metrics", Accept="text/plain;version=x.y;;,")[0] == 200
        status, _, page = get(exporter.address, "/healthz")
        assert (status, page[:13]) == (200, "ok: snapshot ")
        status, _, page = get(exporter.address, "/")
        assert (status, page.count("\n")) == (200, 1)
        assert "/metrics" in page
        assert get(exporter.address, "/etc/passwd")[0] == 404
        address = exporter.address
    assert notes == []
    with pytest.raises(OSError, match="refused"):
        get(address, "/metrics")


def test_it_answers_while_the_database_hangs_and_says_how_old_it_is(gate) -> None:
    with exporting(LOOPBACK, gate.open, Thresholds(), report=print, every_s=0.01) as (
        exporter,
        refresher,
    ):
        assert refresher.wait_for_first(30)
        gate.is_open.clear()
        wait_for(lambda: _hangs(refresher), "a reading that hangs")
        time_taken = []
        ages = []
        for _ in range(20):
            begun = time.monotonic()
            ages.append(read(exporter.address, "snapshot_age_seconds"))
            time_taken.append(time.monotonic() - begun)
        assert max(time_taken) < 1
        assert ages == sorted(ages)
        assert ages[-1] > ages[0]
        begun = time.monotonic()
    assert time.monotonic() - begun < 5, "the end waited for the database"


def _hangs(refresher: Refresher) -> bool:
    since_s = refresher.taken.waiting_since_s
    return since_s is not None and time.monotonic() - since_s > 0.3


def test_a_reading_that_takes_too_long_is_shown_as_failing(gate, monkeypatch) -> None:
    monkeypatch.setattr(refreshing, "OVERDUE_S", 0.2)
    monkeypatch.setattr(exporter_module, "HEALTHY_S", 0.2)
    with exporting(LOOPBACK, gate.open, Thresholds(), report=print, every_s=0.01) as (
        exporter,
        refresher,
    ):
        assert refresher.wait_for_first(30)
        gate.is_open.clear()
        wait_for(lambda: read(exporter.address, "snapshot_failing") == 1, "failing")
        wait_for(lambda: get(exporter.address, "/healthz")[0] == 503, "ill")
        gate.is_open.set()
        wait_for(lambda: read(exporter.address, "snapshot_failing") == 0, "well again")
        wait_for(lambda: get(exporter.address, "/healthz")[0] == 200, "healthy")


def test_a_database_that_fails_is_opened_again_and_figures_stay_until_then(gate) -> None:
    notes: list[str] = []
    with exporting(LOOPBACK, gate.open, Thresholds(), report=notes.append, every_s=0.01) as (
        exporter,
        refresher,
    ):
        assert refresher.wait_for_first(30)
        gate.error = StorageError("the server went away")
        wait_for(lambda: read(exporter.address, "snapshot_failures_total") > 1, "failures")
        assert read(exporter.address, "snapshot_failing") == 1
        assert 'class="unreceived"' in get(exporter.address, "/metrics")[2]
        gate.error = None
        wait_for(lambda: read(exporter.address, "snapshot_failing") == 0, "an answer")
    assert gate.opened == 2, "a connection that failed is not used again"
    assert notes == [
        "the database cannot be read: the server went away",
        "the database answers again",
    ]


def test_before_the_first_snapshot_it_answers_and_is_not_healthy(gate) -> None:
    gate.is_open.clear()
    with exporting(LOOPBACK, gate.open, Thresholds(), report=print) as (exporter, refresher):
        assert not refresher.wait_for_first(0.05)
        status, _, page = get(exporter.address, "/metrics")
        assert status == 200
        assert "plurichain_ibc_snapshot_age_seconds NaN" in page
        assert "plurichain_ibc_packets{" not in page
        assert get(exporter.address, "/healthz")[0] == 503


def test_something_unforeseen_is_a_failure_too_and_ends_nothing(database, caplog) -> None:
    def fail() -> PacketStore:
        raise ZeroDivisionError

    refresher = Refresher(fail, Thresholds(), report=print, every_s=0.01)
    refresher.start()
    wait_for(lambda: refresher.taken.failures > 1, "two failures")
    refresher.stop()
    assert refresher.taken.error == "ZeroDivisionError (see the log)"
    assert "reading the database failed" in caplog.text


def test_a_database_that_is_much_work_is_not_read_all_the_time(gate, monkeypatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "thread_time", iter(range(0, 1_000, 1)).__next__)
    refresher = Refresher(gate.open, Thresholds(), report=print, every_s=0.0)
    real = refresher._stopping.wait

    def wait(timeout: float) -> bool:
        waits.append(timeout)
        return real(0.01)

    monkeypatch.setattr(refresher._stopping, "wait", wait)
    refresher.start()
    wait_for(lambda: len(waits) > 2, "three readings")
    refresher.stop()
    assert waits[0] == refreshing.SHARE


def test_ipv6() -> None:
    exporter = Exporter(ListenAddress.parse("[::1]:0"), Taken)
    exporter.start()
    try:
        assert str(exporter.address).startswith("[::1]:")
        assert get(exporter.address, "/metrics")[0] == 200
    finally:
        exporter.stop()


def test_an_address_that_is_taken_or_not_ours_is_refused_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"127.0.0.1:{port}: Address already in use") as told:
            Exporter(ListenAddress("127.0.0.1", port), Taken)
        assert "another port" in told.value.remedy
    with pytest.raises(ConfigError, match="Cannot assign requested address"):
        Exporter(ListenAddress("192.0.2.1", 0), Taken)
    with pytest.raises(UsageError, match="no such host"):
        Exporter(ListenAddress("no-such-host.invalid", 0), Taken)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("9464", "is not HOST:PORT"),
        ("localhost", "is not HOST:PORT"),
        ("localhost:", "is not HOST:PORT"),
        ("localhost:x", "is not HOST:PORT"),
        ("localhost:-1", "is not HOST:PORT"),
        ("localhost:٣", "is not HOST:PORT"),
        ("localhost:65536", "port 65536 is not 0 to 65535"),
        ("localhost:" + "9" * 5_000, "is not 0 to 65535"),
        ("::1:9464", "stands in brackets"),
        ("[::g]:9464", "--listen: .*'::g'"),
        (":9464", "is not a host"),
        ("a b:9464", "is not a host"),
        ("http://localhost:9464", "stands in brackets"),
    ],
)
def test_a_text_that_is_no_address_is_refused(text, words) -> None:
    with pytest.raises(UsageError, match=words):
        ListenAddress.parse(text)


def test_an_address_is_what_was_written() -> None:
    assert ListenAddress.parse("127.0.0.1:9464") == ListenAddress("127.0.0.1", 9464)
    assert str(ListenAddress.parse("[0:0::1]:1")) == "[::1]:1"
    assert ListenAddress.parse("exporter.example:0").host == "exporter.example"


def test_a_client_that_says_nothing_keeps_nobody_waiting(monkeypatch) -> None:
    exporter = Exporter(LOOPBACK, Taken)
    exporter.start()
    try:
        address = (exporter.address.host, exporter.address.port)
        with socket.create_connection(address), socket.create_connection(address) as garbage:
            garbage.sendall(b"\x16\x03\x01\x00\xff" * 20)
            assert get(exporter.address, "/metrics")[0] == 200
    finally:
        exporter.stop()


def test_connections_are_bounded(monkeypatch) -> None:
    monkeypatch.setattr(exporter_module, "MOST_CONNECTIONS", 2)
    exporter = Exporter(LOOPBACK, Taken)
    exporter.start()
    address = (exporter.address.host, exporter.address.port)
    try:
        held = [socket.create_connection(address) for _ in range(2)]
        with socket.create_connection(address) as third:
            third.settimeout(10)
            assert third.recv(1) == b"", "a third connection is closed at once"
        for each in held:
            each.close()
        wait_for(lambda: _answers(exporter.address), "free again")
    finally:
        exporter.stop()


def _answers(address: ListenAddress) -> bool:
    try:
        return get(address, "/")[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def test_a_name_of_a_relayer_that_is_no_address_is_refused() -> None:
    from plurichain.tracker.monitoring.metrics.labels import RelayerNames

    with pytest.raises(InputError, match="--relayer"):
        RelayerNames.parse(["ours=x"])
