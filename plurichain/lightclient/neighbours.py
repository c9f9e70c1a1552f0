"""Whether two paths of a binary tree have nothing between them.

Source: ics23 go/proof.go (IsLeftMost, IsRightMost, IsLeftNeighbor); for trees of two
children without placeholders, as those of Cosmos chains are.
"""

from __future__ import annotations

from collections.abc import Sequence

from plurichain.encoding.proof_spec import InnerSpec
from plurichain.lightclient.commitment_proof import InnerOp


def _is_left_child(spec: InnerSpec, step: InnerOp) -> bool:
    """Tell whether the path goes through the left child: its sibling is all of the suffix."""
    return (
        spec.min_prefix_length <= len(step.prefix) <= spec.max_prefix_length
        and len(step.suffix) == spec.child_size
    )


def _is_right_child(spec: InnerSpec, step: InnerOp) -> bool:
    """Tell whether the path goes through the right child: its sibling is in the prefix."""
    own = len(step.prefix) - spec.child_size
    return spec.min_prefix_length <= own <= spec.max_prefix_length and not step.suffix


def is_left_most(spec: InnerSpec, path: Sequence[InnerOp]) -> bool:
    """Tell whether a path from leaf to root begins at the tree's first leaf."""
    return all(_is_left_child(spec, step) for step in path)


def is_right_most(spec: InnerSpec, path: Sequence[InnerOp]) -> bool:
    """Tell whether a path from leaf to root begins at the tree's last leaf."""
    return all(_is_right_child(spec, step) for step in path)


def is_left_neighbour(spec: InnerSpec, left: Sequence[InnerOp], right: Sequence[InnerOp]) -> bool:
    """Tell whether the leaf of ``left`` stands directly before that of ``right``."""
    common = 0
    while common < min(len(left), len(right)) and _is_same(left[-1 - common], right[-1 - common]):
        common += 1
    left, right = left[: len(left) - common], right[: len(right) - common]
    # Where they part, one goes left and the other right; below, both keep to the inside.
    return (
        bool(left)
        and bool(right)
        and _is_left_child(spec, left[-1])
        and _is_right_child(spec, right[-1])
        and is_right_most(spec, left[:-1])
        and is_left_most(spec, right[:-1])
    )


def _is_same(left: InnerOp, right: InnerOp) -> bool:
    return (left.prefix, left.suffix) == (right.prefix, right.suffix)
