"""The os keyring on a real Secret Service: gnome-keyring on a bus of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import jeepney  # type: ignore[import-untyped]
import pytest

from plurichain.errors import KeyringError
from plurichain.keyring import Keyring

SCRIPT = """\
import sys
from pathlib import Path
from plurichain.errors import KeyringError
from plurichain.keyring import Key, Keyring
keyring = Keyring.open("os", Path(sys.argv[1]))
assert keyring.list() == ()
key, mnemonic = keyring.create("alice")
message = b"message"
assert keyring.get("alice").sign(message) == key.sign(message)
assert keyring.get_info("alice").address == key.address
bob = keyring.import_private_key("bob", bytes(range(1, 33)))
again = Keyring.open("os", Path("elsewhere"), prefix="other")
assert [info.name for info in again.list()] == ["alice", "bob"]
assert again.get_info("bob").address.prefix == "other"
assert again.export("bob") == bytes(range(1, 33))
for wrong in (lambda: keyring.create("bob"), lambda: keyring.get("carol")):
    try:
        wrong()
    except KeyringError as error:
        print(error.cause)
    else:
        sys.exit("no error")
keyring.delete("alice")
assert [info.name for info in keyring.list()] == ["bob"]
import secretstorage
connection = secretstorage.dbus_init()
secretstorage.get_default_collection(connection).lock()
assert [info.name for info in keyring.list()] == ["bob"], "listing unlocks nothing"
print("done")
"""


def get_environment(folder: Path) -> dict[str, str]:
    """Return an environment in which the services see only this folder."""
    kept = {
        key: os.environ[key] for key in ("PATH", "LANG", "LD_LIBRARY_PATH") if key in os.environ
    }
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    return kept | {
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_RUNTIME_DIR": str(runtime),
    }


@pytest.fixture
def short_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder whose path leaves room for a socket's name."""
    return tmp_path_factory.mktemp("os")


@pytest.mark.secret_service
def test_keys_in_a_real_secret_service(short_folder: Path) -> None:
    for program in ("dbus-run-session", "gnome-keyring-daemon"):
        assert shutil.which(program), f"{program} is missing: see scripts/apt-packages"
    start = (
        'printf "login password" | gnome-keyring-daemon --unlock --components=secrets '
        '>/dev/null && exec "$0" "$@"'
    )
    done = subprocess.run(
        [
            *("dbus-run-session", "--", "sh", "-c", start),
            *(sys.executable, "-c", SCRIPT, str(short_folder / "keys")),
        ],
        env=get_environment(short_folder) | {"PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "a key called 'bob' exists already",
        "no key is called 'carol' in the os keyring",
        "done",
    ]
    files = [path for path in short_folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".keyring" for path in files), "the service kept them"
    private = bytes(range(1, 33))
    for path in files:
        content = path.read_bytes()
        assert private not in content
        assert private.hex().encode() not in content


def test_without_a_service_it_says_so_and_names_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'none'}")
    keyring = Keyring.open("os", tmp_path)
    with pytest.raises(KeyringError, match="the os keyring cannot be reached") as caught:
        keyring.create("alice")
    assert 'keyring = "file"' in caught.value.remedy


def test_a_bus_without_a_secret_service_says_so_too(short_folder: Path) -> None:
    script = (
        "from pathlib import Path\n"
        "from plurichain.errors import KeyringError\n"
        "from plurichain.keyring import Keyring\n"
        "try:\n"
        "    Keyring.open('os', Path('x')).list()\n"
        "except KeyringError as error:\n"
        "    print(error.cause, error.remedy)\n"
    )
    # A bus whose configuration names no services.
    config = short_folder / "bus.conf"
    config.write_text(
        "<busconfig><type>session</type><keep_umask/>"
        f"<listen>unix:dir={short_folder}</listen><auth>EXTERNAL</auth>"
        '<policy context="default"><allow send_destination="*" eavesdrop="true"/>'
        '<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>'
    )
    done = subprocess.run(
        ["dbus-run-session", f"--config-file={config}", "--", sys.executable, "-c", script],
        env=get_environment(short_folder) | {"PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "the os keyring cannot be reached" in done.stdout, done.stderr
    assert 'keyring = "file"' in done.stdout


class SilentBus(threading.Thread):
    """A bus that lets programs in, answers ``answers`` of them, and then says no more."""

    def __init__(self, path: Path, answers: dict[str, tuple[str, tuple[object, ...]]]) -> None:
        super().__init__(daemon=True)
        self.answers = answers
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen()

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.server.accept()
                with connection:
                    self.serve(connection)

    def serve(self, connection: socket.socket) -> None:
        greeting = b""
        while b"AUTH" not in greeting:
            greeting += connection.recv(1000)
        connection.sendall(b"OK 00112233445566778899aabbccddeeff\r\n")
        said = greeting.partition(b"AUTH")[2]
        while b"BEGIN\r\n" not in said:
            said += connection.recv(1000)
        parser = jeepney.Parser()
        parser.add_data(said.partition(b"BEGIN\r\n")[2])
        while True:
            message = parser.get_next_message()
            if message is None:
                data = connection.recv(4096)
                if not data:
                    return
                parser.add_data(data)
                continue
            fields = message.header.fields
            answer = self.answers.get(fields[jeepney.HeaderFields.member])
            if answer is not None:
                reply = jeepney.new_method_return(message, *answer)
                connection.sendall(reply.serialise(serial=1))

    def close(self) -> None:
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.join(timeout=10)


@pytest.mark.parametrize(
    "answers",
    [{}, {"Hello": ("s", (":1.1",)), "AddMatch": ("", ()), "GetNameOwner": ("s", (":1.2",))}],
    ids=["bus", "service"],
)
def test_a_silent_service_holds_nobody(
    short_folder: Path,
    answers: dict[str, tuple[str, tuple[object, ...]]],
) -> None:
    script = (
        "from pathlib import Path\n"
        "from plurichain.errors import KeyringError\n"
        "from plurichain.keyring import Keyring, secret_service\n"
        "secret_service.CALL_S = 0.5\n"
        "try:\n"
        "    Keyring.open('os', Path('x')).list()\n"
        "except KeyringError as error:\n"
        "    print(error.cause, error.remedy)\n"
    )
    bus = SilentBus(short_folder / "bus", answers)
    bus.start()
    try:
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=get_environment(short_folder)
            | {
                "PYTHONPATH": str(Path.cwd()),
                "DBUS_SESSION_BUS_ADDRESS": f"unix:path={short_folder / 'bus'}",
            },
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        bus.close()
    assert "it gave no answer in time" in done.stdout, done.stderr
    assert 'keyring = "file"' in done.stdout


def test_without_the_library_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "secretstorage", None)
    with pytest.raises(KeyringError, match="Secret Service of a Linux desktop"):
        Keyring.open("os", tmp_path).list()
