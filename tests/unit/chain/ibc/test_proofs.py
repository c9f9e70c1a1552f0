"""Proven reads from answers of nodes: recorded ones, late ones, wrong ones."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from plurichain.chain.ibc.proofs import Proof, ProvenReads
from plurichain.encoding.height import Height
from plurichain.errors import BadReply, HeightPruned, InputError, NodeError, NotFound
from tests.unit.lightclient.recorded import CHAIN_ID, TARGET, VALIDATORS

KEY = b"channelEnds/ports/transfer/channels/channel-0"
Answer = Callable[..., Any]


@dataclass
class Scripted:
    """Stands for ChainClient: ``answer`` is called with method and parameters."""

    answer: Answer
    height: int = TARGET
    timeout_s: float = 1.0
    calls: list[str] = field(default_factory=list)
    waited: list[int] = field(default_factory=list)
    network: Any = field(default_factory=lambda: SimpleNamespace(chain_id=CHAIN_ID))
    url: str = "http://node"

    @property
    def rpc(self) -> Scripted:
        return self

    @property
    def grpc(self) -> Scripted:
        return self

    @property
    def raw(self) -> Any:
        return SimpleNamespace(unary_unary=lambda path, **_: path.rpartition("/")[2])

    def call_many(self, method: str, requests: list[Any], *, what: str) -> list[Any]:
        self.calls += [method] * len(requests)
        assert what
        return [self.answer(method, request=request) for request in requests]

    def call(self, method: str, **parameters: object) -> tuple[Any, bytes]:
        self.calls.append(method)
        return self.answer(method, **parameters), b""

    def get_committed_height(self) -> int:
        return self.height

    def wait_for_height(self, height: int, *, timeout_s: float) -> None:
        self.waited.append(height)
        self.height = max(self.height, height)


def make_reads(answer: Answer, **fields: Any) -> tuple[ProvenReads, Scripted]:
    client = Scripted(answer, **fields)
    return ProvenReads(client), client  # type: ignore[arg-type]


def make_response(**changes: object) -> dict[str, Any]:
    ops = [{"type": "ics23:iavl", "data": "AQI="}, {"type": "ics23:simple", "data": "Aw=="}]
    response: dict[str, Any] = {
        "code": 0,
        "height": str(TARGET),
        "key": base64.b64encode(KEY).decode(),
        "value": "dmFsdWU=",
        "proofOps": {"ops": ops},
    }
    return {"response": {**response, **changes}}


def test_a_proof_is_of_the_block_after() -> None:
    asked: dict[str, object] = {}

    def answer(method: str, **parameters: object) -> Any:
        asked.update(parameters)
        return make_response()

    reads, _ = make_reads(answer)

    assert reads.query_proof(KEY, TARGET) == Proof(
        b"value", b"\n\x02\x01\x02\n\x01\x03", Height(4, TARGET + 1)
    )
    assert asked == {
        "path": "store/ibc/key",
        "data": KEY.hex(),
        "height": str(TARGET),
        "prove": True,
    }


def make_reply(asked_key: bytes, **changes: object) -> Any:
    ops = [SimpleNamespace(data=b"\x01\x02"), SimpleNamespace(data=b"\x03")]
    reply: dict[str, Any] = {
        "code": 0,
        "log": "",
        "height": TARGET,
        "key": asked_key,
        "value": b"of " + asked_key,
        "proof_ops": SimpleNamespace(ops=ops),
    }
    return SimpleNamespace(**{**reply, **changes})


def test_many_keys_are_proven_together() -> None:
    asked: list[Any] = []

    def answer(_: str, *, request: Any) -> Any:
        asked.append(request)
        return make_reply(request.data)

    reads, client = make_reads(answer)

    proofs = reads.query_proofs([b"one", b"two"], TARGET)

    assert [proof.value for proof in proofs] == [b"of one", b"of two"]
    assert {proof.proof_height for proof in proofs} == {Height(4, TARGET + 1)}
    assert {(each.path, each.height, each.prove) for each in asked} == {
        ("store/ibc/key", TARGET, True)
    }
    assert client.calls == ["ABCIQuery"] * 2


@pytest.mark.parametrize(
    "changes",
    [
        {"height": TARGET - 1},
        {"key": b"other"},
        {"proof_ops": SimpleNamespace(ops=[])},
    ],
)
def test_one_wrong_answer_among_many_refuses_all(changes: dict[str, object]) -> None:
    reads, _ = make_reads(
        lambda _, *, request: make_reply(
            request.data, **(changes if request.data == b"two" else {})
        )
    )

    with pytest.raises(BadReply, match="ABCIQuery"):
        reads.query_proofs([b"one", b"two"], TARGET)


def test_many_keys_of_a_block_that_is_about_to_come_are_waited_for() -> None:
    def answer(_: str, *, request: Any) -> Any:
        late = {} if client.waited else {"code": 18, "log": "proof is unexpectedly empty"}
        return make_reply(request.data, **late)

    reads, client = make_reads(answer, height=TARGET - 1)

    assert len(reads.query_proofs([b"one"], TARGET)) == 1
    assert client.waited == [TARGET]


def test_many_keys_of_a_block_that_was_dropped_are_named() -> None:
    reads, _ = make_reads(
        lambda _, *, request: make_reply(request.data, code=18, log="version does not exist\nx"),
        height=TARGET + 9,
    )

    with pytest.raises(HeightPruned, match="version does not exist"):
        reads.query_proofs([b"one"], TARGET)
    with pytest.raises(InputError, match="height: 1 cannot be proven"):
        reads.query_proofs([b"one"], 1)


def test_a_key_that_is_absent_is_proven_too() -> None:
    reads, _ = make_reads(lambda *_a, **_k: make_response(value=None))

    assert reads.query_proof(KEY, TARGET).value == b""


@pytest.mark.parametrize(
    "changes",
    [
        {"height": str(TARGET - 1)},
        {"key": base64.b64encode(b"other").decode()},
        {"value": "not base64"},
        {"proofOps": None},
        {"proofOps": {"ops": [{"data": "AQI="}]}},
        {"proofOps": {"ops": [{"data": "AQI="}, {"data": 5}]}},
    ],
)
def test_what_is_no_answer_to_the_question(changes: dict[str, object]) -> None:
    reads, _ = make_reads(lambda *_a, **_k: make_response(**changes))

    with pytest.raises(BadReply):
        reads.query_proof(KEY, TARGET)


def test_an_answer_without_response() -> None:
    reads, _ = make_reads(lambda *_a, **_k: {})

    with pytest.raises(BadReply, match="no response"):
        reads.query_proof(KEY, TARGET)


def test_the_first_block_proves_nothing() -> None:
    reads, client = make_reads(lambda *_a, **_k: make_response())

    with pytest.raises(InputError, match="height: 1 cannot be proven"):
        reads.query_proof(KEY, 1)
    assert client.calls == []


def test_a_node_that_has_not_the_block_yet_is_waited_for() -> None:
    late = {"response": {"code": 18, "codespace": "sdk", "log": "proof is unexpectedly empty"}}
    reads, client = make_reads(
        lambda *_a, **_k: make_response() if client.waited else late, height=TARGET - 1
    )

    assert reads.query_proof(KEY, TARGET).value == b"value"
    assert client.waited == [TARGET]


def test_a_block_that_the_node_has_dropped_is_named() -> None:
    gone = {"response": {"code": 18, "codespace": "sdk", "log": "proof is unexpectedly empty\nx"}}
    reads, _ = make_reads(lambda *_a, **_k: gone, height=TARGET + 9)

    with pytest.raises(HeightPruned, match=rf"no proof of block {TARGET}: proof is unexpectedly"):
        reads.query_proof(KEY, TARGET)


def test_a_node_whose_heights_contradict_each_other_is_left() -> None:
    late = {"response": {"code": 18}}
    reads, client = make_reads(lambda *_a, **_k: late, height=TARGET - 1)
    client.get_committed_height = lambda: TARGET - 1  # type: ignore[method-assign]

    with pytest.raises(NodeError, match="does not prove it"):
        reads.query_proof(KEY, TARGET)


# --- headers and validators ----------------------------------------------------------------------


def replay(method: str, **parameters: Any) -> Any:
    height = int(parameters["height"])
    if method == "commit":
        return VALIDATORS.get_commit(height)
    assert parameters["page"] == "1"
    return VALIDATORS.get_validators(height)


def test_a_recorded_header_and_its_validators() -> None:
    reads, client = make_reads(replay)

    signed = reads.get_signed_header(TARGET)
    found = reads.find_validators(signed.header.validators_hash, TARGET)

    assert (signed.header.height, found.hash) == (TARGET, signed.header.validators_hash)
    assert reads.get_signed_header(TARGET) is signed
    assert reads.find_validators(found.hash, TARGET + 100) is found
    assert client.calls == ["commit", "validators"]


def test_a_set_that_is_not_the_one_announced() -> None:
    reads, _ = make_reads(replay)

    with pytest.raises(BadReply, match=r"hash to .*, not to 0000000000000000"):
        reads.find_validators(bytes(32), TARGET)


def spoil(path: tuple[str, ...], value: object) -> Answer:
    def answer(method: str, **parameters: Any) -> Any:
        content = replay(method, **parameters)
        inner = content
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        return content

    return answer


@pytest.mark.parametrize(
    ("path", "value", "match"),
    [
        (("signed_header", "header", "height"), str(TARGET - 1), "header"),
        (("signed_header", "header", "chain_id"), "other", "of 'other'"),
        (("signed_header", "header", "app_hash"), "AB" * 32, "it is not for the header"),
        (("signed_header", "header"), None, "cannot be read"),
    ],
)
def test_headers_that_are_not_what_was_asked_for(
    path: tuple[str, ...], value: object, match: str
) -> None:
    reads, _ = make_reads(spoil(path, value))

    with pytest.raises(BadReply, match=match):
        reads.get_signed_header(TARGET)


def test_a_header_that_is_about_to_come_is_waited_for() -> None:
    def answer(method: str, **parameters: Any) -> Any:
        if not client.waited:
            raise NotFound("height must be less than or equal to the current blockchain height")
        return replay(method, **parameters)

    reads, client = make_reads(answer)

    assert reads.get_signed_header(TARGET).header.height == TARGET
    assert client.waited == [TARGET]


def test_more_validators_than_a_page_holds() -> None:
    rows = VALIDATORS.get_validators(TARGET)["validators"]
    many = [copy.deepcopy(rows[index % len(rows)]) for index in range(230)]
    pages: list[str] = []

    def answer(method: str, **parameters: Any) -> Any:
        pages.append(parameters["page"])
        start = (int(parameters["page"]) - 1) * 100
        return {
            "block_height": parameters["height"],
            "validators": many[start : start + 100],
            "count": "100",
            "total": "230",
        }

    reads, _ = make_reads(answer)

    assert len(reads.get_validators(TARGET).validators) == 230
    assert pages == ["1", "2", "3"]


def test_validators_without_a_total() -> None:
    reads, _ = make_reads(lambda *_a, **_k: {"validators": []})

    with pytest.raises(BadReply, match="no total"):
        reads.get_validators(TARGET)
