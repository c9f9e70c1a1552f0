"""A chain on paper whose validators change: headers signed for real, blocks without content."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from plurichain.encoding.height import Height
from plurichain.lightclient.header import (
    BlockId,
    BlockIdFlag,
    Commit,
    CommitSig,
    Header,
    SignedHeader,
)
from plurichain.lightclient.signatures import compute_vote_sign_bytes
from plurichain.lightclient.validators import KeyType, Validator, ValidatorSet, compute_address
from plurichain.lightclient.verify import TrustedState, TrustRules

SECOND_NS = 10**9
START_NS = 1_700_000_000 * SECOND_NS
HASH = b"\x07" * 32


@cache
def make_key(index: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(index.to_bytes(32, "big"))


class RollingChain:
    """Every ``every`` blocks the oldest of four validators makes room for a new one."""

    chain_id = "rolling"
    rules = TrustRules(
        chain_id, trusting_period_ns=86_400 * SECOND_NS, max_clock_drift_ns=SECOND_NS
    )
    now_ns = START_NS + 3_600 * SECOND_NS

    def __init__(self, every: int) -> None:
        self.every = every

    def list_keys(self, height: int) -> list[int]:
        first = 1 + height // self.every
        return list(range(first, first + 4))

    def make_set(self, height: int) -> ValidatorSet:
        rows = []
        for index in self.list_keys(height):
            public = make_key(index).public_key().public_bytes_raw()
            rows.append(Validator(compute_address(public), KeyType.ED25519, public, 10))
        return ValidatorSet(tuple(rows))

    def make_header(self, height: int, *, forged: bool = False) -> SignedHeader:
        return self.sign(self.write_header(height), forged=forged)

    def write_header(self, height: int, *, before: bytes = HASH, app_hash: bytes = HASH) -> Header:
        """A header after the one that hashes to ``before``."""
        validators = self.make_set(height)
        return Header(
            version_block=11,
            version_app=0,
            chain_id=self.chain_id,
            height=height,
            time_ns=START_NS + height * SECOND_NS,
            last_block_id=BlockId(before, 1, HASH),
            last_commit_hash=HASH,
            data_hash=HASH,
            validators_hash=validators.hash,
            next_validators_hash=self.make_set(height + 1).hash,
            consensus_hash=HASH,
            app_hash=app_hash,
            last_results_hash=HASH,
            evidence_hash=HASH,
            proposer_address=validators.validators[0].address,
        )

    def sign(self, header: Header, *, forged: bool = False) -> SignedHeader:
        """The header with the votes of all its validators; ``forged``: by other keys."""
        height = header.height
        slots = tuple(
            CommitSig(BlockIdFlag.COMMIT, validator.address, header.time_ns, bytes(64))
            for validator in self.make_set(height).validators
        )
        commit = Commit(height, 0, BlockId(header.hash, 1, HASH), slots)
        signed = tuple(
            replace(
                slot,
                signature=make_key(index + forged).sign(
                    compute_vote_sign_bytes(commit, place, self.chain_id)
                ),
            )
            for place, (index, slot) in enumerate(zip(self.list_keys(height), slots, strict=True))
        )
        return SignedHeader(header, replace(commit, signatures=signed))

    def make_trusted(self, height: int) -> TrustedState:
        return TrustedState(
            Height(0, height), START_NS + height * SECOND_NS, self.make_set(height + 1).hash
        )
