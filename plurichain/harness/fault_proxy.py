"""A TCP proxy in front of one port that fails as it is told: for tests of clients.

It carries JSON-RPC, websockets, gRPC and anything else, and knows calls where they can be
told: requests of HTTP/1.1 and streams of HTTP/2. What it does is said by rules (``on_call``,
``on_connection``) and at any moment by ``cut`` and ``heal``. No root, no other program.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import random
import secrets
import socket
import threading
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Self

from plurichain.errors import HarnessError
from plurichain.harness.fault_proxy_faults import Fault, Rule
from plurichain.harness.fault_proxy_link import Link, Traffic
from plurichain.harness.fault_proxy_relay import relay
from plurichain.harness.fault_proxy_sockets import HOST, bind_port, split_address
from plurichain.harness.fault_proxy_source import LinkEnded
from plurichain.harness.fault_proxy_thread import ProxyThread

if TYPE_CHECKING:
    from types import TracebackType

CONNECT_S = 5.0
_ROUNDS = 5

logger = logging.getLogger(__name__)


class FaultProxy:
    """A listener on ``address`` in front of ``target`` (``host:port``, also with a scheme).

    ``seed`` makes the draws of shares repeatable; without one it is drawn, and ``seed``
    tells it. Use it as a context manager, or ``start`` and ``close`` it. All methods may
    be called from any thread. Raises HarnessError if it cannot listen on ``port``.
    """

    def __init__(
        self,
        target: str,
        *,
        seed: int | None = None,
        port: int = 0,
        thread: ProxyThread | None = None,
    ) -> None:
        self.seed = secrets.randbits(32) if seed is None else seed
        self._scheme, self._target = split_address(target)
        self._rng = random.Random(self.seed)  # noqa: S311 - it chooses faults
        self._guard = threading.Lock()
        self._rules: list[Rule] = []
        self._traffic = Traffic()
        self._links: set[Link] = set()
        self._server: asyncio.Server | None = None
        self._placeholder: socket.socket | None = None
        self._port = port
        self._thread = thread
        self._is_own_thread = thread is None
        self._flow: asyncio.Event | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    # --- life ------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Begin to listen. Raises HarnessError."""
        if self._thread is None:
            self._thread = ProxyThread()
        try:
            self._thread.run(self._listen())
        except OSError as error:
            self.close()
            raise HarnessError(f"no fault proxy on port {self._port}: {error.strerror}") from error
        logger.info("fault proxy on %s for %s:%d, seed %d", self.address, *self._target, self.seed)
        return self

    def close(self) -> None:
        """End all connections and the listener; nothing is left behind."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        thread.run(self._end())
        if self._is_own_thread:
            thread.close()

    @property
    def address(self) -> str:
        """Where it listens, with the scheme of the target if that has one."""
        return f"{self._scheme}{HOST}:{self._port}"

    @property
    def traffic(self) -> Traffic:
        """A copy of what was counted until now."""
        with self._guard:
            return copy.deepcopy(self._traffic)

    # --- what goes wrong -------------------------------------------------------------------------

    def on_call(self, fault: Fault, *methods: str, **when: Any) -> Rule:
        """Have ``fault`` happen to calls; ``when`` are the fields of ``Rule``.

        A call of HTTP/1.1 has the method of JSON-RPC or the path of a GET, one of gRPC its
        path, as far as it can be told (``fault_proxy_hpack``). Raises UsageError.
        """
        return self._add(Rule(fault, methods, **when))

    def on_connection(self, fault: Fault, *, after_bytes: int = 0, **when: Any) -> Rule:
        """Have ``fault`` happen to new connections, after so many bytes of answers.

        Raises UsageError for a fault that only a call can suffer.
        """
        return self._add(Rule(fault, after_bytes=after_bytes, is_for_connections=True, **when))

    def _add(self, rule: Rule) -> Rule:
        with self._guard:
            self._rules.append(rule)
        return rule

    def remove(self, *rules: Rule) -> None:
        """Forget these rules, or all if none is given."""
        with self._guard:
            self._rules = [rule for rule in self._rules if rules and rule not in rules]

    def cut(self, *, is_silent: bool = False) -> None:
        """Cut the link until ``heal``.

        Connections are reset and new ones refused, as when a process is gone. With
        ``is_silent`` they stay open, new ones are taken, and nothing passes, as when a cable
        is out: what was on its way arrives after ``heal``.
        """
        self._run(self._stop_flow() if is_silent else self._refuse())

    def heal(self) -> None:
        """Undo ``cut``."""
        self._run(self._listen())

    def reset_connections(self) -> None:
        """Reset the connections that there are."""
        self._run(self._reset_all())

    def aim(self, target: str) -> None:
        """Send new connections to another server; those that there are stay with theirs."""
        self._scheme, self._target = split_address(target)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        if self._thread is None:
            work.close()
            raise HarnessError("the fault proxy is closed")
        self._thread.run(work)

    # --- in the loop -----------------------------------------------------------------------------

    async def _listen(self) -> None:
        if self._flow is None:
            self._flow = asyncio.Event()
        self._flow.set()
        if self._server is not None:
            return
        sock = self._placeholder or bind_port(self._port)
        self._placeholder = None
        self._port = sock.getsockname()[1]
        self._server = await asyncio.start_server(self._accept, sock=sock)

    async def _stop_flow(self) -> None:
        assert self._flow is not None
        self._flow.clear()

    async def _stop_listening(self) -> None:
        assert self._server is not None
        # asyncio loses a connection that it has accepted and not yet handed over when its
        # server is closed: so none is accepted any more, and those on their way get there.
        for sock in self._server.sockets:
            asyncio.get_running_loop().remove_reader(sock.fileno())
        await _let_others_run()
        self._server.close()
        self._server = None

    async def _refuse(self) -> None:
        if self._server is not None:
            await self._stop_listening()
            # Bound and not listening: refuses, and keeps the port from everybody else.
            self._placeholder = bind_port(self._port)
        await self._reset_all()

    async def _reset_all(self) -> None:
        tasks = list(self._tasks)
        for link in list(self._links):
            link.reset()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await _let_others_run()  # closed transports say so later

    async def _end(self) -> None:
        if self._server is not None:
            await self._stop_listening()
        await self._reset_all()
        if self._placeholder is not None:
            self._placeholder.close()
            self._placeholder = None

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Known from here on: a coroutine would be so only when it begins to run.
        task = asyncio.ensure_future(self._carry(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # One that is cancelled before it has begun leaves its connection to us.
        task.add_done_callback(lambda _: writer.transport.abort())

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self._flow is not None
        client = (reader, writer)
        with self._guard:
            self._traffic.connections += 1
            number = self._traffic.connections
        try:
            server = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        except BaseException:
            writer.transport.abort()
            raise
        link = Link(
            number, client, server,
            match_call=self._match_call, flow=self._flow, traffic=self._traffic, rng=self._rng,
        )  # fmt: skip
        self._links.add(link)
        try:
            # What is not HTTP after all ends the connection.
            with contextlib.suppress(LinkEnded, ValueError, IndexError):
                await link.begin(self._match_connection(number))
                await relay(link)
        finally:
            self._links.discard(link)
            await link.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        assert self._flow is not None
        await self._flow.wait()
        async with asyncio.timeout(CONNECT_S):
            return await asyncio.open_connection(*self._target)

    def _match_call(self, method: str, number: int) -> list[Fault]:
        with self._guard:
            rules = [rule for rule in self._rules if not rule.is_for_connections]
            return [rule.fault for rule in rules if rule.process(method, number, self._rng)]

    def _match_connection(self, number: int) -> list[Rule]:
        with self._guard:
            rules = [rule for rule in self._rules if rule.is_for_connections]
            return [rule for rule in rules if rule.process("", number, self._rng)]

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()


async def _let_others_run() -> None:
    """Give way for the few rounds that the loop needs to finish what it has begun."""
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)
