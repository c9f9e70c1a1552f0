"""Running our relayer in a test, and what both chains say of a channel."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from plurichain.chain.ibc.packet_messages import transfer
from plurichain.chain.reporting import Progress
from plurichain.harness import LocalChain, LocalChains
from plurichain.ibc.denom import DenomPath, Hop, voucher_denom
from plurichain.identifiers import Address
from plurichain.keyring import Key
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.counters import Count
from plurichain.relayer.link import Link
from plurichain.relayer.relay import Relayer, RelaySettings
from plurichain.relayer.work import EndName
from plurichain.units import Coin

DENOM = "upluri"
DEADLINE_S = 60.0
HOUR_NS = 3_600_000_000_000


def make_key(chain: LocalChain, name: str = "relayer") -> Key:
    """Return the key of a genesis account."""
    account = chain.get_account(name)
    return Key(account.name, account.private_key, prefix="pluri")


def make_keys(chains: LocalChains) -> dict[str, list[Key]]:
    """Return the relayer's key on each chain, by chain id."""
    return {chain.chain_id: [make_key(chain)] for chain in chains.values()}


class Running:
    """A relayer in a thread, and all that it reported."""

    def __init__(self, relayer: Relayer, progress: list[Progress]) -> None:
        self.relayer = relayer
        self.progress = progress
        self.error: BaseException | None = None

    def names(self) -> list[str]:
        return [each.name for each in list(self.progress)]

    def find(self, name: str) -> list[Progress]:
        return [each for each in list(self.progress) if each.name == name]


@contextlib.contextmanager
def relaying(
    chains: Sequence[RelayChain],
    keys: dict[str, list[Key]],
    link: Link | None,
    settings: RelaySettings | None = None,
) -> Iterator[Running]:
    """Run a relayer over the channel of ``link`` alone (None: over all)."""
    progress: list[Progress] = []
    told = [replace(chain, report=progress.append) for chain in chains]
    # Nothing is to be made up for by a later look at the state.
    chosen = settings or RelaySettings(clear_blocks=0)
    if link is not None:
        end = EndName(link.a.port, link.a.channel_id)
        chosen = replace(chosen, only=lambda path: path.route.source == end)
    running = Running(Relayer(told, keys, chosen), progress)

    def run() -> None:
        try:
            running.relayer.run()
        except BaseException as error:
            running.error = error

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield running
    except AssertionError as error:
        if running.error is not None:
            error.add_note(f"the relayer had ended: {running.error!r}")
        raise
    finally:
        running.relayer.stop()
        thread.join(30)
    assert not thread.is_alive(), "the relayer did not end"
    if running.error is not None:
        raise running.error


def wait_until(condition: Callable[[], bool], what: str, *, timeout_s: float = DEADLINE_S) -> None:
    """Wait for a condition that chains bring about."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"after {timeout_s:.0f} s still not: {what}"
        time.sleep(0.05)


def send(
    chain: RelayChain,
    channel: str,
    receiver: str,
    amounts: Sequence[int],
    *,
    denom: str = DENOM,
    expires_ns: int = HOUR_NS,
    memo: str = "",
) -> int:
    """Send transfers in one transaction; returns its height."""
    timeout_ns = chain.client.get_latest_header().time_ns + expires_ns
    messages = [
        transfer(
            chain.address,
            receiver,
            Coin(denom, amount),
            channel=channel,
            timeout_timestamp_ns=timeout_ns,
            memo=memo,
        )
        for amount in amounts
    ]
    return chain.send(messages, purpose="test").height


def count_waiting(chain: RelayChain, channel: str, port: str = "transfer") -> int:
    """Return how many packets of a channel end are not settled."""
    return len(chain.queries.list_packet_commitments(port, channel))


def wait_settled(*ends: tuple[RelayChain, str], timeout_s: float = DEADLINE_S) -> None:
    """Wait until no packet of these channel ends is left."""
    wait_until(
        lambda: not any(count_waiting(chain, channel) for chain, channel in ends),
        "all packets settled",
        timeout_s=timeout_s,
    )


def wait_counts(*runs: Running, **numbers: int) -> None:
    """Wait until relayers have counted so much together, by the names of counts."""

    def count(name: str) -> int:
        return sum(run.relayer.counters.get(Count(name)) for run in runs)

    wait_until(
        lambda: all(count(name) >= number for name, number in numbers.items()),
        f"counts {numbers}",
    )
    assert {name: count(name) for name in numbers} == numbers


def voucher_of(channel: str, denom: str = DENOM) -> str:
    """Return the denom of what came in over ``channel`` of the transfer port."""
    return voucher_denom(DenomPath((Hop("transfer", channel),), denom))


def get_escrow(chain: RelayChain, channel: str, denom: str = DENOM) -> int:
    """Return how much of a denom a channel's escrow holds."""
    address = Address.parse(chain.transfers.get_escrow_address("transfer", channel))
    return chain.client.get_balances(address).get(denom, 0)


def assert_conserved(a: RelayChain, b: RelayChain, link: Link) -> None:
    """Escrow on each chain equals the vouchers of it on the other: nothing is in flight."""
    for here, there, mine, other in ((a, b, link.a, link.b), (b, a, link.b, link.a)):
        voucher = voucher_of(other.channel_id)
        assert get_escrow(here, mine.channel_id) == there.client.get_supply(voucher)
