"""Sequences of ordered transactions: cached in the journal, one sender at a time.

The cache runs ahead of the chain's committed sequence, so that several transactions
of a key may share a block. It is repaired from what a node expects.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from plurichain.storage import lock, make_private_folder

if TYPE_CHECKING:
    from plurichain.chain.journal.journal import Journal, JournalEntry
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.identifiers import Address

LOCK_S = 60.0
"""How long to wait for another thread or process that is sending with the same key."""

WRONG_SEQUENCE = ("sdk", 32)
_EXPECTED = re.compile(r"expected (\d+), got (\d+)")


def parse_expected(log: str) -> tuple[int, int] | None:
    """Return (expected, got) of an answer with code 32; None if it does not say."""
    match = _EXPECTED.search(log)
    return None if match is None else (int(match[1]), int(match[2]))


class SequenceRefused(Exception):
    """A node expects another sequence than those of a transaction that it did not take."""

    def __init__(self, sequences: dict[Address, int], log: str) -> None:
        super().__init__(log)
        self.sequences = sequences
        self.log = log


class SequenceKeeper:
    """Gives out the sequences of signers of one chain."""

    def __init__(self, client: ChainClient, journal: Journal) -> None:
        self._client = client
        self._journal = journal
        self._chain_id = client.network.chain_id

    @contextlib.contextmanager
    def hold(self, addresses: Sequence[Address]) -> Iterator[None]:
        """Keep every other thread and process of this home from sending with these keys.

        Raises LockedError.
        """
        folder = self._journal.path.parent / "locks"
        make_private_folder(folder)
        with contextlib.ExitStack() as stack:
            # In one order, so that two senders of several keys cannot block each other.
            for address in sorted(map(str, addresses)):
                path = folder / f"sequence-{self._chain_id}-{address}.lock"
                stack.enter_context(lock(path, timeout_s=LOCK_S))
            yield

    def get(self, address: Address) -> int:
        """Return the sequence that the next transaction of ``address`` takes."""
        known = self._journal.get_next_sequence(self._chain_id, str(address))
        if known is not None:
            return known
        return self._client.get_account(address).account_sequence

    def forget(self, address: Address) -> None:
        """Ask the chain for the next sequence of ``address`` again."""
        self._journal.set_next_sequence(self._chain_id, str(address), None)

    def note_used(self, sequences: dict[Address, int]) -> None:
        """Count on: these are in a transaction that a node took, or may have taken."""
        for address, sequence in sequences.items():
            self._journal.set_next_sequence(self._chain_id, str(address), sequence + 1)

    def give_back(self, sequences: dict[Address, int]) -> None:
        """Take ``note_used`` back: the node refused the transaction."""
        for address, sequence in sequences.items():
            known = self._journal.get_next_sequence(self._chain_id, str(address))
            if known == sequence + 1:
                self._journal.set_next_sequence(self._chain_id, str(address), sequence)

    def repair(self, sequences: dict[Address, int], log: str) -> None:
        """Correct the cache after an answer with code 32 to ``sequences``."""
        numbers = parse_expected(log)
        behind = [
            address
            for address, sequence in sequences.items()
            if numbers is not None and sequence == numbers[1]
        ]
        if numbers is not None and len(behind) == 1:
            self._journal.set_next_sequence(self._chain_id, str(behind[0]), numbers[0])
            return
        # It does not say whose: read them all again.
        for address in sequences:
            self._journal.set_next_sequence(self._chain_id, str(address), None)

    def list_before(self, address: Address, first: int, end: int) -> list[JournalEntry]:
        """Return the pending transactions of ``address`` with sequences first … end - 1."""
        entries = [
            entry
            for entry in self._journal.list_pending(self._chain_id)
            if entry.signer == str(address)
            and entry.account_sequence is not None
            and first <= entry.account_sequence < end
        ]
        return sorted(entries, key=lambda entry: entry.account_sequence or 0)
