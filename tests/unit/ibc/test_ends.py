"""Channels and connections: bytes of the chain, and handshakes that come to their end."""

from __future__ import annotations

import cosmpy.protos  # noqa: F401  puts ibc.* on the import path
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibc.core.channel.v1.channel_pb2 import Channel
from ibc.core.connection.v1.connection_pb2 import ConnectionEnd as TheirConnectionEnd

from plurichain.errors import EncodingError
from plurichain.ibc.channel import ChannelEnd, next_channel_step
from plurichain.ibc.connection import (
    DEFAULT_VERSION,
    ConnectionEnd,
    ConnectionVersion,
    next_connection_step,
)
from plurichain.ibc.handshake import End, EndState, HandshakeMove, HandshakeStep
from plurichain.ibc.packet import Order

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
STATES = st.sampled_from(EndState)


@given(STATES, st.sampled_from(Order), TEXTS, TEXTS, st.lists(TEXTS, max_size=3), TEXTS)
def test_channel_ends_are_byte_equal(
    state: EndState, order: Order, port: str, channel: str, hops: list[str], version: str
) -> None:
    """And read again; a proof of an end is for exactly these bytes."""
    ours = ChannelEnd(state, order, port, channel, tuple(hops), version)
    theirs = Channel(state=state, ordering=order, connection_hops=hops, version=version)
    theirs.counterparty.port_id, theirs.counterparty.channel_id = port, channel
    theirs.counterparty.SetInParent()

    assert ours.encode() == theirs.SerializeToString(deterministic=True)
    assert ChannelEnd.decode(ours.encode()) == ours
    assert ours.is_open is (state is EndState.OPEN)


VERSIONS = st.builds(ConnectionVersion, TEXTS, st.lists(TEXTS, max_size=2).map(tuple))


@given(
    TEXTS,
    st.lists(VERSIONS, max_size=2),
    STATES,
    TEXTS,
    TEXTS,
    st.binary(),
    st.integers(0, 2**64 - 1),
)
def test_connection_ends_are_byte_equal(
    client: str,
    versions: list[ConnectionVersion],
    state: EndState,
    other_client: str,
    other: str,
    prefix: bytes,
    delay: int,
) -> None:
    """And read again."""
    ours = ConnectionEnd(client, tuple(versions), state, other_client, other, prefix, delay)
    theirs = TheirConnectionEnd(client_id=client, state=state, delay_period=delay)
    for version in versions:
        theirs.versions.add(identifier=version.identifier, features=version.features)
    theirs.counterparty.client_id, theirs.counterparty.connection_id = other_client, other
    theirs.counterparty.prefix.key_prefix = prefix
    theirs.counterparty.prefix.SetInParent()

    assert ours.encode() == theirs.SerializeToString(deterministic=True)
    assert ConnectionEnd.decode(ours.encode()) == ours
    assert ours.is_open is (state is EndState.OPEN)


def test_the_usual_version_and_prefix() -> None:
    """What every chain of today offers."""
    end = ConnectionEnd("07-tendermint-0", (DEFAULT_VERSION,), EndState.INIT, "c", "")

    assert end.counterparty_prefix == b"ibc"
    assert ConnectionEnd.decode(end.encode()).versions[0].features == (
        "ORDER_ORDERED",
        "ORDER_UNORDERED",
    )


def test_states_that_do_not_exist_are_refused() -> None:
    """Named, instead of a ValueError."""
    with pytest.raises(EncodingError, match="channel end: 9"):
        ChannelEnd.decode(Channel(state=9).SerializeToString())
    with pytest.raises(EncodingError, match="channel end: 7"):
        ChannelEnd.decode(Channel(ordering=7).SerializeToString())
    with pytest.raises(EncodingError, match="connection end: 9"):
        ConnectionEnd.decode(TheirConnectionEnd(state=9).SerializeToString())


# What each message needs at its own and at the other end, and what it leaves at its own.
EFFECTS = {
    HandshakeMove.OPEN_INIT: (EndState.MISSING, EndState.MISSING, EndState.INIT),
    HandshakeMove.OPEN_TRY: (EndState.MISSING, EndState.INIT, EndState.TRYOPEN),
    HandshakeMove.OPEN_ACK: (EndState.INIT, EndState.TRYOPEN, EndState.OPEN),
    HandshakeMove.OPEN_CONFIRM: (EndState.TRYOPEN, EndState.OPEN, EndState.OPEN),
    HandshakeMove.CLOSE_CONFIRM: (EndState.OPEN, EndState.CLOSED, EndState.CLOSED),
}


def apply_step(step: HandshakeStep, a: EndState, b: EndState) -> tuple[EndState, EndState]:
    """Do what ibc-go does with a message, or fail as it would."""
    own, other = (a, b) if step.end is End.A else (b, a)
    needs_own, needs_other, after = EFFECTS[step.move]
    assert (own, other) == (needs_own, needs_other)
    return (after, other) if step.end is End.A else (other, after)


@pytest.mark.parametrize("a", EndState)
@pytest.mark.parametrize("b", EndState)
def test_every_step_is_one_that_the_chain_takes(a: EndState, b: EndState) -> None:
    """From any pair of states: a step that applies, until nothing is left to send."""
    for find in (next_channel_step, next_connection_step):
        states = (a, b)
        for _ in range(5):
            step = find(*states)
            if step is None:
                break
            states = apply_step(step, *states)
        assert find(*states) is None


@pytest.mark.parametrize("find", [next_channel_step, next_connection_step])
@pytest.mark.parametrize(
    "states",
    [(EndState.MISSING,) * 2, (EndState.INIT, EndState.MISSING), (EndState.OPEN, EndState.TRYOPEN)],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_handshake_ends_open(
    find: object, states: tuple[EndState, EndState], swapped: bool
) -> None:
    """From any point where it may have been left, whoever began."""
    a, b = states[::-1] if swapped else states
    while (step := find(a, b)) is not None:  # type: ignore[operator]
        a, b = apply_step(step, a, b)

    assert (a, b) == (EndState.OPEN, EndState.OPEN)


def test_ends_may_be_given_whole_or_be_missing() -> None:
    """As they come from a query."""
    closed = ChannelEnd(EndState.CLOSED, Order.ORDERED, "p", "c", ("connection-0",), "")
    opened = ConnectionEnd("c", (), EndState.OPEN, "d", "connection-1")

    assert next_channel_step(closed, EndState.OPEN) == HandshakeStep(
        HandshakeMove.CLOSE_CONFIRM, End.B
    )
    assert next_channel_step(EndState.OPEN, closed) == HandshakeStep(
        HandshakeMove.CLOSE_CONFIRM, End.A
    )
    for find in (next_channel_step, next_connection_step):
        assert find(None, None) == HandshakeStep(HandshakeMove.OPEN_INIT, End.A)
    assert next_connection_step(opened, EndState.TRYOPEN) == HandshakeStep(
        HandshakeMove.OPEN_CONFIRM, End.B
    )
    assert next_connection_step(EndState.CLOSED, EndState.OPEN) is None
    assert End.A.other is End.B
