"""Checks without a chain: what a node tells of itself, versions, and the tracker's own database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from plurichain.chain.ibc.queries import ClientStatus
from plurichain.chain.nodes.node_facts import NodeBuild, parse_gas_prices
from plurichain.chain.types import NodeStatus
from plurichain.config import Endpoint, Network
from plurichain.encoding.height import Height
from plurichain.errors import BadReply, HeightPruned, ModuleMissing, NodeTimeout
from plurichain.ibc.client import ConsensusState
from plurichain.tracker.blocks import Absence, Missing
from plurichain.tracker.followed import forget_chain
from plurichain.tracker.health import client_checks, node_checks
from plurichain.tracker.health.findings import Finding, Subject, Verdict
from plurichain.tracker.health.tracking_checks import check_tracking
from plurichain.tracker.health.versions import KNOWN_GOOD
from plurichain.tracker.observations import Contact, Observations, StateCheck
from plurichain.tracker.store import Cursor, PacketStore
from tests.unit.tracker.grids import SECOND_NS, A, B, block, event, packet, run, signed
from tests.unit.tracker.observing.made_chain import Stub

NETWORK = Network(
    name="town",
    chain_id=A,
    prefix="pluri",
    endpoints=(Endpoint("127.0.0.1:1", "http://127.0.0.1:2"),),
    fee_denom="upluri",
    gas_price=Fraction(0),
)
STATUS = NodeStatus(A, 12, 12 * SECOND_NS, False, "", "")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PacketStore]:
    with PacketStore.open(tmp_path / "packets.db") as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "prices"),
    [
        ("", {}),
        ("0upluri", {}),
        ("0.025uatom,0.1ueur", {"uatom": Fraction(1, 40), "ueur": Fraction(1, 10)}),
        ("0.000000000000000001ibc/ABC0", {"ibc/ABC0": Fraction(1, 10**18)}),
        ("3factory/pluri1x/gold", {"factory/pluri1x/gold": Fraction(3)}),
    ],
)
def test_gas_prices_are_read_exactly(text: str, prices: dict[str, Fraction]) -> None:
    assert parse_gas_prices(text) == prices


@pytest.mark.parametrize("text", ["upluri", "0.1", "-1upluri", ".5upluri", "0.1 upluri x"])
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(BadReply, match="minimum gas price"):
        parse_gas_prices(text)


@pytest.mark.parametrize(
    ("name", "modules", "version", "is_known"),
    [
        ("cosmos_sdk", {"github.com/cosmos/cosmos-sdk": "v0.53.7"}, "v0.53.7", True),
        ("cosmos_sdk", {"github.com/cosmos/cosmos-sdk": "v0.54.0"}, "v0.54.0", False),
        ("cosmos_sdk", {"github.com/cosmos/cosmos-sdk": "v0.50.1"}, "v0.50.1", False),
        ("ibc_go", {"github.com/cosmos/ibc-go/v10": "v10.7.0"}, "v10.7.0", True),
        ("ibc_go", {"github.com/cosmos/ibc-go/v11": "v11.2.0"}, "v11.2.0", False),
        ("ibc_go", {"github.com/cosmos/ibc-go-fork": "v10.1.0"}, None, False),
        ("cometbft", {"github.com/cometbft/cometbft": "v0.38.22-rc1"}, "v0.38.22-rc1", True),
        ("cometbft", {"github.com/tendermint/tendermint": "v0.34.0"}, "v0.34.0", False),
        ("cometbft", {"github.com/cometbft/cometbft": "main"}, "main", False),
    ],
)
def test_versions_that_this_was_tried_with(
    name: str, modules: dict[str, str], version: str | None, is_known: bool
) -> None:
    part = next(each for each in KNOWN_GOOD if each.name == name)
    build = NodeBuild("app", "v1", modules)
    assert part.find(build) == version
    assert (version is not None and part.is_known(version)) is is_known
    assert "tried with" in part.rule


def pick(findings: list[Finding], field: str) -> Finding:
    return next(each for each in findings if each.field == field)


def test_what_is_not_tracked_is_no_failure(store: PacketStore) -> None:
    for database in (None, store):
        (finding,) = check_tracking(database, NETWORK, STATUS)
        assert (finding.field, finding.verdict) == ("tracked", Verdict.NOTE)
        assert finding.remedy == "plurichain ibc track town"


def test_a_tracker_that_keeps_up(store: PacketStore) -> None:
    run(store, A, 10, {})
    findings = check_tracking(store, NETWORK, STATUS)
    assert {each.field: each.verdict for each in findings} == dict.fromkeys(
        ("lag", "coverage", "state"), Verdict.OK
    )
    assert pick(findings, "lag").value == "2 blocks, 2s"
    assert pick(findings, "coverage").value == "blocks 1 to 10"


def test_a_tracker_that_lags_or_cannot_be_compared(store: PacketStore) -> None:
    run(store, A, 10, {})
    late = replace(STATUS, height=500, time_ns=500 * SECOND_NS)
    finding = pick(check_tracking(store, NETWORK, late), "lag")
    assert (finding.verdict, finding.value) == (Verdict.BAD, "490 blocks, 8m10s")
    assert "plurichain ibc track town" in finding.remedy
    finding = pick(check_tracking(store, NETWORK, None), "lag")
    assert (finding.verdict, finding.value) == (Verdict.UNKNOWN, "at block 10")


def test_gaps_and_troubles_are_named(store: PacketStore) -> None:
    run(store, A, 3, {})
    store.take_in(Missing(A, 4, 8, Absence.PRUNED))
    store.take_in(block(A, 9))
    store.take_in(Missing(A, 10, 10, Absence.PRUNED))
    observations = Observations(store)
    observations.save(Contact(A, "town", asked_ns=1, error="cannot reach it"))
    for sequence, verdict in enumerate(("same", "pruned", "different", "absent"), start=1):
        check = StateCheck(A, "classic", "transfer", "channel-0", sequence, 3, verdict,
                           is_proven=True, asked_ns=1)  # fmt: skip
        observations.save(check)
    findings = check_tracking(store, NETWORK, STATUS)
    gaps = [each.value for each in findings if each.field == "coverage"]
    assert gaps == ["blocks 4 to 8 are pruned", "blocks 10 to 10 are pruned"]
    assert pick(findings, "contact").value == "cannot reach it"
    assert pick(findings, "state").value == "2 of 4 comparisons differ"
    assert all(each.is_failure and each.rule and each.remedy
               for each in findings if each.field != "lag")  # fmt: skip


def test_how_much_of_state_is_proven_is_told(store: PacketStore) -> None:
    """No difference is no proof: what a node alone says, or nobody compared, is told as such."""
    words = {2: signed(*(event("send_packet", packet(each)) for each in range(1, 8)))}
    run(store, A, 10, words)
    for sequence, (verdict, is_proven) in enumerate(
        [("same", True), ("same", True), ("same", False), ("absent", False), ("pruned", False)],
        start=1,
    ):
        check = StateCheck(A, "classic", "transfer", "channel-0", sequence, 2, verdict,
                           is_proven=is_proven, asked_ns=1)  # fmt: skip
        Observations(store).save(check)
    finding = pick(check_tracking(store, NETWORK, STATUS), "proofs")
    assert finding.verdict is Verdict.NOTE
    assert finding.value == "2 proven, 2 as a node says, 1 not kept by the node, 2 not compared"
    assert "keeps more blocks" in finding.remedy


@pytest.mark.parametrize(
    ("first", "verdict", "value"),
    [(0, Verdict.NOTE, "not told"), (5, Verdict.OK, "5"), (6, Verdict.BAD, "6")],
)
def test_the_first_block_that_a_node_has(first: int, verdict: Verdict, value: str) -> None:
    status = replace(STATUS, first_height=first)
    finding = node_checks._check_first_block(Subject("town", "node"), status, Cursor(A, 4, 4, ""))
    assert (finding.verdict, finding.value) == (verdict, value)


def test_a_rule_that_is_met_needs_no_remedy() -> None:
    subject = Subject("town", "node")
    met = subject.judge("field", 1, rule="at most 2", is_met=True, remedy="do this")
    missed = subject.judge("field", 3, rule="at most 2", is_met=False, remedy="do this")
    assert (met.verdict, met.remedy, met.is_failure) == (Verdict.OK, "", False)
    assert (missed.verdict, missed.remedy, missed.is_failure) == (Verdict.BAD, "do this", True)
    assert not subject.note("field", 1, rule="none").is_failure
    assert subject.give_up("field", "silent", rule="told", remedy="ask again").is_failure


# --- is a client of the chain that is named here? -------------------------------------------------

HELD = ConsensusState(7, b"\x01" * 32, b"\x02" * 32)


@pytest.mark.parametrize(
    ("shown", "newest", "verdict", "value"),
    [
        (HELD, 50, Verdict.OK, "yes"),
        (replace(HELD, root=b"\x03" * 32), 50, Verdict.BAD, "header 40 of grid-2 is another"),
        (replace(HELD, timestamp_ns=8), 50, Verdict.BAD, "header 40 of grid-2 is another"),
        (replace(HELD, next_validators_hash=b"\x03" * 32), 50, Verdict.BAD,
         "header 40 of grid-2 is another"),
        (HELD, 39, Verdict.BAD, "grid-2 has no block 40"),
        (HeightPruned("gone"), 50, Verdict.NOTE, "gone"),
        (NodeTimeout("slow"), 50, Verdict.UNKNOWN, "slow"),
        (None, 50, Verdict.NOTE, "not compared"),
    ],
)  # fmt: skip
def test_a_client_is_held_against_the_header_of_the_chain_that_is_named(
    monkeypatch: pytest.MonkeyPatch, shown: Any, newest: int, verdict: Verdict, value: str
) -> None:
    def get_signed_header(height: int) -> Any:
        assert height == 40
        if isinstance(shown, Exception):
            raise shown
        return SimpleNamespace(header=SimpleNamespace(
            time_ns=shown.timestamp_ns, app_hash=shown.root,
            next_validators_hash=shown.next_validators_hash,
        ))  # fmt: skip

    reads = SimpleNamespace(get_signed_header=get_signed_header)
    monkeypatch.setattr(client_checks, "ProvenReads", lambda _client: reads)
    state = SimpleNamespace(chain_id=B, latest_height=Height(2, 40))
    queries: Any = SimpleNamespace(
        get_client_state=lambda _name: state,
        get_consensus_state=lambda _name, _height: HELD,
    )
    peer: Any = SimpleNamespace(
        rpc=SimpleNamespace(get_committed_height=lambda: newest),
        network=SimpleNamespace(name="farm"),
    )
    peers = {} if shown is None else {B: peer}
    finding = client_checks.check_genuine(Subject("town", "client"), queries, "client", peers)
    assert (finding.verdict, finding.value) == (verdict, value)
    assert ("plurichain ibc link --new town farm" in finding.remedy) is (verdict is Verdict.BAD)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(ClientStatus.ACTIVE, Verdict.OK), (ClientStatus.FROZEN, Verdict.BAD),
     (NodeTimeout("slow"), Verdict.UNKNOWN)],
)  # fmt: skip
def test_a_client_of_no_cometbft_chain_is_judged_by_its_status(
    status: Any, verdict: Verdict
) -> None:
    """A contract's client, or a signer's: nothing is wrong with it because it is another's."""

    def get_status(_name: str) -> ClientStatus:
        if isinstance(status, Exception):
            raise status
        found: ClientStatus = status
        return found

    client: Any = SimpleNamespace(network=NETWORK)
    queries: Any = SimpleNamespace(get_client_status=get_status)
    (finding,) = client_checks._check_client(client, queries, "08-wasm-3", {})
    assert (finding.field, finding.verdict, finding.subject) == ("status", verdict, "08-wasm-3")


@pytest.mark.parametrize(
    ("check", "field"),
    [(node_checks._check_gas, "gas_price"), (node_checks._check_history, "historical_entries")],
)
def test_a_chain_that_lacks_a_module_is_no_failure(
    check: Callable[[Subject, Any, NodeStatus], list[Finding]], field: str
) -> None:
    client: Any = Stub(A, None)
    client.network = NETWORK

    def refuse(*_: object, **__: object) -> object:
        raise ModuleMissing("unknown service")

    client.grpc.call = refuse
    (finding,) = check(Subject("town", "node"), client, STATUS)
    assert (finding.field, finding.verdict) == (field, Verdict.NOTE)


def test_a_chain_that_was_forgotten_is_not_behind(store: PacketStore) -> None:
    """Nobody has to do anything about it; what state contradicts stays."""
    run(store, A, 3, {})
    store.take_in(Missing(A, 4, 9, Absence.PRUNED))
    Observations(store).save(Contact(A, "town", 5, error="refused"))
    late = replace(STATUS, height=9_000, time_ns=9_000 * SECOND_NS)
    assert any(each.is_failure for each in check_tracking(store, NETWORK, late))
    forget_chain(store, A, 60 * SECOND_NS)
    tracked, state = check_tracking(store, NETWORK, late)
    assert (tracked.verdict, tracked.remedy) == (Verdict.NOTE, "plurichain ibc track town")
    assert tracked.value == "not any more since 1970-01-01 00:01:00Z, read up to block 9"
    assert (state.field, state.verdict) == ("state", Verdict.OK)
