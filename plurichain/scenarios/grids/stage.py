"""What stories of several grids play on: chains in a line, their readers, people's programs."""

from __future__ import annotations

import contextlib
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plurichain.config import Config
from plurichain.config.config_toml import format_config
from plurichain.errors import HarnessError, PhaseError, PlurichainError
from plurichain.harness import build_binary
from plurichain.harness.chains import LocalChains
from plurichain.harness.links import make_line
from plurichain.harness.plurid import make_plurid_topologies
from plurichain.harness.processes import get_start_mark, is_running
from plurichain.scenarios.grids.grid import open_grid
from plurichain.scenarios.pace import get_pace, stretch
from plurichain.scenarios.processes import ProgramGroup
from plurichain.scenarios.scenes import Chapter, Counted, Said
from plurichain.scenarios.stage import BUSY, POLL_S
from plurichain.storage import make_private_folder, write_atomic

if TYPE_CHECKING:
    from plurichain.config import Network
    from plurichain.harness import Topology
    from plurichain.relayer.link import LinkEnd
    from plurichain.scenarios.grids.grid import Grid
    from plurichain.scenarios.processes import Program
    from plurichain.scenarios.scenes import Report, Scene

#: The day of the example is in the past, whenever the story is played.
READING_AGE_S: Final = 10 * 366 * 86_400
BLOCK_TIME_MS: Final = 200
#: How much longer than block time allows a wait lasts on a calm machine.
PATIENCE_S: Final = 30.0


@dataclass(slots=True)
class GridStage:
    """Grids in a line, a to b and so on, and the programs that were started."""

    chains: LocalChains
    topologies: Mapping[str, Topology]
    grids: Mapping[str, Grid]
    programs: ProgramGroup
    pool: ThreadPoolExecutor
    folder: Path
    report: Report
    began_s: float
    kept: str = ""

    def begin(self, number: int, title: str) -> None:
        """Report a chapter."""
        self.report(Chapter(number, title, self.elapsed_s()))

    def tell(self, scene: Scene) -> None:
        """Report a scene."""
        self.report(scene)

    def say(self, text: str, *, is_event: bool = False) -> None:
        """Report one line."""
        self.report(Said(text, is_event))

    def choose_pace(self, slower: int | None, *, calm_s: float | None = None) -> int:
        """Return by what deadlines are multiplied: ``slower``, or as the machine is busy.

        That is told by its load, and by how long all took until now if ``calm_s`` is how long
        it takes where nothing else wants the processors: the load is of the last minute.
        """
        if slower is not None:
            pace = slower
        else:
            pace = max(get_pace(), math.ceil(self.elapsed_s() / calm_s) if calm_s else 1)
        if pace > 1:
            why = "" if slower else "this machine is busy: "
            self.say(f"{why}what has a deadline has {pace} times as long as usual")
        return pace

    def elapsed_s(self) -> float:
        """Seconds since the story began."""
        return time.monotonic() - self.began_s

    def get_end(self, here: str, there: str) -> LinkEnd:
        """Return the end on ``here`` of the channel to ``there``."""
        ids = {self.grids[here].chain_id, self.grids[there].chain_id}
        for link in self.chains.links:
            if {link.a.chain_id, link.b.chain_id} == ids:
                return link.a if link.a.chain_id == self.grids[here].chain_id else link.b
        raise HarnessError(f"no link from {here} to {there}")

    def start_relayer(self, run: str) -> Program:
        """Start `plurichain ibc relay` over all grids, as a program with a home of its own."""
        networks = {grid.network.name: grid.network for grid in self.grids.values()}
        home = self.make_home("relayer", networks)
        arguments = ["ibc", "relay", *networks, "--output", "ndjson"]
        return self.programs.start("relayer", arguments, home, run=run)

    def make_home(self, name: str, networks: Mapping[str, Network]) -> Path:
        """Make the home of a program that knows these networks, and return its folder."""
        home = make_private_folder(self.folder / name)
        config = Config(default_network=next(iter(networks)), networks=dict(networks))
        write_atomic(home / "config.toml", format_config(config))
        return home

    def wait_until(
        self, what: str, count: Callable[[], int], total: int, *, timeout_s: float
    ) -> None:
        """Wait until ``count`` reaches ``total``, reporting how far it is.

        ``timeout_s`` is how long a calm machine may take for the next step; one with other
        work has longer. Raises HarnessError at once if a program or a chain failed, or when
        nothing went on for so long.
        """
        seen, since_s = -1, time.monotonic()
        while True:
            done = count()
            if done != seen:
                seen, since_s = done, time.monotonic()
                self.report(Counted(what, done, total))
            if done >= total:
                return
            for chain in self.chains.values():
                chain.validate_healthy()
            for program in self.programs.programs:
                program.validate_running()
            waited_s = time.monotonic() - since_s
            if waited_s > stretch(timeout_s):
                raise HarnessError(
                    f"{what}: {done} of {total}, and no more for {waited_s:.0f} s", remedy=BUSY
                )
            time.sleep(POLL_S)


@contextlib.contextmanager
def blaming_pace() -> Iterator[None]:
    """Say of what came too late for its deadline what helps here."""
    try:
        yield
    except PhaseError as error:
        error.remedy = BUSY
        raise


@contextlib.contextmanager
def open_grids(
    *, seed: int, keep: bool, report: Report, count: int = 3, story: str = "grids"
) -> Iterator[GridStage]:
    """Start and link ``count`` chains in a folder of its own; at the end nothing of it is left.

    After a failure, and with ``keep``, the folders stay and ``kept`` says where; no process
    does. Raises HarnessError if one could not be ended.
    """
    binary = build_binary(on_progress=lambda line: report(Said(line)))
    began_s = time.monotonic()
    params = {"max_reading_age_seconds": str(READING_AGE_S)}
    topologies = make_plurid_topologies(
        binary,
        count,
        chain_prefix="grid",
        seed=seed,
        block_time_ms=BLOCK_TIME_MS,
        genesis_patch={"app_state": {"energy": {"params": params}}},
    )
    folder = Path(tempfile.mkdtemp(prefix=f"plurichain-{story}-"))
    chains = LocalChains.start(topologies, folder, links=make_line(list(topologies)))
    pids = [node.pid for chain in chains.values() for node in chain.nodes if node.pid]
    marks = [(pid, get_start_mark(pid)) for pid in pids]
    programs = ProgramGroup()
    kept = f"kept: {folder}"
    remove = not keep
    try:
        with contextlib.ExitStack() as stack:
            pool = stack.enter_context(ThreadPoolExecutor(8))
            grids = {name: stack.enter_context(open_grid(name, chains[name])) for name in chains}
            stage = GridStage(chains, topologies, grids, programs, pool, folder, report, began_s)
            yield stage
            stage.kept = kept if keep else ""
    except Exception as error:
        remove = False
        if isinstance(error, PlurichainError):
            error.remedy = "; ".join(filter(None, (error.remedy, kept)))
        raise
    finally:
        try:
            programs.end()
        finally:
            chains.stop(remove=remove)
            if remove:
                _remove(folder)
    left = [pid for pid, mark in marks if is_running(pid, mark)]
    if left:
        raise HarnessError(f"processes of the chains are left: {', '.join(map(str, left))}")


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
