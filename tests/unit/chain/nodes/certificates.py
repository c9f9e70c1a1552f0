"""Certificates made on the spot: an authority, and what it or nobody signs."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """A certificate with its key, both PEM, and the objects to sign others with."""

    certificate: bytes
    private_key: bytes
    parsed: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def write(self, folder: Path, name: str) -> tuple[Path, Path]:
        cert, key = folder / f"{name}.pem", folder / f"{name}.key"
        cert.write_bytes(self.certificate)
        key.write_bytes(self.private_key)
        return cert, key


def make_identity(
    *,
    issuer: Identity | None = None,
    is_authority: bool = False,
    address: str = "127.0.0.1",
    days: tuple[int, int] = (-1, 1),
) -> Identity:
    """Make a certificate for ``address``, valid between ``days`` from now; self-signed or not."""
    key = ec.generate_private_key(ec.SECP256R1())
    text = "authority" if is_authority else f"node {address}"
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.parsed.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * _DAY)
        .not_valid_after(now + days[1] * _DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if is_authority:
        builder = builder.add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    else:
        host: x509.GeneralName
        try:
            host = x509.IPAddress(ipaddress.ip_address(address))
        except ValueError:
            host = x509.DNSName(address)
        builder = builder.add_extension(x509.SubjectAlternativeName([host]), critical=False)
    if issuer is not None:
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False,
        )
    signed = builder.sign(issuer.key if issuer else key, hashes.SHA256())
    return Identity(
        signed.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        signed,
        key,
    )
