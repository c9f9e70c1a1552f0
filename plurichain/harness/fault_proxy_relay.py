"""Which way a connection is carried: found out from its first bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.harness import fault_proxy_http1, fault_proxy_http2
from plurichain.harness.fault_proxy_source import run_first

if TYPE_CHECKING:
    from plurichain.harness.fault_proxy_link import Link

_VERBS = (b"GET ", b"POST", b"HEAD", b"PUT ", b"OPTI", b"DELE")


async def relay(link: Link) -> None:
    """Carry a connection in the way that its first bytes ask for. Raises LinkEnded."""

    async def hear_client() -> None:
        while len(link.client.buffer) < 4:
            await link.client.fill()

    async def hear_server() -> None:
        while len(link.server.buffer) < 9 or fault_proxy_http2.is_settings(link.server.buffer):
            await link.server.fill()  # a server of HTTP/2 may begin

    await run_first(hear_client(), hear_server())
    start = bytes(link.client.buffer[:4])
    if start == fault_proxy_http2.PREFACE[:4]:
        await fault_proxy_http2.relay(link)
    elif start in _VERBS and not link.server.buffer:
        await fault_proxy_http1.relay(link)
    else:
        await link.pump()
