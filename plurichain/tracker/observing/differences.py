"""Differences between what blocks told and what a chain's state says: kept, told, never mended.

A difference is a row of ``state_check``; those of packets under way go when both sides
agree again, since then nobody has to look any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.ibc.packet import ProtocolVersion
from plurichain.tracker.observations import StateCheck
from plurichain.tracker.reading import End

if TYPE_CHECKING:
    from plurichain.tracker.observing.watched import WatchedChain

MOST_TOLD: Final = 10
"""So many differences of one round are told one by one; all of them are kept."""
PacketKey = tuple[str, End, int]
"""A packet by the chain that sent it, its end there, and its sequence."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One packet of which two things are said; ``text`` says which, in one line."""

    packet: PacketKey
    height: int
    verdict: str
    text: str


class Differences:
    """The differences of one kind (``what`` of StateCheck) that one chain's state shows."""

    def __init__(self, chain: WatchedChain, what: str) -> None:
        self._chain = chain
        self._what = what
        self._kept: dict[PacketKey, StateCheck] = {}

    def load(self, of: Iterable[tuple[str, End]]) -> None:
        """Take over what an earlier run found on the source ends ``of``."""
        wanted = set(of)
        # Only those of this kind: what was compared as sent is a row a packet.
        for row in self._chain.observations.list_state_checks(self._what):
            end = End(ProtocolVersion(row.protocol), row.port, row.channel)
            if (row.chain_id, end) in wanted:
                self._kept.setdefault((row.chain_id, end, row.sequence), row)

    def renew(self, compared: Iterable[PacketKey], differences: Iterable[Difference]) -> None:
        """Keep ``differences``; drop earlier ones of ``compared`` that are none any more.

        Raises StorageError.
        """
        found = {each.packet: each for each in differences}
        gone = [self._kept[key] for key in compared if key in self._kept and key not in found]
        asked_ns = self._chain.clock_ns()
        for row in gone:
            del self._kept[_key(row)]
        self._chain.observations.remove(*gone)
        new = [each for key, each in found.items() if key not in self._kept]
        for key, difference in found.items():
            self._kept[key] = _make_row(difference, self._what, asked_ns)
        self._report(new)
        self._chain.observations.save(*(self._kept[key] for key in found))

    def _report(self, new: list[Difference]) -> None:
        """Tell of differences, and of very many only that they are."""
        for each in new[:MOST_TOLD]:
            self._chain.report(f"{each.packet[0]}: {_name(each.packet)}: {each.text}")
        if (more := len(new) - MOST_TOLD) > 0:
            self._chain.report(f"{self._chain.chain_id}: as much is to be said of {more} packets")

    def list_kept(self) -> list[PacketKey]:
        """Return the packets of which a difference is kept."""
        return list(self._kept)


def _key(row: StateCheck) -> PacketKey:
    return row.chain_id, End(ProtocolVersion(row.protocol), row.port, row.channel), row.sequence


def _name(key: PacketKey) -> str:
    _, end, sequence = key
    return f"packet {sequence} of {end.port + '/' if end.port else ''}{end.channel}"


def _make_row(difference: Difference, what: str, asked_ns: int) -> StateCheck:
    chain_id, end, sequence = difference.packet
    return StateCheck(
        chain_id,
        end.protocol.value,
        end.port,
        end.channel,
        sequence,
        difference.height,
        difference.verdict,
        is_proven=False,
        asked_ns=asked_ns,
        what=what,
    )
