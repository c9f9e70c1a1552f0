"""What nodes answered when they were asked: the newest answer of each, with the time it came.

Observations stand beside what blocks told and never change it. Which there are depends on
when somebody asked, so no dump holds them. What is not known is None, never 0. Fields are
named as columns; ``asked_ns`` and ``answered_ns`` are of the local clock, in Unix
nanoseconds, and ``answered_ns`` None means that no answer ever came.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from plurichain.tracker.reading import clean_text
from plurichain.tracker.schema import OBSERVED

if TYPE_CHECKING:
    from plurichain.tracker.store import PacketStore

SEQUENCE_DIGITS: Final = 20
_LONGEST_TEXT: Final = 500


@dataclass(frozen=True, slots=True)
class Contact:
    """The last talk with the node of a chain, and the head that it told."""

    chain_id: str
    network: str
    asked_ns: int
    answered_ns: int | None = None
    head_height: int | None = None
    head_time_ns: int | None = None
    is_catching_up: bool | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class StateCheck:
    """What blocks told of a packet beside the state of a chain; the names are of its source.

    ``what`` was compared: ``sent``, its commitment recomputed from its event with the one in
    state where it was sent; ``open``, that it is still under way; ``received``, its receipt
    and acknowledgement at its destination. ``height`` is that of the state, on the chain that
    was asked. ``verdict`` is same, different, absent or pruned; ``is_proven``: by a proof that
    was checked.
    """

    chain_id: str
    protocol: str
    port: str
    channel: str
    sequence: int
    height: int
    verdict: str
    is_proven: bool
    asked_ns: int
    what: str = "sent"


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A channel end in state: ``commitments`` it holds, ``unread`` of them never seen sent."""

    chain_id: str
    protocol: str
    port: str
    channel: str
    asked_ns: int
    answered_ns: int | None = None
    peer_chain_id: str | None = None
    state: str | None = None
    height: int | None = None
    commitments: int | None = None
    unread: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ClientObservation:
    """A light client on ``chain_id``; times in Unix nanoseconds, the period in nanoseconds."""

    chain_id: str
    client_id: str
    asked_ns: int
    answered_ns: int | None = None
    peer_chain_id: str | None = None
    status: str | None = None
    trusting_period_ns: int | None = None
    latest_time_ns: int | None = None
    expires_ns: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Wallet:
    """What an account holds of a denom, and the least that it should."""

    chain_id: str
    name: str
    address: str
    denom: str
    asked_ns: int
    answered_ns: int | None = None
    amount: int | None = None
    least: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ConservationRow:
    """The money of one token over one channel end; ``verdict`` is holds, broken or unknown."""

    chain_id: str
    port: str
    channel: str
    denom: str
    verdict: str
    asked_ns: int
    height: int | None = None
    peer_chain_id: str | None = None
    peer_height: int | None = None
    escrow: int | None = None
    supply: int | None = None
    retired: int | None = None
    in_flight: int | None = None
    returning_amount: int | None = None
    refunds_due: int | None = None
    difference: int | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person should look at, since when by chain time.

    One of packets is of some from ``first_sequence`` to ``last_sequence`` of the channel end.
    """

    chain_id: str
    kind: str
    subject: str
    text: str
    since_ns: int | None = None
    since_height: int | None = None
    first_sequence: int | None = None
    last_sequence: int | None = None


Observation = (
    Contact | StateCheck | ChannelState | ClientObservation | Wallet | ConservationRow | Alarm
)
_Kind = TypeVar("_Kind", bound=Observation)

_TABLES: Final[dict[type[Observation], str]] = {
    Contact: "contact",
    StateCheck: "state_check",
    ChannelState: "channel_state",
    ClientObservation: "client_state",
    Wallet: "wallet",
    ConservationRow: "conservation",
    Alarm: "alarm",
}
_AMOUNTS: Final = frozenset(
    {
        "amount",
        "least",
        "escrow",
        "supply",
        "retired",
        "in_flight",
        "returning_amount",
        "refunds_due",
        "difference",
    }
)


class Observations:
    """The observations of a store. Methods raise StorageError."""

    def __init__(self, store: PacketStore) -> None:
        self._store = store

    def save(self, *rows: Observation) -> None:
        """Keep rows, each in place of the one with the same key; all or none."""
        with self._store.writing() as database:
            for row in rows:
                table, names = _TABLES[type(row)], [field.name for field in fields(row)]
                key = OBSERVED[table]
                renewed = [f"{name} = excluded.{name}" for name in names if name not in key]
                database.execute(
                    f"INSERT INTO {table} ({', '.join(names)})"  # noqa: S608
                    f" VALUES ({', '.join('?' * len(names))})"
                    f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(renewed)}",
                    tuple(_encode(name, getattr(row, name)) for name in names),
                )

    def remove(self, *rows: Observation) -> None:
        """Drop the rows with the keys of these, where there are any."""
        with self._store.writing() as database:
            for row in rows:
                table = _TABLES[type(row)]
                key = OBSERVED[table]
                database.execute(
                    f"DELETE FROM {table} WHERE {' AND '.join(f'{name} = ?' for name in key)}",  # noqa: S608
                    tuple(_encode(name, getattr(row, name)) for name in key),
                )

    def list_contacts(self) -> list[Contact]:
        """Return the last talk with each chain."""
        return list(self._list(Contact))

    def list_state_checks(self, what: str | None = None) -> list[StateCheck]:
        """Return what was compared, all or of one kind (``what`` of StateCheck)."""
        if what is None:
            return list(self._list(StateCheck))
        return list(self._list(StateCheck, " WHERE what = ?", (what,)))

    def list_channel_states(self) -> list[ChannelState]:
        """Return the channel ends that were asked for."""
        return list(self._list(ChannelState))

    def list_clients(self) -> list[ClientObservation]:
        """Return the light clients that were asked for."""
        return list(self._list(ClientObservation))

    def list_wallets(self) -> list[Wallet]:
        """Return the accounts that are watched."""
        return list(self._list(Wallet))

    def list_conservation(self) -> list[ConservationRow]:
        """Return the last check of each token's money."""
        return list(self._list(ConservationRow))

    def list_alarms(self) -> list[Alarm]:
        """Return what is wrong now."""
        return list(self._list(Alarm))

    def _list(
        self, kind: type[_Kind], where: str = "", parameters: tuple[object, ...] = ()
    ) -> Iterator[_Kind]:
        table, parts = _TABLES[cast("type[Observation]", kind)], fields(kind)
        names, types = [part.name for part in parts], [str(part.type) for part in parts]
        for row in self._store.query(
            f"SELECT {', '.join(names)} FROM {table}{where}"  # noqa: S608
            f" ORDER BY {', '.join(OBSERVED[table])}",
            parameters,
        ):
            yield kind(*map(_decode, types, row))


def _encode(name: str, value: object) -> object:
    """Return what the column holds: text where a number may exceed the database's."""
    if isinstance(value, str):
        return clean_text(str(value), most=_LONGEST_TEXT)
    if value is None:
        return None
    assert isinstance(value, int)
    if name.endswith("sequence"):
        return f"{value:0{SEQUENCE_DIGITS}d}"
    return str(value) if name.endswith("_ns") or name in _AMOUNTS else int(value)


def _decode(type_name: str, value: Any) -> Any:
    if value is None or type_name.startswith("str"):
        return value
    return bool(value) if type_name.startswith("bool") else int(str(value))
