"""Clients: bytes of the chain, and until when they hold."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import cosmpy.protos  # noqa: F401  puts ibc.* and cosmos.* on the import path
import pytest
from cosmos.ics23.v1.proofs_pb2 import ProofSpec as TheirProofSpec
from google.protobuf.any_pb2 import Any as TheirAny
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from ibc.lightclients.tendermint.v1.tendermint_pb2 import ClientState as TheirClientState
from ibc.lightclients.tendermint.v1.tendermint_pb2 import ConsensusState as TheirConsensusState

from plurichain.encoding.proof_spec import IAVL_SPEC, TENDERMINT_SPEC
from plurichain.errors import EncodingError
from plurichain.ibc.client import (
    CLIENT_STATE_TYPE,
    CONSENSUS_STATE_TYPE,
    ClientState,
    ConsensusState,
    compute_client_expiry_ns,
    compute_refresh_due_ns,
    is_client_expired,
    is_refresh_due,
)
from plurichain.ibc.height import NO_HEIGHT, Height

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
U64 = st.integers(0, 2**64 - 1)
HEIGHTS = st.builds(Height, U64, U64)
DURATIONS_NS = st.integers(0, 2**63 - 1)


def duration(duration_ns: int) -> Duration:
    seconds, nanos = divmod(duration_ns, 10**9)
    return Duration(seconds=seconds, nanos=nanos)


def height(theirs: object, ours: Height) -> None:
    theirs.revision_number = ours.revision  # type: ignore[attr-defined]
    theirs.revision_height = ours.height  # type: ignore[attr-defined]
    theirs.SetInParent()  # type: ignore[attr-defined]


@given(
    st.builds(
        ClientState,
        chain_id=TEXTS,
        trust_level=st.fractions(0, 1, max_denominator=2**63),
        trusting_period_ns=DURATIONS_NS,
        unbonding_period_ns=DURATIONS_NS,
        max_clock_drift_ns=DURATIONS_NS,
        frozen_height=HEIGHTS,
        latest_height=HEIGHTS,
        upgrade_path=st.lists(TEXTS, max_size=3).map(tuple),
    )
)
def test_client_states_are_byte_equal(ours: ClientState) -> None:
    """And read again, alone and in their Any."""
    theirs = TheirClientState(
        chain_id=ours.chain_id,
        trusting_period=duration(ours.trusting_period_ns),
        unbonding_period=duration(ours.unbonding_period_ns),
        max_clock_drift=duration(ours.max_clock_drift_ns),
        upgrade_path=ours.upgrade_path,
    )
    theirs.trust_level.numerator = ours.trust_level.numerator
    theirs.trust_level.denominator = ours.trust_level.denominator
    height(theirs.frozen_height, ours.frozen_height)
    height(theirs.latest_height, ours.latest_height)
    for spec in (IAVL_SPEC, TENDERMINT_SPEC):
        theirs.proof_specs.append(TheirProofSpec.FromString(spec.encode()))
    data = theirs.SerializeToString(deterministic=True)

    assert ours.encode() == data
    assert ClientState.decode(data) == ours
    packed = TheirAny(type_url=CLIENT_STATE_TYPE, value=data).SerializeToString()
    assert ours.encode_any() == packed
    assert ClientState.decode_any(packed) == ours
    assert ours.is_frozen is (ours.frozen_height != NO_HEIGHT)


@given(st.integers(0, 2**63 - 1), st.binary(max_size=32), st.binary(max_size=32))
def test_consensus_states_are_byte_equal(time_ns: int, root: bytes, validators: bytes) -> None:
    """And read again, alone and in their Any."""
    ours = ConsensusState(time_ns, root, validators)
    seconds, nanos = divmod(time_ns, 10**9)
    theirs = TheirConsensusState(
        timestamp=Timestamp(seconds=seconds, nanos=nanos), next_validators_hash=validators
    )
    theirs.root.hash = root
    theirs.root.SetInParent()
    data = theirs.SerializeToString(deterministic=True)

    assert ours.encode() == data
    assert ConsensusState.decode(data) == ours
    packed = TheirAny(type_url=CONSENSUS_STATE_TYPE, value=data).SerializeToString()
    assert ours.encode_any() == packed
    assert ConsensusState.decode_any(packed) == ours


def test_states_of_other_clients_are_refused() -> None:
    """By the name of their type; and a trust level that nothing reaches."""
    packed = TheirAny(type_url="/ibc.lightclients.solomachine.v3.ClientState").SerializeToString()

    with pytest.raises(EncodingError, match="solomachine"):
        ClientState.decode_any(packed)
    with pytest.raises(EncodingError, match="solomachine"):
        ConsensusState.decode_any(packed)
    with pytest.raises(EncodingError, match="denominator of 0"):
        ClientState.decode(TheirClientState(chain_id="a").SerializeToString())


def test_a_client_ends_at_block_time() -> None:
    """Half-open: at the expiry it is expired, one nanosecond before it is not."""
    assert compute_client_expiry_ns(100, 30) == 130
    assert not is_client_expired(100, 30, 129)
    assert is_client_expired(100, 30, 130)


def test_a_refresh_is_due_well_before_two_thirds_have_passed() -> None:
    """At one third, so that a relayer may be away for as long again."""
    assert compute_refresh_due_ns(100, 30) == 110
    assert not is_refresh_due(100, 30, 109)
    assert is_refresh_due(100, 30, 110)


def test_a_frozen_client_is_told() -> None:
    """Any frozen height means it."""
    state = ClientState("c-1", Fraction(1, 3), 2, 3, 1, NO_HEIGHT, Height(1, 5))

    assert not state.is_frozen
    assert replace(state, frozen_height=Height(0, 1)).is_frozen
