"""What scripts/monitor-relayer and scripts/monitor-channel share: options, time-out, one line.

Whatever happens, one line is printed and the status is one of Nagios's 0 to 3: a check that
cannot be made is UNKNOWN.
"""

from __future__ import annotations

import argparse
import os
import threading
from collections.abc import Callable
from typing import Any, Final, NoReturn

from plurichain.errors import PlurichainError
from plurichain.tracker.monitoring.nagios.verdict import Verdict, make_unknown
from plurichain.units import parse_duration_ns

_LONGEST_S: Final = 86_400
EPILOG = """\
exit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN: the figures are old, failed or never came,
or the database cannot be read. One line is printed; behind the bar stand figures for graphs.
"""


class Parser(argparse.ArgumentParser):
    """Options of a check; a wrong call is UNKNOWN, and told in one line."""

    def __init__(self, name: str, description: str) -> None:
        """Take the name that the line begins with."""
        super().__init__(
            description=description,
            epilog=EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.name = name
        self.add_argument(
            "--database",
            metavar="FILE|URL",
            help="the tracker's database (default: PLURICHAIN_TRACKER_DATABASE, or the usual one)",
        )
        self.add_argument(
            "-t", "--timeout", metavar="SECONDS", type=seconds, default=10.0,
            help="give up, with status 3, after this time (default: %(default)s)",
        )  # fmt: skip

    def error(self, message: str) -> NoReturn:
        """End as UNKNOWN, whatever argparse would do."""
        finish(make_unknown(self.name, f"{message}; --help shows how it is called"))


def duration(text: str) -> int:
    """Return nanoseconds of an option such as 30m."""
    try:
        return parse_duration_ns(text)
    except PlurichainError as error:
        raise argparse.ArgumentTypeError(error.cause) from error


def seconds(text: str) -> float:
    """Return a number of seconds, above 0 and at most a day."""
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from error
    if not 0 < value <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text!r} is not above 0 and at most {_LONGEST_S}")
    return value


def finish(verdict: Verdict) -> NoReturn:
    """Print the line and end with its status, now: nothing may keep cron waiting."""
    try:
        os.write(1, f"{verdict.line}\n".encode())
    finally:
        os._exit(verdict.status)


def run(parser: Parser, options: argparse.Namespace, check: Callable[[Any], Verdict]) -> NoReturn:
    """Make the check with an opened store, within the time-out."""
    timeout_s = options.timeout
    late = make_unknown(parser.name, f"the database was not read within {timeout_s:g} s")
    timer = threading.Timer(timeout_s, finish, (late,))
    timer.daemon = True
    timer.start()
    try:
        verdict = _check(parser.name, options.database, check)
    except PlurichainError as error:
        verdict = make_unknown(parser.name, error.cause)
    except Exception as error:  # noqa: BLE001 - a check that fails knows nothing
        verdict = make_unknown(parser.name, f"{type(error).__name__}: {error}")
    finish(verdict)


def _check(name: str, database: str | None, check: Callable[[Any], Verdict]) -> Verdict:
    from plurichain.cli.tracking.database import DATABASE_VARIABLE, has_store, locate, open_store
    from plurichain.storage.server_url import has_password, is_server_url

    if database and is_server_url(database) and has_password(database):
        return make_unknown(name, f"a password does not belong here: set {DATABASE_VARIABLE}")
    if not has_store(database):
        return make_unknown(name, f"there is no database {locate(database)}: does the tracker run?")
    with open_store(database) as store:
        return check(store)
