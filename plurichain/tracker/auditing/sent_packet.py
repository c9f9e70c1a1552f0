"""A packet as blocks told of it, and how it stood at a height."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SentPacket:
    """A packet that was seen sent, as blocks told of it; heights are None for what was not seen."""

    sequence: str
    data: Any
    state: str
    timeout_height: str
    timeout_ns: str
    sent_height: int
    ended_height: int | None
    received_height: int | None
    received_tx: int | None
    received_msg: str | None
    answered_height: int | None
    answered_tx: int | None
    answered_msg: str | None
    outcome: str | None

    @property
    def number(self) -> int:
        """Its sequence."""
        return int(self.sequence)

    @property
    def was_seen_there(self) -> bool:
        """Whether the chain that it goes to was seen to receive or to answer it."""
        return self.received_height is not None or self.answered_height is not None

    def is_open_at(self, height: int) -> bool:
        """Whether its chain holds it at a height, by the blocks that were read."""
        is_ended = self.ended_height is not None and self.ended_height <= height
        return self.sent_height <= height and not is_ended

    def is_handled_after(self, height: int) -> bool:
        """Whether the chain that it goes to received or answered it above a height."""
        return max(self.received_height or 0, self.answered_height or 0) > height
