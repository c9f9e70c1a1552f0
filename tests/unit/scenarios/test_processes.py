from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from plurichain.errors import CheckFailed, HarnessError
from plurichain.scenarios.opening_phase import validate_from_vault
from plurichain.scenarios.processes import Program, ProgramGroup

#: Waits for its standard input, which is closed, and then for ever.
SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True
        ).stdout.strip()
        # Whoever inherited it may not have collected it yet.
        if not state or state.startswith("Z"):
            return
        assert time.monotonic() < deadline, state
        time.sleep(0.02)


def make_program(tmp_path: Path, *, out: str = "", err: str = "", command=("true",)) -> Program:
    (tmp_path / "a.out").write_text(out)
    (tmp_path / "a.err").write_text(err)
    process = subprocess.Popen(command)
    return Program("a", process, tmp_path / "a.out", tmp_path / "a.err")


def test_a_program_has_its_home_and_ends(tmp_path: Path) -> None:
    with ProgramGroup() as group:
        program = group.start("someone", ["--version"], tmp_path, run="first")
        program.wait(20)

        assert program.read_output().startswith("plurichain")
        assert program.output == tmp_path / "first.out"
        assert group.end() == 1


def test_the_end_kills_what_still_runs(tmp_path: Path) -> None:
    with ProgramGroup() as group:
        sleeper = subprocess.Popen(SLEEP, process_group=group._reaper.pid)
        group.programs.append(Program("sleeper", sleeper, tmp_path, tmp_path))
        group.end()

        assert sleeper.returncode == -signal.SIGKILL
        with pytest.raises(ProcessLookupError):
            os.killpg(group._reaper.pid, 0)


def test_programs_end_with_a_killed_owner(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import subprocess, sys, time
        from plurichain.scenarios.processes import ProgramGroup
        group = ProgramGroup()
        sleep = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
        child = subprocess.Popen(sleep, process_group=group._reaper.pid)
        print(group._reaper.pid, child.pid, flush=True)
        time.sleep(600)
    """)
    owner = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pids = [int(pid) for pid in owner.stdout.readline().split()]
    assert len(pids) == 2
    owner.kill()
    owner.wait()
    owner.stdout.close()

    for pid in pids:
        wait_until_gone(pid)


def test_a_failure_says_its_last_words(tmp_path: Path) -> None:
    words = "note\nerror: too late\nhelp: bid earlier\n"
    program = make_program(tmp_path, err=words, command=("false",))

    with pytest.raises(HarnessError, match="a ended with status 1: error: too late"):
        program.wait(10)
    with pytest.raises(HarnessError):
        program.validate_running()


def test_a_kill_is_no_failure(tmp_path: Path) -> None:
    program = make_program(tmp_path, command=tuple(SLEEP))
    program.kill()

    program.validate_running()
    assert program.process.returncode == -signal.SIGKILL


def test_waiting_has_a_deadline(tmp_path: Path) -> None:
    program = make_program(tmp_path, command=tuple(SLEEP))

    with pytest.raises(HarnessError, match=r"a did not end within 0\.1 s"):
        program.wait(0.1)
    program.kill()


def test_a_line_cut_off_by_a_kill_is_left_out(tmp_path: Path) -> None:
    program = make_program(tmp_path, out='{"step": "sealed"}\n{"step": "comm')
    program.wait(10)

    assert program.read_steps() == [{"step": "sealed"}]


@pytest.mark.parametrize("step", ["sealed", "rebuilt", "committed"])
def test_sealing_anew_is_not_finishing_from_the_vault(tmp_path: Path, step: str) -> None:
    program = make_program(tmp_path, out=f'{{"step": "{step}"}}\n{{"step": "revealed"}}\n')
    program.wait(10)

    with pytest.raises(CheckFailed, match=f"took the steps {step}"):
        validate_from_vault(program)
    program.output.write_text('{"step": "revealed"}\n')
    validate_from_vault(program)
