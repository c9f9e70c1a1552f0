"""Several local chains at once, and the links between them.

Each chain has a folder and a supervisor of its own, so that one can be killed, kept or
looked at without the others; they are started side by side.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Self

from plurichain.errors import GateFailed, InputError, PlurichainError
from plurichain.harness.chain import STOP_GRACE_S, LocalChain
from plurichain.harness.links import (
    RELAYER,
    LinkTopology,
    add_relayer,
    open_local_relay_chain,
    validate_links,
)
from plurichain.harness.node_home import get_init_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from plurichain.chain.reporting import Progress, Report
    from plurichain.harness.topology import Topology
    from plurichain.relayer.chain_end import RelayChain
    from plurichain.relayer.link import Link

RELAYER_JOURNAL = "relayer.db"


def _ignore(_: str) -> None:
    """Take progress that nobody wants to see."""


class LocalChains(Mapping[str, LocalChain]):
    """Running chains by their names, in order, and the ``links`` that were opened.

    Use it as a context manager, or call `stop` at the end. What a single chain is promised
    (`LocalChain`) holds for each.
    """

    def __init__(self, chains: Mapping[str, LocalChain], links: Sequence[Link] = ()) -> None:
        self._chains = dict(chains)
        self.links = tuple(links)

    @classmethod
    def start(
        cls,
        topologies: Mapping[str, Topology],
        folder: Path | Mapping[str, Path],
        on_progress: Callable[[str], None] = _ignore,
        *,
        links: Sequence[LinkTopology] = (),
    ) -> LocalChains:
        """Make and start all chains, then open all links; returns when that is done.

        ``folder`` gets a folder for each chain, or names each chain's own. Linked chains
        have a funded account "relayer" in their genesis. Raises InputError for chains that
        cannot be told apart or a wrong link; what LocalChain.start raises; and GateFailed
        (gate "link") if a link did not open, with the folders kept.
        """
        names = list(topologies)
        validate_links(links, names)
        _validate_distinct(topologies)
        folders = folder if isinstance(folder, Mapping) else {n: folder / n for n in names}
        linked = {name for link in links for name in (link.a, link.b)}
        wanted = {
            name: add_relayer(topology) if name in linked else topology
            for name, topology in topologies.items()
        }
        chains = cls(_start_all(wanted, folders, on_progress, will_link=bool(links)))
        try:
            chains.links = tuple(chains.open_links(links, on_progress))
        except PlurichainError as error:
            chains.stop(remove=False, grace_s=0.0)
            kept = ", ".join(str(chain.folder) for chain in chains.values())
            raise GateFailed(
                f"gate link did not open: {error.cause}", gate="link", remedy=f"kept: {kept}"
            ) from error
        except BaseException:
            chains.stop(grace_s=0.0)
            raise
        return chains

    def open_links(
        self, links: Sequence[LinkTopology], on_progress: Callable[[str], None] = _ignore
    ) -> list[Link]:
        """Open further links between running chains, all at once. Raises as `link_chains`."""
        from plurichain.relayer.link import link_chains

        def report(progress: Progress) -> None:
            if not progress.name.startswith("tx_"):
                on_progress(progress.text)

        names = {name for link in links for name in (link.a, link.b)}
        with contextlib.ExitStack() as stack, ThreadPoolExecutor(max(len(links), 1)) as pool:
            opened = {
                name: stack.enter_context(self.open_relay_chain(name, report=report))
                for name in sorted(names)
            }
            pending = [
                pool.submit(link_chains, opened[link.a], opened[link.b], link.make_plan())
                for link in links
            ]
            return [each.result() for each in pending]

    @contextlib.contextmanager
    def open_relay_chain(self, name: str, *, report: Report | None = None) -> Iterator[RelayChain]:
        """Open a chain with its account "relayer", which a linked one has."""
        chain = self[name]
        with open_local_relay_chain(
            chain.network(name),
            chain.get_account(RELAYER),
            journal=chain.folder / RELAYER_JOURNAL,
            report=report,
        ) as opened:
            yield opened

    def __getitem__(self, name: str) -> LocalChain:
        """Return a chain by its name."""
        return self._chains[name]

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(self._chains)

    def __len__(self) -> int:
        """Return how many chains there are."""
        return len(self._chains)

    def detach(self) -> None:
        """Let the chains outlive this process."""
        for chain in self.values():
            chain.detach()

    def stop(self, *, remove: bool = True, grace_s: float = STOP_GRACE_S) -> None:
        """End all chains, at once, and remove or keep their folders."""
        with ThreadPoolExecutor(max(len(self), 1)) as pool:
            pending = [
                pool.submit(chain.stop, remove=remove, grace_s=grace_s)
                for chain in self.values()
                if chain.is_running()
            ]
            for each in pending:
                each.result()

    def __enter__(self) -> Self:
        """Give the chains to a `with`."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the chains; their folders stay if the block failed."""
        self.stop(remove=error is None)


def _validate_distinct(topologies: Mapping[str, Topology]) -> None:
    if not topologies:
        raise InputError("topology: no chain")
    ids: dict[str, str] = {}
    for name, topology in topologies.items():
        other = ids.setdefault(topology.chain_id, name)
        if other != name:
            raise InputError(
                f"topology: the chains {other!r} and {name!r} have one chain id, "
                f"{topology.chain_id!r}"
            )


def _start_all(
    topologies: Mapping[str, Topology],
    folders: Mapping[str, Path],
    on_progress: Callable[[str], None],
    *,
    will_link: bool,
) -> dict[str, LocalChain]:
    """Start all chains side by side; if one fails, the others are ended."""
    for binary in {topology.binary.absolute() for topology in topologies.values()}:
        get_init_files(binary)  # asked once, not by each of the threads
    with ThreadPoolExecutor(len(topologies)) as pool:
        pending = {
            name: pool.submit(LocalChain.start, topology, folders[name], _prefix(name, on_progress))
            for name, topology in topologies.items()
        }
        if will_link:
            # It brings gRPC, a third of a second, in which the nodes start already.
            import plurichain.relayer.link  # noqa: F401
    errors = [error for each in pending.values() if (error := each.exception()) is not None]
    if errors:
        for each in pending.values():
            if each.exception() is None:
                each.result().stop(grace_s=0.0)
        raise errors[0]
    return {name: each.result() for name, each in pending.items()}


def _prefix(name: str, on_progress: Callable[[str], None]) -> Callable[[str], None]:
    return lambda text: on_progress(f"{name}: {text}")
