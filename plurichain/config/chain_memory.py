"""What was seen of each network's chain: two of its blocks, in ``chains.json``.

A chain that was begun anew under its old id has other blocks at these heights. Whoever
connects compares, and does not take one history for the other. The file holds nothing
secret and nothing that cannot be seen again; losing it loses only the comparison.

::

    {"version": 1, "networks": {"town": {"chain_id": "town-1",
        "first": {"height": 2, "hash": "AB…"}, "latest": {"height": 9000, "hash": "CD…"}}}}
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plurichain.config.folders import home_folder, make_home_folder
from plurichain.errors import NewerFormatError, StorageError
from plurichain.storage import lock, write_atomic

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1
FILE_NAME = "chains.json"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A block that was seen: its height and its hash in upper-case hex."""

    height: int
    block_hash: str


@dataclass(frozen=True, slots=True)
class SeenChain:
    """The oldest and the newest block that are remembered of a chain."""

    chain_id: str
    first: Anchor
    latest: Anchor


class ChainMemory:
    """The file of one user; a missing one remembers nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def open(cls) -> ChainMemory:
        """Return the memory of this user; nothing is made or read yet."""
        return cls(home_folder() / FILE_NAME)

    def get(self, network_name: str) -> SeenChain | None:
        """Return what is remembered of a network. Raises StorageError, NewerFormatError."""
        entry = self._read().get(network_name)
        return None if entry is None else self._decode(entry)

    def put(self, network_name: str, seen: SeenChain) -> None:
        """Remember this of a network instead of what was. Raises StorageError."""
        self._change(network_name, _encode(seen))

    def forget(self, network_name: str) -> None:
        """Remember nothing of a network, so that the next chain seen there is taken."""
        if not self.path.exists():
            return
        try:
            self._change(network_name, None)
        except NewerFormatError:
            raise
        except StorageError:
            self.path.unlink(missing_ok=True)  # damaged: nothing in it can be used

    def _change(self, network_name: str, entry: dict[str, Any] | None) -> None:
        make_home_folder()
        with lock(self.path.with_name("chains.lock")):
            networks = self._read()
            if entry is None:
                networks.pop(network_name, None)
            else:
                networks[network_name] = entry
            content = {"version": VERSION, "networks": networks}
            write_atomic(self.path, json.dumps(content, indent=1, sort_keys=True) + "\n")

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StorageError(f"cannot read {self.path}: {error.strerror or error}") from error
        except (ValueError, RecursionError):
            raise self._broken() from None
        version = content.get("version") if isinstance(content, dict) else None
        if type(version) is not int:
            raise self._broken()
        if version > VERSION:
            raise NewerFormatError(
                f"{self.path} has version {version}; this program knows versions up to {VERSION}",
                remedy="update plurichain; the file was left untouched",
            )
        networks = content.get("networks")
        if not isinstance(networks, dict):
            raise self._broken()
        return networks

    def _decode(self, entry: Any) -> SeenChain:
        try:
            return SeenChain(
                chain_id=str(entry["chain_id"]),
                first=Anchor(int(entry["first"]["height"]), str(entry["first"]["hash"])),
                latest=Anchor(int(entry["latest"]["height"]), str(entry["latest"]["hash"])),
            )
        except (KeyError, TypeError, ValueError):
            raise self._broken() from None

    def _broken(self) -> StorageError:
        return StorageError(
            f"{self.path} is damaged", remedy="remove it: what it holds is learnt anew"
        )


def _encode(seen: SeenChain) -> dict[str, Any]:
    return {
        "chain_id": seen.chain_id,
        "first": {"height": seen.first.height, "hash": seen.first.block_hash},
        "latest": {"height": seen.latest.height, "hash": seen.latest.block_hash},
    }
