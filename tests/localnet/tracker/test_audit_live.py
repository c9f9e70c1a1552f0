"""Money held against packets on real chains, while all ways are busy and some of it fails."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from plurichain.chain.ibc.packet_messages import transfer
from plurichain.chain.transactions.messages import bank_send
from plurichain.cli.main import cli
from plurichain.config import save_network
from plurichain.errors import PhaseError, TransactionFailed
from plurichain.harness import LocalChains, open_faucet
from plurichain.ibc.conservation import Verdict
from plurichain.ibc.denom import escrow_address
from plurichain.ibc.forwarding import NO_RECEIVER
from plurichain.ibc.journey import Continuation, JourneyState
from plurichain.ibc.packet_story import StoryClass
from plurichain.ibc.refunds import RefundVerdict
from plurichain.identifiers import Address
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.link import LinkEnd
from plurichain.tracker import coverage
from plurichain.tracker.auditing.auditor import Auditor
from plurichain.tracker.auditing.chain_state import LiveState
from plurichain.tracker.auditing.conservation import TokenAudit, audit_tokens
from plurichain.tracker.auditing.journeys import Journey, list_journeys
from plurichain.tracker.auditing.refunds import list_refunds
from plurichain.tracker.auditing.tokens import list_unpaired
from plurichain.tracker.coverage import load_chains
from plurichain.tracker.observations import Observations
from plurichain.tracker.store import PacketStore
from plurichain.tracker.views import opened_view
from plurichain.units import Coin
from tests.localnet.ibc.relaying import (
    DENOM,
    HOUR_NS,
    make_keys,
    relaying,
    send,
    wait_settled,
    wait_until,
)
from tests.localnet.tracker.line import NAMES, Line
from tests.localnet.tracker.test_multi_hop import forward, make_receiver
from tests.localnet.tracker.tracking import Tracked, tracking

AUDITS = 6
DEADLINE_S = 150.0
SECOND_NS = 10**9
GIVEN = "watthour"
NOBODY = "nobody"


def audit(tracked: Tracked, line: Line) -> list[TokenAudit]:
    chains = (line.a, line.b, line.c)
    states = {chain.chain_id: LiveState(chain.client) for chain in chains}
    return audit_tokens(tracked.store, states)


def list_all_journeys(tracked: Tracked) -> list[Journey]:
    with opened_view(tracked.store) as chains:
        return list(list_journeys(tracked.store, chains))


@contextlib.contextmanager
def traffic(line: Line) -> Iterator[Callable[[], int]]:
    """Send all ways until the block ends: good, refused and late, base coins and vouchers.

    Gives how many rounds are over.
    """
    a, b, is_over, rounds = line.a, line.b, threading.Event(), Counter[str]()
    on_b, on_a = line.get_voucher(line.ab.b), line.get_voucher(line.ab.a)
    far = make_receiver("busy")
    onward = [
        forward(line.bc.a, far),
        forward(line.bc.a, "no address at all"),
        forward(line.bc.a, far, expires_ns=1, retries=1),
    ]

    def run() -> None:
        for turn in itertools.count():
            if is_over.is_set():
                return
            for here, end, there, own in ((a, line.ab.a, b, on_a), (b, line.ab.b, a, on_b)):
                to, has_own = str(there.address), balance(here, own) > 1_000
                in_time = [(Coin(DENOM, 300 + turn), to, ""), (Coin(DENOM, 7), NOBODY, "")]
                late = [(Coin(DENOM, 9), to, "")]
                if here is a:
                    in_time += [(Coin(DENOM, 11), NO_RECEIVER, memo) for memo in onward]
                if has_own:
                    in_time += [(Coin(own, 20 + turn), to, ""), (Coin(own, 3), NOBODY, "")]
                    late += [(Coin(own, 4), to, "")]
                send_all(here, end, in_time, HOUR_NS)
                # Where the other chain is known beyond that, the chain refuses to send it.
                with contextlib.suppress(PhaseError, TransactionFailed):
                    send_all(here, end, late, 1)
            rounds["over"] += 1

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield lambda: rounds["over"]
    finally:
        is_over.set()
        thread.join(DEADLINE_S)
    assert not thread.is_alive()


def balance(chain: RelayChain, denom: str) -> int:
    return chain.client.get_balances(chain.address).get(denom, 0)


def send_all(
    chain: RelayChain, end: LinkEnd, sent: list[tuple[Coin, str, str]], expires_ns: int
) -> None:
    """Send coins to receivers with memos, in one transaction."""
    timeout_ns = chain.client.get_latest_header().time_ns + expires_ns
    messages = [
        transfer(
            chain.address,
            receiver,
            coin,
            channel=end.channel_id,
            timeout_timestamp_ns=timeout_ns,
            memo=memo,
        )
        for coin, receiver, memo in sent
    ]
    chain.send(messages, purpose="test")


def test_the_equation_holds_while_packets_are_on_their_way(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, seen = tmp_path / "packets.db", Counter[str]()
    # Chains of one machine have one clock.
    monkeypatch.setattr(coverage, "CLOCKS_APART_NS", 10**9)
    with tracking(list(line.chains.values()), path) as tracked:
        with (
            relaying((line.a, line.b), line.keys, line.ab),
            relaying((line.b, line.c), line.keys, line.bc),
        ):
            with traffic(line) as count:
                wait_for(lambda: count() >= 1, "traffic is under way")
                # It has read all blocks from the first on; the busy ones are the last.
                wait_for(lambda: len(audit(tracked, line)) >= 2, "the tracker has read of it")
                for _ in range(AUDITS):
                    check_holds(audit(tracked, line), seen)
                check_late(line, tmp_path / "late.db")
                wait_for(lambda: is_seen(audit(tracked, line), seen), "packets on their way")
                wait_for(lambda: has_failed_all_ways(tracked), "every kind of packet failed")
            wait_settled(
                (line.a, line.ab.a.channel_id),
                (line.b, line.ab.b.channel_id),
                (line.b, line.bc.a.channel_id),
                timeout_s=DEADLINE_S,
            )
        wait_for(lambda: not has_open(tracked), "the tracker has seen all packets end")
        check_holds(audit(tracked, line), Counter())
        check_refunds(tracked)
        check_journeys(tracked)
        check_command(line, path)
        check_auditor(line, path)


def check_late(line: Line, path: Path) -> None:
    """A tracker that begins among the traffic knows all as soon as what it missed is settled."""
    seen = Counter[str]()

    def is_known() -> bool:
        found = audit(late, line)
        assert Verdict.BROKEN not in {each.verdict for each in found}, found
        if not found or any(each.verdict is Verdict.UNKNOWN for each in found):
            return False
        check_holds(found, seen)
        return seen["in_flight"] > 0

    with tracking(list(line.chains.values()), path, is_late=True) as late:
        wait_for(is_known, "a late tracker knows of every token")


def wait_for(condition: Callable[[], bool], what: str) -> None:
    wait_until(condition, what, timeout_s=DEADLINE_S)


def is_seen(found: list[TokenAudit], seen: Counter[str]) -> bool:
    """Whether an audit was of a moment at which something was in flight: what this is about."""
    check_holds(found, seen)
    return seen["in_flight"] > 0


def check_holds(found: list[TokenAudit], seen: Counter[str]) -> None:
    assert found
    for each in found:
        assert each.verdict is Verdict.HOLDS, each
        assert each.balance is not None
        assert (each.balance.difference, each.balance.ahead) == (0, 0)
        seen.update(
            name
            for name in ("in_flight", "returning", "refunds_due")
            if getattr(each.balance, name)
        )


def check_journeys(tracked: Tracked) -> None:
    """What was sent on arrived or came back, and the late ones were tried once more."""
    journeys = list_all_journeys(tracked)
    assert {each.state for each in journeys} == {JourneyState.ARRIVED, JourneyState.REFUNDED}
    ways = {tuple(hop.why for hop in each.hops) for each in journeys}
    assert ways == {
        (None, Continuation.FORWARDED),
        (None, Continuation.FORWARDED, Continuation.RETRIED),
    }
    for each in journeys:
        assert len({hop.packet.amount for hop in each.hops}) == 1


def has_open(tracked: Tracked, denom: str | None = None) -> bool:
    """Whether any packet waits, or any of a denom: others may have left some on the chains."""
    rows = tracked.list_rows().values()
    return any(row.story.is_open and denom in {None, row.denom} for row in rows)


def has_failed_all_ways(tracked: Tracked) -> bool:
    """Whether a base coin and a voucher were refused, timed out, and on the way onward too."""
    refunds = list(list_refunds(tracked.store))
    kinds = {(each.end, is_voucher(each.denom)) for each in refunds}
    ways = {len(each.hops) for each in list_all_journeys(tracked) if not each.state.is_open}
    return len(kinds) == 4 and ways == {2, 3}


def is_voucher(denom: str | None) -> bool:
    assert denom is not None
    return denom.startswith("transfer/")


def check_refunds(tracked: Tracked) -> None:
    refunds = list(list_refunds(tracked.store))
    assert {each.verdict for each in refunds} == {RefundVerdict.PAID, RefundVerdict.PASSED_ON}
    for each in refunds:
        if each.verdict is RefundVerdict.PAID:
            assert each.returned is not None
            amount, denom = each.returned.split(" ")
            assert int(amount) == each.amount
            assert denom.startswith("ibc/") == is_voucher(each.denom)


def check_command(line: Line, path: Path) -> None:
    """`plurichain ibc audit` and `ibc journeys` say the same, and the audit is kept."""
    for name in NAMES:
        save_network(line.chains[name].network(name))
    told = run("audit", *NAMES, "--database", str(path))
    assert {row["verdict"] for row in told["tokens"]} == {"holds"}
    assert {row["verdict"] for row in told["refunds"]} == {"paid", "passed-on"}
    kept = run("audit", "--database", str(path))
    assert sorted(row["escrow"] for row in kept["tokens"]) == sorted(
        row["escrow"] for row in told["tokens"]
    )
    hops = [len(each["hops"]) for each in run("journeys", "--database", str(path))]
    assert set(hops) == {2, 3}


def check_auditor(line: Line, path: Path) -> None:
    """Beside a tracker it audits by itself, with another look at the database."""
    with PacketStore.open(path) as store:
        kept = Observations(store)
        before = max(row.asked_ns for row in kept.list_conservation())

        def is_new() -> bool:
            rows = kept.list_conservation()
            return min(row.asked_ns for row in rows) > before

        clients = [line.a.client, line.b.client, line.c.client]
        with Auditor(store, clients, every_s=0.1):
            wait_until(is_new, "the auditor has audited")
        assert {row.verdict for row in kept.list_conservation()} == {"holds"}


def run(command: str, *arguments: str) -> Any:
    done = CliRunner().invoke(cli, ["ibc", command, *arguments, "--output", "json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_coins_given_to_an_escrow_account_are_a_surplus(
    linked_chains: LocalChains, tmp_path: Path
) -> None:
    """Of a token that no other test of these chains sends: a gift stays there for good."""
    link, given = linked_chains.links[0], 11
    with (
        linked_chains.open_relay_chain("a") as a,
        linked_chains.open_relay_chain("b") as b,
        tracking([linked_chains["a"], linked_chains["b"]], tmp_path / "packets.db") as tracked,
    ):
        with open_faucet(linked_chains["a"].network()) as faucet:
            faucet.fund({a.address: (Coin(GIVEN, 1_000),)})
        account = Address(escrow_address("transfer", link.a.channel_id), a.address.prefix)
        with relaying((a, b), make_keys(linked_chains), link):
            send(a, link.a.channel_id, str(b.address), [100], denom=GIVEN)
            wait_settled((a, link.a.channel_id))
        coins = [Coin(GIVEN, given)]
        height = a.send([bank_send(a.address, account, coins)], purpose="gift").height

        def is_read() -> bool:
            cursor = tracked.store.get_cursor(a.chain_id)
            return cursor is not None and cursor.height > height and not has_open(tracked, GIVEN)

        wait_until(is_read, "the tracker has read the gift")
        states = {chain.chain_id: LiveState(chain.client) for chain in (a, b)}
        [found] = [
            each
            for each in audit_tokens(tracked.store, states)
            if each.crossing.owner.chain_id == a.chain_id and each.crossing.denom == GIVEN
        ]
    assert found.balance is not None
    assert (found.verdict, found.balance.escrow, found.balance.difference) == (
        Verdict.HOLDS,
        100 + given,
        given,
    )
    assert found.reason == f"surplus: {given} sent to the escrow account by hand"


def test_a_late_tracker_of_a_channel_over_which_one_side_speaks(
    linked_chains: LocalChains, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other chain tells nothing of it, and says where its end leads when it is asked."""
    # Chains of one machine have one clock.
    monkeypatch.setattr(coverage, "CLOCKS_APART_NS", SECOND_NS)
    link, keys, number = linked_chains.links[0], make_keys(linked_chains), 3
    path = tmp_path / "late.db"
    with (
        linked_chains.open_relay_chain("a") as a,
        linked_chains.open_relay_chain("b") as b,
    ):
        ends = ((a, link.a.channel_id), (b, link.b.channel_id))
        with relaying((a, b), keys, link):  # what other tests left
            wait_settled(*ends, timeout_s=DEADLINE_S)
        with tracking([linked_chains["a"], linked_chains["b"]], path, is_late=True) as late:
            wait_for(lambda: is_read_for(late, 2 * SECOND_NS), "it has read for two seconds")
            first = a.queries.get_next_sequence_send("transfer", link.a.channel_id)
            send(a, link.a.channel_id, str(b.address), [100] * number)
            names = [(a.chain_id, link.a.channel_id, first + each) for each in range(number)]
            late.wait_for(names, StoryClass.UNRECEIVED)
            check_one_way(late, a, b, 100 * number)
            with relaying((a, b), keys, link):
                late.wait_for(names, StoryClass.ACKED)


def is_read_for(tracked: Tracked, least_ns: int) -> bool:
    """Whether so much block time of both chains was read."""
    chains = load_chains(tracked.store).values()
    read = [(each.time_ns or 0) - (each.ranges[0].first_time_ns or 0) for each in chains]
    return len(read) == 2 and min(read) > least_ns


def check_one_way(late: Tracked, a: RelayChain, b: RelayChain, amount: int) -> None:
    """All money is known, although no block of the second chain told of the channel."""
    told = late.store.query("SELECT DISTINCT chain_id FROM channel_end")
    assert told == [(a.chain_id,)]
    assert list_unpaired(late.store) == []
    states = {chain.chain_id: LiveState(chain.client) for chain in (a, b)}
    # The moment of an audit may be before what was read last.
    wait_for(
        lambda: DENOM in {each.crossing.denom for each in audit_tokens(late.store, states)},
        "the audit knows of the token",
    )
    found = audit_tokens(late.store, {chain.chain_id: LiveState(chain.client) for chain in (a, b)})
    assert {each.verdict for each in found} == {Verdict.HOLDS}, found
    [sent] = [
        each.balance
        for each in found
        if (each.crossing.owner.chain_id, each.crossing.denom) == (a.chain_id, DENOM)
    ]
    assert sent is not None
    assert sent.in_flight == amount
