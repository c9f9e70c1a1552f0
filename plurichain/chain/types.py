"""What a node tells, as plain frozen values. Times are Unix nanoseconds of block time."""

from __future__ import annotations

from dataclasses import dataclass

from plurichain.identifiers import Address


@dataclass(frozen=True, slots=True)
class Header:
    """The part of a block header that this project reads.

    ``last_block_hash`` (upper-case hex) is that of the block before, empty for block 1.
    """

    height: int
    time_ns: int
    chain_id: str
    app_hash: bytes = b""
    last_block_hash: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A block: ``txs`` are the signed bytes in order, ``raw`` the node's whole answer."""

    header: Header
    txs: tuple[bytes, ...]
    raw: bytes


@dataclass(frozen=True, slots=True)
class BlockHead:
    """The header of a block, and how many transactions it holds."""

    header: Header
    tx_count: int


@dataclass(frozen=True, slots=True)
class Event:
    """One event as the chain emitted it: a list of attributes, where keys may repeat."""

    type: str
    attributes: tuple[tuple[str, str], ...]

    def get(self, key: str) -> str | None:
        """Return the first value under ``key``, or None."""
        return next((value for name, value in self.attributes if name == key), None)


@dataclass(frozen=True, slots=True)
class TxResult:
    """How one transaction of a block ended; ``code`` 0 is success.

    ``data`` is what its messages answered: a protobuf TxMsgData, empty if it failed.
    """

    code: int
    codespace: str
    log: str
    gas_used: int
    gas_wanted: int
    events: tuple[Event, ...]
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class BlockResults:
    """Results of a block, ``tx_results`` in the order of its transactions."""

    height: int
    tx_results: tuple[TxResult, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A transaction that is in a block."""

    tx_hash: str
    height: int
    result: TxResult


@dataclass(frozen=True, slots=True)
class Account:
    """What signing needs to know of an account.

    ``public_key`` is its key as the chain knows it: the protobuf type and the bytes,
    None until its first transaction.
    """

    address: Address
    account_number: int
    account_sequence: int
    public_key: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """What a node says of itself.

    ``height``, ``time_ns`` and ``block_hash`` (hex, may be empty) are of its last block,
    ``first_height`` is the oldest block that it still has, 0 if it does not say.
    """

    chain_id: str
    height: int
    time_ns: int
    catching_up: bool
    moniker: str
    version: str
    block_hash: str = ""
    first_height: int = 0
