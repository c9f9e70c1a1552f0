"""Every error that plurichain raises on purpose.

The tree, and the exit status that the command line gives each (design 3.5)::

    PlurichainError                 1
    ├── UsageError                  2   a call that is wrong by itself
    ├── InputError                  1   the content of a file, a bid, terms, a problem
    │   ├── EncodingError           1   bytes that are not canonical
    │   ├── TermsError              1   terms that no chain would take
    │   ├── BidError                1   a bid that the terms would forfeit
    │   ├── ProblemRefused          1   a problem file that is not cleared
    │   ├── ProofError              1   a header or proof of a chain that proves nothing
    │   └── EnergyError             1   a device, reading, credit or path that breaks a rule
    │       └── ReadingRefused      1   a reading that the chain would refuse, with its reason
    ├── ConfigError                 1   no such network, key or setting
    │   ├── KeyringError            1
    │   └── PassphraseError         1
    ├── StorageError                1   a file or database of ours
    │   ├── NewerFormatError        1   written by a newer program; left untouched
    │   ├── DiskFull                1   no room to write; what was there is unchanged
    │   ├── LockedError             1   another process holds it
    │   └── ServerUnreachable       1   the database's server is away; it may come back
    ├── VaultError                  1   openings at rest
    ├── NodeError                   1   the node did not serve us
    │   ├── NodeUnreachable         1
    │   │   └── TlsFailed           1   no secure connection, with the cause
    │   ├── NodeTimeout             1
    │   │   └── ChainStalled        1   no new block for long
    │   ├── NodeBusy                1   too many requests
    │   ├── NodeBehind              1   the node has not all blocks yet
    │   ├── WrongChain              1   the node is on another chain id
    │   │   └── ChainReset          1   same chain id, another history
    │   ├── NotFound                1   the chain has no such thing
    │   ├── HeightPruned            1   the node has dropped what was asked for
    │   ├── IndexerOff              1   the node keeps no index of transactions
    │   ├── ModuleMissing           1   the chain does not have what would answer this
    │   └── BadReply                1   the answer cannot be true
    ├── IbcError                    1   what joins two chains
    │   ├── ClientUnusable          1   a client that is expired or frozen
    │   ├── PacketReturned          4   a packet that was refused or timed out; refunded
    │   └── HandshakeError          1   two ends that cannot become one connection or channel
    ├── PhaseError                  1   right thing, wrong time
    ├── FundsShort                  1   money is missing, seen before anything was sent
    ├── CostError                   1   gas or fee above a limit, seen before sending
    ├── TransactionError            by outcome
    │   ├── TransactionRejected     3
    │   │   ├── FeeTooLow           3   the node wants a higher fee
    │   │   └── SequenceMismatch    3   the account's sequence is another
    │   ├── TransactionExpired      3
    │   ├── TransactionFailed       4   included, code not 0
    │   │   └── InsufficientFunds   4
    │   └── TransactionUnknown      5
    ├── CheckFailed                 6   a check found something
    ├── HarnessError                1   a local network
    │   ├── BinaryError             1   no Go, no binary, a build that failed
    │   ├── PortInUse               1
    │   └── GateFailed              1   a readiness gate, named
    └── MissingExtra                1   an optional package is not installed

Each carries one line of cause (its message) and one line of what to do (``remedy``).
Neither ever holds a secret.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple


class Refusal(NamedTuple):
    """How a chain refused something: its code in its codespace, and its own words."""

    codespace: str
    code: int
    log: str


class PlurichainError(Exception):
    """Root of all errors that plurichain raises on purpose.

    ``cause`` is one line; ``remedy`` is one line or empty. ``refusal`` is the chain's own
    answer where the error stands for one that was seen before anything was sent.
    """

    exit_status: ClassVar[int] = 1
    refusal: Refusal | None = None

    def __init__(self, cause: str, *, remedy: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy


class UsageError(PlurichainError):
    """A call that is wrong by itself, whatever the state of the world."""

    exit_status: ClassVar[int] = 2


class InputError(PlurichainError):
    """Content that breaks a rule: names the field, the value and the rule."""


class EncodingError(InputError):
    """Bytes that are not canonical (design 3.1)."""


class TermsError(InputError):
    """Terms of an auction that break a rule."""


class BidError(InputError):
    """A bid that is malformed or that the terms would forfeit."""


class ProblemRefused(InputError):
    """A problem file that is refused instead of cleared (design 3.3)."""


class ProofError(InputError):
    """A header of a chain that cannot be trusted, or a proof that does not prove its claim."""


class EnergyError(InputError):
    """A device, reading, credit, path or retirement that breaks a rule."""


class ReadingRefused(EnergyError):
    """A reading that the chain refuses, or would.

    ``index`` counts from 0 within what was given; ``reason`` is the code of the rule
    (tests/vectors/README.md). Both are unset where only the chain's words are known.
    """

    def __init__(
        self, cause: str, *, remedy: str = "", index: int | None = None, reason: str = ""
    ) -> None:
        super().__init__(cause, remedy=remedy)
        self.index = index
        self.reason = reason


class ConfigError(PlurichainError):
    """A network, key or setting that is missing or wrong."""


class KeyringError(ConfigError):
    """A key that is missing, taken or cannot be read."""


class PassphraseError(ConfigError):
    """A passphrase that is missing or wrong."""


class StorageError(PlurichainError):
    """A file or database of ours that cannot be used."""


class NewerFormatError(StorageError):
    """Written by a newer program; refused by name and left untouched."""


class DiskFull(StorageError):
    """No room for what was to be written: a full disk, a quota, or a limit on files."""


class LockedError(StorageError):
    """Another process holds the lock."""


class ServerUnreachable(StorageError):
    """The server of a database does not serve us now; what was under way is rolled back."""


class VaultError(PlurichainError):
    """An opening that is missing or does not match its commitment."""


class NodeError(PlurichainError):
    """A node did not serve a request."""


class NodeUnreachable(NodeError):
    """No connection."""


class TlsFailed(NodeUnreachable):
    """No secure connection: an expired or foreign certificate, plain text on a TLS port, …"""


class NodeTimeout(NodeError):
    """Connected, but no answer before the deadline."""


class ChainStalled(NodeTimeout):
    """The node answers, but the chain has made no block for far longer than usual."""


class NodeBusy(NodeError):
    """The node, or what stands before it, refuses for now: too many requests."""


class NodeBehind(NodeError):
    """The node is catching up, or lacks blocks that another node has."""


class WrongChain(NodeError):
    """The node serves another chain than the network names."""


class ChainReset(WrongChain):
    """The chain id is right, but a block that was seen before is another one now."""


class NotFound(NodeError):
    """The chain has no such thing."""


class HeightPruned(NodeError):
    """The node has dropped the height that was asked for; another may still have it."""


class IndexerOff(NodeError):
    """The node keeps no index of transactions; blocks can still be read."""


class ModuleMissing(NodeError):
    """The node serves its chain, and that chain has no module which answers this query."""


class BadReply(NodeError):
    """An answer that lacks what it must have, or that cannot be decoded."""


class IbcError(PlurichainError):
    """Clients, connections, channels or packets between two chains that are not as needed."""


class ClientUnusable(IbcError):
    """A client that is expired or frozen: only the governance of its chain can revive it."""


class PacketReturned(IbcError):
    """A packet that its destination refused, or that timed out: what it carried came back."""

    exit_status: ClassVar[int] = 4


class HandshakeError(IbcError):
    """Two ends that cannot become one connection or channel; names both and their states."""


class PhaseError(PlurichainError):
    """The auction is in another phase than the action needs."""


class FundsShort(PlurichainError):
    """Money is missing for what was asked; nothing was sent."""


class CostError(PlurichainError):
    """More gas than a block holds, or a fee above the cap; nothing was sent."""


class TransactionError(PlurichainError):
    """A transaction that did not end as accepted (design 3.5).

    ``tx_hash`` is upper-case hex, empty if none was made. ``code`` and
    ``codespace`` are the chain's, 0 and empty if it gave none.
    """

    def __init__(
        self,
        cause: str,
        *,
        remedy: str = "",
        tx_hash: str = "",
        codespace: str = "",
        code: int = 0,
    ) -> None:
        super().__init__(cause, remedy=remedy)
        self.tx_hash = tx_hash
        self.codespace = codespace
        self.code = code


class TransactionRejected(TransactionError):
    """Refused by CheckTx and not seen in a block."""

    exit_status: ClassVar[int] = 3


class FeeTooLow(TransactionRejected):
    """The node wants a higher fee than the transaction offers."""


class SequenceMismatch(TransactionRejected):
    """The account's sequence is another, after all repairs."""


class TransactionExpired(TransactionError):
    """Its time-out passed on chain without it."""

    exit_status: ClassVar[int] = 3


class TransactionFailed(TransactionError):
    """Included with a code other than 0."""

    exit_status: ClassVar[int] = 4


class InsufficientFunds(TransactionFailed):
    """Included, but money was short; nothing changed."""


class TransactionUnknown(TransactionError):
    """Not known yet; the journal keeps it."""

    exit_status: ClassVar[int] = 5


class CheckFailed(PlurichainError):
    """A check ran and found something."""

    exit_status: ClassVar[int] = 6


class HarnessError(PlurichainError):
    """A local network that cannot be started or used."""


class BinaryError(HarnessError):
    """A chain binary that is missing or cannot be built."""


class PortInUse(HarnessError):
    """A port that was asked for is taken."""


class GateFailed(HarnessError):
    """A readiness gate that did not open.

    ``gate`` is its name, ``log_tail`` the last lines of the node's log.
    """

    def __init__(
        self, cause: str, *, gate: str, remedy: str = "", log_tail: tuple[str, ...] = ()
    ) -> None:
        super().__init__(cause, remedy=remedy)
        self.gate = gate
        self.log_tail = log_tail


class MissingExtra(PlurichainError):
    """An optional dependency is not installed."""
