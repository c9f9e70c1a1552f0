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
    chain that hosts the client; each height is fetched once at most. Raises ProofError
    for a header that cannot be trusted whatever is put between, such as an older one.
    """
    if target_height == trusted.height.height:
        return ()
    headers: dict[int, SignedHeader] = {}
    updates: list[ClientUpdate] = []
    targets = [target_height]
    while targets:
        height = targets[-1]
        if height not in headers:
            headers[height] = fetch_header(height)
        update = _make_update(headers[height], height, trusted, fetch_validators)
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
            targets.append((trusted.height.height + height) // 2)
            continue
        if fault is not None:
            raise make_header_error(update.signed_header, fault)
        updates.append(update)
        trusted = make_trusted_state(update.signed_header)
        targets.pop()
    return tuple(updates)


def _make_update(
    signed_header: SignedHeader,
    height: int,
    trusted: TrustedState,
    fetch_validators: FetchValidators,
) -> ClientUpdate:
    own = fetch_validators(height, signed_header.header.validators_hash)
    if own.hash == trusted.next_validators_hash:
        before = own
    else:
        before = fetch_validators(trusted.height.height + 1, trusted.next_validators_hash)
    return ClientUpdate(signed_header, own, trusted.height, before)
