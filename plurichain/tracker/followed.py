"""Chains that are not to be followed any more: marked, not deleted.

Whatever blocks told stays, and so does what other chains tell of their packets with such a
chain. What it did after the last block that was read is unknown, and nobody is to be woken
by that it is not asked. Tracking it again takes the mark away and goes on from its cursor.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.errors import InputError, LockedError
from plurichain.ibc.overdue import AlarmKind
from plurichain.tracker.observations import Alarm, Observations

if TYPE_CHECKING:
    from plurichain.storage import Engine
    from plurichain.tracker.store import PacketStore

LASTING: Final = frozenset(
    kind.value
    for kind in (
        AlarmKind.CONTRADICTION,
        AlarmKind.COMMITMENT_DIFFERS,
        AlarmKind.CONSERVATION_BROKEN,
    )
)
"""Alarms that say that something is false: it stays so, whoever is followed."""
ENDED_THERE: Final = frozenset({AlarmKind.STUCK_RECEIVE.value, AlarmKind.STUCK_ANSWER.value})
"""Alarms of packets that the chain which they go to has to act on, by its clock."""


@dataclass(frozen=True, slots=True)
class KnownChain:
    """A chain of a database: read up to ``height`` (None: asked only), as ``network``."""

    chain_id: str
    network: str | None
    height: int | None
    unfollowed_ns: int | None
    """Since when it is not to be followed any more, by the local clock; None: it is."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What marking a chain came to. ``ended`` are the alarms that ended with it."""

    chain: KnownChain
    since_ns: int
    is_new: bool
    ended: tuple[Alarm, ...] = ()


def list_unfollowed(store: PacketStore) -> dict[str, int]:
    """Return since when chains are not to be followed any more, by their ids."""
    found = store.query("SELECT chain_id, since_ns FROM unfollowed ORDER BY chain_id")
    return {str(chain_id): int(since_ns) for chain_id, since_ns in found}


def list_known(store: PacketStore) -> list[KnownChain]:
    """Return every chain that was read or asked, by its id."""
    heights = {each.chain_id: each.height for each in store.list_cursors()}
    networks = {each.chain_id: each.network for each in Observations(store).list_contacts()}
    marks = list_unfollowed(store)
    return [
        KnownChain(each, networks.get(each), heights.get(each), marks.get(each))
        for each in sorted(heights.keys() | networks.keys())
    ]


def forget_chain(store: PacketStore, chain_id: str, now_ns: int) -> Forgotten:
    """Mark a chain as not to be followed any more, and end the alarms of its silence.

    ``now_ns`` is the local clock. Of one that is marked already nothing is changed. Raises
    InputError for a chain that the database does not have, LockedError while a tracker
    follows it, StorageError.
    """
    known = {each.chain_id: each for each in list_known(store)}
    if chain_id not in known:
        raise InputError(
            f"CHAIN_ID: {store.place} has no chain {chain_id!r}", remedy=_name_chains(known)
        )
    try:
        with store.hold([chain_id]), store.writing() as database:
            return _mark(store, database, known[chain_id], now_ns)
    except LockedError as error:
        raise LockedError(
            f"{chain_id} is not forgotten: {error.cause}",
            remedy=f"`plurichain ibc track` follows it now: end that, begin it again without "
            f"{known[chain_id].network or 'this network'}, then forget the chain",
        ) from error


def follow_again(store: PacketStore, chain_ids: Collection[str]) -> list[KnownChain]:
    """Take the marks of chains away, and return those that had one, as they were.

    For who holds these chains (``PacketStore.hold``). Raises StorageError.
    """
    found = [each for each in list_known(store) if each.chain_id in chain_ids]
    marked = [each for each in found if each.unfollowed_ns is not None]
    if marked:
        with store.writing() as database:
            for each in marked:
                database.execute("DELETE FROM unfollowed WHERE chain_id = ?", (each.chain_id,))
    return marked


def _mark(store: PacketStore, database: Engine, chain: KnownChain, now_ns: int) -> Forgotten:
    # Read again under the lock: another process may have been there first.
    since_ns = list_unfollowed(store).get(chain.chain_id)
    if since_ns is not None:
        return Forgotten(chain, since_ns, is_new=False)
    database.execute("INSERT INTO unfollowed VALUES (?, ?)", (chain.chain_id, str(now_ns)))
    observations = Observations(store)
    ends = set(_list_ends_to(store, chain.chain_id))
    ended = tuple(
        each for each in observations.list_alarms() if _is_over(each, chain.chain_id, ends)
    )
    observations.remove(*ended)
    return Forgotten(chain, now_ns, is_new=True, ended=ended)


def _is_over(alarm: Alarm, chain_id: str, ends: Collection[tuple[str, str]]) -> bool:
    """Tell whether only a chain that is not followed any more could end an alarm."""
    if alarm.chain_id == chain_id:
        return alarm.kind not in LASTING
    return alarm.kind in ENDED_THERE and (alarm.chain_id, alarm.subject) in ends


def _list_ends_to(store: PacketStore, chain_id: str) -> Iterable[tuple[str, str]]:
    """Yield the ends of other chains that lead to a chain, as alarms name them."""
    for source, port, channel in store.query(
        "SELECT chain_id, port, channel FROM route WHERE peer_chain_id = ?", (chain_id,)
    ):
        yield source, f"{port}/{channel}" if port else channel


def _name_chains(known: dict[str, KnownChain]) -> str:
    if not known:
        return "it has none yet; --database names another"
    return "it has " + ", ".join(
        each.chain_id + (f" ({each.network})" if each.network else "") for each in known.values()
    )
