"""One look at the tracker's database: every figure, and how fresh what it rests on is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.tracker.followed import list_unfollowed
from plurichain.tracker.monitoring.snapshot.chains import find_chain_time, gather_chains
from plurichain.tracker.monitoring.snapshot.channels import gather_channels
from plurichain.tracker.monitoring.snapshot.gathering import (
    gather_alarms,
    gather_checks,
    gather_clients,
    gather_conservation,
    gather_relayers,
    gather_wallets,
)
from plurichain.tracker.monitoring.snapshot.items import Snapshot
from plurichain.tracker.observations import Observations
from plurichain.tracker.views import opened_view

if TYPE_CHECKING:
    from plurichain.ibc.overdue import Thresholds
    from plurichain.tracker.store import PacketStore

__all__ = ["Snapshot", "take_snapshot"]


def take_snapshot(store: PacketStore, now_ns: int, thresholds: Thresholds) -> Snapshot:
    """Read everything in one state of the database; ``now_ns`` is the local clock.

    No other thread may use this very ``store`` meanwhile. Raises StorageError.
    """
    observed = Observations(store)
    with opened_view(store) as views:
        unfollowed = list_unfollowed(store)
        contacts = observed.list_contacts()
        chains = gather_chains(store, views, contacts, now_ns, thresholds, unfollowed)
        times = find_chain_time(chains)
        states = observed.list_channel_states()
        return Snapshot(
            taken_ns=now_ns,
            chains=chains,
            channels=gather_channels(store, views, chains, states, now_ns, thresholds),
            clients=gather_clients(observed, times, now_ns, unfollowed),
            wallets=gather_wallets(observed, now_ns, unfollowed),
            relayers=gather_relayers(store),
            conservation=gather_conservation(observed, now_ns, unfollowed),
            alarms=gather_alarms(observed, times, now_ns),
            checks=gather_checks(store),
        )
