"""Reading a paged query to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from plurichain.chain import protos
from plurichain.errors import BadReply

PAGE_LIMIT = 500


def read_pages(
    read: Callable[[Any], Any], items: Callable[[Any], Iterable[Any]], *, limit: int = PAGE_LIMIT
) -> list[Any]:
    """Return the items of every page that ``read`` answers to a PageRequest with.

    Raises BadReply if the node's next key does not move on.
    """
    found: list[Any] = []
    key = b""
    while True:
        reply = read(protos.pagination.PageRequest(key=key, limit=limit))
        found.extend(items(reply))
        next_key = reply.pagination.next_key
        if not next_key:
            return found
        if next_key == key:
            raise BadReply("the pages of a query do not end: the next key repeats")
        key = next_key
