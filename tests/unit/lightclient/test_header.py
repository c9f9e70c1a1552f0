"""Headers, commits and validator sets of a real chain: same bytes as the chain's, same hashes."""

from __future__ import annotations

import cosmpy.protos  # noqa: F401  puts ibc.* and tendermint.* on the import path
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from ibc.lightclients.tendermint.v1.tendermint_pb2 import Header as IbcHeader
from tendermint.types.types_pb2 import Commit as CometCommit
from tendermint.types.types_pb2 import Header as CometHeader
from tendermint.types.types_pb2 import SignedHeader as CometSignedHeader
from tendermint.types.validator_pb2 import ValidatorSet as CometValidatorSet

from plurichain.encoding.height import Height
from plurichain.encoding.well_known import GO_ZERO_TIME_NS
from plurichain.lightclient.header import BlockId, BlockIdFlag, SignedHeader, encode_ibc_header
from plurichain.lightclient.validators import KeyType, Validator, ValidatorSet
from tests.unit.lightclient.recorded import BETWEEN, CHAIN_ID, TARGET, TRUSTED, VALIDATORS

HEIGHTS = [TRUSTED, BETWEEN, TARGET, TARGET + 1]


@pytest.mark.parametrize("height", HEIGHTS)
def test_the_hash_of_a_header_is_what_the_commit_signs(height: int) -> None:
    """All fourteen fields are hashed as the chain hashes them."""
    signed_header = VALIDATORS.fetch_header(height)

    assert signed_header.header.hash == signed_header.commit.block_id.hash
    assert signed_header.header.ibc_height == Height(4, height)


def test_headers_name_each_other() -> None:
    """A header's hash and its successor's last_block_id are the same."""
    header = VALIDATORS.fetch_header(TARGET).header
    successor = VALIDATORS.fetch_header(TARGET + 1).header

    assert successor.last_block_id.hash == header.hash
    assert successor.validators_hash == header.next_validators_hash


@pytest.mark.parametrize("height", HEIGHTS)
def test_the_hash_of_a_set_is_what_the_header_names(height: int) -> None:
    """Keys and powers in the chain's order."""
    header = VALIDATORS.fetch_header(height).header

    assert VALIDATORS.fetch_validators(height).hash == header.validators_hash


def test_absent_signatures_keep_their_slot() -> None:
    """Three of four were killed: no address, no signature, Go's zero time."""
    commit = VALIDATORS.fetch_header(TARGET).commit
    flags = [slot.flag for slot in commit.signatures]

    assert flags == [BlockIdFlag.COMMIT] + [BlockIdFlag.ABSENT] * 3
    absent = commit.signatures[1]
    assert (absent.validator_address, absent.signature) == (b"", b"")
    assert absent.timestamp_ns == GO_ZERO_TIME_NS


def stamp(time_ns: int) -> Timestamp:
    seconds, nanos = divmod(time_ns, 10**9)
    return Timestamp(seconds=seconds, nanos=nanos)


def fill_block_id(theirs: object, ours: BlockId) -> None:
    theirs.hash = ours.hash  # type: ignore[attr-defined]
    theirs.part_set_header.total = ours.part_set_total  # type: ignore[attr-defined]
    theirs.part_set_header.hash = ours.part_set_hash  # type: ignore[attr-defined]
    theirs.part_set_header.SetInParent()  # type: ignore[attr-defined]


def make_header(signed_header: SignedHeader) -> CometHeader:
    header = signed_header.header
    theirs = CometHeader(
        chain_id=header.chain_id,
        height=header.height,
        time=stamp(header.time_ns),
        last_commit_hash=header.last_commit_hash,
        data_hash=header.data_hash,
        validators_hash=header.validators_hash,
        next_validators_hash=header.next_validators_hash,
        consensus_hash=header.consensus_hash,
        app_hash=header.app_hash,
        last_results_hash=header.last_results_hash,
        evidence_hash=header.evidence_hash,
        proposer_address=header.proposer_address,
    )
    theirs.version.block = header.version_block
    theirs.version.app = header.version_app
    fill_block_id(theirs.last_block_id, header.last_block_id)
    return theirs


def make_commit(signed_header: SignedHeader) -> CometCommit:
    commit = signed_header.commit
    theirs = CometCommit(height=commit.height, round=commit.round)
    fill_block_id(theirs.block_id, commit.block_id)
    for slot in commit.signatures:
        theirs.signatures.add(
            block_id_flag=slot.flag,
            validator_address=slot.validator_address,
            timestamp=stamp(slot.timestamp_ns),
            signature=slot.signature,
        )
    return theirs


def make_set(validators: ValidatorSet, proposer: bytes) -> CometValidatorSet:
    theirs = CometValidatorSet(total_voting_power=validators.total_power)
    for validator in validators.validators:
        row = theirs.validators.add(
            address=validator.address,
            voting_power=validator.voting_power,
            proposer_priority=validator.proposer_priority,
        )
        row.pub_key.ed25519 = validator.public_key
        if validator.address == proposer:
            theirs.proposer.CopyFrom(row)
    return theirs


@pytest.mark.parametrize("height", [BETWEEN, TARGET])
def test_a_client_update_is_byte_equal(height: int) -> None:
    """The whole header for a client is what cosmpy's types make of the same answers."""
    signed_header = VALIDATORS.fetch_header(height)
    own = VALIDATORS.fetch_validators(height)
    before = VALIDATORS.fetch_validators(TRUSTED + 1)
    proposer = signed_header.header.proposer_address
    theirs = IbcHeader(
        signed_header=CometSignedHeader(
            header=make_header(signed_header), commit=make_commit(signed_header)
        ),
        validator_set=make_set(own, proposer),
        trusted_validators=make_set(before, proposer),
    )
    theirs.trusted_height.revision_number = 4
    theirs.trusted_height.revision_height = TRUSTED

    ours = encode_ibc_header(signed_header, own, Height(4, TRUSTED), before)

    assert ours == theirs.SerializeToString(deterministic=True)


def test_a_proposer_from_elsewhere_is_replaced() -> None:
    """The chain refuses a set whose proposer is not of it, whatever it does with it."""
    own = VALIDATORS.fetch_validators(TARGET)

    theirs = CometValidatorSet.FromString(own.encode(b"\x01" * 20))

    assert theirs.proposer == theirs.validators[0]
    assert ValidatorSet(()).encode() == b""


def test_secp256k1_keys_are_written() -> None:
    """A chain may use them; its headers are carried though not verified here."""
    validator = Validator(bytes(20), KeyType.SECP256K1, b"\x02" * 33, 7)
    theirs = CometValidatorSet()
    theirs.validators.add(address=bytes(20), voting_power=7).pub_key.secp256k1 = b"\x02" * 33
    theirs.proposer.CopyFrom(theirs.validators[0])
    theirs.total_voting_power = 7

    assert ValidatorSet((validator,)).encode() == theirs.SerializeToString(deterministic=True)
    assert CHAIN_ID.endswith("-4")
