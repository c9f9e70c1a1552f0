"""What rly, Hermes and our tracker show of the same packets: one table, without a verdict.

Three chains in a line. Of what A sent to B one packet was refunded; one was forwarded by B to C,
where nobody carries it, so that B has received it and not acknowledged; one is expired and one
waits, and nobody carries them. rly and Hermes have accounts that cannot pay fees here, so that
they look and change nothing. Then B's node is stopped, and everybody is asked again.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from plurichain.config import Config
from plurichain.config.config_toml import format_config
from plurichain.harness import LocalChains, build_binary, make_plurid_topologies
from plurichain.harness.links import make_line
from plurichain.ibc.forwarding import NO_RECEIVER, Forward, encode_forward_memo
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.link import Link
from plurichain.scenarios.processes import ProgramGroup
from scripts import witness_hermes, witness_rly
from scripts.bench_relay.stage import HOUR_NS, WITNESS
from scripts.bench_track.figures import show
from scripts.bench_track.hermes_eye import HermesEye
from scripts.bench_track.looking import Answers
from scripts.bench_track.our_eye import OurEye
from scripts.bench_track.packets import carry, send_one
from scripts.bench_track.rly_eye import RlyEye

BLOCK_TIME_MS = 500
GAS_PRICE = "0.001"
ROWS = ("received-unacked", "expired", "refunded", "unknown")


@dataclass(frozen=True, slots=True)
class Line:
    """Three linked chains."""

    chains: LocalChains
    folder: Path
    a: RelayChain
    b: RelayChain

    @property
    def link(self) -> Link:
        """The channel between A and B."""
        return self.chains.links[0]


@contextlib.contextmanager
def _open_line(folder: Path) -> Iterator[Line]:
    topologies = make_plurid_topologies(
        build_binary(), 3, block_time_ms=BLOCK_TIME_MS, gas_price=GAS_PRICE,
        accounts={WITNESS: {"watthour": 1}},
    )  # fmt: skip
    links = make_line(list(topologies))
    with LocalChains.start(topologies, folder, links=links) as chains, contextlib.ExitStack() as s:
        a, b = (s.enter_context(chains.open_relay_chain(name)) for name in "ab")
        yield Line(chains, folder, a, b)


def measure(_: argparse.Namespace) -> None:
    """Make the packets, ask everybody, stop a node, ask again, print the table.

    The same stands on standard error for people.
    """
    with (
        tempfile.TemporaryDirectory(prefix="plurichain-bench-") as name,
        _open_line(Path(name)) as line,
        ProgramGroup() as programs,
        contextlib.ExitStack() as stack,
    ):
        _make_packets(line)
        home = line.folder / "home"
        home.mkdir()
        networks = {each: chain.network(each) for each, chain in line.chains.items()}
        text = format_config(Config(networks=networks))
        (home / "config.toml").write_text(text, encoding="utf-8")
        ours = OurEye(home, programs, line.a.chain_id, line.link.a.channel_id)
        eyes: list[OurEye | RlyEye | HermesEye] = [ours]
        pair = {each: line.chains[each] for each in "ab"}
        if witness_rly.BINARY.exists():
            eyes.append(stack.enter_context(RlyEye.open(line.folder / "rly", pair, line.link)))
        if witness_hermes.BINARY.exists():
            eyes.append(
                stack.enter_context(HermesEye.open(line.folder / "hermes", pair, line.link))
            )
        up = [eye.look() for eye in eyes]
        (node,) = line.chains["b"].nodes
        node.pause()
        try:
            down = [eye.look_blind() for eye in eyes]
        finally:
            node.resume()
    _show("all nodes up", up)
    _show("B's node stopped", down)


def _make_packets(line: Line) -> None:
    """Leave A with one packet of each kind; the sequences are 1 to 4 in this order."""
    a, b, end = line.a, line.b, line.link.a
    keys = line.chains
    send_one(a, end, str(b.address), expires_ns=1)
    hop = Forward(line.chains.links[1].a.channel_id, str(b.address))
    memo = encode_forward_memo([hop], timeout_ns=HOUR_NS)
    send_one(a, end, NO_RECEIVER, expires_ns=HOUR_NS, memo=memo)
    carry(keys, a, b, end, timed_out=1, received=1)
    send_one(a, end, str(b.address), expires_ns=1)
    send_one(a, end, str(b.address), expires_ns=HOUR_NS)


def _show(phase: str, answers: Sequence[Answers]) -> None:
    truth = {
        "received-unacked": "packet 2",
        "expired": "packet 3",
        "refunded": "packet 1",
        "unknown": "nothing" if phase.startswith("all") else "all that only B can tell",
    }
    for row in ROWS:
        cells = {answer.name: answer.cells[row] for answer in answers}
        show("witness", phase=phase, row=row, truth=truth[row], **cells)
        print(f"{phase}: {row} ({truth[row]})", file=sys.stderr)
        for name, cell in cells.items():
            print(f"    {name:14} {cell}", file=sys.stderr)
