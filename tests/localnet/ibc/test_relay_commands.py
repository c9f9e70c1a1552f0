"""`plurichain ibc transfer`, `relay` and `clear` as users type them, and keys that cannot pay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plurichain.chain import Journal, TxSender
from plurichain.chain.transactions.drafts import Ordering
from plurichain.chain.transactions.messages import bank_send
from plurichain.cli.main import main
from plurichain.config import save_network
from plurichain.harness import LocalChains
from plurichain.identifiers import Address
from plurichain.keyring import Key
from plurichain.relayer import signing_keys
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.counters import Count
from plurichain.relayer.link import Link
from plurichain.relayer.relay import RelaySettings
from plurichain.units import Coin
from tests.localnet.ibc.relaying import (
    assert_conserved,
    count_waiting,
    make_key,
    make_keys,
    relaying,
    send,
    wait_counts,
    wait_until,
)

Pair = tuple[RelayChain, RelayChain]


@pytest.fixture(scope="module")
def link(linked_chains: LocalChains) -> Link:
    return linked_chains.links[0]


@pytest.fixture
def run(
    linked_chains: LocalChains,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
):
    """Give a function that runs a command in a home that knows "a" and "b" and a key of each."""
    monkeypatch.setenv("PLURICHAIN_HOME", str(tmp_path / "home"))
    for name, chain in linked_chains.items():
        save_network(chain.network(name))

    def execute(*words: str) -> tuple[int, str, str]:
        capfd.readouterr()
        status = main(list(words))
        out, err = capfd.readouterr()
        return status, out, err

    status, _, err = execute("keys", "add", "alice", "--network", "a")
    assert status == 0, err
    status, _, err = execute("keys", "fund", "alice", "5000000upluri", "--network", "a")
    assert status == 0, err
    return execute


def read(out: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(out)
    return record


def test_a_transfer_that_is_cleared_and_one_that_is_followed(
    run, relay_pair: Pair, linked_chains: LocalChains, link: Link
) -> None:
    a, b = relay_pair
    receiver = str(Address(b"command".ljust(20, b"."), "pluri"))
    words = ["ibc", "transfer", link.a.channel_id, receiver, "25upluri"]
    words += ["--network", "a", "--key", "alice", "--output", "json"]
    status, out, err = run(*words)
    assert status == 0, err
    sent = read(out)
    assert sent["status"] == "sent"
    assert a.queries.list_packet_commitments("transfer", link.a.channel_id) == [sent["sequence"]]

    clear = ["ibc", "clear", link.a.channel_id, "--network", "a", "--output", "json"]
    status, out, err = run(*clear, "--sequences", f"{sent['sequence']}")
    assert status == 0, err
    cleared = read(out)
    assert (cleared["packets"], cleared["settled"], cleared["stuck"]) == (1, 1, [])
    assert cleared["received"] == cleared["acknowledged"] == 1
    assert read(run(*clear)[1])["packets"] == 0

    with relaying(relay_pair, make_keys(linked_chains), link):
        status, out, err = run(*words, "--wait")
        assert (status, read(out)["status"]) == (0, "acknowledged"), err
        status, out, err = run(*words, "--wait", "--expires-in", "1ms")
        assert (status, read(out)["status"]) == (4, "timed_out")
        assert "the coins are back" in err
        nobody = [*words[:3], "nobody at all", *words[4:], "--any-receiver", "--wait"]
        status, out, err = run(*nobody)
        assert (status, read(out)["status"]) == (4, "refused")
        assert "the other chain refused packet" in err
    assert_conserved(a, b, link)


@pytest.mark.parametrize(
    ("channel", "receiver", "options", "said"),
    [
        ("channel-0", "cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0eh", [], "has the prefix"),
        ("channel-0", "pluri1typo", [], "receiver: 'pluri1typo'"),
        ("channel-0", "x" * 2_049, ["--any-receiver"], "2049 bytes are more than 2048"),
        ("channel-0", "r", ["--any-receiver", "--memo", "m" * 32_769], "memo: 32769 bytes"),
        ("channel-0", "r", ["--any-receiver", "--expires-in", "0"], "'0' ends no packet"),
        ("channel-99", "r", ["--any-receiver"], "has no channel transfer/channel-99"),
    ],
)
def test_what_could_only_come_back_is_refused_before_it_is_sent(
    run, relay_pair: Pair, channel: str, receiver: str, options: list[str], said: str
) -> None:
    a, _ = relay_pair
    before = a.queries.get_next_sequence_send("transfer", "channel-0")
    status, out, err = run(
        "ibc",
        "transfer",
        channel,
        receiver,
        "1upluri",
        "--network",
        "a",
        "--key",
        "alice",
        *options,
    )
    assert (status, out) == (1, "")
    assert said in err
    assert len(err.strip().splitlines()) == 2
    assert a.queries.get_next_sequence_send("transfer", "channel-0") == before


def test_a_packet_that_cannot_be_cleared_is_told_with_its_reason(
    run, relay_pair: Pair, link: Link
) -> None:
    a, b = relay_pair
    send(a, link.a.channel_id, str(b.address), [1], memo="m" * 2_000)
    clear = ["ibc", "clear", link.a.channel_id, "--network", "a"]
    status, out, err = run(*clear, "--max-memo", "1000", "--output", "json")
    assert status == 6
    (stuck,) = read(out)["stuck"]
    assert stuck["reason"] == "the memo is longer than allowed"
    assert "1 packets are not settled" in err
    status, _, err = run(*clear)
    assert status == 0, err
    assert count_waiting(a, link.a.channel_id) == 0


def test_wrong_calls(run) -> None:
    assert run("ibc", "relay", "a")[0] == 2
    assert run("ibc", "relay", "a", "a")[0] == 2
    status, _, err = run("ibc", "relay", "a", "b", "--allow", "channel-0")
    assert (status, "is not PORT/CHANNEL" in err) == (1, True)
    status, _, err = run("ibc", "clear", "channel-0", "--network", "a", "--sequences", "5..1")
    assert (status, "sequences" in err) == (1, True)


def test_a_key_without_coins_is_told_and_goes_on_when_it_has_some(
    linked_chains: LocalChains, relay_pair: Pair, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = relay_pair
    monkeypatch.setattr(signing_keys, "PAUSE_S", 0.5)
    keys = make_keys(linked_chains)
    poor = Key("poor", b"\x07" * 32, prefix="pluri")
    keys[b.chain_id] = [poor]
    send(a, link.a.channel_id, str(b.address), [1, 1])
    with relaying(relay_pair, keys, link) as running:
        wait_until(lambda: bool(running.find("no_coins")), "the alarm")
        assert str(poor.address) in running.find("no_coins")[0].text
        assert count_waiting(a, link.a.channel_id) == 2
        b.send([bank_send(b.address, poor.address, [Coin("upluri", 10**9)])], purpose="test")
        wait_counts(running, received=2, acknowledged=2)
    assert_conserved(a, b, link)


def test_keys_that_sign_in_the_sequence_of_their_account(
    linked_chains: LocalChains, relay_pair: Pair, link: Link, tmp_path: Path
) -> None:
    a, b = relay_pair
    send(a, link.a.channel_id, str(b.address), [1] * 6)
    settings = RelaySettings(is_ordered=True, most_messages=2)
    with relaying(relay_pair, make_keys(linked_chains), link, settings) as running:
        wait_counts(running, received=6, acknowledged=6)
        # Somebody else signs with the same key: the sequence is found again.
        with Journal.open(tmp_path / "other.db") as journal:
            key = make_key(linked_chains["b"])
            other = TxSender(b.client, key, journal, ordering=Ordering.ORDERED)
            payment = bank_send(b.address, b.address, [Coin("upluri", 1)])
            other.send([payment], purpose="test").raise_for_status()
        send(b, link.b.channel_id, str(a.address), [1] * 2)
        send(a, link.a.channel_id, str(b.address), [1] * 2)
        wait_counts(running, received=10, acknowledged=10)
    assert running.relayer.counters.get(Count.SET_ASIDE) == 0
    assert_conserved(a, b, link)
