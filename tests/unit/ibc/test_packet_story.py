"""The table of a packet's life: every event in every state, and every story."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.ibc.commitments import UNIVERSAL_ERROR_ACKNOWLEDGEMENT
from plurichain.ibc.event_types import PacketEventKind as Kind
from plurichain.ibc.packet_story import (
    DESTINATION_STEPS,
    SOURCE_STEPS,
    Answer,
    DestinationState,
    Fault,
    Halves,
    SourceState,
    StoryClass,
    judge_answer,
    judge_answers_v2,
    tell_story,
)

SOURCE_KINDS = (Kind.SEND, Kind.ACKNOWLEDGE, Kind.TIMEOUT)
DESTINATION_KINDS = (Kind.RECV, Kind.WRITE_ACK)


def test_the_tables_are_whole() -> None:
    assert set(SOURCE_STEPS) == set(itertools.product(SourceState, SOURCE_KINDS))
    assert set(DESTINATION_STEPS) == set(itertools.product(DestinationState, DESTINATION_KINDS))


@pytest.mark.parametrize(
    ("kinds", "state", "repeats", "faults"),
    [
        ([Kind.SEND], "sent", 0, []),
        ([Kind.SEND, Kind.ACKNOWLEDGE], "acknowledged", 0, []),
        ([Kind.SEND, Kind.TIMEOUT], "timed-out", 0, []),
        ([Kind.SEND, Kind.ACKNOWLEDGE, Kind.ACKNOWLEDGE], "acknowledged", 1, []),
        ([Kind.SEND, Kind.ACKNOWLEDGE, Kind.TIMEOUT], "acknowledged", 1, []),
        ([Kind.SEND, Kind.TIMEOUT, Kind.ACKNOWLEDGE, Kind.TIMEOUT], "timed-out", 2, []),
        ([Kind.SEND, Kind.SEND], "sent", 0, [Fault.SENT_TWICE]),
        ([Kind.SEND, Kind.TIMEOUT, Kind.SEND], "timed-out", 0, [Fault.SENT_AFTER_END]),
        ([Kind.SEND, Kind.ACKNOWLEDGE, Kind.SEND], "acknowledged", 0, [Fault.SENT_AFTER_END]),
        # Words about a packet that is yet to be sent do not end it.
        ([Kind.ACKNOWLEDGE, Kind.SEND], "sent", 1, [Fault.ENDED_UNSENT]),
        ([Kind.TIMEOUT, Kind.SEND, Kind.ACKNOWLEDGE], "acknowledged", 1, [Fault.ENDED_UNSENT]),
    ],
)
def test_the_source(kinds: list[Kind], state: str, repeats: int, faults: list[Fault]) -> None:
    now, counted, found = SourceState.NOTHING, 0, []
    for kind in kinds:
        step = SOURCE_STEPS[now, kind]
        now, counted = step.state, counted + step.is_repeat
        found += [step.fault] if step.fault else []
    assert (now.value, counted, found) == (state, repeats, faults)


@pytest.mark.parametrize(
    ("kinds", "state", "repeats", "faults"),
    [
        ([Kind.RECV], "received", 0, []),
        ([Kind.RECV, Kind.RECV], "received", 1, []),
        ([Kind.RECV, Kind.WRITE_ACK], "answered", 0, []),
        ([Kind.RECV, Kind.WRITE_ACK, Kind.RECV], "answered", 1, []),
        ([Kind.RECV, Kind.WRITE_ACK, Kind.WRITE_ACK], "answered", 0, [Fault.ANSWERED_TWICE]),
        ([Kind.WRITE_ACK], "answered", 0, [Fault.ANSWERED_UNRECEIVED]),
    ],
)
def test_the_destination(kinds: list[Kind], state: str, repeats: int, faults: list[Fault]) -> None:
    now, counted, found = DestinationState.NOTHING, 0, []
    for kind in kinds:
        step = DESTINATION_STEPS[now, kind]
        now, counted = step.state, counted + step.is_repeat
        found += [step.fault] if step.fault else []
    assert (now.value, counted, found) == (state, repeats, faults)


@given(st.lists(st.sampled_from(SOURCE_KINDS)))
def test_a_source_never_goes_back(kinds: list[Kind]) -> None:
    rank = {
        SourceState.NOTHING: 0,
        SourceState.SENT: 1,
        SourceState.ACKNOWLEDGED: 2,
        SourceState.TIMED_OUT: 2,
    }
    now = SourceState.NOTHING
    for kind in kinds:
        step = SOURCE_STEPS[now, kind]
        assert step.state is now or rank[step.state] > rank[now]
        # A change, a repeat or a fault: no event passes unnoticed.
        assert (step.state is not now) or step.is_repeat or step.fault is not None
        now = step.state


def test_what_an_answer_says() -> None:
    assert judge_answer(b'{"result":"AQ=="}') is Answer.SUCCESS
    assert judge_answer(b'{"error":"ABCI code: 5"}') is Answer.ERROR
    assert judge_answer(UNIVERSAL_ERROR_ACKNOWLEDGEMENT) is Answer.ERROR
    assert judge_answer(b"\xff\x00") is Answer.OPAQUE
    assert judge_answers_v2([b"1"]) is Answer.SUCCESS
    assert judge_answers_v2([b"1", UNIVERSAL_ERROR_ACKNOWLEDGEMENT]) is Answer.ERROR


NOT, GOT, DID = DestinationState
SENT, ACKED, OUT = SourceState.SENT, SourceState.ACKNOWLEDGED, SourceState.TIMED_OUT


@pytest.mark.parametrize(
    ("halves", "told"),
    [
        (Halves(SENT, NOT), "unreceived"),
        (Halves(SENT, NOT, is_due=True), "expired"),
        (Halves(SENT, NOT, is_closed=True), "stranded"),
        (Halves(SENT, NOT, is_due=True, is_closed=True), "expired"),
        (Halves(SENT, GOT), "received-unacked"),
        # A packet that was received cannot expire.
        (Halves(SENT, GOT, is_due=True, is_closed=True), "received-unacked"),
        (Halves(SENT, DID, Answer.SUCCESS), "ack-pending"),
        (Halves(SENT, DID, Answer.OPAQUE), "ack-pending"),
        (Halves(SENT, DID, Answer.ERROR), "refund-pending"),
        (Halves(ACKED, DID, Answer.SUCCESS), "acked"),
        (Halves(ACKED, DID, Answer.OPAQUE), "acked"),
        (Halves(ACKED, DID, Answer.ERROR), "failed-refunded"),
        (Halves(ACKED, NOT), "answer-unread"),
        (Halves(ACKED, GOT), "answer-unread"),
        (Halves(OUT, NOT), "refunded"),
        (Halves(OUT, GOT), "impossible"),
        (Halves(OUT, DID, Answer.SUCCESS), "impossible"),
        (Halves(SourceState.NOTHING, GOT), "send-unread"),
        (Halves(SENT, DID, Answer.SUCCESS, agree=False), "impossible"),
        (Halves(SENT, NOT, is_source_read=False), "unknown"),
        (Halves(SENT, NOT, is_destination_read=False), "unknown"),
        (Halves(SENT, NOT, is_destination_read=False, is_due=True), "unknown"),
        (Halves(SENT, GOT, is_destination_read=False), "unknown"),
        (Halves(SENT, DID, Answer.SUCCESS, is_source_read=False), "unknown"),
        # An answer is for good: gaps after it take nothing away.
        (Halves(SENT, DID, Answer.SUCCESS, is_destination_read=False), "ack-pending"),
        (Halves(OUT, NOT, is_source_read=False, is_destination_read=False), "refunded"),
    ],
)
def test_the_story(halves: Halves, told: str) -> None:
    assert tell_story(halves) == StoryClass(told)


@given(
    st.builds(
        Halves,
        source=st.just(SENT),
        destination=st.sampled_from(DestinationState),
        answer=st.sampled_from([None, *Answer]),
        is_source_read=st.booleans(),
        is_destination_read=st.booleans(),
        is_due=st.booleans(),
        is_closed=st.booleans(),
        agree=st.booleans(),
    )
)
def test_what_nobody_ended_is_open(halves: Halves) -> None:
    assert tell_story(halves).is_open


def test_what_is_over_is_not_open() -> None:
    assert not StoryClass.ACKED.is_open
    assert not StoryClass.REFUNDED.is_open
