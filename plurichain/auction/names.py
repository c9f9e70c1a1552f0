"""The words of an auction and their numbers in the canonical bytes.

The numbers of ``Side``, ``BidSide``, ``BidKind``, ``PaymentRule`` and ``Settlement``
are those of tests/vectors/README.md; ``Phase`` and ``DepositStatus`` have the numbers
of ``plurichain.auction.v1``. None is ever renumbered.
"""

from __future__ import annotations

from plurichain.encoding.words import NamedEnum


class Side(NamedEnum):
    """What the creator of an auction does: sells, buys, or neither."""

    FORWARD = 1
    REVERSE = 2
    DOUBLE = 3


class BidSide(NamedEnum):
    """What a bidder does."""

    BUY = 1
    SELL = 2


class BidKind(NamedEnum):
    """The form of a bid (design 3.1)."""

    SCHEDULE = 1
    CHOICE = 2
    BLOCK = 3


class PaymentRule(NamedEnum):
    """How what is paid follows from the revealed bids (design 3.3)."""

    PAY_AS_BID = 1
    LAST_ACCEPTED = 2
    FIRST_REJECTED = 3
    SECOND_PRICE = 4
    VCG = 5
    CORE = 6
    MIDPOINT = 7
    MCAFEE = 8


class Settlement(NamedEnum):
    """What a result moves: coins, or only a record of who owes what."""

    COINS = 1
    AWARD = 2


class Phase(NamedEnum):
    """Where an auction stands in its life (design 3.2)."""

    COMMITTING = 1
    WAITING = 2
    REVEALING = 3
    CLEARING = 4
    CLEARED = 5
    FAILED = 6
    CANCELLED = 7


class DepositStatus(NamedEnum):
    """What has become of one bidder's deposit."""

    HELD = 1
    RETURNED = 2
    FORFEITED = 3
