"""Keys go from `plurid` to plurichain and back, through its own commands."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from plurichain.keyring import Key
from plurichain.keyring.armor import format_armor, parse_armor
from tests.unit.keyring.test_armor import format_old_armor

PASSPHRASE = "correct horse"


def run_plurid(binary: Path, home: Path, *arguments: str, given: str = "") -> str:
    """Run `plurid keys` with a keyring of its own and return its output."""
    done = subprocess.run(
        [str(binary), "keys", *arguments, "--home", str(home), "--keyring-backend", "test"],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    # Some releases print the armor on standard error.
    return done.stdout or done.stderr


def test_an_export_of_plurid_is_imported(plurid_binary: Path, tmp_path: Path) -> None:
    added = json.loads(run_plurid(plurid_binary, tmp_path, "add", "alice", "--output", "json"))
    answers = f"{PASSPHRASE}\n{PASSPHRASE}\n"
    armor = run_plurid(plurid_binary, tmp_path, "export", "alice", given=answers)
    armor = armor[armor.index("-----BEGIN") :]

    assert str(Key("alice", parse_armor(armor, PASSPHRASE)).address) == added["address"]


@pytest.mark.parametrize("write", [format_armor, format_old_armor])
def test_plurid_imports_an_export(plurid_binary: Path, tmp_path: Path, write) -> None:
    key = Key("bob", bytes(range(1, 33)))
    path = tmp_path / "bob.armor"
    path.write_text(write(key.export_private_key(), PASSPHRASE))

    run_plurid(plurid_binary, tmp_path, "import", "bob", str(path), given=f"{PASSPHRASE}\n")
    shown = json.loads(run_plurid(plurid_binary, tmp_path, "show", "bob", "--output", "json"))
    assert shown["address"] == str(key.address)
