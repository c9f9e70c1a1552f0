"""Credits for accepted readings, minted by the device's issuing body to its owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.chain.energy import messages
from plurichain.chain.energy.events import CreditsIssued, decode_energy_events
from plurichain.energy.moments import format_second
from plurichain.errors import NotFound, PhaseError
from plurichain.metering.registering import get_body, validate_active, validate_body
from plurichain.units import Coin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.energy.state import ReadingState
    from plurichain.identifiers import Address
    from plurichain.metering.account import Account


@dataclass(frozen=True, slots=True)
class IssueReceipt:
    """What was minted to ``owner``, a coin an interval; intervals of 0 Wh mint none."""

    device_id: str
    owner: Address
    intervals: int
    credits: tuple[Coin, ...]
    tx_hashes: tuple[str, ...]

    @property
    def issued_wh(self) -> int:
        """All credits together."""
        return sum(coin.amount for coin in self.credits)


def issue_credits(
    account: Account, device_id: str, interval_starts: Sequence[int] | None = None
) -> IssueReceipt:
    """Issue the credits of the intervals given (Unix seconds), or of all that are not yet.

    Raises NotFound and PhaseError before anything is sent, TransactionError by outcome.
    """
    state = account.queries.get_device(device_id)
    body = get_body(account, state.device.issuing_body)
    account.validate_right(body.address, whose=f"account of {body.id}", action="issue its credits")
    validate_body(body)
    validate_active(state)
    readings = account.queries.list_readings(device_id)
    starts = _list_unissued(readings) if interval_starts is None else sorted(interval_starts)
    _validate_starts(device_id, readings, starts)
    size = account.queries.get_params().max_readings_per_batch
    coins: list[Coin] = []
    hashes = []
    for place in range(0, len(starts), size):
        batch = starts[place : place + size]
        outcome = account.send(
            [messages.issue_credits(account.address, device_id, batch)], purpose="issue credits"
        )
        issued = [
            event
            for event in decode_energy_events(outcome.events)
            if isinstance(event, CreditsIssued) and event.amount_wh
        ]
        coins.extend(Coin(event.denom, event.amount_wh) for event in issued)
        hashes.append(outcome.tx_hash)
        account.tell(
            "issued",
            f"{sum(event.amount_wh for event in issued)} Wh of {device_id} are issued for "
            f"{len(batch)} intervals",
            device_id=device_id,
            tx_hash=outcome.tx_hash,
            height=outcome.height,
        )
    return IssueReceipt(device_id, state.owner, len(starts), tuple(coins), tuple(hashes))


def _list_unissued(readings: Sequence[ReadingState]) -> list[int]:
    return [row.reading.interval_start for row in readings if not row.issued]


def _validate_starts(
    device_id: str, readings: Sequence[ReadingState], starts: Sequence[int]
) -> None:
    known = {row.reading.interval_start: row for row in readings}
    for start in starts:
        if start not in known:
            raise NotFound(
                f"no reading of {device_id} begins at {format_second(start)}",
                remedy=f"`plurichain energy reading list {device_id}` shows all",
            )
        if known[start].issued:
            raise PhaseError(
                f"the credits of {device_id} from {format_second(start)} are issued already",
                remedy="leave the interval out; each is issued once",
            )
