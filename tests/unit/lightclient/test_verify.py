"""A header is trusted as a chain would trust it; whatever is changed in it is found."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from plurichain.encoding.height import Height
from plurichain.errors import ProofError
from plurichain.lightclient.header import BlockId, BlockIdFlag, Commit, SignedHeader
from plurichain.lightclient.signatures import compute_vote_sign_bytes, is_vote_signed
from plurichain.lightclient.validators import KeyType, Validator, ValidatorSet, compute_address
from plurichain.lightclient.verify import (
    HeaderFault,
    TrustedState,
    find_header_fault,
    make_trusted_state,
    verify_header,
)
from tests.unit.lightclient.recorded import (
    BETWEEN,
    CHAIN_ID,
    RULES,
    TARGET,
    TRUSTED,
    VALIDATORS,
)


def header(height: int) -> SignedHeader:
    return VALIDATORS.fetch_header(height)


def trust(height: int) -> TrustedState:
    return make_trusted_state(header(height))


def check(height: int, trusted_height: int, **changes: Any) -> HeaderFault | None:
    """Check a recorded header against a recorded trusted one, with some of it changed."""
    signed_header = changes.pop("signed_header", header(height))
    given: dict[str, Any] = {
        "trusted": trust(trusted_height),
        "trusted_validators": VALIDATORS.fetch_validators(trusted_height + 1),
        "rules": RULES,
        "now_ns": signed_header.header.time_ns + 10**9,
        **changes,
    }
    validators = given.pop("validator_set", VALIDATORS.fetch_validators(height))
    return find_header_fault(signed_header, validators, **given)


def test_a_header_signed_by_trusted_validators_is_trusted() -> None:
    """Not adjacent: more than a third of the trusted and two thirds of its own power."""
    assert check(BETWEEN, TRUSTED) is None


def test_the_next_header_is_trusted_by_its_announced_validators() -> None:
    """Adjacent: the validators are those that the trusted header named."""
    assert check(TARGET + 1, TARGET, trusted_validators=VALIDATORS.fetch_validators(TARGET)) is None


def test_a_turned_over_set_needs_a_header_between() -> None:
    """Of the four that were trusted only one, with a quarter of the power, signed the target."""
    assert check(TARGET, TRUSTED) is HeaderFault.NOT_ENOUGH_TRUST


def test_trusting_more_asks_for_more() -> None:
    """All of the trusted power is never more than all of it."""
    strict = replace(RULES, trust_level=Fraction(1))

    assert check(BETWEEN, TRUSTED, rules=strict) is HeaderFault.NOT_ENOUGH_TRUST


def test_verify_tells_what_is_trusted_next_and_why_not() -> None:
    """The error names the header and the reason in one line."""
    given: dict[str, Any] = {
        "trusted": trust(TRUSTED),
        "trusted_validators": VALIDATORS.fetch_validators(TRUSTED + 1),
        "rules": RULES,
        "now_ns": header(TARGET).header.time_ns,
    }
    after = verify_header(header(BETWEEN), VALIDATORS.fetch_validators(BETWEEN), **given)

    assert after == trust(BETWEEN)
    with pytest.raises(ProofError, match=rf"^header {TARGET} of .*an earlier header is needed$"):
        verify_header(header(TARGET), VALIDATORS.fetch_validators(TARGET), **given)


def changed_header(height: int, /, **changes: Any) -> SignedHeader:
    """Change a header and let its commit name it, so that only the votes give it away."""
    signed_header = header(height)
    changed = replace(signed_header.header, **changes)
    block_id = replace(signed_header.commit.block_id, hash=changed.hash)
    return SignedHeader(changed, replace(signed_header.commit, block_id=block_id))


def changed_commit(height: int, /, **changes: Any) -> SignedHeader:
    signed_header = header(height)
    return SignedHeader(signed_header.header, replace(signed_header.commit, **changes))


def changed_slot(height: int, index: int, /, **changes: Any) -> SignedHeader:
    signatures = list(header(height).commit.signatures)
    signatures[index] = replace(signatures[index], **changes)
    return changed_commit(height, signatures=tuple(signatures))


ZERO_BLOCK = BlockId(b"", 0, b"")
MALFORMED = [
    changed_header(BETWEEN, version_block=10),
    changed_header(BETWEEN, height=0),
    changed_header(BETWEEN, data_hash=bytes(31)),
    changed_header(BETWEEN, evidence_hash=bytes(33)),
    changed_header(BETWEEN, proposer_address=b"\x01"),
    changed_header(BETWEEN, validators_hash=b""),
    changed_commit(BETWEEN, round=-1),
    changed_commit(BETWEEN, signatures=()),
    changed_commit(BETWEEN, block_id=ZERO_BLOCK),
    changed_slot(BETWEEN, 0, validator_address=b"\x01"),
    changed_slot(BETWEEN, 0, signature=b""),
    changed_slot(BETWEEN, 0, signature=bytes(65)),
    changed_slot(BETWEEN, 0, flag=BlockIdFlag.ABSENT),
]


@pytest.mark.parametrize("signed_header", MALFORMED)
def test_malformed_headers_are_refused(signed_header: SignedHeader) -> None:
    """What a chain's basic validation refuses, before any hash is computed."""
    assert check(BETWEEN, TRUSTED, signed_header=signed_header) is HeaderFault.MALFORMED


def test_negative_power_is_refused() -> None:
    """It would lower what has to be reached."""
    validators = list(VALIDATORS.fetch_validators(BETWEEN).validators)
    validators[-1] = replace(validators[-1], voting_power=-1)

    fault = check(BETWEEN, TRUSTED, validator_set=ValidatorSet(tuple(validators)))

    assert fault is HeaderFault.MALFORMED


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"chain_id": "other-4"}, HeaderFault.WRONG_CHAIN),
        ({"app_hash": bytes(32)}, HeaderFault.BAD_SIGNATURE),
        ({"height": BETWEEN + 1}, HeaderFault.OTHER_BLOCK),
        ({"validators_hash": bytes(32)}, HeaderFault.WRONG_VALIDATORS),
        ({"time_ns": header(TRUSTED).header.time_ns}, HeaderFault.NOT_LATER),
    ],
)
def test_a_changed_header_is_found(changes: dict[str, Any], fault: HeaderFault) -> None:
    """Even where the commit is made to name the changed header."""
    assert check(BETWEEN, TRUSTED, signed_header=changed_header(BETWEEN, **changes)) is fault


def test_a_commit_for_another_block_is_found() -> None:
    """The votes are real, but for something else."""
    other = replace(header(BETWEEN).commit.block_id, hash=bytes(32))

    fault = check(BETWEEN, TRUSTED, signed_header=changed_commit(BETWEEN, block_id=other))

    assert fault is HeaderFault.OTHER_BLOCK


@pytest.mark.parametrize("height", [TRUSTED, BETWEEN, TARGET, TARGET + 1])
def test_every_vote_of_a_real_commit_was_signed(height: int) -> None:
    """By the validator of its slot, be it for the block or for nothing."""
    commit = header(height).commit
    validators = VALIDATORS.fetch_validators(height).validators

    for index, (slot, validator) in enumerate(zip(commit.signatures, validators, strict=True)):
        absent = slot.flag is BlockIdFlag.ABSENT
        assert is_vote_signed(commit, index, CHAIN_ID, validator.public_key) is not absent
        assert not is_vote_signed(commit, index, "other-4", validator.public_key)


def test_time_decides() -> None:
    """Trust ends with the trusting period, exactly; headers come from the past, with drift."""
    trusted_ns, time_ns = header(TRUSTED).header.time_ns, header(BETWEEN).header.time_ns
    end_ns = trusted_ns + RULES.trusting_period_ns
    drift_ns = RULES.max_clock_drift_ns

    assert check(BETWEEN, TRUSTED, now_ns=end_ns - 1) is None
    assert check(BETWEEN, TRUSTED, now_ns=end_ns) is HeaderFault.TRUST_EXPIRED
    assert check(BETWEEN, TRUSTED, now_ns=time_ns - drift_ns + 1) is None
    assert check(BETWEEN, TRUSTED, now_ns=time_ns - drift_ns) is HeaderFault.FROM_THE_FUTURE


def test_heights_decide() -> None:
    """Another revision and an older height are refused."""
    trusted = trust(TRUSTED)
    revision = replace(trusted, height=Height(5, TRUSTED))
    newer = replace(trusted, height=Height(4, BETWEEN))

    assert check(BETWEEN, TRUSTED, trusted=revision) is HeaderFault.WRONG_REVISION
    assert check(BETWEEN, TRUSTED, trusted=newer) is HeaderFault.NOT_NEWER


def test_validators_of_another_height_are_found() -> None:
    """Both sets must hash to what was announced."""
    later = VALIDATORS.fetch_validators(TARGET)

    assert check(BETWEEN, TRUSTED, trusted_validators=later) is (
        HeaderFault.WRONG_TRUSTED_VALIDATORS
    )
    earlier = VALIDATORS.fetch_validators(TRUSTED + 1)
    assert check(TARGET, TRUSTED, validator_set=earlier) is HeaderFault.WRONG_VALIDATORS


def test_an_unannounced_successor_is_found() -> None:
    """The neighbour's validators are those that were announced, or nothing is looked at."""
    trusted = TrustedState(
        Height(4, TARGET),
        header(TARGET).header.time_ns,
        VALIDATORS.fetch_validators(TRUSTED + 1).hash,
    )

    fault = check(
        TARGET + 1,
        TARGET,
        trusted=trusted,
        trusted_validators=VALIDATORS.fetch_validators(TRUSTED + 1),
    )

    assert fault is HeaderFault.WRONG_SUCCESSOR


# --- a chain of our own making, for commits that no honest node writes ----------------------------


KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in range(1, 5)]
PUBLIC = [key.public_key().public_bytes_raw() for key in KEYS]
POWERS = (40, 30, 20, 10)
MADE_SET = ValidatorSet(
    tuple(
        Validator(compute_address(public), KeyType.ED25519, public, power)
        for public, power in zip(PUBLIC, POWERS, strict=True)
    )
)


def sign(signers: set[int], *, validators: ValidatorSet = MADE_SET) -> SignedHeader:
    """Make a header above the recorded ones, signed by some of our own validators."""
    made = replace(
        header(TARGET).header,
        height=TARGET + 10,
        validators_hash=validators.hash,
        next_validators_hash=validators.hash,
    )
    template = header(BETWEEN).commit
    block_id = replace(template.block_id, hash=made.hash)
    absent = header(TARGET).commit.signatures[1]
    slots = []
    for index, validator in enumerate(validators.validators):
        if index in signers:
            slot = replace(
                template.signatures[0], validator_address=validator.address, signature=bytes(64)
            )
        else:
            slot = absent
        slots.append(slot)
    commit = Commit(TARGET + 10, 0, block_id, tuple(slots))
    signatures = tuple(
        replace(slot, signature=KEYS[index].sign(compute_vote_sign_bytes(commit, index, CHAIN_ID)))
        if index in signers
        else slot
        for index, slot in enumerate(slots)
    )
    return SignedHeader(made, replace(commit, signatures=signatures))


def check_made(signed_header: SignedHeader, **changes: Any) -> HeaderFault | None:
    made = signed_header.header
    given: dict[str, Any] = {
        "trusted": TrustedState(Height(4, TARGET), made.time_ns - 1, MADE_SET.hash),
        "trusted_validators": MADE_SET,
        "rules": RULES,
        "now_ns": made.time_ns,
        **changes,
    }
    return find_header_fault(signed_header, given.pop("validator_set", MADE_SET), **given)


@pytest.mark.parametrize(
    ("signers", "fault"),
    [
        ({0, 1}, None),
        ({0, 2, 3}, None),
        ({1, 2, 3}, HeaderFault.NOT_ENOUGH_POWER),
        ({0, 2}, HeaderFault.NOT_ENOUGH_POWER),
        ({1}, HeaderFault.NOT_ENOUGH_TRUST),
        ({0}, HeaderFault.NOT_ENOUGH_POWER),
    ],
)
def test_power_is_counted(signers: set[int], fault: HeaderFault | None) -> None:
    """More than two thirds of 100: from 67; more than one third: from 34."""
    assert check_made(sign(signers)) is fault


def test_exactly_two_thirds_are_not_enough() -> None:
    """60 of 90 are not more than two thirds of 90."""
    validators = ValidatorSet(
        tuple(replace(validator, voting_power=30) for validator in MADE_SET.validators[:3])
    )
    adjacent = TrustedState(Height(4, TARGET + 9), 0, validators.hash)
    rules = replace(RULES, trusting_period_ns=2**62)

    def check_signed_by(signers: set[int]) -> HeaderFault | None:
        return check_made(
            sign(signers, validators=validators),
            validator_set=validators,
            trusted=adjacent,
            trusted_validators=validators,
            rules=rules,
        )

    assert check_signed_by({0, 1}) is HeaderFault.NOT_ENOUGH_POWER
    assert check_signed_by({0, 1, 2}) is None


def test_a_forged_signature_is_found_unless_it_is_not_looked_at() -> None:
    """Without checking, what is claimed counts: enough to plan with."""
    signed_header = sign({0, 1})
    slots = signed_header.commit.signatures
    forged = replace(slots[0], signature=slots[1].signature)
    commit = replace(signed_header.commit, signatures=(forged, *slots[1:]))
    signed_header = SignedHeader(signed_header.header, commit)

    assert check_made(signed_header) is HeaderFault.BAD_SIGNATURE
    assert check_made(signed_header, check_signatures=False) is None


def test_a_vote_for_nothing_does_not_count() -> None:
    """It is signed, for no block."""
    signed_header = sign({0, 1, 2})
    slots = signed_header.commit.signatures
    commit = replace(
        signed_header.commit, signatures=(replace(slots[0], flag=BlockIdFlag.NIL), *slots[1:])
    )
    slot = replace(
        slots[0],
        flag=BlockIdFlag.NIL,
        signature=KEYS[0].sign(compute_vote_sign_bytes(commit, 0, CHAIN_ID)),
    )
    commit = replace(commit, signatures=(slot, *slots[1:]))

    assert is_vote_signed(commit, 0, CHAIN_ID, PUBLIC[0])
    assert check_made(SignedHeader(signed_header.header, commit)) is HeaderFault.NOT_ENOUGH_POWER


def test_one_validator_in_two_slots_is_found() -> None:
    """Whether they are looked up by address or by place."""
    signed_header = sign({0, 1})
    slots = signed_header.commit.signatures
    twice = replace(signed_header.commit, signatures=(slots[1], slots[1], *slots[2:]))
    signed_header = SignedHeader(signed_header.header, twice)
    # The first slot's vote was signed for its own place; nothing of it depends on that.
    assert check_made(signed_header) is HeaderFault.DOUBLE_VOTE

    adjacent = replace(
        TrustedState(Height(4, TARGET + 9), 0, MADE_SET.hash),
        time_ns=header(TARGET).header.time_ns - 1,
    )
    assert check_made(signed_header, trusted=adjacent) is HeaderFault.WRONG_SIGNER


def test_too_few_slots_are_found() -> None:
    """A commit has one slot for each validator of its set."""
    signed_header = sign({0, 1})
    commit = replace(signed_header.commit, signatures=signed_header.commit.signatures[:3])

    fault = check_made(SignedHeader(signed_header.header, commit))

    assert fault is HeaderFault.WRONG_SIGNER


def test_strangers_do_not_count() -> None:
    """A signer that the trusted set does not know adds nothing to its trust."""
    stranger = ValidatorSet(
        tuple(replace(validator, voting_power=1) for validator in MADE_SET.validators[2:])
    )

    fault = check_made(
        sign({0, 1}),
        trusted=TrustedState(Height(4, TARGET), 1, stranger.hash),
        trusted_validators=stranger,
        rules=replace(RULES, trusting_period_ns=2**62),
    )

    assert fault is HeaderFault.NOT_ENOUGH_TRUST


def test_an_address_that_is_not_the_keys_is_found() -> None:
    """The hash of a set does not bind addresses, so they are computed."""
    first, *rest = MADE_SET.validators
    lying = ValidatorSet((replace(first, address=bytes(20)), *rest))
    signed_header = sign({0, 1}, validators=lying)

    assert lying.hash == MADE_SET.hash
    fault = check_made(signed_header, validator_set=lying, trusted_validators=lying)
    assert fault is HeaderFault.WRONG_SIGNER


def test_other_keys_are_not_checked_here() -> None:
    """Said, instead of called a bad signature."""
    first, *rest = MADE_SET.validators
    mixed = ValidatorSet(
        (replace(first, key_type=KeyType.SECP256K1, public_key=b"\x02" * 33), *rest)
    )
    signed_header = sign({0, 1}, validators=mixed)
    trusted = TrustedState(Height(4, TARGET), signed_header.header.time_ns - 1, mixed.hash)

    fault = check_made(
        signed_header, validator_set=mixed, trusted=trusted, trusted_validators=mixed
    )

    assert fault is HeaderFault.UNSUPPORTED_KEY


def test_a_key_that_is_no_point_verifies_nothing() -> None:
    """Garbage where a key should be is a vote that was not signed."""
    assert not is_vote_signed(sign({0}).commit, 0, CHAIN_ID, b"\xff" * 32)
    assert not is_vote_signed(sign({0}).commit, 0, CHAIN_ID, b"short")
