"""What is to be sent, and the rules for sending it, before anything is signed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from plurichain.errors import UsageError

if TYPE_CHECKING:
    from plurichain.chain.transactions.messages import Message
    from plurichain.identifiers import Address
    from plurichain.keyring import Key
    from plurichain.units import Coin

MAX_TTL_S = 600
"""The SDK's limit for unordered transactions."""


class Ordering(StrEnum):
    """How the chain keeps a transaction from being included twice."""

    UNORDERED = "unordered"
    """By a time-out that no other of its signers' has; lands in any order."""
    ORDERED = "ordered"
    """By the account's sequence; one after the other."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A transaction as its sender wants it (``TxSender.send`` explains the fields)."""

    messages: tuple[Message, ...]
    purpose: str
    auction_id: int | None = None
    not_after_ns: int | None = None
    gas: int | None = None
    least_gas: int = 0
    spends: tuple[Coin, ...] | None = None
    memo: str = ""


@dataclass(frozen=True, slots=True)
class SendOptions:
    """What a user may choose for sending (``SendRules`` explains the fields)."""

    max_fee: int | None = None
    ordering: Ordering = Ordering.UNORDERED
    cosigners: tuple[Key, ...] = ()
    fee_payer: Address | None = None
    fee_granter: Address | None = None


@dataclass(frozen=True, slots=True)
class SendRules:
    """How a sender sends.

    ``ttl_ns``: how long, in block time, a transaction may wait for its block.
    ``cosigners`` sign beside the sender's key where a message needs them.
    ``fee_payer`` is the signer that pays, by default the first; ``fee_granter`` pays
    instead if it allowed the payer to (feegrant). ``max_fee``: the most, in the
    network's fee denom, that all attempts of one sending may cost together; without
    it they stay below six times the first fee, and a node that wants a higher fee
    than the network's gas price is not given it.
    """

    ttl_ns: int
    ordering: Ordering = Ordering.UNORDERED
    cosigners: tuple[Key, ...] = ()
    fee_payer: Address | None = None
    fee_granter: Address | None = None
    max_fee: int | None = None

    @property
    def is_ordered(self) -> bool:
        """Whether the account's sequence orders what is sent."""
        return self.ordering is Ordering.ORDERED


def compute_ttl_ns(ttl_s: int) -> int:
    """Return nanoseconds of a time-to-live. Raises UsageError unless it is 1 to ``MAX_TTL_S``."""
    if not 1 <= ttl_s <= MAX_TTL_S:
        raise UsageError(f"ttl_s: {ttl_s} is not 1 to {MAX_TTL_S}")
    return ttl_s * 1_000_000_000
