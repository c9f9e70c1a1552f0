"""Texts of strangers, by invented blocks: kept to the byte, and harmless wherever shown."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from plurichain.cli.main import main
from plurichain.ibc.overdue import Thresholds
from plurichain.tracker.blocks import TrackedTx
from plurichain.tracker.dump import dump_store
from plurichain.tracker.monitoring.alarms.board import AlarmBoard
from plurichain.tracker.monitoring.metrics.collector import SnapshotCollector
from plurichain.tracker.monitoring.metrics.labels import RelayerNames
from plurichain.tracker.monitoring.metrics.refreshing import Taken
from plurichain.tracker.monitoring.snapshot.taking import take_snapshot
from plurichain.tracker.observations import Contact, Observations, Wallet
from plurichain.tracker.reading import End
from plurichain.tracker.store import PacketStore, Route
from tests.unit.tracker.grids import (
    HERE,
    OK,
    SECOND_NS,
    THERE,
    A,
    B,
    add_routes,
    block,
    event,
    packet,
    renamed,
    rows,
    signed,
)
from tests.unit.tracker.hostile import DATA, LOOK_ALIKES, list_harmful

ROOT = Path(__file__).resolve().parents[3]
PACKETS = [packet(number, data=data) for number, data in enumerate(DATA.values(), start=1)]
LIMITS = Thresholds(receive_ns=SECOND_NS)
EVIL = "\x1b[31m\u202e|'evil'=1\x00\n"


@pytest.fixture
def store(store_place: str) -> Iterator[PacketStore]:
    with PacketStore.open(store_place) as opened:
        add_routes(opened)
        fill(opened)
        yield opened


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a file with all of it, and the alarms that it gives."""
    place = tmp_path_factory.mktemp("hostile") / "packets.db"
    with PacketStore.open(place) as opened:
        add_routes(opened)
        fill(opened)
        board = AlarmBoard(opened, LIMITS, report=lambda line: None, now_ns=lambda: 6 * SECOND_NS)
        board.take_in(B, 5)
        board.look()
    return str(place)


def fill(store: PacketStore) -> None:
    """Send all that is hostile, refuse some of it, and name nodes and wallets as badly."""
    sent = [event("send_packet", each) for each in PACKETS]
    strange = [event("send_packet", renamed(packet(1), name)) for name in LOOK_ALIKES]
    # One that is a name, and another's: two packets of two channels.
    other = event("send_packet", renamed(packet(1), "channel-00"))
    failed = TrackedTx(5, EVIL, (("tx", (("fee_payer", EVIL),)),))
    store.take_in(block(A, 1, signed(*sent), signed(*strange, other), failed))
    store.take_in(block(A, 2, signed(("send_packet", ((EVIL, EVIL), ("packet_sequence", EVIL))))))
    store.take_in(block(A, 3))
    refused = b'{"error":"' + EVIL.encode() + b'"}'
    answered = [
        part
        for each in PACKETS[::2]
        for part in (
            event("recv_packet", each),
            event("write_acknowledgement", each, ack=refused if each.sequence % 3 else OK),
        )
    ]
    store.take_in(block(B, 1, signed(*answered, by="pluri1" + "q" * 80)))
    for height in range(2, 6):
        store.take_in(block(B, height))
    end = replace(HERE, channel="channel-66")
    store.add_route(Route(A, end, EVIL, End(end.protocol, "transfer", "channel-1")))
    Observations(store).save(
        Contact(A, EVIL, SECOND_NS, answered_ns=SECOND_NS, error=f"502 {EVIL}"),
        Wallet(A, EVIL, "pluri1", EVIL, SECOND_NS, answered_ns=SECOND_NS, amount=1, least=2),
    )


def test_the_bytes_are_kept_and_look_alikes_are_not_mixed(store: PacketStore) -> None:
    kept = {row.sequence: row for row in rows(store) if row.end == HERE}
    assert list(kept) == [each.sequence for each in PACKETS]
    for each, (data,) in zip(
        PACKETS,
        store.query("SELECT data FROM sent WHERE channel = 'channel-0' ORDER BY sequence"),
        strict=True,
    ):
        assert bytes(data) == each.data
    assert {row.end.channel for row in rows(store)} == {"channel-0", "channel-00"}
    oddities = store.query("SELECT detail FROM oddity WHERE reason LIKE '%identifier%'")
    assert len(oddities) == len(LOOK_ALIKES)
    assert not list_harmful("".join(detail for (detail,) in oddities))


def test_a_denom_is_told_from_the_one_that_it_looks_like(store: PacketStore) -> None:
    denoms = {
        name: row.denom
        for name, row in zip(DATA, (row for row in rows(store) if row.end == HERE), strict=True)
        if row.denom is not None
    }
    assert denoms["denom_look_alike"] == r"uplur\u0456"
    honest = [name for name, denom in denoms.items() if denom == "upluri"]
    assert honest == ["amount_great", *(name for name in DATA if name.startswith("memo_"))]


def test_both_engines_know_the_same(store: PacketStore, tmp_path: Path) -> None:
    with PacketStore.open(tmp_path / "other.db") as other:
        add_routes(other)
        fill(other)
        assert list(dump_store(other)) == list(dump_store(store))
        assert not list_harmful("\n".join(dump_store(other)))


@pytest.mark.parametrize(
    "command",
    [
        "ibc packets",
        "ibc packets --output json",
        "ibc packets --output ndjson",
        "ibc packets --by-channel",
        "ibc packets --by-channel --output json",
        "ibc packets --dump",
        "ibc relayers",
        "ibc relayers --output json",
        "ibc journeys",
        "ibc audit",
        "ibc audit --output json",
        "ibc watch --once",
        "ibc watch --output json",
        "ibc watch --output ndjson",
    ],
)
def test_no_command_prints_what_harms(
    filled: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main([*command.split(), "--database", filled])
    shown = capsys.readouterr()
    assert status in {0, 6}, shown.err
    assert list_harmful(shown.out + shown.err) == []
    assert shown.out
    if command.endswith(" json"):
        json.loads(shown.out)
    if command.endswith(("ndjson", "--dump")):
        for line in shown.out.splitlines():
            json.loads(line)


def test_alarms_are_reported_harmlessly(store: PacketStore) -> None:
    lines: list[str] = []
    board = AlarmBoard(store, LIMITS, report=lines.append, now_ns=lambda: 6 * SECOND_NS)
    board.take_in(B, 5)
    assert any("stuck-receive" in line for line in lines)
    assert any("wallet-low" in line for line in lines)
    assert list_harmful("".join(lines)) == []


def test_labels_of_metrics_stay_what_they_are(filled: str) -> None:
    with PacketStore.open(filled) as opened:
        snapshot = take_snapshot(opened, 6 * SECOND_NS, LIMITS)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(SnapshotCollector(lambda: Taken(snapshot, 0.0, 0.1), RelayerNames({})))
    page = generate_latest(registry).decode()
    assert list_harmful(page) == []
    labels = [
        value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        for value in sample.labels.values()
    ]
    assert labels
    assert max(map(len, labels)) < 200


@pytest.mark.parametrize("script", ["monitor-channel", "monitor-relayer"])
def test_monitors_print_one_harmless_line(script: str, filled: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / script, "--database", filled],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    assert done.stdout.count("|") == 1
    assert list_harmful(done.stdout) == []


def test_a_hostile_place_is_shown_harmlessly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "\x1b[31m\u202e.db"
    with PacketStore.open(place) as opened:
        add_routes(opened)
    main(["ibc", "watch", "--once", "--database", str(place)])
    assert list_harmful(capsys.readouterr().out) == []
    shutil.rmtree(tmp_path)


def test_ends_are_compared_to_the_letter(store: PacketStore) -> None:
    assert {row.destination for row in rows(store)} == {THERE}
