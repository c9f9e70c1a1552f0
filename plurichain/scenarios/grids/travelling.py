"""Credits on their way: two hundred to grid B, some of them on to grid C, a relayer killed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.chain.ibc.packet_messages import TRANSFER_PORT, transfer
from plurichain.ibc.denom import DenomPath, Hop, voucher_denom
from plurichain.units import Coin, format_wh

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.energy.state import IssuedCredit
    from plurichain.keyring import Key
    from plurichain.scenarios.grids.metering import Metered
    from plurichain.scenarios.grids.stage import GridStage

TRANSFERS: Final = 200
ONWARD_METERS: Final = 2
ONWARD_EACH: Final = 10
EXPIRES_NS: Final = 3_600_000_000_000
ARRIVAL_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Parcel:
    """One credit that travels: whose, which, and how much of it."""

    owner: Key
    credit: IssuedCredit
    amount_wh: int


@dataclass(frozen=True, slots=True)
class Travelled:
    """What went to grid B, and what of that went on to grid C."""

    to_b: tuple[Parcel, ...]
    to_c: tuple[Parcel, ...]

    @property
    def staying(self) -> tuple[Parcel, ...]:
        """What is still on grid B."""
        gone = {parcel.credit.denom for parcel in self.to_c}
        return tuple(parcel for parcel in self.to_b if parcel.credit.denom not in gone)


def compute_voucher(stage: GridStage, denom: str, *places: tuple[str, str]) -> str:
    """Return the denom of a credit that came over these hops, the newest first.

    A hop is (where it came in, where from), by the names of the grids.
    """
    hops = tuple(Hop(TRANSFER_PORT, stage.get_end(*place).channel_id) for place in places)
    return voucher_denom(DenomPath(hops, denom))


def send_credits(stage: GridStage, metered: Metered) -> Travelled:
    """Send 200 credits from A to B and some on to C. The relayer dies once on the way."""
    to_b = _choose(stage, metered)
    _send(stage, "a", "b", to_b, [(parcel.credit.denom, parcel) for parcel in to_b])
    energy = format_wh(sum(parcel.amount_wh for parcel in to_b))
    stage.say(f"{len(to_b)} transfers to grid B are on grid A: {energy}, half of each credit")
    relayer = stage.start_relayer("first")
    _wait_for_first(stage, "a", "b", len(to_b))
    relayer.kill()
    settled = _count_settled(stage, "a", "b", len(to_b))
    stage.say(
        f"the relayer is killed (SIGKILL) with {settled} of {len(to_b)} packets settled",
        is_event=True,
    )
    stage.start_relayer("second")
    stage.say("another one is started; it knows nothing but the chains")
    _wait_for(stage, "a", "b", "transfers to grid B, received and acknowledged", len(to_b))
    to_c = _choose_onward(metered, to_b)
    stage.say(f"{len(to_c)} of them go on to grid C")
    vouchers = [
        (compute_voucher(stage, parcel.credit.denom, ("b", "a")), parcel) for parcel in to_c
    ]
    _send(stage, "b", "c", to_c, vouchers)
    _wait_for(stage, "b", "c", "transfers to grid C, received and acknowledged", len(to_c))
    return Travelled(to_b, to_c)


def _choose(stage: GridStage, metered: Metered) -> tuple[Parcel, ...]:
    """Take the largest credits that each owner still has of its meter, half of each."""
    rows = []
    for meter in metered.meters:
        held = stage.grids["a"].client.get_balances(meter.owner.address)
        own = [(credit, held.get(credit.denom, 0)) for credit in metered.list_credits_of(meter)]
        rows.append([(meter.owner, credit, amount) for credit, amount in own if amount > 1])
    depth = max(map(len, rows))
    turns = [row[index] for index in range(depth) for row in rows if index < len(row)]
    return tuple(Parcel(owner, credit, amount // 2) for owner, credit, amount in turns[:TRANSFERS])


def _choose_onward(metered: Metered, parcels: Sequence[Parcel]) -> tuple[Parcel, ...]:
    owners = [meter.owner.name for meter in metered.meters[:ONWARD_METERS]]
    return tuple(
        parcel
        for name in owners
        for parcel in [each for each in parcels if each.owner.name == name][:ONWARD_EACH]
    )


def _send(
    stage: GridStage,
    here: str,
    there: str,
    parcels: Sequence[Parcel],
    coins: Sequence[tuple[str, Parcel]],
) -> None:
    """Send each owner's parcels in one transaction, all owners at once."""
    grid, end = stage.grids[here], stage.get_end(here, there)
    timeout_ns = grid.client.get_latest_header().time_ns + EXPIRES_NS

    def send(owner: Key) -> None:
        messages = [
            transfer(
                owner.address,
                str(owner.address),
                Coin(denom, parcel.amount_wh),
                channel=end.channel_id,
                timeout_timestamp_ns=timeout_ns,
            )
            for denom, parcel in coins
            if parcel.owner is owner
        ]
        grid.make_account(owner).send(messages, purpose="transfer")

    list(stage.pool.map(send, {parcel.owner.name: parcel.owner for parcel in parcels}.values()))


def _count_settled(stage: GridStage, here: str, there: str, total: int) -> int:
    """Return how many of the packets sent have nothing left to do at their source."""
    end = stage.get_end(here, there)
    waiting = stage.grids[here].packets.list_packet_commitments(end.port, end.channel_id)
    return total - len(waiting)


def _wait_for_first(stage: GridStage, here: str, there: str, total: int) -> None:
    """Wait until some packet is received: before anything else becomes of most of them."""
    end, far = stage.get_end(here, there), stage.get_end(there, here)

    def count() -> int:
        waiting = stage.grids[here].packets.list_packet_commitments(end.port, end.channel_id)
        packets = stage.grids[there].packets
        unreceived = packets.list_unreceived_packets(far.port, far.channel_id, waiting)
        return int(len(unreceived) < total)

    stage.wait_until("the first packets are carried", count, 1, timeout_s=ARRIVAL_S)


def _wait_for(stage: GridStage, here: str, there: str, what: str, total: int) -> None:
    """Wait until all packets of a channel are settled at their source."""
    stage.wait_until(
        what, lambda: _count_settled(stage, here, there, total), total, timeout_s=ARRIVAL_S
    )
