"""Nothing is lost and nothing doubled: the equations of tokens that cross channels.

All terms are of one denom, in its smallest unit, read at heights that are pinned on both
chains. Design 3.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from plurichain.ibc.token_move import Underway


class Verdict(StrEnum):
    """Whether an equation of money holds."""

    HOLDS = "holds"
    """Nothing is missing. More than is needed may be there, given by hand."""
    BROKEN = "broken"
    """All terms are known, and they differ."""
    UNKNOWN = "unknown"
    """A term is not known."""


@dataclass(frozen=True, slots=True)
class OriginBalance:
    """On the chain that issues: issued = supply + retired."""

    issued: int
    supply: int
    retired: int

    @property
    def difference(self) -> int:
        """Issued minus what is accounted for: above 0 lost, below 0 made from nothing."""
        return self.issued - self.supply - self.retired

    @property
    def holds(self) -> bool:
        """Whether the equation holds exactly."""
        return self.difference == 0


@dataclass(frozen=True, slots=True)
class ChannelBalance:
    """Across one channel end, for one denom that left over it.

    escrow = counterparty supply + retired there + in flight + returning + refunds due - ahead:

    - ``escrow``: what the escrow account of the end holds;
    - ``counterparty_supply``: vouchers of exactly this path in the counterparty's bank
      (those sent onward included: it has them in escrow);
    - ``counterparty_retired``: vouchers of this path burned by retirement there;
    - ``in_flight``: sent from here, not yet received;
    - ``returning``: vouchers burned there by packets on their way back, escrow not yet
      released here;
    - ``refunds_due``: packets sent from here that failed or expired there and whose
      sender has not got the money back yet; packets on their way back that failed here
      and whose sender has not got the vouchers again;
    - ``ahead``: what one chain shows at its height of packets that the other does not know
      yet at its own; 0 unless the heights were chosen without regard to the packets.
    """

    escrow: int
    counterparty_supply: int
    counterparty_retired: int
    in_flight: int = 0
    returning: int = 0
    refunds_due: int = 0
    ahead: int = 0

    @classmethod
    def make(cls, escrow: int, supply: int, retired: int, underway: Underway) -> Self:
        """Return the balance of what two banks show and what is on its way."""
        return cls(
            escrow,
            supply,
            retired,
            underway.in_flight,
            underway.returning,
            underway.refunds_due,
            underway.ahead,
        )

    @property
    def accounted(self) -> int:
        """The right-hand side."""
        return (
            self.counterparty_supply
            + self.counterparty_retired
            + self.in_flight
            + self.returning
            + self.refunds_due
            - self.ahead
        )

    @property
    def difference(self) -> int:
        """Escrow minus what is accounted for: below 0 there are vouchers without backing."""
        return self.escrow - self.accounted

    @property
    def holds(self) -> bool:
        """Whether the equation holds exactly."""
        return self.difference == 0

    def judge(self, given: int | None) -> Verdict:
        """Return whether anything is missing.

        ``given``: what the escrow accounts hold beyond what transfers brought there, so what
        somebody sent to them by hand; it explains a surplus, and nothing explains a lack.
        None: the chain does not say.
        """
        is_explained = given is not None and 0 < self.difference <= given
        return Verdict.HOLDS if self.holds or is_explained else Verdict.BROKEN
