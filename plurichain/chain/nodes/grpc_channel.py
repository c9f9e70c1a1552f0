"""A gRPC channel whose every call has a deadline and whose errors are ours."""

from __future__ import annotations

import logging
import ssl
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import grpc

from plurichain.chain.budget import CallLimit, compute_call_limit, compute_call_timeout
from plurichain.chain.nodes.refusals import find_refusal
from plurichain.chain.nodes.tls import SPEAKS_TLS_CAUSE, SPEAKS_TLS_REMEDY, explain_tls, is_tls_port
from plurichain.errors import (
    BadReply,
    InputError,
    ModuleMissing,
    NodeBusy,
    NodeError,
    NodeTimeout,
    NodeUnreachable,
    NotFound,
    TlsFailed,
)
from plurichain.storage.effects import effect

logger = logging.getLogger(__name__)

MAX_REPLY_BYTES = 64 * 1024 * 1024
_PROBE_S = 1.0

_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_REPLY_BYTES),
    # A node that went away without a word is noticed while a call is open.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.enable_retries", 0),
    # As for RPC: a node is reached directly, whatever proxy the environment names.
    ("grpc.enable_http_proxy", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)


MOST_AT_ONCE = 8
"""So many calls of ``call_many`` are under way at once."""

HEIGHT_KEY = "x-cosmos-block-height"


@dataclass(slots=True)
class HeightPin:
    """The height that all pages of one query are read at; 0 until the first page tells it."""

    height: int = 0


class GrpcChannel:
    """One node's gRPC server.

    ``address`` is as in ``config.Endpoint``. For a TLS address, ``root_certificates``
    (PEM) replaces the system's authorities, and ``client_certificate`` with
    ``client_key`` (PEM) is shown to a node that asks for one.
    """

    def __init__(
        self,
        address: str,
        *,
        timeout_s: float,
        root_certificates: bytes | None = None,
        client_certificate: bytes | None = None,
        client_key: bytes | None = None,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        # Also gRPC's limit for connecting: a silent server is to run into our own deadline.
        connect_ms = ("grpc.min_reconnect_backoff_ms", int(timeout_s * 2_000) + 1_000)
        options = (*_OPTIONS, connect_ms)
        scheme, _, target = address.rpartition("://")
        target = target.rstrip("/")
        if scheme == "https":
            credentials = grpc.ssl_channel_credentials(
                root_certificates, client_key, client_certificate
            )
            self.raw = grpc.secure_channel(target, credentials, options=options)
        else:
            self.raw = grpc.insecure_channel(target, options=options)
        self.address = address
        self.height = 0
        """The height of the last answer that told one."""
        self._is_tls = scheme == "https"
        self._target = target
        self._tls_context = tls_context
        self._timeout_s = timeout_s

    def call(self, method: Any, request: Any, *, what: str, pin: HeightPin | None = None) -> Any:
        """Return the answer of one unary stub method; ``what`` says in errors what was asked.

        With ``pin`` the state is read at its height, which the first answer sets. Raises
        NodeUnreachable (TlsFailed), NodeTimeout, NodeBusy, NotFound, HeightPruned,
        IndexerOff, ModuleMissing, InputError (the node refuses the request as malformed),
        BadReply, NodeError.
        """
        limit = compute_call_limit(self._timeout_s)
        metadata = ((HEIGHT_KEY, str(pin.height)),) if pin is not None and pin.height else None
        started_s = time.monotonic()
        said = "answered"
        try:
            with effect("ask", what):
                reply, call = method.with_call(request, timeout=limit.seconds, metadata=metadata)
        except grpc.RpcError as error:
            said = error.code().name
            raise self._map(error, what, limit) from error
        finally:
            # What was asked, never the request: it may hold an opening.
            taken_ms = (time.monotonic() - started_s) * 1_000
            logger.debug("%s: %s: %s in %.1f ms", self.address, what, said, taken_ms)
        height = _read_height(call.initial_metadata())
        if metadata is None and height:
            self.height = height
        if pin is not None and not pin.height:
            pin.height = height
        return reply

    def call_many(self, method: Any, requests: Sequence[Any], *, what: str) -> list[Any]:
        """Return the answers of several independent calls, some of them under way at once.

        Each has the deadline of one call. Raises as ``call``, for the first that fails.
        """
        pending: deque[tuple[Any, CallLimit]] = deque()
        replies: list[Any] = []
        limit = CallLimit(self._timeout_s)
        try:
            with effect("ask", what):
                for number, request in enumerate(requests, start=1):
                    limit = compute_call_limit(self._timeout_s)
                    pending.append((method.future(request, timeout=limit.seconds), limit))
                    while len(pending) >= MOST_AT_ONCE or (pending and number == len(requests)):
                        call, limit = pending.popleft()
                        replies.append(call.result())
        except grpc.RpcError as error:
            raise self._map(error, what, limit) from error
        finally:
            for call, _ in pending:
                call.cancel()
        return replies

    def close(self) -> None:
        """Close the channel; calls under way are cancelled."""
        self.raw.close()

    def _map(self, error: grpc.RpcError, what: str, limit: CallLimit) -> Exception:
        code = error.code()
        first_line = (error.details() or "").partition("\n")[0]
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return limit.make_error(self.address, what)
        kind, remedy = _STATUS_ERRORS[code]
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than max" in first_line:
            return BadReply(f"{self.address} sent more than {MAX_REPLY_BYTES} bytes ({what})")
        if first_line.startswith(_BROKEN):
            # Said by this side, with whatever status: the answer was cut off or is no HTTP/2.
            return NodeUnreachable(
                f"the connection to {self.address} broke ({what}): {first_line}",
                remedy=_STATUS_ERRORS[grpc.StatusCode.UNAVAILABLE][1],
            )
        if code is grpc.StatusCode.UNAVAILABLE:
            found = self._explain_tls()
            if found is not None:
                return TlsFailed(
                    f"no secure connection to {self.address}: {found[0]}", remedy=found[1]
                )
            return kind(f"cannot reach {self.address}: {first_line}", remedy=remedy)
        special = find_refusal(first_line)
        if special is not None:
            return special[0](f"{self.address} refused {what}: {first_line}", remedy=special[1])
        if kind is NotFound:
            return kind(f"{what}: {first_line}", remedy=remedy)
        return kind(f"{self.address} refused {what}: {first_line}", remedy=remedy)

    def _explain_tls(self) -> tuple[str, str] | None:
        """Say what TLS has to do with a failed connection, if anything."""
        host, _, port = self._target.rpartition(":")
        host = host.strip("[]")
        if not port.isdigit():
            return None
        try:
            timeout_s = compute_call_timeout(_PROBE_S)
        except NodeTimeout:
            return None
        if self._is_tls:
            context = self._tls_context or ssl.create_default_context()
            return explain_tls(host, int(port), context, timeout_s=timeout_s)
        if is_tls_port(host, int(port), timeout_s=timeout_s):
            return SPEAKS_TLS_CAUSE, SPEAKS_TLS_REMEDY
        return None


def _read_height(metadata: Any) -> int:
    for key, value in metadata or ():
        if key == HEIGHT_KEY and str(value).isdigit():
            return int(value)
    return 0


_BROKEN = ("Stream removed", "Received RST_STREAM")
_CHECK_ADDRESS = "check that the grpc address is that of a node's gRPC server"

_STATUS_ERRORS: dict[grpc.StatusCode, tuple[type[NodeError | InputError], str]] = {
    grpc.StatusCode.OK: (BadReply, _CHECK_ADDRESS),
    grpc.StatusCode.CANCELLED: (NodeError, ""),
    grpc.StatusCode.UNKNOWN: (NodeError, ""),
    grpc.StatusCode.INVALID_ARGUMENT: (InputError, ""),
    grpc.StatusCode.DEADLINE_EXCEEDED: (NodeTimeout, ""),
    grpc.StatusCode.NOT_FOUND: (NotFound, ""),
    grpc.StatusCode.ALREADY_EXISTS: (NodeError, ""),
    grpc.StatusCode.PERMISSION_DENIED: (NodeError, ""),
    grpc.StatusCode.RESOURCE_EXHAUSTED: (NodeBusy, "try again later, or use another node"),
    grpc.StatusCode.FAILED_PRECONDITION: (NodeError, ""),
    grpc.StatusCode.ABORTED: (NodeError, ""),
    grpc.StatusCode.OUT_OF_RANGE: (NodeError, ""),
    grpc.StatusCode.UNIMPLEMENTED: (ModuleMissing, "use a network whose chain has this module"),
    grpc.StatusCode.INTERNAL: (NodeError, ""),
    grpc.StatusCode.UNAVAILABLE: (
        NodeUnreachable,
        "check that the node runs and that the network's grpc address is right",
    ),
    grpc.StatusCode.DATA_LOSS: (NodeError, ""),
    grpc.StatusCode.UNAUTHENTICATED: (NodeError, ""),
}
