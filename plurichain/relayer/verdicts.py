"""What to do after a transaction did not go through: one table of the chains' codes. Pure.

Sources: ibc-go 10 modules/core/{02-client,04-channel}/types/errors.go, cosmos-sdk 0.53
types/errors/errors.go. A failed transaction of the SDK names its message ("message index:
3"); a refusal by CheckTx often does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from plurichain.relayer.batches import halve
from plurichain.relayer.work import Work, WorkKind

MOST_TRIES: Final = 12
"""So often a work is tried again before it is set aside."""
_INDEX = re.compile(r"message index: (\d+)")
# How ibc-go names what an application said; CheckTx runs applications too (core/ante).
_BY_APPLICATION = re.compile(r"\bcallback failed\b")


class Remedy(Enum):
    """What helps against a failure."""

    SPLIT = "split the batch: it needs more gas or is too large"
    UPDATE = "show the client a header again"
    LATER = "try again with the next block"
    RESIGN = "sign it again"
    FUNDS = "stop signing until the account has coins"
    CLIENT = "the client is expired or frozen"
    DONE = "somebody else has done it"
    LATE = "the time-out has passed: the other lane returns it"
    ISOLATE = "find the one message that is refused"


_CODES: Final[dict[tuple[str, int], Remedy]] = {
    ("sdk", 11): Remedy.SPLIT,
    ("sdk", 21): Remedy.SPLIT,
    # A panic: modules have them where gas ends at a bad place.
    ("sdk", 111222): Remedy.SPLIT,
    ("undefined", 111222): Remedy.SPLIT,
    ("sdk", 5): Remedy.FUNDS,
    ("sdk", 13): Remedy.FUNDS,
    ("sdk", 3): Remedy.RESIGN,
    ("sdk", 4): Remedy.RESIGN,
    ("sdk", 32): Remedy.RESIGN,
    ("sdk", 42): Remedy.RESIGN,
    ("sdk", 18): Remedy.RESIGN,
    ("sdk", 19): Remedy.LATER,
    ("sdk", 20): Remedy.LATER,
    ("client", 7): Remedy.UPDATE,
    ("client", 11): Remedy.UPDATE,
    ("client", 12): Remedy.UPDATE,
    ("client", 26): Remedy.UPDATE,
    ("ibc", 9): Remedy.UPDATE,
    ("client", 5): Remedy.CLIENT,
    ("client", 29): Remedy.CLIENT,
    ("channel", 22): Remedy.DONE,
    ("channel", 14): Remedy.LATE,
    ("channel", 40): Remedy.LATE,
    ("channel", 21): Remedy.LATER,
    ("channel", 39): Remedy.LATER,
}


def find_remedy(codespace: str, code: int) -> Remedy:
    """Return what helps against a code; one that is not known concerns a single message."""
    if codespace == "feegrant":
        return Remedy.FUNDS
    return _CODES.get((codespace, code), Remedy.ISOLATE)


def is_about_fees(codespace: str, code: int, log: str) -> bool:
    """Tell whether a refusal by CheckTx means that the account cannot pay its fees.

    Applications give the same codes: forwarding calls everything that it cannot send on
    "insufficient funds", and anybody can send such a packet.
    """
    return find_remedy(codespace, code) is Remedy.FUNDS and not _BY_APPLICATION.search(log)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the works of a failed transaction.

    ``again`` are sent again, ``aside`` are kept apart, ``done`` are forgotten. ``remedy``
    says what else the lane has to do.
    """

    remedy: Remedy
    again: tuple[Work, ...] = ()
    aside: tuple[Work, ...] = ()
    done: tuple[Work, ...] = ()
    is_split: bool = False


def judge(
    works: Sequence[Work],
    codespace: str,
    code: int,
    log: str,
    *,
    updates: int,
    groups: Iterator[int],
) -> Verdict:
    """Return what to do with the works of a transaction that failed or was refused.

    ``updates`` messages stand before those of ``works``. ``groups`` gives numbers for
    what is to be sent apart.
    """
    remedy = find_remedy(codespace, code)
    culprit = _find_culprit(works, log, updates)
    if remedy in _OF_ACCOUNTS and (culprit is not None or _BY_APPLICATION.search(log)):
        # A code of accounts, but from the message itself: no coins to refund, say.
        remedy = Remedy.ISOLATE
        if culprit is None and len(works) == 1:
            # No fee was paid for it, and the application may find otherwise later.
            return _again(remedy, works)
    if remedy is Remedy.DONE:
        return Verdict(remedy, done=tuple(works))
    if remedy in {Remedy.FUNDS, Remedy.CLIENT}:
        return Verdict(remedy, again=tuple(works))
    if remedy is Remedy.SPLIT:
        return _split(remedy, works, groups)
    if codespace == "sdk" and remedy in {Remedy.LATER, Remedy.RESIGN}:
        # The transaction or the mempool was at fault: no packet is, however often it happens.
        return Verdict(remedy, again=tuple(works))
    if remedy in {Remedy.LATER, Remedy.RESIGN, Remedy.UPDATE}:
        return _again(remedy, works)
    if len(works) == 1:
        if remedy is Remedy.LATE and works[0].kind is WorkKind.RECEIVE:
            return Verdict(remedy, done=tuple(works))
        return Verdict(remedy, aside=tuple(works))
    if culprit is None:
        return _split(remedy, works, groups)
    rest = tuple(work for work in works if work is not culprit)
    if remedy is Remedy.LATE and culprit.kind is WorkKind.RECEIVE:
        return Verdict(remedy, again=rest, done=(culprit,))
    # It failed in company, maybe because of one before it: once more, by itself.
    return Verdict(remedy, again=(*rest, culprit.retry(next(groups))), is_split=True)


_OF_ACCOUNTS: Final = frozenset({Remedy.FUNDS, Remedy.RESIGN})


def _again(remedy: Remedy, works: Sequence[Work]) -> Verdict:
    tired = tuple(work for work in works if work.tries + 1 >= MOST_TRIES)
    again = tuple(work.retry() for work in works if work.tries + 1 < MOST_TRIES)
    return Verdict(remedy, again=again, aside=tired)


def _split(remedy: Remedy, works: Sequence[Work], groups: Iterator[int]) -> Verdict:
    if len(works) > 1:
        halves = (
            tuple(w.retry(group) for w in half)
            for half, group in zip(halve(works), groups, strict=False)
        )
        first, second = halves
        return Verdict(remedy, again=first + second, is_split=True)
    if remedy is Remedy.SPLIT and works[0].tries + 1 < MOST_TRIES:
        # More gas is asked for from now on; it may do.
        return _again(remedy, works)
    return Verdict(remedy, aside=tuple(works))


def _find_culprit(works: Sequence[Work], log: str, updates: int) -> Work | None:
    match = _INDEX.search(log)
    if match is None:
        return None
    index = int(match[1]) - updates
    return works[index] if 0 <= index < len(works) else None
