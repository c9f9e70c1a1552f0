"""Ctrl-C while a transaction is waited for: its hash is said, and nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from plurichain.chain import ChainClient, Journal, OutcomeStatus, TxSender
from plurichain.config import Network, journal_path, make_home_folder, save_network
from plurichain.keyring import Key
from tests.localnet.chain.test_sending import pay

WAIT = (sys.executable, "-m", "plurichain", "tx", "wait", "-vv", "--log-format", "json")


def test_ctrl_c_in_a_wait_says_the_hash_and_how_to_go_on(
    network: Network, client: ChainClient, key: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLURICHAIN_HOME", str(tmp_path / "home"))
    make_home_folder()
    save_network(network)
    with Journal.open(journal_path()) as journal:
        sender = TxSender(client, key, journal)
        entry = sender.prepare(pay(key), purpose="pay", auction_id=7)  # no node has it yet
        waiting = subprocess.Popen(
            [*WAIT, entry.tx_hash, "--network", network.name],
            env=dict(os.environ),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert waiting.stderr is not None
        lines = []
        for line in waiting.stderr:
            lines.append(line)
            if entry.tx_hash in line:  # a call for this very transaction: it waits
                break
        else:
            pytest.fail(f"it ended by itself: {lines}")
        begun = time.monotonic()
        waiting.send_signal(signal.SIGINT)
        rest = waiting.stderr.read()
        assert waiting.wait(20) == 5
        waiting.stderr.close()

        assert time.monotonic() - begun < 10
        assert f"the outcome of transaction {entry.tx_hash} is unknown" in rest
        assert f"plurichain tx wait {entry.tx_hash}" in rest
        assert "Traceback" not in rest
        assert '"auction_id": 7' in lines[-1]
        (outcome,) = sender.resume()
        assert outcome.status is OutcomeStatus.ACCEPTED
