"""A node's answers that cannot be right are refused as such, whatever is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plurichain.errors import BadReply
from plurichain.lightclient.rpc_json import (
    parse_header,
    parse_proof_ops,
    parse_signed_header,
    parse_validator_set,
)
from tests.unit.lightclient.recorded import TARGET, VALIDATORS


def spoil(*path: str | int, value: Any) -> Callable[[Any], None]:
    def change(answer: Any) -> None:
        for key in path[:-1]:
            answer = answer[key]
        if value is None:
            del answer[path[-1]]
        else:
            answer[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        spoil("signed_header", value=[]),
        spoil("signed_header", "header", "height", value="x"),
        spoil("signed_header", "header", "app_hash", value="zz"),
        spoil("signed_header", "header", "time", value="yesterday"),
        spoil("signed_header", "header", "time", value="2026-13-01T00:00:00Z"),
        spoil("signed_header", "header", "last_block_id", value=None),
        spoil("signed_header", "commit", "signatures", 0, "signature", value="é"),
        spoil("signed_header", "commit", "signatures", 0, "signature", value="AA!AA=="),
        spoil("signed_header", "commit", "signatures", 0, "block_id_flag", value=9),
        spoil("signed_header", "commit", "signatures", value=3),
    ],
)
def test_bad_commits_are_refused(change: Callable[[Any], None]) -> None:
    """One kind of error, in one line."""
    answer = VALIDATORS.get_commit(TARGET)
    change(answer)

    with pytest.raises(BadReply, match=r"^commit: ") as caught:
        parse_signed_header(answer)
    assert "\n" not in caught.value.cause


def test_a_header_is_read_from_every_answer_that_has_one() -> None:
    """``header`` and ``block`` carry the same header as ``commit``."""
    content = VALIDATORS.get_commit(TARGET)["signed_header"]["header"]
    expected = VALIDATORS.fetch_header(TARGET).header

    assert parse_header({"header": content}) == expected
    assert parse_header({"block": {"header": content}}) == expected
    with pytest.raises(BadReply, match=r"^header: "):
        parse_header({"header": None})


@pytest.mark.parametrize(
    "change",
    [
        spoil("validators", 0, "pub_key", "type", value="tendermint/PubKeySr25519"),
        spoil("validators", 0, "pub_key", "value", value="AAAA"),
        spoil("validators", 0, "voting_power", value="much"),
        spoil("block_height", value=None),
        spoil("total", value="5"),
    ],
)
def test_bad_validators_are_refused(change: Callable[[Any], None]) -> None:
    """Other kinds of keys, keys of another length, and sets that are not whole."""
    answer = VALIDATORS.get_validators(TARGET)
    change(answer)

    with pytest.raises(BadReply, match=r"^validators: "):
        parse_validator_set([answer])


def test_pages_make_one_set() -> None:
    """In order, all of one height."""
    whole = VALIDATORS.get_validators(TARGET)
    pages = [{**whole, "validators": whole["validators"][at : at + 3]} for at in (0, 3)]

    assert parse_validator_set(pages) == VALIDATORS.fetch_validators(TARGET)
    with pytest.raises(BadReply, match="3 of"):
        parse_validator_set(pages[:1])
    with pytest.raises(BadReply, match="at heights"):
        parse_validator_set([pages[0], {**pages[1], "block_height": "1"}])
    with pytest.raises(BadReply):
        parse_validator_set([])


def test_an_answer_without_a_proof_is_refused() -> None:
    """It was asked for."""
    response = VALIDATORS.get_query("bank", b"\xff", VALIDATORS.about["proofs"]["height"])

    assert len(parse_proof_ops(response)) == 2
    for bad in ({**response, "proofOps": None}, {**response, "proofOps": {"ops": []}}):
        with pytest.raises(BadReply, match=r"^abci_query: "):
            parse_proof_ops(bad)
