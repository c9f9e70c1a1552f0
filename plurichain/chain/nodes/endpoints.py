"""All nodes of a network as one: which to ask, which to leave alone for a while, and why.

The nodes are asked in the order of the network. One that fails is put in quarantine, for
longer each time, and the next one is asked; it returns by passing its checks again. A
node that is catching up, or that lacks blocks which another one has, is not used. Where
every node is in quarantine the one that leaves it soonest is tried all the same, so that
a network of one node is never out of reach by our own doing.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from plurichain.chain.budget import Budget
from plurichain.chain.nodes import silences
from plurichain.chain.nodes.retrying import RetryPolicy
from plurichain.errors import (
    BadReply,
    HeightPruned,
    IndexerOff,
    NodeBehind,
    NodeBusy,
    NodeError,
    NodeTimeout,
    NodeUnreachable,
    TlsFailed,
    WrongChain,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plurichain.chain.nodes.node import Node
    from plurichain.chain.types import NodeStatus

T = TypeVar("T")

COMPARE_EVERY_S = 10.0
"""How often the height of the node in use is held against another one's."""
BEHIND_BLOCKS = 3
BEHIND_NS = 2_000_000_000
"""A node is behind if it lacks so many blocks and so much block time: one alone is the noise
of asking two nodes one after the other."""
LONGEST_QUARANTINE_S = 60.0
MOST_DOUBLINGS = 16

# Seconds of the first quarantine; those that time does not cure begin long.
_QUARANTINE_S: tuple[tuple[type[NodeError], float], ...] = (
    (WrongChain, 30.0),
    (TlsFailed, 10.0),
    (NodeBehind, 1.0),
    (NodeBusy, 1.0),
    (BadReply, 2.0),
    (NodeTimeout, 2.0),
    (NodeUnreachable, 1.0),
)
_MOVE_ON = tuple(kind for kind, _ in _QUARANTINE_S)
_ASK_ANOTHER = (HeightPruned, IndexerOff)  # nothing is wrong with the node
_WAIT_OR_LEAVE = (
    "wait for the node that does not serve; or take it out of the network's endpoints in "
    "config.toml, to go on without what it may have"
)
_HOPELESS = (WrongChain, TlsFailed)  # the same node says the same a moment later

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Health:
    """What is known of one node; ``until_s`` is the end of its quarantine (monotonic)."""

    failures: int = 0
    until_s: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EndpointHealth:
    """One endpoint as a user may be shown it: ``reason`` is empty for one in good health."""

    grpc: str
    rpc: str
    is_quarantined: bool
    failures: int
    reason: str


class EndpointPool:
    """The nodes of a network; safe in threads.

    ``budget_s`` bounds an operation with all its tries, ``policy`` says how many there
    are: one try is one attempt at every node that is not in quarantine. ``on_switch`` is
    told in one line when another node is used than before, and why.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        *,
        budget_s: float,
        policy: RetryPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
        on_switch: Callable[[str], None] | None = None,
    ) -> None:
        self._nodes = tuple(nodes)
        self._on_switch = on_switch
        self._budget_s = budget_s
        self._policy = policy or RetryPolicy()
        self._clock = clock
        self._guard = threading.Lock()
        self._health = {node: Health() for node in self._nodes}
        self._compared_at_s = -COMPARE_EVERY_S
        self._current = self._nodes[0]

    @property
    def current(self) -> Node:
        """The node that answered last; before any answer the first one."""
        return self._current

    def list_health(self) -> list[EndpointHealth]:
        """Return what is known of every endpoint, in the order of the network."""
        now_s = self._clock()
        with self._guard:
            return [
                EndpointHealth(
                    grpc=node.endpoint.grpc,
                    rpc=node.endpoint.rpc,
                    is_quarantined=health.until_s > now_s,
                    failures=health.failures,
                    reason=health.reason,
                )
                for node, health in self._health.items()
            ]

    def run(self, operation: Callable[[Node], T], *, is_check: bool = False) -> T:
        """Return what ``operation`` returns with the first node for which it does not fail.

        It must be idempotent; ``is_check`` says that it checks the node itself. Errors that
        the chain itself would give (NotFound, InputError, …) are raised at once. If no node
        serves the error is that of the only one, or one that names them all.
        """
        with Budget(self._budget_s).running() as budget:
            errors: dict[Node, NodeError] = {}
            for _ in self._policy.run(budget):
                for node in self._choose(errors):
                    if errors and budget.left_s <= 0:
                        raise self._combine(errors)
                    try:
                        result = self._attempt(node, operation, is_check=is_check)
                    except _ASK_ANOTHER as error:
                        silences.note(error)
                        errors[node] = error
                    except _MOVE_ON as error:
                        silences.note(error)
                        # The first of its kind says most: later ones had less time.
                        if type(errors.get(node)) is not type(error):
                            errors[node] = error
                        self._quarantine(node, error)
                    else:
                        return result
                if all(isinstance(error, (*_HOPELESS, *_ASK_ANOTHER)) for error in errors.values()):
                    break
            raise self._combine(errors)

    def _attempt(self, node: Node, operation: Callable[[Node], T], *, is_check: bool) -> T:
        if not is_check:
            self._make_ready(node)
            self._compare_heights(node)
        breaks = node.rpc.breaks
        result = operation(node)
        if node.rpc.breaks != breaks and not is_check:
            # The server was replaced meanwhile: what it said counts if it is still the chain.
            node.ready()
        with self._guard:
            before, self._current = self._current, node
            health = self._health[node]
            has_returned = bool(health.failures)
            if has_returned:
                logger.info("%s serves again", node.endpoint.rpc)
                health.failures, health.until_s, health.reason = 0, 0.0, ""
        if before is not node:
            self._tell_switch(before, node, has_returned=has_returned)
        return result

    def _tell_switch(self, before: Node, node: Node, *, has_returned: bool) -> None:
        """Tell that another node is used, unless that was for one answer alone."""
        reason = self._health[before].reason
        url = node.endpoint.rpc
        if self._on_switch is not None and (reason or has_returned):
            self._on_switch(f"using {url}: {reason or 'it serves again'}")

    def _make_ready(self, node: Node) -> None:
        # One that failed before gets little time to show that it is back: others serve.
        is_doubtful = len(self._nodes) > 1 and self._health[node].failures
        try:
            with Budget(self._budget_s / (8 if is_doubtful else 1)).running():
                node.ready()
        except _MOVE_ON:
            raise
        except NodeError as error:
            # Whatever keeps it from being checked keeps it from being used.
            raise BadReply(error.cause, remedy=error.remedy) from error

    def _choose(self, errors: dict[Node, NodeError]) -> list[Node]:
        """Return the nodes of one try, best first; never empty."""
        now_s = self._clock()
        with self._guard:
            usable = [n for n in self._nodes if not isinstance(errors.get(n), _ASK_ANOTHER)]
            usable = usable or list(self._nodes)
            free = [node for node in usable if self._health[node].until_s <= now_s]
            return free or [min(usable, key=lambda node: self._health[node].until_s)]

    def _quarantine(self, node: Node, error: NodeError) -> None:
        spans = (time_s for kind, time_s in _QUARANTINE_S if isinstance(error, kind))
        first_s = next(spans, 2.0)
        with self._guard:
            health = self._health[node]
            # Of a node that is away for hours there are more failures than a float can double.
            doubled = 2 ** min(health.failures, MOST_DOUBLINGS)
            span_s = min(first_s * doubled, LONGEST_QUARANTINE_S)
            health.failures += 1
            health.reason = error.cause
            health.until_s = self._clock() + span_s
        node.distrust()
        if len(self._nodes) > 1:
            logger.info("not using %s for %.0f s: %s", node.endpoint.rpc, span_s, error.cause)

    def _combine(self, errors: dict[Node, NodeError]) -> NodeError:
        """Return one error for all nodes that were asked."""
        # What time may cure decides the type: the caller may try later.
        curable = [error for error in errors.values() if not isinstance(error, _HOPELESS)]
        # What one node lacks another may have that is away: nobody may take it for gone.
        away = [error for error in curable if not isinstance(error, _ASK_ANOTHER)]
        chosen = (away or curable or list(errors.values()))[-1]
        if len(errors) == 1:
            return chosen
        causes = "; ".join(error.cause for error in errors.values())
        remedy = _WAIT_OR_LEAVE if away and len(away) < len(errors) else chosen.remedy
        combined = type(chosen)(f"no node serves: {causes}", remedy=remedy)
        combined.__cause__ = chosen
        return combined

    # --- is the node behind? ---------------------------------------------------------------------

    def _compare_heights(self, node: Node) -> None:
        """Raise NodeBehind if another node has blocks that ``node`` lacks."""
        if len(self._nodes) < 2:
            return
        now_s = self._clock()
        with self._guard:
            due_s = self._compared_at_s + COMPARE_EVERY_S
            if node is self._current and now_s < due_s:
                return
            self._compared_at_s = now_s
            others = [n for n in self._nodes if n is not node and self._health[n].until_s <= now_s]
        for other in others:
            try:
                # Its height is believed because the check had it show that block.
                with Budget(self._budget_s / 8).running():
                    theirs = other.admit()
            except NodeError as error:
                self._quarantine(other, error)
                continue
            ours = node.rpc.get_status()
            if not _is_behind(ours, theirs):
                return
            raise NodeBehind(
                f"{node.endpoint.rpc} is at block {ours.height}, "
                f"{other.endpoint.rpc} is at {theirs.height}",
                remedy="wait until the node has caught up, or use another node",
            )


def _is_behind(ours: NodeStatus, theirs: NodeStatus) -> bool:
    return (
        theirs.height - ours.height >= BEHIND_BLOCKS and theirs.time_ns - ours.time_ns >= BEHIND_NS
    )
