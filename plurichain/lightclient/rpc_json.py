"""Answers of CometBFT's RPC, read into headers, commits and validator sets.

In its JSON, hashes and addresses are hex, keys and signatures base64, integers text.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from plurichain.errors import BadReply, InputError
from plurichain.lightclient.header import (
    BlockId,
    BlockIdFlag,
    Commit,
    CommitSig,
    Header,
    SignedHeader,
)
from plurichain.lightclient.validators import KeyType, Validator, ValidatorSet
from plurichain.units import parse_time_ns

Json = Mapping[str, Any]
_FAULTS = (KeyError, TypeError, ValueError, AttributeError, binascii.Error, InputError)


def parse_signed_header(result: Json) -> SignedHeader:
    """Return the signed header in the result of ``commit``; raises BadReply."""
    try:
        content = result["signed_header"]
        return SignedHeader(_header(content["header"]), _commit(content["commit"]))
    except _FAULTS as error:
        raise _bad("commit", error) from error


def parse_header(result: Json) -> Header:
    """Return the header in the result of ``header`` or ``block``; raises BadReply."""
    try:
        return _header(result["block"]["header"] if "block" in result else result["header"])
    except _FAULTS as error:
        raise _bad("header", error) from error


def parse_validator_set(results: Iterable[Json]) -> ValidatorSet:
    """Return the set in the results of ``validators``, one for each page, in order.

    Raises BadReply, also if the pages do not make up the whole set of one height.
    """
    try:
        pages = list(results)
        rows = [row for page in pages for row in page["validators"]]
        heights = {page["block_height"] for page in pages}
        total = {int(page["total"]) for page in pages}
        validators = tuple(_validator(row) for row in rows)
    except _FAULTS as error:
        raise _bad("validators", error) from error
    if len(heights) != 1 or total != {len(validators)}:
        raise BadReply(
            f"validators: {len(validators)} of {sorted(total)} at heights {sorted(heights)}",
            remedy="ask for every page at the same height",
        )
    return ValidatorSet(validators)


def parse_proof_ops(response: Json) -> tuple[bytes, ...]:
    """Return the data of the proof operations in an ``abci_query`` response; raises BadReply.

    ``response`` is what stands under "response" in the result.
    """
    try:
        operations: Sequence[Json] = response["proofOps"]["ops"]
        data = tuple(_base64(operation["data"]) for operation in operations)
    except _FAULTS as error:
        raise _bad("abci_query", error) from error
    if not data:
        raise BadReply("abci_query: the answer holds no proof", remedy="ask with prove=true")
    return data


def _bad(method: str, error: Exception) -> BadReply:
    return BadReply(
        f"{method}: the node's answer cannot be read ({type(error).__name__}: {str(error)[:80]})",
        remedy="check that the rpc address is that of a CometBFT 0.38 node",
    )


def _base64(text: str | None) -> bytes:
    return base64.b64decode(text or "", validate=True)


def _hex(text: str) -> bytes:
    return bytes.fromhex(text)


def _block_id(content: Json) -> BlockId:
    parts = content["parts"]
    return BlockId(_hex(content["hash"]), int(parts["total"]), _hex(parts["hash"]))


def _header(content: Json) -> Header:
    version = content["version"]
    return Header(
        version_block=int(version["block"]),
        # Left out where it is 0.
        version_app=int(version.get("app", 0)),
        chain_id=str(content["chain_id"]),
        height=int(content["height"]),
        time_ns=parse_time_ns(content["time"]),
        last_block_id=_block_id(content["last_block_id"]),
        last_commit_hash=_hex(content["last_commit_hash"]),
        data_hash=_hex(content["data_hash"]),
        validators_hash=_hex(content["validators_hash"]),
        next_validators_hash=_hex(content["next_validators_hash"]),
        consensus_hash=_hex(content["consensus_hash"]),
        app_hash=_hex(content["app_hash"]),
        last_results_hash=_hex(content["last_results_hash"]),
        evidence_hash=_hex(content["evidence_hash"]),
        proposer_address=_hex(content["proposer_address"]),
    )


def _commit(content: Json) -> Commit:
    return Commit(
        height=int(content["height"]),
        round=int(content["round"]),
        block_id=_block_id(content["block_id"]),
        signatures=tuple(_signature(entry) for entry in content["signatures"]),
    )


def _signature(content: Json) -> CommitSig:
    return CommitSig(
        flag=BlockIdFlag(content["block_id_flag"]),
        validator_address=_hex(content["validator_address"]),
        timestamp_ns=parse_time_ns(content["timestamp"]),
        signature=_base64(content["signature"]),
    )


def _validator(content: Json) -> Validator:
    key = content["pub_key"]
    key_type = KeyType(key["type"])
    public_key = _base64(key["value"])
    if len(public_key) != key_type.length:
        raise ValueError(f"a key of {len(public_key)} bytes")
    return Validator(
        address=_hex(content["address"]),
        key_type=key_type,
        public_key=public_key,
        voting_power=int(content["voting_power"]),
        proposer_priority=int(content["proposer_priority"]),
    )
