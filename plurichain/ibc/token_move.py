"""One packet's token on its way: what it adds to the accounts of two chains at any two heights.

Sending takes the token off one side, receiving puts it on the other, a failure undoes what
was done; each happens at a height of one chain. So what is under way at height a of one
chain and height b of the other is known exactly, whatever the two heights are. Source:
ibc-go modules/apps/transfer/keeper/relay.go (sendTransfer, OnRecvPacket, refundPacketToken).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TokenMove:
    """A packet that carries ``amount`` of one token between the two ends of a channel.

    ``is_returning``: towards the end that has the token in escrow. Heights are None for what
    never happened. Of the chain that sent it: ``sent``, and ``refunded`` where it timed out
    or its failure came back. Of the chain it goes to: ``arrived``, where the money moved
    there (None if it was refused as it came), and ``refused``, where a failure was answered:
    later than ``arrived`` it undoes the arrival. ``is_due``: refused for its time-out.
    """

    amount: int
    is_returning: bool
    sent: int | None
    refunded: int | None = None
    arrived: int | None = None
    refused: int | None = None
    is_due: bool = False


@dataclass(frozen=True, slots=True)
class Underway:
    """Amounts that neither chain's bank shows at two heights, or that both do.

    ``ahead``: arrived at the one height and sent only after the other (or refunded, and only
    then undone); two heights that no packet overtakes have none.
    """

    in_flight: int = 0
    returning: int = 0
    refunds_due: int = 0
    ahead: int = 0

    @property
    def total(self) -> int:
        """What has to be added to one side for both to be equal."""
        return self.in_flight + self.returning + self.refunds_due - self.ahead


def compute_underway(moves: Iterable[TokenMove], height: int, peer_height: int) -> Underway:
    """Return what is under way at ``height`` of the end with the escrow and ``peer_height``."""
    in_flight = returning = refunds_due = ahead = 0
    for move in moves:
        here, there = (peer_height, height) if move.is_returning else (height, peer_height)
        weight = (
            _is_by(move.sent, here)
            - _is_by(move.refunded, here)
            - (_is_by(move.arrived, there) - _is_undone(move, there))
        )
        if weight < 0:
            ahead += move.amount
        elif weight and (move.is_due or _is_by(move.refused, there)):
            refunds_due += move.amount
        elif weight and move.is_returning:
            returning += move.amount
        elif weight:
            in_flight += move.amount
    return Underway(in_flight, returning, refunds_due, ahead)


def _is_by(happened: int | None, height: int) -> bool:
    return happened is not None and happened <= height


def _is_undone(move: TokenMove, height: int) -> bool:
    return _is_by(move.arrived, height) and _is_by(move.refused, height)
