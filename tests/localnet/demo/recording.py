"""Everything that can be observed of an auction before the reveal, made comparable.

``record`` takes it from a chain, ``normalise`` takes out commitment, signature, hash and
time, and nothing else. Heights count as time: blocks come at their own pace. Gas used counts
what it counts, less what the lengths of two times cost (protobuf writes a time in 8 to 12
bytes); the price of a byte is the SDK's.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from plurichain.chain.convert import make_timestamp
from plurichain.chain.nodes.client import ChainClient
from plurichain.chain.nodes.rpc import parse_time_ns
from plurichain.chain.pb.plurichain.auction.v1 import query_pb2, query_pb2_grpc
from plurichain.chain.transactions.decoding import decode_tx
from plurichain.chain.transactions.signing import compute_tx_hash
from plurichain.errors import NotFound
from plurichain.identifiers import Address

#: auth's TxSizeCostPerByte, and WriteCostPerByte of the SDK's gas for key-value stores.
TX_BYTE_GAS, WRITE_BYTE_GAS = 10, 30
#: The height at which state is compared: what is minted with every block is equal then.
STATE_HEIGHT = 80
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
#: Fields of CometBFT's blocks that hold the hash of something, or a signature of a validator.
HASH_KEYS = {"hash", "app_hash", "last_commit_hash", "data_hash", "last_results_hash"}
#: Pace of blocks: a busy machine needs another round of votes now and then.
TIME_KEYS = {"height", "round"}


@dataclass
class Recording:
    """What was seen: raw, as the node gave it."""

    blocks: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    queries: dict[str, Any] = field(default_factory=dict)
    state: Any = None
    handed_in: list[bytes] = field(default_factory=list)
    mempool: Any = None
    commitments: list[bytes] = field(default_factory=list)


def record(
    client: ChainClient, auction_id: int, people: dict[str, Address], recording: Recording
) -> None:
    """Take blocks, results, all queries, balances, accounts and mempool from a running node."""
    height = client.wait_for_height(STATE_HEIGHT, timeout_s=120).height
    for number in range(1, height + 1):
        recording.blocks.append(client.rpc.call("block", height=str(number))[0])
        recording.results.append(client.rpc.call("block_results", height=str(number))[0])
    recording.mempool = client.rpc.call("unconfirmed_txs")[0]
    recording.queries = {
        **ask_auctions(client, auction_id, people),
        **{f"balances of {name}": client.get_balances(who) for name, who in people.items()},
        **{f"account of {name}": asdict(client.get_account(who)) for name, who in people.items()},
    }


def ask_auctions(
    client: ChainClient, auction_id: int, people: dict[str, Address]
) -> dict[str, Any]:
    """Ask every query of the module, and take the answers as text."""
    stub = query_pb2_grpc.QueryStub(client.grpc.raw)
    one = {"auction_id": auction_id}
    requests: dict[str, list[dict[str, Any]]] = {
        "Params": [{}],
        "Auction": [one],
        "Auctions": [{}],
        "Terms": [one],
        "Commitments": [one],
        "Commitment": [{**one, "bidder": str(who)} for who in people.values()],
        "Reveals": [one],
        "Reveal": [{**one, "bidder": str(who)} for who in people.values()],
        "Result": [one],
        "ParkedPayouts": [{}],
        "Invariants": [{}],
    }
    served = {method.name for method in query_pb2.DESCRIPTOR.services_by_name["Query"].methods}
    assert served == set(requests), "a query of the module is not recorded"
    answers: dict[str, Any] = {}
    for method, asked in requests.items():
        for number, fields in enumerate(asked):
            request = getattr(query_pb2, f"Query{method}Request")(**fields)
            try:
                reply = str(client.grpc.call(getattr(stub, method), request, what=method))
            except NotFound as error:
                reply = f"not found: {error.cause}"
            answers[f"{method} {number}"] = reply
    return answers


def export_state(binary: Path, home: Path) -> Any:
    """Have the stopped node write its whole state at one height."""
    command = [str(binary), "export", "--home", str(home), "--height", str(STATE_HEIGHT)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)


# --- what is taken out ----------------------------------------------------------------------------


def normalise(recording: Recording) -> dict[str, Any]:
    """Return everything that is compared, with what may differ replaced by a word."""
    txs = [
        (base64.b64decode(tx), block, result)
        for block, result in zip(recording.blocks, recording.results, strict=True)
        for tx in block["block"]["data"]["txs"] or []
    ]
    # Exactly what was handed in is in the blocks: a mempool never held anything else.
    assert sorted(recording.handed_in) == sorted(tx for tx, _, _ in txs)
    words = make_words(recording, [tx for tx, _, _ in txs])
    return {
        "txs": [normalise_tx(tx, block, result, words) for tx, block, result in txs],
        "headers": sorted({json.dumps(normalise_header(block), sort_keys=True)
                           for block in recording.blocks[2:]}),
        "first headers": [normalise_header(block) for block in recording.blocks[:2]],
        "block events": [
            replace_words(result["finalize_block_events"], words)
            for result in recording.results[:STATE_HEIGHT]
        ],
        "queries": replace_words(recording.queries, words),
        "state": replace_words(recording.state, words),
        "mempool": recording.mempool,
    }  # fmt: skip


def make_words(recording: Recording, txs: list[bytes]) -> dict[str, str]:
    """Return every value that may differ, in every spelling, and what stands for it."""
    words: dict[str, str] = {}
    for number, commitment in enumerate(recording.commitments):
        # protobuf's text form escapes bytes as C does.
        text = str(query_pb2.QueryTermsResponse(terms_hash=commitment))
        words[text.partition('"')[2].rpartition('"')[0]] = f"COMMITMENT {number}"
        words[commitment.hex()] = words[encode64(commitment)] = f"COMMITMENT {number}"
    for tx_bytes in txs:
        tx = decode_tx(tx_bytes)
        assert tx.is_whole
        for signature in tx.signatures:
            words[signature] = words[encode64(bytes.fromhex(signature))] = "SIGNATURE"
        words[compute_tx_hash(tx_bytes)] = "HASH"
        if tx.timeout_ns:
            words[str(tx.timeout_ns)] = "TIME"
    return words


def normalise_tx(
    tx_bytes: bytes, block: dict[str, Any], result: dict[str, Any], words: dict[str, str]
) -> Any:
    """Return a transaction and what it came to."""
    tx = decode_tx(tx_bytes)
    outcome = dict(result["txs_results"][block["block"]["data"]["txs"].index(encode64(tx_bytes))])
    times = len(make_timestamp(tx.timeout_ns).SerializeToString())
    gas = int(outcome["gas_used"]) - TX_BYTE_GAS * times
    if tx.messages[0].type_url.endswith("MsgCommitBid"):
        stored = make_timestamp(parse_time_ns(block["block"]["header"]["time"]))
        gas -= WRITE_BYTE_GAS * len(stored.SerializeToString())
    outcome["gas_used"] = gas
    content = {**asdict(tx), "timeout_ns": "TIME", "bytes": len(tx_bytes) - times}
    return replace_words([content, outcome], words)


def normalise_header(block: dict[str, Any]) -> Any:
    """Return a block without its transactions, which are compared by themselves."""
    content = {**block["block"], "data": None, "block_id": block["block_id"]}

    def walk(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: walk(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [walk(item, key) for item in value]
        if key in HASH_KEYS:
            return "HASH"
        if key == "signature":
            return "SIGNATURE"
        if key in TIME_KEYS:
            return "TIME"
        return TIME.sub("TIME", value) if isinstance(value, str) else value

    return walk(content)


def replace_words(value: Any, words: dict[str, str]) -> Any:
    """Return JSON-like content in which texts that may differ are replaced."""
    if isinstance(value, dict):
        return {name: replace_words(item, words) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [replace_words(item, words) for item in value]
    if isinstance(value, bytes):
        return replace_words(value.hex(), words)
    if not isinstance(value, str):
        return value
    for own, word in words.items():
        value = value.replace(own, word)
    return re.sub(r"(seconds|nanos|height): \d+", r"\1: TIME", TIME.sub("TIME", value))


def encode64(data: bytes) -> str:
    """Return base64 text."""
    return base64.b64encode(data).decode()


def find_differences(one: Any, other: Any, place: str = "") -> list[str]:
    """Return where two contents differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            found
            for name in sorted(one.keys() | other.keys())
            for found in find_differences(one.get(name), other.get(name), f"{place}/{name}")
        ]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [
            found
            for number, (left, right) in enumerate(zip(one, other, strict=True))
            for found in find_differences(left, right, f"{place}/{number}")
        ]
    return [] if one == other else [f"{place}: {str(one)[:200]} | {str(other)[:200]}"]
