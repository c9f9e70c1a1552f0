"""Relaying as a whole: tracker, nodes, what is carried by whom, wallets, clients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from plurichain.ibc.overdue import AlarmKind, Thresholds, judge_client
from plurichain.tracker.monitoring.nagios.verdict import (
    Figure,
    Finding,
    Status,
    Verdict,
    check_freshness,
    count_packets,
    demote,
    name_unfollowed,
    put_idle_first,
    to_seconds,
)
from plurichain.tracker.monitoring.snapshot.items import (
    ChainItem,
    ClientItem,
    RelayerItem,
    Snapshot,
)
from plurichain.tracker.monitoring.texts import format_age, say_holding, shorten

NAME: Final = "IBC-RELAYER"


@dataclass(frozen=True, slots=True)
class RelayerRule:
    """What is judged: signers (none: all), and what clients should have left."""

    critical: Thresholds
    warning: Thresholds
    signers: frozenset[str] = frozenset()


def check_relaying(snapshot: Snapshot, rule: RelayerRule) -> Verdict:
    """Judge a snapshot that was taken with the critical limits. Pure."""
    relayers = [
        each for each in snapshot.relayers if not rule.signers or each.signer in rule.signers
    ]
    effected = sum(first for each in relayers for first, _ in each.by_kind.values())
    redundant = sum(again for each in relayers for _, again in each.by_kind.values())
    failed = sum(each.failed for each in relayers)
    findings = [
        *_check_chains(snapshot, rule),
        *_check_carrying(snapshot, rule, relayers, effected),
        *_check_clients(snapshot, rule),
        *_check_wallets(snapshot),
    ]
    findings = put_idle_first(snapshot, findings)
    chains = [each for each in snapshot.chains if each.is_followed]
    well = (
        f"{len(chains)} chains answer, {effected} packet messages effected, "
        f"{redundant} after a rival, {failed} transactions failed{name_unfollowed(snapshot)}"
    )
    left = [
        each.left_ns if each.freshness.is_fresh else None
        for each in snapshot.clients
        if each.freshness.is_wanted
    ]
    soonest = None if None in left else min((each for each in left if each is not None),
                                            default=None)  # fmt: skip
    is_current = all(each.is_current for each in snapshot.channels if each.is_followed)
    figures = (
        Figure("overdue", _count_overdue(snapshot) if is_current else None, "", None, 1),
        Figure("effected", effected, "c"),
        Figure("redundant", redundant, "c"),
        Figure("failed", failed, "c"),
        Figure("client_left", to_seconds(soonest), "s"),
    )
    return Verdict(NAME, tuple(findings), well, figures)


def _check_chains(snapshot: Snapshot, rule: RelayerRule) -> Iterator[Finding]:
    for chain in snapshot.chains:
        if not chain.is_followed:
            continue
        name = chain.network or chain.chain_id
        yield from check_freshness(name, chain.freshness, snapshot.taken_ns)
        yield from _check_head(chain, name, rule.critical.lag_ns)
        for gap in chain.gaps:
            text = f"{name}: blocks {gap.first}-{gap.last} are {gap.reason}"
            yield Finding(Status.WARNING, text)


def _check_head(chain: ChainItem, name: str, limit_ns: int) -> Iterator[Finding]:
    age_ns, lag_ns = chain.block_age_ns, chain.lag_ns
    if chain.is_catching_up:
        yield Finding(Status.WARNING, f"{name}: its node is catching up")
    elif age_ns is not None and age_ns >= limit_ns:
        yield Finding(Status.CRITICAL, f"{name}: no new block for {format_age(age_ns)}")
    elif age_ns is not None and age_ns <= -limit_ns:
        told = f"its newest block is of {format_age(-age_ns)} from now"
        yield Finding(Status.WARNING, f"{name}: {told}: this machine's clock is wrong, or its own")
    if lag_ns is not None and lag_ns >= limit_ns:
        yield Finding(Status.WARNING, f"{name}: the tracker is {format_age(lag_ns)} behind")
    if chain.freshness.is_fresh and chain.head_height is None:
        yield Finding(Status.UNKNOWN, f"{name}: its head is not known")


def _count_overdue(snapshot: Snapshot) -> int | None:
    """Return how many packets nobody carries in time; None: some may not be known."""
    channels = [each for each in snapshot.channels if each.is_followed]
    count = sum(sum(each.overdue.values()) for each in channels)
    known = all(each.is_current and each.is_open_known for each in channels)
    return count if count or known else None


def _check_carrying(
    snapshot: Snapshot, rule: RelayerRule, relayers: list[RelayerItem], effected: int
) -> Iterator[Finding]:
    count = _count_overdue(snapshot)
    certain = sum(sum(each.overdue.values()) for each in snapshot.channels if each.is_current)
    if certain:
        text = f"{count_packets(certain)} overdue: nobody acts"
        yield Finding(Status.CRITICAL, text)
    elif count:
        yield Finding(Status.UNKNOWN, f"{count_packets(count)} overdue when both chains answered")
    elif count is None:
        yield Finding(Status.UNKNOWN, "whether packets wait for too long is not known everywhere")
    missing = rule.signers - {each.signer for each in relayers}
    for signer in sorted(missing):
        yield Finding(Status.UNKNOWN, f"{shorten(signer)} was never seen carrying a packet")
    failed = sum(each.failed for each in relayers)
    if failed and not effected:
        yield Finding(Status.WARNING, f"{failed} transactions failed and nothing was carried")


def _check_clients(snapshot: Snapshot, rule: RelayerRule) -> Iterator[Finding]:
    for client in (each for each in snapshot.clients if each.freshness.is_wanted):
        name = f"{client.chain_id} {client.client_id}"
        yield from check_freshness(name, client.freshness, snapshot.taken_ns)
        found = _check_client(client, name, rule)
        yield from found if client.freshness.is_fresh else demote(found)


def _check_client(client: ClientItem, name: str, rule: RelayerRule) -> Iterator[Finding]:
    if client.status is None or client.left_ns is None:
        yield Finding(Status.UNKNOWN, f"{name}: what is left of it is not known")
    kind, status = _judge_client(client, rule)
    if kind is AlarmKind.CLIENT_UNUSABLE:
        yield Finding(Status.CRITICAL, f"{name}: {client.status or 'expired'}")
    elif kind is not None:
        yield Finding(status, f"{name}: expires in {format_age(client.left_ns)}")


def _judge_client(client: ClientItem, rule: RelayerRule) -> tuple[AlarmKind | None, Status]:
    for thresholds, status in (
        (rule.critical, Status.CRITICAL),
        (rule.warning, Status.WARNING),
    ):
        # A third of a short trusting period is normal; a ninth is not.
        period = client.trusting_period_ns
        if period is not None and status is Status.CRITICAL:
            period //= 3
        found = judge_client(client.status, client.left_ns, period, thresholds)
        if found is not None:
            return found, status
    return None, Status.OK


def _check_wallets(snapshot: Snapshot) -> Iterator[Finding]:
    for wallet in (each for each in snapshot.wallets if each.freshness.is_wanted):
        name = f"wallet {wallet.name} on {wallet.chain_id}"
        yield from check_freshness(name, wallet.freshness, snapshot.taken_ns)
        if wallet.amount is not None and wallet.is_low:
            status = Status.CRITICAL if wallet.amount == 0 else Status.WARNING
            text = f"{name} {say_holding(wallet.amount, wallet.denom, wallet.least)}"
            found = [Finding(status, text)]
            yield from found if wallet.freshness.is_fresh else demote(found)
