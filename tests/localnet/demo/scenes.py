"""What a story printed, looked through."""

from __future__ import annotations

from typing import Any


def find_table(scenes: list[dict[str, Any]], title: str) -> list[list[str]]:
    """Return the rows of the table whose title begins so."""
    return next(each["rows"] for each in scenes if each.get("title", "").startswith(title))


def list_said(scenes: list[dict[str, Any]]) -> list[str]:
    """Return the lines that were said."""
    return [each["text"] for each in scenes if each.get("scene") == "said"]
