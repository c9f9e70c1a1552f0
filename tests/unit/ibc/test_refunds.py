"""Refunds of packets that failed, judged by what their senders received."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.ibc.denom import DenomPath, Hop, voucher_denom
from plurichain.ibc.refunds import RefundVerdict, judge_refund
from plurichain.ibc.transfer import TransferData

BASE = TransferData("upluri", 100, "pluri1a", "pluri1b").encode()
VOUCHER = TransferData("transfer/channel-7/upluri", 100, "pluri1a", "pluri1b").encode()
HASHED = voucher_denom(DenomPath((Hop("transfer", "channel-7"),), "upluri"))


@pytest.mark.parametrize(
    ("data", "returned", "verdict"),
    [
        (BASE, "100 upluri", RefundVerdict.PAID),
        (BASE, "60 upluri,40 upluri", RefundVerdict.PAID),
        (BASE, "100 upluri,5 other", RefundVerdict.PAID),
        (BASE, "99 upluri", RefundVerdict.SHORT),
        (BASE, "100 other", RefundVerdict.MISSING),
        (BASE, None, RefundVerdict.MISSING),
        (VOUCHER, f"100 {HASHED}", RefundVerdict.PAID),
        # The path is not a name in any bank.
        (VOUCHER, "100 transfer/channel-7/upluri", RefundVerdict.MISSING),
        (VOUCHER, "100 upluri", RefundVerdict.MISSING),
        (b"\xff", "100 upluri", RefundVerdict.UNREADABLE),
    ],
)
def test_what_the_sender_received(data: bytes, returned: str | None, verdict: str) -> None:
    assert judge_refund(data, returned, is_told=True) is verdict


def test_a_message_that_is_not_known_proves_nothing() -> None:
    assert judge_refund(BASE, None, is_told=False) is RefundVerdict.UNKNOWN
    assert judge_refund(BASE, "1 upluri", is_told=False) is RefundVerdict.UNKNOWN
    assert judge_refund(BASE, "100 upluri", is_told=False) is RefundVerdict.PAID


def test_what_was_passed_on_goes_back_with_another_packet() -> None:
    assert judge_refund(BASE, None, is_told=True, is_passed_on=True) is RefundVerdict.PASSED_ON
    # Tried again: the coins come back first, and go out anew.
    paid = judge_refund(BASE, "100 upluri", is_told=True, is_passed_on=True)
    assert paid is RefundVerdict.PAID


@given(st.integers(1, 2**256 - 1), st.lists(st.integers(0, 2**255), max_size=4))
def test_paid_is_what_adds_up(amount: int, parts: list[int]) -> None:
    data = TransferData("upluri", amount, "a", "b").encode()
    returned = ",".join(f"{part} upluri" for part in parts) or None
    verdict = judge_refund(data, returned, is_told=True)
    assert (verdict is RefundVerdict.PAID) == (sum(parts) >= amount)
    assert (verdict is RefundVerdict.MISSING) == (sum(parts) == 0)
