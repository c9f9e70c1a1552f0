"""What can be reused between two chains: pairs of ends, the furthest first."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from plurichain.chain.ibc.queries import ChannelPlace, ClientStatus
from plurichain.encoding.height import NO_HEIGHT, Height
from plurichain.errors import HeightPruned
from plurichain.ibc.channel import ChannelEnd
from plurichain.ibc.client import DEFAULT_TRUST_LEVEL, ClientState, ConsensusState
from plurichain.ibc.connection import DEFAULT_VERSION, ConnectionEnd, ConnectionVersion
from plurichain.ibc.handshake import EndState
from plurichain.ibc.packet import Order
from plurichain.relayer.clients import find_client
from plurichain.relayer.ends import LinkSide
from plurichain.relayer.handshake import ChannelPlan
from plurichain.relayer.survey import (
    find_channel,
    find_channel_partner,
    find_connection,
    find_connection_partner,
)

INIT, TRY, OPEN, CLOSED = EndState.INIT, EndState.TRYOPEN, EndState.OPEN, EndState.CLOSED
HEADER = SimpleNamespace(
    header=SimpleNamespace(time_ns=5, app_hash=b"root", next_validators_hash=b"next")
)
TRUE_STATE = ConsensusState(5, b"root", b"next")


@dataclass
class Chain:
    """Stands for RelayChain and all that it reads: ends and clients that a test writes."""

    chain_id: str
    other: str
    connections: dict[str, ConnectionEnd] = field(default_factory=dict)
    channels: list[ChannelPlace] = field(default_factory=list)
    clients: dict[str, int] = field(default_factory=dict)  # by its latest height
    held: dict[str, ConsensusState] = field(default_factory=dict)
    status: dict[str, ClientStatus] = field(default_factory=dict)
    height: int = 100
    pruned_below: int = 0

    @property
    def queries(self) -> Chain:
        return self

    proofs = client = rpc = queries

    def get_committed_height(self) -> int:
        return self.height

    def get_signed_header(self, height: int) -> Any:
        if height < self.pruned_below:
            raise HeightPruned("gone")
        return HEADER

    def list_connections(self) -> list[tuple[str, ConnectionEnd]]:
        return list(self.connections.items())

    def get_connection(self, name: str) -> ConnectionEnd:
        return self.connections[name]

    def list_client_connections(self, client_id: str) -> list[str]:
        return [name for name, end in self.connections.items() if end.client_id == client_id]

    def list_connection_channels(self, connection_id: str) -> list[ChannelPlace]:
        return [each for each in self.channels if each.end.connection_hops == (connection_id,)]

    def get_client_state(self, client_id: str) -> ClientState:
        latest = Height(1, self.clients[client_id])
        chain_id = "elsewhere-1" if client_id == "elsewhere" else self.other
        return ClientState(chain_id, DEFAULT_TRUST_LEVEL, 20, 30, 5, NO_HEIGHT, latest)

    def list_clients(self) -> list[tuple[str, ClientState]]:
        return [(name, self.get_client_state(name)) for name in self.clients]

    def get_consensus_state(self, client_id: str, _height: Height) -> ConsensusState:
        return self.held.get(client_id, TRUE_STATE)

    def get_client_status(self, client_id: str) -> ClientStatus:
        return self.status.get(client_id, ClientStatus.ACTIVE)


def make_end(
    state: EndState, client: str, other_client: str, other: str = "", **changes: Any
) -> ConnectionEnd:
    versions = changes.pop("versions", (DEFAULT_VERSION,))
    return ConnectionEnd(client, versions, state, other_client, other, **changes)


def make_chains() -> tuple[Any, Any]:
    a, b = Chain("a-1", "b-1"), Chain("b-1", "a-1")
    a.clients, b.clients = {"ca": 50}, {"cb": 50}
    return a, b


def test_nothing_is_found_where_nothing_is() -> None:
    a, b = make_chains()
    a.connections["connection-localhost"] = make_end(
        OPEN, "09-localhost", "09-localhost", "connection-localhost"
    )
    assert find_connection(a, b) is None


@pytest.mark.parametrize(
    ("end_a", "end_b", "names"),
    [
        ((OPEN, "ca", "cb", "y"), (OPEN, "cb", "ca", "x"), ("x", "y")),
        ((OPEN, "ca", "cb", "y"), (TRY, "cb", "ca", "x"), ("x", "y")),
        ((INIT, "ca", "cb", ""), (TRY, "cb", "ca", "x"), ("x", "y")),
        ((TRY, "ca", "cb", "y"), (INIT, "cb", "ca", ""), ("x", "y")),
        ((INIT, "ca", "cb", ""), None, ("x", "")),
        (None, (INIT, "cb", "ca", ""), ("", "y")),
    ],
)
def test_a_connection_is_found_however_far_it_is(end_a: Any, end_b: Any, names: Any) -> None:
    a, b = make_chains()
    if end_a:
        a.connections["x"] = make_end(*end_a)
    if end_b:
        b.connections["y"] = make_end(*end_b)

    found = find_connection(a, b)

    assert found is not None
    assert (found.connection_a, found.connection_b) == names
    assert (found.client_a, found.client_b) == ("ca", "cb")
    mirrored = find_connection(b, a)
    assert mirrored is not None
    assert (mirrored.connection_b, mirrored.connection_a) == names


def test_the_furthest_connection_is_taken_and_a_named_one_before_it() -> None:
    a, b = make_chains()
    a.connections = {
        "begun": make_end(INIT, "ca", "cb"),
        "open": make_end(OPEN, "ca", "cb", "y"),
    }
    b.connections = {"y": make_end(OPEN, "cb", "ca", "open")}

    found = find_connection(a, b)
    assert found is not None
    assert found.connection_a == "open"
    found = find_connection(a, b, only=("begun", ""))
    assert found is not None
    assert (found.connection_a, found.connection_b) == ("begun", "")
    assert find_connection(a, b, only=("other", "")) is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda a, _b: a.connections.update(x=make_end(OPEN, "ca", "cb", "y", delay_period_ns=1)),
        lambda a, _b: a.connections.update(
            x=make_end(OPEN, "ca", "cb", "y", versions=(ConnectionVersion("2", ()),))
        ),
        lambda a, _b: a.connections.update(x=make_end(OPEN, "ca", "another", "y")),
        lambda a, _b: a.connections.update(x=make_end(OPEN, "ca", "cb", "another")),
        lambda _a, b: b.connections.update(y=make_end(OPEN, "cb", "ca", "another")),
        lambda a, _b: a.status.update(ca=ClientStatus.EXPIRED),
        lambda _a, b: b.status.update(cb=ClientStatus.FROZEN),
        # What the client holds is not what the chain shows: it follows another chain.
        lambda a, _b: a.held.update(ca=ConsensusState(5, b"forged", b"next")),
        lambda _a, b: b.held.update(cb=ConsensusState(6, b"root", b"next")),
        # It is ahead of the chain, or the chain no longer has that block.
        lambda a, _b: a.clients.update(ca=101),
        lambda _a, b: setattr(b, "pruned_below", 60),
    ],
)
def test_what_is_not_to_be_used_is_not_found(spoil: Any) -> None:
    a, b = make_chains()
    a.connections["x"] = make_end(OPEN, "ca", "cb", "y")
    b.connections["y"] = make_end(OPEN, "cb", "ca", "x")
    assert find_connection(a, b) is not None

    spoil(a, b)

    assert find_connection(a, b) is None


def test_the_newest_usable_client_is_found() -> None:
    a, b = make_chains()
    a.clients = {"old": 10, "new": 20, "frozen": 30, "elsewhere": 40}
    a.status["frozen"] = ClientStatus.FROZEN
    assert find_client(a, b) == "new"
    a.held["new"] = ConsensusState(1, b"", b"")
    assert find_client(a, b) == "old"
    a.clients = {"elsewhere": 40}
    assert find_client(a, b) is None


def make_channel(
    name: str,
    state: EndState,
    other: str = "",
    *,
    port: str = "transfer",
    order: Order = Order.UNORDERED,
    version: str = "ics20-1",
    connection: str = "x",
) -> ChannelPlace:
    end = ChannelEnd(state, order, "transfer", other, (connection,), version)
    return ChannelPlace(port, name, end)


def make_sides(a: Any, b: Any) -> tuple[LinkSide, LinkSide]:
    return (
        LinkSide(a, "ca", "x", "transfer"),
        LinkSide(b, "cb", "y", "transfer"),
    )


@pytest.mark.parametrize(
    ("places_a", "places_b", "names"),
    [
        ([], [], None),
        ([("c0", OPEN, "d0")], [("d0", OPEN, "c0")], ("c0", "d0")),
        ([("c0", OPEN, "d0")], [("d0", TRY, "c0")], ("c0", "d0")),
        ([("c0", INIT, "")], [("d0", TRY, "c0")], ("c0", "d0")),
        ([("c0", TRY, "d0")], [("d0", INIT, "")], ("c0", "d0")),
        ([("c0", INIT, "")], [], ("c0", "")),
        ([], [("d0", INIT, "")], ("", "d0")),
        # Of two that are open the older one; an open one before one that is begun.
        (
            [("c0", OPEN, "d0"), ("c1", OPEN, "d1")],
            [("d1", OPEN, "c1"), ("d0", OPEN, "c0")],
            ("c0", "d0"),
        ),
        ([("c0", INIT, ""), ("c1", OPEN, "d1")], [("d1", OPEN, "c1")], ("c1", "d1")),
        ([("c0", CLOSED, "d0")], [("d0", CLOSED, "c0")], None),
    ],
)
def test_channels_are_found_however_far_they_are(
    places_a: Any, places_b: Any, names: tuple[str, str] | None
) -> None:
    a, b = make_chains()
    a.channels = [make_channel(*each) for each in places_a]
    b.channels = [make_channel(*each, connection="y") for each in places_b]

    assert find_channel(*make_sides(a, b), ChannelPlan()) == names


@pytest.mark.parametrize(
    "changes",
    [{"port": "other"}, {"order": Order.ORDERED}, {"version": "ics20-2"}, {"connection": "z"}],
)
def test_channels_of_another_kind_are_not_taken(changes: dict[str, Any]) -> None:
    a, b = make_chains()
    a.channels = [make_channel("c0", INIT, **changes)]

    assert find_channel(*make_sides(a, b), ChannelPlan()) is None


def test_partners_are_told_by_either_end() -> None:
    a, b = make_chains()
    here, there = make_sides(a, b)
    assert find_connection_partner(here, there) == ""
    assert find_channel_partner(here, there) == ""

    here.connection = make_end(INIT, "ca", "cb")
    assert find_connection_partner(here, there) == ""
    b.connections = {
        "w": make_end(TRY, "cb", "ca", "another"),
        "v": make_end(TRY, "cb", "ca", "x"),
    }
    assert find_connection_partner(here, there) == "v"
    here.connection = make_end(OPEN, "ca", "cb", "named")
    assert find_connection_partner(here, there) == "named"

    here.channel_id = "c0"
    here.channel = make_channel("c0", INIT).end
    b.channels = [
        make_channel("d0", TRY, "another", connection="y"),
        make_channel("d1", TRY, "c0", connection="y"),
    ]
    assert find_channel_partner(here, there) == "d1"
    there.connection_id = ""
    assert find_channel_partner(here, there) == ""
