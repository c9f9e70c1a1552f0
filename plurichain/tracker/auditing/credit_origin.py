"""Where a credit was made: its attributes, device and reading, proven by hash and signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.energy.denom import compute_credit_denom
from plurichain.energy.reading import compute_reading_hash, compute_reading_message
from plurichain.energy.signature import is_signature
from plurichain.errors import HeightPruned, NodeError
from plurichain.ibc.denom import voucher_denom

if TYPE_CHECKING:
    from plurichain.energy.attributes import Attributes
    from plurichain.energy.state import DeviceState, IssuingBody, ReadingState
    from plurichain.tracker.auditing.credit_source import CreditSource


@dataclass(frozen=True, slots=True)
class Issue:
    """When a credit was issued: in block ``height``, or before it if ``is_exact`` is False."""

    height: int
    time_ns: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class CreditOrigin:
    """What is known of a credit's making. None is what nobody who was asked can tell.

    ``is_hash_proven``: the attributes hash to the denom. ``is_reading_proven``: the reading
    hashes to what the attributes name, and the device's key has signed it.
    """

    attributes: Attributes
    is_hash_proven: bool
    is_asked: bool
    device: DeviceState | None = None
    reading: ReadingState | None = None
    is_reading_proven: bool | None = None
    body: IssuingBody | None = None
    issued_wh: int | None = None
    issue: Issue | None = None


def find_credit_origin(
    sources: Mapping[str, CreditSource], heights: Mapping[str, int], denom: str
) -> CreditOrigin | None:
    """Return where a credit was made, None if no chain knows its attributes. Raises NodeError.

    ``heights`` says of which state each chain is asked. Where the chain that issued it is
    not among ``sources``, the attributes are what others have recorded.
    """
    for chain_id, source in sorted(sources.items()):
        credit = source.find_credit(denom, heights[chain_id])
        # Any chain may keep what it likes under this name; the attributes name the true one.
        if credit is not None and credit.attributes.origin_chain == chain_id:
            return _prove(source, chain_id, heights[chain_id], denom, credit.attributes)
    attributes = _find_attributes(sources, denom)
    if attributes is None:
        return None
    return CreditOrigin(attributes, compute_credit_denom(attributes) == denom, is_asked=False)


def _find_attributes(sources: Mapping[str, CreditSource], denom: str) -> Attributes | None:
    """Return attributes that another chain has recorded of a voucher of the credit."""
    for _, source in sorted(sources.items()):
        for path in source.list_paths(denom):
            origin = source.find_origin(voucher_denom(path))
            if origin is not None and origin.attributes is not None:
                return origin.attributes
    return None


def _prove(
    source: CreditSource, chain_id: str, height: int, denom: str, attributes: Attributes
) -> CreditOrigin:
    device = source.find_device(attributes.device_id)
    reading = source.find_reading(attributes.device_id, attributes.interval_start)
    credit = source.find_credit(denom, height)
    return CreditOrigin(
        attributes,
        is_hash_proven=compute_credit_denom(attributes) == denom,
        is_asked=True,
        device=device,
        reading=reading,
        is_reading_proven=_is_proven(chain_id, attributes, device, reading),
        body=source.find_body(attributes.issuing_body),
        issued_wh=None if credit is None else credit.issued_wh,
        issue=_find_issue(source, denom, height),
    )


def _is_proven(
    chain_id: str,
    attributes: Attributes,
    device: DeviceState | None,
    state: ReadingState | None,
) -> bool:
    """Whether the device signed a reading that hashes to what the credit names."""
    if device is None or state is None:
        return False
    reading = state.reading
    if compute_reading_hash(chain_id, attributes.device_id, reading) != attributes.reading_hash:
        return False
    message = compute_reading_message(chain_id, attributes.device_id, reading)
    known = device.device
    return is_signature(known.key_type, known.public_key, message, reading.signature)


def _find_issue(source: CreditSource, denom: str, height: int) -> Issue | None:
    """Find the first block whose state has the credit: once issued it is there for good."""
    low, high, is_exact = 0, height, True  # it is at ``high``, and not at ``low``
    while high - low > 1:
        middle = (low + high) // 2
        try:
            is_there = source.find_credit(denom, middle) is not None
        except HeightPruned:
            # Older state is gone too; whether it was there nobody can say.
            low, is_exact = middle, False
            continue
        if is_there:
            high = middle
        else:
            low, is_exact = middle, True
    try:
        return Issue(high, source.state.get_time_ns(high), is_exact)
    except NodeError:
        return None
