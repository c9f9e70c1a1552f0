"""Alarms of what nodes answered: raised, kept while nothing is known, and over again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plurichain.ibc.overdue import Thresholds
from plurichain.tracker.blocks import Absence, Missing
from plurichain.tracker.monitoring.alarms import board as alarms_module
from plurichain.tracker.monitoring.alarms.board import AlarmBoard
from plurichain.tracker.observations import (
    ChannelState,
    ClientObservation,
    ConservationRow,
    Contact,
    Observation,
    Observations,
    StateCheck,
    Wallet,
)
from plurichain.tracker.store import PacketStore
from tests.unit.tracker.grids import RELAYER, SECOND_NS, A, add_routes, block, event, packet, signed

HOUR_NS = 3_600 * SECOND_NS
LIMITS = Thresholds(lag_ns=300 * SECOND_NS, client_ns=HOUR_NS)
DEADLINE_S = 60.0


class Night:
    """One chain that was read up to now, a board, and a local clock."""

    def __init__(self, store: PacketStore) -> None:
        self.store = store
        self.rows = Observations(store)
        self.lines: list[str] = []
        self.now_ns = 100 * HOUR_NS
        store.take_in(block(A, 1, signed(event("send_packet", packet()))))
        store.take_in(replace(block(A, 2), time_ns=self.now_ns))
        self.board = AlarmBoard(store, LIMITS, report=self.lines.append, now_ns=lambda: self.now_ns)

    def look(self, *rows: Observation) -> dict[str, str]:
        """Look at the database with these rows in it; returns texts of alarms by kind."""
        self.rows.save(*rows)
        self.board.look()
        return {alarm.kind: alarm.text for alarm in self.rows.list_alarms()}

    def contact(self, **fields) -> Contact:
        now = self.now_ns
        return replace(Contact(A, "town", now, now, 2, now, is_catching_up=False), **fields)


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    with PacketStore.open(tmp_path / "packets.db") as store:
        add_routes(store)
        yield Night(store)


def test_a_node_that_falls_silent(night: Night) -> None:
    heard_ns = night.now_ns
    assert not night.look(night.contact())
    night.now_ns += LIMITS.lag_ns - 1
    failed = replace(night.contact(), answered_ns=heard_ns, error="refused")
    assert not night.look(failed)
    night.now_ns += 1
    failed = replace(failed, asked_ns=night.now_ns)
    assert "no node has answered since" in night.look(failed)["chain-silent"]
    assert not night.look(night.contact(head_time_ns=night.now_ns - SECOND_NS))
    assert [line.partition(":")[0] for line in night.lines] == ["alarm", "over"]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"head_time_ns": -LIMITS.lag_ns}, "chain-halted"),
        ({"head_time_ns": -LIMITS.lag_ns, "is_catching_up": True}, "chain-lagging"),
    ],
)
def test_a_node_that_stands_still(night: Night, fields: dict[str, int], kind: str) -> None:
    fields = fields | {"head_time_ns": night.now_ns + fields["head_time_ns"]}
    assert night.look(night.contact(**fields)).keys() == {kind}
    assert not night.look(night.contact())


def test_a_chain_that_cannot_be_read_on_says_why(night: Night) -> None:
    night.look(night.contact())
    night.now_ns += 2 * LIMITS.lag_ns
    told = night.look(night.contact(error="its newest block is 1, and 2 was read before"))
    assert told["chain-lagging"].endswith(
        "newest blocks: its newest block is 1, and 2 was read before"
    )


def test_a_clock_that_is_set_back_hides_no_silence(night: Night) -> None:
    """It was an hour ahead when tracking began: all answers since are of before that."""
    heard_ns = night.now_ns = night.now_ns - HOUR_NS
    night.board.look()
    night.now_ns += LIMITS.lag_ns
    told = night.contact(answered_ns=heard_ns, error="refused")
    assert night.look(told).keys() == {"chain-silent"}


def test_what_an_earlier_run_was_told_is_not_judged(night: Night) -> None:
    earlier = night.now_ns - HOUR_NS
    assert not night.look(night.contact(asked_ns=earlier, answered_ns=earlier))


def client(night: Night, left_ns: int | None, status: str | None = "Active") -> ClientObservation:
    expires_ns = None if left_ns is None else night.now_ns + left_ns
    now = night.now_ns
    return ClientObservation(
        A, "07-tendermint-0", now, now, "grid-2", status, 30 * HOUR_NS, 1, expires_ns
    )


def test_a_client_that_nobody_refreshes(night: Night) -> None:
    assert not night.look(client(night, HOUR_NS))
    assert night.look(client(night, HOUR_NS - 1)).keys() == {"client-expiring"}
    assert night.look(client(night, None, None)).keys() == {"client-expiring"}, "not known"
    assert night.look(client(night, 0)).keys() == {"client-unusable"}
    assert night.look(client(night, HOUR_NS, "Frozen")).keys() == {"client-unusable"}
    assert not night.look(client(night, HOUR_NS))


def test_a_client_that_cannot_be_asked_for_does_not_expire_by_old_answers(night: Night) -> None:
    """Somebody may refresh it meanwhile: blocks go on, and what was told of it is of before."""
    told = client(night, 2 * HOUR_NS)
    assert not night.look(told)
    failing = replace(told, asked_ns=night.now_ns + 1, error="no answer within 10 s")
    night.store.take_in(replace(block(A, 3), time_ns=night.now_ns + 3 * HOUR_NS))
    assert not night.look(failing)
    # As told by its chain again it has expired; not to be told any more is no way out of that.
    assert night.look(replace(told, error=None)).keys() == {"client-unusable"}
    assert night.look(failing).keys() == {"client-unusable"}


def test_what_an_earlier_run_was_told_of_a_client_is_not_judged(night: Night) -> None:
    earlier = night.now_ns - HOUR_NS
    assert not night.look(replace(client(night, -1), asked_ns=earlier, answered_ns=earlier))
    assert night.look(client(night, -1)).keys() == {"client-unusable"}


def test_wallets_and_money(night: Night) -> None:
    now = night.now_ns
    low = Wallet(A, "ours", RELAYER, "upluri", now, now, 9, 10)
    broken = ConservationRow(A, "transfer", "channel-0", "upluri", "broken", now, difference=-4)
    found = night.look(low, broken)
    assert found == {
        "wallet-low": "ours holds 9upluri, less than 10",
        "conservation-broken": "escrow differs by -4 from what is accounted for",
    }
    assert night.look(replace(low, amount=None), replace(broken, verdict="unknown")) == found
    assert not night.look(replace(low, amount=10), replace(broken, verdict="holds"))
    assert night.look(replace(low, amount=0, least=None)) == {
        "wallet-low": "ours is empty: 0upluri"
    }
    assert not night.look(replace(low, amount=1, least=None))


def test_packets_that_no_block_told_of(night: Night) -> None:
    now = night.now_ns
    state = ChannelState(
        A, "classic", "transfer", "channel-0", now, now, "grid-2", "open", 2, 5, unread=3
    )
    assert night.look(state).keys() == {"coverage-gap"}
    assert night.look(replace(state, unread=None)).keys() == {"coverage-gap"}, "not known"
    assert not night.look(replace(state, unread=0))
    night.store.take_in(Missing(A, 3, 9, Absence.PRUNED))
    assert "blocks 3 to 9 are pruned" in night.look()["coverage-gap"]


@pytest.mark.parametrize("verdict", ["different", "absent"])
def test_a_state_that_is_not_what_blocks_told(night: Night, verdict: str) -> None:
    check = StateCheck(
        A, "classic", "transfer", "channel-0", 1, 1, verdict, is_proven=True, asked_ns=1
    )
    assert "packet 1" in night.look(check)["commitment-differs"]
    assert not night.look(replace(check, verdict="same"))


def test_whatever_goes_wrong_the_looking_goes_on(
    night: Night, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(alarms_module, "LOOK_EVERY_S", 0.01)
    looked = threading.Semaphore(0)

    def look() -> None:
        looked.release()
        raise ValueError("what nobody foresaw")

    monkeypatch.setattr(night.board, "look", look)
    with caplog.at_level(logging.ERROR), night.board.looking():
        for _ in range(3):
            assert looked.acquire(timeout=DEADLINE_S), "it does not look again"
    assert "alarms are not judged" in caplog.text


def test_a_database_that_was_removed_is_told_once(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is open goes on taking blocks in, and nobody else ever sees them."""
    monkeypatch.setattr(alarms_module, "LOOK_EVERY_S", 0.01)
    looked = threading.Semaphore(0)
    monkeypatch.setattr(night.board, "look", looked.release)
    place = Path(night.store.place)
    with night.board.looking():
        assert looked.acquire(timeout=DEADLINE_S)
        assert not night.lines
        place.rename(place.with_name("elsewhere.db"))
        for _ in range(3):
            assert looked.acquire(timeout=DEADLINE_S), "it does not look again"
        while not night.lines:
            assert looked.acquire(timeout=DEADLINE_S), "it does not look again"
    assert [f"{place} is gone, or another file" in line for line in night.lines] == [True]
