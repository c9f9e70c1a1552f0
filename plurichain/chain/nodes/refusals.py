"""Refusals of nodes that are told apart by their text alone, since they carry no code.

Sources: cometbft 0.38 ``rpc/core/{env,blocks,tx}.go`` and ``state/errors.go``; cosmos-sdk
0.53 ``baseapp/abci.go``, ``store/rootmulti/store.go`` and ``x/auth/tx/query.go``.
"""

from __future__ import annotations

import re

from plurichain.errors import HeightPruned, IndexerOff, NodeBehind, NodeError, NotFound

_ARCHIVE = "use a node that keeps all heights"
_TABLE: tuple[tuple[re.Pattern[str], type[NodeError], str], ...] = (
    (
        re.compile(
            r"transaction indexing is disabled|indexing is disabled|no event sinks", re.IGNORECASE
        ),
        IndexerOff,
        "use a node that indexes transactions, or read the blocks",
    ),
    (
        re.compile(
            r"is not available, lowest height is|could not find results for height"
            r"|node is not persisting (abci|finalize block) responses|version does not exist"
            r"|failed to load state at height|version mismatch on immutable IAVL tree"
            r"|height \d+ (is|was) pruned",
            re.IGNORECASE,
        ),
        HeightPruned,
        _ARCHIVE,
    ),
    (
        re.compile(
            r"must be less than or equal to the current blockchain height"
            r"|can't be greater than max height",
            re.IGNORECASE,
        ),
        NotFound,
        "wait until the chain has made that block",
    ),
    (
        re.compile(
            r"endpoint is closed while node is catching up|is not ready; please wait"
            r"|cannot query with height in the future"
            # A node that was just restarted, until it has made or read a block.
            r"|context did not contain latest block height",
            re.IGNORECASE,
        ),
        NodeBehind,
        "wait until the node has all blocks, or use another node",
    ),
)


def find_refusal(text: str) -> tuple[type[NodeError], str] | None:
    """Return (error class, remedy) of a node's refusal, None if the text is not known."""
    for pattern, kind, remedy in _TABLE:
        if pattern.search(text):
            return kind, remedy
    return None
