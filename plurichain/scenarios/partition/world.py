"""The grids with what stands between them: a link that can be cut, relayers, a tracker.

Everybody here reaches grid A directly and grid B over the link only; the owners and towns
of a grid reach their own grid, whatever becomes of the link.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plurichain.errors import CheckFailed
from plurichain.harness.fault_proxy_network import FaultyNetwork
from plurichain.harness.links import RELAYER
from plurichain.keyring import Keyring
from plurichain.scenarios.grids.metering import make_key
from plurichain.scenarios.pace import stretch
from plurichain.units import Coin

if TYPE_CHECKING:
    from plurichain.config import Network
    from plurichain.scenarios.grids.stage import GridStage
    from plurichain.scenarios.processes import Program

FIRST: Final = "relayer one"
SECOND: Final = "relayer two"
TRACKER: Final = "tracker"
#: The key of the second relayer; the first has that of the link.
SECOND_KEY: Final = "relayer-two"
SECOND_COIN: Final = Coin("upluri", 10**15)
DATABASE: Final = "packets.db"
STOP_S: Final = 60.0


@dataclass(slots=True)
class World:
    """The stage, the link, and the programs that use it; ``database`` is the tracker's."""

    stage: GridStage
    link: FaultyNetwork
    database: Path
    relayers: dict[str, Program] = field(default_factory=dict)
    tracker: Program | None = None

    def start_relayer(self, name: str, *, run: str) -> None:
        """Start one of the relayers, a program of its own."""
        arguments = ["ibc", "relay", *self.networks, "--output", "ndjson"]
        if name == SECOND:
            arguments += ["--key", SECOND_KEY]
        self.relayers[name] = self.stage.programs.start(name, arguments, self._home(name), run=run)

    def kill_relayer(self, name: str) -> None:
        """Kill one of the relayers. Raises CheckFailed if it had ended by itself before."""
        program = self.relayers[name]
        program.kill()
        status = program.process.returncode
        if status != -signal.SIGKILL:
            raise CheckFailed(f"{name} was not killed: it had ended with status {status}")

    def get_relayer_addresses(self) -> dict[str, str]:
        """Return whose each relayer's address is; one has the same key on all grids or not."""
        found = {str(make_key(self.stage, SECOND_KEY).address): SECOND}
        for chain in self.stage.chains.values():
            found[chain.get_account(RELAYER).address] = FIRST
        return found

    def start_tracker(self) -> None:
        """Start the tracker."""
        arguments = ["ibc", "track", *self.networks, "--database", str(self.database)]
        home = self._home(TRACKER)
        self.tracker = self.stage.programs.start(TRACKER, arguments, home, run="first")

    def stop_tracker(self) -> None:
        """End the tracker in order. Raises HarnessError if it does not end, or failed."""
        assert self.tracker is not None
        self.tracker.stop(stretch(STOP_S))

    @property
    def networks(self) -> tuple[str, ...]:
        """The names of the networks, as programs know them."""
        return tuple(grid.network.name for grid in self.stage.grids.values())

    @property
    def known_networks(self) -> dict[str, Network]:
        """The networks as programs know them: grid B by the link alone."""
        known = {grid.network.name: grid.network for grid in self.stage.grids.values()}
        return {**known, self.link.network.name: self.link.network}

    def make_homes(self) -> None:
        """Make homes of programs."""
        for name in (FIRST, SECOND, TRACKER):
            self.stage.make_home(self._home(name).name, self.known_networks)

    def give_key(self) -> None:
        """Give the second relayer a key of its own, with coins on both grids."""
        key = make_key(self.stage, SECOND_KEY)
        network = self.link.network
        keyring = Keyring.open(
            network.keyring, self._home(SECOND) / "keys", prefix=network.prefix, is_localnet=True
        )
        keyring.import_private_key(SECOND_KEY, key.export_private_key())
        for grid in self.stage.grids.values():
            grid.fund({key.address: (SECOND_COIN,)})

    def _home(self, name: str) -> Path:
        return self.stage.folder / name.replace(" ", "-")


@contextlib.contextmanager
def open_world(stage: GridStage, *, seed: int) -> Iterator[World]:
    """Put the link between the grids, and have relayers and a tracker use it."""
    with FaultyNetwork(stage.grids["b"].network, seed=seed) as link:
        world = World(stage, link, stage.folder / DATABASE)
        world.make_homes()
        world.give_key()
        yield world
