"""Which file stands at a place: what is open goes on serving one that was removed."""

from __future__ import annotations

from pathlib import Path


def identify(place: str) -> tuple[int, int] | None:
    """Return which file stands at a place; None: none, or it is a server."""
    try:
        found = Path(place).stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
