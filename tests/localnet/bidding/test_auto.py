"""`bid auto` unattended: killed anywhere, started again, through silence, without a trace."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plurichain.auction.commitment import compute_bid_key
from plurichain.chain.auctions.queries import AuctionQueries
from plurichain.chain.nodes.client import ChainClient
from plurichain.config import Network
from plurichain.keyring import Keyring
from plurichain.vault import Opening, Vault
from tests.localnet.bidding.conftest import Person, create_auction, wait_for_phase

if TYPE_CHECKING:
    from plurichain.harness import LocalChain

#: The line after which a run is killed; the number counts lines of that name.
KILL_POINTS = (
    ("sealed", 1),
    ("tx_signed", 1),
    ("tx_broadcast", 1),
    ("committed", 1),
    ("tx_signed", 2),
    ("tx_broadcast", 2),
)


def _get_auto(auction_id: int, bid: str, *more: str) -> tuple[str, ...]:
    return ("bid", "auto", "--auction-id", str(auction_id), "--bid", bid, *more)


def _kill_after(process: subprocess.Popen[str], name: str, count: int) -> None:
    """Read the steps of a run and send SIGKILL at once when the wanted one appears."""
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line).get("step") == name:
            count -= 1
        if not count:
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=20)
            assert process.returncode == -signal.SIGKILL
            return
    raise AssertionError(f"the run ended before {name}: {process.communicate()[1]}")


def test_a_run_that_is_killed_anywhere_finishes_when_started_again(
    town: Person, make_person: Callable[..., Person]
) -> None:
    """Nothing is done twice: one accepted commit and one accepted reveal each."""
    people = [make_person(f"killed-{index}") for index in range(len(KILL_POINTS))]
    auction_id = create_auction(town, commit_window='"25s"', reveal_window='"15s"')

    def play(person: Person, name: str, count: int) -> dict[str, object]:
        command = _get_auto(auction_id, person.write_bid((1000, 100)), "--output", "ndjson")
        _kill_after(person.start(*command), name, count)
        again = person.run_process(*command)
        assert again.status == 0, again.err
        last: dict[str, object] = json.loads(again.out.splitlines()[-1])
        return last

    with ThreadPoolExecutor(len(people)) as pool:
        ends = list(pool.map(play, people, *zip(*KILL_POINTS, strict=True)))
    for person, point, end in zip(people, KILL_POINTS, ends, strict=True):
        assert (end["phase"], end["revealed"], end["committed_attempt"]) == ("cleared", True, 1), (
            point
        )
        assert end["allocation"] == "1000"
        entries = person.run_json("tx", "list")
        accepted = sorted(row["purpose"] for row in entries if row["status"] == "accepted")
        assert accepted == ["commit", "reveal"], point
        assert all(row["final"] for row in entries), point
        assert not [row for row in entries if row["status"] == "failed"], point


def test_another_bid_file_is_recommitted_while_there_is_time(
    town: Person, make_person: Callable[..., Person]
) -> None:
    """A device that is told a new bid before the deadline replaces the old one."""
    device = make_person("device")
    auction_id = create_auction(town, commit_window='"20s"', reveal_window='"10s"')
    first = device.start(
        *_get_auto(auction_id, device.write_bid((1000, 100)), "--output", "ndjson")
    )
    _kill_after(first, "committed", 1)
    (device.home / "vault.db").unlink()
    command = _get_auto(auction_id, device.write_bid((2000, 90)), "--until", "revealed")
    status = device.run_json(*command)

    assert (status["committed_attempt"], status["revealed"]) == (2, True)
    wait_for_phase(town, auction_id, "cleared")
    again = device.run_json(*command)
    assert again["allocation"] == "2000"


def test_silence_of_the_node_is_told_early_and_survived(
    town: Person, make_person: Callable[..., Person], localnet_chain: LocalChain
) -> None:
    device = make_person("patient")
    auction_id = create_auction(town, commit_window='"15s"', reveal_window='"25s"')
    bid = device.write_bid((1000, 100))
    process = device.start(
        *_get_auto(auction_id, bid, "--output", "ndjson", "--timeout", "0.5", "--until", "revealed")
    )
    assert process.stdout is not None
    node = localnet_chain.nodes[0]
    warned = None
    try:
        for line in process.stdout:
            step = json.loads(line)
            if step.get("step") == "waiting":
                node.pause()
            if step.get("warning"):
                warned = step
                break
    finally:
        node.resume()
    out, err = process.communicate(timeout=60)

    assert process.returncode == 0, err
    assert warned is not None
    assert warned["step"] == "node_silent"
    assert "left to reveal" in warned["text"]
    assert json.loads(out.splitlines()[-1])["revealed"] is True


def test_money_that_arrives_late_is_waited_for(
    town: Person, make_person: Callable[..., Person]
) -> None:
    """Short at the reveal: warned of at the commit, revealed once the coins are there."""
    poor = make_person("poor", "500000ueur,1000upluri")
    auction_id = create_auction(town, commit_window='"12s"', reveal_window='"30s"')
    command = _get_auto(auction_id, poor.write_bid((1000, 100)), "--output", "ndjson")
    process = poor.start(*command, "--until", "revealed")
    assert process.stdout is not None
    steps = []
    for line in process.stdout:
        step = json.loads(line)
        steps.append(step)
        if "watthour short" in step.get("text", ""):
            poor.run_json("keys", "fund", "poor", "1000watthour")
            break
    out, err = process.communicate(timeout=60)

    assert process.returncode == 0, err
    early = [step for step in steps if step["step"] == "escrow_missing"]
    assert early
    assert early[0]["warning"] is True
    assert "watthour" in early[0]["text"]
    assert json.loads(out.splitlines()[-1])["admissible"] is True


def test_ctrl_c_while_a_transaction_is_on_its_way(
    town: Person, make_person: Callable[..., Person], localnet_chain: LocalChain
) -> None:
    """Status 5 and its hash; `tx wait` then says what became of it."""
    hasty = make_person("hasty")
    auction_id = create_auction(town, commit_window='"8s"', reveal_window='"1s"')
    node = localnet_chain.nodes[0]
    command = _get_auto(auction_id, hasty.write_bid((1000, 100)), "--output", "ndjson")
    process = hasty.start(*command, "--timeout", "20")
    assert process.stdout is not None
    tx_hash = ""
    try:
        for line in process.stdout:
            step = json.loads(line)
            if step["step"] == "tx_signed":
                tx_hash = step["tx_hash"]
                node.pause()
                process.send_signal(signal.SIGINT)
                break
        _, err = process.communicate(timeout=30)
    finally:
        node.resume()

    assert process.returncode == 5, err
    assert f"the outcome of transaction {tx_hash} is unknown" in err
    assert f"plurichain tx wait {tx_hash}" in err
    assert "Traceback" not in err
    waited = hasty.run("tx", "wait", tx_hash, "--output", "json")
    assert waited.status in {0, 3}
    assert json.loads(waited.out)["final"] is True


class _Secrets:
    """What must not be seen anywhere but in the vault and the keyring."""

    def __init__(self, mnemonic: str) -> None:
        from plurichain.keyring import derive_private_key

        private = derive_private_key(mnemonic)
        bid_key = compute_bid_key(private)
        self.texts = [mnemonic, " ".join(mnemonic.split()[:4]), private.hex(), bid_key.hex()]
        self.blobs = [private, bid_key]

    def add(self, opening: Opening) -> None:
        for secret in (opening.salt, opening.bid_bytes):
            self.texts += [secret.hex(), secret.hex().upper()]
            self.blobs.append(secret)

    def find_in(self, data: bytes) -> list[str]:
        """Return what kind of secret the bytes hold."""
        import base64

        lower = data.lower()
        found = [text[:6] for text in self.texts if text.lower().encode() in lower]
        for blob in self.blobs:
            if blob in data or base64.b64encode(blob) in data:
                found.append("raw")
        return found


def test_no_secret_leaves_vault_and_keyring_before_the_reveal(
    town: Person, make_person: Callable[..., Person], tmp_path: Path
) -> None:
    """A whole round with everything logged; all output, files and command lines are searched."""
    person = make_person("secretive")
    words = tmp_path / "words"
    person.run_json("keys", "add", "other", "--mnemonic-file", str(words))
    mnemonic = words.read_text(encoding="utf-8").strip()
    words.unlink()
    importer = make_person("importer", money="")
    importer.run_json("keys", "import", "again", "--file", _write_new(tmp_path / "w", mnemonic))
    (tmp_path / "w").unlink()
    other = person.run_json("keys", "show", "other")["address"]
    secrets = _Secrets(mnemonic)
    seen: list[bytes] = []
    _fund(town, other)
    auction_id = create_auction(town, commit_window='"20s"', reveal_window='"10s"')
    bid = person.write("bid.csv", "bidder,quantity,price\nother,4321,123\n")
    log = tmp_path / "log.json"
    logging = ("-vv", "--log-format", "json", "--log-file", str(log))
    command = _get_auto(auction_id, bid, "--key", "other", *logging)
    process = person.start(*command)
    assert process.stderr is not None
    arguments = [
        Path(f"/proc/{process.pid}/{file}").read_bytes() for file in ("cmdline", "environ")
    ]
    while "committed attempt" not in (line := process.stderr.readline()):
        assert line, "the run ended early"
        seen.append(line.encode())
    key = Keyring.open("test", person.home / "keys", is_localnet=True).get("other")
    with Vault.open(person.home, key) as vault:
        [opening] = vault.list_all()
    secrets.add(opening)

    for place in arguments:
        assert not secrets.find_in(place)
    status = person.run("bid", "status", "--auction-id", str(auction_id), "--key", "other", "-vv")
    tx = person.run("tx", "list", "-vv", "--output", "json")
    seen += [each.encode() for run in (status, tx) for each in (run.out, run.err)]
    holders = {path.name for path in _list_files(person.home) if secrets.find_in(path.read_bytes())}
    assert holders == {"other.json"}, "the vault itself is encrypted"
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    seen += [out.encode(), err.encode(), log.read_bytes()]
    assert b'"level": "debug"' in log.read_bytes()
    assert b'"level": "info"' in log.read_bytes()
    for place in seen:
        assert not secrets.find_in(place)


def _write_new(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def _fund(town: Person, address: str) -> None:
    """Have the faucet pay an address that is no key of the town's."""
    from plurichain.config.config_toml import parse_config
    from plurichain.harness import open_faucet
    from plurichain.identifiers import Address
    from plurichain.units import parse_coins

    path = town.home / "config.toml"
    network = parse_config(path.read_text(encoding="utf-8"), source="config").get_network()
    with open_faucet(network) as faucet:
        faucet.fund({Address.parse(address): parse_coins("10000000ueur,100000watthour")})


def _list_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_block_after_the_deadline_is_too_late(
    town: Person, make_person: Callable[..., Person], client: ChainClient
) -> None:
    """The first block at or past the deadline refuses a commit, and the line says by how much."""
    late = make_person("late")
    auction_id = create_auction(town, commit_window='"3s"', reveal_window='"8s"')
    from plurichain.chain.auctions.queries import AuctionQueries

    auction = AuctionQueries(client).get_auction(auction_id)
    client.wait_for_time(auction.commit_deadline_ns, timeout_s=20)
    refused = late.run(
        "bid", "commit", "--auction-id", str(auction_id), "--bid", late.write_bid((1, 1))
    )

    assert refused.status == 1
    assert f"auction {auction_id} is revealing: too late to seal a bid by" in refused.err
    auto = late.run(*_get_auto(auction_id, late.write_bid((1, 1))))
    assert auto.status == 1
    assert "too late to commit a bid by" in auto.err


def test_a_device_that_starts_before_its_node_bids_and_reveals_early(
    town: Person, make_person: Callable[..., Person], localnet_chain: LocalChain, network: Network
) -> None:
    """Its first endpoint is dead for good, its second one silent at the start."""
    from plurichain.config import Endpoint, save_network

    device = make_person("early")
    auction_id = create_auction(town, commit_window='"25s"', reveal_window='"20s"')
    dead = Endpoint("127.0.0.1:1", "http://127.0.0.1:1")
    endpoints = (dead, *network.endpoints)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLURICHAIN_HOME", str(device.home))
        save_network(replace(network, endpoints=endpoints))
    bid = device.write_bid((1000, 100))
    node = localnet_chain.nodes[0]
    node.pause()
    try:
        process = device.start(*_get_auto(auction_id, bid, "--output", "ndjson", "--timeout", "1"))
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
    finally:
        node.resume()
    out, err = process.communicate(timeout=90)

    assert process.returncode == 0, err
    assert (first["step"], first["warning"]) == ("node_silent", True)
    end = json.loads(out.splitlines()[-1])
    assert (end["phase"], end["allocation"]) == ("cleared", "1000")
    with ChainClient(network) as client:
        queries = AuctionQueries(client)
        auction = queries.get_auction(auction_id)
        reveal = queries.get_reveal(auction_id, device.address)
    assert reveal is not None
    late_ns = reveal.revealed_at_ns - auction.commit_deadline_ns
    window_ns = auction.reveal_deadline_ns - auction.commit_deadline_ns
    assert late_ns < window_ns // 2, f"revealed {late_ns} ns into a window of {window_ns} ns"
