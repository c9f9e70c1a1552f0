"""What nodes answered, as parts of a snapshot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from plurichain.ibc.event_types import PacketEventKind
from plurichain.ibc.overdue import AlarmKind, ChainPulse, Thresholds, judge_chain
from plurichain.tracker.coverage import READ
from plurichain.tracker.monitoring.snapshot.freshness import NEVER, ROUND_STALE_AFTER_NS, Freshness
from plurichain.tracker.monitoring.snapshot.items import (
    AlarmItem,
    ChainItem,
    CheckItem,
    ClientItem,
    ConservationItem,
    Gap,
    RelayerItem,
    WalletItem,
)
from plurichain.tracker.relayers import RELAYED

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.observations import (
        ChannelState,
        ClientObservation,
        Contact,
        Observations,
        Wallet,
    )
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


def judge_round(row: ChannelState | ClientObservation | Wallet | None, now_ns: int) -> Freshness:
    """Return how fresh something is that is asked in rounds; None: it was not asked."""
    if row is None:
        return NEVER
    return Freshness.judge(
        row.asked_ns, row.answered_ns, row.error, now_ns, stale_after_ns=ROUND_STALE_AFTER_NS
    )


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
    pulse = ChainPulse(
        now_ns=now_ns,
        since_ns=0,
        answered_ns=contact.answered_ns,
        head_ns=contact.head_time_ns,
        read_ns=time_ns,
    )
    return judge_chain(pulse, thresholds) is None


def find_chain_time(chains: tuple[ChainItem, ...]) -> dict[str, int]:
    """Return the newest block time that is known of each chain."""
    return {
        chain.chain_id: max(known)
        for chain in chains
        if (known := [each for each in (chain.time_ns, chain.head_time_ns) if each is not None])
    }


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
