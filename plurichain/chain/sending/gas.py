"""How much gas to ask for: simulation, margins learnt from the journal, the block's limit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from plurichain.chain.codes.errors_map import make_local_error
from plurichain.errors import BadReply, CostError

if TYPE_CHECKING:
    from plurichain.chain.journal.journal import GasSample
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.transactions.messages import Message

FIRST_MARGIN = Fraction(13, 10)
"""Simulation runs on the last state; the block's may make a message dearer."""
LEAST_MARGIN = Fraction(21, 20)
GREATEST_MARGIN = Fraction(4)
HEADROOM = Fraction(11, 10)
"""On top of the most that was used of what simulation said."""
OUT_OF_GAS_STEP = Fraction(3, 2)
"""What ran out of gas would have used more: at least this much is taken for it."""
SAMPLES_TO_TRUST = 3
UNORDERED_GAS = 2_240
"""What the SDK charges for the nonce of an unordered transaction."""
GAS_PAD = 20_000
"""What simulation leaves out: writing the nonce, and the fee's own transfer."""

OUT_OF_GAS = ("sdk", 11)
_SIMULATE = "/app/simulate"


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a node says of a transaction that was not sent; ``code`` 0 is success."""

    gas_used: int
    code: int = 0
    codespace: str = ""
    log: str = ""

    def raise_for_code(self) -> None:
        """Raise the mapped error if the transaction would fail."""
        if self.code:
            raise make_local_error(self.codespace, self.code, self.log)


def simulate(client: ChainClient, probe: bytes) -> Simulation:
    """Run the unsigned transaction ``probe`` on the latest state. Raises NodeError."""
    code, codespace, log, value = client.rpc.query_abci(_SIMULATE, probe)
    if code:
        return Simulation(0, code, codespace, log)
    try:
        gas_used = int(json.loads(value)["gas_info"]["gas_used"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadReply(f"{client.rpc.url}: a simulation without gas_used") from None
    return Simulation(gas_used)


def join_message_types(messages: Iterable[Message]) -> str:
    """Return what gas is learnt by: the type URLs, sorted, each once."""
    return "+".join(sorted({message.type_url for message in messages}))


def compute_margin(samples: Sequence[GasSample]) -> Fraction:
    """Return the factor on a simulation, from what earlier ones of its kind came to.

    The most that was used of what simulation said, and some headroom; at least
    ``FIRST_MARGIN`` until there are ``SAMPLES_TO_TRUST`` samples.
    """
    ratios = [
        Fraction(sample.used, sample.simulated)
        * (OUT_OF_GAS_STEP if (sample.codespace, sample.code) == OUT_OF_GAS else 1)
        for sample in samples
    ]
    learnt = max(ratios, default=Fraction(0)) * HEADROOM
    least = LEAST_MARGIN if len(ratios) >= SAMPLES_TO_TRUST else FIRST_MARGIN
    return min(max(learnt, least), GREATEST_MARGIN)


def compute_gas_limit(simulated: int, samples: Sequence[GasSample] = ()) -> int:
    """Return the gas to ask for, after ``simulated`` units in simulation.

    A simulation that cannot be true, 0 units, falls back on what ``samples`` used.
    Raises BadReply if there are none.
    """
    if simulated < 1:
        if not samples:
            raise BadReply(
                "a simulation that used no gas",
                remedy="use another node, or choose the gas with --gas",
            )
        simulated = max(sample.used for sample in samples)
    scaled = compute_margin(samples) * simulated
    return -(-scaled.numerator // scaled.denominator) + UNORDERED_GAS + GAS_PAD


def get_block_gas(client: ChainClient) -> int | None:
    """Return how much gas a block holds, None if it has no limit. Raises NodeError."""
    # Without a height the node takes the next one, whose parameters it may not have yet.
    height = client.rpc.get_committed_height()
    result, _ = client.rpc.call("consensus_params", height=str(height))
    try:
        limit = int(result["consensus_params"]["block"]["max_gas"])
    except (ValueError, KeyError, TypeError):
        raise BadReply(f"{client.rpc.url}: consensus parameters without max_gas") from None
    return None if limit < 0 else limit


def validate_gas(gas: int, block_gas: int | None) -> None:
    """Raise CostError for more gas than a block holds: it could never be included."""
    if block_gas is not None and gas > block_gas:
        raise CostError(
            f"the transaction needs {gas} units of gas; a block of this chain holds {block_gas}",
            remedy="send fewer messages at once",
        )
