"""https:// means TLS with a trusted certificate, and nothing less."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from plurichain.chain import protos
from plurichain.chain.grpc_channel import GrpcChannel
from plurichain.chain.http_deadline import HttpEndpoint
from plurichain.errors import NodeError, NodeUnreachable
from tests.unit.chain import servers


@dataclass(frozen=True)
class Identity:
    """A self-signed certificate for 127.0.0.1."""

    certificate: bytes
    private_key: bytes


@pytest.fixture(scope="module")
def identity() -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "node")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Identity(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def test_rpc_over_tls(identity: Identity, tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_bytes(identity.certificate)
    (tmp_path / "key.pem").write_bytes(identity.private_key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    def answer(connection: socket.socket) -> None:
        with contextlib.closing(server.wrap_socket(connection, server_side=True)) as secured:
            servers.read_request(secured)
            secured.sendall(servers.make_reply(b"{}"))

    trusting = ssl.create_default_context(cadata=identity.certificate.decode())
    with servers.serve(answer) as port:
        known = HttpEndpoint(f"https://127.0.0.1:{port}", tls_context=trusting)
        assert known.post(b"{}", timeout_s=5) == b"{}"
        known.close()
        with pytest.raises(NodeUnreachable, match="certificate is self-signed"):
            HttpEndpoint(f"https://127.0.0.1:{port}").post(b"{}", timeout_s=5)
        with pytest.raises(NodeError):
            HttpEndpoint(f"http://127.0.0.1:{port}").post(b"{}", timeout_s=5)
    with (
        servers.serve(servers.answer_html) as plain,
        pytest.raises(NodeUnreachable, match="does not speak TLS"),
    ):
        HttpEndpoint(f"https://127.0.0.1:{plain}", tls_context=trusting).post(b"{}", timeout_s=5)


class NodeService(protos.node_query_grpc.ServiceServicer):  # type: ignore[misc]
    """Says on which chain it is."""

    def GetNodeInfo(self, request: object, context: object) -> object:
        reply = protos.node_query.GetNodeInfoResponse()
        reply.default_node_info.network = "chain-1"
        return reply


@pytest.fixture
def secure_port(identity: Identity) -> Iterator[int]:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    protos.node_query_grpc.add_ServiceServicer_to_server(NodeService(), server)
    credentials = grpc.ssl_server_credentials([(identity.private_key, identity.certificate)])
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    yield port
    server.stop(None).wait(10)


def test_grpc_over_tls(identity: Identity, secure_port: int) -> None:
    def ask(channel: GrpcChannel) -> str:
        with contextlib.closing(channel):
            stub = protos.node_query_grpc.ServiceStub(channel.raw)
            request = protos.node_query.GetNodeInfoRequest()
            reply = channel.call(stub.GetNodeInfo, request, what="node info")
            return str(reply.default_node_info.network)

    address = f"https://127.0.0.1:{secure_port}"
    trusted = GrpcChannel(address, timeout_s=5, root_certificates=identity.certificate)
    assert ask(trusted) == "chain-1"
    with pytest.raises(NodeUnreachable):
        ask(GrpcChannel(address, timeout_s=5))
    with pytest.raises(NodeError):
        ask(GrpcChannel(f"127.0.0.1:{secure_port}", timeout_s=5))
