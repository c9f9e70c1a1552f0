"""Transfers and acknowledgements out of bytes that nobody vouches for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.errors import EncodingError
from plurichain.ibc.acknowledgement import Acknowledgement, parse_acknowledgement
from plurichain.ibc.app_json import MAX_DATA_BYTES, DataFault
from plurichain.ibc.commitments import UNIVERSAL_ERROR_ACKNOWLEDGEMENT
from plurichain.ibc.denom import DenomPath
from plurichain.ibc.transfer import (
    AMOUNT_MAX,
    TransferData,
    TransferLimits,
    find_excess,
    parse_transfer_data,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
TRANSFERS = st.builds(
    TransferData,
    TEXTS,
    st.integers(1, AMOUNT_MAX),
    TEXTS,
    TEXTS,
    st.text(st.characters(exclude_categories=["Cs"])),
)
GOOD = {"denom": "ueur", "amount": "100", "sender": "s", "receiver": "r"}


@given(TRANSFERS)
def test_a_transfer_reads_as_it_was_written(transfer: TransferData) -> None:
    """Whatever its texts hold."""
    assert parse_transfer_data(transfer.encode()) == transfer


def test_a_transfer_is_written_as_the_chain_writes_it() -> None:
    """Go's order of fields and its escapes; no memo where there is none."""
    transfer = TransferData("ueur", 100, "s", "r<&>\u2028", "")

    assert transfer.encode() == (
        b'{"denom":"ueur","amount":"100","sender":"s","receiver":"r\\u003c\\u0026\\u003e\\u2028"}'
    )
    assert TransferData("u", 1, "s", "r", "m").encode().endswith(b'"memo":"m"}')
    with pytest.raises(EncodingError, match="surrogate"):
        TransferData("\ud800", 1, "s", "r").encode()


def test_the_path_of_a_transfer() -> None:
    """It is that of the sending chain."""
    transfer = TransferData("transfer/channel-0/ueur", 1, "s", "r")

    assert transfer.path == DenomPath.parse("transfer/channel-0/ueur")


def test_keys_may_stand_in_any_order_and_beside_others() -> None:
    """As older chains sort them and other applications add some."""
    data = json.dumps({"zzz": [1, 2.5], **dict(sorted(GOOD.items()))}).encode()

    assert parse_transfer_data(data) == TransferData("ueur", 100, "s", "r")


def change(**fields: Any) -> bytes:
    return json.dumps({**GOOD, **fields}).encode()


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b" " * (MAX_DATA_BYTES + 1), DataFault.TOO_LONG),
        (b"\xff", DataFault.NOT_UTF8),
        (change(memo="\ud800"), DataFault.NOT_UTF8),
        (b"", DataFault.NOT_JSON),
        (b"{", DataFault.NOT_JSON),
        (b"\xef\xbb\xbf{}", DataFault.NOT_JSON),
        (b"[" * 100_000, DataFault.NOT_JSON),
        (b'{"a":NaN}', DataFault.NOT_JSON),
        (b'{"denom":"a","denom":"b"}', DataFault.REPEATED_KEY),
        (b"[]", DataFault.NOT_AN_OBJECT),
        (b"1" * 100_000, DataFault.NOT_AN_OBJECT),
        (b"{}", DataFault.MISSING_FIELD),
        (json.dumps({**GOOD, "Denom": "x", "denom": None}).encode(), DataFault.NOT_TEXT),
        (change(amount=100), DataFault.NOT_TEXT),
        (change(memo=None), DataFault.NOT_TEXT),
        (change(amount="0"), DataFault.BAD_AMOUNT),
        (change(amount="-1"), DataFault.BAD_AMOUNT),
        (change(amount="1.5"), DataFault.BAD_AMOUNT),
        (change(amount="0x10"), DataFault.BAD_AMOUNT),
        (change(amount="007"), DataFault.BAD_AMOUNT),
        (change(amount="1_0"), DataFault.BAD_AMOUNT),
        (change(amount="\u0661"), DataFault.BAD_AMOUNT),
        (change(amount=str(2**256)), DataFault.BAD_AMOUNT),
        (change(amount="9" * 100_000), DataFault.BAD_AMOUNT),
        (change(sender=" "), DataFault.BLANK_FIELD),
        (change(receiver=""), DataFault.BLANK_FIELD),
        (change(denom="\t"), DataFault.BLANK_FIELD),
    ],
    ids=lambda value: value.name if isinstance(value, DataFault) else "",
)
def test_what_is_no_transfer_is_told_by_its_reason(data: bytes, fault: DataFault) -> None:
    """Nothing raises, whatever a chain sends."""
    assert parse_transfer_data(data) is fault


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_transfer_or_a_reason(data: bytes) -> None:
    """And what is read can be written."""
    for given_data in (data, b'{"denom":"' + data + b'","amount":"1","sender":"s","receiver":"r"}'):
        transfer = parse_transfer_data(given_data)
        if isinstance(transfer, TransferData):
            assert parse_transfer_data(transfer.encode()) == transfer


def test_limits_count_bytes() -> None:
    """Of UTF-8, at the limit it still passes."""
    limits = TransferLimits(max_memo_bytes=4, max_receiver_bytes=2)

    assert find_excess(TransferData("d", 1, "s", "ä", "ää"), limits) is None
    assert find_excess(TransferData("d", 1, "s", "ä", "ää."), limits) is DataFault.MEMO_TOO_LONG
    assert find_excess(TransferData("d", 1, "s", "ä.", ""), limits) is DataFault.RECEIVER_TOO_LONG
    assert find_excess(TransferData("d", 1, "s", "r" * 2_048, "m" * 32_768)) is None
    assert find_excess(TransferData("d", 1, "s", "r" * 2_049)) is DataFault.RECEIVER_TOO_LONG


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b'{"result":"AQ=="}', Acknowledgement(True, result=b"\x01")),
        (b'{"error":"ABCI code: 5: x"}', Acknowledgement(False, error="ABCI code: 5: x")),
        (
            UNIVERSAL_ERROR_ACKNOWLEDGEMENT,
            Acknowledgement(False, error="universal error acknowledgement"),
        ),
        (b"\x01", None),
        (b"{}", None),
        (b'{"result":"AQ==","error":"x"}', None),
        (b'{"result":""}', None),
        (b'{"result":1}', None),
        (b'{"result":"A"}', None),
        (b'{"result":"AQ!=="}', None),
        (b'{"result":"\xc3\xa4"}', None),
        (b'{"answer":"AQ=="}', None),
        (b'{"error":" "}', None),
    ],
)
def test_acknowledgements(data: bytes, answer: Acknowledgement | None) -> None:
    """Success, failure, or a form of the application's own; nothing raises."""
    assert parse_acknowledgement(data) == answer


@given(st.binary())
def test_any_bytes_are_an_acknowledgement_or_not(data: bytes) -> None:
    """Nothing raises."""
    answer = parse_acknowledgement(data)

    assert answer is None or answer.is_success is (answer.error == "")
