"""Options of when something is overdue, for the tracker and for those who read what it knows."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

import click

from plurichain.errors import InputError
from plurichain.ibc.overdue import Thresholds
from plurichain.units import format_duration, parse_duration_ns

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

_OPTIONS = {
    "receive_ns": ("--receive-within", "A packet should be received after at most this."),
    "answer_ns": ("--answer-within", "A received packet should be answered after at most this."),
    "acknowledge_ns": ("--acknowledge-within", "An answer should be brought back after this."),
    "refund_ns": ("--refund-within", "A refund that is due should be made after at most this."),
    "client_ns": ("--client-left", "A client should have at least this left."),
    "lag_ns": ("--node-within", "A node may be silent, halted or behind for less than this."),
}


def _parse(text: str, option: str) -> int:
    """Return nanoseconds above 0: at 0 everything would be overdue. Raises InputError."""
    found = parse_duration_ns(text, field=option)
    if found <= 0:
        raise InputError(
            f"{option}: {text!r} is not above 0", remedy='write a duration such as "30m"'
        )
    return found


def threshold_options(function: F) -> Any:
    """Add an option for each threshold; the command receives ``thresholds``."""

    @functools.wraps(function)
    def command(**values: Any) -> Any:
        chosen = {name: _parse(values.pop(name), option) for name, (option, _) in _OPTIONS.items()}
        return function(thresholds=Thresholds(**chosen), **values)

    usual = Thresholds()
    for name, (option, text) in reversed(_OPTIONS.items()):
        command = click.option(
            option,
            name,
            metavar="DURATION",
            default=format_duration(getattr(usual, name)),
            show_default=True,
            help=text,
        )(command)
    return command
