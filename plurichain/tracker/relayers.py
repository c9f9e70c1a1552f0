"""Who relayed what, and what of it failed, as the results on the chains tell it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from plurichain.ibc.event_types import PacketEventKind

if TYPE_CHECKING:
    from plurichain.tracker.store import PacketStore

RELAYED: Final = (PacketEventKind.RECV, PacketEventKind.ACKNOWLEDGE, PacketEventKind.TIMEOUT)
"""What relayers bring; an acknowledgement is written by the chain itself."""


@dataclass(frozen=True, slots=True)
class Relayed:
    """How often something was brought.

    ``effected``: it was the first, ``redundant``: another had done it before. ``inferred``
    counts those of both that the order of events tells, as the chain told no result.
    """

    effected: int = 0
    redundant: int = 0
    inferred: int = 0


@dataclass(slots=True)
class RelayerFigures:
    """What one signer brought to a chain; ``signer`` is empty where it is not known.

    ``failed``: by (codespace, code), how many of its transactions changed nothing.
    """

    chain_id: str
    signer: str
    relayed: dict[PacketEventKind, Relayed] = field(default_factory=dict)
    failed: dict[tuple[str, int], int] = field(default_factory=dict)

    def get(self, kind: PacketEventKind) -> Relayed:
        """Return what was brought of one kind."""
        return self.relayed.get(kind, Relayed())


def list_relayers(store: PacketStore) -> list[RelayerFigures]:
    """Return the figures of every signer on every chain, in order."""
    found: dict[tuple[str, str], RelayerFigures] = {}

    def find(chain_id: str, signer: str) -> RelayerFigures:
        return found.setdefault((chain_id, signer), RelayerFigures(chain_id, signer))

    with store.reading():
        for chain_id, signer, kind, *counts in store.query(
            "SELECT chain_id, signer, kind, first, repeated, inferred FROM relaying"
        ):
            if PacketEventKind(kind) in RELAYED:
                find(chain_id, signer).relayed[PacketEventKind(kind)] = Relayed(*counts)
        for chain_id, signer, codespace, code, count in store.query(
            "SELECT chain_id, signer, codespace, code, count FROM failed"
            " ORDER BY chain_id, signer, codespace, code"
        ):
            find(chain_id, signer).failed[codespace, code] = count
    return [found[key] for key in sorted(found)]
