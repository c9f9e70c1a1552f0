"""Announcements of blocks: a real websocket server that drops, repeats, lies or stays silent."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from plurichain.chain.nodes.feed import OPEN_TIMEOUT_S, BlockFeed, read_announcement

Handler = Callable[[ServerConnection], None]


def announce(height: int) -> str:
    data = {"type": "tendermint/event/NewBlockHeader", "value": {"header": {"height": str(height)}}}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"query": "q", "data": data}})


@contextlib.contextmanager
def serving(handler: Handler) -> Iterator[str]:
    def handle(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            assert json.loads(connection.recv())["method"] == "subscribe"
            connection.send('{"jsonrpc": "2.0", "id": 1, "result": {}}')
            handler(connection)

    server = serve(handle, "127.0.0.1", 0, close_timeout=1)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
    finally:
        server.shutdown()
        thread.join(10)


@contextlib.contextmanager
def feeding(get_url: Callable[[], str]) -> Iterator[BlockFeed]:
    feed = BlockFeed(get_url, ssl.create_default_context)
    try:
        yield feed
    finally:
        feed.close()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def test_announcements_arrive_and_the_thread_ends() -> None:
    def handler(connection: ServerConnection) -> None:
        for height in (7, 8, 8, 6):
            connection.send(announce(height))
        connection.recv()

    with serving(handler) as url, feeding(lambda: url) as feed:
        assert feed.wait(8, timeout_s=20)
        assert feed.is_live
        assert feed.height == 8
        assert not feed.wait(9, timeout_s=0.05)
        feed.close()
        assert not any(thread.name == "plurichain-feed" for thread in threading.enumerate())


def test_a_dropped_connection_is_made_again() -> None:
    heights = iter(range(1, 1_000))

    def handler(connection: ServerConnection) -> None:
        connection.send(announce(next(heights)))
        connection.close()

    with serving(handler) as url, feeding(lambda: url) as feed:
        assert feed.wait(4, timeout_s=20)


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "[]",
        pytest.param("[" * 100_000, id="nested"),
        '{"result": {"data": 1}}',
        '{"error": "full"}',
    ],
)
def test_words_that_are_no_announcement_end_it_and_it_begins_again(text: str) -> None:
    said = [text]

    def handler(connection: ServerConnection) -> None:
        connection.send(said.pop() if said else announce(3))
        connection.recv()

    with serving(handler) as url, feeding(lambda: url) as feed:
        assert feed.wait(3, timeout_s=20)


def test_it_follows_the_node_in_use() -> None:
    def handler_at(height: int) -> Handler:
        def handler(connection: ServerConnection) -> None:
            connection.send(announce(height))
            connection.recv()

        return handler

    left = threading.Event()

    def stay(connection: ServerConnection) -> None:
        connection.send(announce(5))
        try:
            connection.recv()
        except ConnectionClosed as error:
            if error.rcvd is not None:  # the client said that it goes
                left.set()

    with serving(stay) as one, serving(handler_at(50)) as two:
        used = [one]
        with feeding(lambda: used[0]) as feed:
            assert feed.wait(5, timeout_s=20)
            used[0] = two
            assert feed.wait(50, timeout_s=20)
            assert left.wait(20)


def test_no_server_is_no_announcement() -> None:
    with serving(lambda _connection: None) as url:
        pass
    with feeding(lambda: url) as feed:
        assert not feed.wait(1, timeout_s=0.3)
        assert not feed.is_live


def test_it_ends_while_a_node_does_not_answer_to_the_handshake() -> None:
    """Else every program that is interrupted would stand there till the handshake's time is up."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with feeding(lambda: url) as feed:
            connection, _ = silent.accept()
            with connection:
                assert connection.recv(1_000).startswith(b"GET /websocket")
                began_s = time.monotonic()
                feed.close()
                assert time.monotonic() - began_s < OPEN_TIMEOUT_S / 2
        assert not any(thread.name == "plurichain-feed" for thread in threading.enumerate())


def test_reading_an_announcement() -> None:
    assert read_announcement(json.loads(announce(12))) == 12
    assert read_announcement({"result": {}}) == 0
    wrong: list[object] = [{}, [], {"error": {"code": 1}}, {"result": {"data": {"value": {}}}}]
    for message in wrong:
        with pytest.raises(ValueError, match=r"refused|not an announcement"):
            read_announcement(message)
