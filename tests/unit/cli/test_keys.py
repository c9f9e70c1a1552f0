"""Keys: secrets come from prompts and files and go nowhere else."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from plurichain.config import Endpoint, Network, save_network
from plurichain.identifiers import Address
from tests.unit.cli.conftest import Run

#: BIP-39's test vector of all zeros; its first cosmos account is known from many wallets.
MNEMONIC = "abandon " * 11 + "about"
ADDRESS_HEX = Address.parse("cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4").hex


@pytest.fixture
def networks() -> None:
    """Configure a localnet, which is the default, and a network that keeps keys encrypted."""
    node = Endpoint("127.0.0.1:1", "http://127.0.0.1:1")
    for name, is_localnet in (("local", True), ("town", False)):
        save_network(
            Network(
                name=name,
                chain_id=f"{name}-1",
                prefix="pluri",
                endpoints=(node,),
                fee_denom="upluri",
                gas_price=Fraction(0),
                keyring="test" if is_localnet else "file",
                is_localnet=is_localnet,
            )
        )


@pytest.mark.usefixtures("networks")
def test_a_key_from_adding_to_deleting(run: Callable[..., Run], tmp_path: Path) -> None:
    words = tmp_path / "words"
    added = run("keys", "add", "town", "--mnemonic-file", str(words), "--output", "json")
    assert added.status == 0, added.err
    mnemonic = words.read_text(encoding="utf-8").strip()
    assert len(mnemonic.split()) == 24
    assert stat.S_IMODE(words.stat().st_mode) == 0o600
    assert mnemonic not in added.out + added.err
    address = json.loads(added.out)["address"]

    assert run("keys", "add", "town").err.startswith("error: a key called 'town' exists already")
    copied = run("keys", "import", "copy", "--file", str(words), "--output", "json")
    assert json.loads(copied.out)["address"] == address
    listed = json.loads(run("keys", "list", "--output", "json").out)
    assert [row["name"] for row in listed] == ["copy", "town"]

    assert run("keys", "export", "town").status == 2
    key_file = tmp_path / "key"
    assert run("keys", "export", "town", "--file", str(key_file)).status == 0
    private = key_file.read_text(encoding="utf-8").strip()
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert run("keys", "export", "town", "--file", str(key_file)).status == 1
    assert key_file.read_text(encoding="utf-8").strip() == private
    third = run("keys", "import", "third", "--private-key", "--output", "json", stdin=private)
    assert json.loads(third.out)["address"] == address

    assert run("keys", "delete", "town").status == 2
    assert run("keys", "delete", "town", "--yes").status == 0
    missing = run("keys", "show", "town")
    assert missing.status == 1
    assert "plurichain keys add town" in missing.err


@pytest.mark.usefixtures("networks")
def test_a_mnemonic_gives_the_address_that_wallets_give(run: Callable[..., Run]) -> None:
    assert run("keys", "import", "known", stdin=MNEMONIC).status == 0
    shown = json.loads(run("keys", "show", "known", "--output", "json").out)

    assert shown["address_hex"] == ADDRESS_HEX


@pytest.mark.usefixtures("networks")
@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        ((), "abandon " * 12, "mnemonic"),
        ((), "not words at all", "mnemonic"),
        (("--private-key",), "zz", "private key: not hex"),
        (("--private-key",), "00" * 32, "private key"),
        (("--private-key",), "ab", "32 bytes"),
    ],
)
def test_a_bad_secret_is_refused_and_never_shown(
    run: Callable[..., Run], arguments: tuple[str, ...], stdin: str, said: str
) -> None:
    shown = run("keys", "import", "bad", *arguments, stdin=stdin)

    assert shown.status == 1
    assert said in shown.err
    assert stdin.strip() not in shown.err
    assert run("keys", "list").out.startswith("no key yet")


@pytest.mark.usefixtures("networks")
def test_a_key_without_a_terminal_says_where_its_words_are(run: Callable[..., Run]) -> None:
    shown = run("keys", "add", "device")

    assert shown.status == 0
    assert "--mnemonic-file" in shown.err
    assert len(shown.out.split()) == 4


def _run_on_terminal(arguments: list[str], typed: dict[str, str]) -> tuple[int, str]:
    """Run a command on a terminal, answer its questions, and return what was on the screen."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "plurichain", *arguments], stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    screen = b""
    answers = dict(typed)
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:  # Linux reports the other end's closing so
            break
        if not chunk:
            break
        screen += chunk
        for question in [each for each in answers if each.encode() in screen]:
            os.write(master, f"{answers.pop(question)}\n".encode())
    os.close(master)
    return process.wait(timeout=30), screen.decode()


@pytest.mark.usefixtures("networks")
def test_on_a_terminal_the_words_are_shown_once(run: Callable[..., Run]) -> None:
    status, screen = _run_on_terminal(["keys", "add", "town", "--words", "12"], {})

    assert status == 0
    words = screen.partition("owns the key:")[2].split()
    assert len(words) == 12
    mnemonic = " ".join(words)
    assert screen.count(mnemonic) == 1
    again = run("keys", "import", "again", "--output", "json", stdin=mnemonic)
    assert json.loads(again.out)["address"] in screen


@pytest.mark.usefixtures("networks")
def test_on_a_terminal_secrets_are_asked_for_and_not_echoed() -> None:
    status, screen = _run_on_terminal(
        ["keys", "import", "town", "--network", "town"],
        {
            "The mnemonic": MNEMONIC,
            "New passphrase for the key 'town':": "correct horse",
            "Repeat for confirmation": "correct horse",
        },
    )

    assert status == 0, screen
    assert "abandon" not in screen
    assert "correct horse" not in screen


@pytest.mark.usefixtures("networks")
def test_the_file_keyring_takes_its_passphrase_from_a_file_only(
    run: Callable[..., Run], tmp_path: Path
) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse\nsecond line\n", encoding="utf-8")
    use = ("--network", "town")
    nobody = run("keys", "import", "town", *use, stdin=MNEMONIC)
    assert nobody.status == 1
    assert "--passphrase-file" in nobody.err
    with_file = (*use, "--passphrase-file", str(passphrase))
    assert run("keys", "import", "town", *with_file, stdin=MNEMONIC).status == 0
    home = Path(os.environ["PLURICHAIN_HOME"])
    stored = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert b"correct horse" not in stored
    assert run("keys", "list", *use).status == 0

    wrong = tmp_path / "wrong"
    wrong.write_text("battery staple\n", encoding="utf-8")
    out = tmp_path / "out"
    refused = run(
        "keys", "export", "town", *use, "--passphrase-file", str(wrong), "--file", str(out)
    )
    assert refused.status == 1
    assert "battery staple" not in refused.err
    assert not out.exists()
    for content in ("", "\n"):
        wrong.write_text(content, encoding="utf-8")
        empty = run("keys", "export", "town", *use, "--passphrase-file", str(wrong), "--file", "x")
        assert "first line is empty" in empty.err
    gone = run("keys", "export", "town", *use, "--passphrase-file", "gone", "--file", "x")
    assert "passphrase file gone: No such file or directory" in gone.err


@pytest.mark.usefixtures("networks")
def test_a_network_without_a_faucet_says_so(run: Callable[..., Run]) -> None:
    run("keys", "add", "town")
    shown = run("keys", "fund", "town", "5ueur")

    assert shown.status == 1
    assert "has no faucet" in shown.err
    assert "'5' is not an amount" in run("keys", "fund", "town", "5").err


@pytest.mark.usefixtures("networks")
def test_several_keys_must_be_told_apart(run: Callable[..., Run]) -> None:
    none = run("bid", "status", "--auction-id", "1")
    assert none.status == 1
    assert "there is no key yet" in none.err
    assert "plurichain keys add NAME" in none.err
    for name in ("a", "b"):
        run("keys", "add", name)
    several = run("bid", "status", "--auction-id", "1")
    assert "there are 2 keys: a, b" in several.err
    assert "--key NAME" in several.err


@pytest.mark.usefixtures("networks")
def test_sealing_offline_with_a_key_fills_the_vault(
    run: Callable[..., Run], tmp_path: Path
) -> None:
    """The salt is the key's: sealing the same bid again is the next attempt, with another."""
    run("keys", "import", "known", stdin=MNEMONIC)
    address = json.loads(run("keys", "show", "known", "--output", "json").out)["address"]
    terms = tmp_path / "terms.toml"
    terms.write_text(
        'side = "forward"\npayment_rule = "pay_as_bid"\nquantity = 10\nlot_denom = "watthour"\n'
        'payment_denom = "ueur"\nprice_limit = 9\ncommit_window = "9s"\nreveal_window = "9s"\n',
        encoding="utf-8",
    )
    bid = tmp_path / "bid.csv"
    bid.write_text(f"bidder,quantity,price\n{address},10,9\n", encoding="utf-8")
    words = f"--auction-id 1 --bidder {address} --key known --chain-id".split()
    files = ("--terms", str(terms), "--bid", str(bid))
    runs = [
        run("bid", "seal", "--offline", *files, *words, "local-1", "--output", "json")
        for _ in range(2)
    ]
    from plurichain.keyring import Keyring
    from plurichain.vault import Vault

    home = Path(os.environ["PLURICHAIN_HOME"])
    key = Keyring.open("test", home / "keys", is_localnet=True).get("known")
    with Vault.open(home, key) as vault:
        openings = vault.list_all()

    assert [each.attempt for each in openings] == [1, 2]
    assert [json.loads(each.out)["bid_commitment"] for each in runs] == [
        each.bid_commitment.hex() for each in openings
    ]
    other = run("bid", "seal", "--offline", *files, *words, "other-1")
    assert other.status == 1
    assert "--chain-id is other-1, but the network local is local-1" in other.err


@pytest.mark.usefixtures("networks")
def test_a_path_and_a_prefix_are_chosen(run: Callable[..., Run]) -> None:
    default = json.loads(run("keys", "import", "a", "--output", "json", stdin=MNEMONIC).out)[
        "address"
    ]
    second = run(
        *("keys", "import", "b", "--path", "m/44'/118'/0'/0/1", "--prefix", "cosmos"),
        *("--output", "json"),
        stdin=MNEMONIC,
    )
    shown = json.loads(second.out)["address"]

    assert shown.startswith("cosmos1")
    assert (
        shown
        != json.loads(run("keys", "show", "a", "--prefix", "cosmos", "--output", "json").out)[
            "address"
        ]
    )
    assert json.loads(run("keys", "show", "a", "--output", "json").out)["address"] == default
    wrong = run("keys", "import", "c", "--path", "m/x", stdin=MNEMONIC)
    assert wrong.status == 1
    assert "not a BIP-32 path" in wrong.err


@pytest.mark.usefixtures("networks")
def test_an_armored_key_goes_out_and_comes_back(run: Callable[..., Run], tmp_path: Path) -> None:
    run("keys", "import", "known", stdin=MNEMONIC)
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse\n")
    armor = tmp_path / "known.armor"
    common = ("--armor", "--file", str(armor), "--armor-passphrase-file", str(passphrase))
    written = run("keys", "export", "known", *common)
    assert written.status == 0, written.err
    assert armor.stat().st_mode & 0o777 == 0o600
    again = run("keys", "import", "again", *common, "--output", "json")
    assert again.status == 0, again.err
    known = json.loads(run("keys", "show", "known", "--output", "json").out)
    assert json.loads(again.out)["address"] == known["address"]
    passphrase.write_text("wrong\n")
    refused = run("keys", "import", "third", *common)
    assert refused.status == 1
    assert "wrong passphrase" in refused.err


@pytest.mark.usefixtures("networks")
def test_a_device_key_from_adding_to_deleting(run: Callable[..., Run], tmp_path: Path) -> None:
    """An ed25519 key is listed, exported and imported like others, and is never an account."""
    added = run("keys", "add", "meter", "--type", "ed25519", "--output", "json")
    assert added.status == 0, added.err
    record = json.loads(added.out)
    assert record["type"] == "ed25519"
    assert len(record["public_key"]) == 64
    assert run("keys", "add", "town").status == 0
    listed = json.loads(run("keys", "list", "--output", "json").out)
    assert [(row["name"], row["type"], row["address"] is None) for row in listed] == [
        ("meter", "ed25519", True),
        ("town", "secp256k1", False),
    ]
    assert json.loads(run("keys", "show", "meter", "--output", "json").out) == record

    file = tmp_path / "meter.key"
    assert run("keys", "export", "meter", "--file", str(file)).status == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    options = ("--type", "ed25519", "--private-key", "--file", str(file))
    copied = json.loads(run("keys", "import", "copy", *options, "--output", "json").out)
    assert copied["public_key"] == record["public_key"]
    refused = run("keys", "export", "meter", "--armor", "--file", str(tmp_path / "no"))
    assert refused.status == 2
    assert "ed25519" in refused.err
    assert run("keys", "import", "no", "--type", "ed25519", "--file", str(file)).status == 2
    words = ("--mnemonic-file", str(tmp_path / "words"))
    assert run("keys", "add", "no", "--type", "ed25519", *words).status == 2
    assert run("keys", "delete", "meter", "--yes").status == 0
    names = [row["name"] for row in json.loads(run("keys", "list", "--output", "json").out)]
    assert names == ["copy", "town"]
