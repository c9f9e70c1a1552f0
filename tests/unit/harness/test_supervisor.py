"""The supervisor: nothing that it started outlives what it was started for.

Its nodes are stand-ins (`sleep`), for what is tested is processes; tests/localnet does the same
with real ones.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from plurichain.errors import HarnessError
from plurichain.harness import registry
from plurichain.harness.processes import get_start_mark, is_running
from plurichain.harness.supervision import Supervision

OWNER = """\
import sys, time
from pathlib import Path
from plurichain.harness.supervision import Supervision
supervision = Supervision.start(Path(sys.argv[1]), [])
for node in sys.argv[2:]:
    supervision.order("start", node=node)
print("ready", flush=True)
time.sleep(600)
"""


def wait_until(check: Callable[[], bool], what: str, timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline, f"waited {timeout_s} s for {what}"
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def own_runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep these chains out of the register of real ones."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of a chain whose nodes do nothing; one of them ignores SIGTERM."""
    chain = tmp_path / "chain"
    commands = {
        "node0": ["sleep", "600"],
        "node1": ["sh", "-c", "sleep 600 & wait"],
        "deaf": ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"],
        "brief": ["sh", "-c", "exit 7"],
        "missing": ["/nowhere/chaind"],
    }
    chain.mkdir()
    plan = {
        "nodes": {
            name: {
                "command": command,
                "home": str(chain),
                "environment": dict(os.environ),
                "log": str(chain / f"{name}.log"),
            }
            for name, command in commands.items()
        }
    }
    (chain / "plan.json").write_text(json.dumps(plan))
    return chain


@pytest.fixture
def supervision(folder: Path) -> Iterator[Supervision]:
    """Give a supervisor that this process owns."""
    started = Supervision.start(folder, [])
    yield started
    started.stop(remove=True, grace_s=0)


def list_processes(folder: Path) -> list[dict[str, Any]]:
    state = registry.read_state(folder)
    assert state is not None
    return [state["supervisor"], *state["nodes"].values()]


def is_any_running(processes: list[dict[str, Any]]) -> bool:
    return any(is_running(process["pid"], process["mark"]) for process in processes)


def list_living_groups() -> set[int]:
    """Get the process groups that have a member which has not ended."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True)
    lines = [line.split() for line in listed.stdout.splitlines()]
    return {int(group) for group, stat in lines if not stat.startswith("Z")}


def start_owner(folder: Path, *nodes: str) -> subprocess.Popen[str]:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder), *nodes], stdout=-1, text=True
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == "ready\n"
    return owner


def test_killed_owner_leaves_nothing(folder: Path) -> None:
    """After `kill -9` of the owner: no process, no folder, no entry in the register."""
    with start_owner(folder, "node0", "node1", "deaf") as owner:
        processes = list_processes(folder)
        groups = {process["pid"] for process in processes}
        assert groups <= list_living_groups()
        owner.kill()

        wait_until(lambda: not is_any_running(processes), "the end of all processes")
        wait_until(lambda: not folder.exists(), "the end of the folder")
        wait_until(lambda: not registry.list_folders(), "the end of the entry")

    assert not groups & list_living_groups()


def test_owner_whose_pipe_lives_on_in_a_fork_is_missed_too(folder: Path) -> None:
    """A forked child of the owner that keeps the pipe open does not keep the chain alive."""
    script = OWNER.replace("print(", "import os\nif os.fork() == 0: time.sleep(60)\nprint(")
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder), "node0"],
        stdout=-1, text=True, start_new_session=True,
    ) as owner:  # fmt: skip
        try:
            assert owner.stdout is not None
            assert owner.stdout.readline() == "ready\n"
            processes = list_processes(folder)
            os.kill(owner.pid, signal.SIGKILL)
            owner.wait()

            wait_until(lambda: not is_any_running(processes), "the end of all processes")
        finally:
            os.killpg(owner.pid, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_killed_supervisor_takes_its_nodes_along(folder: Path, supervision: Supervision) -> None:
    """The kernel ends the nodes; the next start cleans up what is left."""
    supervision.order("start", node="node0")
    supervisor, node = list_processes(folder)

    os.kill(supervisor["pid"], signal.SIGKILL)

    wait_until(lambda: not is_any_running([supervisor, node]), "the end of the node")
    assert registry.reap_stale() == [folder.resolve()]
    assert not folder.exists()
    assert registry.list_folders() == {}


def test_reaper_ends_nodes_of_a_dead_supervisor(folder: Path) -> None:
    """Where the kernel does not do it, the next start kills what the state names."""
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as orphan:
        node = {"pid": orphan.pid, "mark": get_start_mark(orphan.pid), "status": "running"}
        dead = {"pid": orphan.pid, "mark": "somebody else's"}
        state = {"supervisor": dead, "remove": False, "nodes": {"node0": node}}
        (folder / "state.json").write_text(json.dumps(state))
        registry.add(folder)

        assert registry.reap_stale() == [folder.resolve()]

        assert orphan.wait() == -signal.SIGKILL
    assert folder.exists()


def test_reaper_spares_a_stranger_with_a_recycled_id(folder: Path) -> None:
    """A process that only has the id of a former node is not touched."""
    with subprocess.Popen(["sleep", "600"]) as stranger:
        gone = {"pid": stranger.pid, "mark": "started long ago"}
        state = {"supervisor": gone, "remove": True, "nodes": {"node0": gone}}
        (folder / "state.json").write_text(json.dumps(state))
        registry.add(folder)

        registry.reap_stale()

        assert stranger.poll() is None
        stranger.kill()


def test_reaper_leaves_running_chains_alone(folder: Path, supervision: Supervision) -> None:
    """A chain with a living supervisor is not stale."""
    supervision.order("start", node="node0")

    assert registry.reap_stale() == []

    assert is_any_running(list_processes(folder)[1:])


def test_stop_ends_a_node_that_will_not(folder: Path, supervision: Supervision) -> None:
    """Whoever ignores SIGTERM is killed after the grace; with it goes the folder."""
    for node in ("node0", "deaf"):
        supervision.order("start", node=node)
    processes = list_processes(folder)

    supervision.stop(remove=True, grace_s=0.2)

    assert not is_any_running(processes)
    assert not folder.exists()


def test_stopped_node_is_ended_too(folder: Path, supervision: Supervision) -> None:
    """A paused node cannot hear SIGTERM until it goes on."""
    supervision.order("start", node="node0")
    supervision.order("signal", node="node0", signal="SIGSTOP")
    began = time.monotonic()

    supervision.stop(remove=False, grace_s=10)

    assert time.monotonic() - began < 5
    state = registry.read_state(folder)
    assert state is not None
    assert state["nodes"]["node0"]["exit_code"] == -signal.SIGTERM


def test_exit_of_a_node_is_written_down(folder: Path, supervision: Supervision) -> None:
    """A node that ends by itself is known with its status."""
    supervision.order("start", node="brief")

    wait_until(
        lambda: (supervision.get_node("brief") or {})["status"] == "exited", "the exit in the state"
    )

    assert (supervision.get_node("brief") or {})["exit_code"] == 7


@pytest.mark.parametrize(
    ("order", "named"),
    [
        ({"do": "start", "node": "missing"}, "/nowhere/chaind"),
        ({"do": "start", "node": "unplanned"}, "unplanned"),
        ({"do": "signal", "node": "node0", "signal": "SIGKILL"}, "node0 is not running"),
        ({"do": "dance"}, "unknown order dance"),
    ],
)
def test_order_that_cannot_be_done_says_why(
    supervision: Supervision, order: dict[str, str], named: str
) -> None:
    """The supervisor lives on and answers with the reason."""
    with pytest.raises(HarnessError) as caught:
        supervision.order(**order)

    assert named in caught.value.cause
    supervision.order("start", node="node0")


def test_node_is_not_started_twice(supervision: Supervision) -> None:
    """Two processes on one data folder would destroy it."""
    supervision.order("start", node="node0")

    with pytest.raises(HarnessError, match="node0 is running"):
        supervision.order("start", node="node0")


def test_detached_chain_outlives_its_owner(folder: Path) -> None:
    """After `detach` the end of the owner changes nothing; SIGTERM to the supervisor ends it."""
    script = OWNER.replace("time.sleep(600)", "supervision.order('detach'); supervision.release()")
    subprocess.run([sys.executable, "-c", script, str(folder), "node0"], check=True, stdout=-1)
    processes = list_processes(folder)
    attached = Supervision.attach(folder)
    # Longer than it takes to notice that an owner is gone.
    attached.order("signal", node="node0", signal="SIGSTOP")
    attached.order("signal", node="node0", signal="SIGCONT")
    assert is_any_running(processes[1:])

    os.kill(processes[0]["pid"], signal.SIGTERM)

    wait_until(lambda: not is_any_running(processes), "the end of all processes")
    assert folder.exists()
    with pytest.raises(HarnessError, match="no chain is running"):
        Supervision.attach(folder)


def test_removed_folder_ends_the_chain(folder: Path, supervision: Supervision) -> None:
    """Whoever removes the folder by hand leaves no process and no entry behind."""
    supervision.order("start", node="node0")
    processes = list_processes(folder)

    shutil.rmtree(folder)
    os.kill(processes[1]["pid"], signal.SIGKILL)

    wait_until(lambda: not is_any_running(processes), "the end of all processes")
    wait_until(lambda: not registry.list_folders(), "the end of the entry")
