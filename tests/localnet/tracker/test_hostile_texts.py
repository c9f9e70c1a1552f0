"""Memos and receivers of strangers, sent for real: carried, kept to the byte, shown harmlessly."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from plurichain.cli.main import main
from plurichain.harness import LocalChains
from plurichain.ibc.packet_story import StoryClass
from plurichain.ibc.transfer import TransferData, parse_transfer_data
from plurichain.tracker.dump import dump_store
from plurichain.tracker.store import PacketStore
from tests.localnet.ibc.relaying import make_keys, relaying, send, wait_settled
from tests.localnet.tracker.by_hand import find_sent
from tests.localnet.tracker.tracking import tracking
from tests.unit.tracker.hostile import MEMOS, RECEIVERS, list_harmful

ROOT = Path(__file__).resolve().parents[3]
COMMANDS = [
    "ibc packets",
    "ibc packets --output json",
    "ibc packets --by-channel",
    "ibc relayers",
    "ibc journeys",
    "ibc watch --once",
    "ibc watch --output json",
]


@pytest.mark.postgres
def test_hostile_texts_cross_and_harm_nobody(
    linked_chains: LocalChains,
    tmp_path: Path,
    packet_store_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    link, places = linked_chains.links[0], (str(tmp_path / "packets.db"), packet_store_url)
    channel = link.a.channel_id
    with (
        linked_chains.open_relay_chain("a") as a,
        linked_chains.open_relay_chain("b") as b,
        contextlib.ExitStack() as stack,
    ):
        tracked = [
            stack.enter_context(tracking(list(linked_chains.values()), place, is_late=True))
            for place in places
        ]
        heights = [
            *(send(a, channel, str(b.address), [1], memo=memo) for memo in MEMOS.values()),
            *(send(a, channel, receiver, [1]) for receiver in RECEIVERS),
        ]
        packets = [packet for height in heights for packet in find_sent(a, height)]
        assert len(packets) == len(MEMOS) + len(RECEIVERS)
        told = [parse_transfer_data(packet.data) for packet in packets]
        assert all(isinstance(each, TransferData) for each in told)
        assert [each.memo for each in told if isinstance(each, TransferData)][: len(MEMOS)] == list(
            MEMOS.values()
        )
        with relaying([a, b], make_keys(linked_chains), link):
            wait_settled((a, channel))
        names = [(a.chain_id, channel, packet.sequence) for packet in packets]
        for each in tracked:
            # What forwards and what is addressed to nobody is refused; it comes back.
            refused = {"json", "broken_json"}
            arrived = [
                name for name, memo in zip(names, MEMOS, strict=False) if memo not in refused
            ]
            each.wait_for(arrived, StoryClass.ACKED)
            each.wait_for(names[len(MEMOS) :], StoryClass.FAILED_REFUNDED)
            for packet in packets:
                ((data,),) = each.store.query(
                    "SELECT data FROM sent WHERE chain_id = ? AND channel = ? AND sequence = ?",
                    (a.chain_id, channel, f"{packet.sequence:020d}"),
                )
                assert bytes(data) == packet.data
    check_shown(places, capsys)


def check_shown(places: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """See that nothing of it reaches a terminal, a log or a file as it is."""
    for place in places:
        for command in COMMANDS:
            assert main([*command.split(), "--database", place]) == 0
            shown = capsys.readouterr()
            assert list_harmful(shown.out + shown.err) == [], command
            if command.endswith("json"):
                json.loads(shown.out)
        with PacketStore.open(place) as store:
            assert list_harmful("\n".join(dump_store(store))) == []
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "monitor-channel", "--database", places[0]],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.stdout.count("\n") == 1
    assert list_harmful(done.stdout + done.stderr) == []
