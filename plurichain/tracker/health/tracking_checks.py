"""The tracker's own database: how far it has read, what it misses, and what contradicts state."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from plurichain.tracker.coverage import load_chains
from plurichain.tracker.followed import list_unfollowed
from plurichain.tracker.health.findings import Finding, Subject
from plurichain.tracker.monitoring.texts import format_instant
from plurichain.tracker.observations import Observations
from plurichain.units import format_duration

if TYPE_CHECKING:
    from plurichain.chain.types import NodeStatus
    from plurichain.config import Network
    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.store import PacketStore

SECOND_NS: Final = 1_000_000_000
MOST_LAG_NS: Final = 60 * SECOND_NS
_NAME: Final = "tracker"


def check_tracking(
    store: PacketStore | None, network: Network, status: NodeStatus | None
) -> list[Finding]:
    """Return what is to be said of a chain in the tracker's database.

    ``store`` None: there is no database. ``status`` is of the best node, None if none
    serves. Raises StorageError.
    """
    subject = Subject(network.name, _NAME)
    start = f"plurichain ibc track {network.name}"
    view = None if store is None else load_chains(store).get(network.chain_id)
    if store is None or view is None:
        return [subject.note("tracked", "no", rule="packets are known", remedy=start)]
    if (since_ns := list_unfollowed(store).get(network.chain_id)) is not None:
        return [_tell_forgotten(subject, view, since_ns, start),
                *_check_state(subject, store, network)]  # fmt: skip
    found = [*_check_lag(subject, view, status, start), *_check_gaps(subject, view)]
    return [
        *found,
        *_check_contact(subject, store, network, start),
        *_check_state(subject, store, network),
        *_check_proofs(subject, store, network),
    ]


def _tell_forgotten(subject: Subject, view: ChainView, since_ns: int, start: str) -> Finding:
    value = f"not any more since {format_instant(since_ns)}, read up to block {view.height}"
    return subject.note("tracked", value, rule="packets are known", remedy=start)


def _check_lag(
    subject: Subject, view: ChainView, status: NodeStatus | None, start: str
) -> list[Finding]:
    rule = f"at most {format_duration(MOST_LAG_NS)} of block time behind the chain's head"
    if status is None or view.time_ns is None:
        remedy = "ask again when a node serves"
        return [subject.give_up("lag", f"at block {view.height}", rule=rule, remedy=remedy)]
    lag_ns = max(status.time_ns - view.time_ns, 0)
    shown = format_duration(lag_ns // SECOND_NS * SECOND_NS)
    behind = max(status.height - view.height, 0)
    return [
        subject.judge(
            "lag",
            f"{behind} blocks, {shown}",
            rule=rule,
            is_met=lag_ns <= MOST_LAG_NS,
            remedy=f"see whether it runs: {start}",
        )
    ]


def _check_gaps(subject: Subject, view: ChainView) -> list[Finding]:
    rule = "every block since the first one was read"
    gaps = [each for each in view.ranges if each.state != "read"]
    if not gaps:
        first = view.ranges[0].first if view.ranges else view.height
        return [
            subject.judge("coverage", f"blocks {first} to {view.height}", rule=rule, is_met=True)
        ]
    return [
        subject.judge(
            "coverage",
            f"blocks {gap.first} to {gap.last} are {gap.state}",
            rule=rule,
            is_met=False,
            remedy="packets of these blocks are unknown for good here; a new database that is "
            "read from a node that keeps them all knows them",
        )
        for gap in gaps
    ]


def _check_contact(
    subject: Subject, store: PacketStore, network: Network, start: str
) -> list[Finding]:
    contacts = Observations(store).list_contacts()
    contact = next((each for each in contacts if each.chain_id == network.chain_id), None)
    if contact is None or contact.error is None:
        return []
    rule = "the tracker's last talk with the chain went well"
    return [subject.judge("contact", contact.error, rule=rule, is_met=False,
                          remedy=f"mend that, then see whether it goes on: {start}")]  # fmt: skip


def _check_state(subject: Subject, store: PacketStore, network: Network) -> list[Finding]:
    """Count by verdict what was compared with state."""
    rows = store.query(
        "SELECT verdict, count(*) FROM state_check WHERE chain_id = ? GROUP BY verdict",
        (network.chain_id,),
    )
    counts = Counter({verdict: int(count) for verdict, count in rows})
    bad = counts["different"] + counts["absent"]
    return [
        subject.judge(
            "state",
            f"{bad} of {counts.total()} comparisons differ",
            rule="the chain's state holds what its events told",
            is_met=not bad,
            remedy="ask another node; if it says the same, do not trust what that chain says",
        )
    ]


def _check_proofs(subject: Subject, store: PacketStore, network: Network) -> list[Finding]:
    """Say how many commitments were proven, and of how many nothing is known."""
    [(sent,)] = store.query("SELECT count(*) FROM sent WHERE chain_id = ?", (network.chain_id,))
    if not sent:
        return []
    rows = store.query(
        "SELECT is_proven, verdict, count(*) FROM state_check WHERE chain_id = ?"
        " AND what = 'sent' GROUP BY is_proven, verdict",
        (network.chain_id,),
    )
    counts = Counter[str]()
    for is_proven, verdict, count in rows:
        kind = "proven" if is_proven else "gone" if verdict == "pruned" else "unproven"
        counts[kind] += int(count)
    unasked = max(int(sent) - counts.total(), 0)
    remedy = "name a node that keeps more blocks and states; `plurichain ibc track` asks it"
    return [
        subject.note(
            "proofs",
            f"{counts['proven']} proven, {counts['unproven']} as a node says, "
            f"{counts['gone']} not kept by the node, {unasked} not compared",
            rule="commitments of packets are proven by headers that validators signed",
            remedy="" if counts["proven"] == sent else remedy,
        )
    ]
