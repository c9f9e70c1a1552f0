"""The last talk with each chain, told by those who read its blocks and those who ask it.

One row a chain, so that a reader of the database sees at once whether what it shows is of
now. What went wrong last stands there until the same question is answered again: a node that
tells its head and gives no blocks has an error, and one that gives blocks alone has no head.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from plurichain.errors import PlurichainError, StorageError
from plurichain.tracker.observations import Contact, Observations
from plurichain.tracker.trouble import Trouble

if TYPE_CHECKING:
    from plurichain.chain.types import NodeStatus

logger = logging.getLogger(__name__)

SAVE_EVERY_NS = 1_000_000_000
"""How often a talk that brought nothing new is written."""


class Question(StrEnum):
    """What a chain was asked for."""

    BLOCKS = "blocks"
    HEAD = "head"
    PROOFS = "proofs"


@dataclass(slots=True)
class _Entry:
    contact: Contact
    errors: dict[Question, str] = field(default_factory=dict)
    saved_ns: int = 0
    is_head_told: bool = False
    """Whether the head was told since the book was made."""


class ContactBook:
    """The contacts of several chains; usable from several threads.

    ``networks`` are names by chain id. A database that cannot be written is logged: it is
    for whoever writes blocks to end over it.
    """

    def __init__(
        self,
        observations: Observations,
        networks: Mapping[str, str],
        *,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._observations = observations
        self._clock_ns = clock_ns
        self._guard = threading.Lock()
        self._trouble = Trouble(logger, "contacts of chains are not kept")
        before = {each.chain_id: each for each in observations.list_contacts()}
        now_ns = clock_ns()
        self._entries = {
            chain_id: _Entry(
                replace(before[chain_id], network=network)
                if chain_id in before
                else Contact(chain_id, network, asked_ns=now_ns)
            )
            for chain_id, network in networks.items()
        }

    def get(self, chain_id: str) -> Contact:
        """Return what is known of a chain's node."""
        return self._entries[chain_id].contact

    def note_head(self, chain_id: str, status: NodeStatus) -> None:
        """Note what a node said of itself; also one that lags or is catching up."""
        known = status.height > 0
        self._note(
            chain_id,
            Question.HEAD,
            error=None,
            head_height=status.height if known else None,
            head_time_ns=status.time_ns if known else None,
            is_catching_up=status.catching_up,
        )

    def note_blocks(self, chain_id: str) -> None:
        """Note that the chain gave a block, or said that there is no newer one."""
        self._note(chain_id, Question.BLOCKS, error=None)

    def note_proofs(self, chain_id: str) -> None:
        """Note that what was proven of the chain's state holds."""
        if self.get_error(chain_id, Question.PROOFS) is not None:
            self._note(chain_id, Question.PROOFS, error=None)

    def get_error(self, chain_id: str, question: Question) -> str | None:
        """Return why a question was not answered last, None if it was."""
        with self._guard:
            return self._entries[chain_id].errors.get(question)

    def note_failure(self, chain_id: str, question: Question, error: Exception) -> None:
        """Note why a question was not answered; the head that is known stays."""
        cause = error.cause if isinstance(error, PlurichainError) else repr(error)
        self._note(chain_id, question, error=cause)

    def _note(
        self, chain_id: str, question: Question, *, error: str | None, **told: object
    ) -> None:
        with self._guard:
            entry = self._entries.get(chain_id)
            if entry is None:
                return
            now_ns = self._clock_ns()
            before = entry.contact
            if question is Question.HEAD and told:
                entry.is_head_told = True
            elif error is None and not entry.is_head_told:
                # A head that another run was told is no part of an answer of now: beside its
                # time the chain would seem to stand still.
                told = dict.fromkeys(("head_height", "head_time_ns", "is_catching_up"))
            is_told = any(getattr(before, name) != value for name, value in told.items())
            if error is None:
                entry.errors.pop(question, None)
            else:
                entry.errors[question] = error
            # Blocks first: without them nothing that is shown goes on.
            first = next((entry.errors[each] for each in Question if each in entry.errors), None)
            answered_ns = now_ns if error is None else before.answered_ns
            entry.contact = replace(
                before,
                asked_ns=now_ns,
                answered_ns=answered_ns,
                error=first,
                **told,  # type: ignore[arg-type]
            )
            is_news = before.error != first or is_told or before.answered_ns is None
            if is_news or now_ns - entry.saved_ns >= SAVE_EVERY_NS:
                self._save(entry, now_ns)

    def _save(self, entry: _Entry, now_ns: int) -> None:
        try:
            self._observations.save(entry.contact)
        except StorageError as error:
            self._trouble.note(error.cause)
        else:
            self._trouble.note_well()
            entry.saved_ns = now_ns
