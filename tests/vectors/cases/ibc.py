"""Hashes, keys and names of IBC. Preimages are written out here; known values are from ibc-go."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from tests.vectors.cases.common import Vector, vector

PREIMAGE = "preimage written out by hand, hashed by Python's hashlib"
KNOWN = "computed by ibc-go v10.7.0"
TEXT = "text written out by hand from ibc-go's modules/core/24-host"
RULE = "worked out by hand from ICS-20"
DATA = b'{"amount":"100","denom":"uwatt","receiver":"r","sender":"s"}'
TIME_NS = 1_700_000_000_000_000_000
MOST = 2**64 - 1


def _be8(value: int) -> bytes:
    return value.to_bytes(8, "big")


def _hash(data: bytes) -> bytes:
    return sha256(data).digest()


def _vector(
    function: str, name: str, provenance: str, given: dict[str, Any], expected: dict[str, Any]
) -> Vector:
    return vector(f"{function}: {name}", provenance, {"function": function, **given}, expected)


def _packet(name: str, time_ns: int, revision: int, height: int, data: bytes) -> Vector:
    preimage = _be8(time_ns) + _be8(revision) + _be8(height) + _hash(data)
    given = {
        "timeout_timestamp_ns": str(time_ns),
        "timeout_height": f"{revision}-{height}",
        "data": data.hex(),
    }
    return _vector("packet_commitment", name, PREIMAGE, given, {"hash": _hash(preimage).hex()})


def _packet_known() -> Vector:
    given = {
        "timeout_timestamp_ns": str(TIME_NS),
        "timeout_height": "0-0",
        "data": DATA.hex(),
    }
    digest = "40f4203ff6d6b28a5c82ee63263d87138301195913db6380778c14e8db405624"
    return _vector("packet_commitment", "a transfer", KNOWN, given, {"hash": digest})


def _packet_v2(name: str, client: str, time_s: int, payloads: list[tuple[str, ...]]) -> Vector:
    hashes = b"".join(
        _hash(b"".join(_hash(part.encode()) for part in payload)) for payload in payloads
    )
    preimage = b"\x02" + _hash(client.encode()) + _hash(_be8(time_s)) + _hash(hashes)
    given = {
        "destination_client": client,
        "timeout_timestamp_s": str(time_s),
        "payloads": [list(payload) for payload in payloads],
    }
    return _vector("packet_commitment_v2", name, PREIMAGE, given, {"hash": _hash(preimage).hex()})


def _acknowledgement(name: str, data: bytes, digest: str = "") -> Vector:
    return _vector(
        "acknowledgement_commitment",
        name,
        KNOWN if digest else PREIMAGE,
        {"acknowledgement": data.hex()},
        {"hash": digest or _hash(data).hex()},
    )


def _acknowledgement_v2(name: str, answers: list[bytes]) -> Vector:
    digest = _hash(b"\x02" + b"".join(_hash(answer) for answer in answers)).hex()
    given = {"app_acknowledgements": [answer.hex() for answer in answers]}
    return _vector("acknowledgement_commitment_v2", name, PREIMAGE, given, {"hash": digest})


def _key(kind: str, expected: str, *arguments: str) -> Vector:
    given = {"kind": kind, "arguments": list(arguments)}
    name = f"{kind} {' '.join(arguments)}"
    return _vector("store_key", name, TEXT, given, {"key": expected.encode().hex()})


def _key_v2(kind: str, byte: int, client: str, sequence: int) -> Vector:
    key = client.encode() + bytes([byte]) + _be8(sequence)
    given = {"kind": kind, "arguments": [client, str(sequence)]}
    return _vector("store_key", f"{kind} {client} {sequence}", TEXT, given, {"key": key.hex()})


def _path(text: str, hops: list[list[str]], base: str) -> Vector:
    denom = base
    if hops:
        written = "/".join(["/".join(hop) for hop in hops] + [base])
        denom = "ibc/" + _hash(written.encode()).hex().upper()
    expected = {"hops": hops, "base": base, "denom": denom}
    return _vector("denom", repr(text), PREIMAGE, {"path": text}, expected)


def _denom_known() -> Vector:
    expected = {
        "hops": [["transfer", "channel-0"]],
        "base": "uatom",
        "denom": "ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2",
    }
    given = {"path": "transfer/channel-0/uatom"}
    return _vector("denom", "that of many chains", KNOWN, given, expected)


def _received(name: str, path: str, expected: str) -> Vector:
    given = {
        "path": path,
        "source": ["transfer", "channel-0"],
        "destination": ["transfer", "channel-7"],
    }
    return _vector("received_denom", name, RULE, given, {"path": expected})


def _escrow(channel: str, address: str) -> Vector:
    given = {"port": "transfer", "channel": channel}
    return _vector("escrow_address", channel, KNOWN, given, {"address": address})


def _revision(chain_id: str, revision: int) -> Vector:
    provenance = "by the pattern ^.*[^\\n-]-{1}[1-9][0-9]*$"
    given = {"chain_id": chain_id}
    return _vector("revision", repr(chain_id), provenance, given, {"revision": str(revision)})


def _transfer(name: str, fields: list[str], text: str) -> Vector:
    given = dict(zip(("denom", "amount", "sender", "receiver", "memo"), fields, strict=True))
    provenance = "Go's encoding/json of the fields in their order"
    return _vector("transfer_data", name, provenance, given, {"data": text.encode().hex()})


def _forward(name: str, hops: list[list[str]], memo: str, expected: str) -> Vector:
    provenance = "written out by hand from the middleware's types/forward.go"
    given = {"hops": hops, "timeout_ns": "600000000000", "retries": "2", "memo": memo}
    return _vector("forward_memo", name, provenance, given, {"memo": expected})


def _forwards() -> list[Vector]:
    last = (
        '{"forward":{"receiver":"pluri1c","port":"transfer","channel":"channel-1",'
        '"timeout":"600000000000ns","retries":2%s}}'
    )
    first = (
        '{"forward":{"receiver":"pfm","port":"wasm.x","channel":"channel-12",'
        '"timeout":"600000000000ns","retries":2,"next":%s}}'
    )
    end, between = ["transfer", "channel-1", "pluri1c"], ["wasm.x", "channel-12", "pfm"]
    memo = '{"z":{"b":1,"a":[2]},"note":"x"}'
    return [
        _forward("one hop", [end], "", last % ""),
        _forward("two hops", [between, end], "", first % (last % "")),
        _forward("a memo for the last", [between, end], memo, first % (last % f',"next":{memo}')),
    ]


def _hashes() -> list[Vector]:
    payload = ("transfer", "transfer", "ics20-1", "application/json", "{}")
    return [
        _packet_known(),
        _packet("no data, no time-out", 0, 0, 0, b""),
        _packet("height and time", TIME_NS, 1, 42, DATA),
        _packet("greatest numbers", MOST, MOST, MOST, bytes(range(256))),
        _packet_v2("one payload", "07-tendermint-0", 1_700_000_000, [payload]),
        _packet_v2("no payload", "07-tendermint-0", 1, []),
        _packet_v2("two payloads", "client-b-1", MOST, [payload, ("a", "b", "c", "d", "ä")]),
        _acknowledgement(
            "success",
            b'{"result":"AQ=="}',
            "08f7557ed51826fe18d84512bf24ec75001edbaf2123a477df72a0a9f3640a7c",
        ),
        _acknowledgement(
            "failure", b'{"error":"ABCI code: 5: error handling packet: see events for details"}'
        ),
        _acknowledgement_v2("one answer", [b'{"result":"AQ=="}']),
        _acknowledgement_v2("two answers", [b"\x01", b"\x02"]),
        _acknowledgement_v2(
            "universal error",
            [bytes.fromhex("4774d4a575993f963b1c06573736617a457abef8589178db8d10c94b4ab511ab")],
        ),
    ]


def _keys() -> list[Vector]:
    end = ("transfer", "channel-12")
    middle = "ports/transfer/channels/channel-12"
    client = "07-tendermint-3"
    return [
        _key("packet_commitment", f"commitments/{middle}/sequences/7", *end, "7"),
        _key("packet_receipt", f"receipts/{middle}/sequences/7", *end, "7"),
        _key("packet_acknowledgement", f"acks/{middle}/sequences/7", *end, "7"),
        _key("packet_commitment", f"commitments/{middle}/sequences/{MOST}", *end, str(MOST)),
        _key("next_sequence_recv", f"nextSequenceRecv/{middle}", *end),
        _key("next_sequence_ack", f"nextSequenceAck/{middle}", *end),
        _key("channel_end", f"channelEnds/{middle}", *end),
        _key("connection", "connections/connection-0", "connection-0"),
        _key("client_state", f"clients/{client}/clientState", client),
        _key("consensus_state", f"clients/{client}/consensusStates/1-42", client, "1-42"),
        _key_v2("packet_commitment_v2", 1, client, 47),
        _key_v2("packet_receipt_v2", 2, client, 47),
        _key_v2("packet_acknowledgement_v2", 3, client, MOST),
    ]


def _names() -> list[Vector]:
    first, second = ["transfer", "channel-0"], ["transfer", "channel-1"]
    lookalike = "transfer/channel-99999999999999999999/x"
    credit = "wh.20260601T1000." + "a1" * 32
    return [
        _denom_known(),
        _path("ueur", [], "ueur"),
        _path("transfer/channel-0/transfer/channel-1/ueur", [first, second], "ueur"),
        _path(f"transfer/channel-0/{credit}", [first], credit),
        _path("transfer/channel-0/gamm/pool/1", [first], "gamm/pool/1"),
        _path("factory/pluri1abc/kwh", [], "factory/pluri1abc/kwh"),
        _path("transfer/channel-0", [], "transfer/channel-0"),
        _path("transfer/channel-0/transfer/channel-1", [first, second], ""),
        _path("transfer/07-tendermint-3/ueur", [["transfer", "07-tendermint-3"]], "ueur"),
        _path(lookalike, [], lookalike),
        _path("transfer/channel-/ueur", [], "transfer/channel-/ueur"),
        _received("from home", "ueur", "transfer/channel-7/ueur"),
        _received("returning", "transfer/channel-0/ueur", "ueur"),
        _received(
            "returning to where it was a voucher",
            "transfer/channel-0/transfer/channel-9/ueur",
            "transfer/channel-9/ueur",
        ),
        _received(
            "onward",
            "transfer/channel-9/ueur",
            "transfer/channel-7/transfer/channel-9/ueur",
        ),
        _received(
            "the destination's own end is no return",
            "transfer/channel-7/ueur",
            "transfer/channel-7/transfer/channel-7/ueur",
        ),
        _escrow("channel-0", "ed23c6f4443f49c4b08f856350a5d2c65a203235"),
        _escrow("channel-1", "b014310b490281e4c39ea74a8f6022967b3ddb47"),
    ]


def make_vectors() -> list[Vector]:
    """Return vectors of all functions."""
    plain = '{"denom":"ueur","amount":"100","sender":"s","receiver":"r"}'
    escaped = (
        '{"denom":"ueur","amount":"1","sender":"s","receiver":"\\u003cr\\u0026\\u003e",'
        '"memo":"ä\\u2028\\"\\\\\\n\\u0001\\b\\f\x7f/"}'
    )
    return [
        *_hashes(),
        *_keys(),
        *_names(),
        *_forwards(),
        _revision("grid-1", 1),
        _revision("grid-a-12", 12),
        _revision("grid", 0),
        _revision("grid-01", 0),
        _revision("grid--1", 0),
        _revision("1-2", 2),
        _transfer("without a memo", ["ueur", "100", "s", "r", ""], plain),
        _transfer(
            "with what Go escapes", ["ueur", "1", "s", "<r&>", 'ä\u2028"\\\n\x01\b\f\x7f/'], escaped
        ),
    ]
