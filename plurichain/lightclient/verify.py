"""Whether a header can be trusted, given one that is.

The rules are those that a chain applies to an update of its client, so whoever checks
here first sends nothing that is refused there. Sources: cometbft light/verifier.go,
types/validation.go; ibc-go modules/light-clients/07-tendermint/update.go; ICS-7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Final

from plurichain.encoding.height import Height
from plurichain.encoding.well_known import GO_ZERO_TIME_NS
from plurichain.errors import ProofError
from plurichain.lightclient.header import BlockIdFlag, CommitSig, Header, SignedHeader
from plurichain.lightclient.signatures import is_vote_signed
from plurichain.lightclient.validators import KeyType, Validator, ValidatorSet, compute_address

_ADDRESS_LENGTH: Final = 20
_HASH_LENGTHS: Final = (0, 32)
_MAX_SIGNATURE: Final = 64
_BLOCK_PROTOCOL: Final = 11
TWO_THIRDS: Final = Fraction(2, 3)


class HeaderFault(Enum):
    """Why a header is not trusted."""

    WRONG_CHAIN = "the header is of another chain"
    WRONG_REVISION = "the header is of another revision than the trusted height"
    MALFORMED = "the header or its commit is not well formed"
    OTHER_BLOCK = "the commit is for another block than the header"
    NOT_NEWER = "the header is not above the trusted height"
    NOT_LATER = "the header's time is not after the trusted one"
    FROM_THE_FUTURE = "the header's time is too far in the future"
    TRUST_EXPIRED = "the trusted state is older than the trusting period"
    WRONG_VALIDATORS = "the validators do not hash to the header's validators_hash"
    WRONG_TRUSTED_VALIDATORS = "the trusted validators do not hash to what the client trusts"
    WRONG_SUCCESSOR = "the next header has other validators than the trusted one announced"
    UNSUPPORTED_KEY = "a validator signs with a kind of key that cannot be checked here"
    DOUBLE_VOTE = "a validator stands twice in the commit"
    WRONG_SIGNER = "a slot of the commit names another validator than the set"
    BAD_SIGNATURE = "a signature does not verify"
    NOT_ENOUGH_TRUST = "too little of the trusted voting power signed: an earlier header is needed"
    NOT_ENOUGH_POWER = "not more than two thirds of the header's own voting power signed"


@dataclass(frozen=True, slots=True)
class TrustedState:
    """What a client holds for one height."""

    height: Height
    time_ns: int
    next_validators_hash: bytes


@dataclass(frozen=True, slots=True)
class TrustRules:
    """How a client trusts; durations in nanoseconds."""

    chain_id: str
    trusting_period_ns: int
    max_clock_drift_ns: int
    trust_level: Fraction = Fraction(1, 3)


def find_header_fault(
    signed_header: SignedHeader,
    validator_set: ValidatorSet,
    *,
    trusted: TrustedState,
    trusted_validators: ValidatorSet,
    rules: TrustRules,
    now_ns: int,
    check_signatures: bool = True,
) -> HeaderFault | None:
    """Return why a header cannot be trusted, or None if it can.

    ``now_ns`` is the block time of the chain that hosts the client. ``trusted_validators``
    are those of the height after the trusted one. With ``check_signatures`` off, a
    signature counts for what it claims: enough to see which headers are needed, not to
    believe one.
    """
    fault = _find_fault_in_form(signed_header, validator_set, rules)
    fault = fault or _find_fault_in_time(signed_header, trusted, rules, now_ns)
    if fault is not None:
        return fault
    header = signed_header.header
    if trusted_validators.hash != trusted.next_validators_hash:
        return HeaderFault.WRONG_TRUSTED_VALIDATORS
    if header.height == trusted.height.height + 1:
        if header.validators_hash != trusted.next_validators_hash:
            return HeaderFault.WRONG_SUCCESSOR
    else:
        fault = _find_fault_in_votes(
            signed_header, trusted_validators, rules.trust_level, check_signatures, own=False
        )
        if fault is not None:
            return fault
    return _find_fault_in_votes(
        signed_header, validator_set, TWO_THIRDS, check_signatures, own=True
    )


def verify_header(
    signed_header: SignedHeader,
    validator_set: ValidatorSet,
    *,
    trusted: TrustedState,
    trusted_validators: ValidatorSet,
    rules: TrustRules,
    now_ns: int,
) -> TrustedState:
    """Return what is trusted after a header; raises ProofError that says why it is not."""
    fault = find_header_fault(
        signed_header,
        validator_set,
        trusted=trusted,
        trusted_validators=trusted_validators,
        rules=rules,
        now_ns=now_ns,
    )
    if fault is not None:
        raise make_header_error(signed_header, fault)
    return make_trusted_state(signed_header)


def make_header_error(signed_header: SignedHeader, fault: HeaderFault) -> ProofError:
    """Return the error for a header with a fault."""
    header = signed_header.header
    return ProofError(
        f"header {header.height} of {header.chain_id[:50]!r}: {fault.value}",
        remedy="ask another node of that chain; if all say the same, do not trust the chain",
    )


def make_trusted_state(signed_header: SignedHeader) -> TrustedState:
    """Return what a client holds once it trusts a header."""
    header = signed_header.header
    return TrustedState(header.ibc_height, header.time_ns, header.next_validators_hash)


def _find_fault_in_form(
    signed_header: SignedHeader, validator_set: ValidatorSet, rules: TrustRules
) -> HeaderFault | None:
    header, commit = signed_header.header, signed_header.commit
    if header.chain_id != rules.chain_id:
        return HeaderFault.WRONG_CHAIN
    well_formed = (
        header.version_block == _BLOCK_PROTOCOL
        and header.height > 0
        and header.validators_hash
        and all(len(value) in _HASH_LENGTHS for value in _list_hashes(header))
        and len(header.proposer_address) == _ADDRESS_LENGTH
        and commit.round >= 0
        and commit.signatures
        and not commit.block_id.is_zero
        and all(_is_well_formed(slot) for slot in commit.signatures)
        and all(validator.voting_power >= 0 for validator in validator_set.validators)
    )
    if not well_formed:
        return HeaderFault.MALFORMED
    if commit.height != header.height or commit.block_id.hash != header.hash:
        return HeaderFault.OTHER_BLOCK
    if validator_set.hash != header.validators_hash:
        return HeaderFault.WRONG_VALIDATORS
    return None


def _list_hashes(header: Header) -> tuple[bytes, ...]:
    """Return what must be 32 bytes or nothing; the app hash may have any length."""
    return (
        header.last_block_id.hash,
        header.last_block_id.part_set_hash,
        header.last_commit_hash,
        header.data_hash,
        header.validators_hash,
        header.next_validators_hash,
        header.consensus_hash,
        header.last_results_hash,
        header.evidence_hash,
    )


def _is_well_formed(slot: CommitSig) -> bool:
    if slot.flag is BlockIdFlag.ABSENT:
        return (slot.validator_address, slot.timestamp_ns, slot.signature) == (
            b"",
            GO_ZERO_TIME_NS,
            b"",
        )
    return len(slot.validator_address) == _ADDRESS_LENGTH and (
        0 < len(slot.signature) <= _MAX_SIGNATURE
    )


def _find_fault_in_time(
    signed_header: SignedHeader, trusted: TrustedState, rules: TrustRules, now_ns: int
) -> HeaderFault | None:
    header = signed_header.header
    if header.ibc_height.revision != trusted.height.revision:
        return HeaderFault.WRONG_REVISION
    if header.height <= trusted.height.height:
        return HeaderFault.NOT_NEWER
    if trusted.time_ns + rules.trusting_period_ns <= now_ns:
        return HeaderFault.TRUST_EXPIRED
    if header.time_ns <= trusted.time_ns:
        return HeaderFault.NOT_LATER
    if header.time_ns >= now_ns + rules.max_clock_drift_ns:
        return HeaderFault.FROM_THE_FUTURE
    return None


def _find_fault_in_votes(
    signed_header: SignedHeader,
    validators: ValidatorSet,
    level: Fraction,
    check_signatures: bool,
    *,
    own: bool,
) -> HeaderFault | None:
    """Tell what is wrong unless more than ``level`` of the voting power signed the block.

    ``own``: the set is that of the header, so slots stand in its order.
    """
    if own and len(signed_header.commit.signatures) != len(validators.validators):
        return HeaderFault.WRONG_SIGNER
    needed = validators.total_power * level.numerator // level.denominator
    tally = 0
    for index, signer in _list_signers(signed_header, validators, own=own):
        if isinstance(signer, HeaderFault):
            return signer
        if check_signatures:
            fault = _find_fault_in_signature(signed_header, index, signer)
            if fault is not None:
                return fault
        tally += signer.voting_power
        if tally > needed:
            return None
    return HeaderFault.NOT_ENOUGH_POWER if own else HeaderFault.NOT_ENOUGH_TRUST


def _list_signers(
    signed_header: SignedHeader, validators: ValidatorSet, *, own: bool
) -> Iterator[tuple[int, Validator | HeaderFault]]:
    """Yield slot and validator for each vote for the block that the set has a say in."""
    seen: set[bytes] = set()
    for index, slot in enumerate(signed_header.commit.signatures):
        if slot.flag is not BlockIdFlag.COMMIT:
            continue
        address = slot.validator_address
        signer = validators.validators[index] if own else validators.by_address.get(address)
        if signer is None:
            continue
        if own and signer.address != address:
            yield index, HeaderFault.WRONG_SIGNER
        elif address in seen:
            yield index, HeaderFault.DOUBLE_VOTE
        else:
            seen.add(address)
            yield index, signer


def _find_fault_in_signature(
    signed_header: SignedHeader, index: int, signer: Validator
) -> HeaderFault | None:
    if signer.key_type is not KeyType.ED25519:
        return HeaderFault.UNSUPPORTED_KEY
    # The hash of a set binds keys and powers, not addresses.
    if compute_address(signer.public_key) != signer.address:
        return HeaderFault.WRONG_SIGNER
    header, commit = signed_header.header, signed_header.commit
    if not is_vote_signed(commit, index, header.chain_id, signer.public_key):
        return HeaderFault.BAD_SIGNATURE
    return None
