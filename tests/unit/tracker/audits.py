"""Audits of made-up money, whatever was read of it: what the tests of audits have in common."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from plurichain.ibc.conservation import ChannelBalance
from plurichain.ibc.denom import DenomPath
from plurichain.tracker.auditing.conservation import TokenAudit, audit_tokens
from plurichain.tracker.store import PacketStore
from tests.unit.tracker.money_model import BASE, Held, Money

NATIVE = DenomPath((), BASE)
NOTHING = ChannelBalance(0, 0, 0)


def audit(
    money: Money,
    tops: dict[str, int] | None = None,
    states: dict[str, Held] | None = None,
    unread: dict[str, tuple[int, int]] | None = None,
) -> list[TokenAudit]:
    with opened(money, tops, unread) as store:
        return audit_tokens(store, states or money.hold())


@contextlib.contextmanager
def opened(
    money: Money,
    tops: dict[str, int] | None = None,
    unread: dict[str, tuple[int, int]] | None = None,
) -> Iterator[PacketStore]:
    with (
        tempfile.TemporaryDirectory() as folder,
        PacketStore.open(Path(folder) / "packets.db") as store,
    ):
        money.fill(store, tops, unread)
        yield store
