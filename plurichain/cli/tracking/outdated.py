"""Chains that were not read up to now: what is shown of them is as of then."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from plurichain.cli.output import show_note

if TYPE_CHECKING:
    from plurichain.tracker.monitoring.snapshot.items import ChainItem
    from plurichain.tracker.store import PacketStore


def note_outdated(store: PacketStore) -> None:
    """Say which chains are not read up to now, since when, and why.

    An empty list of a tracker that is not at work looks like all is well. Chains that nobody
    ever asked are of recorded blocks, and end with them.
    """
    from plurichain.ibc.overdue import Thresholds
    from plurichain.tracker.followed import list_unfollowed
    from plurichain.tracker.monitoring.snapshot.chains import gather_chains
    from plurichain.tracker.observations import Observations
    from plurichain.tracker.views import opened_view

    now_ns = time.time_ns()
    with opened_view(store) as views:
        contacts = Observations(store).list_contacts()
        unfollowed = list_unfollowed(store)
        chains = gather_chains(store, views, contacts, now_ns, Thresholds(), unfollowed)
    for chain in chains:
        if chain.is_followed and chain.freshness.asked_ns is not None and not chain.is_current:
            show_note(f"{chain.chain_id}: {_describe(chain, now_ns)}")


def _describe(chain: ChainItem, now_ns: int) -> str:
    from plurichain.tracker.monitoring.texts import format_age
    from plurichain.tracker.monitoring.watch.channels import explain_chain

    why = (explain_chain(chain) or "").format("it")
    if chain.height is None:
        return f"nothing of it is known: {why}"
    age_ns = None if chain.time_ns is None else max(now_ns - chain.time_ns, 0)
    return f"all is as of its block {chain.height}, {format_age(age_ns)} ago: {why}"
