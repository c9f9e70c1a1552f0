"""What `plurichain ibc track` audits beside its reading."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.tracking.database import make_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def auditing_option(function: Any) -> Any:
    """Add how often a tracker audits; the command receives ``audit_every``."""
    return click.option(
        "--audit-every",
        default="10m",
        show_default=True,
        metavar="DURATION",
        help="How often the money of every token is audited, as `ibc audit` does; 0s never.",
    )(function)


@contextlib.contextmanager
def auditing(
    networks: Sequence[str], database: Any, every: str, timeout_s: float
) -> Iterator[None]:
    """Audit again and again while the block runs, over connections of its own."""
    from plurichain.cli.tracking.following import opened_clients
    from plurichain.tracker.auditing.auditor import Auditor
    from plurichain.units import parse_duration_ns

    every_ns = parse_duration_ns(every, field="--audit-every")
    if not every_ns:
        yield
        return
    with (
        opened_clients(networks, timeout_s) as clients,
        make_store(database) as store,
        Auditor(store, clients, every_s=every_ns / 10**9),
    ):
        yield
