"""A sample of every version that was ever written still opens (tests/data/stored)."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from fractions import Fraction
from pathlib import Path

import pytest

from plurichain.chain import Journal, OutcomeStatus
from plurichain.config import ChainMemory, Endpoint, parse_network_file
from plurichain.config.chain_memory import VERSION as CHAINS_VERSION
from plurichain.config.config_toml import VERSION as CONFIG_VERSION
from plurichain.config.config_toml import parse_config
from plurichain.config.network_file import ENDPOINTS_VERSION
from plurichain.keyring import Keyring
from plurichain.keyring.key_file import VERSION as KEY_VERSION

ADDRESS = "pluri19rl4cm2hmr8afy4kldpxz3fka4jguq0a9a997v"


@pytest.fixture
def stored(project_root: Path) -> Path:
    return project_root / "tests" / "data" / "stored"


def test_journal_v1(stored: Path, tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    shutil.copy(stored / "journal-v1.db", path)
    with Journal.open(path) as journal:
        accepted, rejected, unknown = sorted(
            journal.list_entries(), key=lambda entry: entry.first_height
        )

        assert accepted.outcome.status is OutcomeStatus.ACCEPTED
        assert accepted.outcome.is_final
        assert accepted.outcome.height == 11
        assert accepted.auction_id is None
        assert accepted.outcome.events[0].attributes == (("amount", "5ueur"), ("amount", "6ueur"))
        assert (rejected.outcome.codespace, rejected.outcome.code) == ("sdk", 13)
        assert rejected.auction_id == 2**64 - 1
        assert unknown.tx_bytes == b"sample 2"
        assert [entry.tx_hash for entry in journal.list_pending()] == [
            rejected.tx_hash,
            unknown.tx_hash,
        ]


def test_journal_v1_is_brought_to_v2_with_a_copy_kept(stored: Path, tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    shutil.copy(stored / "journal-v1.db", path)
    with Journal.open(path) as journal:
        entries = journal.list_entries()

    assert {entry.account_sequence for entry in entries} == {None}
    assert {entry.was_handed for entry in entries} == {True}
    assert {entry.simulated_gas for entry in entries} == {0}
    kept = tmp_path / "journal.db.v1"
    assert kept.stat().st_mode & 0o077 == 0
    with contextlib.closing(sqlite3.connect(kept)) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (1,)
        assert copy.execute("SELECT count(*) FROM txs").fetchone() == (3,)


def test_journal_v2(stored: Path, tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    shutil.copy(stored / "journal-v2.db", path)
    with Journal.open(path) as journal:
        first, second = sorted(journal.list_entries(), key=lambda entry: entry.first_height)

        assert first.outcome.status is OutcomeStatus.FAILED
        assert (first.simulated_gas, first.message_types) == (80_000, "/a.B")
        assert journal.list_sightings(first.tx_hash) == [(11, 11, "sdk"), (12, 0, "")]
        (sample,) = journal.list_gas_samples("sample-1", "/a.B")
        assert (sample.simulated, sample.used, sample.code) == (80_000, 90_001, 11)
        assert second.follows == first.tx_hash
        assert second.account_sequence == 2**64 - 2
        assert not second.was_handed
        assert journal.get_next_sequence("sample-1", second.signer) == 2**64 - 1


@pytest.mark.parametrize("backend", ["test", "file"])
def test_key_v1(stored: Path, tmp_path: Path, backend: str) -> None:
    (tmp_path / backend).mkdir()
    shutil.copy(stored / f"key-{backend}-v1.json", tmp_path / backend / "alice.json")
    keyring = Keyring.open(backend, tmp_path, lambda _question: "correct horse", is_localnet=True)

    assert str(keyring.get("alice").address) == ADDRESS
    assert [str(info.address) for info in keyring.list()] == [ADDRESS]


@pytest.mark.parametrize("backend", ["test", "file"])
def test_key_v2(stored: Path, tmp_path: Path, backend: str) -> None:
    """The key of RFC 8032, test 1."""
    (tmp_path / backend).mkdir()
    shutil.copy(stored / f"key-{backend}-v2.json", tmp_path / backend / "meter.json")
    keyring = Keyring.open(backend, tmp_path, lambda _question: "correct horse", is_localnet=True)

    assert keyring.list() == ()
    assert keyring.list_all()[0].public_key.hex().startswith("d75a980182b10ab7")
    assert keyring.get_device_key("meter").sign(b"").hex().startswith("e5564300c360ac72")


def test_config_v1(stored: Path) -> None:
    text = (stored / "config-v1.toml").read_text(encoding="utf-8")
    config = parse_config(text, source="config-v1.toml")

    assert config.get_network().name == "localnet"
    assert config.get_network().keyring == "test"
    assert config.get_network("town").gas_price == Fraction(1, 40)
    assert config.get_network("town").keyring == "file"


def test_config_v2(stored: Path) -> None:
    text = (stored / "config-v2.toml").read_text(encoding="utf-8")
    town = parse_config(text, source="config-v2.toml").get_network("town")

    assert len(town.endpoints) == 2
    assert town.ca_file == "/etc/plurichain/town-ca.pem"
    assert town.client_cert_file.endswith("device.pem")
    assert town.client_key_file.endswith("device.key")
    assert town.genesis_hash.startswith("5B1D")
    assert town.max_clock_skew_s == 120


def test_config_v3(stored: Path) -> None:
    text = (stored / "config-v3.toml").read_text(encoding="utf-8")
    config = parse_config(text, source="config-v3.toml")

    assert config.get_network("town").max_fee == 5000
    assert config.get_network("town").fee_granter.startswith("pluri1uzm")
    assert config.get_network("localnet").max_fee is None


def test_chains_v1(stored: Path) -> None:
    seen = ChainMemory(stored / "chains-v1.json").get("town")

    assert seen is not None
    assert seen.chain_id == "town-1"
    assert (seen.first.height, seen.latest.height) == (2, 9000)
    assert seen.latest.block_hash.startswith("CD")


def test_endpoints_v1(stored: Path) -> None:
    text = (stored / "endpoints-v1.json").read_text(encoding="utf-8")
    network = parse_network_file(text, source="endpoints-v1.json")

    assert network.chain_id == "plurichain-local-1"
    assert network.endpoints == (Endpoint("127.0.0.1:9090", "http://127.0.0.1:26657"),)
    assert network.faucet_mnemonic_file.endswith("faucet.mnemonic")


def test_every_version_has_its_sample(stored: Path) -> None:
    from plurichain.chain.journal.schema import MIGRATIONS

    for kind, suffix, version in (
        ("journal", "db", len(MIGRATIONS)),
        ("key-test", "json", KEY_VERSION),
        ("key-file", "json", KEY_VERSION),
        ("config", "toml", CONFIG_VERSION),
        ("chains", "json", CHAINS_VERSION),
        ("endpoints", "json", ENDPOINTS_VERSION),
    ):
        for number in range(1, version + 1):
            assert (stored / f"{kind}-v{number}.{suffix}").exists(), kind
