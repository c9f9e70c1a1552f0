"""One bidder a point: stopped there, started again, and judged by what the chain says."""

from __future__ import annotations

import json
import os
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plurichain.units import parse_coins

if TYPE_CHECKING:
    from tests.localnet.bidding.conftest import Person
    from tests.localnet.crash.points import Point
    from tests.localnet.crash.stable import Run, Stable

END_TIMEOUT_S = 240.0
PAGE_BYTES = 4096
DOCTOR_VISITS = 5
KILLED = (-signal.SIGKILL, -signal.SIGXFSZ)


@dataclass(frozen=True, slots=True)
class Sale:
    """A shared auction; ``side`` is what its bidders do: sell or buy."""

    auction_id: int
    side: str


@dataclass(slots=True)
class Case:
    """One bidder and the point that it is stopped at.

    ``do``: kill; tear (killed in the middle of a write); limit or fill (no room from there
    on); cut (killed, and the journal's last page is gone); hunt (every run is killed, after as
    many changes as ``kills`` says). ``way``: how it is started again,
    by the same command or the doctor's.
    """

    person: Person
    sale: Sale
    bid: str
    money: dict[str, int]
    do: str
    point: Point
    way: str = "auto"
    size: int = 0
    filler: str = ""
    kills: tuple[int, ...] = ()
    runs: list[Run] = field(default_factory=list)
    is_late: bool = False
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is called in a report."""
        if self.kills:
            return f"killed after {', '.join(map(str, self.kills))} changes"
        return f"{self.do} at {self.point.number} ({self.point.label}), then {self.way}"

    @property
    def place(self) -> list[str]:
        """The options that name its bid."""
        return ["--auction-id", str(self.sale.auction_id), "--bid", self.bid]

    @property
    def auto(self) -> list[str]:
        """The command of a device."""
        return ["bid", "auto", *self.place, "--output", "ndjson"]

    @property
    def plan(self) -> dict[str, Any]:
        """What stops its first run."""
        do = "kill" if self.do == "cut" else self.do
        at = [self.point.changes, self.point.label]
        return {"do": do, "at": at, "size": self.size, "filler": self.filler}


def play(case: Case, stable: Stable, gate: Callable[[], Any]) -> None:
    """Bring the bidder of a case to the end; faults are noted, not raised.

    ``gate`` makes a context that only so many may be in at once: those who start.
    """
    try:
        with gate():
            run = _start(case, stable, [["bid", "seal", *case.place], case.auto], case.plan)
            run.wait(
                lambda: run.has_step("waiting") or run.has_met(),
                "commitment",
                timeout_s=END_TIMEOUT_S,
            )
            is_stopped = run.has_met()
            if is_stopped:
                run = _go_on(case, stable, run)
        if not is_stopped:
            run.wait(run.has_met, "stop", timeout_s=END_TIMEOUT_S)
            if run.has_met():
                with gate():
                    run = _go_on(case, stable, run)
        _end(case, stable, run)
    except AssertionError as error:
        case.faults.append(str(error))


def play_hunted(case: Case, stable: Stable, gate: Callable[[], Any]) -> None:
    """Kill every run of a bidder after so many changes, as often as ``case.kills`` says."""
    try:
        for changes in case.kills:
            with gate():
                run = _start(case, stable, [case.auto], {"do": "kill", "at": [changes, ""]})
                run.wait(
                    lambda: run.has_step("waiting"),  # noqa: B023 - waited for at once
                    "commitment",
                    timeout_s=END_TIMEOUT_S,
                )
            if run.wait_for_end(timeout_s=END_TIMEOUT_S) == 0:
                break
        _end(case, stable, _start(case, stable, [case.auto]))
    except AssertionError as error:
        case.faults.append(str(error))


def _start(
    case: Case, stable: Stable, commands: list[list[str]], plan: dict[str, Any] | None = None
) -> Run:
    run = stable.start(case.person.name, case.person.home, commands, plan)
    case.runs.append(run)
    return run


def _go_on(case: Case, stable: Stable, run: Run) -> Run:
    """Go on after the stop, until the bid is waiting for its next phase."""
    if case.do in {"limit", "fill"}:
        again = _make_room(case, stable, run)
    else:
        status = run.wait_for_end(timeout_s=END_TIMEOUT_S)
        if status not in KILLED:
            raise AssertionError(f"it ended with {status} instead of being killed: {run.text}")
        if case.do == "cut":
            case.notes.append(cut_journal(case.person.home))
        again = _start_again(case, stable)
    again.wait(
        lambda: again.has_step("waiting") or again.has_step("revealed"),
        "next phase",
        timeout_s=END_TIMEOUT_S,
    )
    return again


def _make_room(case: Case, stable: Stable, run: Run) -> Run:
    """Wait until the run has said that there is no room, make some, and go on."""
    run.wait(lambda: run.has_step("disk_full"), "word of the full disk", timeout_s=END_TIMEOUT_S)
    if run.status is None or run.status != 0:
        _judge_message(case, run)
    if run.status is None and case.do == "limit":
        resource.prlimit(run.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    if case.do == "fill":
        Path(case.filler).unlink(missing_ok=True)
    return run if run.status is None else _start_again(case, stable)


def _judge_message(case: Case, run: Run) -> None:
    """See that the file and the remedy are named, in words for people."""
    text = run.text
    if "cannot write" not in text or str(case.person.home) not in text:
        case.faults.append(f"it did not say which file cannot be written: {text}")
    if "free some space" not in text:
        case.faults.append(f"it did not say what to do: {text}")
    if "Traceback" in text:
        case.faults.append(f"a traceback: {text}")


def _start_again(case: Case, stable: Stable) -> Run:
    if case.way == "doctor":
        for _ in range(DOCTOR_VISITS):
            command = _ask_doctor(case, stable)
            if command is None:
                break
            run = _start(case, stable, [command])
            if "auto" in command:
                return run
            run.wait_for_end(timeout_s=END_TIMEOUT_S)
            case.notes.append(f"{' '.join(command[:2])}: {run.status}")
    return _start(case, stable, [case.auto])


def _ask_doctor(case: Case, stable: Stable) -> list[str] | None:
    """Return the command that `bid doctor` names for this bid, None if it names none."""
    run = _start(case, stable, [["bid", "doctor", "--output", "ndjson"]])
    run.wait_for_end(timeout_s=END_TIMEOUT_S)
    rows = [json.loads(line) for line in run.lines if line.startswith("{")]
    command = next((row["next"] for row in rows if row["next"]), "")
    if not command:
        return None
    words = [case.bid if word == "FILE" else word for word in command.split()[1:]]
    return [*words, "--output", "ndjson"] if "auto" in words else words


def cut_journal(home: Path) -> str:
    """Cut the last page off the journal: of its log if there is one, else of the file."""
    log, file = home / "journal.db-wal", home / "journal.db"
    for path in (log, file):
        size = path.stat().st_size if path.exists() else 0
        if size >= PAGE_BYTES:
            os.truncate(path, size - PAGE_BYTES)
            return f"{path.name} cut to {size - PAGE_BYTES}"
    return "there was nothing to cut"


def _end(case: Case, stable: Stable, run: Run) -> None:
    status = run.wait_for_end(timeout_s=END_TIMEOUT_S)
    if status:
        # As a service manager would: started again, it has to see that all is done.
        run = _start(case, stable, [case.auto])
        case.notes.append(f"a run ended with {status} and was started once more")
        status = run.wait_for_end(timeout_s=END_TIMEOUT_S)
    if status:
        case.faults.append(f"the last run ended with {status}: {run.text}")
    if case.do not in {"limit", "fill"} and case.runs[0].status not in KILLED:
        case.faults.append(f"its first run was not stopped: {case.runs[0].status}")
    for each in case.runs:
        case.faults += [f"beside storage and transport: {text}" for text in each.violations]


def read_money(text: str) -> dict[str, int]:
    """Return coins by denom."""
    return {coin.denom: coin.amount for coin in parse_coins(text)}
