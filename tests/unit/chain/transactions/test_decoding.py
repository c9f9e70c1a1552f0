from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.chain import protos
from plurichain.chain.transactions.decoding import decode_tx
from plurichain.chain.transactions.messages import Message, bank_multi_send, commit_bid, reveal_bid
from plurichain.chain.transactions.signing import build_auth_info, build_body, sign_tx
from plurichain.errors import BadReply
from plurichain.identifiers import Address
from plurichain.keyring import Key
from plurichain.units import Coin

KEY = Key("a", b"\x07" * 32)


def sign(*messages: Message, memo: str = "", timeout_ns: int | None = 1_500_000_000) -> bytes:
    body = build_body(messages, memo=memo, timeout_ns=timeout_ns)
    info = build_auth_info(
        KEY.public_key, account_sequence=0, fee=(Coin("upluri", 5),), gas_limit=77
    )
    signed = sign_tx(KEY, body=body, auth_info=info, chain_id="c-1", account_number=3)
    return signed.tx_bytes


@given(
    commitment=st.binary(min_size=1, max_size=32),
    auction_id=st.integers(1, 2**64 - 1),
    attempt=st.integers(1, 2**32 - 1),
)
def test_a_commit_is_read_in_full(commitment: bytes, auction_id: int, attempt: int) -> None:
    tx = decode_tx(sign(commit_bid(KEY.address, auction_id, commitment, attempt), memo="m"))

    assert tx.messages[0].type_url == "/plurichain.auction.v1.MsgCommitBid"
    assert tx.messages[0].fields == {
        "bidder": str(KEY.address),
        "auction_id": auction_id,
        "bid_commitment": commitment.hex(),
        "attempt": attempt,
    }
    assert (tx.memo, tx.is_unordered, tx.timeout_ns) == ("m", True, 1_500_000_000)
    assert (tx.gas_limit, tx.fee) == (77, (Coin("upluri", 5),))
    assert tx.public_keys == (KEY.public_key.hex(),)
    assert [len(signature) for signature in tx.signatures] == [128]
    assert tx.is_whole


def test_several_messages_and_nested_ones() -> None:
    other = Address(b"\x02" * 20, "pluri")
    send = bank_multi_send(KEY.address, [(other, (Coin("ueur", 5),))])
    reveal = reveal_bid(KEY.address, other, 1, b"\x01\x02", b"\x03" * 32)
    tx = decode_tx(sign(send, reveal, timeout_ns=None))
    fields = [message.fields for message in tx.messages]

    assert fields[0] is not None
    assert fields[1] is not None
    assert fields[0]["outputs"] == [
        {"address": str(other), "coins": [{"denom": "ueur", "amount": "5"}]}
    ]
    assert fields[1]["bid_bytes"] == "0102"
    assert (tx.is_unordered, tx.timeout_ns) == (False, 0)
    assert tx.is_whole


@pytest.mark.parametrize("place", ["message", "body", "auth", "raw"])
def test_bytes_that_are_not_shown_are_noticed(place: str) -> None:
    """A field that no program knows could carry a message to somebody."""
    hidden = b"\xfa\x3e\x01x"  # field 1007, one byte
    message = commit_bid(KEY.address, 1, b"\x01" * 32, 1)
    if place == "message":
        message = Message(message.type_url, message.value + hidden, message.signer)
    raw = protos.tx.TxRaw.FromString(sign(message))
    raw.body_bytes += hidden if place == "body" else b""
    raw.auth_info_bytes += hidden if place == "auth" else b""
    tx_bytes = raw.SerializeToString() + (hidden if place == "raw" else b"")

    assert not decode_tx(tx_bytes).is_whole


def test_an_unknown_message_is_named_and_not_whole() -> None:
    tx = decode_tx(sign(Message("/some.other.v1.MsgThing", b"\x08\x01", KEY.address)))

    assert tx.messages[0].type_url == "/some.other.v1.MsgThing"
    assert tx.messages[0].fields is None
    assert not tx.is_whole


@pytest.mark.parametrize("junk", [b"\xff", b"\x0a\x05abc"])
def test_junk_is_a_bad_reply(junk: bytes) -> None:
    with pytest.raises(BadReply, match="a transaction in a block that is not one"):
        decode_tx(junk)
