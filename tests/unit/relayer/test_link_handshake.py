"""Which message comes next, for every pair of states that two ends can be in."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from plurichain.chain.ibc import protos
from plurichain.chain.ibc.proofs import Proof
from plurichain.encoding.height import Height
from plurichain.errors import HandshakeError
from plurichain.ibc.channel import ChannelEnd
from plurichain.ibc.connection import DEFAULT_VERSION, ConnectionEnd
from plurichain.ibc.handshake import End, EndState
from plurichain.ibc.packet import Order
from plurichain.identifiers import Address
from plurichain.relayer.ends import LinkSide
from plurichain.relayer.handshake import ChannelPlan, find_move

INIT, TRY, OPEN, CLOSED = EndState.INIT, EndState.TRYOPEN, EndState.OPEN, EndState.CLOSED
PLAN = ChannelPlan()


@dataclass
class Chain:
    """As much of RelayChain as building a message takes."""

    chain_id: str
    address: Address = field(default_factory=lambda: Address(b"\x01" * 20, "pluri"))
    proofs: Any = None


def make_side(
    name: str, connection: EndState | None, channel: EndState | None = None, port: str = "transfer"
) -> LinkSide:
    side = LinkSide(Chain(name), client_id=f"client-{name}", port=port)  # type: ignore[arg-type]
    proof = Proof(b"x", name.encode(), Height(1, 9))
    if connection is not None:
        side.connection_id = f"connection-{name}"
        side.connection_proof = proof
        side.connection = ConnectionEnd(
            side.client_id, (DEFAULT_VERSION,), connection, "client", "connection"
        )
    if channel is not None:
        side.channel_id = f"channel-{name}"
        side.channel_proof = proof
        side.channel = ChannelEnd(
            channel, Order.ORDERED, "there", "", (side.connection_id,), f"version of {name}"
        )
    return side


def name_types(messages: tuple[Any, ...]) -> list[str]:
    return [message.type_url.rpartition(".Msg")[2] for message in messages]


@pytest.mark.parametrize(
    ("a", "b", "end", "types"),
    [
        ((None, None), (None, None), End.A, ["ConnectionOpenInit"]),
        ((INIT, None), (None, None), End.B, ["ConnectionOpenTry"]),
        ((None, None), (INIT, None), End.A, ["ConnectionOpenTry"]),
        ((INIT, None), (TRY, None), End.A, ["ConnectionOpenAck", "ChannelOpenInit"]),
        # B began: A confirms at the end, and the channel begins there.
        ((TRY, None), (INIT, None), End.B, ["ConnectionOpenAck"]),
        ((TRY, None), (OPEN, None), End.A, ["ConnectionOpenConfirm", "ChannelOpenInit"]),
        ((OPEN, None), (TRY, None), End.B, ["ConnectionOpenConfirm"]),
        ((OPEN, INIT), (TRY, None), End.B, ["ConnectionOpenConfirm", "ChannelOpenTry"]),
        ((OPEN, None), (OPEN, None), End.A, ["ChannelOpenInit"]),
        ((OPEN, INIT), (OPEN, None), End.B, ["ChannelOpenTry"]),
        ((OPEN, INIT), (OPEN, TRY), End.A, ["ChannelOpenAck"]),
        ((OPEN, OPEN), (OPEN, TRY), End.B, ["ChannelOpenConfirm"]),
        ((OPEN, TRY), (OPEN, OPEN), End.A, ["ChannelOpenConfirm"]),
        ((OPEN, CLOSED), (OPEN, OPEN), End.B, ["ChannelCloseConfirm"]),
    ],
)
def test_next_move(a: Any, b: Any, end: End, types: list[str]) -> None:
    move = find_move(make_side("a", *a), make_side("b", *b), PLAN)

    assert move is not None
    assert (move.end, name_types(move.messages)) == (end, types)
    assert len(move.names) == len(types)
    assert move.needs_proof is (not types[0].endswith("OpenInit"))
    assert all(str(m.signer) == str(Chain("x").address) for m in move.messages)


@pytest.mark.parametrize("state", [OPEN, CLOSED])
def test_nothing_is_left_to_do(state: EndState) -> None:
    assert find_move(make_side("a", OPEN, state), make_side("b", OPEN, state), PLAN) is None


def test_without_a_plan_only_what_is_named_is_moved() -> None:
    assert find_move(make_side("a", OPEN), make_side("b", OPEN), None) is None
    move = find_move(make_side("a", INIT), make_side("b", TRY), None)
    assert move is not None
    assert name_types(move.messages) == ["ConnectionOpenAck"]
    move = find_move(make_side("a", OPEN, INIT), make_side("b", OPEN), None)
    assert move is not None
    assert name_types(move.messages) == ["ChannelOpenTry"]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((INIT, None), (INIT, None)),
        ((INIT, None), (OPEN, None)),
        ((TRY, None), (TRY, None)),
        ((OPEN, INIT), (OPEN, INIT)),
        ((OPEN, TRY), (OPEN, TRY)),
        ((OPEN, INIT), (OPEN, OPEN)),
        ((OPEN, CLOSED), (OPEN, INIT)),
    ],
)
def test_ends_that_do_not_belong_together_are_named(a: Any, b: Any) -> None:
    with pytest.raises(HandshakeError, match="do not belong together") as caught:
        find_move(make_side("a", *a), make_side("b", *b), PLAN)
    assert "connection-a" in caught.value.cause
    assert "connection-b" in caught.value.cause


def test_a_channel_is_answered_in_the_order_and_version_that_it_was_begun_in() -> None:
    """Whatever this run would have planned: an interchain account names its own."""
    a, b = make_side("a", OPEN, INIT, "icacontroller-x"), make_side("b", OPEN, None, "icahost")
    move = find_move(a, b, None)
    assert move is not None
    tried = protos.channel_tx.MsgChannelOpenTry.FromString(move.messages[0].value)
    assert (tried.port_id, tried.counterparty_version) == ("icahost", "version of a")
    assert tried.channel.ordering == Order.ORDERED
    assert (tried.channel.counterparty.port_id, tried.channel.counterparty.channel_id) == (
        "icacontroller-x",
        "channel-a",
    )
    assert tried.proof_init == b"a"

    a, b = make_side("a", OPEN, INIT), make_side("b", OPEN, TRY)
    move = find_move(a, b, None)
    assert move is not None
    acked = protos.channel_tx.MsgChannelOpenAck.FromString(move.messages[0].value)
    assert (acked.counterparty_version, acked.counterparty_channel_id) == (
        "version of b",
        "channel-b",
    )


def test_a_side_takes_names_from_events_and_reads_what_is_proven() -> None:
    end = ConnectionEnd("c", (DEFAULT_VERSION,), INIT, "d", "")
    asked: list[tuple[bytes, int]] = []

    class Proofs:
        def query_proof(self, key: bytes, height: int) -> Proof:
            asked.append((key, height))
            value = end.encode() if key.startswith(b"connections/") else b""
            return Proof(value, b"p", Height(1, height + 1))

    def event(type_: str, **attributes: str) -> Any:
        return SimpleNamespace(type=type_, get=attributes.get)

    side = make_side("a", None)
    side.chain.proofs = Proofs()  # type: ignore[assignment, misc]
    side.note(
        SimpleNamespace(  # type: ignore[arg-type]
            height=33,
            events=[
                event("update_client", connection_id="no"),
                event("connection_open_init", connection_id="connection-8"),
                event("channel_open_init", port_id="other", channel_id="channel-1"),
                event("channel_open_init", port_id="transfer", channel_id="channel-2"),
            ],
        )
    )

    assert (side.connection_id, side.channel_id, side.height) == ("connection-8", "channel-2", 33)
    assert side.connection == end
    assert side.channel is None
    assert asked == [
        (b"connections/connection-8", 33),
        (b"channelEnds/ports/transfer/channels/channel-2", 33),
    ]
    assert side.describe() == "a: connection-8 INIT, transfer/channel-2 missing"


States = tuple[EndState | None, EndState | None, EndState | None, EndState | None]
AFTER = {"OpenInit": INIT, "OpenTry": TRY, "OpenAck": OPEN, "OpenConfirm": OPEN}


def move_on(states: States) -> States | None:
    """Return the states after the next move, None when there is none."""
    move = find_move(make_side("a", *states[:2]), make_side("b", *states[2:]), PLAN)
    if move is None:
        return None
    after = list(states)
    for kind in name_types(move.messages):
        noun = "Connection" if kind.startswith("Connection") else "Channel"
        place = (0 if move.end is End.A else 2) + (noun == "Channel")
        after[place] = AFTER[kind.removeprefix(noun)]
    return after[0], after[1], after[2], after[3]


def swap(states: States) -> States:
    return states[2], states[3], states[0], states[1]


def test_every_state_that_relayers_can_leave_leads_to_an_open_link() -> None:
    """From either side, taking turns in any way: nothing is stuck, nothing goes round."""
    nothing: States = (None, None, None, None)
    reached, waiting = {nothing}, [nothing]
    while waiting:
        states = waiting.pop()
        # The next move is of a relayer that calls the chains so, or the other way round.
        for after in (move_on(states), move_on(swap(states))):
            for each in (after, swap(after)) if after is not None else ():
                if each not in reached:
                    reached.add(each)
                    waiting.append(each)
    assert len(reached) >= 15
    for states in reached:
        steps, left = 0, states
        while (after := move_on(left)) is not None:
            steps, left = steps + 1, after
            assert steps <= 6, states
        assert left == (OPEN, OPEN, OPEN, OPEN)
