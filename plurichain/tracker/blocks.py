"""Blocks as the tracker takes them in, whether a node or a file tells them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

RawEvent = tuple[str, Sequence[tuple[str, str]]]
"""Type and attributes, in order; keys may repeat."""


@dataclass(frozen=True, slots=True)
class TrackedTx:
    """A transaction of a block: how it ended (``code`` 0 is success), and its events.

    ``data`` is what its messages answered, as the chain gives it: a protobuf TxMsgData,
    empty where it is not known. ``signed`` is the transaction itself, kept where it failed or
    a message may have come to nothing: no event tells then what it was about.
    """

    code: int
    codespace: str
    events: tuple[RawEvent, ...]
    data: bytes = b""
    signed: bytes = b""


@dataclass(frozen=True, slots=True)
class TrackedBlock:
    """A block: ``events`` are its own, ``txs`` its transactions in order.

    ``time_ns`` is block time in Unix nanoseconds, None where it is not known; the hashes
    are upper-case hex, empty where they are not known. Blocks from ``since`` up to the one
    before are known to hold nothing about IBC.
    """

    chain_id: str
    height: int
    since: int
    time_ns: int | None
    block_hash: str
    previous_hash: str
    txs: tuple[TrackedTx, ...]
    events: tuple[RawEvent, ...]


class Absence(StrEnum):
    """Why blocks were not read."""

    PRUNED = "pruned"
    """No node has them any more."""
    UNRECORDED = "unrecorded"
    """They are in none of the files."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Blocks ``first`` to ``last`` of a chain that cannot be read, and why."""

    chain_id: str
    first: int
    last: int
    reason: Absence


class BlockSource(Protocol):
    """Where the blocks of one chain come from."""

    @property
    def chain_id(self) -> str:
        """Whose blocks they are."""

    def read_after(self, height: int | None) -> TrackedBlock | Missing | None:
        """Return what comes after ``height`` (None: the first there is), None if nothing yet.

        What is returned begins exactly one block after ``height``. Raises NodeError,
        InputError.
        """
