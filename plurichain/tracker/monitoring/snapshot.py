"""One look at the tracker's database: every figure, and how fresh what it rests on is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.tracker.monitoring.channels import gather_channels
from plurichain.tracker.monitoring.items import (
    NEVER,
    ChainItem,
    Gap,
    RelayerItem,
    Snapshot,
)
from plurichain.tracker.views import opened_view

if TYPE_CHECKING:
    from plurichain.ibc.overdue import Thresholds
    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.store import PacketStore

__all__ = ["Snapshot", "take_snapshot"]


def take_snapshot(store: PacketStore, now_ns: int, thresholds: Thresholds) -> Snapshot:
    """Read everything in one state of the database; ``now_ns`` is the local clock.

    No other thread may use this very ``store`` meanwhile. Raises StorageError.
    """
    with opened_view(store) as views:
        chains = _gather_chains(store, views)
        return Snapshot(
            taken_ns=now_ns,
            chains=chains,
            channels=gather_channels(store, views, chains, thresholds),
            relayers=_gather_relayers(store),
        )


def _gather_chains(store: PacketStore, views: dict[str, ChainView]) -> tuple[ChainItem, ...]:
    counted = store.query("SELECT chain_id, count(*) FROM oddity GROUP BY chain_id")
    oddities = {str(chain_id): int(count) for chain_id, count in counted}
    return tuple(
        ChainItem(
            chain_id=chain_id,
            network=None,
            height=view.height,
            time_ns=view.time_ns,
            first_height=view.ranges[0].first if view.ranges else None,
            gaps=tuple(
                Gap(each.first, each.last, each.state)
                for each in view.ranges
                if each.state != "read"
            ),
            head_height=None,
            head_time_ns=None,
            is_catching_up=None,
            oddities=oddities.get(chain_id, 0),
            freshness=NEVER,
        )
        for chain_id, view in sorted(views.items())
    )


def _gather_relayers(store: PacketStore) -> tuple[RelayerItem, ...]:
    kinds: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
    for chain_id, signer, kind, first, repeated in store.query(
        "SELECT chain_id, signer, kind, first, repeated FROM relaying"
    ):
        kinds.setdefault((chain_id, signer), {})[kind] = (first, repeated)
    failed = {
        (chain_id, signer): int(count)
        for chain_id, signer, count in store.query(
            "SELECT chain_id, signer, sum(count) FROM failed GROUP BY chain_id, signer"
        )
    }
    return tuple(
        RelayerItem(
            chain_id,
            signer,
            by_kind=kinds.get((chain_id, signer), {}),
            failed=failed.get((chain_id, signer), 0),
        )
        for chain_id, signer in sorted(kinds.keys() | failed.keys())
    )
