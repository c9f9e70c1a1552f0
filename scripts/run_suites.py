"""Run the suites behind `make check`, `make lint`, `make test` and `make test-long`.

Every suite runs even if an earlier one failed, so that one run tells everything. At the end stand
the time of each suite and the ten slowest tests of all of them.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from scripts import left_out

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
REPORTS = ROOT / "build" / "reports"
COVERAGE = ROOT / "build" / "coverage"
WORKERS = str(min(os.cpu_count() or 1, 4))
FUZZ_TIME = "60s"
STATICCHECK = "honnef.co/go/tools/cmd/staticcheck@v0.7.0"

# Layers that are rules, bytes and numbers only: every branch of them is taken by a test.
PURE_LAYERS = (
    "errors", "units", "identifiers", "encoding", "auction", "energy", "ibc", "lightclient",
    "clearing",
)  # fmt: skip
# Their own tests take every branch, so that only these are measured: a test takes three times as
# long while it is.
PURE_FOLDERS = tuple(
    f"unit/{layer}" for layer in PURE_LAYERS if (ROOT / "tests" / "unit" / layer).is_dir()
)


@dataclass
class Outcome:
    """What a suite came to: how long, and by test the seconds it took."""

    name: str
    passed: bool
    seconds: float = 0.0
    tests: dict[str, float] = field(default_factory=dict)


def run(*command: str | Path, cwd: Path = ROOT) -> bool:
    """Run one command, its output going to the terminal."""
    process = subprocess.run([str(part) for part in command], check=False, cwd=cwd)
    return process.returncode == 0


def with_go(script: str) -> bool:
    """Run a shell script in localnet/ with a suitable Go on PATH."""
    return run("bash", "-c", f"set -euo pipefail; . scripts/go-env; cd localnet; {script}")


def is_python_script(path: Path) -> bool:
    """Tell whether a file without a suffix is Python by its first line."""
    if path.suffix or not path.is_file():
        return False
    with path.open(encoding="utf-8") as file:
        return "python" in file.readline()


# --- suites ---------------------------------------------------------------------------------------


def lint_python(_: Outcome) -> bool:
    """Judge format, style, types and layers."""
    # Neither tool finds a script that has no suffix by itself.
    scripts = [path for path in sorted((ROOT / "scripts").iterdir()) if is_python_script(path)]
    results = [
        run(BIN / "ruff", "format", "--check", "--quiet", ".", *scripts),
        run(BIN / "ruff", "check", "--quiet", "--output-format=concise", ".", *scripts),
        run(
            BIN / "mypy", "--no-error-summary", "--scripts-are-modules",
            "plurichain", "tests", "scripts", *scripts,
        ),
        run(BIN / "lint-imports", "--no-logo"),
    ]  # fmt: skip
    results += [
        run(BIN / "python", script) for script in sorted((ROOT / "scripts").glob("lint_*.py"))
    ]
    return all(results)


def lint_go(_: Outcome) -> bool:
    """Judge the Go sources: format, vet, staticcheck."""
    tool = ROOT / "build" / "bin" / "staticcheck"
    results = [
        with_go('test -z "$(gofmt -l . | tee /dev/stderr)"'),
        with_go("go vet ./..."),
        tool.exists() or with_go(f'GOFLAGS= GOBIN="$PWD/../build/bin" go install {STATICCHECK}'),
        with_go("../build/bin/staticcheck ./..."),
    ]
    return all(results)


def go_tests(outcome: Outcome) -> bool:
    """Run the Go tests; only what failed is shown in full."""
    script = (
        "set -euo pipefail; . scripts/go-env; cd localnet; exec go test -json -timeout 10m ./..."
    )
    process = subprocess.Popen(["bash", "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    lines: dict[tuple[str, str], list[str]] = {}
    packages = 0
    assert process.stdout is not None
    for line in process.stdout:
        try:
            event = json.loads(line)
        except ValueError:
            print(line, end="")
            continue
        package = event.get("Package") or event.get("ImportPath", "")
        key = (package, event.get("Test", ""))
        if event["Action"] in {"output", "build-output"}:
            lines.setdefault(key, []).append(event["Output"])
        elif event["Action"] in {"fail", "build-fail"}:
            print("".join(lines.get(key, [])), end="")
        elif event["Action"] == "pass" and not key[1]:
            packages += 1
        if event["Action"] in {"pass", "fail"} and key[1] and "/" not in key[1]:
            short = package.removeprefix("github.com/plurichain/plurichain/")
            outcome.tests[f"{short}.{key[1]}"] = event.get("Elapsed", 0.0)
    passed = process.wait() == 0
    print(
        f"{packages} packages, {len(outcome.tests)} tests passed" if passed else "Go tests failed"
    )
    return passed


def pytest_suite(
    *folders: str,
    workers: str = WORKERS,
    measured: bool = False,
    by_file: bool = False,
    extra: tuple[str, ...] = ("-m", "not long"),
) -> Callable[[Outcome], bool]:
    """Make a suite of test folders, optionally measuring which branches were taken.

    ``by_file``: all tests of a file run on one worker, so that what a fixture starts for the file
    is started once.
    """

    def run_suite(outcome: Outcome) -> bool:
        present = [
            folder for folder in folders if any((ROOT / "tests" / folder).rglob("test_*.py"))
        ]
        if not present:
            print("no tests yet")
            return True
        REPORTS.mkdir(parents=True, exist_ok=True)
        report = REPORTS / f"{outcome.name}.xml"
        report.unlink(missing_ok=True)
        if measured:
            COVERAGE.mkdir(parents=True, exist_ok=True)
        start: list[str | Path] = (
            [BIN / "coverage", "run", "-m"] if measured else [BIN / "python", "-m"]
        )
        dist = "loadfile" if by_file else "load"
        passed = run(
            *start, "pytest", "-q", "-n", workers, "--no-header", "--durations=10",
            "--durations-min=1", f"--junitxml={report}", "--dist", dist,
            *left_out.select_marks(extra),
            *(f"tests/{folder}" for folder in present),
        )  # fmt: skip
        outcome.tests.update(read_durations(report))
        return passed

    return run_suite


def properties_at_length(outcome: Outcome) -> bool:
    """Try every property with many more examples, from a seed that is printed."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"hypothesis seed {seed}")
    os.environ["HYPOTHESIS_PROFILE"] = "long"
    extra = ("-k", "property or properties", f"--hypothesis-seed={seed}", "--timeout=600")
    return pytest_suite("property", "unit/tracker", extra=extra)(outcome)


def witness(outcome: Outcome) -> bool:
    """Set our relayer beside another's, which is built first if it is missing."""
    if not run(ROOT / "scripts" / "build-witness"):
        return False
    extra = ("-m", "long and witness", "--timeout=600")
    return pytest_suite("localnet/ibc", "localnet/tracker", workers="1", extra=extra)(outcome)


def fuzz(outcome: Outcome) -> bool:
    """Fuzz every decoder of the chain for a while; a find is kept by Go below testdata."""
    found = re.compile(r"^func (Fuzz\w+)\(", re.MULTILINE)
    results = []
    for path in sorted((ROOT / "localnet").rglob("*_test.go")):
        package = path.parent.relative_to(ROOT / "localnet")
        for name in found.findall(path.read_text(encoding="utf-8")):
            started = time.monotonic()
            results.append(
                with_go(f"go test ./{package} -run '^$' -fuzz '^{name}$' -fuzztime {FUZZ_TIME}")
            )
            outcome.tests[f"localnet/{package}.{name}"] = time.monotonic() - started
    return all(results)


def read_durations(report: Path) -> dict[str, float]:
    """Get the seconds of each test from a JUnit report."""
    if not report.exists():
        return {}
    # Our own file, written a moment ago.
    cases = ET.parse(report).iter("testcase")
    return {
        f"{case.get('classname')}.{case.get('name')}": float(case.get("time", 0)) for case in cases
    }


def coverage_of_pure_layers(_: Outcome) -> bool:
    """Demand that the suites before took every branch of the pure layers."""
    include = ",".join(
        pattern
        for layer in PURE_LAYERS
        for pattern in (f"plurichain/{layer}.py", f"plurichain/{layer}/*")
    )
    if not any(COVERAGE.glob("data*")):
        print("nothing was measured")
        return False
    run(BIN / "coverage", "combine", "--quiet")
    return run(BIN / "coverage", "report", f"--include={include}", "--fail-under=100")


def find_test_folders(above: Path) -> set[str]:
    """Return what lies directly in a folder and is, or holds, a file of tests."""
    return {path.relative_to(above).parts[0] for path in above.rglob("test_*.py")}


def every_folder_runs(_: Outcome) -> bool:
    """See that no folder of tests is left out of `make test`."""
    missing = find_test_folders(ROOT / "tests") - {*TEST_FOLDERS}
    missing |= {
        f"localnet/{name}"
        for name in find_test_folders(ROOT / "tests" / "localnet") - {*CHAIN_FOLDERS}
    }
    for name in sorted(missing):
        print(f"tests/{name} belongs to no suite of scripts/run_suites.py")
    return not missing


# --- which suites a target runs -------------------------------------------------------------------

TEST_FOLDERS = (
    "unit",
    "property",
    "vectors",
    "differential",
    "localnet",
    "dist",
    "docs",
    "generated",
)

# Below tests/localnet; each folder is a session of its own, so that the chains of tests that are
# over do not take the cores of those that run, and nobody reads what others made long.
CHAIN_FOLDERS = (
    "harness", "chain", "bidding", "energy", "faults", "crash", "ibc", "tracker", "demo",
)  # fmt: skip


# Where tests wait for seconds to pass on a chain more than they work; one worker has three grids
# of its own (tests/localnet/tracker/conftest.py).
CHAIN_WORKERS = {"tracker": str(int(WORKERS) + 1)}


def name_chain_suite(folder: str) -> str:
    """Return the name of the suite of one folder of tests/localnet."""
    return f"localnet-{folder}"


# Where tests are marked `long`; each folder is a part, so that none takes more than ten minutes.
LONG_FOLDERS = ("unit", "differential", "dist")
LONG = ("-m", "long", "--timeout=900")

SUITES: dict[str, Callable[[Outcome], bool]] = {
    "lint-python": lint_python,
    "lint-go": lint_go,
    "go": go_tests,
    # A single property takes longer than anything else: what begins last is waited for.
    "quick": pytest_suite("property", "unit"),
    "pure": pytest_suite("property", *PURE_FOLDERS, measured=True),
    "unit": pytest_suite(
        "unit", extra=("-m", "not long", *(f"--ignore=tests/{each}" for each in PURE_FOLDERS))
    ),
    "vectors": pytest_suite("vectors", measured=True),
    "differential": pytest_suite("differential"),
    "coverage": coverage_of_pure_layers,
    **{
        name_chain_suite(folder): pytest_suite(
            f"localnet/{folder}", by_file=True, workers=CHAIN_WORKERS.get(folder, WORKERS)
        )
        for folder in CHAIN_FOLDERS
    },
    "dist": pytest_suite("dist"),
    # Pages wait for their auctions' deadlines more than they work. One at a time to a worker:
    # by share, one of them got the three longest.
    "docs": pytest_suite(
        "docs",
        "generated",
        workers=str(2 * int(WORKERS)),
        extra=("-m", "not long", "--maxschedchunk=1"),
    ),
    "folders": every_folder_runs,
    "programs": lambda _: left_out.has_needed_programs(),
    "fuzz": fuzz,
    "properties": properties_at_length,
    **{f"long-{folder}": pytest_suite(folder, extra=LONG) for folder in LONG_FOLDERS},
    "crash": pytest_suite("localnet/crash", extra=(*LONG, "-rP")),
    "faults": pytest_suite("localnet/faults", extra=LONG),
    "ibc": pytest_suite("localnet/ibc", extra=("-m", "long and not witness", *LONG[2:])),
    "tracker": pytest_suite("localnet/tracker", extra=("-m", "long and not witness", *LONG[2:])),
    "witness": witness,
}

TARGETS: dict[str, tuple[str, ...]] = {
    "check": ("lint-python", "quick"),
    "lint": ("lint-python", "lint-go"),
    "test": (
        "folders", "programs", "lint-python", "lint-go", "go", "pure", "vectors", "coverage",
        "unit", "differential", *map(name_chain_suite, CHAIN_FOLDERS), "dist", "docs",
    ),
    "test-long": (
        "fuzz", "properties", *(f"long-{folder}" for folder in LONG_FOLDERS), "crash", "faults",
        "ibc", "tracker", "witness",
    ),
}  # fmt: skip


def run_suites(names: tuple[str, ...]) -> list[Outcome]:
    """Run the named suites one after another."""
    outcomes = []
    for name in names:
        print(f"\n==> {name}")
        outcome = Outcome(name, passed=False)
        started = time.monotonic()
        outcome.passed = SUITES[name](outcome)
        outcome.seconds = time.monotonic() - started
        outcomes.append(outcome)
    return outcomes


def print_summary(outcomes: list[Outcome]) -> None:
    """Print the time of each suite and the ten slowest tests."""
    slowest = sorted(
        ((seconds, test) for outcome in outcomes for test, seconds in outcome.tests.items()),
        reverse=True,
    )[:10]
    if slowest:
        print("\nSlowest tests")
        for seconds, test in slowest:
            print(f"  {seconds:7.1f} s  {test}")
    print("\nSuites")
    for outcome in outcomes:
        print(
            f"  {outcome.seconds:7.1f} s  {outcome.name:16} {'ok' if outcome.passed else 'FAILED'}"
        )
    print(f"  {sum(outcome.seconds for outcome in outcomes):7.1f} s  together")


def main(arguments: list[str]) -> int:
    """Run the suites of one target, or those of them that are named after it."""
    # What children print to the same file must not overtake what is printed here.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    target, *parts = arguments
    names = TARGETS[target]
    if parts == ["list"]:
        print("\n".join(names))
        return 0
    unknown = [part for part in parts if part not in SUITES]
    if unknown:
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(names)}", file=sys.stderr)
        return 2
    if target == "test":
        # What an older run measured says nothing about this code.
        shutil.rmtree(COVERAGE, ignore_errors=True)
    outcomes = run_suites(tuple(parts) or names)
    print_summary(outcomes)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
