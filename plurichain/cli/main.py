"""The program `plurichain`: its groups, and what an error or an interrupt ends as."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import click

import plurichain
from plurichain.cli import pending
from plurichain.cli.commands import Group, LazyCommand
from plurichain.cli.output import discard_output, format_line
from plurichain.errors import InputError, NodeError, PlurichainError, ProblemRefused, StorageError

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_UNKNOWN = 5
EXIT_INTERRUPTED = 130

#: Modules that only POSIX systems have; a command that needs one says so in one line.
POSIX_MODULES = frozenset({"fcntl", "grp", "pty", "pwd", "resource", "termios"})

FIRST_COMMANDS = """\
plurichain {version}: sealed-bid energy auctions on Cosmos SDK chains

First commands:
  plurichain demo            watch a town buy electricity from ten sealed bids
  plurichain localnet up     start a chain on this machine to try things on
  plurichain --help          see everything else
"""

GROUPS = {
    "auction": LazyCommand(
        "plurichain.cli.auction.auction", "group", "Create, watch, settle and recompute auctions."
    ),
    "bid": LazyCommand("plurichain.cli.bid.bid", "group", "Seal, commit and reveal bids."),
    "completion": LazyCommand(
        "plurichain.cli.completion", "completion", "Print the completion script of a shell."
    ),
    "demo": LazyCommand("plurichain.cli.demo", "group", "Play a whole auction on a local chain."),
    "energy": LazyCommand(
        "plurichain.cli.energy.energy",
        "group",
        "Meter energy, and issue, move and retire its credits.",
    ),
    "ibc": LazyCommand(
        "plurichain.cli.ibc.ibc", "group", "Link chains, and carry packets between them."
    ),
    "keys": LazyCommand("plurichain.cli.keys", "group", "Make, import and fund keys."),
    "localnet": LazyCommand("plurichain.cli.localnet", "group", "Start and stop a local chain."),
    "network": LazyCommand("plurichain.cli.network", "group", "Name the chains to talk to."),
    "tx": LazyCommand("plurichain.cli.tx", "group", "Look at transactions and wait for them."),
}


class _ReaderGoneError(Exception):
    """A broken pipe, out of click's reach: it would end the process with status 1."""


class _Root(Group):
    """The program itself."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Parse the arguments; help is printed here."""
        try:
            return super().make_context(*args, **extra)
        except BrokenPipeError:
            raise _ReaderGoneError from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _ReaderGoneError from None


@click.group(
    cls=_Root,
    lazy=GROUPS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    example="plurichain localnet up\nplurichain auction create examples/town-tender/terms.toml",
)
@click.version_option(plurichain.__version__, prog_name="plurichain")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Sealed-bid energy auctions on Cosmos SDK chains."""
    if ctx.invoked_subcommand is None:
        click.echo(FIRST_COMMANDS.format(version=plurichain.__version__), nl=False)


#: What to do about an error that does not say so itself; the first class that fits.
REMEDIES: tuple[tuple[type[PlurichainError], str], ...] = (
    (ProblemRefused, ""),
    (InputError, "correct it and try again; nothing was changed"),
    (NodeError, "`plurichain network show --check` asks the node who it is"),
    (PlurichainError, "-vv shows each step"),
)


def find_remedy(error: PlurichainError) -> str:
    """Return what to do about an error that carries no remedy of its own."""
    return next(remedy for kind, remedy in REMEDIES if isinstance(error, kind))


def show_error(cause: str, remedy: str = "") -> None:
    """Write an error as its users know it: a line of cause, a line of what to do."""
    click.echo(f"error: {format_line(cause)}", err=True)
    if remedy:
        click.echo(f"help: {format_line(remedy)}", err=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status (design 3.5)."""
    pending.clear()
    try:
        return _run(arguments)
    except (BrokenPipeError, _ReaderGoneError):
        # The reader has seen enough. What is still buffered must not fail at shutdown.
        discard_output()
        return 0
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _end_interrupted()


def _run(arguments: Sequence[str] | None) -> int:
    """Run the program; what is left to the caller are interrupts and broken pipes."""
    try:
        status = cli.main(args=arguments, prog_name="plurichain", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return EXIT_USAGE
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "plurichain"
        show_error(error.format_message(), f"`{path} --help` shows how it is called")
        return EXIT_USAGE
    except click.ClickException as error:
        show_error(error.format_message(), "correct it and try again")
        return EXIT_FAILED
    except PlurichainError as error:
        logger.debug("%s", type(error).__name__, exc_info=True)
        show_error(error.cause, error.remedy or find_remedy(error))
        return _end_unsettled() if isinstance(error, StorageError) else error.exit_status
    except ModuleNotFoundError as error:
        if error.name not in POSIX_MODULES:
            raise
        show_error("this command needs a POSIX system", "on Windows, use WSL")
        return EXIT_FAILED
    except BrokenPipeError:
        raise
    except OSError as error:
        logger.debug("%s", type(error).__name__, exc_info=True)
        place = f"{error.filename}: " if error.filename else ""
        show_error(
            f"{place}{error.strerror or type(error).__name__}",
            "check the path, who may use it, and the space that is left",
        )
        return EXIT_FAILED
    return status if isinstance(status, int) else 0


def _end_interrupted() -> int:
    """Say what a Ctrl-C leaves behind: a transaction may still land after it."""
    hashes = pending.list_hashes()
    click.echo(err=True)
    if not hashes:
        show_error("interrupted; nothing is pending")
        return EXIT_INTERRUPTED
    _show_pending(hashes, "interrupted; ")
    return EXIT_UNKNOWN


def _end_unsettled() -> int:
    """Say what is under way after an error of our own files; return the status for it."""
    hashes = pending.list_hashes()
    _show_pending(hashes)
    return EXIT_UNKNOWN if hashes else EXIT_FAILED


def _show_pending(hashes: Sequence[str], why: str = "") -> None:
    for tx_hash in hashes:
        show_error(
            f"{why}the outcome of transaction {tx_hash} is unknown",
            f"`plurichain tx wait {tx_hash}` goes on",
        )
