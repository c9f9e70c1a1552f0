"""A gRPC channel whose every call has a deadline and whose errors are ours."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import grpc

from plurichain.errors import (
    BadReply,
    InputError,
    NodeError,
    NodeTimeout,
    NodeUnreachable,
    NotFound,
)

logger = logging.getLogger(__name__)

MAX_REPLY_BYTES = 64 * 1024 * 1024

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


class GrpcChannel:
    """One node's gRPC server.

    ``address`` is as in ``config.Endpoint``. ``root_certificates`` (PEM) replaces the
    system's authorities for a TLS address.
    """

    def __init__(
        self, address: str, *, timeout_s: float, root_certificates: bytes | None = None
    ) -> None:
        # Also gRPC's limit for connecting: a silent server is to run into our own deadline.
        connect_ms = ("grpc.min_reconnect_backoff_ms", int(timeout_s * 2_000) + 1_000)
        options = (*_OPTIONS, connect_ms)
        scheme, _, target = address.rpartition("://")
        target = target.rstrip("/")
        if scheme == "https":
            credentials = grpc.ssl_channel_credentials(root_certificates)
            self.raw = grpc.secure_channel(target, credentials, options=options)
        else:
            self.raw = grpc.insecure_channel(target, options=options)
        self.address = address
        self._timeout_s = timeout_s

    def call(self, method: Callable[..., Any], request: Any, *, what: str) -> Any:
        """Return the answer of one unary stub method; ``what`` says in errors what was asked.

        Raises NodeUnreachable, NodeTimeout, NotFound, InputError (the node refuses the
        request as malformed), BadReply, NodeError.
        """
        started_s = time.monotonic()
        said = "answered"
        try:
            return method(request, timeout=self._timeout_s)
        except grpc.RpcError as error:
            said = error.code().name
            raise self._map(error, what) from error
        finally:
            # What was asked, never the request: it may hold an opening.
            taken_ms = (time.monotonic() - started_s) * 1_000
            logger.debug("%s: %s: %s in %.1f ms", self.address, what, said, taken_ms)

    def close(self) -> None:
        """Close the channel; calls under way are cancelled."""
        self.raw.close()

    def _map(self, error: grpc.RpcError, what: str) -> Exception:
        code = error.code()
        details = error.details() or ""
        first_line = details.partition("\n")[0]
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return NodeTimeout(
                f"{self.address} did not answer within {self._timeout_s:g} s ({what})",
                remedy="check that the node runs and keeps up, or use another node",
            )
        kind, remedy = _STATUS_ERRORS[code]
        if code is grpc.StatusCode.UNAVAILABLE:
            return kind(f"cannot reach {self.address}: {first_line}", remedy=remedy)
        if kind is NotFound:
            return kind(f"{what}: {first_line}", remedy=remedy)
        return kind(f"{self.address} refused {what}: {first_line}", remedy=remedy)


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
    grpc.StatusCode.RESOURCE_EXHAUSTED: (NodeError, "try again later, or use another node"),
    grpc.StatusCode.FAILED_PRECONDITION: (NodeError, ""),
    grpc.StatusCode.ABORTED: (NodeError, ""),
    grpc.StatusCode.OUT_OF_RANGE: (NodeError, ""),
    grpc.StatusCode.UNIMPLEMENTED: (BadReply, "the node's chain does not have this module"),
    grpc.StatusCode.INTERNAL: (NodeError, ""),
    grpc.StatusCode.UNAVAILABLE: (
        NodeUnreachable,
        "check that the node runs and that the network's grpc address is right",
    ),
    grpc.StatusCode.DATA_LOSS: (NodeError, ""),
    grpc.StatusCode.UNAUTHENTICATED: (NodeError, ""),
}
