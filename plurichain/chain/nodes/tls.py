"""TLS: whom to trust, who we are, and in words why a connection is not secure.

The ssl module and gRPC each tell of a failed handshake in their own way, or only of a
reset connection. ``explain_tls`` asks the port again and names the cause; it decides
nothing, so an address never falls back to anything less than what it says.
"""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from plurichain.errors import ConfigError
from plurichain.storage.effects import effect

if TYPE_CHECKING:
    from plurichain.config import Network

_AFTER_S = 0.3

_VERIFY_CAUSES = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "its certificate is self-signed",
    19: "its certificate chain ends in an authority that is not trusted here",
    20: "its certificate is from an authority that is not trusted here",
    62: "its certificate is for another host",
    64: "its certificate is for another address",
}
_CLOCK_REMEDY = "have the node's certificate renewed; check this machine's clock"
_TRUST_REMEDY = "name the authority's certificate as the network's ca_file, if you trust it"
_HOST_REMEDY = "use the address that the certificate is for"
_REMEDIES = {
    9: _CLOCK_REMEDY,
    10: _CLOCK_REMEDY,
    18: _TRUST_REMEDY,
    19: _TRUST_REMEDY,
    20: _TRUST_REMEDY,
    62: _HOST_REMEDY,
    64: _HOST_REMEDY,
}
_OWN_REMEDY = (
    "set the network's client_cert_file and client_key_file to what the node's operator gave"
)
_ALERTS = {
    "CERTIFICATE_REQUIRED": ("it wants a client certificate and got none", _OWN_REMEDY),
    "HANDSHAKE_FAILURE": (
        "it refused the handshake; it may want a client certificate",
        _OWN_REMEDY,
    ),
    "BAD_CERTIFICATE": ("it refuses our client certificate", _OWN_REMEDY),
    "CERTIFICATE_EXPIRED": ("it says that our client certificate has expired", _OWN_REMEDY),
    "UNKNOWN_CA": ("it does not know the authority of our client certificate", _OWN_REMEDY),
    "PROTOCOL_VERSION": ("it speaks no version of TLS that is safe", "have the node updated"),
}
_ENDED = (
    (
        "it ended the connection right after the TLS handshake; it may want a client certificate, "
        "or not take ours"
    ),
    _OWN_REMEDY,
)
_CUT = (
    (
        "it ended the connection during the TLS handshake; it may not speak TLS, or want a client "
        "certificate"
    ),
    _OWN_REMEDY,
)
PLAIN_CAUSE = "it does not speak TLS"
PLAIN_REMEDY = "if the node is meant to be reached in plain text, write http:// in the network"
SPEAKS_TLS_CAUSE = "it speaks TLS"
SPEAKS_TLS_REMEDY = "write https:// in the network"


class TlsFiles:
    """What a network names for TLS, read once.

    ``ca`` replaces the system's authorities; ``client_cert`` and ``client_key`` are shown
    to nodes that ask (mTLS). All PEM; None where the network names none.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self.ca = _read("ca_file", network.ca_file)
        self.client_cert = _read("client_cert_file", network.client_cert_file)
        self.client_key = _read("client_key_file", network.client_key_file)

    def make_context(self, *, is_grpc: bool = False) -> ssl.SSLContext:
        """Return a context that verifies certificate and host name. Raises ConfigError.

        ``is_grpc``: for asking a gRPC server, which talks to nobody without HTTP/2.
        """
        try:
            authorities = self.ca.decode("ascii") if self.ca is not None else None
            context = ssl.create_default_context(cadata=authorities)
        except (ssl.SSLError, UnicodeDecodeError):
            raise _bad_file("ca_file", self._network.ca_file, "PEM certificates") from None
        if self.client_cert is not None:
            try:
                context.load_cert_chain(
                    self._network.client_cert_file, self._network.client_key_file
                )
            except (OSError, ssl.SSLError):
                raise _bad_file(
                    "client_cert_file",
                    self._network.client_cert_file,
                    "a PEM certificate that belongs to client_key_file",
                ) from None
        if is_grpc:
            context.set_alpn_protocols(["h2"])
        return context


def _read(field: str, path: str) -> bytes | None:
    if not path:
        return None
    try:
        content = Path(path).expanduser().read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{field}: cannot read {path}: {error.strerror or error}",
            remedy="correct the network in config.toml",
        ) from None
    if b"-----BEGIN " not in content:
        raise _bad_file(field, path, "PEM")
    return content


def _bad_file(field: str, path: str, rule: str) -> ConfigError:
    return ConfigError(
        f"{field}: {path} does not hold {rule}", remedy="correct the network in config.toml"
    )


def explain_error(error: BaseException) -> tuple[str, str] | None:
    """Return (cause, remedy) of what the ssl module raised, None if it is not TLS's."""
    if isinstance(error, ssl.SSLCertVerificationError):
        code = error.verify_code
        cause = _VERIFY_CAUSES.get(code, f"its certificate: {error.verify_message}")
        return cause, _REMEDIES.get(code, _TRUST_REMEDY)
    if not isinstance(error, ssl.SSLError):
        return None
    if isinstance(error, ssl.SSLEOFError):
        return _CUT
    reason = str(error.reason or error)
    for word, found in _ALERTS.items():
        if word in reason:
            return found
    if any(word in reason for word in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER")):
        return PLAIN_CAUSE, PLAIN_REMEDY
    return f"the TLS handshake failed ({reason})", "check the node's certificate"


def explain_tls(
    host: str, port: int, context: ssl.SSLContext, *, timeout_s: float
) -> tuple[str, str] | None:
    """Return (cause, remedy) if a handshake with ``context`` fails for a reason of TLS."""
    has_shaken_hands = False
    try:
        with (
            effect("probe", "node"),
            socket.create_connection((host, port), timeout=timeout_s) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            has_shaken_hands = True
            # TLS 1.3 refuses a client certificate only now; a server that takes it waits.
            secured.settimeout(min(timeout_s, _AFTER_S))
            return None if secured.recv(1) else _ENDED
    except TimeoutError:
        return None
    except OSError as error:
        found = explain_error(error)
        if has_shaken_hands and found in {None, _CUT}:
            return _ENDED
        return found


def is_tls_port(host: str, port: int, *, timeout_s: float) -> bool:
    """Tell whether a port that was addressed in plain text answers a TLS handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is sent; this only tells what speaks there
    try:
        with (
            effect("probe", "node"),
            socket.create_connection((host, port), timeout=timeout_s) as plain,
            context.wrap_socket(plain),
        ):
            return True
    except ssl.SSLError as error:
        return "ALERT" in str(error.reason or "")
    except OSError:
        return False
