"""The vault keeps every opening exactly, privately and for good, or says why not."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.auction.bid import Bid, Step, encode_bid
from plurichain.auction.commitment import compute_bid_commitment
from plurichain.auction.names import BidKind, BidSide
from plurichain.encoding.canonical import u64
from plurichain.errors import NewerFormatError, VaultError
from plurichain.keyring import Key
from plurichain.storage.sqlite_schema import APPLICATION_ID
from plurichain.vault import Opening, Vault
from plurichain.vault.codec import encode_secret
from plurichain.vault.row import open_row
from plurichain.vault.schema import MIGRATIONS

KEY = Key("bidder", bytes(range(1, 33)))
BIDDER = KEY.address.raw
#: The bidder of the sample of version 1, whose openings were not bound to a key.
V1_BIDDER = bytes(range(20))
TERMS_HASH = bytes([7]) * 32


def make_opening(
    *,
    attempt: int = 1,
    price: int = 50,
    auction_id: int = 3,
    salt: bytes = bytes([9]) * 32,
    bidder: bytes = BIDDER,
) -> Opening:
    """Return an opening that opens its own commitment."""
    bid_bytes = encode_bid(Bid(BidKind.SCHEDULE, BidSide.SELL, (Step(10, price),)))
    commitment = compute_bid_commitment(
        chain_id="plurigrid-1",
        auction_id=auction_id,
        bidder=bidder,
        terms_hash=TERMS_HASH,
        bid_bytes=bid_bytes,
        salt=salt,
    )
    return Opening(
        chain_id="plurigrid-1",
        auction_id=auction_id,
        bidder=bidder,
        attempt=attempt,
        terms_hash=TERMS_HASH,
        bid_commitment=commitment,
        bid_bytes=bid_bytes,
        salt=salt,
        bid_file_digest=bytes(32),
        sealed_at_ns=1_800_000_000_000_000_000,
    )


def test_an_opening_comes_back_as_it_was(tmp_path: Path) -> None:
    opening = make_opening()
    with Vault.open(tmp_path, KEY) as vault:
        vault.store(opening)
    with Vault.open(tmp_path, KEY) as vault:
        assert vault.get("plurigrid-1", 3, BIDDER, 1) == opening
        assert vault.get("plurigrid-1", 3, BIDDER, 2) is None
        assert vault.get("plurigrid-2", 3, BIDDER, 1) is None
        assert vault.get_newest("plurigrid-1", 4, BIDDER) is None


@given(
    auction_id=st.integers(1, 2**64 - 1),
    attempt=st.integers(1, 2**32 - 1),
    salt=st.binary(min_size=32, max_size=32),
)
def test_every_number_of_the_protocol_fits(
    tmp_path_factory: pytest.TempPathFactory, auction_id: int, attempt: int, salt: bytes
) -> None:
    opening = make_opening(auction_id=auction_id, attempt=attempt, salt=salt)
    folder = tmp_path_factory.mktemp("vault")
    with Vault.open(folder, KEY) as vault:
        vault.store(opening)
        assert vault.get_newest("plurigrid-1", auction_id, BIDDER) == opening
    shutil.rmtree(folder)


def test_the_newest_attempt_is_the_highest_not_the_last_written(tmp_path: Path) -> None:
    with Vault.open(tmp_path, KEY) as vault:
        for attempt in (2, 10, 9):
            vault.store(make_opening(attempt=attempt, price=attempt))
        newest = vault.get_newest("plurigrid-1", 3, BIDDER)
        attempts = [each.attempt for each in vault.list_attempts("plurigrid-1", 3, BIDDER)]

    assert newest is not None
    assert newest.attempt == 10
    assert attempts == [2, 9, 10]


def test_an_opening_is_never_replaced(tmp_path: Path) -> None:
    first = make_opening()
    with Vault.open(tmp_path, KEY) as vault:
        vault.store(first)
        vault.store(first)
        with pytest.raises(VaultError, match="attempt 1 of auction 3 is already sealed"):
            vault.store(make_opening(price=51))
        assert vault.list_all() == (first,)


def test_an_opening_that_does_not_open_its_commitment_is_refused(tmp_path: Path) -> None:
    broken = replace(make_opening(), salt=bytes(32))
    with Vault.open(tmp_path, KEY) as vault:
        with pytest.raises(VaultError, match="does not match its commitment"):
            vault.store(broken)
        assert vault.list_all() == ()


def test_a_damaged_row_is_named_and_not_believed(tmp_path: Path) -> None:
    with Vault.open(tmp_path, KEY) as vault:
        vault.store(make_opening())
    connection = sqlite3.connect(tmp_path / "vault.db")
    (secret,) = connection.execute("SELECT secret FROM openings").fetchone()
    flipped = secret[:-40] + bytes([secret[-40] ^ 1]) + secret[-39:]
    connection.execute("UPDATE openings SET secret = ?", (flipped,))
    connection.commit()
    connection.close()

    with (
        Vault.open(tmp_path, KEY) as vault,
        pytest.raises(VaultError, match="auction 3, attempt 1"),
    ):
        vault.get("plurigrid-1", 3, BIDDER, 1)


def test_a_row_of_a_codec_that_is_not_open_is_named(tmp_path: Path) -> None:
    with Vault.open(tmp_path, KEY) as vault:
        vault.store(make_opening())
    connection = sqlite3.connect(tmp_path / "vault.db")
    connection.execute("UPDATE openings SET codec = 7")
    connection.commit()
    connection.close()

    with Vault.open(tmp_path, KEY) as vault, pytest.raises(VaultError, match="codec 7"):
        vault.get("plurigrid-1", 3, BIDDER, 1)


def test_only_the_owner_can_read_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    old_mask = os.umask(0)
    try:
        with Vault.open(folder, KEY) as vault:
            vault.store(make_opening())
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    finally:
        os.umask(old_mask)

    assert "vault.db" in modes
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_an_opening_survives_the_death_of_its_process(tmp_path: Path) -> None:
    """What `store` returned for is there after SIGKILL: nothing waits in a buffer."""
    script = (
        "import os, signal, sys\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "from pathlib import Path\n"
        "from test_vault import KEY, make_opening\n"
        "from plurichain.vault import Vault\n"
        "vault = Vault.open(Path(sys.argv[1]), KEY)\n"
        "vault.store(make_opening())\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    here = str(Path(__file__).parent)
    run = subprocess.run([sys.executable, "-c", script, str(tmp_path), here], check=False)
    assert run.returncode == -9

    with Vault.open(tmp_path, KEY) as vault:
        assert vault.list_all() == (make_opening(),)


def test_nothing_secret_is_shown(tmp_path: Path) -> None:
    opening = make_opening()
    shown = repr(opening)

    assert opening.salt.hex() not in shown
    assert repr(opening.salt) not in shown
    assert repr(opening.bid_bytes) not in shown


def test_a_newer_vault_is_refused_and_left_untouched(tmp_path: Path) -> None:
    with Vault.open(tmp_path, KEY) as vault:
        vault.store(make_opening())
    path = tmp_path / "vault.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(NewerFormatError, match="vault of version 3"):
        Vault.open(tmp_path)
    assert path.read_bytes() == before


def copy_sample(project_root: Path, folder: Path, version: int) -> None:
    """Bring the stored sample of a version to where a vault is looked for."""
    sample = project_root / "tests" / "data" / "stored" / "vault" / f"v{version}.db"
    shutil.copy(sample, folder / "vault.db")


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS) + 1))
def test_every_version_that_was_ever_written_opens(
    project_root: Path, tmp_path: Path, version: int
) -> None:
    copy_sample(project_root, tmp_path, version)
    bidder = V1_BIDDER if version == 1 else BIDDER

    with Vault.open(tmp_path, KEY) as vault:
        assert vault.list_all() == (
            make_opening(bidder=bidder),
            make_opening(attempt=2, price=60, bidder=bidder),
        )
        assert all(sealed.is_intact for sealed in vault.list_sealed())


def write_plain_vault(folder: Path, *openings: Opening) -> None:
    """Write a vault as version 1 did."""
    with contextlib.closing(sqlite3.connect(folder / "vault.db")) as connection:
        connection.executescript(MIGRATIONS[0])
        for each in openings:
            secret = encode_secret(each.bid_bytes, each.salt, each.bid_file_digest)
            row = (
                each.chain_id, u64(each.auction_id), each.bidder, each.attempt, each.terms_hash,
                each.bid_commitment, each.sealed_at_ns, 0, secret,
            )  # fmt: skip
            connection.execute("INSERT INTO openings VALUES (?,?,?,?,?,?,?,?,?)", row)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()


def read_files(folder: Path) -> bytes:
    """Return the bytes of all files in a folder, one after another."""
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_a_plain_vault_is_encrypted_and_leaves_no_trace(tmp_path: Path) -> None:
    openings = tuple(
        make_opening(attempt=number, salt=bytes([number, 0x5A] * 16)) for number in range(1, 40)
    )
    write_plain_vault(tmp_path, *openings)
    assert openings[5].salt in read_files(tmp_path)

    with Vault.open(tmp_path, KEY) as vault:
        assert vault.list_all() == openings
    with Vault.open(tmp_path, KEY) as vault:
        assert vault.list_all() == openings
        seen = read_files(tmp_path)
    for each in openings:
        assert each.salt not in seen
        assert each.bid_bytes not in seen
    assert not list(tmp_path.glob("*.v1"))


def test_plain_openings_of_another_key_wait_for_it_with_the_copy(tmp_path: Path) -> None:
    other = Key("other", bytes(range(2, 34)))
    mine, theirs = make_opening(), make_opening(bidder=other.address.raw)
    write_plain_vault(tmp_path, mine, theirs)

    with Vault.open(tmp_path, KEY):
        assert theirs.salt in read_files(tmp_path)
        assert (tmp_path / "vault.db.v1").exists()
    with Vault.open(tmp_path, other) as vault:
        assert vault.list_all() == (theirs,)
    assert theirs.salt not in read_files(tmp_path)
    assert not (tmp_path / "vault.db.v1").exists()
    with Vault.open(tmp_path, KEY) as vault:
        assert vault.list_all() == (mine,)


def test_nothing_secret_is_at_rest(tmp_path: Path) -> None:
    opening = make_opening()
    with Vault.open(tmp_path, KEY) as vault:
        vault.store(opening)
        seen = read_files(tmp_path)
    seen += read_files(tmp_path)

    assert opening.bid_commitment in seen
    assert opening.salt not in seen
    assert opening.bid_bytes not in seen


def test_without_the_key_only_public_parts_are_seen(tmp_path: Path) -> None:
    opening = make_opening()
    with Vault.open(tmp_path, KEY) as vault:
        vault.store(opening)
    for key in (None, Key("other", bytes(range(2, 34)))):
        with Vault.open(tmp_path, key) as vault:
            [sealed] = vault.list_sealed()
            assert sealed.bid_commitment == opening.bid_commitment
            assert sealed.is_intact
            assert vault.list_all() == ()
            assert vault.get_newest_attempt("plurigrid-1", 3, BIDDER) == 1
            with pytest.raises(VaultError, match="of another key"):
                vault.get("plurigrid-1", 3, BIDDER, 1)
            with pytest.raises(VaultError, match="no other"):
                vault.store(opening)


def change_rows(folder: Path, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(folder / "vault.db")) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    "change",
    [
        "attempt = 9",
        "auction_id = x'0000000000000009'",
        "bid_commitment = zeroblob(32)",
        "sealed_at_ns = 5",
        "secret = zeroblob(length(secret))",
        "codec = 0",
    ],
)
def test_a_changed_row_is_seen_without_a_key_and_does_not_block_the_rest(
    tmp_path: Path, change: str
) -> None:
    first, second = make_opening(auction_id=1), make_opening(auction_id=2)
    with Vault.open(tmp_path, KEY) as vault:
        vault.store(first)
        vault.store(second)
    change_rows(tmp_path, f"UPDATE openings SET {change} WHERE auction_id = x'0000000000000001'")

    with Vault.open(tmp_path) as vault:
        assert sorted(each.is_intact for each in vault.list_sealed()) == [False, True]
    with Vault.open(tmp_path, KEY) as vault:
        assert vault.list_all() == (second,)
        assert vault.get("plurigrid-1", 2, BIDDER, 1) == second
        vault.store(first)
        assert first in vault.list_all()


def test_a_secret_moved_to_another_row_does_not_open(tmp_path: Path) -> None:
    """Even with a digest that fits: the cipher binds it to its place."""
    with Vault.open(tmp_path, KEY) as vault:
        vault.store(make_opening(attempt=1))
        vault.store(make_opening(attempt=2))
        one, two = vault.list_rows()
        moved = replace(two, secret=one.secret)
        moved = replace(moved, digest=moved.compute_digest())
        assert moved.is_intact
        with pytest.raises(VaultError, match="damaged"):
            open_row(moved, KEY)


@pytest.mark.parametrize("damage", ["head", "page", "cut", "garbage"])
def test_a_damaged_file_is_rescued_and_kept(tmp_path: Path, damage: str) -> None:
    openings = tuple(make_opening(attempt=number) for number in range(1, 200))
    with Vault.open(tmp_path, KEY) as vault:
        for each in openings:
            vault.store(each)
    path = tmp_path / "vault.db"
    data = bytearray(path.read_bytes())
    if damage == "head":
        data[16:32] = b"\xff" * 16
    elif damage == "page":
        data[5 * 4096 : 6 * 4096] = b"\xee" * 4096
    elif damage == "cut":
        del data[len(data) // 2 :]
    else:
        data[:] = b"not a database at all" * 400
    path.write_bytes(data)

    with Vault.open(tmp_path, KEY) as vault:
        rescued = vault.list_all()
        [note] = vault.notes
        vault.store(make_opening(attempt=500))
    assert f"{len(rescued)} openings are safe" in note
    assert set(rescued) <= set(openings)
    if damage in {"page", "cut"}:
        assert len(rescued) > 50
    assert (tmp_path / "vault.db.damaged-1").read_bytes() == bytes(data)
    assert stat.S_IMODE((tmp_path / "vault.db.damaged-1").stat().st_mode) == 0o600
    with Vault.open(tmp_path, KEY) as vault:
        assert vault.notes == ()
        assert len(vault.list_all()) == len(rescued) + 1


def test_another_process_cannot_choose_an_attempt_meanwhile(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from plurichain.errors import LockedError\n"
        "from plurichain.vault import Vault\n"
        "try:\n"
        "    with Vault.open(Path(sys.argv[1])).locked(timeout_s=0.1):\n"
        "        sys.exit(0)\n"
        "except LockedError:\n"
        "    sys.exit(7)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with Vault.open(tmp_path, KEY) as vault, vault.locked():
        vault.store(make_opening())
        assert subprocess.run(command, check=False).returncode == 7
    assert subprocess.run(command, check=False).returncode == 0
