"""Reading a paged query to its end, every page from the same state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from plurichain.chain import protos
from plurichain.chain.nodes.grpc_channel import HeightPin
from plurichain.errors import BadReply

PAGE_LIMIT = 500


def read_pages(
    read: Callable[[Any, HeightPin], Any],
    items: Callable[[Any], Iterable[Any]],
    *,
    limit: int = PAGE_LIMIT,
    pin: HeightPin | None = None,
) -> list[Any]:
    """Return the items of every page that ``read`` answers to a PageRequest with.

    ``read`` hands the pin to its call: the first page is of the latest state, the others
    are read at the same height, so that what changes between two pages is in all or in
    none. A ``pin`` that is given says the height, or is told it. Raises BadReply if a next
    key was there before, HeightPruned if the node drops the height meanwhile.
    """
    found: list[Any] = []
    pin = pin or HeightPin()
    key, seen = b"", {b""}
    while True:
        reply = read(protos.pagination.PageRequest(key=key, limit=limit), pin)
        found.extend(items(reply))
        key = reply.pagination.next_key
        if not key:
            return found
        if key in seen:
            raise BadReply("the pages of a query do not end: the next key repeats")
        seen.add(key)
