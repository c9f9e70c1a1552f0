"""People with a home of their own who run the real program against the real chain."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plurichain.auction.terms_toml import format_terms_toml, parse_terms_toml
from plurichain.chain.nodes.client import ChainClient
from plurichain.cli.main import main
from plurichain.config import Network
from plurichain.identifiers import Address
from plurichain.units import parse_coins, parse_duration_ns

if TYPE_CHECKING:
    from plurichain.harness import Faucet, LocalChain

COMMAND_TIMEOUT_S = 60.0
TERMS = """\
title = "Ten kilowatt-hours"
side = "reverse"
payment_rule = "vcg"
quantity = 10000
lot_denom = "watthour"
payment_denom = "ueur"
reserve_price = 500
max_steps = 3
max_quantity = 9000
commit_window = "20s"
reveal_window = "20s"
"""
#: Windows that no pace changes: as short as it goes already, and such that nobody waits for.
SHORT_NS = 4_000_000_000
LONG_NS = 60_000_000_000
MONEY = "10000000ueur,100000watthour,1000000upluri"


@dataclass(frozen=True, slots=True)
class Run:
    """What a command came to."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Standard output as JSON; shows the errors if the command failed."""
        assert self.status == 0, self.err
        return json.loads(self.out)


@dataclass(slots=True)
class Person:
    """Somebody with a home, a key of their own name, and perhaps some money."""

    name: str
    home: Path
    address: Address
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What a command of this person sees."""
        return os.environ | {"PLURICHAIN_HOME": str(self.home)}

    def run(self, *arguments: str) -> Run:
        """Run a command to its end, in this process: what it imports is imported once."""
        out, err = io.TextIOWrapper(io.BytesIO()), io.TextIOWrapper(io.BytesIO())
        before = os.environ.get("PLURICHAIN_HOME", "")
        os.environ["PLURICHAIN_HOME"] = str(self.home)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                status = main(arguments)
        finally:
            os.environ["PLURICHAIN_HOME"] = before
        return Run(status, _get_text(out), _get_text(err))

    def run_process(self, *arguments: str) -> Run:
        """Run a command to its end in a process of its own; may be called from threads."""
        done = subprocess.run(
            [sys.executable, "-m", "plurichain", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=COMMAND_TIMEOUT_S,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def run_json(self, *arguments: str) -> Any:
        """Run a command that must succeed and return the JSON it prints."""
        return self.run(*arguments, "--output", "json").data

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command; it is ended with the test at the latest."""
        process = subprocess.Popen(
            [sys.executable, "-m", "plurichain", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
        )
        self.processes.append(process)
        return process

    def write(self, name: str, text: str) -> str:
        """Write a file and return its path."""
        path = self.home.parent / f"{self.name}-{name}"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def write_bid(self, *steps: tuple[int, int], side: str = "sell") -> str:
        """Write a bid of these steps and return its path."""
        entry = {"kind": "schedule", "side": side, "steps": steps}
        return self.write("bid.json", json.dumps(entry))


def _get_text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


@pytest.fixture(scope="session")
def network(localnet_chain: LocalChain) -> Network:
    """Give the network of the session's chain."""
    return localnet_chain.network()


@pytest.fixture
def client(network: Network) -> Iterator[ChainClient]:
    """Give a client of the session's chain."""
    with ChainClient(network) as client:
        yield client


@pytest.fixture
def make_person(
    tmp_path: Path, network: Network, localnet_faucet: Faucet
) -> Iterator[Callable[..., Person]]:
    """Give a function that makes a person with a key of that name and this much money."""
    people: list[Person] = []

    def make(name: str, money: str = MONEY) -> Person:
        person = _make_person(tmp_path / name / "home", name, network)
        people.append(person)
        if money:
            localnet_faucet.fund({person.address: parse_coins(money)})
        return person

    yield make
    for process in (process for person in people for process in person.processes):
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


def _make_person(home: Path, name: str, network: Network) -> Person:
    """Add network and key as the commands do, in this process: it starts faster."""
    from plurichain.config import save_network
    from plurichain.keyring import Keyring

    home.parent.mkdir(parents=True)
    before = os.environ.get("PLURICHAIN_HOME")
    os.environ["PLURICHAIN_HOME"] = str(home)
    try:
        save_network(network)
        keyring = Keyring.open(
            network.keyring, home / "keys", prefix=network.prefix, is_localnet=True
        )
        key, _ = keyring.create(name)
    finally:
        if before is not None:
            os.environ["PLURICHAIN_HOME"] = before
    return Person(name, home, key.address)


@pytest.fixture
def town(make_person: Callable[..., Person]) -> Person:
    """Give somebody who creates auctions."""
    return make_person("town", "1000000000ueur,10000000watthour,1000000upluri")


def change_terms(**changes: str) -> str:
    """Return the terms with these TOML values instead; an empty value leaves the key out."""
    lines = {line.partition(" = ")[0]: line for line in TERMS.splitlines()}
    lines |= {key: f"{key} = {value}" for key, value in changes.items()}
    kept = (line for key, line in lines.items() if changes.get(key, "x"))
    return format_terms_toml(parse_terms_toml("\n".join(kept), source="terms"))


def compute_pace() -> float:
    """Return what windows are multiplied by: shorter on a quiet machine, longer on a busy one.

    Tests spend their time waiting for windows to end, and windows have to be as long as their
    commands take.
    """
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    return min(max(0.4 * busy, 0.7), 1.5)


def stretch(window: str, pace: float) -> str:
    """Return a window as TOML, at that pace; what is short or very long stays as it is."""
    window_ns = parse_duration_ns(window.strip('"'))
    if not SHORT_NS < window_ns < LONG_NS:
        return window
    return f'"{max(int(window_ns * pace), SHORT_NS) // 1_000_000}ms"'


def create_auction(town: Person, **changes: str) -> int:
    """Create an auction, with windows at the machine's pace, and return its number."""
    pace = compute_pace()
    windows = {"commit_window": '"20s"', "reveal_window": '"20s"'}
    windows |= {name: text for name, text in changes.items() if name in windows}
    changes |= {name: stretch(text, pace) for name, text in windows.items()}
    path = town.write("terms.toml", change_terms(**changes))
    return int(town.run_json("auction", "create", path)["auction_id"])


def wait_for_phase(town: Person, auction_id: int, phase: str, *, timeout_s: float = 120.0) -> None:
    """Wait until block time has brought an auction into a phase.

    The longest window at the slowest pace is 45 s, and a busy machine takes its time to answer.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        seen = town.run_json("auction", "show", str(auction_id))["phase"]
        if seen == phase:
            return
        time.sleep(0.1)
    raise AssertionError(f"auction {auction_id} is {seen}, not {phase}, after {timeout_s} s")
