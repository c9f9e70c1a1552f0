"""Tracker and relayer killed at random points: what is known in the end is what it would be.

Beside the tracker that is killed runs one that never is, over the same chains, to the same last
blocks: their dumps are equal to the byte. Blocks recorded meanwhile, by a recorder that is killed
too, give the same dump again.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from plurichain.chain.ibc.queries import IbcQueries
from plurichain.chain.nodes.client import ChainClient
from plurichain.config import save_network
from plurichain.harness import LocalChains
from plurichain.ibc.packet_story import Fault
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.link import Link
from plurichain.tracker.blocks import Missing, TrackedBlock
from plurichain.tracker.dump import dump_store
from plurichain.tracker.follower import FollowedChain, Follower
from plurichain.tracker.live import LiveSource, find_route
from plurichain.tracker.store import PacketStore
from tests.localnet.ibc import relaying
from tests.localnet.ibc.relaying import count_waiting, send

SECOND_NS = 10**9
PATIENCE_S = 240
"""For one thing to happen; programs are begun again and again, which a busy machine feels."""
wait_until = functools.partial(relaying.wait_until, timeout_s=PATIENCE_S)
BEYOND = 30
"""How many blocks after the last packet the pinned ones are: nobody has read them yet."""
MOSTLY = 0.7
TOLD = (
    "SELECT (SELECT count(*) + count(ended_height) FROM sent)"
    " + (SELECT count(received_height) + count(answered_height) FROM received)"
)

pytestmark = pytest.mark.timeout(900)


class PinnedSource:
    """Blocks of a chain up to ``last``, which is told while it is read."""

    def __init__(self, client: ChainClient, first: int) -> None:
        self._source = LiveSource(client, first=first)
        self.last: int | None = None

    @property
    def chain_id(self) -> str:
        return self._source.chain_id

    def read_after(self, height: int | None) -> TrackedBlock | Missing | None:
        if self.last is not None and height is not None and height >= self.last:
            return None
        return self._source.read_after(height)


@dataclass
class Undisturbed:
    """A tracker in a thread that nothing happens to."""

    store: PacketStore
    sources: dict[str, PinnedSource]
    said: list[str] = field(default_factory=list)

    def pin(self, heights: dict[str, int]) -> None:
        """Have it read up to these blocks, by chain id, and no further."""
        for chain_id, source in self.sources.items():
            source.last = heights[chain_id]

    def wait(self, heights: dict[str, int]) -> None:
        """Wait until it has read up to these blocks."""

        def is_there() -> bool:
            cursors = {each.chain_id: each.height for each in self.store.list_cursors()}
            assert all(cursors[chain_id] <= heights[chain_id] for chain_id in cursors), cursors
            return cursors == heights

        wait_until(is_there, f"the undisturbed tracker reads up to {heights}; {self.said}")


@contextlib.contextmanager
def undisturbed(chains: LocalChains, path: Path, first: int) -> Iterator[Undisturbed]:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(ChainClient(each.network())) for each in chains.values()]
        sources = {client.network.chain_id: PinnedSource(client, first) for client in clients}
        tracker = Undisturbed(stack.enter_context(PacketStore.open(path)), sources)
        followed = [
            FollowedChain(source, lambda end, client=client: find_route(  # type: ignore[misc]
                IbcQueries(client), client.network.chain_id, end))
            for client, source in zip(clients, sources.values(), strict=True)
        ]  # fmt: skip
        follower = Follower(tracker.store, followed, report=tracker.said.append)
        thread = threading.Thread(target=follower.run)
        thread.start()
        try:
            yield tracker
        finally:
            follower.stop()
            thread.join(30)
        assert not thread.is_alive(), "the undisturbed tracker did not end"
        assert not follower.failures, follower.failures


class Program:
    """A command of plurichain that can be killed and begun again; its output is kept."""

    def __init__(self, folder: Path, *arguments: str, environment: dict[str, str]) -> None:
        self.arguments = arguments
        self.log = folder / f"{arguments[1]}.err"
        self.kills = 0
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> None:
        command = [sys.executable, "-m", "plurichain", *self.arguments, *more]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=log,
                env={**os.environ, **self._environment},
            )  # fmt: skip

    def kill(self) -> None:
        assert self._process is not None
        assert self._process.poll() is None, self.read_log()
        self._process.send_signal(signal.SIGKILL)
        assert self._process.wait() == -signal.SIGKILL
        self.kills += 1

    def wait(self, look: Callable[[], object]) -> None:
        """Wait for it to end by itself, without an error, for as long as it gets on.

        ``look`` shows how far it is.
        """
        assert self._process is not None
        seen, since_s = look(), time.monotonic()
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                assert self._process.wait(timeout=1) == 0, self.read_log()
                return
            now = look()
            if now != seen:
                seen, since_s = now, time.monotonic()
            assert time.monotonic() < since_s + PATIENCE_S, (seen, self.read_log())

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def read_log(self) -> str:
        return self.log.read_text(errors="replace")[-2_000:]


@dataclass
class Stage:
    """The chains, the channel and everything that is started over them."""

    pair: tuple[RelayChain, RelayChain]
    link: Link
    rng: random.Random
    relayer: Program
    tracker: Program
    recorder: Program
    open_store: Callable[[], PacketStore]
    begun: dict[str, int] = field(default_factory=dict)
    """Where each chain was when all this began: other tests share the chains."""
    told: int = 0
    """What the killed tracker's database said of packets when it was killed last."""

    @property
    def ends(self) -> tuple[tuple[RelayChain, str], tuple[RelayChain, str]]:
        a, b = self.pair
        return (a, self.link.a.channel_id), (b, self.link.b.channel_id)

    def send_both_ways(self, number: int, *, expires_ns: int) -> None:
        for (chain, channel), (other, _) in zip(self.ends, self.ends[::-1], strict=True):
            amounts = [self.rng.randint(1, 1_000) for _ in range(number)]
            send(chain, channel, str(other.address), amounts, expires_ns=expires_ns)

    def count_waiting(self) -> int:
        return sum(count_waiting(chain, channel) for chain, channel in self.ends)

    def wait_blocks(self, number: int) -> None:
        """Return as the last of so many blocks is there."""
        chain = self.rng.choice(self.pair)
        height = chain.client.get_latest_header().height + number
        assert chain.client.wait_for_block(height, timeout_s=PATIENCE_S, since_s=0), (
            f"no block {height}"
        )

    def read_cursors(self) -> dict[str, int]:
        with self.open_store() as store:
            return {each.chain_id: each.height for each in store.list_cursors()}

    def count_told(self) -> int:
        """Return how much the killed tracker's database says of packets."""
        with self.open_store() as store:
            [(count,)] = store.query(TOLD)
        return int(count)

    def restart_tracker(self, before: dict[str, int]) -> dict[str, int]:
        """Kill the tracker some time after it went on from where it had been.

        Mostly as soon as its database says more of packets: in the middle of a block, were it
        not taken in at once. Returns where it was when it was killed.
        """
        wait_until(
            lambda: all(now > before.get(chain_id, 0)
                        for chain_id, now in (self.read_cursors() or {"": 0}).items()),
            f"the tracker goes on after {before}; {self.tracker.read_log()}",
        )  # fmt: skip
        if self.rng.random() < MOSTLY:
            wait_until(lambda: self.count_told() > self.told, "the tracker knows more of packets")
        else:
            self.wait_blocks(self.rng.randint(1, 4))
        self.tracker.kill()
        cursors, self.told = self.read_cursors(), self.count_told()
        self.tracker.start()
        return cursors

    def restart_relayer(self) -> None:
        """Kill the relayer when it has done a part, drawn at random, of what there is to do."""
        left = self.rng.randint(0, self.count_waiting())
        wait_until(lambda: self.count_waiting() <= left, f"the relayer leaves {left} packets")
        self.relayer.kill()
        self.relayer.start()


@pytest.fixture
def home(linked_chains: LocalChains, tmp_path: Path) -> dict[str, str]:
    """Give the environment of programs that know both chains as networks "a" and "b"."""
    folder = tmp_path / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLURICHAIN_HOME", str(folder))
        for name, chain in linked_chains.items():
            save_network(chain.network(name))
    return {"PLURICHAIN_HOME": str(folder)}


@contextlib.contextmanager
def staged(
    chains: LocalChains,
    home: dict[str, str],
    folder: Path,
    first: int,
    tracking: Sequence[str],
    open_store: Callable[[], PacketStore],
    rng: random.Random,
) -> Iterator[Stage]:
    link = chains.links[0]
    allowed, begin = f"{link.a.port}/{link.a.channel_id}", ["--from", str(first)]
    with contextlib.ExitStack() as stack:
        a, b = (stack.enter_context(chains.open_relay_chain(name)) for name in "ab")
        stage = Stage(
            (a, b), link, rng,
            Program(folder, "ibc", "relay", "a", "b", "--allow", allowed, environment=home),
            Program(folder, "ibc", "track", "a", "b", *begin, *tracking, environment=home),
            Program(folder, "ibc", "record", "a", "b", *begin, "--folder", str(folder / "blocks"),
                    environment=home),
            open_store,
        )  # fmt: skip
        stage.begun = {each.chain_id: each.client.get_latest_header().height for each in (a, b)}
        for program in (stage.relayer, stage.tracker, stage.recorder):
            stack.callback(program.stop)
        yield stage


def disturb(stage: Stage, *, number: int, rounds: int) -> None:
    """Send ``number`` transfers both ways together in ``rounds`` bursts, killing all the while."""
    burst = number // rounds // 2
    stage.tracker.start()
    stage.recorder.start()
    cursors: dict[str, int] = {}
    for turn in range(rounds):
        if turn % 4 == 0:
            # While nobody carries anything: these come back.
            if turn:
                stage.relayer.kill()
            stage.send_both_ways(burst, expires_ns=SECOND_NS // 5)
            stage.wait_blocks(4)
            stage.relayer.start()
        else:
            stage.send_both_ways(burst, expires_ns=3_600 * SECOND_NS)
        cursors = stage.restart_tracker(cursors)
        if turn % 2:
            stage.restart_relayer()
        if turn % 3 == 1:
            stage.recorder.kill()
            stage.recorder.start()
    wait_until(lambda: stage.count_waiting() == 0, "all packets settled")


def run_disturbed(
    stage: Stage, beside: Undisturbed, folder: Path, *, number: int, rounds: int
) -> None:
    """Disturb all, let both trackers end at the same blocks, and hold them to each other."""
    disturb(stage, number=number, rounds=rounds)
    stage.tracker.kill()
    stage.recorder.kill()
    heights = {
        chain.chain_id: chain.client.get_latest_header().height + BEYOND for chain in stage.pair
    }
    beside.pin(heights)
    ends = [f"{name}={heights[chain.chain_id]}"
            for name, chain in zip("ab", stage.pair, strict=True)]  # fmt: skip
    stage.tracker.start(*(f"--until={end}" for end in ends))
    stage.recorder.start(*(f"--to={end}" for end in ends))
    beside.wait(heights)
    stage.tracker.wait(stage.read_cursors)
    stage.recorder.wait(lambda: [path.stat().st_size for path in (folder / "blocks").iterdir()])
    known = list(dump_store(beside.store))
    print(
        f"{len(known)} lines; the tracker was killed {stage.tracker.kills} times, the relayer "
        f"{stage.relayer.kills}, the recorder {stage.recorder.kills}"
    )
    with stage.open_store() as store:
        assert list(dump_store(store)) == known
    assert replay(folder, stage) == known
    validate_dump(known, stage, number=number)


def replay(folder: Path, stage: Stage) -> list[str]:
    """Return what `plurichain ibc replay` prints of what was recorded."""
    files = [str(folder / "blocks" / f"{chain.chain_id}.ndjson") for chain in stage.pair]
    command = [sys.executable, "-m", "plurichain", "ibc", "replay", *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def validate_dump(lines: list[str], stage: Stage, *, number: int) -> None:
    """See that both trackers did not agree on nothing."""
    rows = [json.loads(line) for line in lines]
    channels = {chain.chain_id: channel for chain, channel in stage.ends}
    sent = [
        row for row in rows
        if row.get("table") == "sent" and row["channel"] == channels.get(row["chain_id"])
        and row["sent_height"] > stage.begun[row["chain_id"]]
    ]  # fmt: skip
    ends = {state: sum(row["state"] == state for row in sent)
            for state in ("acknowledged", "timed-out")}  # fmt: skip
    print(ends)
    assert len(sent) >= number
    assert sum(ends.values()) == len(sent)
    assert min(ends.values()) > 0
    assert all(row["ended_result"] == "success" for row in sent)
    assert all(
        row["returned"] == f"{row['amount']} {row['denom']}"
        for row in sent
        if row["state"] == "timed-out"
    )
    assert [
        row for row in rows
        if row.get("table") == "oddity" and row["height"] > stage.begun[row["chain_id"]]
        # The relayer also carries what other tests had left before it was tracked.
        and row["reason"] != Fault.ENDED_UNSENT.value
    ] == []  # fmt: skip
    assert {row["state"] for row in rows if row.get("table") == "coverage"} == {"read"}
    assert len([row for row in rows if row.get("table") == "route"]) >= 2


def run_killed(
    chains: LocalChains,
    home: dict[str, str],
    folder: Path,
    *,
    number: int,
    rounds: int,
    database: str = "",
    open_store: Callable[[], PacketStore] | None = None,
    options: Sequence[str] = (),
) -> None:
    """Run it all, the killed tracker on SQLite unless another database is given."""
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    path = folder / "killed.db"
    opened = open_store or (lambda: PacketStore.open(path))
    tracking = ["--database", database or str(path), *options]
    # What the chains did for tests before is not read again and again.
    first = min(chain.nodes[0].get_height() for chain in chains.values())
    with (
        undisturbed(chains, folder / "undisturbed.db", first) as beside,
        staged(chains, home, folder, first, tracking, opened, random.Random(seed)) as stage,
    ):
        run_disturbed(stage, beside, folder, number=number, rounds=rounds)


def test_killed_among_a_hundred_transfers_both_ways(
    linked_chains: LocalChains, home: dict[str, str], tmp_path: Path
) -> None:
    run_killed(linked_chains, home, tmp_path, number=100, rounds=5, options=["--no-observe"])


@pytest.mark.long
@pytest.mark.postgres
def test_a_server_keeps_what_a_killed_tracker_knew(
    linked_chains: LocalChains, home: dict[str, str], tmp_path: Path, packet_store_url: str
) -> None:
    run_killed(
        linked_chains, home, tmp_path, number=200, rounds=10, database=packet_store_url,
        open_store=lambda: PacketStore.open(packet_store_url), options=["--no-observe"],
    )  # fmt: skip


@pytest.mark.long
def test_killed_among_two_thousand_transfers_both_ways(
    linked_chains: LocalChains, home: dict[str, str], tmp_path: Path
) -> None:
    run_killed(linked_chains, home, tmp_path, number=2_000, rounds=40)
