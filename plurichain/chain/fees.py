"""Gas and fees, in integers."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING

from plurichain.chain.errors_map import make_local_error
from plurichain.errors import BadReply
from plurichain.units import Coin

if TYPE_CHECKING:
    from plurichain.chain.client import ChainClient

GAS_MARGIN = Fraction(13, 10)
"""Simulation runs on the last state; the block's may make a message dearer."""
UNORDERED_GAS = 2_240
"""What the SDK charges for the nonce of an unordered transaction."""
GAS_PAD = 20_000
"""What simulation leaves out: writing the nonce, and the fee's own transfer."""

_SIMULATE = "/app/simulate"


def simulate_gas(client: ChainClient, probe: bytes) -> int:
    """Return the gas that the unsigned transaction ``probe`` uses on the latest state.

    Raises the mapped error if the transaction would fail, NodeError.
    """
    code, codespace, log, value = client.rpc.query_abci(_SIMULATE, probe)
    if code:
        raise make_local_error(codespace, code, log)
    try:
        info = json.loads(value)["gas_info"]
        gas_used = int(info["gas_used"])
    except (ValueError, KeyError, TypeError):
        raise BadReply(f"{client.rpc.url}: a simulation without gas_used") from None
    if gas_used < 1:
        raise BadReply(f"{client.rpc.url}: a simulation that used no gas")
    return gas_used


def compute_gas_limit(simulated: int) -> int:
    """Return the gas to ask for, after ``simulated`` units in simulation."""
    scaled = GAS_MARGIN * simulated
    return -(-scaled.numerator // scaled.denominator) + UNORDERED_GAS + GAS_PAD


def compute_fee(gas_limit: int, gas_price: Fraction, denom: str) -> tuple[Coin, ...]:
    """Return ceil(gas_limit · gas_price), exactly; nothing if it is 0."""
    exact = gas_price * gas_limit
    amount = -(-exact.numerator // exact.denominator)
    return (Coin(denom, amount),) if amount else ()
