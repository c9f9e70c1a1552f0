"""Money held against packets on real chains, while both ways are busy and some of it fails."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from plurichain.chain.grpc_channel import HeightPin
from plurichain.chain.messages import bank_send
from plurichain.cli.main import cli
from plurichain.config import save_network
from plurichain.harness import LocalChains
from plurichain.ibc.conservation import Verdict
from plurichain.ibc.denom import escrow_address
from plurichain.ibc.refunds import RefundVerdict
from plurichain.identifiers import Address
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.link import Link
from plurichain.tracker.auditing.chain_state import LiveState
from plurichain.tracker.auditing.conservation import TokenAudit, audit_tokens
from plurichain.tracker.auditing.refunds import list_refunds
from plurichain.units import Coin
from tests.localnet.ibc.relaying import (
    DENOM,
    make_keys,
    relaying,
    send,
    voucher_of,
    wait_settled,
    wait_until,
)
from tests.localnet.tracker.tracking import Tracked, tracking

AUDITS = 12
SECOND_NS = 10**9
NOBODY = "nobody"


@pytest.fixture(scope="module")
def ends(linked_chains: LocalChains) -> Iterator[tuple[RelayChain, RelayChain, Link]]:
    with (
        linked_chains.open_relay_chain("a") as a,
        linked_chains.open_relay_chain("b") as b,
    ):
        yield a, b, linked_chains.links[0]


def audit(tracked: Tracked, *chains: RelayChain) -> list[TokenAudit]:
    states = {chain.chain_id: LiveState(chain.client) for chain in chains}
    return audit_tokens(tracked.store, states)


@contextlib.contextmanager
def traffic(a: RelayChain, b: RelayChain, link: Link) -> Iterator[Callable[[], int]]:
    """Send both ways until the block ends: good, refused and late, base coins and vouchers."""
    is_over, sent = threading.Event(), Counter[str]()
    there, back = voucher_of(link.b.channel_id), voucher_of(link.a.channel_id)

    def run() -> None:
        for turn in itertools.count():
            if is_over.is_set():
                return
            to_b, to_a = str(b.address), str(a.address)
            out, home = link.a.channel_id, link.b.channel_id
            send(a, out, to_b, [100 + turn, 50])
            send(b, home, to_a, [70 + turn])
            send(a, out, NOBODY, [7])
            send(a, out, to_b, [9], expires_ns=1)
            sent["packets"] += 5
            if turn:  # by now something has arrived
                for chain, channel, receiver, denom in (
                    (b, home, to_a, there),
                    (a, out, to_b, back),
                ):
                    if chain.client.get_balances(chain.address).get(denom, 0) > 100:
                        send(chain, channel, receiver, [20 + turn], denom=denom)
                        send(chain, channel, NOBODY, [3], denom=denom)
                        send(chain, channel, receiver, [4], denom=denom, expires_ns=1)
                        sent["packets"] += 3

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield lambda: sent["packets"]
    finally:
        is_over.set()
        thread.join(60)
    assert not thread.is_alive()


def test_the_equation_holds_while_packets_are_on_their_way(
    linked_chains: LocalChains, ends: tuple[RelayChain, RelayChain, Link], tmp_path: Path
) -> None:
    a, b, link = ends
    path, seen = tmp_path / "packets.db", Counter[str]()
    with tracking([linked_chains["a"], linked_chains["b"]], path) as tracked:
        with relaying([a, b], make_keys(linked_chains), link), traffic(a, b, link) as count:
            wait_until(lambda: count() >= 20, "traffic is under way")
            for _ in range(AUDITS):
                for each in audit(tracked, a, b):
                    assert each.verdict is Verdict.HOLDS, each
                    assert each.balance is not None
                    assert (each.balance.difference, each.balance.ahead) == (0, 0)
                    seen.update(
                        name
                        for name in ("in_flight", "returning", "refunds_due")
                        if getattr(each.balance, name)
                    )
            wait_until(lambda: has_failed_both_ways(tracked), "base coins and vouchers failed")
        with relaying([a, b], make_keys(linked_chains), link):
            wait_settled((a, link.a.channel_id), (b, link.b.channel_id))
        wait_until(lambda: not has_open(tracked), "the tracker has seen all packets end")
        found = audit(tracked, a, b)
        assert len(found) >= 2
        assert all(each.verdict is Verdict.HOLDS for each in found), found
        check_refunds(tracked)
        check_command(linked_chains, path)
        check_gift(tracked, a, b, link)
    # Each audit is of one moment; that all terms were seen is of many.
    assert seen["in_flight"] > 0, seen


def has_open(tracked: Tracked) -> bool:
    return any(row.story.is_open for row in tracked.list_rows().values())


def has_failed_both_ways(tracked: Tracked) -> bool:
    """Whether a base coin and a voucher were refused, and a base coin and a voucher timed out."""
    return len({(each.end, is_voucher(each.denom)) for each in list_refunds(tracked.store)}) == 4


def is_voucher(denom: str | None) -> bool:
    assert denom is not None
    return denom.startswith("transfer/")


def check_refunds(tracked: Tracked) -> None:
    refunds = list(list_refunds(tracked.store))
    assert {each.verdict for each in refunds} == {RefundVerdict.PAID}
    for each in refunds:
        assert each.returned is not None
        amount, denom = each.returned.split(" ")
        assert int(amount) == each.amount
        assert denom.startswith("ibc/") == is_voucher(each.denom)


def check_command(chains: LocalChains, path: Path) -> None:
    """`plurichain ibc audit` says the same, and keeps it."""
    for name in ("a", "b"):
        save_network(chains[name].network(name))
    run = CliRunner().invoke(
        cli, ["ibc", "audit", "a", "b", "--database", str(path), "--output", "json"]
    )
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    assert {row["verdict"] for row in told["tokens"]} == {"holds"}
    assert {row["verdict"] for row in told["refunds"]} == {"paid"}
    later = CliRunner().invoke(cli, ["ibc", "audit", "--database", str(path), "--output", "json"])
    assert later.exit_code == 0, later.output
    kept = json.loads(later.stdout)
    assert [row["escrow"] for row in kept["tokens"]] == [row["escrow"] for row in told["tokens"]]


def check_gift(tracked: Tracked, a: RelayChain, b: RelayChain, link: Link) -> None:
    """Coins that somebody sends to an escrow account are a surplus, and nothing is lost."""
    account = Address(escrow_address("transfer", link.a.channel_id), a.address.prefix)
    height = a.send([bank_send(a.address, account, [Coin(DENOM, 11)])], purpose="gift").height

    def is_read() -> bool:
        cursor = tracked.store.get_cursor(a.chain_id)
        return cursor is not None and cursor.height > height

    wait_until(is_read, "the tracker has read the gift")
    assert a.client.get_balances(account, pin=HeightPin(height)).get(DENOM, 0) >= 11
    [found] = [
        each
        for each in audit(tracked, a, b)
        if each.crossing.owner.chain_id == a.chain_id and each.crossing.denom == DENOM
    ]
    assert (found.verdict, found.reason) == (
        Verdict.HOLDS,
        "surplus: 11 sent to the escrow account by hand",
    )
