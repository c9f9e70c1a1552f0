"""Until when a client can be used, and what is said of one that cannot."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from plurichain.chain.ibc.queries import ClientStatus
from plurichain.encoding.height import NO_HEIGHT, Height
from plurichain.errors import ClientUnusable
from plurichain.ibc.client import DEFAULT_TRUST_LEVEL, ClientState, ConsensusState
from plurichain.relayer.client_life import get_client_life, validate_client

SECOND = 1_000_000_000
UPDATED = 1_700_000_000 * SECOND
PERIOD = 30 * SECOND


@dataclass
class Host:
    """Stands for RelayChain; a client was updated ``age_ns`` ago, by its own block time."""

    age_ns: int
    status: ClientStatus = ClientStatus.ACTIVE
    chain_id: str = "a-1"

    @property
    def queries(self) -> Any:
        return self

    client = queries

    def get_client_state(self, _client_id: str) -> ClientState:
        latest = Height(1, 7)
        return ClientState("b-1", DEFAULT_TRUST_LEVEL, PERIOD, 2 * PERIOD, 5, NO_HEIGHT, latest)

    def get_consensus_state(self, _client_id: str, height: Height) -> ConsensusState:
        assert height == Height(1, 7)
        return ConsensusState(UPDATED, b"root", b"next")

    def get_client_status(self, _client_id: str) -> ClientStatus:
        return self.status

    def get_latest_header(self) -> Any:
        return SimpleNamespace(time_ns=UPDATED + self.age_ns)


@pytest.mark.parametrize(
    ("age_ns", "is_due"), [(0, False), (PERIOD // 3 - 1, False), (PERIOD // 3, True)]
)
def test_a_refresh_is_due_after_a_third(age_ns: int, is_due: bool) -> None:
    life = validate_client(Host(age_ns), "c-0")  # type: ignore[arg-type]

    assert life.is_refresh_due is is_due
    assert life.expires_ns == UPDATED + PERIOD
    assert life.refresh_due_ns == UPDATED + PERIOD // 3


def test_block_time_tells_before_the_chain_does() -> None:
    """The status was read at a block before the header."""
    assert get_client_life(Host(PERIOD - 1), "c-0").status is ClientStatus.ACTIVE  # type: ignore[arg-type]
    assert get_client_life(Host(PERIOD), "c-0").status is ClientStatus.EXPIRED  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("host", "cause"),
    [
        (
            Host(PERIOD + 65 * SECOND + 123_456_789, ClientStatus.EXPIRED),
            "client c-0 on a-1 expired 1m5s ago: no update within its trusting period of 30s",
        ),
        (
            Host(5, ClientStatus.FROZEN),
            "client c-0 on a-1 is frozen: it was shown two different headers of one height",
        ),
        (
            Host(5, ClientStatus.UNAUTHORIZED),
            "client c-0 on a-1 is unauthorized: the chain does not allow its use",
        ),
    ],
)
def test_a_client_that_cannot_be_used_is_one_line_and_names_who_can_help(
    host: Host, cause: str
) -> None:
    with pytest.raises(ClientUnusable) as caught:
        validate_client(host, "c-0")  # type: ignore[arg-type]

    assert caught.value.cause == cause
    assert "authority" in caught.value.remedy
    assert "MsgRecoverClient" in caught.value.remedy
