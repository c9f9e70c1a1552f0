"""Alarms from what nodes answered, and from what could not be read of blocks.

What is not known neither raises an alarm nor clears one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.ibc.overdue import (
    AlarmKind,
    ChainPulse,
    Thresholds,
    judge_chain,
    judge_client,
    judge_wallet,
)
from plurichain.tracker.coverage import READ, ChainView
from plurichain.tracker.monitoring.texts import format_instant, say_holding

if TYPE_CHECKING:
    from plurichain.tracker.observations import Contact, Observations
    from plurichain.tracker.store import PacketStore

NODE_KINDS = tuple(kind for kind in AlarmKind if kind.is_of_nodes)
_DIFFERING: Final = """
SELECT e.chain_id, e.port, e.channel, min(c.sequence), min(c.height) FROM channel_end e
LEFT JOIN state_check c ON c.chain_id = e.chain_id AND c.protocol = e.protocol
    AND c.port = e.port AND c.channel = e.channel AND c.verdict IN ('different', 'absent')
GROUP BY e.chain_id, e.port, e.channel ORDER BY e.chain_id, e.port, e.channel
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one subject: an alarm's text, None: all is well."""

    chain_id: str
    kind: AlarmKind
    subject: str
    text: str | None
    height: int | None = None


def judge_nodes(
    contacts: list[Contact],
    chains: dict[str, ChainView],
    thresholds: Thresholds,
    *,
    begun_ns: int,
    now_ns: int,
) -> Iterator[Finding]:
    """Yield what is wrong with the nodes of chains that were asked since ``begun_ns``."""
    for contact in contacts:
        if contact.asked_ns < begun_ns:
            continue  # by an earlier run; this one may not follow that chain
        view = chains.get(contact.chain_id)
        pulse = ChainPulse(
            now_ns=now_ns,
            since_ns=begun_ns,
            answered_ns=contact.answered_ns,
            head_ns=contact.head_time_ns,
            read_ns=None if view is None else view.time_ns,
            is_catching_up=contact.is_catching_up,
        )
        found = judge_chain(pulse, thresholds)
        for kind in NODE_KINDS:
            text = _describe_node(contact, kind) if kind is found else None
            yield Finding(contact.chain_id, kind, contact.network, text)


def _describe_node(contact: Contact, kind: AlarmKind) -> str:
    if kind is AlarmKind.CHAIN_SILENT:
        last = contact.answered_ns
        since = (
            "no node ever answered"
            if last is None
            else (f"no node has answered since {format_instant(last)}")
        )
        return f"{since}: {contact.error}" if contact.error else since
    if kind is AlarmKind.CHAIN_LAGGING:
        if contact.is_catching_up:
            return "the node is catching up with its chain"
        why = f": {contact.error}" if contact.error else " yet"
        return f"the tracker has not read the node's newest blocks{why}"
    head = contact.head_time_ns
    when = "" if head is None else f", of {format_instant(head)}, is the last"
    return (
        f"block {contact.head_height}{when}: the chain stands still, or this node does, or this "
        "machine's clock is ahead"
    )


def judge_coverage(chains: dict[str, ChainView], observations: Observations) -> Iterator[Finding]:
    """Yield blocks that were not read, and channels with packets that no read block told of."""
    for view in chains.values():
        for gap in view.ranges:
            if gap.state != READ:
                yield Finding(
                    view.chain_id,
                    AlarmKind.COVERAGE_GAP,
                    f"blocks {gap.first}-{gap.last}",
                    f"blocks {gap.first} to {gap.last} are {gap.state}: what they told is unknown",
                    gap.first,
                )
    for state in observations.list_channel_states():
        if state.unread is None or state.answered_ns is None:
            continue
        text = (
            "its chain holds packets as under way that no block which was read told of"
            if state.unread
            else None
        )
        subject = f"{state.port}/{state.channel}" if state.port else state.channel
        yield Finding(state.chain_id, AlarmKind.COVERAGE_GAP, subject, text, state.height)


def judge_commitments(store: PacketStore) -> Iterator[Finding]:
    """Yield ends with packets of which blocks told another thing than state holds."""
    for chain_id, port, channel, sequence, height in store.query(_DIFFERING):
        text = None
        if sequence is not None:
            text = (
                f"packet {int(sequence)}: the state of the chains is not what their blocks "
                "told: a node lies, or a chain does"
            )
        subject = f"{port}/{channel}" if port else channel
        yield Finding(chain_id, AlarmKind.COMMITMENT_DIFFERS, subject, text, height)


def judge_channels(chains: dict[str, ChainView]) -> Iterator[Finding]:
    """Yield ends that were seen closing."""
    for view in chains.values():
        for end, height in view.closed.items():
            subject = f"{end.port}/{end.channel}"
            text = "closed: nothing goes over it any more"
            yield Finding(view.chain_id, AlarmKind.CHANNEL_CLOSED, subject, text, height)


def judge_clients(
    observations: Observations,
    chains: dict[str, ChainView],
    thresholds: Thresholds,
    *,
    begun_ns: int,
) -> Iterator[Finding]:
    """Yield clients that are unusable, or soon will be, by the clock of the chain that has them.

    Those alone that were told of since ``begun_ns`` and can still be asked for: blocks go on,
    and by an old answer any client expires that somebody refreshes meanwhile.
    """
    for client in observations.list_clients():
        if client.answered_ns is None or (client.status is None and client.expires_ns is None):
            continue
        if client.error is not None or client.answered_ns < begun_ns:
            continue
        view = chains.get(client.chain_id)
        left_ns = None
        if client.expires_ns is not None and view is not None and view.time_ns is not None:
            left_ns = client.expires_ns - view.time_ns
        found = judge_client(client.status, left_ns, client.trusting_period_ns, thresholds)
        of = f" of {client.peer_chain_id}" if client.peer_chain_id else ""
        when = "" if client.expires_ns is None else f" {format_instant(client.expires_ns)}"
        texts = {
            AlarmKind.CLIENT_UNUSABLE: f"the client{of} is {client.status or 'expired'}: "
            "no packet can be proven over it; governance has to recover it",
            AlarmKind.CLIENT_EXPIRING: f"the client{of} expires{when}: nobody refreshes it",
        }
        for kind, text in texts.items():
            yield Finding(client.chain_id, kind, client.client_id, text if kind is found else None)


def judge_money(observations: Observations) -> Iterator[Finding]:
    """Yield wallets that are low, and equations of money that do not hold."""
    for wallet in observations.list_wallets():
        if wallet.amount is None:
            continue
        low = judge_wallet(wallet.amount, wallet.least)
        text = f"{wallet.name} {say_holding(wallet.amount, wallet.denom, wallet.least)}"
        yield Finding(wallet.chain_id, AlarmKind.WALLET_LOW, f"{wallet.name} {wallet.denom}",
                      text if low else None)  # fmt: skip
    for row in observations.list_conservation():
        if row.verdict == "unknown":
            continue
        text = f"escrow differs by {row.difference} from what is accounted for"
        subject = f"{row.port}/{row.channel} {row.denom}"
        yield Finding(row.chain_id, AlarmKind.CONSERVATION_BROKEN, subject,
                      text if row.verdict == "broken" else None, row.height)  # fmt: skip
