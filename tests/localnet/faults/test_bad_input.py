"""What is wrong by itself is refused here, by the name of its field, before a node hears of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bech32
import pytest

from plurichain.chain import ChainClient, Message, TxSender
from plurichain.chain.nodes import grpc_channel, http_deadline
from plurichain.chain.transactions import messages
from plurichain.config import Endpoint, Network
from plurichain.errors import BadReply, NodeTimeout, NodeUnreachable, PlurichainError
from plurichain.harness import FaultyNetwork
from plurichain.identifiers import Address
from plurichain.keyring import Key, derive_private_key, make_mnemonic
from plurichain.units import Coin
from tests.localnet.bidding.conftest import Person, _make_person
from tests.localnet.chain.test_outcomes import SINK, pay

MakeSender = Callable[..., TxSender]


def encode(prefix: str, raw: bytes) -> str:
    return str(bech32.bech32_encode(prefix, bech32.convertbits(raw, 8, 5)))


@pytest.fixture
def person(tmp_path: Path, proxied: Network) -> Person:
    return _make_person(tmp_path / "person" / "home", "person", proxied)


GOOD = encode("pluri", bytes(range(20)))
NO_MNEMONIC = " ".join(["abandon"] * 12)
COMMANDS: list[tuple[tuple[str, ...], str, str]] = [
    (("auction", "list", "--creator", encode("cosmos", bytes(20))), "--creator", "prefix 'cosmos'"),
    (("auction", "list", "--creator", encode("plurivaloper", bytes(20))), "--creator", "prefix"),
    (("auction", "list", "--creator", GOOD[:-1] + "x"), "--creator", "typing error"),
    (("auction", "list", "--creator", encode("pluri", bytes(19))), "--creator", "20 or 32 bytes"),
    (("auction", "list", "--creator", GOOD[:-1] + GOOD[-1].upper()), "--creator", "mixes upper"),
    (("keys", "fund", "person", "-5ueur"), "No such option", "-5"),
    (("keys", "fund", "person", "1.5ueur"), "AMOUNT", "1.5ueur"),
    (("keys", "fund", "person", f"{2**300}ueur"), "AMOUNT", "is not a whole number"),
    (("keys", "fund", "person", "5u"), "AMOUNT", "5u"),
    (("tx", "wait", "12"), "HASH", "not 64 hex digits"),
    (("bid", "status", "--auction-id", "-1"), "auction-id", "-1"),
]


@pytest.mark.parametrize(("command", "field", "said"), COMMANDS, ids=lambda part: str(part)[:40])
def test_commands_refuse_before_they_ask(
    command: tuple[str, ...], field: str, said: str, person: Person, faulty_network: FaultyNetwork
) -> None:
    run = person.run(*command)
    assert run.status in {1, 2}
    assert field in run.err
    assert said in run.err
    assert "Traceback" not in run.err
    assert faulty_network.traffic.calls == 0


def test_a_mnemonic_without_its_checksum_is_no_key(
    person: Person, faulty_network: FaultyNetwork
) -> None:
    run = person.run("keys", "import", "other", "--file", person.write("words", NO_MNEMONIC))
    assert run.status == 1
    assert "checksum" in run.err
    assert "abandon" not in run.err
    assert [row["name"] for row in person.run_json("keys", "list")] == ["person"]
    assert faulty_network.traffic.calls == 0


def send_coin(key: Key, amount: Any, denom: str = "ueur") -> list[Message]:
    return [messages.bank_send(key.address, SINK, [Coin(denom, amount)])]


def test_messages_are_refused_before_a_node_is_asked(
    make_sender: MakeSender, proxied: Network, key: Key, faulty_network: FaultyNetwork
) -> None:
    sender = make_sender(proxied)
    others = [Key(f"k{number}", derive_private_key(make_mnemonic(12))) for number in range(8)]
    crowd = [message for other in others for message in pay(other)]
    crowded = make_sender(proxied, cosigners=others)
    cases: list[tuple[str, Callable[[], object]]] = [
        ("amount", lambda: sender.send(send_coin(key, -5), purpose="pay")),
        ("amount", lambda: sender.send(send_coin(key, 1.5), purpose="pay")),
        ("amount", lambda: sender.send(send_coin(key, 2**256), purpose="pay")),
        ("denom", lambda: sender.send(send_coin(key, 1, "u"), purpose="pay")),
        ("denom", lambda: sender.send(send_coin(key, 1, "ueür"), purpose="pay")),
        ("memo", lambda: sender.send(pay(key), purpose="pay", memo="x" * 257)),
        ("at least one message", lambda: sender.send([], purpose="pay")),
        ("9 are more than 7", lambda: crowded.send([*pay(key), *crowd], purpose="pay")),
        ("is signed by", lambda: sender.send(pay(others[0]), purpose="pay")),
        (
            "same key is given twice",
            lambda: make_sender(proxied, cosigners=[key]).send(pay(key), purpose="pay"),
        ),
        ("neither 20 nor 32", lambda: Address(bytes(21), "pluri")),
    ]
    for said, act in cases:
        with pytest.raises(PlurichainError, match=said):
            act()
    assert faulty_network.traffic.calls == 0
    assert sender.journal.list_entries() == []


# --- names that lead nowhere, answers that are too long ------------------------------------------


def test_a_name_that_nobody_knows_is_no_missing_transaction(
    network: Network, direct: ChainClient
) -> None:
    (real,) = network.endpoints
    nowhere = Endpoint("nowhere.invalid:9090", "http://nowhere.invalid:26657")
    began_s = time.monotonic()
    with ChainClient(network, endpoint=nowhere) as client:
        for read in (lambda: client.get_tx("00" * 32), client.get_latest_header, client.check):
            with pytest.raises((NodeUnreachable, NodeTimeout), match=r"nowhere\.invalid"):
                read()
    half = Endpoint("nowhere.invalid:9090", real.rpc)
    with (
        ChainClient(network, endpoint=half) as client,
        pytest.raises((NodeUnreachable, NodeTimeout), match=r"nowhere\.invalid"),
    ):
        client.get_tx("00" * 32)
    assert time.monotonic() - began_s < 30
    assert direct.get_tx("00" * 32) is None


def test_an_answer_that_is_too_long_is_not_taken(
    network: Network, direct: ChainClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limits are small here so that the node's ordinary answers are beyond them."""
    height = direct.get_latest_header().height
    limits = tuple(
        (name, 200 if name == "grpc.max_receive_message_length" else value)
        for name, value in grpc_channel._OPTIONS
    )
    monkeypatch.setattr(grpc_channel, "_OPTIONS", limits)
    with (
        ChainClient(network, timeout_s=2) as client,
        pytest.raises(BadReply, match=r"sent more than \d+ bytes \(node info\)"),
    ):
        client.check()
    monkeypatch.undo()
    with ChainClient(network, timeout_s=2) as client:
        client.check()
        monkeypatch.setattr(http_deadline, "MAX_REPLY_BYTES", 200)
        with pytest.raises(BadReply, match="sent more than 200 bytes"):
            client.get_block(height)
        monkeypatch.undo()
        assert client.get_block(height).header.height == height
