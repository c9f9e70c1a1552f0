"""Coins that accounts received while a message was carried out, as the chain's bank tells it.

Source: cosmos-sdk x/bank/types/events.go (coin_received of every credit, so also of coins
that a module mints for its own account and then hands on).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from plurichain.ibc.event_types import MessagePath
from plurichain.ibc.events import RawEvent, find_path

_COIN: Final = re.compile(r"([0-9]{1,78})([a-zA-Z][a-zA-Z0-9/:._-]{2,127})")


@dataclass(frozen=True, slots=True)
class CoinReceived:
    """An amount of one denom that an account received."""

    address: str
    denom: str
    amount: int


def find_coins_received(events: Iterable[RawEvent]) -> dict[MessagePath, tuple[CoinReceived, ...]]:
    """Return what was received within each message, in order. Raises nothing.

    Events outside of messages (fees) and such as cannot be read are left out.
    """
    found: dict[MessagePath, tuple[CoinReceived, ...]] = {}
    for kind, pairs in events:
        path = find_path(pairs) if kind == "coin_received" else None
        if path is not None:
            found[path] = found.get(path, ()) + tuple(_read_coins(pairs))
    return found


def _read_coins(pairs: Sequence[tuple[str, str]]) -> Iterable[CoinReceived]:
    values = dict(pairs)
    for text in values.get("amount", "").split(","):
        coin = _COIN.fullmatch(text)
        if coin is not None:
            yield CoinReceived(values.get("receiver", ""), coin[2], int(coin[1]))
