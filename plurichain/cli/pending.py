"""The transactions of this run whose outcome is not known yet: what a Ctrl-C has to name."""

from __future__ import annotations

_hashes: dict[str, None] = {}


def add(tx_hash: str) -> None:
    """Note a transaction before its first byte is sent."""
    _hashes[tx_hash] = None


def remove(tx_hash: str) -> None:
    """Forget a transaction whose outcome is known."""
    _hashes.pop(tx_hash, None)


def list_hashes() -> tuple[str, ...]:
    """Return the hashes in the order in which they were added."""
    return tuple(_hashes)


def clear() -> None:
    """Forget all: a new run begins."""
    _hashes.clear()
