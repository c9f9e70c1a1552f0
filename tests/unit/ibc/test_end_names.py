"""Names of ports and channels: those that ICS-24 allows, and nothing that only looks like one."""

from __future__ import annotations

import pytest

from plurichain.errors import InputError
from plurichain.ibc.end_names import parse_end_name


@pytest.mark.parametrize(
    ("text", "port", "end"),
    [
        ("channel-0", None, ("transfer", "channel-0")),
        ("transfer/channel-0", None, ("transfer", "channel-0")),
        ("transfer/channel-0", "transfer", ("transfer", "channel-0")),
        ("channel-7", "icahost", ("icahost", "channel-7")),
        ("wasm.pluri1x/channel-7", None, ("wasm.pluri1x", "channel-7")),
        ("channel-1" + "0" * 55, None, ("transfer", "channel-1" + "0" * 55)),
    ],
)
def test_an_end_is_written_either_way(text: str, port: str | None, end: tuple[str, str]) -> None:
    assert parse_end_name(text, port=port) == end


@pytest.mark.parametrize(
    "text",
    ["", "9", "-1", "channel", "../x", "channel-0/", "/channel-0 ", "channel-0\n", "a\x1b[31m\nb",
     "channel\u20110", "channel-" + "1" * 57, "transfer//channel 0"],
)  # fmt: skip
def test_what_no_chain_calls_a_channel_is_refused_here(text: str) -> None:
    with pytest.raises(InputError, match=r"^CHANNEL: .* is not the name of a channel") as caught:
        parse_end_name(text, port=None)
    assert "\x1b" not in str(caught.value)
    assert "channel-0" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("channel-0", ""),
        ("/channel-0", None),
        ("a/channel-0", None),
        ("channel-0", "x\ny"),
        ("a/b/channel-0", None),
    ],
)
def test_and_no_port(text: str, port: str | None) -> None:
    with pytest.raises(InputError, match=r"^--port: .* is not the name of a port: 2 to 128"):
        parse_end_name(text, port=port)


def test_two_ports_are_one_too_many() -> None:
    with pytest.raises(InputError, match="names the port 'transfer', and --port 'icahost'"):
        parse_end_name("transfer/channel-0", port="icahost")
