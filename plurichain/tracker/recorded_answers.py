"""Files of scripts/record-ibc-fixtures: answers of a node, read as blocks.

Such a file holds every block with events of IBC between the first and the last of its
``blocks``; those between hold none. Times are known where a header was recorded too.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from plurichain.errors import InputError
from plurichain.ibc.packet import ProtocolVersion
from plurichain.tracker.blocks import RawEvent, TrackedBlock, TrackedTx
from plurichain.tracker.reading import End
from plurichain.units import U32_MAX, parse_time_ns

FORMAT: Final = "plurichain/recorded/1"
_BROKEN: Final = (KeyError, ValueError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class AnswersFile:
    """One such file. ``ends`` are those that it names, each with the one it leads to."""

    path: Path
    chain_id: str
    ends: tuple[tuple[End, End], ...]
    content: Mapping[str, Any]

    def read(self) -> Iterator[TrackedBlock]:
        """Yield its blocks by height. Raises InputError."""
        before: int | None = None
        try:
            for height in sorted({int(each) for each in self.content["blocks"]}):
                yield _read_block(self.chain_id, self.content.get("answers"), height, before)
                before = height
        except _BROKEN as error:
            raise InputError(
                f"{self.path}: a recorded block lacks a field, or one is wrong"
            ) from error


def load_answers(path: Path) -> AnswersFile:
    """Return what a file of this kind holds. Raises InputError for any other."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f"{path} does not hold recorded blocks (format {FORMAT})")
    if not isinstance(content.get("chain_id"), str) or not content.get("blocks"):
        raise InputError(f"{path} names no chain or no blocks")
    return AnswersFile(path, content["chain_id"], _read_ends(content), content)


def _read_ends(content: Mapping[str, Any]) -> tuple[tuple[End, End], ...]:
    if "channel_id" not in content:
        return ()
    here = _make_end(content.get("port_id"), content["channel_id"])
    there = _make_end(
        content.get("counterparty_port_id"), content.get("counterparty_channel_id", "")
    )
    return ((here, there),)


def _make_end(port: object, channel: object) -> End:
    return End(ProtocolVersion.CLASSIC, str(port or "transfer"), str(channel))


def _read_block(chain_id: str, answers: Any, height: int, before: int | None) -> TrackedBlock:
    results = answers[f"/block_results?height={height}"]
    commit = answers.get(f"/commit?height={height}")
    header = commit["signed_header"]["header"] if commit else None
    return TrackedBlock(
        chain_id=chain_id,
        height=height,
        since=height if before is None else before + 1,
        time_ns=parse_time_ns(header["time"]) if header else None,
        block_hash=str(commit["signed_header"]["commit"]["block_id"]["hash"]) if commit else "",
        previous_hash=str(header["last_block_id"]["hash"]) if header else "",
        txs=tuple(
            TrackedTx(
                _read_code(tx["code"]),
                str(tx.get("codespace") or ""),
                _read_events(tx["events"]),
                base64.b64decode(tx.get("data") or "", validate=True),
            )
            for tx in results["txs_results"] or ()
        ),
        events=_read_events(results.get("finalize_block_events")),
    )


def _read_code(content: Any) -> int:
    code = int(content)
    if not 0 <= code <= U32_MAX:
        raise ValueError("code")
    return code


def _read_events(content: Any) -> tuple[RawEvent, ...]:
    return tuple(
        (
            str(event["type"]),
            tuple(
                (str(item["key"]), str(item.get("value") or ""))
                for item in event.get("attributes") or ()
            ),
        )
        for event in content or ()
    )
