"""The vault keeps every opening exactly, privately and for good, or says why not."""

from __future__ import annotations

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
from plurichain.errors import NewerFormatError, VaultError
from plurichain.vault import Opening, Vault

BIDDER = bytes(range(20))
TERMS_HASH = bytes([7]) * 32


def make_opening(
    *, attempt: int = 1, price: int = 50, auction_id: int = 3, salt: bytes = bytes([9]) * 32
) -> Opening:
    """Return an opening that opens its own commitment."""
    bid_bytes = encode_bid(Bid(BidKind.SCHEDULE, BidSide.SELL, (Step(10, price),)))
    commitment = compute_bid_commitment(
        chain_id="plurigrid-1",
        auction_id=auction_id,
        bidder=BIDDER,
        terms_hash=TERMS_HASH,
        bid_bytes=bid_bytes,
        salt=salt,
    )
    return Opening(
        chain_id="plurigrid-1",
        auction_id=auction_id,
        bidder=BIDDER,
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
    with Vault.open(tmp_path) as vault:
        vault.store(opening)
    with Vault.open(tmp_path) as vault:
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
    with Vault.open(folder) as vault:
        vault.store(opening)
        assert vault.get_newest("plurigrid-1", auction_id, BIDDER) == opening
    shutil.rmtree(folder)


def test_the_newest_attempt_is_the_highest_not_the_last_written(tmp_path: Path) -> None:
    with Vault.open(tmp_path) as vault:
        for attempt in (2, 10, 9):
            vault.store(make_opening(attempt=attempt, price=attempt))
        newest = vault.get_newest("plurigrid-1", 3, BIDDER)
        attempts = [each.attempt for each in vault.list_attempts("plurigrid-1", 3, BIDDER)]

    assert newest is not None
    assert newest.attempt == 10
    assert attempts == [2, 9, 10]


def test_an_opening_is_never_replaced(tmp_path: Path) -> None:
    first = make_opening()
    with Vault.open(tmp_path) as vault:
        vault.store(first)
        vault.store(first)
        with pytest.raises(VaultError, match="attempt 1 of auction 3 is already sealed"):
            vault.store(make_opening(price=51))
        assert vault.list_all() == (first,)


def test_an_opening_that_does_not_open_its_commitment_is_refused(tmp_path: Path) -> None:
    broken = replace(make_opening(), salt=bytes(32))
    with Vault.open(tmp_path) as vault:
        with pytest.raises(VaultError, match="does not match its commitment"):
            vault.store(broken)
        assert vault.list_all() == ()


def test_a_damaged_row_is_named_and_not_believed(tmp_path: Path) -> None:
    with Vault.open(tmp_path) as vault:
        vault.store(make_opening())
    connection = sqlite3.connect(tmp_path / "vault.db")
    (secret,) = connection.execute("SELECT secret FROM openings").fetchone()
    flipped = secret[:-40] + bytes([secret[-40] ^ 1]) + secret[-39:]
    connection.execute("UPDATE openings SET secret = ?", (flipped,))
    connection.commit()
    connection.close()

    with Vault.open(tmp_path) as vault, pytest.raises(VaultError, match="auction 3, attempt 1"):
        vault.get("plurigrid-1", 3, BIDDER, 1)


def test_a_row_of_a_codec_that_is_not_open_is_named(tmp_path: Path) -> None:
    with Vault.open(tmp_path) as vault:
        vault.store(make_opening())
    connection = sqlite3.connect(tmp_path / "vault.db")
    connection.execute("UPDATE openings SET codec = 1")
    connection.commit()
    connection.close()

    with Vault.open(tmp_path) as vault, pytest.raises(VaultError, match="codec 1"):
        vault.list_all()


def test_only_the_owner_can_read_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    old_mask = os.umask(0)
    try:
        with Vault.open(folder) as vault:
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
        "from test_vault import make_opening\n"
        "from plurichain.vault import Vault\n"
        "vault = Vault.open(Path(sys.argv[1]))\n"
        "vault.store(make_opening())\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    here = str(Path(__file__).parent)
    run = subprocess.run([sys.executable, "-c", script, str(tmp_path), here], check=False)
    assert run.returncode == -9

    with Vault.open(tmp_path) as vault:
        assert vault.list_all() == (make_opening(),)


def test_nothing_secret_is_shown(tmp_path: Path) -> None:
    opening = make_opening()
    shown = repr(opening)

    assert opening.salt.hex() not in shown
    assert repr(opening.salt) not in shown
    assert repr(opening.bid_bytes) not in shown


def test_a_newer_vault_is_refused_and_left_untouched(tmp_path: Path) -> None:
    with Vault.open(tmp_path) as vault:
        vault.store(make_opening())
    path = tmp_path / "vault.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(NewerFormatError, match="vault of version 2"):
        Vault.open(tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("version", [1])
def test_every_version_that_was_ever_written_opens(
    project_root: Path, tmp_path: Path, version: int
) -> None:
    sample = project_root / "tests" / "data" / "stored" / "vault" / f"v{version}.db"
    shutil.copy(sample, tmp_path / "vault.db")

    with Vault.open(tmp_path) as vault:
        assert vault.list_all() == (make_opening(), make_opening(attempt=2, price=60))
