"""Retiring: credits burned for good, at home or as vouchers with evidence of their origin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.chain.energy import messages
from plurichain.chain.energy.events import CreditsRetired, decode_energy_events
from plurichain.energy.denom import validate_attributes_of
from plurichain.energy.retirement import validate_retirement
from plurichain.errors import BadReply, EnergyError, FundsShort

if TYPE_CHECKING:
    from plurichain.energy.attributes import Attributes
    from plurichain.energy.names import RetirementPurpose
    from plurichain.energy.state import Origin, Retirement
    from plurichain.metering.account import Account, Observer
    from plurichain.units import Coin

UNRECORDED = "attributes: those of {denom} are not known on {chain}"


@dataclass(frozen=True, slots=True)
class RetireReceipt:
    """What was retired, as the chain keeps it."""

    retirement: Retirement
    tx_hash: str
    height: int


def retire_credits(
    account: Account,
    coin: Coin,
    *,
    beneficiary: str,
    purpose: RetirementPurpose,
    reason: str = "",
    attributes: Attributes | None = None,
) -> RetireReceipt:
    """Burn credits of this account for good; ``attributes`` are a voucher's evidence.

    Attributes that the chain has recorded need not be given. Raises EnergyError (unverified
    origin among them) and FundsShort before anything is sent, TransactionError by outcome.
    """
    validate_retirement(coin, beneficiary=beneficiary, purpose=purpose, reason=reason)
    origin = validate_origin(account, coin.denom, attributes)
    _validate_held(account, coin)
    outcome = account.send(
        [
            messages.retire_credits(
                account.address,
                coin,
                beneficiary=beneficiary,
                purpose=purpose,
                reason=reason,
                attributes=attributes if origin.path else None,
            )
        ],
        purpose="retire credits",
    )
    events = decode_energy_events(outcome.events)
    retired = next((event for event in events if isinstance(event, CreditsRetired)), None)
    if retired is None:
        raise BadReply("the transaction retired nothing, or its node hides events")
    account.tell(
        "retired",
        f"{coin.amount} Wh from {origin.origin_chain} are retired for {beneficiary}",
        retirement_id=retired.retirement_id,
        tx_hash=outcome.tx_hash,
        height=outcome.height,
    )
    retirement = account.queries.get_retirement(retired.retirement_id)
    return RetireReceipt(retirement, outcome.tx_hash, outcome.height)


def validate_origin(observer: Observer, denom: str, attributes: Attributes | None = None) -> Origin:
    """Return where a denom comes from if that is verified, or would be with ``attributes``.

    Raises EnergyError: no credit, unverified origin, attributes of another credit or chain.
    """
    origin = observer.queries.get_origin(denom)
    if attributes is not None and origin.credit_denom:
        validate_attributes_of(attributes, origin.credit_denom)
    if origin.verified:
        return origin
    # The evidence at hand may be all that is missing on the chain.
    if attributes is not None and origin.path and origin.credit_denom and origin.origin_chain:
        if attributes.origin_chain == origin.origin_chain:
            return origin
        raise EnergyError(
            f"unverified origin: the attributes name the chain {attributes.origin_chain}, the path "
            f"{origin.path} is registered for {origin.origin_chain}",
            remedy="this voucher is not from the chain that it names; do not take it",
        )
    raise EnergyError(
        f"{denom}: {origin.reason}",
        remedy=f"`plurichain energy credit show {denom}` explains it",
    )


def _validate_held(account: Account, coin: Coin) -> None:
    held = account.client.get_balances(account.address).get(coin.denom, 0)
    if held < coin.amount:
        raise FundsShort(
            f"{account.address} holds {held} Wh of {coin.denom}, not {coin.amount}",
            remedy="retire no more than is held; nothing was sent",
        )
