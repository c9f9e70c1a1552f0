"""What cannot be asked is said bid by bid, and hides nothing."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from plurichain.bidding.survey import survey_bids
from plurichain.config import Endpoint, Network
from plurichain.vault import SealedBid


def make_sealed(chain_id: str, attempt: int = 1) -> SealedBid:
    return SealedBid(
        chain_id=chain_id,
        auction_id=3,
        bidder=bytes(20),
        attempt=attempt,
        bid_commitment=bytes(32),
        sealed_at_ns=1,
        is_intact=True,
    )


def make_network(name: str, *, ca_file: str = "") -> Network:
    scheme = "https" if ca_file else "http"
    return Network(
        name=name,
        chain_id=f"{name}-1",
        prefix="pluri",
        endpoints=(Endpoint(f"{scheme}://127.0.0.1:1", f"{scheme}://127.0.0.1:1"),),
        fee_denom="upluri",
        gas_price=Fraction(0),
        ca_file=ca_file,
    )


def test_each_network_fails_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLURICHAIN_HOME", str(tmp_path))
    networks = [make_network("down"), make_network("tls", ca_file=str(tmp_path / "missing.pem"))]
    sealed = [make_sealed("down-1"), make_sealed("down-1", 2), make_sealed("tls-1")]

    rows = survey_bids(
        sealed,
        networks,
        get_key_names=lambda network: {bytes(20): f"key of {network.name}"},
        timeout_s=0.5,
    )

    assert [(row.network, row.attempt, str(row.standing)) for row in rows] == [
        ("down", 2, "unknown"),
        ("tls", 1, "unknown"),
    ]
    assert all(row.needs_action and row.note for row in rows)
    assert [row.key for row in rows] == ["key of down", "key of tls"]
    assert rows[0].command == "plurichain network show down --check"


def test_a_chain_without_a_network_is_named() -> None:
    [row] = survey_bids(
        [make_sealed("lost-1")], [], get_key_names=lambda _network: {}, timeout_s=0.5
    )
    assert row.needs_action
    assert "lost-1" in row.note
    assert survey_bids([], [], get_key_names=lambda _network: {}, timeout_s=0.5) == ()
