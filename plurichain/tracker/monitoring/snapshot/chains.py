"""How far each chain was read and what its nodes say, as parts of a snapshot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from plurichain.ibc.overdue import ChainPulse, Thresholds, judge_chain
from plurichain.tracker.coverage import READ
from plurichain.tracker.monitoring.snapshot.freshness import NEVER, SLOWEST_BLOCK_NS, Freshness
from plurichain.tracker.monitoring.snapshot.items import ChainItem, Gap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.observations import Contact
    from plurichain.tracker.store import PacketStore


def gather_chains(
    store: PacketStore,
    views: dict[str, ChainView],
    contacts: list[Contact],
    now_ns: int,
    thresholds: Thresholds,
    unfollowed: Mapping[str, int],
) -> tuple[ChainItem, ...]:
    """Return every chain that was read or asked, by its id.

    ``unfollowed`` says since when some are not to be followed any more.
    """
    counted = store.query("SELECT chain_id, count(*) FROM oddity GROUP BY chain_id")
    oddities = {str(chain_id): int(count) for chain_id, count in counted}
    by_chain = {contact.chain_id: contact for contact in contacts}
    items = (
        _make_chain(
            chain_id, views.get(chain_id), by_chain.get(chain_id), oddities, now_ns, thresholds
        )
        for chain_id in sorted(views.keys() | by_chain.keys())
    )
    return tuple(_mark(each, unfollowed.get(each.chain_id)) for each in items)


def _mark(item: ChainItem, since_ns: int | None) -> ChainItem:
    """Return a chain as it is known if it is not followed since then (None: it is)."""
    if since_ns is None:
        return item
    freshness = item.freshness.forgotten()
    return replace(item, unfollowed_ns=since_ns, freshness=freshness, is_current=False)


def _make_chain(
    chain_id: str,
    view: ChainView | None,
    contact: Contact | None,
    oddities: dict[str, int],
    now_ns: int,
    thresholds: Thresholds,
) -> ChainItem:
    ranges = () if view is None else view.ranges
    time_ns = None if view is None else view.time_ns
    return ChainItem(
        chain_id=chain_id,
        network=None if contact is None else contact.network,
        height=None if view is None else view.height,
        time_ns=time_ns,
        first_height=ranges[0].first if ranges else None,
        gaps=tuple(Gap(each.first, each.last, each.state) for each in ranges if each.state != READ),
        head_height=None if contact is None else contact.head_height,
        head_time_ns=None if contact is None else contact.head_time_ns,
        is_catching_up=None if contact is None else contact.is_catching_up,
        oddities=oddities.get(chain_id, 0),
        freshness=_judge(contact, now_ns),
        is_current=_is_current(contact, time_ns, now_ns, thresholds),
    )


def _judge(contact: Contact | None, now_ns: int) -> Freshness:
    if contact is None:
        return NEVER
    return Freshness.judge(contact.asked_ns, contact.answered_ns, contact.error, now_ns)


def _is_current(
    contact: Contact | None, time_ns: int | None, now_ns: int, thresholds: Thresholds
) -> bool:
    if contact is None or time_ns is None or contact.is_catching_up:
        return False
    if not _judge(contact, now_ns).is_fresh:
        return False
    if contact.head_time_ns is None:
        # Nobody asks for the head: what was read has to be of now by itself.
        return now_ns - time_ns < thresholds.lag_ns
    if contact.head_time_ns - time_ns >= _find_least_wait(thresholds):
        return False
    pulse = ChainPulse(
        now_ns=now_ns,
        since_ns=0,
        answered_ns=contact.answered_ns,
        head_ns=contact.head_time_ns,
        read_ns=time_ns,
    )
    return judge_chain(pulse, thresholds) is None


def _find_least_wait(thresholds: Thresholds) -> int:
    """Return from which lag on what is overdue in blocks that were read may be over in others.

    Where packets may wait for less than a chain may lag, else a tracker that catches up would
    call them stuck.
    """
    least_ns = min(
        thresholds.receive_ns,
        thresholds.answer_ns,
        thresholds.acknowledge_ns,
        thresholds.refund_ns,
    )
    return min(thresholds.lag_ns, max(least_ns, SLOWEST_BLOCK_NS))


def find_chain_time(chains: tuple[ChainItem, ...]) -> dict[str, int]:
    """Return the newest block time that is known of each chain."""
    return {
        chain.chain_id: max(known)
        for chain in chains
        if (known := [each for each in (chain.time_ns, chain.head_time_ns) if each is not None])
    }
