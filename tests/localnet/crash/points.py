"""Numbers for the effects of a run: where it can be stopped, and what stopping there means.

Killing a process between two effects leaves the same world wherever between them it was,
so that "after this effect" and "before the next one" are one point. A run that waits asks
its node again and again: of these questions each counts once between two changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

#: What leaves nothing behind, on disk or at the node, that was not there before.
READS = frozenset({"ask", "connect", "look", "probe", "receive", "resolve", "send"})
BROADCAST = "ask a transaction"
_VARYING = re.compile(r"\b(pluri(valoper)?1[0-9a-z]{20,}|[0-9A-Fa-f]{16,}|[0-9]+)\b")


@dataclass(frozen=True, slots=True)
class Point:
    """A place in a run: before its next effect, called ``label``.

    ``changes`` is how many effects before it changed something. Two runs do the same
    changes, and ask about the same questions between them.
    """

    number: int
    changes: int
    label: str

    @property
    def is_change(self) -> bool:
        """Whether the effect that comes next changes something."""
        return is_change(self.label)

    @property
    def is_storage(self) -> bool:
        """Whether the effect that comes next is on disk."""
        return self.is_change and self.label != BROADCAST


def make_label(kind: str, target: str) -> str:
    """Return what an effect is called: the same in every home, auction and run."""
    name = Path(target).name if target.startswith("/") else target
    return f"{kind} {_VARYING.sub('*', name)}"


def is_change(label: str) -> bool:
    """Tell whether an effect can leave something behind."""
    return label == BROADCAST or label.partition(" ")[0] not in READS


@dataclass(slots=True)
class Counter:
    """Numbers the points of the process it is in; ``reached`` is told each new one."""

    reached: Callable[[Point], None]
    _number: int = 0
    _changes: int = 0
    _asked: set[str] = field(default_factory=set)

    def see(self, stage: str, kind: str, target: str) -> None:
        """Take note of an effect that is about to happen, or has happened."""
        label = make_label(kind, target)
        if stage == "after":
            if is_change(label):
                self._changes += 1
                self._asked.clear()
            return
        if label in self._asked:
            return
        self._asked.add(label)
        self._number += 1
        self.reached(Point(self._number, self._changes, label))
