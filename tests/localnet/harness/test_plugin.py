"""The pytest plugin, in test runs of a project that knows nothing of ours."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from plurichain.harness import LocalChain
from plurichain.harness.registry import read_state

BASE = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]


def run_project(
    folder: Path, test: str, *options: str, binary: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run pytest on one file in a folder of its own; temporary folders are made in `tmp`."""
    (folder / "test_it.py").write_text(textwrap.dedent(test))
    (folder / "tmp").mkdir(exist_ok=True)
    chosen = ["--chain-binary", str(binary)] if binary else []
    environment = {**os.environ, "TMPDIR": str(folder / "tmp")}
    return subprocess.run(
        [*BASE, *chosen, *options, "test_it.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
    )


def list_left(folder: Path) -> list[str]:
    """Get what a run left in its temporary folder, but for pytest's own."""
    return sorted(
        path.name for path in (folder / "tmp").iterdir() if not path.name.startswith("pytest-of")
    )


def test_plugin_is_silent_until_it_is_used(tmp_path: Path) -> None:
    """A project that uses no fixture of ours loads neither gRPC nor the harness."""
    result = run_project(
        tmp_path,
        """
        import sys

        def test_nothing_was_loaded():
            loaded = {"grpc", "cosmpy", "cryptography", "plurichain.harness.chain"} & {*sys.modules}
            assert loaded == set()
        """,
    )

    assert result.returncode == 0, result.stdout
    assert "local chains" not in result.stdout
    assert list_left(tmp_path) == []


def test_passing_run_leaves_nothing(tmp_path: Path, plurid_binary: Path) -> None:
    """The chain of a session is gone after it, with its folder."""
    result = run_project(
        tmp_path,
        """
        def test_chain(localnet_chain, localnet_faucet):
            assert localnet_chain.wait_for_height(3) >= 3
            assert str(localnet_faucet.address) == localnet_chain.get_account("faucet").address
        """,
        binary=plurid_binary,
    )

    assert result.returncode == 0, result.stdout
    assert "kept" not in result.stdout
    assert list_left(tmp_path) == []


def test_failing_run_keeps_the_folder_and_says_how_to_re_enter(
    tmp_path: Path, plurid_binary: Path
) -> None:
    """The data of a failed run can be looked at; its nodes are ended all the same."""
    result = run_project(
        tmp_path,
        """
        def test_chain(localnet_chain):
            print("node", localnet_chain.nodes[0].pid)
            assert False
        """,
        binary=plurid_binary,
    )

    assert result.returncode == 1, result.stdout
    found = re.search(r"kept: (\S+); run it again with: (.+)", result.stdout)
    assert found, result.stdout
    assert (Path(found[1]) / "node0" / "node.log").exists()
    assert found[2] == f"{plurid_binary} start --home {found[1]}/node0"
    _wait_gone(int(re.findall(r"node (\d+)", result.stdout)[0]))


def _wait_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], stdout=-1, text=True)
        if listed.stdout.strip()[:1] in {"", "Z"}:
            return
        time.sleep(0.05)
    pytest.fail(f"process {pid} is still there after 10 s")


def test_workers_have_chains_of_their_own(tmp_path: Path, plurid_binary: Path) -> None:
    """Under xdist no worker meets another's chain, and what is kept is said once, at the end."""
    result = run_project(
        tmp_path,
        """
        import pytest

        @pytest.mark.parametrize("number", range(4))
        def test_chain(localnet_chain, number, worker_id):
            print("rpc", worker_id, localnet_chain.nodes[0].rpc)
            localnet_chain.nodes[0].restart()
            localnet_chain.wait_ready()
            assert number != 3
        """,
        "-n2",
        "-rP",
        binary=plurid_binary,
    )

    assert "1 failed, 3 passed" in result.stdout, result.stdout
    used = set(re.findall(r"rpc (\w+) (\S+)", result.stdout))
    assert len(used) == len({rpc for _, rpc in used}) == 2
    assert len(re.findall("^kept: ", result.stdout, flags=re.MULTILINE)) == 1


def test_kept_net_runs_on_until_it_is_taken_down(tmp_path: Path, plurid_binary: Path) -> None:
    """With --keep-net the chain outlives the run, and the end of the run says how to end it."""
    result = run_project(
        tmp_path,
        "def test_chain(localnet_chain):\n    pass\n",
        "--keep-net",
        binary=plurid_binary,
    )
    assert result.returncode == 0, result.stdout
    found = re.search(r"end it with: plurichain localnet down --folder (\S+)", result.stdout)
    assert found, result.stdout
    folder = Path(found[1])
    chain = LocalChain.open(folder)
    try:
        chain.wait_for_height(chain.nodes[0].get_height() + 2)
    finally:
        command = [sys.executable, "-m", "plurichain", "localnet", "down", "--folder", str(folder)]
        environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)

    assert done.returncode == 0, done.stderr
    assert not chain.is_running()
    assert not folder.exists()


def test_node_that_ends_by_itself_fails_the_test_that_ran(
    tmp_path: Path, plurid_binary: Path
) -> None:
    """A test that did not look does not pass over a crashed node; the next is not blamed."""
    result = run_project(
        tmp_path,
        """
        import os, signal, time

        def test_that_crashes_it(localnet_chain):
            node = localnet_chain.nodes[0]
            os.kill(node.pid, signal.SIGQUIT)
            deadline = time.monotonic() + 20
            while node.pid is not None and time.monotonic() < deadline:
                time.sleep(0.01)

        def test_that_kills_on_purpose(localnet_chain):
            localnet_chain.nodes[0].start()
            localnet_chain.nodes[0].kill()
        """,
        binary=plurid_binary,
    )

    assert "1 failed, 1 passed" in result.stdout, result.stdout
    assert "node0 ended with status 2" in result.stdout


def test_killed_run_leaves_nothing(tmp_path: Path, plurid_binary: Path) -> None:
    """`kill -9` of pytest itself ends the chain."""
    (tmp_path / "test_it.py").write_text(
        "import time\n"
        "def test_chain(localnet_chain):\n"
        "    open('folder', 'w').write(str(localnet_chain.folder) + '\\n')\n"
        "    time.sleep(600)\n"
    )
    (tmp_path / "tmp").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    command = [*BASE, "--chain-binary", str(plurid_binary), "test_it.py"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, env=environment) as run:
        deadline = time.monotonic() + 60
        path = tmp_path / "folder"
        while not path.exists() or not path.read_text().endswith("\n"):
            assert run.poll() is None, "the run has ended"
            assert time.monotonic() < deadline, "waited 60 s for the chain"
            time.sleep(0.02)
        folder = Path(path.read_text().strip())
        state = read_state(folder)
        assert state is not None
        run.kill()

    for process in [state["supervisor"], *state["nodes"].values()]:
        _wait_gone(process["pid"])
    deadline = time.monotonic() + 10
    while list_left(tmp_path):
        assert time.monotonic() < deadline, f"left after 10 s: {list_left(tmp_path)}"
        time.sleep(0.02)
