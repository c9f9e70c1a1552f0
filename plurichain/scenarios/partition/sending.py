"""Sending parcels, and the packets that they have become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.chain.ibc.packet_messages import transfer
from plurichain.errors import CheckFailed
from plurichain.ibc.events import PacketEventKind, decode_packet_events
from plurichain.scenarios.partition.cast import OTHER, Parcel, Wave

if TYPE_CHECKING:
    from plurichain.chain.transactions.outcome import Outcome
    from plurichain.keyring import Key
    from plurichain.scenarios.grids.stage import GridStage

SECOND_NS: Final = 1_000_000_000
PATIENCE_NS: Final = 3_600 * SECOND_NS


@dataclass(frozen=True, slots=True)
class Sent:
    """A parcel on its way: the sequence of its packet, and the time that it has, Unix ns."""

    parcel: Parcel
    sequence: int
    timeout_ns: int


def send_wave(
    stage: GridStage,
    parcels: Sequence[Parcel],
    *waves: Wave,
    patience_ns: Mapping[Wave, int] | None = None,
) -> list[Sent]:
    """Send all parcels of ``waves`` from both grids at once, each owner's in one transaction.

    ``patience_ns`` is how long after the latest block of its grid a packet of a wave may be
    received, one hour if it is not named. Raises TransactionError, NodeError.
    """
    now_ns = {name: grid.client.get_latest_header().time_ns for name, grid in stage.grids.items()}
    chosen: dict[tuple[str, str], list[tuple[Parcel, int]]] = {}
    for parcel in parcels:
        if parcel.wave in waves:
            given_ns = (patience_ns or {}).get(parcel.wave, PATIENCE_NS)
            batch = chosen.setdefault((parcel.here, parcel.owner.name), [])
            batch.append((parcel, now_ns[parcel.here] + given_ns))
    batches = stage.pool.map(lambda batch: _send_batch(stage, batch), chosen.values())
    return [sent for batch in batches for sent in batch]


def _send_batch(stage: GridStage, batch: Sequence[tuple[Parcel, int]]) -> list[Sent]:
    """Send what one owner sends from one grid."""
    here, owner = batch[0][0].here, batch[0][0].owner
    channel = stage.get_end(here, OTHER[here]).channel_id
    messages = [
        transfer(
            owner.address,
            str(owner.address),
            parcel.coin,
            channel=channel,
            timeout_timestamp_ns=timeout_ns,
        )
        for parcel, timeout_ns in batch
    ]
    outcome = stage.grids[here].make_account(owner).send(messages, purpose="transfer")
    sequences = _list_sequences(outcome, owner)
    return [
        Sent(parcel, sequence, timeout_ns)
        for (parcel, timeout_ns), sequence in zip(batch, sequences, strict=True)
    ]


def _list_sequences(outcome: Outcome, owner: Key) -> list[int]:
    """Return the sequences of the packets that a transaction sent, by its messages."""
    found = decode_packet_events((event.type, event.attributes) for event in outcome.events)
    sends = [event for event in found if event.kind is PacketEventKind.SEND]
    if any(event.msg_index is None for event in sends):
        raise CheckFailed(f"{owner.name}: a packet does not say which message sent it")
    return [event.packet.sequence for event in sorted(sends, key=lambda each: each.msg_index or 0)]
