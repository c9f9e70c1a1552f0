"""Channels, receipts, clients and wallets in state beside what blocks told, and every error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from plurichain.chain.nodes.grpc_channel import HeightPin
from plurichain.errors import HeightPruned, NodeError, NodeTimeout
from plurichain.ibc.channel import ChannelEnd
from plurichain.ibc.handshake import EndState
from plurichain.ibc.packet import Order, ProtocolVersion
from plurichain.tracker.blocks import Absence, Missing
from plurichain.tracker.coverage import ChainView, load_chains
from plurichain.tracker.observations import ChannelState, Observations, StateCheck, Wallet
from plurichain.tracker.observing import channel_states, receipts
from plurichain.tracker.observing.channel_states import ChannelWatch
from plurichain.tracker.observing.differences import MOST_TOLD
from plurichain.tracker.observing.ends import list_known_ends
from plurichain.tracker.observing.receipts import ReceiptWatch
from plurichain.tracker.observing.wallets import WalletWatch
from plurichain.tracker.observing.watched import MOST_SILENCES, WatchedWallet
from plurichain.tracker.reading import End
from plurichain.tracker.store import PacketStore, Route
from tests.unit.tracker.grids import (
    HERE,
    OK,
    THERE,
    A,
    B,
    add_routes,
    block,
    event,
    packet,
    run,
    signed,
)
from tests.unit.tracker.observing.made_chain import MadeChain, watch


@pytest.fixture
def store(store_place: str) -> Iterator[PacketStore]:
    with PacketStore.open(store_place) as opened:
        add_routes(opened)
        yield opened


@dataclass
class Queries:
    """What a chain says of packets; each answer notes the height that was asked for."""

    held: set[int] = field(default_factory=set)
    received: set[int] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)
    state: EndState = EndState.OPEN
    newest: int = 100
    error: NodeError | None = None
    pruned_below: int = 0
    pins: list[int] = field(default_factory=list)
    chunks: list[list[int]] = field(default_factory=list)

    def _answer(self, pin: HeightPin | None) -> None:
        assert pin is not None
        if self.error is not None:
            raise self.error
        if 0 < pin.height < self.pruned_below:
            raise HeightPruned("version does not exist")
        pin.height = pin.height or self.newest
        self.pins.append(pin.height)

    def list_packet_commitments(self, port: str, channel: str, *, pin: HeightPin) -> list[int]:
        assert (port, channel) in {(HERE.port, HERE.channel), (THERE.port, THERE.channel)}
        self._answer(pin)
        return sorted(self.held)

    def get_channel(self, _port: str, _channel: str, *, pin: HeightPin) -> ChannelEnd:
        self._answer(pin)
        hops = ("connection-4",)
        return ChannelEnd(self.state, Order.UNORDERED, "transfer", "channel-7", hops, "ics20-1")

    def list_unreceived_packets(
        self, _port: str, channel: str, sequences: Iterable[int], *, pin: HeightPin
    ) -> list[int]:
        assert channel == THERE.channel
        self._answer(pin)
        self.chunks.append(list(sequences))
        return sorted(set(self.chunks[-1]) - self.received)

    def list_acknowledged_packets(
        self, _port: str, _channel: str, sequences: Iterable[int], *, pin: HeightPin
    ) -> list[int]:
        self._answer(pin)
        return sorted(set(sequences) & self.answered)


def observe_channels(
    store: PacketStore, queries: Queries, said: list[str] | None = None
) -> ChannelState:
    watched = watch(store, MadeChain(A), [] if said is None else said, queries=queries)
    ChannelWatch(watched).observe(list_known_ends(store, A))
    (row,) = Observations(store).list_channel_states()
    return row


def list_findings(store: PacketStore) -> list[tuple[str, int, str, str]]:
    rows = Observations(store).list_state_checks()
    return [(row.chain_id, row.sequence, row.what, row.verdict) for row in rows]


CLASSIC = ProtocolVersion.CLASSIC
SENT = {3: signed(event("send_packet", packet(1))), 4: signed(event("send_packet", packet(2)))}


# --- channels -------------------------------------------------------------------------------------


def test_a_channel_is_read_at_the_height_that_blocks_were_read_to(store: PacketStore) -> None:
    run(store, A, 9, SENT)
    queries = Queries(held={1, 2})
    row = observe_channels(store, queries)
    assert (row.state, row.height, row.commitments, row.unread) == ("open", 9, 2, 0)
    assert (row.peer_chain_id, row.answered_ns, row.error) == (B, 77, None)
    assert queries.pins == [9, 9]
    assert list_findings(store) == []


def test_packets_that_no_block_told_of_are_counted_apart(store: PacketStore) -> None:
    """They were sent before the first block that was read: a backlog that no list shows."""
    run(store, A, 9, {3: signed(event("send_packet", packet(275)))})
    row = observe_channels(store, Queries(held={*range(1, 276)}))
    assert (row.commitments, row.unread) == (275, 274)


def test_what_is_unread_is_unknown_and_not_none_before_any_block(store: PacketStore) -> None:
    row = observe_channels(store, Queries(held={5, 6}))
    assert (row.height, row.commitments, row.unread) == (100, 2, None)


def test_far_behind_the_head_state_is_of_now_and_is_not_compared(store: PacketStore) -> None:
    run(store, A, 9, SENT)
    row = observe_channels(store, Queries(held={40}, pruned_below=50))
    assert (row.height, row.commitments, row.unread) == (100, 1, None)
    assert list_findings(store) == []


def test_an_answer_grows_old_and_never_turns_into_nothing(store: PacketStore) -> None:
    run(store, A, 9, SENT)
    before = observe_channels(store, Queries(held={1, 2}))
    after = observe_channels(store, Queries(error=NodeTimeout("no answer within 5 s")))
    assert (after.commitments, after.unread, after.height) == (2, 0, 9)
    assert after.answered_ns == before.answered_ns
    assert after.error == "no answer within 5 s"


def test_a_channel_that_never_answered_is_unknown(store: PacketStore) -> None:
    run(store, A, 9, SENT)
    row = observe_channels(store, Queries(error=NodeError("502 Bad Gateway")))
    assert (row.state, row.commitments, row.unread, row.answered_ns) == (None, None, None, None)
    assert row.error == "502 Bad Gateway"


def test_a_chain_that_cannot_be_reached_ages_all_its_channels(store: PacketStore) -> None:
    run(store, A, 9, SENT)
    observe_channels(store, Queries(held={1, 2}))
    watched = watch(store, MadeChain(A), [], queries=Queries())
    ChannelWatch(watched).fail("cannot reach it")
    (row,) = Observations(store).list_channel_states()
    assert (row.commitments, row.error) == (2, "cannot reach it")


def test_a_chain_that_hangs_is_not_waited_for_once_a_channel(store: PacketStore) -> None:
    """Its head would be asked for again after an hour, and would have grown old meanwhile."""
    ends: dict[End, str | None] = {
        End(CLASSIC, "transfer", f"channel-{number}"): B for number in range(50)
    }
    asked: list[str] = []

    class Hanging(Queries):
        def list_packet_commitments(self, port: str, channel: str, *, pin: HeightPin) -> list[int]:
            asked.append(channel)
            raise self.error or NodeTimeout("no answer within 10 s")

    queries = Hanging()
    watching = ChannelWatch(watch(store, MadeChain(A), [], queries=queries))
    for number in (1, 2):
        watching.observe(ends)
        assert len(asked) == number * MOST_SILENCES
        assert watching.silence == "no answer within 10 s"
    rows = Observations(store).list_channel_states()
    assert [row.error for row in rows] == ["no answer within 10 s"] * 50
    # Errors that come at once are each a channel's own.
    queries.error = NodeError("502 Bad Gateway")
    watching.observe(ends)
    assert len(asked) == 2 * MOST_SILENCES + 50
    assert watching.silence is None


def test_what_blocks_and_state_say_otherwise_is_found_and_not_mended(store: PacketStore) -> None:
    ended = {6: signed(event("acknowledge_packet", packet(2)))}
    run(store, A, 9, SENT | ended)
    said: list[str] = []
    assert observe_channels(store, Queries(held={2}), said).unread == 0
    assert list_findings(store) == [(A, 1, "open", "absent"), (A, 2, "open", "different")]
    assert [text.partition(" as blocks")[0] for text in said] == [
        f"{A}: packet 1 of transfer/channel-0: sent and not ended",
        f"{A}: packet 2 of transfer/channel-0: ended",
    ]
    # What blocks told stays as it was.
    rows = store.query("SELECT sequence, state FROM sent ORDER BY sequence")
    assert [state for _, state in rows] == ["sent", "acknowledged"]
    # Another run says nothing again; once both agree there is nothing to look at.
    observe_channels(store, Queries(held={2}), said)
    assert len(said) == 2
    observe_channels(store, Queries(held={1}), said)
    assert list_findings(store) == []


def test_a_destination_that_the_channel_does_not_lead_to_is_found(store: PacketStore) -> None:
    """No commitment of a classic packet holds it, so that a node may tell any."""
    told = replace(packet(2), destination_channel="channel-8")
    run(store, A, 9, {3: SENT[3], 4: signed(event("send_packet", told))})
    said: list[str] = []
    for _ in range(2):
        observe_channels(store, Queries(held={1, 2}), said)
    assert list_findings(store) == [(A, 2, "open", "different")]
    [text] = said
    assert text == (
        f"{A}: packet 2 of transfer/channel-0: sent to transfer/channel-8 as blocks tell, and the "
        "channel leads to transfer/channel-7 in the state after block 9"
    )


def test_a_node_that_denies_everything_floods_nobody(
    store: PacketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 3 * MOST_TOLD
    sent = signed(*(event("send_packet", packet(each)) for each in range(1, count + 1)))
    run(store, A, 9, {3: sent})
    looked: list[PacketStore] = []

    def look(of: PacketStore) -> dict[str, ChainView]:
        looked.append(of)
        return load_chains(of)

    monkeypatch.setattr(channel_states, "load_chains", look)
    said: list[str] = []
    observe_channels(store, Queries(), said)
    assert len(list_findings(store)) == count
    assert len(said) == MOST_TOLD + 1
    assert said[-1] == f"{A}: as much is to be said of {count - MOST_TOLD} packets"
    assert len(looked) == 1, "what was read is looked up once for all packets"


def test_an_end_in_blocks_that_were_not_read_is_no_difference(store: PacketStore) -> None:
    run(store, A, 5, SENT)
    store.take_in(Missing(A, 6, 8, Absence.PRUNED))
    row = observe_channels(store, Queries(held={1}))
    assert (row.commitments, row.unread) == (1, 0)
    assert list_findings(store) == []


def test_a_closed_channel_is_told(store: PacketStore) -> None:
    run(store, A, 9, SENT)
    assert observe_channels(store, Queries(state=EndState.CLOSED)).state == "closed"


# --- packets under way, at their destination ------------------------------------------------------

RECV, ACK = event("recv_packet", packet(1)), event("write_acknowledgement", packet(1), ack=OK)


def observe_receipts(
    store: PacketStore, queries: Queries, said: list[str] | None = None
) -> ReceiptWatch:
    watched = watch(store, MadeChain(B), [] if said is None else said, queries=queries)
    watching = ReceiptWatch(watched)
    watching.observe()
    return watching


@pytest.mark.parametrize(
    ("words", "received", "answered", "difference"),
    [
        ({}, set(), set(), ""),
        ({}, {1}, set(), "not received as blocks tell"),
        ({6: signed(RECV)}, {1}, set(), ""),
        ({6: signed(RECV)}, set(), set(), "received as blocks tell"),
        ({6: signed(RECV)}, {1}, {1}, "not answered as blocks tell"),
        ({6: signed(RECV, ACK)}, {1}, {1}, ""),
        ({6: signed(RECV, ACK)}, {1}, set(), "answered as blocks tell"),
    ],
)
def test_receipts_and_answers_tell_the_same_class(
    store: PacketStore, words: dict[int, Any], received: set[int], answered: set[int],
    difference: str,
) -> None:  # fmt: skip
    run(store, A, 9, {3: SENT[3]})
    run(store, B, 12, words)
    said: list[str] = []
    queries = Queries(received=received, answered=answered)
    observe_receipts(store, queries, said)
    assert queries.pins == [12, 12]
    assert queries.chunks == [[1]]
    expected = [(A, 1, "received", "different")] if difference else []
    assert list_findings(store) == expected
    assert [text.partition(": ")[2].partition(": ")[2][: len(difference)] for text in said] == (
        [difference] if difference else []
    )


def test_a_destination_of_which_not_all_was_read_contradicts_nothing(store: PacketStore) -> None:
    run(store, A, 9, {3: SENT[3]})
    store.take_in(Missing(B, 1, 8, Absence.PRUNED))
    observe_receipts(store, Queries(received={1}, answered={1}))
    assert list_findings(store) == []


def test_a_difference_goes_when_it_is_none_any_more(store: PacketStore) -> None:
    run(store, A, 9, {3: SENT[3]})
    run(store, B, 12, {})
    watching = observe_receipts(store, queries := Queries(received={1}))
    assert len(list_findings(store)) == 1
    queries.received = set()
    watching.observe()
    assert list_findings(store) == []


def test_a_difference_of_an_earlier_run_goes_with_its_packet(store: PacketStore) -> None:
    run(store, A, 9, {3: SENT[3]})
    run(store, B, 12, {})
    observe_receipts(store, Queries(received={1}))
    store.take_in(block(A, 10, signed(event("timeout_packet", packet(1)))))
    observe_receipts(store, Queries())
    assert list_findings(store) == []


def test_state_that_is_gone_compares_nothing(store: PacketStore) -> None:
    run(store, A, 9, {3: SENT[3]})
    run(store, B, 12, {})
    observe_receipts(store, Queries(received={1}, pruned_below=50))
    assert list_findings(store) == []


def test_nothing_is_asked_of_a_chain_that_was_never_read(store: PacketStore) -> None:
    run(store, A, 9, SENT)
    queries = Queries()
    observe_receipts(store, queries)
    assert queries.pins == []


def test_what_is_sent_after_the_destination_was_read_is_not_received_yet(
    store: PacketStore,
) -> None:
    """A destination that lags by blocks: neither side has it, and that is no difference."""
    run(store, A, 60, {50: signed(event("send_packet", packet(1)))})
    run(store, B, 12, {})
    observe_receipts(store, Queries())
    assert list_findings(store) == []


def test_a_difference_beyond_what_one_round_takes_stays_and_is_said_once(
    store: PacketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tens of thousands wait: a round looks at the oldest and the newest alone."""
    sent = [signed(*(event("send_packet", packet(each)) for each in (1, 2, 3)))]
    run(store, A, 3, {3: sent[0]})
    run(store, B, 12, {})
    said: list[str] = []
    watching = observe_receipts(store, queries := Queries(received={2}), said)
    monkeypatch.setattr(receipts, "MOST_AT_ONCE", 1)
    for _ in range(2):
        watching.observe()
        assert queries.chunks[-1] == [1, 3]
        assert list_findings(store) == [(A, 2, "received", "different")]
    store.take_in(block(A, 4, signed(event("acknowledge_packet", packet(2)))))
    watching.observe()
    assert list_findings(store) == []
    assert len(said) == 1


def test_an_end_that_is_not_told_keeps_no_other_back(store: PacketStore) -> None:
    odd, other = End(CLASSIC, "transfer", "channel-3"), End(CLASSIC, "transfer", "channel-4")
    store.add_route(Route(A, odd, B, other))
    store.add_route(Route(B, other, A, odd))

    class Half(Queries):
        def list_unreceived_packets(
            self, port: str, channel: str, sequences: Iterable[int], *, pin: HeightPin
        ) -> list[int]:
            if channel == other.channel:
                raise NodeError("odd")
            return super().list_unreceived_packets(port, channel, sequences, pin=pin)

    strange = replace(packet(5), source_channel=odd.channel, destination_channel=other.channel)
    run(store, A, 9, {3: SENT[3], 4: signed(event("send_packet", strange))})
    run(store, B, 12, {})
    with pytest.raises(NodeError, match="odd"):
        observe_receipts(store, Half(received={1}))
    assert list_findings(store) == [(A, 1, "received", "different")]


def test_a_stored_difference_of_another_chain_is_left_alone(store: PacketStore) -> None:
    row = StateCheck("grid-9", "classic", "transfer", "channel-0", 1, 3, "different",
                     is_proven=False, asked_ns=1, what="received")  # fmt: skip
    Observations(store).save(row)
    run(store, A, 9, SENT)
    run(store, B, 12, {})
    observe_receipts(store, Queries())
    assert Observations(store).list_state_checks() == [row]


# --- wallets --------------------------------------------------------------------------------------

ADDRESS = "pluri1gy3ws52ep9lssmjg5zl6rtjsv0adtr459qwcch"


def make_wallets(store: PacketStore, least: int) -> WalletWatch:
    wallet = WatchedWallet("relayer", ADDRESS, "upluri", least)
    return WalletWatch(watch(store, MadeChain(A), [], wallets=(wallet,)))


def test_a_balance_that_was_never_told_is_shown_as_not_known(store: PacketStore) -> None:
    """Its chain is away since the start: not watching it would look like having nothing to say."""
    make_wallets(store, 5).fail("cannot reach it")
    (row,) = Observations(store).list_wallets()
    assert (row.name, row.amount, row.answered_ns, row.least) == ("relayer", None, None, 5)
    assert row.error == "cannot reach it"


def test_what_a_wallet_should_hold_is_what_was_asked_for_last(store: PacketStore) -> None:
    told = Wallet(A, "relayer", ADDRESS, "upluri", asked_ns=3, answered_ns=3, amount=9, least=5)
    Observations(store).save(told)
    make_wallets(store, 10).fail("cannot reach it")
    (row,) = Observations(store).list_wallets()
    assert (row.amount, row.answered_ns, row.least) == (9, 3, 10)
