"""`plurichain energy`: from a meter's reading to a retired credit."""

from __future__ import annotations

import click

from plurichain.cli.commands import Group, LazyCommand


@click.group(
    "energy",
    cls=Group,
    lazy={
        "credit": LazyCommand(
            "plurichain.cli.energy.credit", "group", "Issue credits, and see where they come from."
        ),
        "device": LazyCommand(
            "plurichain.cli.energy.device", "group", "Register meters, and approve them."
        ),
        "issuer": LazyCommand(
            "plurichain.cli.energy.registry", "issuer", "Name the bodies that issue credits."
        ),
        "path": LazyCommand(
            "plurichain.cli.energy.registry", "path", "Say which chain a path leads to."
        ),
        "reading": LazyCommand(
            "plurichain.cli.energy.reading", "group", "Sign and hand in what a meter counted."
        ),
        "retire": LazyCommand(
            "plurichain.cli.energy.retire", "retire", "Burn credits for good, for a beneficiary."
        ),
        "storage": LazyCommand(
            "plurichain.cli.energy.storage", "group", "Charge credits into a storage device."
        ),
        "trace": LazyCommand(
            "plurichain.cli.energy.trace", "trace", "Follow a credit from meter to retirement."
        ),
    },
    example="plurichain energy reading submit roof-meter day.csv --key owner\n"
    "plurichain energy credit show wh.20260621T1200.3f…",
)
def group() -> None:
    """Meters, their readings, and the energy credits that come of them."""
