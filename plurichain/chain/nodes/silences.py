"""Answers that were lost while something was asked, also where another node then answered.

What was handed to a node that did not answer may be on its way, whatever the next node
says: it must not be built anew.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plurichain.errors import NodeError

_lost: ContextVar[list[NodeError] | None] = ContextVar("plurichain_lost", default=None)


@contextlib.contextmanager
def watching() -> Iterator[list[NodeError]]:
    """Give a list that fills with the errors of nodes that were asked in the block."""
    errors: list[NodeError] = []
    token = _lost.set(errors)
    try:
        yield errors
    finally:
        _lost.reset(token)


def note(error: NodeError) -> None:
    """Add the error of one node."""
    errors = _lost.get()
    if errors is not None:
        errors.append(error)
