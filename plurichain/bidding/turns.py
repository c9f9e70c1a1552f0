"""One process at a time: looking at the chain and then sending belong together."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from plurichain.storage import lock, make_private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plurichain.bidding.account import Bidder

TURN_S = 30.0
"""How long to wait for another process of this home that is sending for the same bid."""


@contextlib.contextmanager
def hold_turn(bidder: Bidder, auction_id: int) -> Iterator[None]:
    """Keep other processes from sending for this bid, with nothing of theirs under way.

    What one that was killed left behind is settled first, so that what the block then sees
    on chain is all there is. Raises LockedError, NodeError, StorageError.
    """
    folder = make_private_folder(bidder.vault.folder / "locks")
    name = f"bid-{bidder.chain_id}-{auction_id}-{bidder.key.address}.lock"
    with lock(folder / name, timeout_s=TURN_S):
        bidder.resume(auction_id=auction_id)
        yield
