"""What messages came to, and what they moved: attribution and refunds from scripted blocks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from plurichain.cli.main import cli
from plurichain.encoding.protobuf import MessageWriter
from plurichain.encoding.well_known import encode_any
from plurichain.ibc.packet import Packet
from plurichain.tracker.blocks import RawEvent, TrackedTx
from plurichain.tracker.reading import PacketWord, read_block
from plurichain.tracker.store import PacketStore
from tests.unit.tracker.grids import (
    ERROR,
    OK,
    RELAYER,
    A,
    B,
    add_routes,
    block,
    event,
    packet,
    rows,
    run,
    signed,
)

RIVAL = "pluri1rivalrivalrivalrivalrivalrivalrival"
CHANNEL = "/ibc.core.channel.v1"
EXEC = "/cosmos.authz.v1beta1.MsgExec"
NOOP, SUCCESS = b"\x08\x01", b"\x08\x02"


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with PacketStore.open(tmp_path / "packets.db") as opened:
        add_routes(opened)
        yield opened


def repeated(number: int, *values: bytes) -> bytes:
    writer = MessageWriter()
    for value in values:
        writer.write_message(number, value)
    return writer.finish()


def answers(*responses: tuple[str, bytes]) -> bytes:
    return repeated(2, *(encode_any(name, value) for name, value in responses))


def received(result: bytes) -> tuple[str, bytes]:
    return f"{CHANNEL}.MsgRecvPacketResponse", result


def encode_packet(of: Packet) -> bytes:
    writer = MessageWriter().write_uint(1, of.sequence).write_text(2, of.source_port)
    writer.write_text(3, of.source_channel).write_text(4, of.destination_port)
    writer.write_text(5, of.destination_channel).write_bytes(6, of.data)
    return writer.write_message(7, of.timeout_height.encode()).finish()


def message(name: str, of: Packet) -> bytes:
    return encode_any(
        f"{CHANNEL}.{name}", MessageWriter().write_message(1, encode_packet(of)).finish()
    )


def transaction(*messages: bytes) -> bytes:
    return MessageWriter().write_bytes(1, repeated(1, *messages)).finish()


def with_results(tx: TrackedTx, *responses: tuple[str, bytes], messages: bytes = b"") -> TrackedTx:
    return replace(tx, data=answers(*responses), signed=messages)


def within(of: RawEvent, *numbers: str) -> RawEvent:
    """Return an event as authz passes it on: its number there behind, the outermost last."""
    kind, pairs = of
    last = [pair for pair in pairs if pair[0] == "msg_index"]
    inner = [pair for pair in pairs if pair[0] != "msg_index"]
    return (kind, (*inner, *(("authz_msg_index", number) for number in numbers), *last))


def words_of(tx: TrackedTx) -> list[PacketWord]:
    return [word for word in read_block(block(B, 1, tx)) if isinstance(word, PacketWord)]


def relaying(store: PacketStore) -> dict[tuple[str, str, str], tuple[int, int, int]]:
    found = store.query("SELECT chain_id, signer, kind, first, repeated, inferred FROM relaying")
    return {(chain_id, signer, kind): (first, again, inferred)
            for chain_id, signer, kind, first, again, inferred in found}  # fmt: skip


def oddities(store: PacketStore) -> list[str]:
    return [reason for (reason,) in store.query("SELECT reason FROM oddity ORDER BY height, place")]


RECV = event("recv_packet", packet())
WRITE = event("write_acknowledgement", packet(), ack=OK)
AGAIN = transaction(message("MsgRecvPacket", packet()))


def test_a_message_that_came_to_nothing_is_the_rivals_repeat(store: PacketStore) -> None:
    """The chain emits nothing for it: only its answer and the transaction tell of it."""
    run(store, A, 9, {1: signed(event("send_packet", packet()))})
    run(store, B, 9, {
        3: with_results(signed(RECV, WRITE), received(SUCCESS)),
        5: with_results(signed(by=RIVAL), received(NOOP), messages=AGAIN),
    })  # fmt: skip
    [row] = rows(store)
    assert (row.story, row.repeats, row.received_by) == ("ack-pending", 1, RELAYER)
    assert relaying(store) == {
        (B, RELAYER, "recv_packet"): (1, 0, 0),
        (B, RELAYER, "write_acknowledgement"): (1, 0, 0),
        (B, RIVAL, "recv_packet"): (0, 1, 0),
    }
    assert oddities(store) == []


def test_an_older_chain_that_emits_events_of_repeats_counts_them_once(store: PacketStore) -> None:
    run(store, B, 9, {
        3: with_results(signed(RECV, WRITE), received(SUCCESS)),
        5: with_results(signed(RECV, by=RIVAL), received(NOOP), messages=AGAIN),
    })  # fmt: skip
    assert relaying(store)[B, RIVAL, "recv_packet"] == (0, 1, 0)


def test_without_results_the_order_of_events_is_believed_and_said_so(store: PacketStore) -> None:
    run(store, B, 9, {3: signed(RECV, WRITE), 5: signed(RECV, by=RIVAL)})
    assert relaying(store) == {
        (B, RELAYER, "recv_packet"): (1, 0, 1),
        (B, RELAYER, "write_acknowledgement"): (1, 0, 0),
        (B, RIVAL, "recv_packet"): (0, 1, 1),
    }


def test_results_that_contradict_what_was_seen_are_kept_as_oddities(store: PacketStore) -> None:
    run(store, B, 9, {
        2: with_results(signed(by=RIVAL), received(NOOP), messages=AGAIN),
        3: with_results(signed(RECV, WRITE), received(SUCCESS)),
        4: with_results(signed(RECV, by=RIVAL), received(SUCCESS)),
    })  # fmt: skip
    assert oddities(store) == [
        "came to nothing, though it was not seen done before",
        "took effect, though it was done before",
    ]
    assert relaying(store)[B, RIVAL, "recv_packet"] == (1, 1, 0)
    assert store.query("SELECT state, received_height, received_by FROM received") == [
        ("answered", 3, RELAYER)
    ]


def test_a_repeat_of_what_was_never_sent_says_nothing_of_it(store: PacketStore) -> None:
    """Nobody has to prove anything for such a message, so nothing may follow from it."""
    again = transaction(message("MsgTimeout", packet()), message("MsgAcknowledgement", packet()))
    told = [(f"{CHANNEL}.{name}Response", NOOP) for name in ("MsgTimeout", "MsgAcknowledgement")]
    run(store, A, 9, {2: with_results(signed(by=RIVAL), *told, messages=again)})
    assert (rows(store), oddities(store)) == ([], [])
    assert store.query("SELECT count(*) FROM sent") == [(0,)]
    assert relaying(store) == {
        (A, RIVAL, "timeout_packet"): (0, 1, 0),
        (A, RIVAL, "acknowledge_packet"): (0, 1, 0),
    }


def test_a_repeat_of_what_the_same_transaction_sends_later_says_nothing_of_it(
    store: PacketStore,
) -> None:
    """Anybody can sign such a transaction: the chain answered truly before the packet was sent."""
    messages = transaction(message("MsgTimeout", packet()), encode_any("/x.MsgTransfer", b""))
    told = [(f"{CHANNEL}.MsgTimeoutResponse", NOOP), ("/x.MsgTransferResponse", b"")]
    sent = signed(event("send_packet", packet(), index="1"), by=RIVAL)
    run(store, A, 9, {2: with_results(sent, *told, messages=messages)})
    assert oddities(store) == []
    assert store.query("SELECT state, repeats FROM sent") == [("sent", 0)]
    assert relaying(store) == {(A, RIVAL, "timeout_packet"): (0, 1, 0)}


def test_names_in_a_message_that_no_chain_gives_are_an_oddity(store: PacketStore) -> None:
    hostile = replace(packet(), source_channel="\x1b[2J")
    again = transaction(message("MsgRecvPacket", hostile))
    run(store, B, 9, {2: with_results(signed(by=RIVAL), received(NOOP), messages=again)})
    assert oddities(store) == ["an identifier that no chain gives"]


def test_messages_of_authz_are_told_apart_at_any_depth() -> None:
    [second, third] = [packet(2), packet(3)]
    tx = signed(
        within(event("recv_packet", second), "0"),
        within(event("recv_packet", third), "1", "2"),
    )
    inner = repeated(1, b"", SUCCESS)
    outer = repeated(1, SUCCESS, NOOP, inner)
    nested = encode_any(EXEC, repeated(2, message("MsgRecvPacket", second),
                                       message("MsgRecvPacket", packet(9))))  # fmt: skip
    data = answers((f"{EXEC}Response", outer))
    words = words_of(replace(tx, data=data, signed=transaction(nested)))
    assert [(word.sequence, word.msg, word.result, word.place.signer) for word in words] == [
        (2, "0/0", "success", RELAYER), (9, "0/1", "noop", RELAYER),
        (3, "0/2/1", "success", RELAYER),
    ]  # fmt: skip


def test_several_packets_of_one_transaction_keep_their_own_coins(store: PacketStore) -> None:
    sends = [event("send_packet", packet(number), index=str(number - 1)) for number in (1, 2)]

    def coins(index: str, receiver: str, amount: str) -> RawEvent:
        return ("coin_received", (("receiver", receiver), ("amount", amount), ("msg_index", index)))

    ends = signed(
        coins("0", "a", "1upluri"),
        event("timeout_packet", packet(1), index="1"), coins("1", "module", "5ibc/AA"),
        coins("1", "a", "5ibc/AA"),
        event("acknowledge_packet", packet(2), index="2"), coins("2", "a", "5upluri,1uother"),
    )  # fmt: skip
    update = ("/ibc.core.client.v1.MsgUpdateClientResponse", b"")
    timed_out = (f"{CHANNEL}.MsgTimeoutResponse", SUCCESS)
    acknowledged = (f"{CHANNEL}.MsgAcknowledgementResponse", SUCCESS)
    run(store, A, 5, {1: signed(*sends), 4: with_results(ends, update, timed_out, acknowledged)})
    found = store.query(
        "SELECT sent_msg, state, ended_msg, ended_result, returned FROM sent ORDER BY sequence"
    )
    assert found == [
        ("0", "timed-out", "1", "success", "5 ibc/AA"),
        ("1", "acknowledged", "2", "success", "5 upluri,1 uother"),
    ]


def test_an_error_in_the_callback_leaves_the_packet_as_it_is(store: PacketStore) -> None:
    """What the application had said is taken back: its events come under another name."""
    failed = ("ibccallbackerror-send_packet", (("ibccallbackerror-packet_sequence", "8"),))
    refusal = event("write_acknowledgement", packet(), ack=ERROR)
    run(store, A, 9, {1: signed(event("send_packet", packet()))})
    run(store, B, 9, {3: with_results(signed(RECV, failed, refusal), received(SUCCESS))})
    [row] = rows(store)
    assert (row.story, oddities(store)) == ("refund-pending", [])


def test_an_answer_may_come_later_and_from_the_block_itself(store: PacketStore) -> None:
    run(store, A, 9, {1: signed(event("send_packet", packet()))})
    run(store, B, 3, {3: with_results(signed(RECV), received(SUCCESS))})
    [row] = rows(store)
    assert row.story == "received-unacked"
    store.take_in(block(B, 4, events=[_without_index(WRITE)]))
    [row] = rows(store)
    assert row.story == "ack-pending"
    assert store.query("SELECT received_msg, answered_msg, answered_tx FROM received") == [
        ("0", None, None)
    ]
    # Nobody relayed it: it is in nobody's account.
    assert list(relaying(store)) == [(B, RELAYER, "recv_packet")]


def test_a_packet_may_be_sent_by_the_block_itself(store: PacketStore) -> None:
    store.take_in(block(A, 1, events=[_without_index(event("send_packet", packet()))]))
    assert store.query("SELECT sent_msg, sent_tx, sent_by FROM sent") == [(None, None, None)]


def test_failed_transactions_say_nothing_of_packets() -> None:
    tx = replace(signed(RECV), code=5)
    assert words_of(tx) == []


def failed(*, code: int = 11, signed_bytes: bytes = b"", by: str = RIVAL) -> TrackedTx:
    return replace(signed(by=by, code=code), codespace="sdk", signed=signed_bytes)


UPDATE = encode_any("/ibc.core.client.v1.MsgUpdateClient",
                    MessageWriter().write_text(3, RIVAL).finish())  # fmt: skip


def test_failed_transactions_are_counted_by_signer_and_cause(store: PacketStore) -> None:
    """Only those that carried messages of IBC, or may have: a recording may lack them."""
    sends = transaction(encode_any("/cosmos.bank.v1beta1.MsgSend", b""))
    before_fee = replace(failed(code=32, signed_bytes=transaction(UPDATE)), events=())
    nobody = replace(failed(code=32, signed_bytes=AGAIN), events=())
    store.take_in(block(
        B, 1, failed(signed_bytes=AGAIN), failed(signed_bytes=transaction(UPDATE)),
        failed(by=RELAYER), failed(signed_bytes=sends), before_fee, nobody,
    ))  # fmt: skip
    found = store.query("SELECT signer, codespace, code, count FROM failed ORDER BY 1, 3")
    assert found == [("", "sdk", 32, 1), (RELAYER, "sdk", 11, 1), (RIVAL, "sdk", 11, 2),
                     (RIVAL, "sdk", 32, 1)]  # fmt: skip


def show(store_path: Path, *arguments: str) -> str:
    command = ["ibc", "relayers", "--database", str(store_path), *arguments]
    result = CliRunner().invoke(cli, command, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_command_shows_who_relayed_what(tmp_path: Path) -> None:
    path = tmp_path / "packets.db"
    PacketStore.open(path).close()
    assert show(path) == "nobody relayed anything\n"
    with PacketStore.open(path) as store:
        run(store, B, 9, {
            3: with_results(signed(RECV, WRITE), received(SUCCESS)),
            5: with_results(signed(by=RIVAL), received(NOOP), messages=AGAIN),
            6: failed(signed_bytes=AGAIN),
        })  # fmt: skip
        run(store, A, 2, {1: signed(event("send_packet", packet())),
                          2: signed(event("timeout_packet", packet()))})  # fmt: skip
    lines = [line.split() for line in show(path, "--name", f"{RIVAL}=them").splitlines()]
    assert lines[0] == [
        "chain_id", "relayer", "received", "acknowledged", "timed_out", "inferred", "failed",
    ]  # fmt: skip
    assert lines[1] == [A, RELAYER, "0", "0", "1", "1", "-"]
    assert lines[2] == [B, RELAYER, "1", "0", "0", "0", "-"]
    assert lines[3][:6] == [B, "them", "0+1", "0", "0", "0"]
    assert " ".join(lines[3]).endswith("(sdk 11)=1")
    [row] = json.loads(show(path, "--chain", B, "--name", f"{RIVAL}=them", "--output", "json"))[1:]
    none = {"effected": 0, "redundant": 0, "inferred": 0}
    assert {key: row[key] for key in row if key != "failed"} == {
        "chain_id": B, "relayer": RIVAL, "name": "them",
        "received": {"effected": 0, "redundant": 1, "inferred": 0},
        "acknowledged": none, "timed_out": none,
    }  # fmt: skip
    [cause] = row["failed"]
    assert (cause["codespace"], cause["code"], cause["count"]) == ("sdk", 11, 1)
    assert "gas" in cause["meaning"]


@pytest.mark.parametrize("name", ["pluri1x", "=x", "pluri1x="])
def test_names_are_an_address_and_a_name(tmp_path: Path, name: str) -> None:
    command = ["ibc", "relayers", "--database", str(tmp_path / "p.db"), "--name", name]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 2
    assert "is not ADDRESS=NAME" in result.output


def _without_index(of: RawEvent) -> RawEvent:
    kind, pairs = of
    return (kind, tuple(pair for pair in pairs if pair[0] != "msg_index"))
