"""Running a page: all its commands in one shell, in an empty folder with a home of its own."""

from __future__ import annotations

import contextlib
import math
import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import Command, Page, PageFile, is_match

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 200.0
#: What pages may name by its path in the checkout.
SHARED = (".venv", "build", "examples", "scripts", "tests")
#: Windows of auctions on a quiet machine, in seconds. Pages show minutes, since people read them.
WINDOWS = {"commit_window": 14.0, "reveal_window": 8.0}
#: What a command takes on a quiet machine, in seconds; more stretches the windows.
QUIET_S = 0.6
MARK = "\x1e"
SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Run:
    """What a command came to."""

    command: Command
    status: int
    printed: str


def run_page(page: Page, folder: Path) -> list[Run]:
    """Run the commands of a page; ends whatever they have started."""
    home = folder / "home"
    place = folder / "place"
    place.mkdir(parents=True)
    for name in SHARED:
        (place / name).symlink_to(ROOT / name)
    environment = {
        **os.environ,
        "PLURICHAIN_HOME": str(home),
        "PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "100",
    }
    output = folder / "output"
    slowness = measure_slowness(environment)
    if slowness > 1.5:
        # The load that this very suite is about to make, the demo cannot see yet.
        environment["SLOWER"] = str(math.ceil(slowness))
    script = write_script(page, folder, slowness)
    with ending_localnets(environment), output.open("wb") as stream:
        shell = subprocess.Popen(
            ["bash", str(script)], cwd=place, env=environment, stdin=subprocess.DEVNULL,
            stdout=stream, stderr=stream, start_new_session=True,
        )  # fmt: skip
        try:
            shell.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            stream.write(f"\n[ended by the test after {TIMEOUT_S:g} s]\n".encode())
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()
    printed = output.read_text(encoding="utf-8", errors="replace")
    return read_runs(page, printed.replace(str(home), "~/.config/plurichain"))


@contextlib.contextmanager
def ending_localnets(environment: dict[str, str]) -> Iterator[None]:
    """Leave no chain behind, whatever happens."""
    try:
        yield
    finally:
        subprocess.run(
            ["plurichain", "localnet", "down", "--all"],
            env=environment, check=True, capture_output=True, timeout=60,
        )  # fmt: skip


def measure_slowness(environment: dict[str, str]) -> float:
    """Return how many times slower than a quiet one this machine is just now, at least 1."""
    start = time.monotonic()
    subprocess.run(
        ["python", "-c", "import plurichain.bidding.connecting"], env=environment, check=True
    )
    return min(max((time.monotonic() - start) / QUIET_S, 1.0), 3.0)


def write_script(page: Page, folder: Path, slowness: float) -> Path:
    """Write the page as a script of bash that marks where each command's output ends."""
    lines = []
    for number, step in enumerate(page.steps):
        if isinstance(step, PageFile):
            kept = folder / f"file{number}"
            kept.write_text(set_windows(step.text, slowness), encoding="utf-8")
            lines.append(f"cp {shlex.quote(str(kept))} {shlex.quote(step.name)}; (exit $__status)")
        else:
            lines += [
                step.text,
                "__status=$?",
                f"printf '{SEPARATOR}%d{MARK}' $__status",
                "(exit $__status)",
            ]
    script = folder / "page.sh"
    # `make` is for the checkout, wherever the page itself is at work.
    make = f"command make --no-print-directory -C {shlex.quote(str(ROOT))}"
    lines = ["__status=0", f'make() {{ {make} "$@"; }}', *lines]
    script.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return script


def set_windows(text: str, slowness: float) -> str:
    """Shorten the windows of terms to what a test can wait for."""
    for key, seconds in WINDOWS.items():
        text = re.sub(
            rf'^{key} = ".*"', f'{key} = "{seconds * slowness:.0f}s"', text, flags=re.MULTILINE
        )
    return text


def read_runs(page: Page, printed: str) -> list[Run]:
    """Return what each command came to; those that were not reached have no run."""
    runs = []
    *parts, rest = printed.split(MARK)
    for command, part in zip(page.commands, parts, strict=False):
        text, _, status = part.rpartition(SEPARATOR)
        runs.append(Run(command, int(status), text))
    if len(runs) < len(page.commands):
        runs.append(Run(page.commands[len(runs)], -1, rest))
    return runs


def find_problems(page: Page, runs: list[Run]) -> list[str]:
    """Return what on a page is not as it says; a failure has to be followed by `echo $?`."""
    problems = []
    for number, run in enumerate(runs):
        where = f"{page.path.name}, line {run.command.line}: $ {run.command.text}"
        following = page.commands[number + 1] if number + 1 < len(page.commands) else None
        is_expected = following is not None and following.text == "echo $?"
        if run.status != 0 and not is_expected:
            problems.append(f"{where}\n  ended with {run.status}:\n{run.printed}")
        elif not is_match(run.command.expected, run.printed):
            expected = "\n".join(run.command.expected)
            problems.append(
                f"{where}\n--- the page says\n{expected}\n--- it printed\n{run.printed}"
            )
    return problems
