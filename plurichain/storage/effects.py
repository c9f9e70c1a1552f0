"""A seam for tests: every effect on disk and network passes here, before and after.

What a process leaves behind when it is killed depends only on how many of its effects
were done. All of them are in this package and in chain's transport (``chain.http_deadline``,
``chain.grpc_channel``, ``chain.feed``), and each runs inside an ``effect``. Tests number
them, kill at every number, and hold by an audit hook that nothing happens beside them.
Nothing of plurichain sets an observer; without one an effect costs a look at a variable.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

Observer = Callable[[str, str, str], None]
"""Called with "before" or "after", the kind of effect, and what it is done to."""

_NOTHING = contextlib.nullcontext()
_observer: Observer | None = None
_state = threading.local()


def effect(kind: str, target: object) -> contextlib.AbstractContextManager[None]:
    """Enclose one effect: ``kind`` is a word such as write, ``target`` a path or an address."""
    if _observer is None:
        return _NOTHING
    return _Observed(_observer, kind, str(target))


def set_observer(observer: Observer | None) -> None:
    """Have every effect of this process told to ``observer``, from the thread that has it."""
    global _observer  # noqa: PLW0603 - one seam a process
    _observer = observer


def is_inside() -> bool:
    """Tell whether this thread is in an effect just now."""
    return getattr(_state, "depth", 0) > 0


class _Observed:
    """One effect that is told; a part of another effect is told as well."""

    __slots__ = ("_kind", "_observer", "_target")

    def __init__(self, observer: Observer, kind: str, target: str) -> None:
        self._observer = observer
        self._kind = kind
        self._target = target

    def __enter__(self) -> None:
        self._observer("before", self._kind, self._target)
        _state.depth = getattr(_state, "depth", 0) + 1

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        _state.depth -= 1
        self._observer("after", self._kind, self._target)
