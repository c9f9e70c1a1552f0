"""https:// means TLS with a trusted certificate, and nothing less; each failure names its cause."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent import futures
from fractions import Fraction
from pathlib import Path

import grpc
import pytest

from plurichain.chain import ChainClient, protos
from plurichain.chain.nodes.grpc_channel import GrpcChannel
from plurichain.chain.nodes.rpc import RpcClient
from plurichain.chain.nodes.tls import TlsFiles
from plurichain.config import Endpoint, Network
from plurichain.errors import ConfigError, NodeError, TlsFailed
from tests.unit.chain.nodes import servers
from tests.unit.chain.nodes.certificates import Identity, make_identity
from tests.unit.chain.nodes.nodes import CHAIN_ID, ScriptedNode

Ask = Callable[["Ports", Network], str]


@pytest.fixture(scope="module")
def authority() -> Identity:
    return make_identity(is_authority=True)


class Ports:
    """A node that speaks TLS on both its ports."""

    def __init__(self, rpc: int, grpc_port: int, *, scheme: str = "https://") -> None:
        plain = "" if scheme == "http://" else scheme
        self.endpoint = Endpoint(f"{plain}127.0.0.1:{grpc_port}", f"{scheme}127.0.0.1:{rpc}")


class NodeService(protos.node_query_grpc.ServiceServicer):  # type: ignore[misc]
    def GetNodeInfo(self, request: object, context: object) -> object:
        reply = protos.node_query.GetNodeInfoResponse()
        reply.default_node_info.network = CHAIN_ID
        return reply


@contextlib.contextmanager
def serving(
    identity: Identity, folder: Path, *, client_authority: Identity | None = None
) -> Iterator[tuple[int, int]]:
    """Serve RPC and gRPC over TLS; with ``client_authority`` clients need a certificate of its."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*identity.write(folder, "server"))
    if client_authority is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=client_authority.certificate.decode())
    node = ScriptedNode()

    def handle(connection: socket.socket) -> None:
        with contextlib.closing(context.wrap_socket(connection, server_side=True)) as secured:
            node.handle(secured)

    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    protos.node_query_grpc.add_ServiceServicer_to_server(NodeService(), server)
    credentials = grpc.ssl_server_credentials(
        [(identity.private_key, identity.certificate)],
        root_certificates=client_authority.certificate if client_authority else None,
        require_client_auth=client_authority is not None,
    )
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    try:
        with servers.serve(handle) as rpc:
            yield rpc, port
    finally:
        server.stop(None).wait(10)


def make_network(endpoint: Endpoint, **files: str) -> Network:
    return Network("town", CHAIN_ID, "pluri", (endpoint,), "upluri", Fraction(0), **files)  # type: ignore[arg-type]


def ask_rpc(ports: Ports, network: Network) -> str:
    context = TlsFiles(network).make_context()
    rpc = RpcClient(ports.endpoint.rpc, timeout_s=5, tls_context=context)
    with contextlib.closing(rpc):
        return rpc.get_status().chain_id


def ask_grpc(ports: Ports, network: Network) -> str:
    files = TlsFiles(network)
    channel = GrpcChannel(
        ports.endpoint.grpc,
        timeout_s=5,
        root_certificates=files.ca,
        client_certificate=files.client_cert,
        client_key=files.client_key,
        tls_context=files.make_context(is_grpc=True),
    )
    with contextlib.closing(channel):
        stub = protos.node_query_grpc.ServiceStub(channel.raw)
        request = protos.node_query.GetNodeInfoRequest()
        reply = channel.call(stub.GetNodeInfo, request, what="node info")
        return str(reply.default_node_info.network)


both = pytest.mark.parametrize("ask", [ask_rpc, ask_grpc])


def test_a_client_over_tls_with_an_authority_of_its_own(
    authority: Identity, tmp_path: Path
) -> None:
    ca_file, _ = authority.write(tmp_path, "ca")
    with serving(make_identity(issuer=authority), tmp_path) as ports:
        network = make_network(Ports(*ports).endpoint, ca_file=str(ca_file))
        with ChainClient(network) as client:
            assert client.check().height == 100
            assert client.get_latest_header().height == 100


@both
@pytest.mark.parametrize(
    ("kind", "cause", "remedy"),
    [
        ("expired", "its certificate has expired", "clock"),
        ("early", "its certificate is not valid yet", "clock"),
        ("other host", "its certificate is for another address", "the address"),
        ("self-signed", "its certificate is self-signed", "ca_file"),
        ("foreign", "from an authority that is not trusted here", "ca_file"),
    ],
)
def test_a_certificate_that_is_not_right(
    authority: Identity, tmp_path: Path, ask: Ask, kind: str, cause: str, remedy: str
) -> None:
    identity = {
        "expired": lambda: make_identity(issuer=authority, days=(-2, -1)),
        "early": lambda: make_identity(issuer=authority, days=(1, 2)),
        "other host": lambda: make_identity(issuer=authority, address="127.0.0.2"),
        "self-signed": make_identity,
        "foreign": lambda: make_identity(issuer=make_identity(is_authority=True)),
    }[kind]()
    ca_file, _ = authority.write(tmp_path, "ca")
    with serving(identity, tmp_path) as found:
        ports = Ports(*found)
        with pytest.raises(TlsFailed, match=cause) as caught:
            ask(ports, make_network(ports.endpoint, ca_file=str(ca_file)))
        assert remedy in caught.value.remedy


@both
def test_a_certificate_for_another_name(authority: Identity, tmp_path: Path, ask: Ask) -> None:
    ca_file, _ = authority.write(tmp_path, "ca")
    with serving(make_identity(issuer=authority, address="town.example"), tmp_path) as found:
        ports = Ports(*found)
        ports.endpoint = Endpoint(f"https://localhost:{found[1]}", f"https://localhost:{found[0]}")
        with pytest.raises(TlsFailed, match="its certificate is for another host"):
            ask(ports, make_network(ports.endpoint, ca_file=str(ca_file)))


@both
def test_without_the_authoritys_file_the_systems_authorities_count(
    authority: Identity, tmp_path: Path, ask: Ask
) -> None:
    with serving(make_identity(issuer=authority), tmp_path) as found:
        ports = Ports(*found)
        with pytest.raises(TlsFailed, match="from an authority that is not trusted here"):
            ask(ports, make_network(ports.endpoint))


@both
def test_plain_text_on_a_tls_port(authority: Identity, tmp_path: Path, ask: Ask) -> None:
    with serving(make_identity(issuer=authority), tmp_path) as found:
        ports = Ports(*found, scheme="http://")
        with pytest.raises(TlsFailed, match="it speaks TLS") as caught:
            ask(ports, make_network(ports.endpoint))
        assert caught.value.remedy == "write https:// in the network"


@both
def test_tls_on_a_plain_port_is_not_downgraded(ask: Ask) -> None:
    asked: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        asked.append(connection.recv(65536))
        connection.sendall(servers.make_reply(b"{}"))

    with servers.serve(answer) as port:
        ports = Ports(port, port)
        with pytest.raises(TlsFailed, match="it does not speak TLS"):
            ask(ports, make_network(ports.endpoint))
    # Nothing but handshakes (record type 22) was ever sent.
    assert asked
    assert all(first.startswith(b"\x16\x03") for first in asked)


@both
def test_client_certificates(authority: Identity, tmp_path: Path, ask: Ask) -> None:
    ca_file, _ = authority.write(tmp_path, "ca")
    files = {"ca_file": str(ca_file)}
    cert, key = make_identity(issuer=authority).write(tmp_path, "client")
    mine = files | {"client_cert_file": str(cert), "client_key_file": str(key)}
    cert, key = make_identity(issuer=make_identity(is_authority=True)).write(tmp_path, "foreign")
    foreign = files | {"client_cert_file": str(cert), "client_key_file": str(key)}
    with serving(make_identity(issuer=authority), tmp_path, client_authority=authority) as found:
        ports = Ports(*found)
        assert ask(ports, make_network(ports.endpoint, **mine)) == CHAIN_ID
        for wrong in (files, foreign):
            with pytest.raises(NodeError) as caught:
                ask(ports, make_network(ports.endpoint, **wrong))
            assert isinstance(caught.value, TlsFailed), caught.value
            assert "client" in caught.value.remedy


def test_files_that_are_not_what_they_should_be(authority: Identity, tmp_path: Path) -> None:
    endpoint = Endpoint("https://127.0.0.1:1", "https://127.0.0.1:1")
    missing = tmp_path / "nothing.pem"
    with pytest.raises(ConfigError, match=r"ca_file: cannot read .*nothing.pem: No such file"):
        ChainClient(make_network(endpoint, ca_file=str(missing)))
    text = tmp_path / "text.pem"
    text.write_text("hello")
    with pytest.raises(ConfigError, match=r"ca_file: .* does not hold PEM"):
        ChainClient(make_network(endpoint, ca_file=str(text)))
    cert, _ = make_identity(issuer=authority).write(tmp_path, "one")
    _, key = make_identity(issuer=authority).write(tmp_path, "two")
    network = make_network(endpoint, client_cert_file=str(cert), client_key_file=str(key))
    with ChainClient(network) as client, pytest.raises(ConfigError, match="belongs to client_key"):
        client.check()
    with pytest.raises(ConfigError, match="client_key_file go together"):
        make_network(endpoint, client_cert_file=str(cert))
