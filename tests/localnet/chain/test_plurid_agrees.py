"""The chain's own program derives the same address and signs the same bytes."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

from plurichain.chain.transactions import messages
from plurichain.chain.transactions.signing import (
    build_auth_info,
    build_body,
    compute_tx_hash,
    sign_tx,
)
from plurichain.identifiers import Address
from plurichain.keyring import Key, derive_private_key, make_mnemonic
from plurichain.units import Coin

SINK = Address(b"\x05" * 20, "pluri")


def test_address_and_signed_bytes(plurid_binary: Path, tmp_path: Path) -> None:
    mnemonic = make_mnemonic(24)
    key = Key("alice", derive_private_key(mnemonic))
    common = ["--home", str(tmp_path / "home"), "--keyring-backend", "test"]

    def run(*arguments: str, given: str = "") -> str:
        done = subprocess.run(
            [str(plurid_binary), *arguments, *common],
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    added = run("keys", "add", "alice", "--recover", "--output", "json", given=f"{mnemonic}\n")
    assert json.loads(added)["address"] == str(key.address)

    offline = ["--offline", "--account-number", "7", "--sequence", "3"]
    unsigned = tmp_path / "unsigned.json"
    unsigned.write_text(
        run(
            *("tx", "bank", "send", str(key.address), str(SINK), "5ueur,9watthour"),
            *("--generate-only", "--gas", "123456", "--fees", "77upluri", "--note", "hello"),
            *offline,
        )
    )
    signed = tmp_path / "signed.json"
    signed.write_text(
        run(
            "tx",
            "sign",
            str(unsigned),
            "--from",
            "alice",
            "--sign-mode",
            "direct",
            *offline,
            "--chain-id",
            "chain-1",
        )
    )
    encoded = base64.b64decode(run("tx", "encode", str(signed)))

    ours = sign_tx(
        key,
        body=build_body(
            [messages.bank_send(key.address, SINK, [Coin("watthour", 9), Coin("ueur", 5)])],
            memo="hello",
        ),
        auth_info=build_auth_info(
            key.public_key, account_sequence=3, fee=[Coin("upluri", 77)], gas_limit=123_456
        ),
        chain_id="chain-1",
        account_number=7,
    )
    assert ours.tx_bytes == encoded
    assert ours.tx_hash == compute_tx_hash(encoded)
