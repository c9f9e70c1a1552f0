"""The memo of forwarded transfers: what it says, and what is refused before it is sent."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.errors import InputError
from plurichain.ibc.forwarding import (
    MAX_FORWARDS,
    NO_RECEIVER,
    Forward,
    encode_forward_memo,
)
from plurichain.ibc.transfer import MAX_MEMO_BYTES

MINUTE_NS = 60_000_000_000

channels = st.integers(0, 10**9).map(lambda number: f"channel-{number}")
receivers = st.text(min_size=1, max_size=60).filter(
    lambda text: text.strip() and text != NO_RECEIVER and text.isprintable()
)
forwards = st.builds(Forward, channels, receivers)
objects = st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=3)


def read(memo: str) -> list[tuple[str, str, str]]:
    """Walk a memo as the middleware does, hop by hop."""
    found = []
    content = json.loads(memo)
    while "forward" in content:
        (hop,) = content.values()
        found.append((hop["port"], hop["channel"], hop["receiver"]))
        content = hop.get("next", {})
    return found


@given(
    st.lists(forwards, min_size=1, max_size=MAX_FORWARDS),
    st.integers(1, 2**63 - 1),
    st.integers(0, 255),
)
def test_each_hop_stands_within_the_one_before(
    hops: list[Forward], timeout_ns: int, retries: int
) -> None:
    memo = encode_forward_memo(hops, timeout_ns=timeout_ns, retries=retries)
    assert read(memo) == [(hop.port, hop.channel, hop.receiver) for hop in hops]
    first = json.loads(memo)["forward"]
    assert (first["timeout"], first["retries"]) == (f"{timeout_ns}ns", retries)
    assert memo.isascii()


@given(objects.filter(bool))
def test_a_memo_for_the_last_chain_comes_out_as_it_is(content: dict[str, object]) -> None:
    text = json.dumps(content)
    memo = encode_forward_memo([Forward("channel-1", "r")], timeout_ns=1, memo=text)
    assert json.loads(memo)["forward"]["next"] == content
    assert text in memo


def test_numbers_of_a_memo_are_not_rounded() -> None:
    text = '{"n":1.10,"m":123456789012345678901234567890}'
    memo = encode_forward_memo([Forward("channel-1", "r")], timeout_ns=1, memo=text)
    assert memo.endswith(f'"next":{text}}}}}')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("channel-1:pluri1x", Forward("channel-1", "pluri1x")),
        ("transfer/channel-12:a:b", Forward("channel-12", "a:b")),
        ("wasm.pluri1q/channel-3:r", Forward("channel-3", "r", "wasm.pluri1q")),
    ],
)
def test_forwards_are_read(text: str, expected: Forward) -> None:
    assert Forward.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("channel-1", "is not CHANNEL:RECEIVER"),
        ("channel-1:", "is not CHANNEL:RECEIVER"),
        ("channel-1: ", "the receiver is empty"),
        (":r", "channel '' is no name of IBC"),
        ("channel-1 :r", "channel 'channel-1 ' is no name of IBC"),
        ("a/channel-1:r", "port 'a' is no name of IBC"),
        ("chan-1:r", "channel 'chan-1' is no name of IBC"),
        ("channel-1:" + "r" * 2_049, "more than 2048 bytes"),
    ],
)
def test_what_is_no_forward_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Forward.parse(text)


@pytest.mark.parametrize(
    ("hops", "options", "said"),
    [
        ([], {}, "0 hops are not 1 to 4"),
        ([Forward("channel-1", "r")] * 5, {}, "5 hops are not 1 to 4"),
        ([Forward("channel-1", NO_RECEIVER)], {}, "the last receiver is 'pfm', which is nobody"),
        ([Forward("channel-1", "r")], {"timeout_ns": 0}, "0 ns are not 1"),
        ([Forward("channel-1", "r")], {"timeout_ns": 2**63}, "are not 1 to"),
        ([Forward("channel-1", "r")], {"retries": 256}, "256 is not 0 to 255"),
        ([Forward("channel-1", "r")], {"retries": -1}, "-1 is not 0 to 255"),
        ([Forward("channel-1", "r")], {"memo": "thanks"}, "'thanks' is not a JSON object"),
        ([Forward("channel-1", "r")], {"memo": "[1]"}, "is not a JSON object"),
        ([Forward("channel-1", "r")], {"memo": '{"a":NaN}'}, "is not a JSON object"),
        ([Forward("channel-1", "r")], {"memo": '{"a":1,"a":2}'}, "is not a JSON object"),
        ([Forward("channel-1", "r")], {"memo": '{"a":"\udcff"}'}, "is not a JSON object"),
        (
            [Forward("channel-1", "r")],
            {"memo": '{"a":"' + "m" * MAX_MEMO_BYTES + '"}'},
            "are more than 32768",
        ),
    ],
)
def test_what_could_only_come_back_is_refused(
    hops: list[Forward], options: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        encode_forward_memo(hops, **{"timeout_ns": MINUTE_NS, **options})  # type: ignore[arg-type]


def test_a_forward_names_its_end() -> None:
    assert str(Forward("channel-1", "r")) == "transfer/channel-1"
