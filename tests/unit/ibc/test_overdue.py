"""What wakes somebody, and what does not."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.errors import InputError
from plurichain.ibc.overdue import (
    AlarmKind,
    ChainPulse,
    PacketTimes,
    Thresholds,
    Wait,
    compute_wait,
    find_kind,
    find_limit,
    is_ended_by_destination,
    judge_chain,
    judge_client,
    judge_packet,
    judge_wallet,
)
from plurichain.ibc.packet_story import StoryClass

LIMITS = Thresholds(
    receive_ns=30, answer_ns=60, acknowledge_ns=20, refund_ns=5, client_ns=90, lag_ns=10
)
TIMES = PacketTimes(
    StoryClass.UNRECEIVED,
    sent_ns=100,
    received_ns=110,
    answered_ns=120,
    timeout_ns=0,
    source_ns=1_000,
    destination_ns=2_000,
)


@pytest.mark.parametrize(
    ("story", "limit", "kind"),
    [
        (StoryClass.UNRECEIVED, 30, AlarmKind.STUCK_RECEIVE),
        (StoryClass.RECEIVED_UNACKED, 60, AlarmKind.STUCK_ANSWER),
        (StoryClass.ACK_PENDING, 20, AlarmKind.STUCK_ACKNOWLEDGEMENT),
        (StoryClass.REFUND_PENDING, 5, AlarmKind.REFUND_OVERDUE),
        (StoryClass.EXPIRED, 5, AlarmKind.REFUND_OVERDUE),
        (StoryClass.STRANDED, 5, AlarmKind.REFUND_OVERDUE),
    ],
)
def test_a_packet_is_overdue_from_its_limit_on(
    story: StoryClass, limit: int, kind: AlarmKind
) -> None:
    assert find_limit(story, LIMITS) == limit
    assert judge_packet(story, limit - 1, LIMITS) is None
    assert judge_packet(story, limit, LIMITS) is kind
    assert judge_packet(story, None, LIMITS) is None


def test_chains_that_contradict_each_other_wake_at_once() -> None:
    assert judge_packet(StoryClass.IMPOSSIBLE, None, LIMITS) is AlarmKind.CONTRADICTION


@given(st.sampled_from(StoryClass), st.integers(0, 2**63))
def test_what_is_settled_or_unknown_never_wakes(story: StoryClass, age_ns: int) -> None:
    if not story.is_open or story is StoryClass.UNKNOWN:
        assert judge_packet(story, age_ns, LIMITS) is None
        assert compute_wait(replace(TIMES, story=story), LIMITS) is None
        assert find_limit(story, LIMITS) is None


@pytest.mark.parametrize(
    ("story", "since", "now"),
    [
        # The destination could have received it; what the source read since tells nothing.
        (StoryClass.UNRECEIVED, 100, 2_000),
        (StoryClass.RECEIVED_UNACKED, 110, 2_000),
        # Only the source ends these, however far the destination was read.
        (StoryClass.ACK_PENDING, 120, 1_000),
        (StoryClass.REFUND_PENDING, 120, 1_000),
        (StoryClass.IMPOSSIBLE, 100, 1_000),
        # By its height, or its channel: taken to be over when it should have been received.
        (StoryClass.EXPIRED, 130, 1_000),
        (StoryClass.STRANDED, 130, 1_000),
    ],
)
def test_each_waits_by_the_clock_of_whoever_has_to_act(
    story: StoryClass, since: int, now: int
) -> None:
    assert compute_wait(replace(TIMES, story=story), LIMITS) == Wait(story, since, now)


def test_a_time_that_is_over_is_known_by_the_destination() -> None:
    expired = replace(TIMES, story=StoryClass.EXPIRED)
    assert compute_wait(replace(expired, timeout_ns=700), LIMITS) == Wait(
        StoryClass.EXPIRED, 700, 1_000
    )
    # Over by its height: the time that it also has lies ahead.
    assert compute_wait(replace(expired, timeout_ns=2_001), LIMITS) == Wait(
        StoryClass.EXPIRED, 130, 1_000
    )
    assert compute_wait(replace(expired, sent_ns=None), LIMITS) is None
    # Nobody waits for what is not sent yet, whatever the other chain's clock says.
    assert compute_wait(replace(expired, timeout_ns=99), LIMITS) == Wait(
        StoryClass.EXPIRED, 100, 1_000
    )
    pending = replace(TIMES, story=StoryClass.ACK_PENDING, answered_ns=99)
    assert compute_wait(pending, LIMITS) == Wait(StoryClass.ACK_PENDING, 100, 1_000)
    # At the very block time of its end: nobody can receive it from there on.
    assert compute_wait(replace(expired, timeout_ns=2_000), LIMITS) == Wait(
        StoryClass.EXPIRED, 2_000, 1_000
    )


@pytest.mark.parametrize("story", [each for each in StoryClass if each.is_open])
def test_unknown_times_make_no_age(story: StoryClass) -> None:
    times = replace(TIMES, story=story)
    assert compute_wait(replace(times, source_ns=None, destination_ns=None), LIMITS) is None
    unsent = replace(times, sent_ns=None, received_ns=None, answered_ns=None)
    assert compute_wait(unsent, LIMITS) is None


def test_clocks_of_two_chains_may_differ() -> None:
    assert Wait(StoryClass.ACK_PENDING, 50, 40).age_ns == 0
    assert Wait(StoryClass.ACK_PENDING, 50, 70).age_ns == 20


PULSE = ChainPulse(now_ns=1_000, since_ns=0, answered_ns=999, head_ns=998, read_ns=997)


@pytest.mark.parametrize(
    ("pulse", "kind"),
    [
        (PULSE, None),
        (replace(PULSE, answered_ns=991), None),
        (replace(PULSE, answered_ns=990), AlarmKind.CHAIN_SILENT),
        # Never answered: silent once it was asked for that long.
        (replace(PULSE, answered_ns=None, since_ns=990), AlarmKind.CHAIN_SILENT),
        (replace(PULSE, answered_ns=None, since_ns=991), None),
        # The last answer is of an earlier run; this one has only begun to ask.
        (replace(PULSE, answered_ns=5, head_ns=4, read_ns=4, since_ns=991), None),
        # A node that was started again: a few blocks are soon caught up with.
        (replace(PULSE, is_catching_up=True), None),
        # A node that catches up has an old last block: that is no standstill.
        (replace(PULSE, is_catching_up=True, head_ns=1), AlarmKind.CHAIN_LAGGING),
        (replace(PULSE, head_ns=990, read_ns=990), None),
        (replace(PULSE, head_ns=989, read_ns=989), AlarmKind.CHAIN_HALTED),
        (replace(PULSE, head_ns=None), None),
        (replace(PULSE, read_ns=989), None),
        (replace(PULSE, read_ns=988), AlarmKind.CHAIN_LAGGING),
        (replace(PULSE, read_ns=1, since_ns=991), None),
        (replace(PULSE, read_ns=None), None),
    ],
)
def test_nodes(pulse: ChainPulse, kind: AlarmKind | None) -> None:
    assert judge_chain(pulse, LIMITS) is kind


@pytest.mark.parametrize(
    ("status", "left", "trusting", "kind"),
    [
        ("Active", 90, 1_000, None),
        ("active", 89, 1_000, AlarmKind.CLIENT_EXPIRING),
        # It trusts for 60: what is normal for it must not wake anybody.
        ("active", 20, 60, None),
        ("active", 19, 60, AlarmKind.CLIENT_EXPIRING),
        (None, 89, None, AlarmKind.CLIENT_EXPIRING),
        ("Frozen", 900, 1_000, AlarmKind.CLIENT_UNUSABLE),
        ("Expired", None, None, AlarmKind.CLIENT_UNUSABLE),
        # The status was asked a little earlier.
        ("active", 0, 1_000, AlarmKind.CLIENT_UNUSABLE),
        (None, None, 1_000, None),
    ],
)
def test_clients(
    status: str | None, left: int | None, trusting: int | None, kind: AlarmKind | None
) -> None:
    assert judge_client(status, left, trusting, LIMITS) is kind


def test_wallets() -> None:
    assert judge_wallet(4, 5) is AlarmKind.WALLET_LOW
    assert judge_wallet(5, 5) is None
    assert judge_wallet(0, 5) is AlarmKind.WALLET_LOW
    assert judge_wallet(None, 5) is None
    assert judge_wallet(4, None) is None
    # Nothing can be signed with it, whatever it should hold.
    assert judge_wallet(0, None) is AlarmKind.WALLET_LOW


@pytest.mark.parametrize("name", [each.name for each in fields(Thresholds)])
@pytest.mark.parametrize("value", [0, -1])
def test_thresholds_are_above_zero(name: str, value: int) -> None:
    with pytest.raises(InputError, match=f"{name}: {value} "):
        Thresholds(**{name: value})


def test_defaults_leave_a_relayer_time_and_a_person_too() -> None:
    usual = Thresholds()
    assert usual.receive_ns == usual.acknowledge_ns == 30 * 60 * 10**9
    # An application that forwards answers when its own packet is received and acknowledged.
    assert usual.answer_ns >= usual.receive_ns + usual.acknowledge_ns
    assert usual.refund_ns < usual.receive_ns


def test_what_can_wait_until_morning() -> None:
    mild = {kind for kind in AlarmKind if not kind.is_grave}
    assert mild == {
        AlarmKind.CLIENT_EXPIRING,
        AlarmKind.CHAIN_LAGGING,
        AlarmKind.WALLET_LOW,
        AlarmKind.COVERAGE_GAP,
        AlarmKind.CHANNEL_CLOSED,
    }


def test_alarms_of_packets_are_those_that_packets_give() -> None:
    of_packets = {judge_packet(story, 2**62, LIMITS) for story in StoryClass} - {None}
    assert {kind for kind in AlarmKind if kind.is_of_packets} == of_packets


def test_alarms_of_nodes_go_by_the_local_clock() -> None:
    of_nodes = {kind for kind in AlarmKind if kind.is_of_nodes}
    assert of_nodes == {
        AlarmKind.CHAIN_HALTED, AlarmKind.CHAIN_LAGGING, AlarmKind.CHAIN_SILENT,
    }  # fmt: skip
    assert not any(kind.is_of_packets for kind in of_nodes)


@given(st.sampled_from(StoryClass))
def test_who_has_to_act_and_what_it_would_be(story: StoryClass) -> None:
    assert find_kind(story) is judge_packet(story, 2**62, LIMITS)
    wait = compute_wait(replace(TIMES, story=story), LIMITS)
    if wait is not None:
        clock_ns = TIMES.destination_ns if is_ended_by_destination(story) else TIMES.source_ns
        assert wait.now_ns == clock_ns
