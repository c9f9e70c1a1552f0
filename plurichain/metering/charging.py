"""Storage: credits burned for what is charged, so that a storage issues no more than went in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.chain.energy import messages
from plurichain.chain.energy.events import StorageCharged, decode_energy_events
from plurichain.energy.storage import compute_charge
from plurichain.errors import BadReply, EnergyError, FundsShort
from plurichain.metering.registering import validate_active
from plurichain.metering.retiring import validate_origin
from plurichain.units import format_coins, make_coins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.energy.state import DeviceState
    from plurichain.metering.account import Account
    from plurichain.units import Coin, Coins


@dataclass(frozen=True, slots=True)
class ChargeReceipt:
    """What was burned, and by how much the storage balance grew."""

    state: DeviceState
    credits: Coins
    credited_wh: int
    tx_hash: str
    height: int


def charge_storage(account: Account, device_id: str, coins: Sequence[Coin]) -> ChargeReceipt:
    """Burn credits of this account into a storage device of its own.

    The balance grows by their sum less the losses, rounded down. Raises EnergyError, PhaseError,
    FundsShort and NotFound before anything is sent, TransactionError by outcome.
    """
    credits_ = make_coins((coin.denom, coin.amount) for coin in coins)
    if not credits_:
        raise EnergyError("credits: none are named", remedy="write them as 500wh.…")
    state = account.queries.get_device(device_id)
    validate_active(state)
    account.validate_right(state.owner, whose=f"owner of {device_id}", action="charge it")
    if not state.device.efficiency_bp:
        raise EnergyError(f"{device_id}: {state.device.technology} is no storage")
    for coin in credits_:
        validate_origin(account, coin.denom)
    held = account.client.get_balances(account.address)
    missing = make_coins(
        (coin.denom, max(0, coin.amount - held.get(coin.denom, 0))) for coin in credits_
    )
    if missing:
        raise FundsShort(
            f"{account.address} is {format_coins(missing)} short",
            remedy="charge no more than is held; nothing was sent",
        )
    message = messages.charge_storage(account.address, device_id, credits_)
    outcome = account.send([message], purpose="charge storage")
    events = decode_energy_events(outcome.events)
    charged = next((event for event in events if isinstance(event, StorageCharged)), None)
    expected = compute_charge(sum(coin.amount for coin in credits_), state.device.efficiency_bp)
    if charged is None or charged.credited_wh != expected:
        raise BadReply(f"the chain credited {charged} where {expected} Wh were due")
    account.tell(
        "charged",
        f"{device_id} may issue {expected} Wh more",
        tx_hash=outcome.tx_hash,
        height=outcome.height,
    )
    state = account.queries.get_device(device_id)
    return ChargeReceipt(state, credits_, expected, outcome.tx_hash, outcome.height)
