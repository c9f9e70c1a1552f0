"""A network: the chain id that its nodes must have, and how to reach and pay it."""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass
from fractions import Fraction

from plurichain.errors import ConfigError
from plurichain.identifiers import (
    Address,
    validate_chain_id,
    validate_denom,
    validate_network_name,
)

KEYRING_BACKENDS = ("test", "file", "os")
_PREFIX = re.compile(r"[a-z][a-z0-9]{0,82}")
_HASH = re.compile(r"[0-9A-F]{64}")
DEFAULT_CLOCK_SKEW_S = 30
MAX_CLOCK_SKEW_S = 86_400
_DECIMAL = re.compile(r"[0-9]{1,30}(\.[0-9]{1,30})?")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One node.

    ``grpc`` is ``host:port`` or ``http://host:port`` in plain text, ``https://host:port``
    over TLS. ``rpc`` is the http(s) address of CometBFT's RPC.
    """

    grpc: str
    rpc: str

    def __post_init__(self) -> None:
        _validate_address("grpc", self.grpc, schemes=("", "http", "https"))
        _validate_address("rpc", self.rpc, schemes=("http", "https"))


@dataclass(frozen=True, slots=True)
class Network:
    """One chain as a user names it.

    ``gas_price`` is exact, in ``fee_denom`` a unit of gas. ``is_localnet`` says that
    nothing on it is worth stealing: only then are keys kept in plain text.
    ``faucet_mnemonic_file`` is the path of a localnet's faucet mnemonic, or empty.

    The endpoints are used in their order: the next one where one fails. ``ca_file``
    (PEM) replaces the system's authorities for https addresses, ``client_cert_file`` and
    ``client_key_file`` (PEM) are shown to nodes that ask for a certificate; empty: none.
    ``genesis_hash`` is the hash of the chain's block 1 in hex, if it is to be checked.
    ``max_clock_skew_s`` is how far this machine's clock and the last block may be apart
    before a warning. ``max_fee`` is the most, in ``fee_denom``, that one sending may cost
    with all its tries (None: six times its first fee), ``fee_granter`` the address of an
    account that pays the fees, or empty. Raises ConfigError or InputError that names the
    field, the value and the rule.
    """

    name: str
    chain_id: str
    prefix: str
    endpoints: tuple[Endpoint, ...]
    fee_denom: str
    gas_price: Fraction
    keyring: str = "file"
    is_localnet: bool = False
    faucet_mnemonic_file: str = ""
    ca_file: str = ""
    client_cert_file: str = ""
    client_key_file: str = ""
    genesis_hash: str = ""
    max_clock_skew_s: int = DEFAULT_CLOCK_SKEW_S
    max_fee: int | None = None
    fee_granter: str = ""

    def __post_init__(self) -> None:
        validate_network_name(self.name)
        _validate_connection(self)
        validate_chain_id(self.chain_id)
        validate_denom(self.fee_denom, field="fee_denom")
        if not _PREFIX.fullmatch(self.prefix):
            raise ConfigError(
                f"bech32_prefix: {self.prefix!r} is not lower-case letters and digits, "
                "beginning with a letter"
            )
        if not self.endpoints:
            raise ConfigError("endpoints: at least one node is needed")
        _validate_fees(self)
        if self.gas_price < 0:
            raise ConfigError(f"gas_price: {self.gas_price} is negative")
        if self.keyring not in KEYRING_BACKENDS:
            words = ", ".join(KEYRING_BACKENDS)
            raise ConfigError(f"keyring: {self.keyring!r} is not one of {words}")
        if self.keyring == "test" and not self.is_localnet:
            raise ConfigError(
                "keyring: 'test' keeps keys in plain text and is only for localnets",
                remedy="use the file keyring, which asks for a passphrase",
            )


def _validate_connection(network: Network) -> None:
    for field in ("client_cert_file", "client_key_file"):
        if bool(network.client_cert_file) != bool(network.client_key_file):
            raise ConfigError(f"{field}: client_cert_file and client_key_file go together")
    if network.genesis_hash and not _HASH.fullmatch(network.genesis_hash):
        raise ConfigError(
            f"genesis_hash: {network.genesis_hash!r} is not 64 digits of upper-case hex"
        )
    if not 1 <= network.max_clock_skew_s <= MAX_CLOCK_SKEW_S:
        raise ConfigError(
            f"max_clock_skew_s: {network.max_clock_skew_s} is not 1 to {MAX_CLOCK_SKEW_S}"
        )


def _validate_fees(network: Network) -> None:
    if network.max_fee is not None and network.max_fee < 0:
        raise ConfigError(f"max_fee: {network.max_fee} is negative")
    if network.fee_granter:
        Address.parse(network.fee_granter, prefix=network.prefix, field="fee_granter")


def parse_gas_price(value: object) -> Fraction:
    """Return a gas price written as a decimal number in text, exactly. Raises ConfigError."""
    if type(value) is int and value >= 0:
        return Fraction(value)
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Fraction(value)
    raise ConfigError(f'gas_price: {value!r} is not a decimal number in quotes, such as "0.025"')


def format_gas_price(price: Fraction) -> str:
    """Return the shortest decimal that ``parse_gas_price`` reads back exactly.

    Raises ConfigError for a fraction that no decimal equals.
    """
    scaled, digits = price, 0
    while scaled.denominator != 1:
        scaled, digits = scaled * 10, digits + 1
        if digits > 30:
            raise ConfigError(f"gas_price: {price} is not a decimal number of at most 30 places")
    if digits == 0:
        return str(scaled.numerator)
    text = str(scaled.numerator).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}"


def _validate_address(field: str, text: str, *, schemes: tuple[str, ...]) -> None:
    known = text if "://" in text else f"//{text}"
    try:
        parts = urllib.parse.urlsplit(known)
        port = parts.port
    except ValueError:
        raise ConfigError(f"{field}: {text!r} is not a network address") from None
    if parts.scheme not in schemes:
        words = " or ".join(f"{scheme}://" for scheme in schemes if scheme)
        raise ConfigError(f"{field}: {text!r} does not begin with {words}")
    if not parts.hostname or any(character.isspace() for character in text):
        raise ConfigError(f"{field}: {text!r} names no host")
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigError(f"{field}: an address holds no user, query or fragment")
    if field == "grpc" and (port is None or parts.path not in {"", "/"}):
        raise ConfigError(f"grpc: {text!r} is not host:port")
