"""Did the sender of a packet that failed get its money back? Judged from what blocks told.

Source: ibc-go modules/apps/transfer/keeper/relay.go (refundPacketToken): what had been put in
escrow returns as it was, vouchers that had been burned are minted again, each under the name
that it has in the bank of the sending chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from plurichain.ibc.denom import voucher_denom
from plurichain.ibc.transfer import TransferData, parse_transfer_data


class RefundVerdict(StrEnum):
    """Whether a packet that failed was paid back."""

    PAID = "paid"
    """The sender received at least the amount."""
    PASSED_ON = "passed-on"
    """The packet went on with another's money, which goes back where that one came from."""
    MISSING = "missing"
    """The sender received none of it."""
    SHORT = "short"
    """The sender received less."""
    UNREADABLE = "unreadable"
    """The packet's data are no transfer: there is nothing that could be held against it."""
    UNKNOWN = "unknown"
    """Blocks or their messages do not tell what the sender received."""


def judge_refund(
    data: bytes, returned: str | None, *, is_told: bool, is_passed_on: bool = False
) -> RefundVerdict:
    """Return whether the sender of a failed packet got its money back. Raises nothing.

    ``data`` are the packet's. ``returned`` is "<amount> <denom>,…", what its sender received
    within the message that ended it, None for nothing; ``is_told``: the message is known, so
    that nothing means nothing. ``is_passed_on``: that message answered, or sent anew, what
    another packet had brought.
    """
    transfer = parse_transfer_data(data)
    if not isinstance(transfer, TransferData):
        return RefundVerdict.UNREADABLE
    denom = voucher_denom(transfer.path)
    received = sum(amount for amount, name in _read_coins(returned or "") if name == denom)
    if received >= transfer.amount:
        return RefundVerdict.PAID
    if is_passed_on:
        return RefundVerdict.PASSED_ON
    if not is_told:
        return RefundVerdict.UNKNOWN
    return RefundVerdict.SHORT if received else RefundVerdict.MISSING


def _read_coins(text: str) -> Iterator[tuple[int, str]]:
    for coin in text.split(",") if text else ():
        amount, _, denom = coin.partition(" ")
        yield int(amount), denom
