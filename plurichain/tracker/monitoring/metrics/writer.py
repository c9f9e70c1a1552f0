"""From a snapshot to the samples of its metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from plurichain.ibc.event_types import PacketEventKind
from plurichain.ibc.overdue import AlarmKind
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.monitoring.metrics.labels import (
    MOST_CHAINS,
    MOST_CHANNELS,
    MOST_CLIENTS,
    MOST_WALLETS,
    OTHER,
    RelayerNames,
    make_label,
)
from plurichain.tracker.monitoring.metrics.samples import Labels, Samples
from plurichain.tracker.monitoring.snapshot.freshness import Freshness, FreshnessState
from plurichain.tracker.monitoring.snapshot.money import find_audits

if TYPE_CHECKING:
    from plurichain.tracker.monitoring.snapshot.items import (
        ChainItem,
        ChannelItem,
        ClientItem,
        ConservationItem,
        Snapshot,
        WalletItem,
    )

ChannelKey = tuple[str, str, str]

PACKET_KINDS = tuple(kind for kind in AlarmKind if kind.is_of_packets)
VERDICTS = ("holds", "broken", "unknown")
CHECKS = ("same", "different", "absent", "pruned")
RELAYED = {
    PacketEventKind.RECV.value: "receive",
    PacketEventKind.ACKNOWLEDGE.value: "acknowledge",
    PacketEventKind.TIMEOUT.value: "timeout",
}
"""What relayers bring, by type of event. Answers are written by applications."""


class _OfChain(Protocol):
    @property
    def chain_id(self) -> str: ...


class Writer:
    """Writes the samples of one snapshot; ``names`` are the relayers shown by name."""

    def __init__(self, snapshot: Snapshot, names: RelayerNames) -> None:
        self._snapshot = snapshot
        self._names = names
        self._samples = Samples()
        self._chains = {
            item.chain_id: make_label(item.chain_id) for item in snapshot.chains[:MOST_CHAINS]
        }
        self._channels: dict[ChannelKey, Labels] = {}

    def write(self) -> Samples:
        """Return the samples."""
        shot = self._snapshot
        self._note_folded("chains", max(len(shot.chains) - MOST_CHAINS, 0))
        for chain in shot.chains:
            self._add_chain(chain)
        folded = self._fold("channels", shot.channels, MOST_CHANNELS)
        for number, channel in enumerate(shot.channels):
            self._add_channel(channel, is_folded=number in folded)
        clients = [each for each in shot.clients if each.freshness.is_wanted]
        folded = self._fold("clients", clients, MOST_CLIENTS)
        for number, client in enumerate(clients):
            self._add_client(client, is_folded=number in folded)
        wallets = [each for each in shot.wallets if each.freshness.is_wanted]
        self._add_wallets(wallets, self._fold("wallets", wallets, MOST_WALLETS))
        self._add_relayers()
        self._add_conservation()
        self._add_checks_and_alarms()
        return self._samples

    def _fold(self, what: str, items: Sequence[_OfChain], most: int) -> frozenset[int]:
        folded = find_folded([item.chain_id for item in items], most)
        self._note_folded(what, len(folded))
        return folded

    def _note_folded(self, what: str, count: int) -> None:
        self._samples.add("folded", (what,), count)

    def _chain(self, chain_id: str) -> str:
        return self._chains.get(chain_id, OTHER)

    def _add_contact(self, name: str, labels: Labels, freshness: Freshness) -> None:
        for state in FreshnessState:
            self._samples.add(name, (*labels, state.value), freshness.state is state)

    def _add_chain(self, item: ChainItem) -> None:
        add, seconds = self._samples.add, self._samples.add_seconds
        labels = (self._chain(item.chain_id),)
        if not item.is_followed:
            # No figure, and no NaN either: neither has anybody to look after it.
            self._add_contact("chain_contact", labels, item.freshness)
            return
        add("chain_height", labels, item.height)
        seconds("chain_time_seconds", labels, item.time_ns)
        add("chain_head_height", labels, item.head_height)
        add("chain_lag_blocks", labels, item.lag_blocks)
        seconds("chain_lag_seconds", labels, item.lag_ns)
        seconds("chain_block_age_seconds", labels, item.block_age_ns)
        add("chain_catching_up", labels, item.is_catching_up)
        self._add_contact("chain_contact", labels, item.freshness)
        seconds("chain_contact_age_seconds", labels, item.freshness.age_ns(self._snapshot.taken_ns))
        add("coverage_first_height", labels, item.first_height)
        add("coverage_gaps", labels, len(item.gaps))
        add("coverage_missing_blocks", labels, item.missing_blocks)
        add("oddities_total", labels, item.oddities)

    def _add_channel(self, item: ChannelItem, *, is_folded: bool) -> None:
        add, seconds = self._samples.add, self._samples.add_seconds
        labels = _name_channel(item, self._chain(item.chain_id), is_folded=is_folded)
        self._channels[item.chain_id, item.end.port, item.end.channel] = labels
        if not item.is_followed:
            self._add_unfollowed(item, labels)
            return
        for story in StoryClass:
            count = item.counts.get(story)
            add("packets", (*labels, story.value), count)
            if story.is_open:
                age_ns = 0 if count == 0 else item.oldest_by_class.get(story)
                seconds("oldest_seconds", (*labels, story.value), age_ns)
        # Of several ends together nobody could tell which of them are of now.
        is_told, none = item.is_current or not is_folded, 0 if item.is_open_known else None
        for kind in PACKET_KINDS:
            count = item.overdue.get(kind, 0) or none
            add("overdue_packets", (*labels, kind.value), count if is_told else None)
        add("unaged_packets", labels, item.unaged)
        add("unread_commitments", labels, item.unread)
        add("state_commitments", labels, item.commitments)
        state = item.channel_state
        add("channel_open", labels, None if state is None else state.lower() == "open")
        add("channel_complete", labels, item.is_complete)
        add("channel_current", labels, item.is_current)
        self._samples.add_latency("receive_latency_seconds", labels, item.receiving)
        self._samples.add_latency("settle_latency_seconds", labels, item.settling)

    def _add_unfollowed(self, item: ChannelItem, labels: Labels) -> None:
        """Add what stands although a chain of the channel is not followed any more.

        Figures of it are left out: 0 would be false, and NaN calls for somebody to mend it.
        """
        if impossible := item.counts[StoryClass.IMPOSSIBLE]:
            self._samples.add("packets", (*labels, StoryClass.IMPOSSIBLE.value), impossible)
        if item.state_freshness.is_wanted:
            self._samples.add("unread_commitments", labels, item.unread)
            self._samples.add("state_commitments", labels, item.commitments)

    def _add_client(self, item: ClientItem, *, is_folded: bool) -> None:
        names = (OTHER, OTHER) if is_folded else _clean(item.client_id, item.peer_chain_id)
        labels = (self._chain(item.chain_id), *names)
        seconds = self._samples.add_seconds
        seconds("client_expiry_seconds", labels, item.left_ns)
        seconds("client_trusting_period_seconds", labels, item.trusting_period_ns)
        is_active = None if item.status is None else item.status.lower() == "active"
        self._samples.add("client_active", labels, is_active)
        self._add_contact("client_contact", labels, item.freshness)

    def _add_wallets(self, wallets: Sequence[WalletItem], folded: frozenset[int]) -> None:
        seen: Counter[tuple[str, str]] = Counter()
        for number, item in enumerate(wallets):
            key = (item.chain_id, item.name)
            seen[key] += 1
            # A name that holds several denoms is numbered: denoms are no labels.
            again = f"#{seen[key]}" if seen[key] > 1 else ""
            name = OTHER if number in folded else self._name_wallet(item) + again
            self._add_wallet(item, (self._chain(item.chain_id), name))

    def _name_wallet(self, item: WalletItem) -> str:
        """Return the name that it was given; one given as an address has a relayer's, if any."""
        named = self._names.find(item.address) if item.name == item.address else OTHER
        return make_label(item.name) if named == OTHER else named

    def _add_wallet(self, item: WalletItem, labels: Labels) -> None:
        self._samples.add("wallet_balance", labels, item.amount)
        self._samples.add("wallet_least_balance", labels, item.least)
        self._add_contact("wallet_contact", labels, item.freshness)

    def _add_relayers(self) -> None:
        add = self._samples.add
        for item in self._snapshot.relayers:
            labels = (self._chain(item.chain_id), self._names.find(item.signer))
            for kind, name in RELAYED.items():
                effected, redundant = item.by_kind.get(kind, (0, 0))
                add("relayed_total", (*labels, name, "effected"), effected)
                add("relayed_total", (*labels, name, "redundant"), redundant)
            add("relayed_inferred_total", labels, item.inferred)
            add("failed_transactions_total", labels, item.failed)

    def _add_conservation(self) -> None:
        by_channel: dict[Labels, list[ConservationItem]] = {}
        for item in self._snapshot.conservation:
            if not item.freshness.is_wanted and item.verdict != "broken":
                continue
            folded = (self._chain(item.chain_id), OTHER, OTHER, OTHER)
            labels = self._channels.get((item.chain_id, item.port, item.channel), folded)
            by_channel.setdefault(labels, []).append(item)
        for labels, items in by_channel.items():
            verdicts = Counter(item.verdict for item in items)
            for verdict in VERDICTS:
                self._samples.add("conservation_tokens", (*labels, verdict), verdicts[verdict])
            known = [item.difference for item in items if item.difference is not None]
            worst = max(known, key=abs, default=None)
            # What could not be checked may differ, also where all else adds up.
            is_told = worst or len(known) == len(items)
            self._samples.add("conservation_difference", labels, worst if is_told else None)
            self._add_audit_age(labels, items)
        audits = find_audits(self._snapshot)
        for channel in self._snapshot.channels:
            # What went back to where it came from is in the escrow of the other end.
            labels = self._channels[channel.chain_id, channel.end.port, channel.end.channel]
            found = audits[channel.chain_id, channel.end]
            if channel.is_followed and labels not in by_channel:
                self._add_audit_age(labels, found)

    def _add_audit_age(self, labels: Labels, items: Sequence[ConservationItem]) -> None:
        ages = [
            item.freshness.age_ns(self._snapshot.taken_ns) or 0
            for item in items
            if item.freshness.is_wanted
        ]
        if ages:
            self._samples.add_seconds("conservation_age_seconds", labels, max(ages))

    def _add_checks_and_alarms(self) -> None:
        add = self._samples.add
        checks = {(each.chain_id, each.verdict): each.count for each in self._snapshot.checks}
        alarms = Counter((each.chain_id, each.kind) for each in self._snapshot.alarms)
        for chain in self._snapshot.chains:
            label = self._chain(chain.chain_id)
            for verdict in CHECKS:
                count = checks.get((chain.chain_id, verdict), 0)
                add("commitment_checks", (label, verdict), count)
            for kind in AlarmKind:
                known = alarms[chain.chain_id, kind.value]
                if known or chain.is_followed:
                    none = 0 if chain.freshness.is_fresh else None
                    add("alarms", (label, kind.value), known or none)
        for alarm in self._snapshot.alarms:
            if alarm.kind in set(AlarmKind):
                labels = (self._chain(alarm.chain_id), alarm.kind)
                self._samples.add_seconds("alarm_age_seconds", labels, alarm.age_ns)


def find_folded(chain_ids: Sequence[str], most: int) -> frozenset[int]:
    """Return the places of those that are not shown by themselves.

    Chains share what there is: the first of each goes before the second of any, so that a
    chain of many hides none of another, and what is new hides nothing older.
    """
    seen: Counter[str] = Counter()
    turns: list[tuple[int, int]] = []
    for place, chain_id in enumerate(chain_ids):
        turns.append((seen[chain_id], place))
        seen[chain_id] += 1
    return frozenset(place for _, place in sorted(turns)[most:])


def _name_channel(item: ChannelItem, chain: str, *, is_folded: bool) -> Labels:
    if is_folded:
        return (chain, OTHER, OTHER, OTHER)
    return (chain, *_clean(item.end.port, item.end.channel, item.peer_chain_id))


def _clean(*names: str | None) -> Labels:
    return tuple(make_label(name) for name in names)
