"""Ports that are reserved: no two chains get one, and a wanted one that is taken is named."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from plurichain.errors import HarnessError, PortInUse
from plurichain.harness import ports, registry
from plurichain.harness.ports import HOST, PortReservation, sweep_locks


@pytest.fixture(autouse=True)
def own_runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the locks of these tests apart from those of chains that run meanwhile."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_wanted_port_that_is_taken_is_named_with_who_needs_it() -> None:
    """PortInUse says which port, which node and what for."""
    with socket.socket() as taken, PortReservation() as reservation:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(PortInUse) as caught:
            reservation.reserve("node1", "grpc", port)

    assert caught.value.cause == f"port {port} is in use, and node1 needs it for grpc"


def test_port_is_held_until_it_is_released() -> None:
    """Nobody can bind a reserved port; after the release a node can."""
    with PortReservation() as reservation:
        port = reservation.reserve("node0", "rpc")
        with socket.socket() as other, pytest.raises(OSError):
            other.bind((HOST, port))

        reservation.release_sockets()

        with socket.socket() as node:
            node.bind((HOST, port))


def test_lock_outlives_the_socket() -> None:
    """Between release and the node's own bind, another harness cannot take the port."""
    with PortReservation() as first, PortReservation() as second:
        port = first.reserve("node0", "rpc")
        first.release_sockets()

        with pytest.raises(PortInUse):
            second.reserve("node0", "rpc", port)


def test_lock_dies_with_the_process_that_holds_it(tmp_path: Path) -> None:
    """A lock left by a killed process does not keep a port from anybody."""
    script = (
        "import sys, tempfile; tempfile.tempdir = sys.argv[1]\n"
        "from plurichain.harness.ports import PortReservation\n"
        "print(PortReservation().reserve('node0', 'rpc'), flush=True)\n"
        "sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=-1, stdout=-1, text=True
    )
    with process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with PortReservation() as reservation:
            with pytest.raises(PortInUse):
                reservation.reserve("node0", "rpc", port)
            process.kill()
            process.wait()

            assert reservation.reserve("node0", "rpc", port) == port


def test_free_ports_lie_below_those_of_outgoing_connections() -> None:
    """The kernel must not give a reserved port to somebody who connects."""
    with PortReservation() as reservation:
        found = [reservation.reserve("node0", str(number)) for number in range(20)]

    assert len(set(found)) == 20
    assert all(ports.LOWEST_PORT <= port <= ports._get_highest_port() for port in found)


def test_sweep_removes_free_locks_only() -> None:
    """Held locks stay; when the last is free, not even the folder remains."""
    with PortReservation() as reservation:
        port = reservation.reserve("node0", "rpc")
        sweep_locks()
        assert [path.name for path in registry.get_runtime_folder("ports").iterdir()] == [str(port)]

    sweep_locks()

    assert not registry.get_runtime_folder("ports").parent.exists()


def test_lock_of_a_swept_file_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was removed between opening and locking is opened anew."""
    opened: list[int] = []
    real_open = registry.open_shared

    def open_and_lose(name: str, file: str, flags: int) -> int:
        descriptor = real_open(name, file, flags)
        if not opened:
            (registry.get_runtime_folder(name) / file).unlink()
        opened.append(descriptor)
        return descriptor

    monkeypatch.setattr(ports, "open_shared", open_and_lose)
    with PortReservation() as reservation:
        port = reservation.reserve("node0", "rpc")

        assert len(opened) == 2
        assert (registry.get_runtime_folder("ports") / str(port)).exists()


def test_folder_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies in a folder that another user made is not believed."""
    monkeypatch.setattr("os.getuid", lambda: 4711)
    (tmp_path / "plurichain-4711").mkdir()

    with pytest.raises(HarnessError, match="another user"):
        registry.get_runtime_folder("ports")
