"""What becomes of the works of a transaction that did not go through."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.relayer.batches import BatchLimits, halve, split_batches
from plurichain.relayer.gas_book import FIRST_GAS, GasBook
from plurichain.relayer.verdicts import (
    MOST_TRIES,
    Remedy,
    Verdict,
    find_remedy,
    is_about_fees,
    judge,
)
from plurichain.relayer.work import Work, WorkKind
from tests.unit.relayer.packets import make_work

CHANNEL_PROOF = ("client", 18)


def make_works(number: int, kind: WorkKind = WorkKind.RECEIVE) -> tuple[Work, ...]:
    return tuple(make_work(sequence, kind) for sequence in range(1, number + 1))


def judge_all(works, codespace: str, code: int, log: str = "", updates: int = 1) -> Verdict:
    return judge(works, codespace, code, log, updates=updates, groups=itertools.count(1))


@pytest.mark.parametrize(
    ("codespace", "code", "remedy"),
    [
        ("sdk", 11, Remedy.SPLIT),
        ("sdk", 5, Remedy.FUNDS),
        ("sdk", 13, Remedy.FUNDS),
        ("feegrant", 2, Remedy.FUNDS),
        ("sdk", 32, Remedy.RESIGN),
        ("client", 7, Remedy.UPDATE),
        ("ibc", 9, Remedy.UPDATE),
        ("client", 29, Remedy.CLIENT),
        ("channel", 22, Remedy.DONE),
        ("channel", 21, Remedy.LATER),
        ("channel", 40, Remedy.LATE),
        ("channel", 999, Remedy.ISOLATE),
    ],
)
def test_codes_have_their_remedies(codespace: str, code: int, remedy: Remedy) -> None:
    assert find_remedy(codespace, code) is remedy


def test_the_message_that_failed_is_sent_alone_and_the_others_together() -> None:
    works = make_works(5)
    verdict = judge_all(works, *CHANNEL_PROOF, "failed; message index: 3: no proof", updates=1)

    *others, culprit = verdict.again
    assert [work.sequence for work in others] == [1, 2, 4, 5]
    assert {work.group for work in others} == {0}
    assert (culprit.sequence, culprit.group, culprit.tries) == (3, 1, 1)
    assert not verdict.aside
    # Alone and refused again, it is kept apart.
    assert judge_all([culprit], *CHANNEL_PROOF, "message index: 1").aside == (culprit,)


def test_without_a_name_the_culprit_is_found_by_halving() -> None:
    """A refusal by CheckTx says no index: 16 works, one bad, found in five steps."""
    bad = 11
    groups = itertools.count(1)
    pending = [list(make_works(16))]
    aside: list[Work] = []
    done: list[Work] = []
    steps = 0
    while pending:
        batch = pending.pop(0)
        if all(work.sequence != bad for work in batch):
            done += batch
            continue
        steps += 1
        verdict = judge(batch, *CHANNEL_PROOF, "no proof", updates=0, groups=groups)
        aside += verdict.aside
        pending += split_batches(verdict.again, BatchLimits(), GasBook())
    assert [work.sequence for work in aside] == [bad]
    assert sorted(work.sequence for work in done) == [n for n in range(1, 17) if n != bad]
    assert steps == 5


def test_an_index_of_the_updates_concerns_no_packet() -> None:
    works = make_works(4)
    verdict = judge_all(works, *CHANNEL_PROOF, "message index: 0: header", updates=1)
    assert verdict.is_split
    assert sorted(work.sequence for work in verdict.again) == [1, 2, 3, 4]


def test_gas_that_ran_out_splits_down_to_one_which_is_tried_with_more() -> None:
    verdict = judge_all(make_works(4), "sdk", 11, "out of gas")
    assert {work.group for work in verdict.again} == {1, 2}
    (single,) = judge_all(make_works(1), "sdk", 11).again
    for _ in range(MOST_TRIES - 2):
        (single,) = judge_all([single], "sdk", 11).again
    assert judge_all([single], "sdk", 11).aside


def test_a_late_packet_is_left_to_the_other_lane() -> None:
    works = make_works(3)
    verdict = judge_all(works, "channel", 40, "message index: 2: timeout elapsed")
    assert [work.sequence for work in verdict.done] == [2]
    assert [work.sequence for work in verdict.again] == [1, 3]
    assert judge_all(works[:1], "channel", 40).done == works[:1]


def test_rivals_are_no_error() -> None:
    works = make_works(3)
    verdict = judge_all(works, "channel", 22, "packet messages are redundant")
    assert (verdict.done, verdict.again, verdict.aside) == (works, (), ())


def test_no_coins_keep_the_works_but_a_message_without_coins_is_a_message() -> None:
    works = make_works(3, WorkKind.TIMEOUT)
    assert judge_all(works, "sdk", 5, "spendable balance is smaller").again == works
    refund = judge_all(works, "sdk", 5, "message index: 2: escrow is empty")
    assert refund.remedy is Remedy.ISOLATE
    assert [work.group for work in refund.again] == [0, 0, 1]


# What forwarding says on CheckTx when it cannot send a packet on again: a code of accounts.
FORWARDING = (
    "timeout packet callback failed: invalid packet timeout: current timestamp: 17, timeout "
    "timestamp 16: packet timeout elapsed: insufficient funds"
)


def test_what_an_application_refuses_with_a_code_of_accounts_is_not_about_fees() -> None:
    works = make_works(4, WorkKind.TIMEOUT)
    verdict = judge_all(works, "sdk", 5, FORWARDING)
    assert verdict.remedy is Remedy.ISOLATE
    assert [work.group for work in verdict.again] == [1, 1, 2, 2]
    # Alone it is tried again, since the application may find otherwise in a later block.
    (work,) = make_works(1, WorkKind.TIMEOUT)
    for _ in range(MOST_TRIES - 1):
        (work,) = judge_all([work], "sdk", 5, FORWARDING).again
    assert judge_all([work], "sdk", 5, FORWARDING).aside == (work,)
    assert is_about_fees("sdk", 5, "0upluri is smaller than 5upluri: insufficient funds")
    assert is_about_fees("sdk", 13, "insufficient fees; got: 0upluri required: 5upluri")
    assert not is_about_fees("sdk", 5, FORWARDING)
    assert not is_about_fees("sdk", 11, "out of gas")


def test_what_passes_is_not_tried_for_ever() -> None:
    (work,) = make_works(1)
    for _ in range(MOST_TRIES - 1):
        (work,) = judge_all([work], "channel", 21).again
    assert judge_all([work], "channel", 21).aside == (work,)


@pytest.mark.parametrize("code", [20, 32, 42])
def test_what_is_no_fault_of_a_packet_never_sets_it_aside(code: int) -> None:
    """A node with a full mempool, or one that is read late, refused all for minutes."""
    works = make_works(2)
    for _ in range(2 * MOST_TRIES):
        verdict = judge_all(works, "sdk", code)
        assert (verdict.aside, verdict.done) == ((), ())
        works = verdict.again
    assert [work.sequence for work in works] == [1, 2]


@given(
    st.integers(1, 40),
    st.sampled_from(["sdk", "client", "channel", "ibc", "transfer"]),
    st.integers(1, 45),
    st.one_of(st.none(), st.integers(0, 45)),
)
def test_no_work_is_lost_or_doubled(
    number: int, codespace: str, code: int, index: int | None
) -> None:
    works = make_works(number)
    log = "" if index is None else f"message index: {index}: refused"
    verdict = judge_all(works, codespace, code, log)
    told = [*verdict.again, *verdict.aside, *verdict.done]
    assert sorted(work.sequence for work in told) == [work.sequence for work in works]


def test_batches_are_cut_by_number_bytes_gas_and_group() -> None:
    gas = GasBook()
    assert [len(b) for b in split_batches(make_works(7), BatchLimits(messages=3), gas)] == [3, 3, 1]
    by_size = split_batches(make_works(5), BatchLimits(size=6_000), gas)
    assert [len(batch) for batch in by_size] == [2, 2, 1]
    one = gas.estimate(make_works(1), headers=(b"",))
    both = gas.estimate(make_works(2), headers=(b"",))
    assert [len(b) for b in split_batches(make_works(3), BatchLimits(gas=both), gas)] == [2, 1]
    # What alone exceeds the limit is sent all the same: its chain has the last word.
    assert [len(b) for b in split_batches(make_works(2), BatchLimits(gas=one // 2), gas)] == [1, 1]
    grouped = [work.retry(group) for work, group in zip(make_works(4), (0, 1, 1, 2), strict=True)]
    assert [len(batch) for batch in split_batches(grouped, BatchLimits(), gas)] == [1, 2, 1]
    assert split_batches([], BatchLimits(), gas) == []


def test_halves() -> None:
    works = make_works(5)
    assert halve(works) == (works[:3], works[3:])


def test_gas_follows_what_was_used() -> None:
    gas = GasBook()
    works = make_works(10)
    first = gas.estimate(works)
    assert first >= 10 * FIRST_GAS[WorkKind.RECEIVE]

    gas.learn(works, headers=(), used=1_000_000)
    learnt = gas.estimate(works)
    assert 1_000_000 < learnt < first
    # More data needs more gas than was seen.
    assert gas.estimate([make_work(1)]) < gas.estimate([make_big()])
    gas.note_shortage()
    assert gas.estimate(works) > learnt * 1.4
    for _ in range(20):
        gas.note_enough()
    assert gas.estimate(works) == learnt
    # Of mixed kinds nothing is learnt: it is not known which used what.
    gas.learn([*works, make_work(1, WorkKind.ACKNOWLEDGE)], headers=(), used=10**9)
    assert gas.estimate(works) == learnt


def make_big() -> Work:
    from dataclasses import replace

    from tests.unit.relayer.packets import make_packet

    return replace(make_work(1), packet=make_packet(1, data=b"x" * 10_000))
