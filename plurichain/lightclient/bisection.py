"""Which headers a client needs to get from what it trusts to a height.

One, while enough of the validators that it trusts signed the target. Otherwise headers
between, found by halving; two neighbours always do, since each header names the
validators of the next. Source: cometbft light/client.go (verifySkipping).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plurichain.encoding.height import Height
from plurichain.lightclient.header import SignedHeader, encode_ibc_header
from plurichain.lightclient.validators import ValidatorSet
from plurichain.lightclient.verify import (
    HeaderFault,
    TrustedState,
    TrustRules,
    find_header_fault,
    make_header_error,
    make_trusted_state,
)

FetchHeader = Callable[[int], SignedHeader]
"""Gives the signed header of a height."""
FetchValidators = Callable[[int, bytes], ValidatorSet]
"""Gives the validators of a height; the hash that they should have lets a cache answer."""


@dataclass(frozen=True, slots=True)
class ClientUpdate:
    """One header to submit, with all that the chain needs to verify it."""

    signed_header: SignedHeader
    validator_set: ValidatorSet
    trusted_height: Height
    trusted_validators: ValidatorSet

    @property
    def height(self) -> Height:
        """The height that the client knows afterwards."""
        return self.signed_header.header.ibc_height

    def encode(self) -> bytes:
        """Return the ibc.lightclients.tendermint.v1.Header."""
        return encode_ibc_header(
            self.signed_header, self.validator_set, self.trusted_height, self.trusted_validators
        )


def plan_updates(
    trusted: TrustedState,
    target_height: int,
    *,
    rules: TrustRules,
    now_ns: int,
    fetch_header: FetchHeader,
    fetch_validators: FetchValidators,
    check_signatures: bool = True,
) -> tuple[ClientUpdate, ...]:
    """Return the updates to submit, in order, the last one for ``target_height``.

    None if the trusted height is the target already. ``now_ns`` is the block time of the
    chain that hosts the client. Each header and each set of validators is fetched once at
    most. After every step the target itself is tried again, so that no header is
    submitted that is not needed. Raises ProofError for a header that cannot be trusted
    whatever is put between, such as an older one.
    """
    headers: dict[int, SignedHeader] = {}
    sets: dict[bytes, ValidatorSet] = {}

    def get_validators(height: int, expected_hash: bytes) -> ValidatorSet:
        if expected_hash not in sets:
            sets[expected_hash] = fetch_validators(height, expected_hash)
        return sets[expected_hash]

    updates: list[ClientUpdate] = []
    # Descending from the target; ``at`` is the one that is tried.
    heights = [target_height] if target_height != trusted.height.height else []
    at = 0
    while heights:
        height = heights[at]
        if height not in headers:
            headers[height] = fetch_header(height)
        update = ClientUpdate(
            headers[height],
            get_validators(height, headers[height].header.validators_hash),
            trusted.height,
            get_validators(trusted.height.height + 1, trusted.next_validators_hash),
        )
        fault = find_header_fault(
            update.signed_header,
            update.validator_set,
            trusted=trusted,
            trusted_validators=update.trusted_validators,
            rules=rules,
            now_ns=now_ns,
            check_signatures=check_signatures,
        )
        if fault is HeaderFault.NOT_ENOUGH_TRUST:
            at += 1
            if at == len(heights):
                heights.append((trusted.height.height + height) // 2)
        elif fault is not None:
            raise make_header_error(update.signed_header, fault)
        else:
            updates.append(update)
            trusted = make_trusted_state(update.signed_header)
            del heights[at:]
            at = 0
    return tuple(updates)
