"""CometBFT's JSON-RPC: headers, blocks, results of blocks, simulation.

Why not the SDK's gRPC service for these: it has no block results, so the end of a
transaction could only be learnt from an index that a node may have switched off; and
its Simulate answers with text alone, while ``abci_query /app/simulate`` carries the
(codespace, code) that errors are told apart by.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import json
import logging
import time
from typing import TYPE_CHECKING, Any

from plurichain.chain.budget import compute_call_limit
from plurichain.chain.nodes.http_deadline import HttpEndpoint
from plurichain.chain.nodes.refusals import find_refusal
from plurichain.chain.nodes.rpc_parts import (
    filled,
    join_error,
    parse_time_ns,
    read_events,
    read_header,
    read_tx_result,
)
from plurichain.chain.types import (
    Block,
    BlockHead,
    BlockResults,
    Header,
    NodeStatus,
)
from plurichain.errors import BadReply, NodeError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping, Sequence

__all__ = ["MOST_CALLS", "MOST_HEADS", "RpcClient", "parse_time_ns"]

logger = logging.getLogger(__name__)

MOST_HEADS = 20
"""How many heads of blocks CometBFT shows at once."""
MOST_CALLS = 10
"""What CometBFT takes in one request by default."""


class RpcClient:
    """One node's RPC; every call ends within ``timeout_s`` seconds."""

    def __init__(
        self, url: str, *, timeout_s: float, tls_context: ssl.SSLContext | None = None
    ) -> None:
        self._endpoint = HttpEndpoint(url, tls_context=tls_context)
        self._timeout_s = timeout_s
        self._ids = itertools.count(1)

    @property
    def url(self) -> str:
        """Where the node is, for messages."""
        return self._endpoint.url

    @property
    def breaks(self) -> int:
        """How many connections the other side has ended."""
        return self._endpoint.breaks

    def close(self) -> None:
        """Close the connections."""
        self._endpoint.close()

    def call(self, method: str, **parameters: object) -> tuple[dict[str, Any], bytes]:
        """Return the result of ``method`` and the whole answer.

        Raises NodeUnreachable, NodeTimeout, NodeBusy, BadReply, or with the node's text
        NotFound (a height that is not there yet), HeightPruned, IndexerOff, NodeError.
        """
        request = {
            "jsonrpc": "2.0",
            "id": next(self._ids),
            "method": method,
            "params": parameters,
        }
        started_s = time.monotonic()
        try:
            limit = compute_call_limit(self._timeout_s)
            raw = self._endpoint.post(json.dumps(request).encode(), limit=limit, what=method)
        finally:
            # The method, never its parameters: a simulation holds what is about to be sent.
            logger.debug(
                "%s: %s in %.1f ms", self.url, method, (time.monotonic() - started_s) * 1_000
            )
        try:
            reply = json.loads(raw)
        except (ValueError, RecursionError):
            raise self._bad(f"{method}: not JSON, it begins with {raw[:40]!r}") from None
        if not isinstance(reply, dict):
            raise self._bad(f"{method}: not a JSON-RPC answer")
        error = reply.get("error")
        if isinstance(error, dict):
            text = join_error(error)
            kind, remedy = find_refusal(text) or (NodeError, "")
            raise kind(f"{self.url} refused {method}: {text}", remedy=remedy)
        result = reply.get("result")
        if not isinstance(result, dict):
            raise self._bad(f"{method}: no result")
        return result, raw

    def call_all(
        self, method: str, parameters: Sequence[Mapping[str, object]]
    ) -> list[tuple[dict[str, Any], str]]:
        """Call ``method`` once for each of ``parameters``, in one request.

        Returns (result, the text of its error) in their order, one of the two empty. Nodes
        take ``MOST_CALLS`` at once unless they are set otherwise. Raises as ``call``.
        """
        ids = [next(self._ids) for _ in parameters]
        request = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": each}
            for number, each in zip(ids, parameters, strict=True)
        ]
        limit = compute_call_limit(self._timeout_s)
        raw = self._endpoint.post(json.dumps(request).encode(), limit=limit, what=method)
        try:
            replies = json.loads(raw)
        except (ValueError, RecursionError):
            raise self._bad(f"{method}: not JSON, it begins with {raw[:40]!r}") from None
        if isinstance(replies, dict) and replies.get("id") in ids:
            replies = [replies]  # so CometBFT answers a list of one
        if isinstance(replies, dict) and isinstance(replies.get("error"), dict):
            text = join_error(replies["error"])
            kind, remedy = find_refusal(text) or (NodeError, "")
            raise kind(f"{self.url} refused {len(ids)} calls of {method}: {text}", remedy=remedy)
        with self._reading(method):
            by_id = {reply["id"]: reply for reply in replies}
            return [
                (by_id[number].get("result") or {}, join_error(by_id[number].get("error") or {}))
                for number in ids
            ]

    def get_status(self) -> NodeStatus:
        """Return what the node says of itself."""
        result, _ = self.call("status")
        with self._reading("status"):
            node, sync = result["node_info"], result["sync_info"]
            return NodeStatus(
                chain_id=filled(node["network"]),
                height=int(sync["latest_block_height"]),
                time_ns=parse_time_ns(sync["latest_block_time"]),
                catching_up=bool(sync["catching_up"]),
                moniker=str(node["moniker"]),
                version=str(node["version"]),
                block_hash=str(sync.get("latest_block_hash", "")),
                first_height=int(sync.get("earliest_block_height", 0)),
            )

    def get_committed_height(self) -> int:
        """Return the height whose state queries and simulation see.

        The block store is ahead of it for some milliseconds in every block.
        """
        result, _ = self.call("abci_info")
        with self._reading("abci_info"):
            return int(result["response"].get("last_block_height", 0))

    def get_header(self, height: int) -> Header:
        """Return the header at ``height``."""
        result, _ = self.call("header", height=str(height))
        with self._reading("header"):
            return read_header(result["header"], height)

    def get_block_hash(self, height: int) -> str:
        """Return the hash of the block at ``height`` in upper-case hex."""
        text = str(height)
        result, _ = self.call("blockchain", minHeight=text, maxHeight=text)
        with self._reading("blockchain"):
            (meta,) = result["block_metas"]
            if int(meta["header"]["height"]) != height:
                raise ValueError
            return filled(meta["block_id"]["hash"]).upper()

    def get_block(self, height: int) -> Block:
        """Return the block at ``height``."""
        result, raw = self.call("block", height=str(height))
        with self._reading("block"):
            block = result["block"]
            txs = block["data"]["txs"] or []
            return Block(
                header=read_header(block["header"], height),
                txs=tuple(base64.b64decode(tx, validate=True) for tx in txs),
                raw=raw,
            )

    def list_block_heads(self, first: int, last: int) -> list[BlockHead]:
        """Return the heads of blocks from ``first`` on, without gaps, at most ``MOST_HEADS``.

        Fewer where the node has fewer; none where it no longer has ``first``.
        """
        last = min(last, first + MOST_HEADS - 1)
        result, _ = self.call("blockchain", minHeight=str(first), maxHeight=str(last))
        with self._reading("blockchain"):
            heads = {}
            for meta in result["block_metas"]:
                height = int(meta["header"]["height"])
                header = read_header(meta["header"], height)
                heads[height] = BlockHead(header, int(meta["num_txs"]))
        wanted = range(first, last + 1)
        return [heads[height] for height in itertools.takewhile(heads.__contains__, wanted)]

    def get_block_results(self, height: int) -> BlockResults:
        """Return what the transactions of ``height`` came to, and the block's own events."""
        result, _ = self.call("block_results", height=str(height))
        with self._reading("block_results"):
            if int(result["height"]) != height:
                raise ValueError
            tx_results = tuple(read_tx_result(entry) for entry in result["txs_results"] or ())
            return BlockResults(
                height=height,
                tx_results=tx_results,
                events=read_events(result.get("finalize_block_events")),
            )

    def query_abci(self, path: str, data: bytes) -> tuple[int, str, str, bytes]:
        """Return (code, codespace, log, value) of an ABCI query."""
        result, _ = self.call("abci_query", path=path, data=data.hex(), height="0", prove=False)
        with self._reading("abci_query"):
            response = result["response"]
            value = base64.b64decode(response.get("value") or "", validate=True)
            code = int(response.get("code", 0))
            return code, str(response.get("codespace", "")), str(response.get("log", "")), value

    def _reading(self, method: str) -> _Reading:
        return _Reading(self, method)

    def _bad(self, what: str) -> BadReply:
        return BadReply(
            f"{self.url} gave an answer that cannot be right ({what})",
            remedy="check that the rpc address is that of a CometBFT node",
        )


class _Reading:
    """Turns what goes wrong while an answer is taken apart into BadReply."""

    def __init__(self, client: RpcClient, method: str) -> None:
        self._client = client
        self._method = method

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        expected = (KeyError, ValueError, TypeError, AttributeError, binascii.Error)
        if isinstance(error, expected):
            raise self._client._bad(f"{self._method}: fields are missing or wrong") from error  # noqa: SLF001
