"""A node that follows the SDK's rules for taking a transaction, in memory, without blocks.

tests/localnet/chain asks the same of a real one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from plurichain.chain import protos
from plurichain.chain.transactions.decoding import decode_tx
from plurichain.chain.transactions.signing import compute_tx_hash
from plurichain.chain.types import Account, Header
from plurichain.config import Endpoint, Network
from plurichain.errors import NodeError, NotFound
from plurichain.identifiers import Address

NOW_NS = 1_700_000_000_000_000_000
NETWORK = Network(
    name="scripted",
    chain_id="c-1",
    prefix="pluri",
    endpoints=(Endpoint("127.0.0.1:1", "http://127.0.0.1:2"),),
    fee_denom="upluri",
    gas_price=Fraction("0.025"),
)


@dataclass
class ScriptedNode:
    """Stands for ChainClient. ``answers`` are given, in order, before any rule is asked."""

    network: Network = NETWORK
    timeout_s: float = 1.0
    url: str = "scripted"
    simulated: int = 80_000
    block_gas: int = -1
    least_price: Fraction = Fraction(0)
    sequences: dict[Address, int] = field(default_factory=dict)
    public_keys: dict[Address, tuple[str, bytes]] = field(default_factory=dict)
    answers: list[tuple[int, str, str] | NodeError | Callable[[bytes], None]] = field(
        default_factory=list
    )
    taken: list[bytes] = field(default_factory=list)
    handed: list[str] = field(default_factory=list)
    reads: int = 0

    @property
    def rpc(self) -> ScriptedNode:
        return self

    def call(self, method: str, **_parameters: object) -> tuple[dict[str, Any], bytes]:
        assert method == "consensus_params"
        return {"consensus_params": {"block": {"max_gas": str(self.block_gas)}}}, b""

    def get_committed_height(self) -> int:
        return 10

    def get_latest_header(self) -> Header:
        return Header(10, NOW_NS, "c-1")

    def get_account(self, address: Address) -> Account:
        self.reads += 1
        if address not in self.sequences:
            raise NotFound(f"{address} has no account")
        number = sorted(map(str, self.sequences)).index(str(address))
        return Account(address, number, self.sequences[address], self.public_keys.get(address))

    def get_balances(self, _address: Address) -> dict[str, int]:
        return {"upluri": 10**9, "ueur": 10**9}

    def query_abci(self, path: str, data: bytes) -> tuple[int, str, str, bytes]:
        assert path == "/app/simulate"
        refused = self._check_sequences(data)
        if refused:
            return (*refused, b"")
        return 0, "", "", json.dumps({"gas_info": {"gas_used": str(self.simulated)}}).encode()

    def broadcast(self, tx_bytes: bytes) -> tuple[int, str, str]:
        self.handed.append(compute_tx_hash(tx_bytes))
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, NodeError):
                raise answer
            if isinstance(answer, tuple):
                return answer
            answer(tx_bytes)
        return self.take(tx_bytes)

    def take(self, tx_bytes: bytes) -> tuple[int, str, str]:
        if tx_bytes in self.taken:
            return 19, "sdk", "tx already in mempool"
        tx = decode_tx(tx_bytes)
        exact = self.least_price * tx.gas_limit
        required = -(-exact.numerator // exact.denominator)
        paid = sum(coin.amount for coin in tx.fee)
        if paid < required:
            log = f"insufficient fees; got: {paid}upluri required: {required}upluri"
            return 13, "sdk", f"{log}: insufficient fee"
        refused = self._check_sequences(tx_bytes)
        if refused:
            return refused
        self.taken.append(tx_bytes)
        if not tx.is_unordered:
            for address, _ in self._read_signers(tx_bytes):
                self.sequences[address] += 1
        return 0, "", ""

    def _check_sequences(self, tx_bytes: bytes) -> tuple[int, str, str] | None:
        raw = protos.tx.TxRaw.FromString(tx_bytes)
        if protos.tx.TxBody.FromString(raw.body_bytes).unordered:
            return None
        for address, got in self._read_signers(tx_bytes):
            expected = self.sequences[address]
            if expected != got:
                text = f"account sequence mismatch, expected {expected}, got {got}"
                return 32, "sdk", f"{text}: incorrect account sequence"
        return None

    def _read_signers(self, tx_bytes: bytes) -> list[tuple[Address, int]]:
        raw = protos.tx.TxRaw.FromString(tx_bytes)
        info = protos.tx.AuthInfo.FromString(raw.auth_info_bytes)
        found = []
        for signer in info.signer_infos:
            key = protos.secp256k1.PubKey.FromString(signer.public_key.value).key
            (address,) = (a for a in self.sequences if self._keys[a] == key)
            found.append((address, int(signer.sequence)))
        return found

    _keys: dict[Address, bytes] = field(default_factory=dict)

    def add_key(self, address: Address, public_key: bytes, sequence: int = 0) -> None:
        """Give an account to a key."""
        self.sequences[address] = sequence
        self._keys[address] = public_key
