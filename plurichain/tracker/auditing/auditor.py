"""Auditing the money of all tokens again and again, beside a tracker that reads on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self

from plurichain.errors import PlurichainError
from plurichain.tracker.auditing.chain_state import LiveState
from plurichain.tracker.auditing.conservation import audit_origins, audit_tokens
from plurichain.tracker.auditing.saving import save_audits

if TYPE_CHECKING:
    from types import TracebackType

    from plurichain.chain.nodes.client import ChainClient
    from plurichain.tracker.auditing.chain_state import ChainState
    from plurichain.tracker.store import PacketStore

logger = logging.getLogger(__name__)

END_S = 60.0
"""How long an audit that is under way may take to end; every call in it has its deadline."""


class Auditor:
    """A thread that audits every ``every_s`` seconds, first after that time.

    What it finds is kept as observations, for alarms and figures. ``store`` and ``clients``
    are its own: nothing that it does holds up the reading of blocks. Used as a context.
    """

    def __init__(
        self, store: PacketStore, clients: Sequence[ChainClient], *, every_s: float
    ) -> None:
        self._store = store
        self._clients = clients
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._thread.join(END_S)

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            try:
                # Made anew: a state remembers what it was told.
                states: dict[str, ChainState] = {
                    client.network.chain_id: LiveState(client) for client in self._clients
                }
                audit_once(self._store, states, report=logger.info)
            except PlurichainError as error:
                # The next one may find it mended; what was found last stays, with its age.
                logger.warning("the audit was given up: %s", error.cause)
            except Exception:
                logger.exception("the audit was given up")


def audit_once(
    store: PacketStore, states: dict[str, ChainState], *, report: Callable[[str], None]
) -> int:
    """Audit everything and keep it; returns how many tokens. Raises StorageError."""
    asked_ns = time.time_ns()
    tokens = audit_tokens(store, states)
    save_audits(store, tokens, audit_origins(states, report=report), asked_ns=asked_ns)
    return len(tokens)
