"""Headers that a client is offered and proofs that it is shown; ibc-go judges the same bytes.

The chain is made up: four validators with keys that anybody can derive, signatures made
for real. What each case should come to is written here by hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from plurichain.encoding.height import Height, revision_of
from plurichain.encoding.well_known import GO_ZERO_TIME_NS
from plurichain.lightclient.header import (
    BlockId,
    BlockIdFlag,
    Commit,
    CommitSig,
    Header,
    SignedHeader,
    encode_ibc_header,
)
from plurichain.lightclient.signatures import compute_vote_sign_bytes
from plurichain.lightclient.validators import KeyType, Validator, ValidatorSet, compute_address
from tests.trees import Tree, encode_absence, exists, prove_store
from tests.vectors.cases.common import SECOND_NS, Vector, vector

RULE = "cometbft light/verifier.go and ibc-go 07-tendermint, worked out by hand"
PROOF = "built by hand as IAVL and CometBFT build their trees"
START_NS = 1_700_000_000 * SECOND_NS
HASH = b"\x07" * 32
TRUSTED, REFUSED, BETWEEN = "trusted", "refused", "header between needed"
TRUSTED_HEIGHT = Height(1, 10)
POWERS = (40, 30, 20, 10)
ABSENT = CommitSig(BlockIdFlag.ABSENT, b"", GO_ZERO_TIME_NS, b"")


@cache
def _key(index: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(index.to_bytes(32, "big"))


def _make_set(powers: Iterable[int], first_key: int = 1) -> ValidatorSet:
    rows = []
    for index, power in enumerate(powers, start=first_key):
        public = _key(index).public_key().public_bytes_raw()
        rows.append(Validator(compute_address(public), KeyType.ED25519, public, power))
    return ValidatorSet(tuple(rows))


@dataclass(frozen=True)
class Offer:
    """A header as it is offered to who trusts ``trusted_height`` at time ``START_NS``."""

    height: int = 20
    chain_id: str = "made-1"
    powers: tuple[int, ...] = POWERS
    signers: tuple[int, ...] = (0, 1, 2, 3)
    nil: tuple[int, ...] = ()
    trusted_powers: tuple[int, ...] = POWERS
    trusted_first_key: int = 1
    trusted_height: Height = TRUSTED_HEIGHT
    header: dict[str, Any] = field(default_factory=dict)
    # Changed after the votes were signed.
    late_header: dict[str, Any] = field(default_factory=dict)
    late_commit: dict[str, Any] = field(default_factory=dict)
    late_slots: dict[int, dict[str, Any]] = field(default_factory=dict)
    late_address: bytes | None = None
    time_ns: int = START_NS + 10 * SECOND_NS
    now_ns: int = START_NS + 10 * SECOND_NS
    trusted_hash: bytes | None = None
    trust_level: str = "1/3"

    def make(self) -> tuple[SignedHeader, ValidatorSet]:
        """Return the header with its commit, signed, and its validators."""
        validators = _make_set(self.powers)
        values: dict[str, Any] = {
            "version_block": 11,
            "version_app": 0,
            "chain_id": self.chain_id,
            "height": self.height,
            "time_ns": self.time_ns,
            "last_block_id": BlockId(HASH, 1, HASH),
            "validators_hash": validators.hash,
            "next_validators_hash": validators.hash,
            "proposer_address": validators.validators[0].address,
        }
        names = ("last_commit_hash", "data_hash", "consensus_hash", "app_hash")
        values |= dict.fromkeys((*names, "last_results_hash", "evidence_hash"), HASH)
        header = Header(**{**values, **self.header})
        commit = self._sign(header, validators)
        slots = [
            replace(slot, **self.late_slots.get(index, {}))
            for index, slot in enumerate(commit.signatures)
        ]
        commit = replace(commit, **{"signatures": tuple(slots), **self.late_commit})
        if self.late_address is not None:
            first, *rest = validators.validators
            lying = replace(first, address=self.late_address)
            validators = ValidatorSet((lying, *rest))
        return SignedHeader(replace(header, **self.late_header), commit), validators

    def _sign(self, header: Header, validators: ValidatorSet) -> Commit:
        slots = []
        for index, validator in enumerate(validators.validators):
            if index in self.signers:
                flag = BlockIdFlag.NIL if index in self.nil else BlockIdFlag.COMMIT
                slots.append(CommitSig(flag, validator.address, header.time_ns, b"\0"))
            else:
                slots.append(ABSENT)
        commit = Commit(header.height, 0, BlockId(header.hash, 1, HASH), tuple(slots))
        signed = [
            replace(
                slot,
                signature=_key(index + 1).sign(
                    compute_vote_sign_bytes(commit, index, header.chain_id)
                ),
            )
            if slot.signature
            else slot
            for index, slot in enumerate(slots)
        ]
        return replace(commit, signatures=tuple(signed))


def _offer(name: str, outcome: str, **changes: Any) -> Vector:
    offer = Offer(**changes)
    signed_header, validators = offer.make()
    before = _make_set(offer.trusted_powers, offer.trusted_first_key)
    given = {
        "function": "header",
        "header": encode_ibc_header(signed_header, validators, offer.trusted_height, before).hex(),
        "chain_id": "made-1",
        "trusted_height": str(offer.trusted_height),
        "trusted_time_ns": str(START_NS),
        "trusted_next_validators_hash": (offer.trusted_hash or before.hash).hex(),
        "trust_level": offer.trust_level,
        "trusting_period_ns": str(100 * SECOND_NS),
        "max_clock_drift_ns": str(5 * SECOND_NS),
        "now_ns": str(offer.now_ns),
    }
    assert revision_of(given["chain_id"]) == 1
    return vector(f"header: {name}", RULE, given, {"outcome": outcome})


def _power() -> list[Vector]:
    equal = {"powers": (30, 30, 30), "trusted_powers": (30, 30, 30)}
    return [
        _offer("all signed", TRUSTED),
        _offer("the next one", TRUSTED, height=11),
        _offer("70 of 100 signed", TRUSTED, signers=(0, 1)),
        _offer("60 of 100 signed", REFUSED, signers=(0, 2)),
        _offer(
            "60 of 90 are not more than two thirds", REFUSED, height=11, signers=(0, 1), **equal
        ),
        _offer("90 of 90", TRUSTED, height=11, **equal),
        _offer("the next one, 60 of 100", REFUSED, height=11, signers=(0, 2)),
        _offer("a vote for nothing does not count", REFUSED, nil=(0,)),
        _offer("a vote for nothing that is not needed", TRUSTED, nil=(3,)),
        _offer("none of the trusted signed", BETWEEN, trusted_first_key=5),
        _offer(
            "one of the trusted signed, with a quarter",
            BETWEEN,
            trusted_first_key=4,
            trusted_powers=(25, 75),
        ),
        _offer(
            "one of the trusted signed, with a third",
            BETWEEN,
            trusted_first_key=4,
            trusted_powers=(1, 2),
        ),
        _offer(
            "one of the trusted signed, with more than a third",
            TRUSTED,
            trusted_first_key=4,
            trusted_powers=(34, 66),
        ),
        _offer("two thirds asked, 70 of 100", TRUSTED, signers=(0, 1), trust_level="2/3"),
        _offer("a validator without power", TRUSTED, powers=(40, 30, 20, 0)),
        _offer("all asked: more than all is never there", BETWEEN, trust_level="1/1"),
        _offer("other validators than announced", REFUSED, height=11, trusted_first_key=5),
    ]


def _time_and_height() -> list[Vector]:
    return [
        _offer("a moment before trust ends", TRUSTED, now_ns=START_NS + 100 * SECOND_NS - 1),
        _offer("trust has ended", REFUSED, now_ns=START_NS + 100 * SECOND_NS),
        _offer("within the drift", TRUSTED, now_ns=START_NS + 5 * SECOND_NS + 1),
        _offer("from the future", REFUSED, now_ns=START_NS + 5 * SECOND_NS),
        _offer("a nanosecond later than the trusted", TRUSTED, time_ns=START_NS + 1),
        _offer("not later than the trusted", REFUSED, time_ns=START_NS),
        _offer("the trusted height itself", REFUSED, height=10),
        _offer("below the trusted height", REFUSED, height=9),
        _offer("another revision is trusted", REFUSED, trusted_height=Height(0, 10)),
        _offer("of the next revision", REFUSED, chain_id="made-2"),
        _offer("of another chain of this revision", REFUSED, chain_id="fake-1"),
    ]


def _forms() -> list[Vector]:
    signed_header, _ = Offer().make()
    first, second = signed_header.commit.signatures[:2]
    twice = {
        "validator_address": second.validator_address,
        "signature": second.signature,
    }
    return [
        _offer("validators of the trusted height that do not hash", REFUSED, trusted_hash=HASH),
        _offer("validators that do not hash", REFUSED, header={"validators_hash": HASH}),
        _offer("without a hash of validators", REFUSED, header={"validators_hash": b""}),
        _offer("a changed app hash", REFUSED, late_header={"app_hash": bytes(32)}),
        _offer("another block protocol", REFUSED, header={"version_block": 10}),
        _offer("an app of version 7", TRUSTED, header={"version_app": 7}),
        _offer("an app hash of any length", TRUSTED, header={"app_hash": b"\x01"}),
        _offer("a data hash of 31 bytes", REFUSED, header={"data_hash": bytes(31)}),
        _offer("no hash of evidence", TRUSTED, header={"evidence_hash": b""}),
        _offer("a proposer of 19 bytes", REFUSED, header={"proposer_address": bytes(19)}),
        _offer(
            "a last block of 5 bytes", REFUSED, header={"last_block_id": BlockId(b"12345", 1, HASH)}
        ),
        _offer("a commit of another height", REFUSED, late_commit={"height": 21}),
        _offer("a commit of another round", REFUSED, late_commit={"round": 1}),
        _offer("a commit below round 0", REFUSED, late_commit={"round": -1}),
        _offer("a commit for nothing", REFUSED, late_commit={"block_id": BlockId(b"", 0, b"")}),
        _offer(
            "a commit for other parts",
            REFUSED,
            late_commit={"block_id": replace(signed_header.commit.block_id, part_set_total=2)},
        ),
        _offer("a commit without votes", REFUSED, late_commit={"signatures": ()}),
        _offer("a commit with too few slots", REFUSED, late_commit={"signatures": (first, second)}),
        _offer("a vote twice", REFUSED, late_slots={0: twice}),
        _offer("a vote twice in the next one", REFUSED, height=11, late_slots={0: twice}),
        _offer("a forged vote", REFUSED, late_slots={0: {"signature": bytes(64)}}),
        _offer("a vote without a signature", REFUSED, late_slots={3: {"signature": b""}}),
        _offer(
            "a vote with too long a signature", REFUSED, late_slots={3: {"signature": bytes(65)}}
        ),
        _offer("a vote at another time", REFUSED, late_slots={0: {"timestamp_ns": START_NS}}),
        _offer(
            "an absent one with an address", REFUSED, late_slots={3: {"flag": BlockIdFlag.ABSENT}}
        ),
        _offer("an address that is not the key's", REFUSED, late_address=bytes(20)),
    ]


# --- proofs ---------------------------------------------------------------------------------------

ROWS = [(bytes([65 + index]), bytes([97 + index])) for index in range(9)]
TREE = Tree(ROWS, 300, lambda first, last: (first + last + 1) // 2)
OTHER = Tree(ROWS[:4], 300, lambda first, _: first)
STORES = [b"\x04bank" + bytes(32), b"\x03gov" + bytes(32)]


def _prove(
    name: str, valid: bool, below: bytes, *, key: bytes, value: bytes | None, tree: Tree = TREE,
    root: bytes | None = None, above: bytes | None = None,
) -> Vector:  # fmt: skip
    true_above, true_root = prove_store(tree.root, STORES)
    given = {
        "function": "proof",
        "operations": [below.hex(), (true_above if above is None else above).hex()],
        "root": (root or true_root).hex(),
        "store": "ibc",
        "key": key.hex(),
        "value": None if value is None else value.hex(),
    }
    return vector(f"proof: {name}", PROOF, given, {"valid": valid})


def _prove_deep(name: str, valid: bool, depth: int) -> Vector:
    """Prove the last key of a tree whose every node has one leaf on its left."""
    rows = [(index.to_bytes(2, "big"), b"v") for index in range(1, depth + 2)]
    tree = Tree(rows, 1, lambda first, _: first)
    key, value = rows[-1]
    return _prove(name, valid, exists(tree.prove(depth)), key=key, value=value, tree=tree)


def _membership() -> list[Vector]:
    first, last = ROWS[0], ROWS[-1]
    cases = [
        _prove(f"key {index}", True, exists(TREE.prove(index)), key=key, value=value)
        for index, (key, value) in enumerate(ROWS)
    ]
    proof = exists(TREE.prove(0))
    changed = bytearray(proof)
    changed[-1] ^= 1
    alone = Tree(ROWS[:1], 0, lambda first, _: first)
    return [
        *cases,
        _prove(
            "a tree of one", True, exists(alone.prove(0)), key=first[0], value=first[1], tree=alone
        ),
        _prove_deep("128 steps", True, 128),
        _prove_deep("129 steps", False, 129),
        _prove("another value", False, proof, key=first[0], value=b"x"),
        _prove("another key", False, proof, key=last[0], value=first[1]),
        _prove("no value", False, proof, key=first[0], value=b""),
        _prove("another root", False, proof, key=first[0], value=first[1], root=HASH),
        _prove("of another tree", False, exists(OTHER.prove(0)), key=first[0], value=first[1]),
        _prove("the last byte changed", False, bytes(changed), key=first[0], value=first[1]),
        _prove("presence for absence", False, proof, key=first[0], value=None),
        _prove("nothing above", False, proof, key=first[0], value=first[1], above=b""),
    ]


def _absence() -> list[Vector]:
    def between(left: int | None, right: int | None, key: bytes, tree: Tree = TREE) -> bytes:
        rows = (None if index is None else tree.prove(index) for index in (left, right))
        return encode_absence(key, *rows)

    cases = [
        _prove(f"between {at} and {at + 1}", True, between(at, at + 1, key), key=key, value=None)
        for at, key in ((at, ROWS[at][0] + b"!") for at in range(len(ROWS) - 1))
    ]
    gap = ROWS[3][0] + b"!"
    return [
        *cases,
        _prove("before the first", True, between(None, 0, b"!"), key=b"!", value=None),
        _prove("behind the last", True, between(8, None, b"~"), key=b"~", value=None),
        _prove("a neighbour too far right", False, between(3, 5, gap), key=gap, value=None),
        _prove("a neighbour too far left", False, between(2, 4, gap), key=gap, value=None),
        _prove("no left neighbour", False, between(None, 4, gap), key=gap, value=None),
        _prove("no right neighbour", False, between(3, None, gap), key=gap, value=None),
        _prove("no neighbours", False, between(None, None, gap), key=gap, value=None),
        _prove("neighbours the wrong way round", False, between(4, 3, gap), key=gap, value=None),
        _prove("one neighbour twice", False, between(3, 3, gap), key=gap, value=None),
        _prove("a key that is there", False, between(3, 4, gap), key=ROWS[4][0], value=None),
        _prove("of another tree", False, between(2, 3, b"C!", OTHER), key=b"C!", value=None),
        _prove("absence for presence", False, between(3, 4, gap), key=gap, value=b"x"),
    ]


def make_vectors() -> list[Vector]:
    """Return vectors of headers and of proofs."""
    return [*_power(), *_time_and_height(), *_forms(), *_membership(), *_absence()]
