"""The program as a whole: first commands, help, statuses, interrupts, broken pipes."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from plurichain import errors
from plurichain.cli import main as main_module
from plurichain.cli import pending
from plurichain.cli.main import cli, main
from plurichain.errors import DiskFull
from tests.unit.cli.conftest import Run

SEAL = ["bid", "seal", "--auction-id", "1", "--bid", "x"]
#: Packages that must not be loaded for help or for an offline command.
HEAVY = ("grpc", "cosmpy", "google.protobuf", "rich", "matplotlib", "cryptography", "coincurve")


def iterate_commands(
    command: click.Command = cli, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command and group with its words."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from iterate_commands(child, (*path, name))


def test_without_arguments_three_first_commands_are_shown(run: Callable[..., Run]) -> None:
    shown = run()

    assert shown.status == 0
    assert shown.out.count("\n  plurichain ") == 3


@pytest.mark.parametrize("path", [path for path, _ in iterate_commands()])
def test_every_command_has_help_with_an_example(
    run: Callable[..., Run], path: tuple[str, ...]
) -> None:
    shown = run(*path, "--help")

    assert shown.status == 0
    assert shown.err == ""
    assert shown.out.startswith(f"Usage: plurichain{''.join(f' {word}' for word in path)}")
    _, _, example = shown.out.partition("\nExample:\n")
    assert " ".join(("plurichain", *path)) in example


@pytest.mark.parametrize("path", [path for path, _ in iterate_commands()])
def test_every_command_says_what_it_is_in_the_list_above_it(
    run: Callable[..., Run], path: tuple[str, ...]
) -> None:
    if not path:
        return
    listed = run(*path[:-1], "--help").out.partition("Commands:\n")[2]
    line = next(line for line in listed.splitlines() if line.split()[:1] == [path[-1]])

    assert len(line.split()) > 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        [],
        ["auction", "--help"],
        ["auction", "clear", "-"],
        ["bid", "seal", "--help"],
        ["keys", "--help"],
    ],
)
def test_help_and_offline_commands_load_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import sys\n"
        "from plurichain.cli.main import main\n"
        "main(sys.argv[1:])\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    problem = '{"side":"forward","quantity":1,"payment_rule":"vcg","bids":[]}'
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], input=problem, text=True, capture_output=True
    )

    assert done.returncode == 0, done.stderr


def test_python_m_is_the_same_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "plurichain", "--version"], capture_output=True, text=True
    )

    assert done.returncode == 0
    assert done.stdout.startswith("plurichain, version ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(run: Callable[..., Run], shell: str) -> None:
    shown = run("completion", shell)

    assert shown.status == 0
    assert "_PLURICHAIN_COMPLETE" in shown.out


def test_bash_completes_commands_without_loading_them() -> None:
    environment = os.environ | {
        "_PLURICHAIN_COMPLETE": "bash_complete",
        "COMP_WORDS": "plurichain auc",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "plurichain"], capture_output=True, text=True, env=environment
    )

    assert "auction" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bogus"], "No such command 'bogus'"),
        (["auction", "show"], "Missing argument 'AUCTION_ID'"),
        (["auction", "show", "0"], "0 is not in the range"),
        (["auction", "show", "x"], "'x' is not a valid integer"),
        (["bid", "commit", "--bid", "x"], "Missing option '--auction-id'"),
        (["auction", "list", "--output", "xml"], "'xml' is not one of"),
        (["bid", "reveal"], "Missing option '--auction-id'"),
        (["bid", "reveal", "x.json"], "OPENING goes with --relay"),
        (["bid", "seal", "--auction-id", "1", "--bid", "x", "--terms", "t"], "--terms goes with"),
        (
            ["bid", "seal", "--auction-id", "1", "--bid", "x", "--offline"],
            "--offline needs --terms",
        ),
        (["auction", "clear", "--ndjson", "--output", "table", "-"], "--ndjson prints"),
        (["tx", "show", "12"], "not 64 hex digits"),
    ],
)
def test_a_wrong_call_is_one_line_and_status_2(
    run: Callable[..., Run], arguments: list[str], said: str
) -> None:
    shown = run(*arguments)

    assert shown.status == 2
    assert shown.out == ""
    cause, remedy = shown.err.splitlines()
    assert cause.startswith("error: ")
    assert said in cause
    assert remedy.startswith("help: ")


def _iterate_error_classes(root: type[errors.PlurichainError]) -> Iterator[type]:
    yield root
    for child in root.__subclasses__():
        yield from _iterate_error_classes(child)


@pytest.mark.parametrize("kind", list(_iterate_error_classes(errors.PlurichainError)))
def test_every_error_ends_with_its_status_in_two_lines(
    run: Callable[..., Run],
    monkeypatch: pytest.MonkeyPatch,
    kind: type[errors.PlurichainError],
) -> None:
    more = {"gate": "rpc"} if issubclass(kind, errors.GateFailed) else {}

    def fail(shell: str) -> None:
        raise kind("a cause\nin two lines", remedy="what to do", **more)

    _replace_completion(monkeypatch, fail)
    shown = run("completion", "bash")

    assert shown.status == kind.exit_status
    assert shown.err == "error: a cause in two lines\nhelp: what to do\n"


@pytest.mark.parametrize("kind", [errors.InputError, errors.NodeError, errors.StorageError])
def test_an_error_without_a_remedy_gets_one(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, kind: type[errors.PlurichainError]
) -> None:
    def fail(shell: str) -> None:
        raise kind("a cause")

    _replace_completion(monkeypatch, fail)

    assert run("completion", "bash").err.startswith("error: a cause\nhelp: ")


def _replace_completion(monkeypatch: pytest.MonkeyPatch, function: Callable[..., object]) -> None:
    """Have `plurichain completion SHELL` do something else."""
    context = click.Context(cli)
    command = cli.get_command(context, "completion")
    assert command is not None
    monkeypatch.setattr(command, "callback", function)


def test_an_interrupt_with_nothing_pending_is_130(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(shell: str) -> None:
        raise KeyboardInterrupt

    _replace_completion(monkeypatch, interrupt)
    shown = run("completion", "bash")

    assert shown.status == 130
    assert "nothing is pending" in shown.err


def test_an_interrupt_names_what_is_pending_and_is_5(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(shell: str) -> None:
        pending.add("AA11")
        pending.add("BB22")
        pending.remove("AA11")
        raise KeyboardInterrupt

    _replace_completion(monkeypatch, interrupt)
    shown = run("completion", "bash")

    assert shown.status == 5
    assert "BB22" in shown.err
    assert "AA11" not in shown.err
    assert "plurichain tx wait BB22" in shown.err


def test_a_full_disk_with_a_transaction_under_way_names_it_and_is_5(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the chain does with it is not known: that is more than a file that failed."""

    def fail(shell: str) -> None:
        if shell == "zsh":
            pending.add("CC33")
        raise DiskFull("cannot write journal.db: no room", remedy="free some space")

    _replace_completion(monkeypatch, fail)
    shown = run("completion", "zsh")
    assert shown.status == 5
    assert "error: cannot write journal.db: no room\nhelp: free some space\n" in shown.err
    assert "plurichain tx wait CC33" in shown.err
    shown = run("completion", "bash")
    assert shown.status == 1
    assert "tx wait" not in shown.err


def test_a_missing_posix_module_says_wsl(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(shell: str) -> None:
        raise ModuleNotFoundError("No module named 'fcntl'", name="fcntl")

    _replace_completion(monkeypatch, fail)
    shown = run("completion", "bash")

    assert shown.status == 1
    assert "WSL" in shown.err


def test_a_failing_system_call_is_one_line(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(shell: str) -> None:
        raise OSError(28, "No space left on device", "/somewhere")

    _replace_completion(monkeypatch, fail)
    shown = run("completion", "bash")

    assert shown.status == 1
    assert shown.err.startswith("error: /somewhere: No space left on device\nhelp: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        [],
        ["completion", "bash"],
        ["network", "list"],
        ["auction", "clear", "-"],
        ["auction", "clear", "--ndjson", "-"],
    ],
)
def test_a_reader_that_has_gone_is_no_error(arguments: list[str]) -> None:
    """Nothing is written to stderr and the status is 0, whatever was printed."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    problem = '{"side":"forward","quantity":1,"payment_rule":"vcg","bids":[]}\n'
    try:
        done = subprocess.run(
            [sys.executable, "-m", "plurichain", *arguments],
            input=problem,
            stdout=write_end,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        os.close(write_end)

    assert done.stderr == ""
    assert done.returncode == 0


def test_a_stream_ends_when_its_reader_leaves() -> None:
    """An endless input is not read on for nobody."""
    script = f"yes '{{' | {sys.executable} -m plurichain auction clear --ndjson - | head -n 2"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)

    assert done.stdout == '{"refused":"not valid JSON"}\n' * 2
    assert done.stderr == ""


def test_status_of_main_is_that_of_the_process() -> None:
    done = subprocess.run([sys.executable, "-m", "plurichain", "bogus"], capture_output=True)

    assert done.returncode == 2
    assert main_module.EXIT_USAGE == 2


def test_a_real_ctrl_c_ends_a_waiting_command() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "plurichain", "auction", "clear", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    # It reads standard input once the interpreter is up; /proc tells that it sleeps in read.
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not _is_reading(process.pid):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)

    assert process.returncode == 130
    assert "nothing is pending" in err
    assert "Traceback" not in err


def _is_reading(pid: int) -> bool:
    with open(f"/proc/{pid}/wchan", encoding="utf-8") as file:  # noqa: PTH123
        return "pipe_read" in file.read()


def test_main_can_be_called_again(run: Callable[..., Run]) -> None:
    assert main(["--version"]) == 0
    assert run("--version").status == 0


def test_a_log_file_is_closed_when_the_next_run_logs_elsewhere(tmp_path: Path) -> None:
    from plurichain.cli.logs import configure_logging

    configure_logging(verbosity=1, log_format="text", log_file=str(tmp_path / "run.log"))
    (handler,) = (row for row in logging.getLogger("plurichain").handlers if hasattr(row, "stream"))
    stream = handler.stream
    configure_logging(verbosity=0, log_format="text", log_file=None)

    assert stream.closed
