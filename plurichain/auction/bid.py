"""One sealed bid and its canonical bytes (design 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from plurichain.auction.names import BidKind, BidSide
from plurichain.encoding.canonical import Reader, u8, u16, u64, u128
from plurichain.errors import EncodingError
from plurichain.units import U16_MAX, U64_MAX, U128_MAX

BID_VERSION: Final = 1


class Step(NamedTuple):
    """A quantity in units of the lot and a price in the payment denom.

    The price is for one unit in schedules and blocks, for the whole option in choices.
    """

    quantity: int
    price: int


@dataclass(frozen=True, slots=True)
class Bid:
    """What a bidder seals. ``minimum`` is the least quantity of a block, else 0."""

    kind: BidKind
    side: BidSide
    steps: tuple[Step, ...]
    minimum: int = 0

    @property
    def total_quantity(self) -> int:
        """The most units the bid can trade: the sum of steps, or the greatest option."""
        if self.kind is BidKind.CHOICE:
            return max((step.quantity for step in self.steps), default=0)
        return sum(step.quantity for step in self.steps)


def _validate_bid_shape(bid: Bid) -> None:
    """Raise EncodingError unless the bid has canonical bytes."""
    if not bid.steps:
        raise EncodingError("steps: a bid needs at least one")
    for index, step in enumerate(bid.steps):
        if not 1 <= step.quantity <= U64_MAX:
            raise EncodingError(f"steps[{index}]: quantity {step.quantity} is not 1 to {U64_MAX}")
        if not 0 <= step.price <= U128_MAX:
            raise EncodingError(f"steps[{index}]: price {step.price} is not 0 to {U128_MAX}")
    if bid.total_quantity > U64_MAX:
        raise EncodingError(f"steps: quantities add up to more than {U64_MAX}")
    if bid.kind is BidKind.BLOCK:
        if not 1 <= bid.minimum <= U64_MAX:
            raise EncodingError(f"minimum: {bid.minimum} is not 1 to {U64_MAX}")
    elif bid.minimum:
        raise EncodingError(f"minimum: {bid.minimum} is only for a block")


def encode_bid(bid: Bid) -> bytes:
    """Return the canonical bytes of a bid.

    Raises EncodingError if it has none: no step, a number out of range. Whether the
    terms admit it is another question (admissibility).
    """
    _validate_bid_shape(bid)
    pairs = (Step(bid.minimum, 0), *bid.steps) if bid.kind is BidKind.BLOCK else bid.steps
    if len(pairs) > U16_MAX:
        raise EncodingError(f"steps: {len(pairs)} are more than {U16_MAX}")
    head = u8(BID_VERSION) + u8(bid.kind) + u8(bid.side) + u16(len(pairs))
    return head + b"".join(u64(quantity) + u128(price) for quantity, price in pairs)


def decode_bid(data: bytes) -> Bid:
    """Return the bid of canonical bytes; raises EncodingError if they are not canonical."""
    reader = Reader(data)
    if (version := reader.read_u8()) != BID_VERSION:
        raise EncodingError(f"version {version} is not {BID_VERSION}")
    kind_number, side_number = reader.read_u8(), reader.read_u8()
    try:
        kind, side = BidKind(kind_number), BidSide(side_number)
    except ValueError:
        raise EncodingError(f"kind {kind_number}, side {side_number} are unknown") from None
    count = reader.read_u16()
    # Compared before the loop: a short input with a great count is refused at once.
    if reader.remaining != 24 * count:
        raise EncodingError(f"{count} steps take {24 * count} bytes, not {reader.remaining}")
    pairs = tuple(Step(reader.read_u64(), reader.read_u128()) for _ in range(count))
    minimum = 0
    if kind is BidKind.BLOCK and pairs:
        minimum, price = pairs[0]
        if price:
            raise EncodingError("the first pair of a block has a price")
        pairs = pairs[1:]
    bid = Bid(kind, side, pairs, minimum)
    _validate_bid_shape(bid)
    return bid
