"""From a trusted height to any other in as few headers as the validators' changes allow."""

from __future__ import annotations

from collections import Counter
from typing import Any

import cosmpy.protos  # noqa: F401  puts ibc.* on the import path
import pytest
from ibc.lightclients.tendermint.v1.tendermint_pb2 import Header as IbcHeader

from plurichain.encoding.height import Height
from plurichain.errors import ProofError
from plurichain.lightclient.bisection import plan_updates
from plurichain.lightclient.header import SignedHeader
from plurichain.lightclient.validators import ValidatorSet
from plurichain.lightclient.verify import TrustedState, find_header_fault, make_trusted_state
from tests.unit.lightclient.recorded import HOUR_NS, RULES, TARGET, TRUSTED, VALIDATORS
from tests.unit.lightclient.rolling import RollingChain


def plan(trusted_height: int, target: int, **changes: Any) -> list[int]:
    trusted = VALIDATORS.fetch_header(trusted_height)
    given: dict[str, Any] = {
        "rules": RULES,
        "now_ns": trusted.header.time_ns + HOUR_NS,
        "fetch_header": VALIDATORS.fetch_header,
        "fetch_validators": VALIDATORS.fetch_validators,
        **changes,
    }
    updates = plan_updates(make_trusted_state(trusted), target, **given)
    return [update.height.height for update in updates]


def test_a_real_turnover_takes_the_recorded_headers() -> None:
    """More than two thirds changed between: one header on the way, then the target."""
    assert plan(TRUSTED, TARGET) == VALIDATORS.about["update_heights"]
    assert len(VALIDATORS.about["update_heights"]) == 2


def test_neighbours_take_one_header_and_the_same_height_none() -> None:
    """Nothing is submitted that is not needed."""
    assert plan(TARGET, TARGET + 1) == [TARGET + 1]
    assert plan(TARGET, TARGET) == []


def test_what_cannot_be_trusted_is_refused() -> None:
    """An older height is not reached by any header between."""
    with pytest.raises(ProofError, match="not above the trusted height"):
        plan(TARGET, TRUSTED)


def test_updates_are_encoded_with_what_they_rest_on() -> None:
    """Each names the height before it and that height's next validators."""
    trusted = make_trusted_state(VALIDATORS.fetch_header(TRUSTED))
    updates = plan_updates(
        trusted,
        TARGET,
        rules=RULES,
        now_ns=trusted.time_ns + HOUR_NS,
        fetch_header=VALIDATORS.fetch_header,
        fetch_validators=VALIDATORS.fetch_validators,
    )
    rests_on = [trusted.height, *(update.height for update in updates)]
    for update, before in zip(updates, rests_on, strict=False):
        theirs = IbcHeader.FromString(update.encode())
        assert theirs.signed_header.header.height == update.height.height
        assert theirs.trusted_height.revision_height == before.height
        assert len(theirs.trusted_validators.validators) == 4


@pytest.mark.parametrize(("every", "target"), [(1, 40), (3, 60), (7, 100), (100, 100)])
def test_any_turnover_is_bridged(every: int, target: int) -> None:
    """A chain that replaces a validator every few blocks: each step can be trusted in turn."""
    chain = RollingChain(every=every)
    asked: Counter[int] = Counter()

    def fetch_header(height: int) -> SignedHeader:
        asked[height] += 1
        return chain.make_header(height)

    def fetch_validators(height: int, expected_hash: bytes) -> ValidatorSet:
        assert chain.make_set(height).hash == expected_hash
        return chain.make_set(height)

    trusted = chain.make_trusted(1)
    updates = plan_updates(
        trusted,
        target,
        rules=chain.rules,
        now_ns=chain.now_ns,
        fetch_header=fetch_header,
        fetch_validators=fetch_validators,
    )

    assert updates[-1].height == Height(0, target)
    assert max(asked.values()) == 1
    for update in updates:
        assert step(chain, update.signed_header, update.validator_set, trusted) is None
        trusted = make_trusted_state(update.signed_header)
    # No header could be left out: the one after it cannot be reached from the one before.
    reached = [chain.make_trusted(1), *(make_trusted_state(u.signed_header) for u in updates)]
    for before, after in zip(reached, updates[1:], strict=False):
        assert step(chain, after.signed_header, after.validator_set, before) is not None


def step(
    chain: RollingChain, header: SignedHeader, own: ValidatorSet, trusted: TrustedState
) -> object:
    return find_header_fault(
        header,
        own,
        trusted=trusted,
        trusted_validators=chain.make_set(trusted.height.height + 1),
        rules=chain.rules,
        now_ns=chain.now_ns,
    )


def test_a_header_that_lies_ends_the_search() -> None:
    """It is named, and nothing is planned over it."""
    chain = RollingChain(every=1)

    def fetch_header(height: int) -> SignedHeader:
        return chain.make_header(height, forged=height == 20)

    with pytest.raises(ProofError, match=r"^header 20 .*signature"):
        plan_updates(
            chain.make_trusted(1),
            39,
            rules=chain.rules,
            now_ns=chain.now_ns,
            fetch_header=fetch_header,
            fetch_validators=lambda height, _: chain.make_set(height),
        )
