"""What a person on call sees: a snapshot as tables of words, the worst first.

Pure. What is not known is "?", with the reason beside it; what is old says how old.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plurichain.ibc.overdue import AlarmKind
from plurichain.tracker.monitoring.alarms.advice import advise
from plurichain.tracker.monitoring.snapshot.freshness import Freshness
from plurichain.tracker.monitoring.snapshot.items import AlarmItem, ChainItem, Snapshot
from plurichain.tracker.monitoring.texts import format_age, format_instant, name_end
from plurichain.tracker.monitoring.watch.cells import (
    UNKNOWN,
    Cell,
    Level,
    Row,
    Table,
    View,
    describe_freshness,
    show_number,
)
from plurichain.tracker.monitoring.watch.channels import make_channels
from plurichain.tracker.monitoring.watch.money import (
    describe_money,
    make_clients,
    make_money,
    make_relayers,
    make_wallets,
)

_GRAVE: Final = frozenset(kind.value for kind in AlarmKind if kind.is_grave)


def make_view(snapshot: Snapshot, *, place: str) -> View:
    """Return what a snapshot of the database ``place`` looks like."""
    now_ns = snapshot.taken_ns
    return View(
        head=(
            Cell(f"{format_instant(now_ns)}  {place}", Level.DIM),
            describe_tracker(snapshot),
            _count_alarms(snapshot),
            describe_money(snapshot),
        ),
        tables=(
            _make_alarms(snapshot),
            _make_chains(snapshot.chains, now_ns),
            make_channels(snapshot),
            make_clients(snapshot.clients, now_ns),
            make_relayers(snapshot.relayers),
            make_wallets(snapshot.wallets, now_ns),
            make_money(snapshot),
        ),
    )


def find_last_asked(snapshot: Snapshot) -> int | None:
    """Return when the tracker last asked any node, by the local clock; None: never."""
    asked = [chain.freshness.asked_ns for chain in snapshot.chains if chain.is_followed]
    return max((each for each in asked if each is not None), default=None)


def describe_tracker(snapshot: Snapshot) -> Cell:
    """Return whether the tracker itself is at work."""
    last = find_last_asked(snapshot)
    if not snapshot.chains:
        return Cell("nothing was tracked yet: start `plurichain ibc track NETWORK…`", Level.BAD)
    if not any(chain.is_followed for chain in snapshot.chains):
        text = "no chain is followed any more: `plurichain ibc track NETWORK…` goes on"
        return Cell(text, Level.BAD)
    if last is None:
        return Cell("tracker: it is not known when it last asked a node", Level.WARN)
    age_ns = snapshot.taken_ns - last
    if not Freshness.judge(last, last, None, snapshot.taken_ns).is_fresh:
        return Cell(f"tracker: has {say_idle(age_ns)}: all below is as of then", Level.BAD)
    return Cell(f"tracker: at work, asked a node {format_age(max(age_ns, 0))} ago", Level.GOOD)


def say_idle(age_ns: int) -> str:
    """Return in words how long a tracker has been idle."""
    if age_ns < 0:
        age = format_age(-age_ns)
        return f"asked a node {age} from now (its clock or this machine's is wrong)"
    return f"asked no node for {format_age(age_ns)}"


def _count_alarms(snapshot: Snapshot) -> Cell:
    count = len(snapshot.alarms)
    grave = sum(alarm.kind in _GRAVE for alarm in snapshot.alarms)
    if count:
        text = f"{count} alarm{'s' * (count > 1)}, {grave} of them grave"
        return Cell(text, Level.BAD if grave else Level.WARN)
    followed = [chain for chain in snapshot.chains if chain.is_followed]
    if not followed or not all(chain.freshness.is_fresh for chain in followed):
        return Cell("no alarms are known, and not all chains are: see below", Level.WARN)
    if len(followed) < len(snapshot.chains):
        return Cell("no alarms of the chains that are followed", Level.GOOD)
    return Cell("no alarms", Level.GOOD)


def _make_alarms(snapshot: Snapshot) -> Table:
    networks = {chain.chain_id: chain.network for chain in snapshot.chains}
    peers = _find_peers(snapshot)
    ordered = sorted(
        snapshot.alarms, key=lambda each: (each.kind not in _GRAVE, each.since_ns or 0)
    )
    return Table(
        "ALARMS",
        ("what", "where", ">for"),
        tuple(
            Row(
                (
                    Cell(each.kind, Level.BAD if each.kind in _GRAVE else Level.WARN),
                    Cell(f"{each.chain_id} {each.subject}"),
                    Cell(format_age(each.age_ns)),
                ),
                (
                    Cell(each.text),
                    Cell(f"since {_describe_since(each)}", Level.DIM),
                    *_advise(each, networks, peers),
                ),
            )
            for each in ordered
        ),
        Cell("none", Level.DIM),
    )


def _find_peers(snapshot: Snapshot) -> dict[tuple[str, str], str | None]:
    """Return the chain that each channel end and light client leads to, by chain and name."""
    peers = {(each.chain_id, each.client_id): each.peer_chain_id for each in snapshot.clients}
    for channel in snapshot.channels:
        peers[channel.chain_id, name_end(channel.end)] = channel.peer_chain_id
    return peers


def _advise(
    alarm: AlarmItem,
    networks: Mapping[str, str | None],
    peers: Mapping[tuple[str, str], str | None],
) -> tuple[Cell, ...]:
    # That of an audit names the token too.
    peer = peers.get((alarm.chain_id, alarm.subject.partition(" ")[0]))
    text = advise(
        alarm.kind,
        alarm.subject,
        networks.get(alarm.chain_id),
        None if peer is None else networks.get(peer),
    )
    return () if text is None else (Cell(f"do: {text}"),)


def _describe_since(alarm: AlarmItem) -> str:
    when = UNKNOWN if alarm.since_ns is None else format_instant(alarm.since_ns)
    return when if alarm.since_height is None else f"{when}, block {alarm.since_height}"


def _make_chains(chains: tuple[ChainItem, ...], now_ns: int) -> Table:
    return Table(
        "CHAINS",
        ("chain", ">read", ">head", ">behind", ">last block", "node"),
        tuple(_make_chain(each, now_ns) for each in chains),
        Cell("none was tracked yet", Level.WARN),
    )


def _find_head(chain: ChainItem) -> int | None:
    """Return the newest height that is known: blocks may be read after the node was asked.

    Of a node in trouble it is what the node says: one that lost blocks, or whose chain was
    begun anew, is far below what was read of it before.
    """
    if chain.head_height is None or chain.height is None or not chain.freshness.is_fresh:
        return chain.head_height
    return max(chain.head_height, chain.height)


def _say_unfollowed(chain: ChainItem, since_ns: int) -> str:
    after = "" if chain.height is None else f" after block {chain.height}"
    return (
        f"not followed any more since {format_instant(since_ns)}: what it did{after} is unknown; "
        f"`plurichain ibc track {chain.network or 'NETWORK'}` goes on"
    )


def _make_chain(chain: ChainItem, now_ns: int) -> Row:
    lag = chain.lag_blocks
    age_ns = None if chain.head_time_ns is None else now_ns - chain.head_time_ns
    notes = [
        Cell(f"blocks {gap.first}-{gap.last} are {gap.reason}: what they told is unknown",
             Level.WARN)
        for gap in chain.gaps
    ]  # fmt: skip
    if chain.unfollowed_ns is not None:
        notes.append(Cell(_say_unfollowed(chain, chain.unfollowed_ns), Level.DIM))
    elif chain.is_catching_up:
        notes.append(Cell("the node is catching up: it does not know its chain's head", Level.WARN))
    if chain.freshness.error and chain.is_followed:
        notes.append(Cell(chain.freshness.error[:200], Level.BAD))
    if chain.oddities:
        notes.append(Cell(f"{chain.oddities} events could not be used (--dump: oddity)", Level.DIM))
    cells = (
        Cell(chain.chain_id),
        show_number(chain.height),
        show_number(_find_head(chain)),
        show_number(lag),
        Cell(UNKNOWN if age_ns is None else f"{format_age(max(age_ns, 0))} ago",
             Level.WARN if age_ns is None else Level.PLAIN),
        describe_freshness(chain.freshness, now_ns),
    )  # fmt: skip
    return Row(cells, tuple(notes))
