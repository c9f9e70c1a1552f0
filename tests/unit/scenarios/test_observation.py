from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from plurichain.chain.transactions.decoding import decode_tx
from plurichain.chain.transactions.messages import commit_bid
from plurichain.chain.transactions.signing import build_auth_info, build_body, sign_tx
from plurichain.chain.types import Block, BlockResults, Event, Header, TxResult
from plurichain.errors import CheckFailed
from plurichain.keyring import Key
from plurichain.scenarios.observer import Observation, compute_shape, observe_auction
from plurichain.scenarios.sealing_phase import validate_observation
from plurichain.scenarios.tables import tabulate_observation
from plurichain.scenarios.wording import Wording
from plurichain.units import Coin

AUCTION: Any = SimpleNamespace(id=1, deposit=(Coin("ueur", 5),))


def make_key(name: str) -> Key:
    return Key(name, hashlib.sha256(name.encode()).digest())


def make_commit(
    name: str, *, memo: str = "", gas: int = 9, deposit: str = "5ueur", timeout_ns: int = 7
) -> tuple[bytes, TxResult]:
    """A signed commit and what a chain says of it."""
    key = make_key(name)
    commitment = hashlib.sha256(b"commitment" + name.encode()).digest()
    info = build_auth_info(key.public_key, account_sequence=0, fee=(), gas_limit=gas)
    body = build_body([commit_bid(key.address, 1, commitment, 1)], memo=memo, timeout_ns=timeout_ns)
    signed = sign_tx(key, body=body, auth_info=info, chain_id="c", account_number=1)
    signature = decode_tx(signed.tx_bytes).signatures[0]
    committed = {
        "auction_id": "1",
        "bidder": str(key.address),
        "bid_commitment": base64.b64encode(commitment).decode(),
        "attempt": 1,
    }
    events = (
        Event("tx", (("signature", base64.b64encode(bytes.fromhex(signature)).decode()),)),
        Event("coin_spent", (("spender", str(key.address)), ("amount", deposit))),
        Event("coin_spent", (("spender", "somebody"), ("amount", "1ueur"))),
        Event(
            "plurichain.auction.v1.EventBidCommitted",
            tuple((field, json.dumps(value)) for field, value in committed.items()),
        ),
    )
    return signed.tx_bytes, TxResult(0, "", "", 100 + timeout_ns, gas, events)


class FakeChain:
    """A chain of one transaction a block, after an empty one."""

    def __init__(self, *txs: tuple[bytes, TxResult]) -> None:
        self.txs = txs

    def get_latest_header(self) -> Header:
        return Header(1 + len(self.txs), 50, "c")

    def get_block(self, height: int) -> Block:
        txs = (self.txs[height - 2][0],) if height > 1 else ()
        return Block(Header(height, 50, "c"), txs, b"")

    def get_block_results(self, height: int) -> BlockResults:
        results = (self.txs[height - 2][1],) if height > 1 else ()
        return BlockResults(height, results, (Event("mint", ()),))


def observe(*txs: tuple[bytes, TxResult]) -> Observation:
    chain: Any = FakeChain(*txs)
    return observe_auction(chain, 1)


def get_names(*names: str) -> dict[str, str]:
    return {str(make_key(name).address): name for name in names}


def test_what_is_seen_of_two_commits() -> None:
    seen = observe(make_commit("a", timeout_ns=1), make_commit("b", timeout_ns=999_999_999))

    assert [(commit.height, commit.deposit) for commit in seen.commits] == [
        (2, (Coin("ueur", 5),)),
        (3, (Coin("ueur", 5),)),
    ]
    assert (seen.transactions, seen.events, seen.opaque, seen.reveals) == (2, 3 + 8, 0, 0)
    assert seen.shapes == 1
    validate_observation(seen, AUCTION, get_names("a", "b"))
    assert Observation.from_json(json.loads(json.dumps(seen.to_json()))) == seen


@pytest.mark.parametrize(
    "leak", [{"memo": "x"}, {"gas": 10}, {"deposit": "6ueur"}], ids=lambda leak: next(iter(leak))
)
def test_a_commit_of_another_form_is_noticed(leak: dict[str, Any]) -> None:
    seen = observe(make_commit("a"), make_commit("b", **leak))

    assert seen.shapes == 2
    with pytest.raises(CheckFailed, match="2 different forms"):
        validate_observation(seen, AUCTION, get_names("a", "b"))


def test_the_shape_holds_everything_but_what_is_ones_own() -> None:
    tx_bytes, result = make_commit("a")
    shape = compute_shape(decode_tx(tx_bytes), result)

    assert "COMMITMENT" in shape
    assert str(make_key("a").address) not in shape
    moved = replace(result, events=(*result.events, Event("extra", ())))
    assert compute_shape(decode_tx(tx_bytes), moved) != shape


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"opaque": 1}, "1 transactions could not be decoded"),
        ({"reveals": 1}, "1 openings are on the chain"),
        ({"commits": ()}, "not every bidder has exactly one commitment"),
        ({"shapes": 2}, "2 different forms"),
    ],
)
def test_seeing_more_fails_the_check(changes: dict[str, Any], said: str) -> None:
    seen = observe(make_commit("a"), make_commit("b"))

    with pytest.raises(CheckFailed, match=said):
        validate_observation(replace(seen, **changes), AUCTION, get_names("a", "b"))


def test_equal_commitments_and_another_deposit_fail_the_check() -> None:
    seen = observe(make_commit("a"), make_commit("b"))
    first, second = seen.commits
    copied = replace(second, bid_commitment=first.bid_commitment)
    names = get_names("a", "b")

    with pytest.raises(CheckFailed, match="two commitments are equal"):
        validate_observation(replace(seen, commits=(first, copied)), AUCTION, names)
    with pytest.raises(CheckFailed, match="a deposit is not 5ueur"):
        validate_observation(
            replace(seen, commits=(first, replace(second, deposit=()))), AUCTION, names
        )


def test_a_failed_commit_is_no_commitment() -> None:
    tx_bytes, result = make_commit("a")

    assert observe((tx_bytes, replace(result, code=7))).commits == ()


def test_the_table_shows_names_and_deposits() -> None:
    seen = observe(make_commit("a"))
    table = tabulate_observation(seen, get_names("a"), Wording("watthour", "ueur"))

    assert table.rows[0][0] == "a"
    assert table.rows[0][3:] == ("0.000005 EUR", "5ueur")
