"""A chain that is not followed any more: nothing is lost, nothing becomes 0, nobody is woken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.samples import Sample

from plurichain.errors import InputError, LockedError
from plurichain.ibc.overdue import AlarmKind, Thresholds
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.dump import dump_store
from plurichain.tracker.followed import follow_again, forget_chain, list_known, list_unfollowed
from plurichain.tracker.monitoring.alarms.board import AlarmBoard
from plurichain.tracker.monitoring.metrics.labels import NO_NAMES
from plurichain.tracker.monitoring.metrics.writer import Writer
from plurichain.tracker.monitoring.nagios.channel import (
    MoneyRule,
    Selection,
    check_channels,
)
from plurichain.tracker.monitoring.nagios.relayer import RelayerRule, check_relaying
from plurichain.tracker.monitoring.nagios.verdict import Status, Verdict
from plurichain.tracker.monitoring.snapshot.freshness import FreshnessState
from plurichain.tracker.monitoring.snapshot.items import Snapshot
from plurichain.tracker.monitoring.snapshot.taking import take_snapshot
from plurichain.tracker.monitoring.watch.layout import lay_out
from plurichain.tracker.monitoring.watch.view import make_view
from plurichain.tracker.observations import (
    Alarm,
    ChannelState,
    ClientObservation,
    ConservationRow,
    Contact,
    Observations,
    Wallet,
)
from plurichain.tracker.store import PacketStore, Route
from tests.unit.tracker.grids import (
    HERE,
    SECOND_NS,
    THERE,
    A,
    B,
    add_routes,
    block,
    event,
    packet,
    rows,
    run,
    signed,
)

C = "grid-3"
LATER = 5_000 * SECOND_NS
"""Long after the last block, by the local clock: all that is asked of B is old."""
LIMITS = Thresholds(receive_ns=5 * SECOND_NS, refund_ns=5 * SECOND_NS)
SENT = event("send_packet", packet())
LATE = event("send_packet", packet(2, expires_s=3))
BACK = replace(packet(), source_channel="channel-7", destination_channel="channel-0")
ELSEWHERE = replace(HERE, channel="channel-1")
BEYOND = replace(HERE, channel="channel-5")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PacketStore]:
    with PacketStore.open(tmp_path / "packets.db") as opened:
        yield opened


@pytest.fixture
def on_either(store_place: str) -> Iterator[PacketStore]:
    """Give the same on each engine."""
    with PacketStore.open(store_place) as opened:
        yield opened


def tell(store: PacketStore, chain_id: str, end: Any, asked_ns: int) -> None:
    """Have a tracker ask all there is to ask of a chain, whose client is about to expire."""
    cursor = store.get_cursor(chain_id)
    assert cursor is not None
    Observations(store).save(
        Contact(chain_id, f"net-{chain_id}", asked_ns, asked_ns, cursor.height, asked_ns,
                is_catching_up=False),
        ChannelState(chain_id, "classic", "transfer", end.channel, asked_ns, asked_ns,
                     state="open", height=cursor.height, commitments=2, unread=1),
        ClientObservation(chain_id, "07-tendermint-0", asked_ns, asked_ns, B, "Active",
                          10**15, asked_ns, asked_ns + 1),
        Wallet(chain_id, "relayer", "pluri1x", "upluri", asked_ns, asked_ns, 1, 5),
    )  # fmt: skip


def fill(store: PacketStore) -> None:
    """A and C are followed now; B, which both lead to, was until block 12.

    Over A's channel to B one packet waits, one has expired; one waits over B's to A.
    """
    add_routes(store)
    store.add_route(Route(C, BEYOND, A, ELSEWHERE))
    store.add_route(Route(A, ELSEWHERE, C, BEYOND))
    run(store, A, 12, {2: signed(SENT, LATE)})
    run(store, B, 12, {2: signed(event("send_packet", BACK))})
    run(store, C, 12, {})
    # A and C go on; B's last block is of the 12th second.
    for chain_id in (A, C):
        told = block(chain_id, 13)
        store.take_in(replace(told, time_ns=LATER - SECOND_NS))
        tell(store, chain_id, {A: HERE, C: BEYOND}[chain_id], LATER)
    tell(store, B, THERE, 12 * SECOND_NS)
    Observations(store).save(
        ChannelState(A, "classic", "transfer", "channel-1", LATER, LATER, state="open",
                     height=13, commitments=0, unread=0),
        ConservationRow(A, "transfer", "channel-0", "upluri", "unknown", 12 * SECOND_NS,
                        peer_chain_id=B),
        ConservationRow(A, "transfer", "channel-1", "upluri", "holds", LATER, peer_chain_id=C,
                        difference=0),
    )  # fmt: skip


def look(store: PacketStore) -> Snapshot:
    return take_snapshot(store, LATER, LIMITS)


def list_samples(store: PacketStore) -> list[Sample]:
    families = Writer(look(store), NO_NAMES).write().make_families()
    return [sample for family in families for sample in family.samples]


def name_sample(sample: Sample) -> str:
    return sample.name.removeprefix("plurichain_ibc_")


def check_all(store: PacketStore, **selection: str) -> Verdict:
    shot = look(store)
    return check_channels(
        shot, shot, Selection(**selection), money=MoneyRule(), limits_ns=(10**9, 10**9)
    )


def test_nothing_that_is_known_is_lost_or_changed(on_either: PacketStore) -> None:
    store = on_either
    fill(store)
    dumped, listed = [*dump_store(store)], rows(store)
    contacts = Observations(store).list_contacts()
    done = forget_chain(store, B, LATER)
    assert (done.is_new, done.since_ns, done.chain.height) == (True, LATER, 12)
    assert [*dump_store(store)] == dumped
    assert rows(store) == listed
    assert Observations(store).list_contacts() == contacts
    assert list_unfollowed(store) == {B: LATER}
    assert [(each.chain_id, each.unfollowed_ns) for each in list_known(store)] == [
        (A, None),
        (B, LATER),
        (C, None),
    ]


def test_to_forget_again_changes_nothing(on_either: PacketStore) -> None:
    store = on_either
    fill(store)
    forget_chain(store, B, LATER)
    Observations(store).save(Alarm(B, AlarmKind.WALLET_LOW.value, "x", "raised meanwhile"))
    again = forget_chain(store, B, LATER + 1)
    assert (again.is_new, again.since_ns, again.ended) == (False, LATER, ())
    assert list_unfollowed(store) == {B: LATER}
    assert len(Observations(store).list_alarms()) == 1


def test_a_chain_whose_node_never_answered_can_be_forgotten(store: PacketStore) -> None:
    Observations(store).save(Contact("dead-1", "dead", 5))
    assert forget_chain(store, "dead-1", LATER).chain.height is None
    (chain,) = look(store).chains
    assert (chain.freshness.state, chain.is_current) == (FreshnessState.UNFOLLOWED, False)


def test_a_chain_that_is_followed_now_is_not_forgotten(on_either: PacketStore) -> None:
    store = on_either
    fill(store)
    with (
        store.hold([B]),
        pytest.raises(LockedError, match="grid-2 is not forgotten: another process") as caught,
    ):
        forget_chain(store, B, LATER)
    assert "without net-grid-2" in caught.value.remedy
    assert list_unfollowed(store) == {}
    forget_chain(store, B, LATER)


@pytest.mark.parametrize("name", ["grid-9", "", "net-grid-2", "\x1b[31m", "grid-2 "])
def test_a_chain_that_is_not_there(store: PacketStore, name: str) -> None:
    with pytest.raises(InputError, match=r"CHAIN_ID: .* has no chain") as caught:
        forget_chain(store, name, LATER)
    assert caught.value.remedy == "it has none yet; --database names another"
    fill(store)
    with pytest.raises(InputError, match="CHAIN_ID") as caught:
        forget_chain(store, name, LATER)
    known = "grid-1 (net-grid-1), grid-2 (net-grid-2), grid-3 (net-grid-3)"
    assert caught.value.remedy == f"it has {known}"
    assert "\x1b" not in str(caught.value)


def test_tracking_it_again_goes_on_after_its_last_block(on_either: PacketStore) -> None:
    store = on_either
    fill(store)
    forget_chain(store, B, LATER)
    assert [each.chain_id for each in follow_again(store, [A, B])] == [B]
    assert follow_again(store, [A, B]) == []
    assert list_unfollowed(store) == {}
    assert store.take_in(block(B, 13, signed(event("recv_packet", packet()))))
    assert rows(store)[0].story is StoryClass.RECEIVED_UNACKED
    assert all(each.is_followed for each in look(store).chains)


def test_a_snapshot_says_that_nobody_is_to_ask(store: PacketStore) -> None:
    fill(store)
    forget_chain(store, B, LATER)
    shot = look(store)
    a, b, c = shot.chains
    assert (a.is_current, b.is_current, c.is_current) == (True, False, True)
    assert b.freshness.state is FreshnessState.UNFOLLOWED
    assert (b.height, b.unfollowed_ns) == (12, LATER)
    here, other, there, beyond = shot.channels
    assert [each.unfollowed for each in shot.channels] == [(B,), (), (B,), ()]
    # What was seen stays. What was not is not known, and never 0.
    assert here.counts[StoryClass.UNRECEIVED] == 1
    assert here.counts[StoryClass.RECEIVED_UNACKED] is None
    assert there.counts[StoryClass.ACKED] is None
    assert other.counts[StoryClass.UNRECEIVED] == beyond.counts[StoryClass.UNRECEIVED] == 0
    # A's clock says what A has to do; what B has to do nobody can say any more.
    assert here.overdue == {AlarmKind.REFUND_OVERDUE: 1}
    assert there.overdue == {}
    assert there.state_freshness.state is FreshnessState.UNFOLLOWED
    assert here.state_freshness.is_fresh


def test_no_figure_of_it_is_exported_and_none_calls_anybody(store: PacketStore) -> None:
    fill(store)
    before = list_samples(store)
    assert [each for each in before if each.labels.get("state") == "stale" and each.value
            and each.name.endswith("chain_contact")]  # fmt: skip
    forget_chain(store, B, LATER)
    told = list_samples(store)
    of_b = [each for each in told if each.labels.get("chain") == B]
    states = {each.labels["state"]: each.value for each in of_b if "state" in each.labels}
    assert states == {"fresh": 0, "unfollowed": 1, "stale": 0, "failing": 0, "never": 0}
    names = {name_sample(each) for each in of_b if "state" not in each.labels}
    assert names <= {"commitment_checks", "relayed_total", "relayed_inferred_total",
                     "failed_transactions_total"}  # fmt: skip
    to_b = [each for each in told if each.labels.get("counterparty") == B]
    assert {name_sample(each) for each in to_b if "client" not in each.labels} == {
        "unread_commitments",
        "state_commitments",
    }
    # The other channels, and A's own clients, are as before.
    rest = [each for each in told if each not in of_b + to_b]
    assert [each for each in before if each in rest] == rest


def test_money_that_is_missing_stays_missing(store: PacketStore) -> None:
    fill(store)
    Observations(store).save(
        ConservationRow(A, "transfer", "channel-0", "upluri", "broken", 12 * SECOND_NS,
                        peer_chain_id=B, difference=-4),
        Alarm(B, AlarmKind.CONTRADICTION.value, "transfer/channel-7", "two chains"),
        Alarm(A, AlarmKind.CONSERVATION_BROKEN.value, "transfer/channel-0 upluri", "gone"),
    )  # fmt: skip
    assert forget_chain(store, B, LATER).ended == ()
    assert len(Observations(store).list_alarms()) == 2
    labels = {"counterparty": B, "verdict": "broken"}
    broken = [
        each.value
        for each in list_samples(store)
        if name_sample(each) == "conservation_tokens" and labels.items() <= each.labels.items()
    ]
    assert broken == [1]
    assert check_all(store).status is Status.CRITICAL
    assert check_all(store, chain_id=A, channel="channel-0").status is Status.CRITICAL
    assert "DO NOT HOLD" in "\n".join(draw(store))


def draw(store: PacketStore) -> list[str]:
    return [line.text for line in lay_out(make_view(look(store), place="packets.db"), 200)]


def test_the_screen_says_so(store: PacketStore) -> None:
    fill(store)
    assert any("stale: answered" in line for line in draw(store))
    forget_chain(store, B, LATER)
    lines = draw(store)
    assert not any("stale: answered" in line for line in lines if B in line)
    text = "\n".join(lines)
    assert "no alarms of the chains that are followed" in text
    assert (
        "not followed any more since 1970-01-01 01:23:20Z: what it did after block 12 is unknown; "
        "`plurichain ibc track net-grid-2` goes on"
    ) in text
    assert text.count("? because grid-2 is not followed any more") == 2
    assert "money: 1 of 1 equations hold to the unit, audited" in text
    assert "ago, besides 1 of chains not followed any more" in text
    forget_chain(store, A, LATER)
    forget_chain(store, C, LATER)
    assert "no chain is followed any more" in draw(store)[1]


def test_monitors_leave_it_out_and_name_it(store: PacketStore) -> None:
    fill(store)
    assert "grid-2" in check_all(store).line
    forget_chain(store, B, LATER)
    every = check_all(store)
    assert "transfer/channel-0" not in every.line
    assert "transfer/channel-7" not in every.line
    alone = check_all(store, chain_id=B)
    assert alone.status is Status.UNKNOWN
    assert "grid-2 is not followed any more" in alone.line
    assert "'open'=U" in alone.line
    relaying = check_relaying(look(store), RelayerRule(LIMITS, LIMITS))
    assert "net-grid-2" not in relaying.line
    assert "relayer on grid-2" not in relaying.line
    assert "relayer on grid-1" in relaying.line
    for chain_id in (A, C):
        forget_chain(store, chain_id, LATER)
    relaying = check_relaying(look(store), RelayerRule(LIMITS, LIMITS))
    assert relaying.status is Status.UNKNOWN
    assert "no chain is followed any more" in relaying.line


def test_a_board_ends_its_alarms_and_raises_none(store: PacketStore) -> None:
    """Of another tracker of the same database, which began before B's tracker ended."""
    fill(store)
    said: list[str] = []
    now_ns = [12 * SECOND_NS]
    board = AlarmBoard(store, LIMITS, report=said.append, now_ns=lambda: now_ns[0])
    tell(store, B, THERE, 13 * SECOND_NS)
    now_ns[0] = LATER
    board.look()
    board.take_in(A, 13)
    assert any("grid-2" in line and "chain-silent" in line for line in said)
    done = forget_chain(store, B, LATER)
    kinds = {each.kind for each in done.ended}
    assert {"chain-silent", "wallet-low", "coverage-gap"} <= kinds
    assert {each.chain_id for each in done.ended} == {B}
    said.clear()
    # One that was written at that very moment does not stay.
    Observations(store).save(Alarm(B, "chain-silent", "net-grid-2", "raced"))
    board.look()
    store.take_in(replace(block(A, 14), time_ns=LATER))
    board.take_in(A, 14)
    standing = Observations(store).list_alarms()
    assert not [each for each in standing if each.chain_id == B]
    # A's own facts stand: its refund is due, by its own clock, and it says so.
    assert ("grid-1", "refund-overdue") in {(each.chain_id, each.kind) for each in standing}
    assert not [line for line in said if line.startswith("alarm: grid-2")]


def test_alarms_of_packets_that_it_would_have_to_act_on_are_over(on_either: PacketStore) -> None:
    store = on_either
    fill(store)
    kept = Alarm(A, AlarmKind.STUCK_ACKNOWLEDGEMENT.value, "transfer/channel-0", "A has to act")
    other = Alarm(A, AlarmKind.STUCK_RECEIVE.value, "transfer/channel-1", "C has to act")
    gone = Alarm(A, AlarmKind.STUCK_RECEIVE.value, "transfer/channel-0", "B has to act")
    Observations(store).save(kept, other, gone)
    assert forget_chain(store, B, LATER).ended == (gone,)
    assert {each.text for each in Observations(store).list_alarms()} == {kept.text, other.text}
