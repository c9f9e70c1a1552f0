"""The parts of a snapshot that have a table each: clients, wallets, audits, alarms, relayers.

Chains and channels, which are made of several, are in ``chains`` and ``channels``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.ibc.event_types import PacketEventKind
from plurichain.ibc.overdue import AlarmKind
from plurichain.tracker.monitoring.snapshot.freshness import NEVER, ROUND_STALE_AFTER_NS, Freshness
from plurichain.tracker.monitoring.snapshot.items import (
    AlarmItem,
    CheckItem,
    ClientItem,
    ConservationItem,
    RelayerItem,
    WalletItem,
)
from plurichain.tracker.relayers import RELAYED

if TYPE_CHECKING:
    from collections.abc import Collection

    from plurichain.tracker.observations import (
        ChannelState,
        ClientObservation,
        Observations,
        Wallet,
    )
    from plurichain.tracker.store import PacketStore


def judge_round(row: ChannelState | ClientObservation | Wallet | None, now_ns: int) -> Freshness:
    """Return how fresh something is that is asked in rounds; None: it was not asked."""
    if row is None:
        return NEVER
    return Freshness.judge(
        row.asked_ns, row.answered_ns, row.error, now_ns, stale_after_ns=ROUND_STALE_AFTER_NS
    )


def gather_clients(
    observations: Observations,
    times: dict[str, int],
    now_ns: int,
    unfollowed: Collection[str],
) -> tuple[ClientItem, ...]:
    """Return every light client that was asked for."""
    found = []
    for row in observations.list_clients():
        time_ns = times.get(row.chain_id)
        known = row.expires_ns is not None and time_ns is not None
        found.append(
            ClientItem(
                chain_id=row.chain_id,
                client_id=row.client_id,
                peer_chain_id=row.peer_chain_id,
                status=row.status,
                trusting_period_ns=row.trusting_period_ns,
                expires_ns=row.expires_ns,
                left_ns=(row.expires_ns or 0) - (time_ns or 0) if known else None,
                freshness=_keep(judge_round(row, now_ns), row.chain_id in unfollowed),
            )
        )
    return tuple(found)


def _keep(freshness: Freshness, is_forgotten: bool) -> Freshness:
    return freshness.forgotten() if is_forgotten else freshness


def gather_wallets(
    observations: Observations, now_ns: int, unfollowed: Collection[str]
) -> tuple[WalletItem, ...]:
    """Return every account that is watched."""
    return tuple(
        WalletItem(
            chain_id=row.chain_id,
            name=row.name,
            address=row.address,
            denom=row.denom,
            amount=row.amount,
            least=row.least,
            freshness=_keep(judge_round(row, now_ns), row.chain_id in unfollowed),
        )
        for row in observations.list_wallets()
    )


def gather_conservation(
    observations: Observations, now_ns: int, unfollowed: Collection[str]
) -> tuple[ConservationItem, ...]:
    """Return the last audit of every token."""
    return tuple(
        ConservationItem(
            chain_id=row.chain_id,
            port=row.port,
            channel=row.channel,
            denom=row.denom,
            height=row.height,
            peer_chain_id=row.peer_chain_id,
            peer_height=row.peer_height,
            difference=row.difference,
            verdict=row.verdict,
            freshness=_keep(
                Freshness.judge(row.asked_ns, row.asked_ns, None, now_ns),
                row.chain_id in unfollowed or row.peer_chain_id in unfollowed,
            ),
        )
        for row in observations.list_conservation()
    )


def gather_alarms(
    observations: Observations, times: dict[str, int], now_ns: int
) -> tuple[AlarmItem, ...]:
    """Return the alarms that stand; the time of a chain that stands still would age none."""
    of_nodes = {kind.value for kind in AlarmKind if kind.is_of_nodes}
    found = []
    for row in observations.list_alarms():
        time_ns = now_ns if row.kind in of_nodes else times.get(row.chain_id)
        known = row.since_ns is not None and time_ns is not None
        age_ns = max((time_ns or 0) - (row.since_ns or 0), 0) if known else None
        found.append(
            AlarmItem(
                row.chain_id,
                row.kind,
                row.subject,
                row.text,
                row.since_ns,
                row.since_height,
                age_ns,
            )
        )
    return tuple(found)


def gather_checks(store: PacketStore) -> tuple[CheckItem, ...]:
    """Return how often packets were compared with state, by verdict."""
    return tuple(
        CheckItem(str(chain_id), str(verdict), int(count))
        for chain_id, verdict, count in store.query(
            "SELECT chain_id, verdict, count(*) FROM state_check"
            " GROUP BY chain_id, verdict ORDER BY chain_id, verdict"
        )
    )


def gather_relayers(store: PacketStore) -> tuple[RelayerItem, ...]:
    """Return what every signer brought to every chain, and what of it failed."""
    kinds: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
    inferred: dict[tuple[str, str], int] = {}
    for chain_id, signer, kind, first, repeated, guessed in store.query(
        "SELECT chain_id, signer, kind, first, repeated, inferred FROM relaying"
    ):
        if PacketEventKind(kind) not in RELAYED:
            continue  # an answer, which the chain writes: nobody carried anything for it
        kinds.setdefault((chain_id, signer), {})[kind] = (int(first), int(repeated))
        inferred[chain_id, signer] = inferred.get((chain_id, signer), 0) + int(guessed)
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
            inferred=inferred.get((chain_id, signer), 0),
            failed=failed.get((chain_id, signer), 0),
        )
        for chain_id, signer in sorted(kinds.keys() | failed.keys())
    )
