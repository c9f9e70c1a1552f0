"""What nodes answered, in a snapshot: fresh or not, current or not, and what follows for counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from plurichain.ibc.overdue import Thresholds
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.blocks import Absence, Missing
from plurichain.tracker.monitoring.snapshot.freshness import ROUND_STALE_AFTER_NS, STALE_AFTER_NS
from plurichain.tracker.monitoring.snapshot.items import Snapshot
from plurichain.tracker.monitoring.snapshot.taking import take_snapshot
from plurichain.tracker.observations import (
    Alarm,
    ChannelState,
    ClientObservation,
    ConservationRow,
    Contact,
    Observation,
    Observations,
    StateCheck,
    Wallet,
)
from plurichain.tracker.relayers import list_relayers
from plurichain.tracker.store import PacketStore
from tests.unit.tracker.grids import (
    HERE,
    OK,
    RELAYER,
    SECOND_NS,
    A,
    B,
    add_routes,
    block,
    event,
    packet,
    run,
    signed,
)

NOW = 20 * SECOND_NS
"""By the local clock; the chains' last blocks are of the same time."""
LIMITS = Thresholds(lag_ns=10 * SECOND_NS)


@pytest.fixture
def store(store_place) -> Iterator[PacketStore]:
    with PacketStore.open(store_place) as opened:
        add_routes(opened)
        yield opened


def contact(chain_id: str, **fields) -> Contact:
    told = Contact(chain_id, "net", NOW, NOW, 20, 20 * SECOND_NS, is_catching_up=False)
    return replace(told, **fields)


def look(store: PacketStore, *rows: Observation, now_ns: int = NOW) -> Snapshot:
    Observations(store).save(*rows)
    return take_snapshot(store, now_ns, LIMITS)


@pytest.mark.parametrize(
    ("fields", "is_current", "state"),
    [
        ({}, True, "fresh"),
        ({"is_catching_up": True}, False, "fresh"),
        ({"head_time_ns": 9 * SECOND_NS}, False, "fresh"),  # it stands still
        ({"head_height": 40, "head_time_ns": 31 * SECOND_NS}, False, "fresh"),  # not read yet
        ({"error": "refused"}, False, "failing"),
        ({"answered_ns": None, "head_time_ns": None}, False, "never"),
        ({"asked_ns": NOW - 2 * STALE_AFTER_NS, "answered_ns": NOW - STALE_AFTER_NS - 1}, False,
         "stale"),
        # Whoever asked has ended, and its last question failed.
        ({"asked_ns": NOW - STALE_AFTER_NS - 1, "answered_ns": NOW - STALE_AFTER_NS - 2,
          "error": "refused"}, False, "stale"),
        # Of two machines one has a wrong clock: how old it is nobody knows.
        ({"asked_ns": NOW + 60 * STALE_AFTER_NS, "answered_ns": NOW + 60 * STALE_AFTER_NS}, False,
         "stale"),
        # Blocks alone are read (--no-observe), up to now.
        ({"head_height": None, "head_time_ns": None, "is_catching_up": None}, True, "fresh"),
    ],
)  # fmt: skip
def test_a_channel_is_current_only_if_both_chains_are(store, fields, is_current, state) -> None:
    run(store, A, 20, {2: signed(event("send_packet", packet()))})
    run(store, B, 20, {})
    if fields.get("answered_ns") is None and "answered_ns" in fields:
        fields = fields | {"head_height": None, "is_catching_up": None}
    shot = look(store, contact(A), contact(B, **fields))
    here, there = shot.chains
    assert (here.is_current, here.freshness.state.value) == (True, "fresh")
    assert (there.is_current, there.freshness.state.value) == (is_current, state)
    for channel in shot.channels:
        assert channel.is_current == is_current
        assert channel.is_complete
        assert channel.is_exact == is_current
        assert channel.freshness.state.value == state


@pytest.mark.parametrize(("lag_s", "is_current"), [(11, True), (12, False)])
def test_a_tracker_that_lags_longer_than_packets_may_wait_calls_none_stuck(
    store, lag_s: int, is_current: bool
) -> None:
    """In the blocks that are not read they may have been settled."""
    run(store, A, 20, {})
    Observations(store).save(contact(A, head_time_ns=(20 + lag_s) * SECOND_NS))
    short = Thresholds(refund_ns=12 * SECOND_NS)
    assert take_snapshot(store, NOW, short).chains[0].is_current is is_current


def test_blocks_that_are_read_alone_have_to_be_of_now(store) -> None:
    run(store, A, 20, {})
    blind = {"head_height": None, "head_time_ns": None, "is_catching_up": None}
    late_ns = NOW + LIMITS.lag_ns
    for now_ns, is_current in ((late_ns - 1, True), (late_ns, False)):
        told = contact(A, asked_ns=now_ns, answered_ns=now_ns, **blind)
        (item,) = look(store, told, now_ns=now_ns).chains
        assert (item.is_current, item.block_age_ns) == (is_current, None)


def test_a_block_of_the_future_is_told_as_such(store) -> None:
    run(store, A, 20, {})
    (item,) = look(store, contact(A, head_time_ns=NOW + 3_600 * SECOND_NS)).chains
    assert item.block_age_ns == -3_600 * SECOND_NS


def test_how_far_a_node_is_ahead(store) -> None:
    run(store, A, 20, {})
    (item,) = look(
        store, contact(A, head_height=23, head_time_ns=25 * SECOND_NS, answered_ns=27 * SECOND_NS)
    ).chains
    assert (item.lag_blocks, item.lag_ns) == (3, 5 * SECOND_NS)
    assert item.block_age_ns == 2 * SECOND_NS
    assert item.network == "net"


def test_a_chain_that_was_never_read_is_shown_with_what_its_node_says(store) -> None:
    (item,) = look(store, contact(A)).chains
    assert (item.chain_id, item.height, item.head_height) == (A, None, 20)
    assert item.lag_blocks is None
    assert not item.is_current


def state(unread: int, *, height: int = 20, answered_ns: int = NOW) -> ChannelState:
    end = (HERE.protocol.value, HERE.port, HERE.channel)
    return ChannelState(A, *end, NOW, answered_ns, B, "open", height, 3, unread)


def begin_late(store: PacketStore) -> None:
    """Read chain A from block 10 on; one packet is sent after that."""
    store.take_in(Missing(A, 1, 9, Absence.PRUNED))
    for height in range(10, 21):
        sends = [signed(event("send_packet", packet(7)))] if height == 12 else []
        store.take_in(block(A, height, *sends))
    run(store, B, 20, {})


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (state(0), 0),
        (state(0, height=9, answered_ns=NOW - ROUND_STALE_AFTER_NS - 1), 0),
        (state(2), None),
        (state(0, height=8), None),  # and block 9 was not read
        (state(0, height=21), None),  # which a database that was set back does not know of
    ],
    ids=["nothing else", "all since was read", "two unread", "not all since", "before it"],
)
def test_the_state_tells_that_nothing_else_is_open(store, told, expected) -> None:
    begin_late(store)
    shot = look(store, contact(A), contact(B), told)
    (channel,) = [each for each in shot.channels if each.chain_id == A]
    assert channel.counts[StoryClass.UNRECEIVED] == 1
    assert channel.counts[StoryClass.ACK_PENDING] == expected
    assert channel.counts[StoryClass.UNKNOWN] == expected
    assert channel.counts[StoryClass.ACKED] is None, "how many ended earlier nobody knows"
    assert (channel.channel_state, channel.commitments) == ("open", 3)
    assert channel.unread == told.unread


@pytest.mark.parametrize(
    ("age_ns", "error", "expected"),
    [
        (ROUND_STALE_AFTER_NS, None, "fresh"),
        (ROUND_STALE_AFTER_NS + 1, None, "stale"),
        (ROUND_STALE_AFTER_NS, "refused", "failing"),
        (ROUND_STALE_AFTER_NS + 1, "refused", "stale"),
    ],
)
def test_what_is_asked_in_rounds_may_be_a_round_old(store, age_ns, error, expected) -> None:
    """A round of many channels may take a minute, and as long a rest follows it."""
    run(store, A, 20, {})
    told = NOW - age_ns
    shot = look(
        store,
        contact(A),
        replace(state(0), asked_ns=told, answered_ns=told, error=error),
        ClientObservation(A, "07-tendermint-0", told, told, B, "Active", 90, 5, NOW, error),
        Wallet(A, "ours", RELAYER, "upluri", told, told, 1, 1, error),
    )
    (channel,), (client,), (wallet,) = shot.channels, shot.clients, shot.wallets
    for each in (channel.state_freshness, client.freshness, wallet.freshness):
        assert each.state.value == expected


def test_an_unknown_packet_may_be_of_any_open_class(store) -> None:
    run(store, A, 20, {2: signed(event("send_packet", packet()))})  # nobody reads B
    (channel,) = [each for each in look(store, contact(A)).channels if each.chain_id == A]
    assert channel.counts[StoryClass.UNKNOWN] == 1
    assert channel.counts[StoryClass.UNRECEIVED] is None
    assert channel.counts[StoryClass.RECEIVED_UNACKED] is None
    assert channel.counts[StoryClass.ACKED] == 0
    assert channel.open_count == 1


def test_clients_wallets_money_alarms_and_checks(store) -> None:
    run(store, A, 20, {})
    shot = look(
        store,
        contact(A, head_time_ns=21 * SECOND_NS),
        ClientObservation(A, "07-tendermint-0", NOW, NOW, B, "Active", 90, 5, 30 * SECOND_NS),
        ClientObservation("other-1", "07-tendermint-1", NOW, None, error="refused"),
        Wallet(A, "ours", RELAYER, "upluri", NOW, NOW, 2**80, 2**80 + 1),
        Wallet(A, "lost", RELAYER, "upluri", NOW, None, error="refused"),
        ConservationRow(A, "transfer", "channel-0", "upluri", "broken", NOW - 9, difference=-4),
        Alarm(A, "stuck-receive", "transfer/channel-0", "text", 15 * SECOND_NS, 15),
        Alarm(A, "chain-silent", "town", "text", 15 * SECOND_NS, 15),
        Alarm("other-1", "chain-silent", "other-1", "text"),
        *(
            StateCheck(A, "v1", "transfer", "channel-0", number, 9, verdict, is_proven=True,
                       asked_ns=NOW)
            for number, verdict in enumerate(["same", "same", "different"])
        ),
    )  # fmt: skip
    client, dark = shot.clients
    assert client.left_ns == 9 * SECOND_NS, "by the newest block that is known"
    assert (dark.left_ns, dark.freshness.state.value) == (None, "never")
    lost, ours = shot.wallets
    assert (ours.amount, ours.is_low, lost.amount, lost.is_low) == (2**80, True, None, None)
    (money,) = shot.conservation
    assert (money.difference, money.verdict, money.freshness.age_ns(NOW)) == (-4, "broken", 9)
    ages = {(alarm.chain_id, alarm.kind): alarm.age_ns for alarm in shot.alarms}
    assert ages == {
        (A, "stuck-receive"): 6 * SECOND_NS,
        (A, "chain-silent"): 5 * SECOND_NS,
        ("other-1", "chain-silent"): None,
    }
    checks = {check.verdict: check.count for check in shot.checks}
    assert checks == {"same": 2, "different": 1}


def test_what_relayers_carried_is_what_the_list_of_relayers_says(store) -> None:
    """The chain writes the answer in the message of whoever brought the packet."""
    run(store, A, 12, {2: signed(event("send_packet", packet())),
                       9: signed(event("acknowledge_packet", packet()))})  # fmt: skip
    arrived = (event("recv_packet", packet()), event("write_acknowledgement", packet(), ack=OK))
    run(store, B, 12, {5: signed(*arrived)})
    shown = {
        (each.chain_id, each.signer): (sum(first for first, _ in each.by_kind.values()),
                                       each.inferred)
        for each in look(store).relayers
    }  # fmt: skip
    listed = {
        (each.chain_id, each.signer): (sum(one.effected for one in each.relayed.values()),
                                       sum(one.inferred for one in each.relayed.values()))
        for each in list_relayers(store)
    }  # fmt: skip
    assert shown == listed
    assert {key: carried for key, (carried, _) in shown.items()} == {
        (A, RELAYER): 1,
        (B, RELAYER): 1,
    }
