"""A systemd unit that runs `bid auto`, as text."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

_UNIT = """\
[Unit]
Description=plurichain: bid in auction {auction_id}
Wants=network-online.target
After=network-online.target
# It begins again for as long as the auction lasts; a deposit is at stake.
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart={command}
Environment={home}
UMask=0077
Restart=on-failure
RestartSec=2
# 1: nothing that trying again would change. 2: a wrong call.
RestartPreventExitStatus=1 2
NoNewPrivileges=yes
PrivateTmp=yes

[Install]
WantedBy=default.target
"""


def format_unit(auction_id: int, arguments: list[str], home: Path) -> str:
    """Return a unit that runs ``plurichain`` with these arguments; all paths are absolute."""
    words = [sys.executable, "-m", "plurichain", *arguments]
    return _UNIT.format(
        auction_id=auction_id,
        command=" ".join(_quote(word) for word in words),
        home=_quote(f"PLURICHAIN_HOME={home.absolute()}"),
    )


def _quote(word: str) -> str:
    """Quote a word as systemd reads it: `%` and `$` are its own, quotes are a shell's."""
    plain = word.replace("%", "%%").replace("$", "$$")
    if plain == shlex.quote(plain):
        return plain
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
