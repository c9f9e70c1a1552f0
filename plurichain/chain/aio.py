"""The same API for asyncio: every method with its very signature, awaited.

Nothing is written twice: each call runs the synchronous method in a worker thread. The
work is in waiting for sockets and for SQLite's disk, where a thread costs little, and
what must not go wrong (journal before the first byte, one nonce for one transaction)
exists once. An event loop is never blocked.

A call that is cancelled ends its wait within a second and frees its thread; what was
handed in stays in the journal, so ``resume`` or another ``wait`` goes on with it.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeVar

from plurichain.chain import stopping
from plurichain.chain.auctions.queries import AuctionQueries
from plurichain.chain.nodes.client import ChainClient
from plurichain.chain.sending.sender import TxSender

if TYPE_CHECKING:
    from types import TracebackType

T_co = TypeVar("T_co", covariant=True)
P = ParamSpec("P")
R = TypeVar("R")

THREADS = 64
"""How many calls of one object may be under way at once; more wait for their turn."""


class AsyncFace(Generic[T_co]):
    """Awaitable calls of ``plain``, which stays usable beside them.

    ``async with`` ends the threads at its end, and waits for the calls under way.
    """

    def __init__(self, plain: T_co, *, threads: int = THREADS) -> None:
        self.plain = plain
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="plurichain")

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what ``function`` returns, called in a thread; cancelling ends its waits."""
        flag = threading.Event()
        context = contextvars.copy_context()
        context.run(stopping.flag.set, flag)
        call = functools.partial(context.run, functools.partial(function, *args, **kwargs))
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, call)
        except asyncio.CancelledError:
            flag.set()
            raise

    async def aclose(self) -> None:
        """End the threads. Calling it again does nothing."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.aclose()


def _mirror(
    method: Callable[Concatenate[T_co, P], R],
) -> Callable[Concatenate[AsyncFace[T_co], P], Coroutine[Any, Any, R]]:
    @functools.wraps(method)
    async def call(self: AsyncFace[T_co], /, *args: P.args, **kwargs: P.kwargs) -> R:
        bound: Callable[P, R] = functools.partial(method, self.plain)
        return await self.run(bound, *args, **kwargs)

    return call


class AsyncTxSender(AsyncFace[TxSender]):
    """``TxSender`` for asyncio. ``on_progress`` is called in a worker thread."""

    send = _mirror(TxSender.send)
    submit = _mirror(TxSender.submit)
    prepare = _mirror(TxSender.prepare)
    wait = _mirror(TxSender.wait)
    resume = _mirror(TxSender.resume)


class AsyncChainClient(AsyncFace[ChainClient]):
    """``ChainClient`` for asyncio; it does not close the client that it was given."""

    check = _mirror(ChainClient.check)
    get_latest_header = _mirror(ChainClient.get_latest_header)
    get_block = _mirror(ChainClient.get_block)
    get_block_results = _mirror(ChainClient.get_block_results)
    get_account = _mirror(ChainClient.get_account)
    get_balances = _mirror(ChainClient.get_balances)
    get_tx = _mirror(ChainClient.get_tx)
    broadcast = _mirror(ChainClient.broadcast)
    wait_for_time = _mirror(ChainClient.wait_for_time)
    wait_for_height = _mirror(ChainClient.wait_for_height)


class AsyncAuctionQueries(AsyncFace[AuctionQueries]):
    """``AuctionQueries`` for asyncio."""

    get_params = _mirror(AuctionQueries.get_params)
    get_auction = _mirror(AuctionQueries.get_auction)
    list_auctions = _mirror(AuctionQueries.list_auctions)
    get_terms = _mirror(AuctionQueries.get_terms)
    get_commitment = _mirror(AuctionQueries.get_commitment)
    list_commitments = _mirror(AuctionQueries.list_commitments)
    get_reveal = _mirror(AuctionQueries.get_reveal)
    list_reveals = _mirror(AuctionQueries.list_reveals)
    get_result = _mirror(AuctionQueries.get_result)
    list_parked_payouts = _mirror(AuctionQueries.list_parked_payouts)
    get_invariants = _mirror(AuctionQueries.get_invariants)
