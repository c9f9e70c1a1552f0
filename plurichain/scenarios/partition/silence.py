"""While the link is cut not one packet gets through: held against block times of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from plurichain.errors import CheckFailed
from plurichain.scenarios.partition.cast import OTHER

if TYPE_CHECKING:
    from plurichain.scenarios.partition.apart import Cut
    from plurichain.tracker.views import PacketRow

#: The grid that relayers reach over the link alone.
FAR: Final = "b"
#: For how long after the last blocks of the cut's beginning its node may still take in what it
#: was handed before, on a machine that starves it.
GRACE_NS: Final = 5_000_000_000


def validate_silence(rows: Mapping[str, Sequence[PacketRow]], cut: Cut) -> int:
    """Return how many packets the cut held up, of those that each grid sent.

    Nothing becomes of what is sent into it before it is over; and on the far grid nothing
    becomes of anything, once its node has taken in what it had before. Raises CheckFailed for
    the first packet that got through.
    """
    held_up = 0
    for here, packets in rows.items():
        for row in packets:
            moved = {OTHER[here]: row.received_time_ns, here: row.ended_time_ns}
            for name, time_ns in moved.items():
                if time_ns is not None and _is_within(row, here, name, time_ns, cut):
                    raise CheckFailed(
                        f"packet {row.sequence} of grid {here} got through while the line was "
                        f"cut: grid {name} took it in at {time_ns} ns"
                    )
            held_up += any(
                time_ns is not None and time_ns > cut.ended[name].time_ns
                for name, time_ns in moved.items()
            )
    return held_up


def _is_within(row: PacketRow, here: str, name: str, time_ns: int, cut: Cut) -> bool:
    """Tell whether a grid took in, while the link was cut, what it could not know of."""
    if time_ns > cut.ended[name].time_ns:
        return False
    is_new = row.sent_time_ns is None or row.sent_time_ns > cut.begun[here].time_ns
    return is_new or (name == FAR and time_ns > cut.at_cut.moments[FAR].time_ns + GRACE_NS)
