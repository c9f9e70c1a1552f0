"""The log of one run: stderr or a file, as text or as one JSON object a line."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from plurichain.chain.log_context import read_fields
from plurichain.encoding.display import escape_json, escape_text

LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, transaction, auction."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **read_fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return escape_json(json.dumps(line, ensure_ascii=False))


class TextFormatter(logging.Formatter):
    """`12:00:00.000 info logger: message (transaction, auction)`, in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, and a traceback below it if it has one."""
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        line = f"{moment} {record.levelname.lower()} {record.name}: "
        line += " ".join(map(escape_text, record.getMessage().splitlines()))
        about = read_fields(record)
        told = []
        if about["tx_hash"] is not None and str(about["tx_hash"]) not in line:
            told.append(f"transaction {about['tx_hash']}")
        # A bare number could be any in the line, the time's among them.
        auction = f"auction {about['auction_id']}"
        if about["auction_id"] is not None and not re.search(rf"\b{auction}\b", line):
            told.append(auction)
        line += f" ({', '.join(told)})" if told else ""
        if record.exc_info:
            lines = self.formatException(record.exc_info).splitlines()
            line = "\n".join([line, *map(escape_text, lines)])
        return line


def configure_logging(*, verbosity: int, log_format: str, log_file: str | None) -> None:
    """Send what plurichain logs to stderr, or to a file that only its owner reads.

    ``verbosity``: 0 warnings, 1 steps, 2 and more every call. Only plurichain's own loggers
    are touched: what a foreign library might print of a request is not ours to show.
    """
    logger = logging.getLogger("plurichain")
    for old in logger.handlers[:]:
        if not isinstance(old, logging.NullHandler):
            logger.removeHandler(old)
            old.close()
    logger.setLevel(LEVELS[min(verbosity, len(LEVELS) - 1)])
    logger.propagate = False
    logger.addHandler(_make_handler(log_format, log_file))


class _OwnedStreamHandler(logging.StreamHandler[TextIO]):
    """A handler whose stream ends with it; that of the base class is left open."""

    def close(self) -> None:
        super().close()
        self.stream.close()


def _is_news(record: logging.LogRecord) -> bool:
    """Tell whether a line is not of a warning that the command shows by itself."""
    return record.levelno < logging.WARNING or not getattr(record, "is_shown", False)


def _make_handler(log_format: str, log_file: str | None) -> logging.Handler:
    handler: logging.Handler
    if log_file is None:
        handler = logging.StreamHandler(sys.stderr)
        if log_format == "text":
            handler.addFilter(_is_news)
    else:
        descriptor = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        # An older file may have been made by another program with a wider mode.
        Path(log_file).chmod(0o600)
        handler = _OwnedStreamHandler(os.fdopen(descriptor, "a", encoding="utf-8"))
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    return handler
