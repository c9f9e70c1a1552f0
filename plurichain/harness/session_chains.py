"""The chains of one test session: started in temporary folders, ended together."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from plurichain.errors import HarnessError
from plurichain.harness.chain import LocalChain
from plurichain.harness.chains import LocalChains

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plurichain.harness.links import LinkTopology
    from plurichain.harness.node import Node
    from plurichain.harness.topology import Topology


class SessionChains:
    """Starts chains and knows them until the end."""

    def __init__(self, *, keep_running: bool) -> None:
        self.keep_running = keep_running
        self._chains: list[LocalChain] = []
        self._blamed: set[Node] = set()

    def start(self, topology: Topology, name: str = "chain") -> LocalChain:
        """Start a chain in a new temporary folder. Raises HarnessError."""
        # Not pytest's own temporary folder, which is emptied after three more runs.
        folder = Path(tempfile.mkdtemp(prefix=f"plurichain-{name}-"))
        try:
            chain = LocalChain.start(topology, folder)
        except HarnessError as error:
            error.add_note(error.remedy)
            raise
        self._chains.append(chain)
        return chain

    def start_together(
        self, topologies: Mapping[str, Topology], links: Sequence[LinkTopology] = ()
    ) -> LocalChains:
        """Start chains side by side and open links between them. Raises HarnessError."""
        # A folder of its own for each, of which nothing stays when it goes.
        folders = {
            name: Path(tempfile.mkdtemp(prefix=f"plurichain-{name}-")) for name in topologies
        }
        try:
            chains = LocalChains.start(topologies, folders, links=links)
        except HarnessError as error:
            error.add_note(error.remedy)
            raise
        self._chains.extend(chains.values())
        return chains

    def validate_healthy(self) -> None:
        """Raise HarnessError with the first line of a panic of any node, once.

        A node that was killed or stopped on purpose is no failure; one that ended by itself is.
        """
        for chain in self._chains:
            if not chain.is_running():
                continue
            for node in chain.nodes:
                if node.watch.find_panic() is None and (node.exit_code or 0) <= 0:
                    self._blamed.discard(node)
                elif node not in self._blamed:
                    self._blamed.add(node)
                    node.validate_healthy()

    def end(self, *, failed: bool) -> list[str]:
        """End all chains, or leave them running; returns what the user should know."""
        notes = []
        for chain in self._chains:
            if not chain.is_running():
                pass
            elif self.keep_running:
                chain.detach()
                notes += [
                    f"{chain.chain_id} runs on: {chain.folder / 'endpoints.json'}",
                    f"end it with: plurichain localnet down --folder {chain.folder}",
                ]
            else:
                notes += [chain.describe_folder()] if failed else []
                chain.stop(remove=not failed)
        return notes
