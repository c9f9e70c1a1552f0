"""What a scenario plays on: a chain, a reader, people's programs; all of it gone at the end."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from plurichain.bidding.account import Account, Observer
from plurichain.bidding.moments import SECOND_NS
from plurichain.chain.auctions.queries import AuctionQueries
from plurichain.chain.journal.journal import Journal
from plurichain.chain.nodes.client import ChainClient
from plurichain.chain.sending.sender import TxSender
from plurichain.errors import HarnessError, PlurichainError
from plurichain.harness import LocalChain, build_binary, make_plurid_topology
from plurichain.harness.accounts import compute_account
from plurichain.harness.processes import get_start_mark, is_running
from plurichain.keyring import Key
from plurichain.scenarios.processes import ProgramGroup
from plurichain.scenarios.scenes import Counted, Report, Said, Scene

if TYPE_CHECKING:
    from plurichain.config import Network
    from plurichain.harness import Topology

CHAIN_ID = "plurichain-demo-1"
POLL_S = 0.1
#: How much longer than the block time allows a wait of this process lasts.
GRACE_S = 10.0
BUSY = "the machine is too busy for this pace; give more time with --slower 9"


@dataclass(slots=True)
class Ended:
    """What there was, and that it has ended."""

    nodes: int = 0
    programs: int = 0
    kept: str = ""


@dataclass(slots=True)
class Stage:
    """A running chain with everything that reads it and acts on it."""

    chain: LocalChain
    topology: Topology
    network: Network
    client: ChainClient
    queries: AuctionQueries
    programs: ProgramGroup
    journal: Journal
    report: Report
    began_s: float
    ended: Ended = field(default_factory=Ended)
    start_s: float = 0.0
    """How long the chain took to start."""

    @property
    def observer(self) -> Observer:
        """A reader for the services, which reports to nobody."""
        return Observer(self.client, self.queries, self.network.chain_id)

    @property
    def folder(self) -> Path:
        """The folder that is removed with the chain."""
        return self.chain.folder

    def elapsed_s(self) -> float:
        """Seconds since the scenario began."""
        return time.monotonic() - self.began_s

    def tell(self, scene: Scene) -> None:
        """Report a scene."""
        self.report(scene)

    def say(self, text: str, *, is_event: bool = False) -> None:
        """Report one line."""
        self.report(Said(text, is_event))

    def make_key(self, name: str) -> Key:
        """Return the key of a person, which follows from the chain's seed."""
        private_key = compute_account(self.topology, name).private_key
        return Key(name, private_key, prefix=self.network.prefix)

    def make_account(self, key: Key) -> Account:
        """Return what signs for a key in this process."""
        sender = TxSender(self.client, key, self.journal)
        return Account(self.client, self.queries, self.network.chain_id, key=key, sender=sender)

    def wait_until(
        self, what: str, count: Callable[[], int], total: int, *, timeout_s: float
    ) -> None:
        """Wait until ``count`` reaches ``total``, reporting how far it is.

        Raises HarnessError at once if a program or the chain failed, or when time is up.
        """
        deadline = time.monotonic() + timeout_s
        seen = -1
        while True:
            done = count()
            if done != seen:
                seen = done
                self.report(Counted(what, done, total))
            if done >= total:
                return
            self.chain.validate_healthy()
            for program in self.programs.programs:
                program.validate_running()
            if time.monotonic() > deadline:
                raise HarnessError(
                    f"{what}: {done} of {total} after {timeout_s:g} s",
                    remedy=BUSY,
                )
            time.sleep(POLL_S)

    def wait_for_deadline(self, what: str, *, begin_ns: int, deadline_ns: int) -> None:
        """Wait until a block has the time of a deadline, reporting the seconds that are over.

        Raises as ``wait_until`` does.
        """
        total = max(-(-(deadline_ns - begin_ns) // SECOND_NS), 1)

        def count() -> int:
            now_ns = self.client.get_latest_header().time_ns
            if now_ns >= deadline_ns:
                return total
            return min(max((now_ns - begin_ns) // SECOND_NS, 0), total - 1)

        self.wait_until(f"{what}, in seconds", count, total, timeout_s=total + GRACE_S)


@contextlib.contextmanager
def open_stage(*, seed: int, keep: bool, report: Report) -> Iterator[Stage]:
    """Start a chain in a folder of its own; at the end nothing of it is left.

    After a failure, and with ``keep``, the folder stays and ``ended.kept`` says where; no
    process does, whatever happened. Raises HarnessError if one could not be ended.
    """
    began_s = time.monotonic()
    binary = build_binary(on_progress=lambda line: report(Said(line)))
    topology = make_plurid_topology(binary, seed=seed, chain_id=CHAIN_ID)
    folder = Path(tempfile.mkdtemp(prefix="plurichain-demo-"))
    starting_s = time.monotonic()
    chain = LocalChain.start(topology, folder)
    start_s = time.monotonic() - starting_s
    marks = [(node.pid, get_start_mark(node.pid)) for node in chain.nodes if node.pid]
    ended = Ended(nodes=len(chain.nodes))
    remove = not keep
    programs = ProgramGroup()
    try:
        network = chain.network()
        with (
            ChainClient(network) as client,
            Journal.open(chain.folder / "journal.db") as journal,
        ):
            yield Stage(
                chain, topology, network, client, AuctionQueries(client), programs, journal,
                report, began_s, ended, start_s,
            )  # fmt: skip
    except Exception as error:
        remove = False
        if isinstance(error, PlurichainError):
            error.remedy = "; ".join(filter(None, (error.remedy, chain.describe_folder())))
        raise
    finally:
        try:
            ended.programs = programs.end()
        finally:
            if not remove:
                ended.kept = chain.describe_folder()
            chain.stop(remove=remove)
    left = [pid for pid, mark in marks if is_running(pid, mark)]
    if left:
        raise HarnessError(f"processes of the chain are left: {', '.join(map(str, left))}")
