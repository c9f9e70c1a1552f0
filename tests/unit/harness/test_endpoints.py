"""endpoints.json: written, read back, and refused when it is something else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plurichain.errors import HarnessError
from plurichain.harness.endpoints import (
    Endpoints,
    NodeEndpoints,
    parse_endpoints,
    read_endpoints,
    write_endpoints,
)

ENDPOINTS = Endpoints(
    chain_id="a-1",
    bech32_prefix="pluri",
    fee_denom="upluri",
    gas_price="0.025",
    nodes=(NodeEndpoints("node0", "127.0.0.1:1", "http://127.0.0.1:2", "", Path("/nets/a/node0")),),
    faucet_mnemonic_file=Path("/nets/a/faucet.mnemonic"),
)


def test_file_is_read_back_as_it_was(tmp_path: Path) -> None:
    """Writing and reading is the identity."""
    write_endpoints(tmp_path, ENDPOINTS)

    assert read_endpoints(tmp_path) == ENDPOINTS
    assert [path.name for path in tmp_path.iterdir()] == ["endpoints.json"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "no chain in"),
        ("[]", "not the endpoints"),
        ('{"version": 1}', "chain_id"),
        (json.dumps({**ENDPOINTS.to_json(), "version": 2}), "version 2 is not 1"),
        (json.dumps({**ENDPOINTS.to_json(), "nodes": [{}]}), "name"),
    ],
)
def test_other_content_is_refused(tmp_path: Path, text: str, named: str) -> None:
    """A file that is none of ours is named with its reason."""
    (tmp_path / "endpoints.json").write_text(text)

    with pytest.raises(HarnessError) as caught:
        read_endpoints(tmp_path)

    assert named in caught.value.cause
    assert str(tmp_path) in caught.value.cause


def test_missing_file_is_no_chain(tmp_path: Path) -> None:
    """A folder without the file has no chain."""
    with pytest.raises(HarnessError, match="no chain in"):
        read_endpoints(tmp_path)


def test_source_is_named() -> None:
    """Whoever parses says where the content is from."""
    with pytest.raises(HarnessError, match="somewhere"):
        parse_endpoints(None, source="somewhere")
