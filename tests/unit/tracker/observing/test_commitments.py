"""Commitments recomputed from events beside those in state, with proofs and trusted headers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plurichain.chain.ibc.proofs import Proof
from plurichain.errors import BadReply, ModuleMissing, ProofError
from plurichain.ibc.commitments import compute_packet_commitment
from plurichain.ibc.packet import Packet
from plurichain.ibc.paths import packet_commitment_key
from plurichain.tracker.blocks import TrackedTx
from plurichain.tracker.observations import Observations
from plurichain.tracker.observing import commitments
from plurichain.tracker.observing.commitments import CommitmentWatch
from plurichain.tracker.store import PacketStore
from tests.unit.tracker.grids import A, block, event, packet, signed
from tests.unit.tracker.observing.made_chain import MadeChain, watch

Verdict = tuple[str, bool]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PacketStore]:
    with PacketStore.open(tmp_path / "packets.db") as opened:
        yield opened


@pytest.fixture
def chain() -> MadeChain:
    return MadeChain(A)


@pytest.fixture
def small_rounds(monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Have a round take few packets and headers; returns how many of each."""
    monkeypatch.setattr(commitments, "PACKETS_AT_ONCE", 8)
    monkeypatch.setattr(commitments, "HEADERS_AT_ONCE", 30)
    return 8, 30


def key_of(of: Packet) -> bytes:
    return packet_commitment_key(of.source_port, of.source_channel, of.sequence)


def read(store: PacketStore, chain: MadeChain, last: int, sent: dict[int, list[Packet]]) -> None:
    """Have blocks up to ``last`` read, with packets sent in some; state holds them from there."""
    cursor = store.get_cursor(A)
    first = 1 if cursor is None else cursor.height + 1
    for packets_height, packets in sent.items():
        rows = chain.state.setdefault(packets_height, {})
        for each in packets:
            rows.setdefault(key_of(each), compute_packet_commitment(each))
    for height in range(first, last + 1):
        txs: list[TrackedTx] = [signed(event("send_packet", each)) for each in sent.get(height, ())]
        whole = block(A, height, *txs)
        before = chain.get_hash(height - 1) if height > 1 else ""
        store.take_in(replace(whole, block_hash=chain.get_hash(height), previous_hash=before))


def verdicts(store: PacketStore) -> dict[int, Verdict]:
    rows = Observations(store).list_state_checks()
    return {row.sequence: (row.verdict, row.is_proven) for row in rows}


def test_every_packet_is_compared_and_proven(store_place: str, chain: MadeChain) -> None:
    with PacketStore.open(store_place) as store:
        check_every_packet(store, chain)


def check_every_packet(store: PacketStore, chain: MadeChain) -> None:
    read(store, chain, 9, {3: [packet(1)], 5: [packet(2), packet(3)], 9: [packet(4)]})
    said: list[str] = []
    watching = CommitmentWatch(watch(store, chain, said))
    assert watching.observe() is False
    # The state after the last block is under the header of the next, which is not there yet.
    assert verdicts(store) == dict.fromkeys((1, 2, 3), ("same", True))
    assert chain.asked == [3, 5]
    read(store, chain, 10, {})
    watching.observe()
    assert verdicts(store)[4] == ("same", True)
    watching.observe()
    assert chain.asked == [3, 5, 9]
    assert said == []


def test_what_state_says_otherwise_is_proven_and_said_once(
    store: PacketStore, chain: MadeChain
) -> None:
    chain.state = {3: {key_of(packet(1)): b"other" * 6}, 4: {key_of(packet(2)): None}}
    read(store, chain, 9, {3: [packet(1)], 4: [packet(2)], 6: [packet(3)]})
    said: list[str] = []
    for _ in range(2):
        CommitmentWatch(watch(store, chain, said)).observe()
    assert verdicts(store) == {1: ("different", True), 2: ("absent", True), 3: ("same", True)}
    assert [text.partition(": its")[0] for text in said] == [
        f"{A}: packet 1 of transfer/channel-0",
        f"{A}: packet 2 of transfer/channel-0",
    ]
    assert "another one (proven)" in said[0]
    assert "none (proven)" in said[1]


def test_what_was_pruned_is_neither_same_nor_absent(store: PacketStore, chain: MadeChain) -> None:
    chain.gone = {3}
    read(store, chain, 9, {3: [packet(1)], 5: [packet(2)]})
    watching = CommitmentWatch(watch(store, chain, []))
    for _ in range(3):
        watching.observe()
    assert verdicts(store) == {1: ("pruned", False), 2: ("same", True)}
    assert chain.asked == [3, 5]


class Liar:
    """Answers for one height as another chain would, whose proofs do not lead to the header."""

    def __init__(self, chain: MadeChain, monkeypatch: pytest.MonkeyPatch, height: int) -> None:
        self.chain = MadeChain(A)
        self.chain.state = {height: {key_of(packet(1)): compute_packet_commitment(packet(1))}}
        self.height, self.is_lying = height, True
        self._tell = chain.query_proofs
        monkeypatch.setattr(chain, "query_proofs", self.answer)

    def answer(self, keys: list[bytes], height: int) -> list[Proof]:
        is_lie = self.is_lying and height == self.height
        return self.chain.query_proofs(keys, height) if is_lie else self._tell(keys, height)


def test_a_proof_of_another_state_proves_nothing(
    store: PacketStore, chain: MadeChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that says what one hopes for, with a proof that does not lead to the header."""
    chain.state[3] = {key_of(packet(1)): None}
    read(store, chain, 9, {3: [packet(1)], 5: [packet(2)]})
    liar = Liar(chain, monkeypatch, 3)
    said: list[str] = []
    watching = CommitmentWatch(watch(store, chain, said))
    for _ in range(3):
        # It stands until the node says something that holds, and is asked for no sooner.
        with pytest.raises(ProofError, match="another root"):
            watching.observe()
        # What was refuted is not known: neither the same nor another.
        assert verdicts(store) == {2: ("same", True)}
    assert len(liar.chain.asked) == 1, "it is asked for again and again"
    assert said == []
    liar.is_lying = False
    monkeypatch.setattr(commitments, "REFUTED_REST_S", 0.0)
    watching = CommitmentWatch(watch(store, chain, said))
    watching.observe()
    assert verdicts(store) == {1: ("absent", True), 2: ("same", True)}


def test_what_was_said_without_a_proof_goes_when_its_proof_is_false(
    store: PacketStore, chain: MadeChain, monkeypatch: pytest.MonkeyPatch,
    small_rounds: tuple[int, int],
) -> None:  # fmt: skip
    chain.state[3] = {key_of(packet(1)): None}
    read(store, chain, 2 * small_rounds[1], {3: [packet(1)]})
    liar = Liar(chain, monkeypatch, 3)
    monkeypatch.setattr(commitments, "REFUTED_REST_S", 0.0)
    watching = CommitmentWatch(watch(store, chain, []))
    watching.observe()
    assert verdicts(store) == {1: ("same", False)}
    with pytest.raises(ProofError, match="another root"):
        watching.observe()
    assert verdicts(store) == {}
    # With no rest it is asked again, and again, until the node mends its ways.
    with pytest.raises(ProofError, match="another root"):
        watching.observe()
    liar.is_lying = False
    watching.observe()
    assert verdicts(store) == {1: ("absent", True)}


def test_a_node_that_proves_nothing_is_not_asked_for_ever_more(
    store: PacketStore, chain: MadeChain, monkeypatch: pytest.MonkeyPatch,
    small_rounds: tuple[int, int],
) -> None:  # fmt: skip
    packets, _ = small_rounds
    sent = [packet(number) for number in range(1, 5 * packets)]
    read(store, chain, 9, {3: sent})
    liar = Liar(chain, monkeypatch, 3)
    watching = CommitmentWatch(watch(store, chain, []))
    for _ in range(6):
        with pytest.raises(ProofError, match="another root"):
            watching.observe()
    assert len(liar.chain.asked) == 1
    assert verdicts(store) == {}


def test_an_answer_that_cannot_be_right_keeps_no_other_back(
    store: PacketStore, chain: MadeChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(store, chain, 9, {3: [packet(1)], 5: [packet(2)]})
    tell = chain.query_proofs

    def answer(keys: list[bytes], height: int) -> list[Proof]:
        if height == 3:
            raise BadReply("fields are missing or wrong")
        return tell(keys, height)

    monkeypatch.setattr(chain, "query_proofs", answer)
    watching = CommitmentWatch(watch(store, chain, []))
    with pytest.raises(BadReply, match="fields are missing"):
        watching.observe()
    assert verdicts(store) == {2: ("same", True)}


def test_a_header_that_is_not_the_block_read_is_refused(
    store: PacketStore, chain: MadeChain
) -> None:
    read(store, chain, 9, {3: [packet(1)]})
    other = MadeChain(A)
    other.state = {2: {b"b": b"1"}}
    with pytest.raises(ProofError, match="header 9 hashes to"):
        CommitmentWatch(watch(store, other, [])).observe()
    assert verdicts(store) == {}


def test_a_header_that_its_validators_did_not_sign_is_refused(
    store: PacketStore, chain: MadeChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(store, chain, 9, {3: [packet(1)]})

    sign = chain.get_signed_header

    def unsign(height: int) -> object:
        whole = sign(height)
        slots = tuple(replace(slot, signature=bytes(64)) for slot in whole.commit.signatures)
        return replace(whole, commit=replace(whole.commit, signatures=slots))

    monkeypatch.setattr(chain, "get_signed_header", unsign)
    with pytest.raises(ProofError, match="signature"):
        CommitmentWatch(watch(store, chain, [])).observe()


def test_headers_below_are_trusted_by_their_hashes_alone(
    store: PacketStore, chain: MadeChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(store, chain, 60, {3: [packet(1)]})
    forged = MadeChain(A)
    forged.state = {3: {key_of(packet(1)): b"forged"}}
    monkeypatch.setattr(chain, "call", forged.call)
    with pytest.raises(ProofError, match="names before it"):
        CommitmentWatch(watch(store, chain, [])).observe()


def test_newest_and_oldest_come_first_in_bounded_rounds(
    store: PacketStore, chain: MadeChain, small_rounds: tuple[int, int]
) -> None:
    packets, headers = small_rounds
    count, last = 3 * packets, 3 * headers
    heights = [2 + number * (last - 10) // count for number in range(count)]
    sent: dict[int, list[Packet]] = {}
    for number, height in enumerate(heights, start=1):
        sent.setdefault(height, []).append(packet(number))
    read(store, chain, last, sent)
    watching = CommitmentWatch(watch(store, chain, []))
    assert watching.observe() is True
    half = packets // 2
    first = verdicts(store)
    assert set(first) == {*range(1, half + 1), *range(count - half + 1, count + 1)}
    assert first[count] == ("same", True)
    # Its header is far below what one round may read: compared at once, and proven later.
    assert first[1] == ("same", False)
    for _ in range(12):
        before = chain.read_headers
        watching.observe()
        assert chain.read_headers - before <= headers
        found = verdicts(store)
        if len(found) == count and all(is_proven for _, is_proven in found.values()):
            break
    assert set(found.values()) == {("same", True)}
    asked = len(chain.asked)
    watching.observe()
    assert len(chain.asked) == asked


def test_a_node_without_old_headers_leaves_them_unproven(
    store: PacketStore, chain: MadeChain
) -> None:
    chain.base = 40
    read(store, chain, 60, {3: [packet(1)], 50: [packet(2)]})
    watching = CommitmentWatch(watch(store, chain, []))
    for _ in range(2):
        watching.observe()
    assert verdicts(store) == {1: ("same", False), 2: ("same", True)}


def test_a_difference_that_is_proven_later_is_said_once(
    store: PacketStore, chain: MadeChain, small_rounds: tuple[int, int]
) -> None:
    chain.state = {3: {key_of(packet(1)): b"other" * 6}}
    read(store, chain, 2 * small_rounds[1], {3: [packet(1)]})
    said: list[str] = []
    watching = CommitmentWatch(watch(store, chain, said))
    watching.observe()
    assert verdicts(store) == {1: ("different", False)}
    for _ in range(3):
        watching.observe()
    assert verdicts(store) == {1: ("different", True)}
    assert len(said) == 1


def test_a_line_that_does_not_lead_to_what_was_trusted_is_refused(
    store: PacketStore, chain: MadeChain
) -> None:
    read(store, chain, 20, {3: [packet(1)]})
    watched = watch(store, chain, [])
    watching = CommitmentWatch(watched)
    watching.observe()
    other = MadeChain(A)
    other.state = {2: {b"b": b"1"}}
    for height in range(21, 31):  # of blocks without hashes nothing is known
        store.take_in(
            block(A, height, *([signed(event("send_packet", packet(2)))] * (height == 25)))
        )
    store.take_in(replace(block(A, 31), block_hash=other.get_hash(31)))
    object.__setattr__(watched, "proofs", other)
    watched.client.rpc = other  # type: ignore[misc, assignment]
    with pytest.raises(ProofError, match="header 20 is another"):
        watching.observe()


def test_validators_that_changed_since_are_bridged(store: PacketStore) -> None:
    chain = MadeChain(A, every=7)
    read(store, chain, 20, {3: [packet(1)]})
    watching = CommitmentWatch(watch(store, chain, []))
    watching.observe()
    read(store, chain, 120, {110: [packet(2)]})
    watching.observe()
    assert verdicts(store) == {1: ("same", True), 2: ("same", True)}


def test_a_chain_without_staking_is_compared_without_a_proof(
    store: PacketStore, chain: MadeChain
) -> None:
    """Nobody tells for how long its validators can be trusted: what its node says stays that."""
    read(store, chain, 9, {3: [packet(1)]})
    watched = watch(store, chain, [])

    def refuse(*_: object, **__: object) -> object:
        raise ModuleMissing("unknown service cosmos.staking.v1beta1.Query")

    watched.client.grpc.call = refuse  # type: ignore[method-assign]
    CommitmentWatch(watched).observe()
    assert verdicts(store) == {1: ("same", False)}


def test_ended_in_its_own_block_is_nothing_to_look_at(store: PacketStore, chain: MadeChain) -> None:
    chain.state[3] = {key_of(packet(1)): None}
    read(store, chain, 2, {})
    words = signed(event("send_packet", packet(1)), event("acknowledge_packet", packet(1)))
    both = replace(block(A, 3, words), block_hash=chain.get_hash(3))
    store.take_in(both)
    read(store, chain, 6, {})
    said: list[str] = []
    CommitmentWatch(watch(store, chain, said)).observe()
    assert verdicts(store) == {1: ("pruned", True)}
    assert said == []
