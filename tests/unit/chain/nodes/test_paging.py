"""All pages of one query from one state, and pages that do not end."""

from __future__ import annotations

from typing import Any

import pytest

from plurichain.chain import protos
from plurichain.chain.nodes.grpc_channel import HeightPin
from plurichain.chain.nodes.paging import read_pages
from plurichain.errors import BadReply


class Book:
    """Pages of two items at a height that moves on with every call, unless it is pinned."""

    def __init__(self, keys: list[bytes]) -> None:
        self.keys = keys
        self.height = 10
        self.heights: list[int] = []

    def read(self, page: Any, pin: HeightPin) -> Any:
        if not pin.height:
            pin.height = self.height
        self.heights.append(pin.height)
        self.height += 1
        number = len(self.heights) - 1
        reply = protos.bank_query.QueryAllBalancesResponse()
        for index in range(2):
            reply.balances.add(denom=f"d{number}{index}", amount="1")
        reply.pagination.next_key = self.keys[number] if number < len(self.keys) else b""
        return reply


def test_every_page_is_of_the_height_of_the_first() -> None:
    book = Book([b"a", b"b"])
    found = read_pages(book.read, lambda reply: reply.balances)

    assert [coin.denom for coin in found] == ["d00", "d01", "d10", "d11", "d20", "d21"]
    assert book.heights == [10, 10, 10]


@pytest.mark.parametrize("keys", [[b"a", b"a"], [b"a", b"b", b"a"]])
def test_a_key_that_was_there_before_ends_it(keys: list[bytes]) -> None:
    with pytest.raises(BadReply, match="the next key repeats"):
        read_pages(Book(keys * 10).read, lambda reply: reply.balances)
