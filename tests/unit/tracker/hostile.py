"""Texts that strangers may send, and what nothing that we print may hold."""

from __future__ import annotations

import json

from plurichain.encoding.display import is_visible

LONGEST_MEMO = 32_768
ZERO_WIDTH = "\u200b\u200d\u2060\ufeff\u00ad"

#: What a chain takes as the memo of a transfer: any text up to 32 KiB.
MEMOS = {
    "ansi": "\x1b[2J\x1b[31;1mALL IS WELL\x1b]0;title\x07\x9b1A",
    "controls": "".join(map(chr, range(0x20))) + "\x7f" + "".join(map(chr, range(0x80, 0xA0))),
    "nul": "before\x00after",
    "bidirectional": "\u202e\u2067moc.knab\u2069\u200f\u061c",
    "zero_width": f"up{ZERO_WIDTH}luri",
    "invisible_letters": "\u3164\u115f\u2800\U000e0041\ufe0f",
    "combining": "e" + "\u0301" * 500,
    "markup": "[bold red]x[/] {y} %s $(rm -rf /) ' \" ; -- | 'a'=1;2",
    "label": 'a"} 1\nplurichain_ibc_packets{x="',
    "json": '{"forward":{"channel":"channel-1 ","port":"transfer\\u0000"}}',
    "broken_json": '{"forward":{"channel":',
    "look_alike": "сhannel-1 channel-1\u00a0 channel-01",
    "long": "\U0001f4a5" * (LONGEST_MEMO // 4),
}

#: Receivers that are the account of nobody: the other chain refuses them.
RECEIVERS = [
    "\x1b[31mpluri1",
    "\u202eyobody",
    f"no{ZERO_WIDTH}body",
    "nul\x00",
    "\U0001f4a5" * 512,
    "|| 'overdue'=0",
]


def make_data(**fields: object) -> bytes:
    """Return the data of a transfer, however strange."""
    usual = {"denom": "upluri", "amount": "5", "sender": "a", "receiver": "b", "memo": ""}
    return json.dumps(usual | fields).encode()


#: Data of packets that no honest application writes, or that no chain of ours would.
DATA = {
    "denom_ansi": make_data(denom="\x1b[31mupluri\x1b[0m"),
    "denom_bidirectional": make_data(denom="\u202eirulpu"),
    "denom_zero_width": make_data(denom=f"up{ZERO_WIDTH}luri"),
    "denom_look_alike": make_data(denom="uplurі"),
    "denom_nul": make_data(denom="up\x00luri"),
    "denom_surrogate": b'{"denom":"up\\ud800luri","amount":"5","sender":"a","receiver":"b"}',
    "denom_long": make_data(denom="d" * LONGEST_MEMO),
    "denom_channel": make_data(denom="transfer/channel-1 /upluri"),
    "denom_escape": make_data(denom="up\\x00luri"),
    "amount_great": make_data(amount="9" * 60),
    "not_utf8": b"\xff\xfe\x00\x9b31m\x80",
    "not_json": b"{\x1b[31m",
    "not_object": b'["\\u202e"]',
    "nested": b"[" * 20_000,
    "empty": b"",
    **{f"memo_{name}": make_data(memo=memo) for name, memo in MEMOS.items()},
}

#: Channels that look like channel-1 and are not.
LOOK_ALIKES = [
    "channel-1 ", " channel-1", "channel-1\x00", "channel-1\n", "сhannel-1", "channel\u20101",
    "channel-1\u200b", "channel-\u0661", "channel-1\u202e", "\x1b[31mchannel-1",
]  # fmt: skip


def list_harmful(text: str) -> list[str]:
    """Return what of a text would move a cursor, change its direction or hide something."""
    return sorted({f"{ord(char):#x}" for char in text if char != "\n" and not is_visible(char)})
