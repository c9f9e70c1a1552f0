"""New blocks as a node announces them, over its websocket.

An announcement is only a reason to look: what a block holds is read by its height, so a
dropped connection, a lost or a repeated announcement neither hides a block nor shows one
twice. Whoever waits also looks by itself now and then (``ChainClient.wait_for_block``).
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import socket
import threading
import time
import urllib.parse
from typing import TYPE_CHECKING, Any

from plurichain.chain.nodes.http_deadline import connect
from plurichain.storage.effects import effect

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

SUBSCRIBE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "subscribe",
    # The header alone: the whole block would be read again anyway.
    "params": {"query": "tm.event='NewBlockHeader'"},
}
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
OPEN_TIMEOUT_S = 5.0
LOOK_UP_S = 0.5
"""How often the reader looks whether it is still wanted, and by which node."""
SILENCE_S = 30.0
"""A connection that announces nothing for so long is made anew."""
LONGEST_PAUSE_S = 10.0

logger = logging.getLogger(__name__)


class BlockFeed:
    """The greatest height announced, kept by a thread that reconnects by itself.

    ``get_url`` gives the RPC address of the node in use; when it changes the feed follows.
    ``get_context`` gives the TLS context for it.
    """

    def __init__(
        self,
        get_url: Callable[[], str],
        get_context: Callable[[], ssl.SSLContext],
        *,
        rng: random.Random | None = None,
    ) -> None:
        self._get_url = get_url
        self._get_context = get_context
        self._rng = rng or random.Random()  # noqa: S311 - it spreads reconnections, no more
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._height = 0
        self._is_live = False
        self._opening: socket.socket | None = None
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name="plurichain-feed", daemon=True)
        self._thread.start()

    @property
    def height(self) -> int:
        """The greatest height that the node in use has announced, 0 for none yet."""
        return self._height

    @property
    def is_live(self) -> bool:
        """Whether the subscription stands; False in a forked child, which has no thread."""
        return self._is_live and self._pid == os.getpid()

    def wait(self, height: int, *, timeout_s: float) -> bool:
        """Wait until ``height`` is announced; returns whether it was."""
        with self._changed:
            return self._changed.wait_for(lambda: self._height >= height, timeout_s)

    def close(self) -> None:
        """End the thread and its connection."""
        self._closing.set()
        if self._pid != os.getpid():
            return
        opening = self._opening
        if opening is not None:
            # A node that does not answer to the handshake would be waited for till its time-out.
            with contextlib.suppress(OSError):
                opening.shutdown(socket.SHUT_RDWR)
        self._thread.join(OPEN_TIMEOUT_S)

    def _run(self) -> None:
        from websockets.exceptions import WebSocketException

        pause_s = 0.1
        while not self._closing.is_set():
            url, began_s = self._get_url(), time.monotonic()
            try:
                self._follow(url)
            except (OSError, ValueError, RecursionError, WebSocketException) as error:
                logger.debug("no announcements of blocks from %s: %s", url, error)
            finally:
                self._is_live = False
            if time.monotonic() - began_s > LONGEST_PAUSE_S:
                pause_s = 0.1  # it worked for a while
            self._closing.wait(self._rng.uniform(pause_s / 2, pause_s))
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _follow(self, url: str) -> None:
        """Announce what the node at ``url`` announces until it ends or is not in use any more.

        Raises OSError, WebSocketException; ValueError, RecursionError: not CometBFT's words.
        """
        from websockets.sync.client import connect as open_websocket

        parts = urllib.parse.urlsplit(url)
        is_tls = parts.scheme == "https"
        host = parts.hostname or ""
        port = parts.port or (443 if is_tls else 80)
        self._opening = sock = connect(host, port, time.monotonic() + OPEN_TIMEOUT_S)
        if self._closing.is_set():
            sock.close()  # whoever closes did not see it yet
            return
        with (
            contextlib.closing(sock),
            open_websocket(
                parts._replace(
                    scheme="wss" if is_tls else "ws", path=f"{parts.path.rstrip('/')}/websocket"
                ).geturl(),
                sock=sock,
                ssl=self._get_context() if is_tls else None,
                open_timeout=OPEN_TIMEOUT_S,
                close_timeout=1,
                ping_interval=10,
                ping_timeout=10,
                compression=None,
                proxy=None,
                max_size=MAX_MESSAGE_BYTES,
                user_agent_header="plurichain",
                logger=_quiet_logger(),
            ) as websocket,
        ):
            self._opening = None
            with effect("send", "subscribe"):
                websocket.send(json.dumps(SUBSCRIBE))
            heard_s = time.monotonic()
            while not self._closing.is_set() and self._get_url() == url:
                try:
                    message = websocket.recv(timeout=LOOK_UP_S)
                except TimeoutError:
                    if time.monotonic() - heard_s > SILENCE_S:
                        return
                    continue
                heard_s = time.monotonic()
                height = read_announcement(json.loads(message))
                self._is_live = True
                with self._changed:
                    # A node that was restarted may announce lower ones again: they count anew.
                    self._height = max(self._height, height) if height else self._height
                    self._changed.notify_all()


def read_announcement(message: Any) -> int:
    """Return the height that a message announces, 0 for the answer to the subscription.

    Raises ValueError.
    """
    try:
        if message.get("error"):
            raise ValueError(f"refused: {message['error']}")
        result = message["result"]
        return int(result["data"]["value"]["header"]["height"]) if result else 0
    except (AttributeError, KeyError, TypeError):
        raise ValueError("not an announcement of a block") from None


def _quiet_logger() -> logging.Logger:
    quiet = logging.getLogger("plurichain.websocket")
    quiet.setLevel(logging.CRITICAL)
    return quiet
