"""What a fault proxy can do to a call or a connection, and the rules that say when."""

from __future__ import annotations

import time
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from plurichain.errors import UsageError

if TYPE_CHECKING:
    import random

Way = Literal["request", "answer", "both"]


@dataclass(frozen=True, slots=True)
class Delay:
    """The call goes on after ``seconds``; other calls of its connection do not wait."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection ends with RST: before the server sees the call, or instead of its answer."""

    after_answer: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """Half open: from here on the connection stays, and nothing passes this ``way`` any more."""

    way: Way = "both"


@dataclass(frozen=True, slots=True)
class Truncate:
    """The connection ends after ``size`` bytes of the answer."""

    size: int


@dataclass(frozen=True, slots=True)
class Garbage:
    """``size`` random bytes instead of the answer, and the connection ends."""

    size: int = 256


@dataclass(frozen=True, slots=True)
class Page:
    """The error page of some web server with this HTTP ``status`` instead of the answer."""

    status: int = 502


@dataclass(frozen=True, slots=True)
class GrpcStatus:
    """A gRPC call ends with this status ``code``; elsewhere it is a page with HTTP's 429."""

    code: int
    text: str = "refused by the fault proxy"


@dataclass(frozen=True, slots=True)
class GoAway:
    """The server takes its leave: GOAWAY in HTTP/2, a closed connection elsewhere."""


@dataclass(frozen=True, slots=True)
class Lie:
    """A JSON-RPC answer is another: ``change(method, answer)`` returns what is passed on.

    Answers that are not JSON pass as they are.
    """

    change: Callable[[str, Any], Any]


Fault = Delay | Reset | Silence | Truncate | Garbage | Page | GrpcStatus | GoAway | Lie
"""All that can be done."""

HEIGHT_KEYS = frozenset({"height", "latest_block_height", "last_block_height"})


def lie_about_height(by: int, *, keys: Container[str] = HEIGHT_KEYS) -> Lie:
    """Return a lie that adds ``by`` blocks to every height that an answer names under ``keys``."""

    def change(_method: str, answer: Any) -> Any:
        if isinstance(answer, dict):
            return {
                key: str(int(value) + by)
                if key in keys and isinstance(value, str) and value.isdigit()
                else change(_method, value)
                for key, value in answer.items()
            }
        if isinstance(answer, list):
            return [change(_method, item) for item in answer]
        return answer

    return Lie(change)


@dataclass(slots=True, eq=False)
class Rule:
    """When a fault happens. Of several rules every one that fits counts.

    ``methods``: parts of names, such as ``"status"`` (JSON-RPC), ``"/status"`` (a GET) or
    ``"BroadcastTx"`` (gRPC); none: any. ``connections``: numbers of connections, from 1.
    Of the calls that fit, ``skip`` pass first, then each is met with the probability
    ``share``, at most ``times`` of them. ``after_s`` and ``for_s`` are seconds since the
    rule was made. ``after_bytes`` is for rules of connections: bytes of answers that pass
    before. ``done`` counts.
    """

    fault: Fault
    methods: tuple[str, ...] = ()
    connections: Container[int] | None = None
    skip: int = 0
    share: float = 1.0
    times: int | None = None
    after_s: float = 0.0
    for_s: float | None = None
    after_bytes: int = 0
    is_for_connections: bool = False
    seen: int = 0
    done: int = 0
    began_s: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Refuse what can never be meant."""
        if not 0 <= self.share <= 1:
            raise UsageError(f"share: {self.share} is not 0 to 1")
        for name in ("skip", "after_s", "after_bytes"):
            if getattr(self, name) < 0:
                raise UsageError(f"{name}: {getattr(self, name)} is negative")
        allowed = (Delay, Reset, Silence, Truncate, Garbage, Page)
        if self.is_for_connections and not isinstance(self.fault, allowed):
            raise UsageError(f"{type(self.fault).__name__} is for calls, not for connections")

    def process(self, method: str, connection: int, rng: random.Random) -> bool:
        """Tell whether the fault happens now, and count it."""
        if self.connections is not None and connection not in self.connections:
            return False
        if self.methods and not any(part in method for part in self.methods):
            return False
        passed_s = time.monotonic() - self.began_s
        if passed_s < self.after_s:
            return False
        if self.for_s is not None and passed_s >= self.after_s + self.for_s:
            return False
        self.seen += 1
        if self.seen <= self.skip or (self.times is not None and self.done >= self.times):
            return False
        # One draw for every call that fits, so that a seed gives the same calls again.
        if self.share < 1 and rng.random() >= self.share:
            return False
        self.done += 1
        return True
