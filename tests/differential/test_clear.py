"""The chain's rules against Python's: 20,000 random problems through one `plurid clear`."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from plurichain.clearing.clear import clear_ndjson
from tests.problems import draw_line

COUNT = 20_000
LONG_COUNT = 500_000


def test_both_languages_answer_every_problem_alike(project_root: Path) -> None:
    """Every line of `plurid clear --ndjson` is the one that Python gives.

    The seed is printed on failure; PLURI_SEED sets it.
    """
    binary = project_root / "build" / "plurid"
    if not binary.exists():
        pytest.fail("build/plurid is missing: run `make build`")
    seed = int(os.environ.get("PLURI_SEED", "0")) or random.SystemRandom().randrange(1, 2**63)
    rng = random.Random(seed)
    lines = [draw_line(rng) for _ in range(COUNT)]
    text = "".join(f"{line}\n" for line in lines).encode()
    command = [str(binary), "clear", "--ndjson", "-"]

    process = subprocess.run(command, input=text, capture_output=True, timeout=120)

    assert process.returncode == 0, process.stderr.decode(errors="replace")
    # Only "\n" ends a line: names may hold other separators.
    answers = process.stdout.decode().split("\n")
    assert answers.pop() == ""
    expected = list(clear_ndjson(lines))
    assert len(answers) == len(expected), f"seed {seed}"
    for line, theirs, ours in zip(lines, answers, expected, strict=True):
        assert theirs == ours, f"seed {seed}: {line}"
    cleared = sum(line.startswith('{"status":"cleared"') for line in expected)
    # Both kinds of answer have to be common, or little was compared.
    assert COUNT // 2 < cleared < COUNT * 19 // 20


@pytest.mark.long
@pytest.mark.timeout(590)
def test_both_programs_answer_alike_in_a_long_run(project_root: Path) -> None:
    """The benchmark that compares both programs finds no difference."""
    command = [sys.executable, "scripts/bench-differential", "--count", str(LONG_COUNT)]

    process = subprocess.run(command, cwd=project_root, capture_output=True, text=True)

    print(process.stdout)
    assert process.returncode == 0, process.stdout + process.stderr
