"""Which versions of a node's parts this program was tried with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from plurichain.chain.nodes.node_facts import NodeBuild

_VERSION: Final = re.compile(r"v?([0-9]{1,6})\.([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class KnownGood:
    """A part of a node, and the (major, minor) versions below and from which it was tried."""

    name: str
    paths: tuple[str, ...]
    first: tuple[int, int]
    beyond: tuple[int, int]

    @property
    def rule(self) -> str:
        """The range in words."""
        return f"tried with {_show(self.first)} up to below {_show(self.beyond)}"

    def find(self, build: NodeBuild) -> str | None:
        """Return the version that a node was built with, None if it does not say."""
        return build.find_module(*self.paths)

    def is_known(self, version: str) -> bool:
        """Whether a version lies in the range; one that cannot be read does not."""
        found = _VERSION.match(version)
        return found is not None and self.first <= (int(found[1]), int(found[2])) < self.beyond


KNOWN_GOOD: Final = (
    KnownGood("cosmos_sdk", ("github.com/cosmos/cosmos-sdk",), (0, 53), (0, 54)),
    # Ten removed DenomTrace and the proofs of clients in handshakes; before it a relay differs.
    KnownGood("ibc_go", ("github.com/cosmos/ibc-go",), (10, 0), (11, 0)),
    KnownGood(
        "cometbft",
        ("github.com/cometbft/cometbft", "github.com/tendermint/tendermint"),
        (0, 38),
        (0, 39),
    ),
)


def _show(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
