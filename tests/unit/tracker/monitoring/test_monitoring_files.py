"""Alert rules, dashboard and documentation name what the exporter exposes, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from plurichain.cli.main import cli
from plurichain.ibc.overdue import AlarmKind
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.monitoring.metrics.catalog import PREFIX, SPECS, Kind
from plurichain.tracker.monitoring.metrics.collector import SnapshotCollector
from plurichain.tracker.monitoring.metrics.refreshing import Taken
from plurichain.tracker.monitoring.metrics.writer import CHECKS, VERDICTS
from plurichain.tracker.monitoring.snapshot.freshness import FreshnessState
from plurichain.tracker.monitoring.snapshot.items import Snapshot
from scripts.left_out import find_program
from tests.unit.tracker.monitoring.snapshots import make_snapshot

LABELS = {
    name: set(spec.labels) | ({"le"} if spec.kind is Kind.HISTOGRAM else set())
    for spec in SPECS
    for name in (
        [spec.full_name]
        if spec.kind is not Kind.HISTOGRAM
        else [f"{spec.full_name}_{part}" for part in ("bucket", "sum", "count")]
    )
}
"""Labels of every series that is exposed, by its name."""
ADDED = {"instance", "job"}
"""Labels that Prometheus adds."""
VALUES = {
    "class": {story.value for story in StoryClass},
    "state": {state.value for state in FreshnessState},
    "kind": {kind.value for kind in AlarmKind} | {"receive", "acknowledge", "timeout"},
    "verdict": {*VERDICTS, *CHECKS},
    "result": {"effected", "redundant"},
    "relayer": {"other", "unknown"},
    "what": {"chains", "channels", "clients", "wallets"},
    "chain": {"$chain"},
    "channel": {"other"},
    "port": {"transfer"},
    "job": {"plurichain"},
}
"""What rules may compare a label with."""


@pytest.fixture(scope="module")
def folder(project_root_module: Path) -> Path:
    return project_root_module / "scripts" / "monitoring"


@pytest.fixture(scope="module")
def project_root_module() -> Path:
    return Path(__file__).resolve().parents[4]


def list_rules(folder: Path) -> dict[str, str]:
    """Return the expression of each alert."""
    text = (folder / "alerts.yml").read_text()
    parts = re.split(r"(?m)^      - alert: (\w+)\n", text)[1:]
    found = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        match = re.search(
            r"(?ms)^        expr: (?:\|\n)?(.*?)^        (?:for|keep_firing_for|labels):", body
        )
        assert match, name
        found[name] = match[1].strip()
    assert found
    return found


def list_queries(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield every expression of the dashboard with its legend."""
    board = json.loads((folder / "dashboard.json").read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"], target["legendFormat"]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]["query"], ""


def check_expression(text: str) -> set[str]:
    """See that an expression names series and labels that there are; returns the labels."""
    usable = set(ADDED)
    for name in re.findall(rf"{PREFIX}\w+", text):
        assert name in LABELS, f"{name} is not exposed: {text}"
        usable |= LABELS[name]
    for name, selector in re.findall(rf"({PREFIX}\w+|\bup)\{{([^}}]*)\}}", text):
        own = LABELS.get(name, set()) | ADDED
        for label, _, value in re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', selector):
            assert label in own, f"{name} has no label {label}: {text}"
            assert set(value.split("|")) <= VALUES[label], f"{label}={value}: {text}"
    for labels in re.findall(r"\b(?:by|on|without|ignoring) \(([^)]*)\)", text):
        wanted = {label.strip() for label in labels.split(",")}
        assert wanted <= usable | {"alertname", "severity"}, f"{wanted - usable}: {text}"
    return usable


def test_rules_name_what_is_exposed(folder) -> None:
    text = (folder / "alerts.yml").read_text()
    for name, expression in list_rules(folder).items():
        usable = check_expression(expression)
        body = text.split(f"alert: {name}\n")[1].split("- alert:")[0]
        for label in re.findall(r"\$labels\.(\w+)", body):
            assert label in usable, f"{name}: {label}"


def test_the_dashboard_names_what_is_exposed(folder) -> None:
    queries = list(list_queries(folder))
    assert len(queries) > 30
    for expression, legend in queries:
        usable = check_expression(expression) | {"alertname", "severity"}
        assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= usable, legend


def test_the_check_sees_what_is_wrong() -> None:
    for text in (
        "plurichain_ibc_packet",
        'plurichain_ibc_packets{client="x"}',
        'plurichain_ibc_packets{class="stuck"}',
        "sum by (memo) (plurichain_ibc_packets)",
        "plurichain_ibc_receive_latency_seconds",
    ):
        with pytest.raises(AssertionError):
            check_expression(text)


def test_no_sum_of_the_dashboard_is_swallowed_by_what_is_not_known(folder) -> None:
    """A sum with NaN in it is NaN: what is certainly stuck elsewhere would be hidden by it."""
    unknown = {"packets", "overdue_packets", "oldest_seconds", "unread_commitments", "alarms"}
    sums = [expression for expression, _ in list_queries(folder) if "sum" in expression]
    assert len(sums) > 5
    for expression in sums:
        names = {name.removeprefix(PREFIX) for name in re.findall(rf"{PREFIX}\w+", expression)}
        assert not names & unknown or re.search(r"\} >= 0\)$", expression), expression


def test_every_panel_shows_what_is_not_known_as_such(folder) -> None:
    board = json.loads((folder / "dashboard.json").read_text())
    shown = [panel for panel in board["panels"] if panel["type"] != "row"]
    for panel in shown:
        (mapping,) = panel["fieldConfig"]["defaults"]["mappings"]
        assert mapping["options"]["match"] == "nan"
        assert mapping["options"]["result"]["text"] == "unknown"
        assert panel["fieldConfig"]["defaults"]["noValue"] != "0"
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    places = [panel["gridPos"] for panel in board["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    taken = [
        (place["x"] + dx, place["y"] + dy)
        for place in places
        for dx in range(place["w"])
        for dy in range(place["h"])
    ]
    assert len(taken) == len(set(taken)), "panels overlap"


def test_every_alert_has_a_test_that_sees_it_fire(folder) -> None:
    text = (folder / "alerts_test.yml").read_text()
    fired = set(re.findall(r"alertname: (\w+)\n\s+exp_alerts:\n", text))
    assert fired == list_rules(folder).keys()


def test_every_alert_says_what_to_do(folder) -> None:
    text = (folder / "alerts.yml").read_text()
    for name in list_rules(folder):
        body = text.split(f"alert: {name}\n")[1].split("- alert:")[0]
        assert re.search(r"labels: \{severity: (page|ticket)\}", body), name
        assert "summary:" in body, name
        assert "description:" in body, name


def test_commands_that_alerts_name_exist(folder) -> None:
    text = (folder / "alerts.yml").read_text()
    named = set(re.findall(r"`plurichain ([^`]*)`", text))
    assert len(named) > 10
    for words in named:
        command: click.Command = cli
        rest = re.sub(r"\{\{ \$labels\.\w+ \}\}", "some-name", words).split()
        while isinstance(command, click.Group):
            found = command.get_command(click.Context(command), rest.pop(0))
            assert found is not None, words
            command = found
        # Whatever it cannot do without is there: it can be typed as it stands.
        command.make_context(words, rest)


def test_every_page_names_a_command(folder) -> None:
    text = (folder / "alerts.yml").read_text()
    for name in list_rules(folder):
        body = text.split(f"alert: {name}\n")[1].split("- alert:")[0]
        looks_up = "/healthz" in body or "a wrong clock" in body
        assert "`plurichain ibc " in body or looks_up, name


def test_an_exporter_that_is_begun_again_ends_no_alert(folder) -> None:
    """Its series are away meanwhile, and whoever was woken is not told that it is over."""
    text = (folder / "alerts.yml").read_text()
    for name in list_rules(folder):
        body = text.split(f"alert: {name}\n")[1].split("- alert:")[0]
        own = {"ExporterDown", "SnapshotOld", "NothingTracked", "TooManyChannels"}
        is_kept = name.removeprefix("Plurichain") not in own
        assert ("keep_firing_for: 5m" in body) == is_kept, name


def test_documented_is_what_is_exposed(project_root) -> None:
    page = (project_root / "docs" / "metrics.md").read_text()
    rows = re.findall(rf"(?m)^\| `({PREFIX}\w+)` \| (\w+) \| ([^|]*) \|", page)
    documented = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    exposed = {}
    for line in expose(make_snapshot()).splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            exposed[name] = kind
    assert documented.keys() == exposed.keys()
    assert {name: kind for name, (kind, _) in documented.items()} == exposed
    for spec in SPECS:
        assert documented[spec.full_name][1] == set(spec.labels)


def test_made_files_are_fresh(project_root) -> None:
    check = subprocess.run(
        [sys.executable, project_root / "scripts" / "gen-monitoring", "--check"],
        capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert check.returncode == 0, f"{check.stdout}{check.stderr}run `make gen`"


def expose(snapshot: Snapshot | None) -> str:
    registry = CollectorRegistry(auto_describe=False)
    taken = Taken() if snapshot is None else Taken(snapshot, 0.0, 0.1)
    registry.register(SnapshotCollector(lambda: taken))
    return generate_latest(registry).decode()


def promtool(*arguments: str | Path, text: str = "", where: Path | None = None) -> None:
    """Run promtool; whatever it finds fails the test."""
    program = find_program("promtool")
    assert program is not None, "promtool is missing: scripts/apt-packages"
    done = subprocess.run(
        [program, *map(str, arguments)], input=text, capture_output=True, text=True, timeout=240,
        cwd=where,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "error" not in said.lower(), said


@pytest.mark.prometheus
class TestPromtool:
    """Prometheus's own judge."""

    def test_rules(self, folder) -> None:
        promtool("check", "rules", "alerts.yml", where=folder)
        promtool("check", "config", "prometheus.yml", where=folder)

    def test_tests_of_rules(self, folder) -> None:
        promtool("test", "rules", "alerts_test.yml", where=folder)

    @pytest.mark.parametrize("snapshot", [None, make_snapshot()], ids=["nothing", "snapshot"])
    def test_metrics(self, snapshot) -> None:
        promtool("check", "metrics", text=expose(snapshot))

    def test_expressions_of_the_dashboard(self, folder, tmp_path) -> None:
        rules = [
            f"      - {{record: 'r:{number}', expr: {json.dumps(expression)}}}"
            for number, (expression, legend) in enumerate(list_queries(folder))
            if not expression.startswith("label_values(")
        ]
        lines = ["groups:", "  - name: dashboard", "    rules:", *rules]
        path = tmp_path / "dashboard.yml"
        path.write_text("\n".join(lines) + "\n")
        promtool("check", "rules", path)
