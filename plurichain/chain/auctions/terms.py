"""Terms of an auction as the chain's protobuf has them."""

from __future__ import annotations

from typing import Any

from plurichain.auction.credit_class import CreditClass
from plurichain.auction.names import BidKind, PaymentRule, Settlement, Side
from plurichain.auction.terms import Terms
from plurichain.chain.convert import (
    make_coin_messages,
    make_duration,
    read_coins,
    read_duration,
    read_int,
)
from plurichain.chain.pb.plurichain.auction.v1 import terms_pb2
from plurichain.errors import BadReply


def make_terms_message(terms: Terms) -> Any:
    """Return ``plurichain.auction.v1.Terms`` of ``terms``."""
    # Enumerations are plain integers on the wire; mypy's stubs want protobuf's own type.
    make: Any = terms_pb2.Terms
    return make(
        side=int(terms.side),
        payment_rule=int(terms.payment_rule),
        kinds=[int(kind) for kind in terms.kinds],
        quantity=terms.quantity,
        lot_denom=terms.lot_denom,
        payment_denom=terms.payment_denom,
        reserve_price=_optional_text(terms.reserve_price),
        price_limit=_optional_text(terms.price_limit),
        max_quantity=terms.max_quantity,
        max_steps=terms.max_steps,
        deposit=make_coin_messages(terms.deposit),
        commit_window=make_duration(terms.commit_window_ns),
        reveal_window=make_duration(terms.reveal_window_ns),
        settlement=int(terms.settlement),
        delivery_window=make_duration(terms.delivery_window_ns),
        max_bidders=terms.max_bidders,
        title=terms.title,
        delivery_start=terms.delivery_start,
        delivery_end=terms.delivery_end,
        credit_class=_make_class(terms.credit_class),
    )


def read_terms_message(message: Any) -> Terms:
    """Return the terms in a reply; the chain may leave defaults out. Raises BadReply."""
    try:
        return Terms(
            side=Side(message.side),
            payment_rule=PaymentRule(message.payment_rule),
            kinds=tuple(BidKind(kind) for kind in message.kinds) or (BidKind.SCHEDULE,),
            quantity=int(message.quantity),
            lot_denom=message.lot_denom,
            payment_denom=message.payment_denom,
            reserve_price=_read_optional(message.reserve_price, "reserve_price"),
            price_limit=_read_optional(message.price_limit, "price_limit"),
            max_quantity=int(message.max_quantity),
            max_steps=int(message.max_steps) or 16,
            deposit=read_coins(message.deposit),
            commit_window_ns=read_duration(message.commit_window),
            reveal_window_ns=read_duration(message.reveal_window),
            settlement=Settlement(message.settlement or Settlement.COINS),
            delivery_window_ns=read_duration(message.delivery_window),
            max_bidders=int(message.max_bidders),
            title=message.title,
            delivery_start=int(message.delivery_start),
            delivery_end=int(message.delivery_end),
            credit_class=_read_class(message),
        )
    except ValueError as error:
        raise BadReply(f"terms that this program does not know: {error}") from error


def _make_class(credit_class: CreditClass | None) -> Any:
    if credit_class is None:
        return None
    return terms_pb2.CreditClass(
        interval_from=credit_class.interval_from,
        interval_until=credit_class.interval_until,
        technologies=credit_class.technologies,
        zones=credit_class.zones,
        origins=credit_class.origins,
    )


def _read_class(message: Any) -> CreditClass | None:
    if not message.HasField("credit_class"):
        return None
    found = message.credit_class
    return CreditClass(
        int(found.interval_from),
        int(found.interval_until),
        tuple(found.technologies),
        tuple(found.zones),
        tuple(found.origins),
    )


def _optional_text(value: int | None) -> str:
    return "" if value is None else str(value)


def _read_optional(text: str, field: str) -> int | None:
    return read_int(text, field) if text else None
