"""Headers and proofs against the shared vectors; ibc-go judges the same bytes in Go."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import cosmpy.protos  # noqa: F401  puts ibc.* on the import path
import pytest
from ibc.lightclients.tendermint.v1.tendermint_pb2 import Header as IbcHeader

from plurichain.encoding.height import Height
from plurichain.errors import ProofError
from plurichain.lightclient.header import (
    BlockId,
    BlockIdFlag,
    Commit,
    CommitSig,
    Header,
    SignedHeader,
)
from plurichain.lightclient.ics23 import verify_membership, verify_non_membership
from plurichain.lightclient.validators import KeyType, Validator, ValidatorSet
from plurichain.lightclient.verify import HeaderFault, TrustedState, TrustRules, find_header_fault
from tests.vectors.test_vectors import load

HASHES = (
    "last_commit_hash",
    "data_hash",
    "validators_hash",
    "next_validators_hash",
    "consensus_hash",
    "app_hash",
    "last_results_hash",
    "evidence_hash",
    "proposer_address",
)


def read_time(theirs: Any) -> int:
    return int(theirs.seconds * 10**9 + theirs.nanos)


def read_block_id(theirs: Any) -> BlockId:
    return BlockId(theirs.hash, theirs.part_set_header.total, theirs.part_set_header.hash)


def read_set(theirs: Any) -> ValidatorSet:
    return ValidatorSet(
        tuple(
            Validator(row.address, KeyType.ED25519, row.pub_key.ed25519, row.voting_power)
            for row in theirs.validators
        )
    )


def read_signed_header(theirs: Any) -> SignedHeader:
    header = Header(
        version_block=theirs.header.version.block,
        version_app=theirs.header.version.app,
        chain_id=theirs.header.chain_id,
        height=theirs.header.height,
        time_ns=read_time(theirs.header.time),
        last_block_id=read_block_id(theirs.header.last_block_id),
        **{name: getattr(theirs.header, name) for name in HASHES},
    )
    slots = tuple(
        CommitSig(
            BlockIdFlag(slot.block_id_flag),
            slot.validator_address,
            read_time(slot.timestamp),
            slot.signature,
        )
        for slot in theirs.commit.signatures
    )
    commit = theirs.commit
    return SignedHeader(
        header, Commit(commit.height, commit.round, read_block_id(commit.block_id), slots)
    )


def judge_header(given: Any) -> str:
    offered = IbcHeader.FromString(bytes.fromhex(given["header"]))
    fault = find_header_fault(
        read_signed_header(offered.signed_header),
        read_set(offered.validator_set),
        trusted=TrustedState(
            Height.parse(given["trusted_height"]),
            int(given["trusted_time_ns"]),
            bytes.fromhex(given["trusted_next_validators_hash"]),
        ),
        trusted_validators=read_set(offered.trusted_validators),
        rules=TrustRules(
            given["chain_id"],
            int(given["trusting_period_ns"]),
            int(given["max_clock_drift_ns"]),
            Fraction(given["trust_level"]),
        ),
        now_ns=int(given["now_ns"]),
    )
    if fault is None:
        return "trusted"
    return "header between needed" if fault is HeaderFault.NOT_ENOUGH_TRUST else "refused"


def is_proof_valid(given: Any) -> bool:
    operations = [bytes.fromhex(operation) for operation in given["operations"]]
    root, key = bytes.fromhex(given["root"]), bytes.fromhex(given["key"])
    try:
        if given["value"] is None:
            verify_non_membership(operations, root=root, store=given["store"], key=key)
        else:
            value = bytes.fromhex(given["value"])
            verify_membership(operations, root=root, store=given["store"], key=key, value=value)
    except ProofError:
        return False
    return True


@pytest.mark.parametrize(("given", "expected"), load("light_client"))
def test_light_client(given: Any, expected: Any) -> None:
    """A header is trusted, bridged or refused, and a proof valid or not, as by ibc-go."""
    if given["function"] == "header":
        assert judge_header(given) == expected["outcome"]
    else:
        assert is_proof_valid(given) is expected["valid"]
