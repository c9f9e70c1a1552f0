from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest
from cosmpy.aerial.tx import SigningCfg, Transaction, TxFee
from cosmpy.crypto.keypairs import PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from plurichain.chain import protos
from plurichain.chain.transactions import messages
from plurichain.chain.transactions.fees import compute_fee
from plurichain.chain.transactions.signing import build_auth_info, build_body, build_probe, sign_tx
from plurichain.errors import UsageError
from plurichain.identifiers import Address
from plurichain.keyring import Key
from plurichain.units import Coin

PRIVATE = bytes(range(1, 33))
KEY = Key("a", PRIVATE)
OTHER = Address(b"\x07" * 20, "pluri")


@given(
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    st.integers(1, 2**63),
    st.integers(1, 2**120),
    st.text(max_size=80),
)
def test_signed_bytes_are_those_of_cosmpy(
    number: int, sequence: int, gas: int, amount: int, memo: str
) -> None:
    cosmpy_key = PrivateKey(PRIVATE)
    message = protos.bank_tx.MsgSend(
        from_address=str(KEY.address),
        to_address=str(OTHER),
        amount=[protos.coin.Coin(denom="ueur", amount=str(amount))],
    )
    theirs = Transaction()
    theirs.add_message(message)
    fee = TxFee(amount=f"{amount}upluri", gas_limit=gas)
    theirs.seal(SigningCfg.direct(cosmpy_key.public_key, sequence), fee=fee, memo=memo)
    theirs.sign(cosmpy_key, "chain-1", number, deterministic=True)
    theirs.complete()
    expected = protos.tx.TxRaw(
        body_bytes=theirs.tx.body.SerializeToString(),
        auth_info_bytes=theirs.tx.auth_info.SerializeToString(),
        signatures=theirs.tx.signatures,
    ).SerializeToString()

    body = build_body([messages.bank_send(KEY.address, OTHER, [Coin("ueur", amount)])], memo=memo)
    auth_info = build_auth_info(
        KEY.public_key, account_sequence=sequence, fee=[Coin("upluri", amount)], gas_limit=gas
    )
    ours = sign_tx(KEY, body=body, auth_info=auth_info, chain_id="chain-1", account_number=number)
    assert ours.tx_bytes == expected
    assert ours.tx_bytes == theirs.tx.SerializeToString()
    assert ours.tx_hash == hashlib.sha256(expected).hexdigest().upper()


def test_unordered_bodies_carry_the_time_out_to_the_nanosecond() -> None:
    send = messages.bank_send(KEY.address, OTHER, [Coin("ueur", 1)])
    body = protos.tx.TxBody.FromString(build_body([send], timeout_ns=1_700_000_000_123_456_789))

    assert body.unordered
    assert body.timeout_timestamp.seconds == 1_700_000_000
    assert body.timeout_timestamp.nanos == 123_456_789
    assert not protos.tx.TxBody.FromString(build_body([send])).unordered


def test_a_probe_has_the_size_of_what_is_sent() -> None:
    body = build_body([messages.bank_send(KEY.address, OTHER, [Coin("ueur", 1)])], timeout_ns=1)
    auth_info = build_auth_info(KEY.public_key, account_sequence=0, fee=(), gas_limit=7)
    signed = sign_tx(KEY, body=body, auth_info=auth_info, chain_id="c", account_number=1)

    assert len(build_probe(body=body, auth_info=auth_info)) == len(signed.tx_bytes)


def test_what_no_chain_takes_is_refused_before_signing() -> None:
    with pytest.raises(UsageError, match="at least one message"):
        build_body([])
    send = messages.bank_send(KEY.address, OTHER, [Coin("ueur", 1)])
    with pytest.raises(UsageError, match="257 characters are more than 256"):
        build_body([send], memo="x" * 257)


def test_coins_are_sent_in_the_order_that_the_chain_wants() -> None:
    coins = [Coin("watthour", 1), Coin("ueur", 0), Coin("aaa", 2), Coin("aaa", 3)]
    sent = protos.bank_tx.MsgSend.FromString(messages.bank_send(KEY.address, OTHER, coins).value)

    assert [(coin.denom, coin.amount) for coin in sent.amount] == [("aaa", "5"), ("watthour", "1")]


def test_fees_are_exact_and_rounded_up() -> None:
    from fractions import Fraction

    assert compute_fee(100_001, Fraction("0.025"), "upluri") == (Coin("upluri", 2_501),)
    assert compute_fee(100_000, Fraction("0.025"), "upluri") == (Coin("upluri", 2_500),)
    # Beyond 2^53, where a float price is off by millions.
    assert compute_fee(100_001, Fraction(110_000_000_000_000_000), "upluri") == (
        Coin("upluri", 11_000_110_000_000_000_000_000),
    )
    assert compute_fee(100_000, Fraction(0), "upluri") == ()


def test_messages_do_not_show_an_opening() -> None:
    salt = b"\x42" * 32
    shown = repr(messages.reveal_bid(KEY.address, KEY.address, 1, b"bid-bytes", salt))

    assert "bid-bytes" not in shown
    assert salt.hex() not in shown


def test_the_journal_is_read_without_grpc() -> None:
    script = (
        "import sys, plurichain.chain.journal.journal\n"
        "print([m for m in sys.modules if m in ('grpc', 'cosmpy', 'google.protobuf')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
