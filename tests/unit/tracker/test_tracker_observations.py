"""Observations: the newest of each, unknown kept apart from zero, never in a dump."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from plurichain.tracker.dump import dump_store
from plurichain.tracker.observations import (
    Alarm,
    ChannelState,
    ClientObservation,
    ConservationRow,
    Contact,
    Observations,
    StateCheck,
    Wallet,
)
from plurichain.tracker.store import PacketStore

CHANNEL = ("grid-1", "classic", "transfer", "channel-0")
FAR = 2**64 - 1


@pytest.fixture
def store(store_place: str) -> Iterator[PacketStore]:
    with PacketStore.open(store_place) as opened:
        yield opened


def test_each_kind_comes_back_as_it_was(store: PacketStore) -> None:
    kept = Observations(store)
    contact = Contact("grid-1", "a", FAR, FAR, 5, FAR, is_catching_up=False)
    check = StateCheck(*CHANNEL, FAR, 5, "same", is_proven=True, asked_ns=FAR)
    channel = ChannelState(*CHANNEL, 7, 8, "grid-2", "OPEN", 5, 0, None)
    client = ClientObservation("grid-1", "07-tendermint-0", 7, 8, "grid-2", "Active", FAR, FAR, FAR)
    wallet = Wallet("grid-1", "relayer", "pluri1x", "upluri", 7, 8, 2**250, 0)
    money = ConservationRow("grid-1", "transfer", "channel-0", "upluri", "broken", 7, 5, "grid-2",
                            6, 2**250, 0, 1, 2, 3, 4, -(2**250))  # fmt: skip
    alarm = Alarm("grid-1", "stuck-receive", "channel-0/1", "waits", FAR, 5)
    kept.save(contact, check, channel, client, wallet, money, alarm)

    assert kept.list_contacts() == [contact]
    assert kept.list_state_checks() == [check]
    assert kept.list_channel_states() == [channel]
    assert kept.list_clients() == [client]
    assert kept.list_wallets() == [wallet]
    assert kept.list_conservation() == [money]
    assert kept.list_alarms() == [alarm]


def test_what_was_never_answered_is_unknown(store: PacketStore) -> None:
    kept = Observations(store)
    silent = Contact("grid-1", "a", 7, error="no route to host")
    kept.save(silent)

    assert kept.list_contacts() == [silent]
    assert store.query("SELECT answered_ns, head_height, is_catching_up FROM contact") == [
        (None, None, None)
    ]


def test_the_newest_stands_and_can_be_dropped(store: PacketStore) -> None:
    kept = Observations(store)
    alarm = Alarm("grid-1", "stuck-receive", "1", "waits", 5, 1)
    kept.save(alarm, replace(alarm, subject="2"))
    kept.save(replace(alarm, text="still waits"))
    assert [each.text for each in kept.list_alarms()] == ["still waits", "waits"]
    kept.remove(alarm)
    assert [each.subject for each in kept.list_alarms()] == ["2"]


def test_a_node_cannot_write_what_a_terminal_obeys(store: PacketStore) -> None:
    kept = Observations(store)
    kept.save(Contact("grid-1", "a", 7, error="\x00\x1b[2J\u202e\ud800" + "x" * 9_000))
    [contact] = kept.list_contacts()

    assert contact.error is not None
    assert contact.error.startswith("\\x00\\x1b[2J\\u202e\\ud800xx")
    assert contact.error.isprintable()
    assert len(contact.error) < 600


def test_no_dump_holds_them(store: PacketStore) -> None:
    before = list(dump_store(store))
    Observations(store).save(Contact("grid-1", "a", 7))
    assert list(dump_store(store)) == before
