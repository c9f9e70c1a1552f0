"""Tendermint clients: what one chain knows of another, its bytes, and until when it holds.

Sources: ibc-go proto/ibc/lightclients/tendermint/v1/tendermint.proto,
modules/light-clients/07-tendermint/client_state.go; ics23 proofs.proto.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Self

from plurichain.encoding.height import NO_HEIGHT, Height
from plurichain.encoding.message import Message
from plurichain.encoding.proof_spec import IAVL_SPEC, TENDERMINT_SPEC, ProofSpec
from plurichain.encoding.protobuf import MessageWriter
from plurichain.encoding.well_known import (
    decode_any,
    decode_duration,
    decode_timestamp,
    encode_any,
    encode_duration,
    encode_timestamp,
)
from plurichain.errors import EncodingError

CLIENT_STATE_TYPE: Final = "/ibc.lightclients.tendermint.v1.ClientState"
CONSENSUS_STATE_TYPE: Final = "/ibc.lightclients.tendermint.v1.ConsensusState"
HEADER_TYPE: Final = "/ibc.lightclients.tendermint.v1.Header"
DEFAULT_TRUST_LEVEL: Final = Fraction(1, 3)
UPGRADE_PATH: Final = ("upgrade", "upgradedIBCState")


@dataclass(frozen=True, slots=True)
class ClientState:
    """State of a Tendermint client. Durations are in nanoseconds.

    ``frozen_height`` is NO_HEIGHT unless misbehaviour was shown. ``proof_specs`` are
    those of the IAVL tree and of the tree of stores, as every Cosmos SDK chain has them.
    """

    chain_id: str
    trust_level: Fraction
    trusting_period_ns: int
    unbonding_period_ns: int
    max_clock_drift_ns: int
    frozen_height: Height
    latest_height: Height
    proof_specs: tuple[ProofSpec, ...] = (IAVL_SPEC, TENDERMINT_SPEC)
    upgrade_path: tuple[str, ...] = UPGRADE_PATH

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the state of a message without its Any; raises EncodingError."""
        message = Message.read(data)
        level = message.get_message(2)
        if level.get_uint(2) == 0:
            raise EncodingError("client state: the trust level has a denominator of 0")
        return cls(
            chain_id=message.get_text(1),
            trust_level=Fraction(level.get_uint(1), level.get_uint(2)),
            trusting_period_ns=decode_duration(message.get_bytes(3)),
            unbonding_period_ns=decode_duration(message.get_bytes(4)),
            max_clock_drift_ns=decode_duration(message.get_bytes(5)),
            frozen_height=Height.decode(message.get_bytes(6)),
            latest_height=Height.decode(message.get_bytes(7)),
            proof_specs=tuple(ProofSpec.decode(spec) for spec in message.list_bytes(8)),
            upgrade_path=message.list_texts(9),
        )

    @classmethod
    def decode_any(cls, data: bytes) -> Self:
        """Return the state of an Any, as the chain stores it; raises EncodingError."""
        return cls.decode(decode_any(data, type_url=CLIENT_STATE_TYPE))

    def encode(self) -> bytes:
        """Return the message without its Any."""
        level = MessageWriter().write_uint(1, self.trust_level.numerator)
        level.write_uint(2, self.trust_level.denominator)
        writer = MessageWriter().write_text(1, self.chain_id).write_message(2, level.finish())
        writer.write_message(3, encode_duration(self.trusting_period_ns))
        writer.write_message(4, encode_duration(self.unbonding_period_ns))
        writer.write_message(5, encode_duration(self.max_clock_drift_ns))
        writer.write_message(6, self.frozen_height.encode())
        writer.write_message(7, self.latest_height.encode())
        for spec in self.proof_specs:
            writer.write_message(8, spec.encode())
        for part in self.upgrade_path:
            writer.write_message(9, part.encode())
        return writer.finish()

    def encode_any(self) -> bytes:
        """Return the message in an Any, as messages to a chain carry it."""
        return encode_any(CLIENT_STATE_TYPE, self.encode())

    @property
    def is_frozen(self) -> bool:
        """Whether misbehaviour froze the client; only governance can recover it."""
        return self.frozen_height != NO_HEIGHT


@dataclass(frozen=True, slots=True)
class ConsensusState:
    """What a client knows of one height of the other chain.

    ``root`` is the app hash in the header of that height, so of the state one block
    before it.
    """

    timestamp_ns: int
    root: bytes
    next_validators_hash: bytes

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the state of a message without its Any; raises EncodingError."""
        message = Message.read(data)
        return cls(
            timestamp_ns=decode_timestamp(message.get_bytes(1)),
            root=message.get_message(2).get_bytes(1),
            next_validators_hash=message.get_bytes(3),
        )

    @classmethod
    def decode_any(cls, data: bytes) -> Self:
        """Return the state of an Any, as the chain stores it; raises EncodingError."""
        return cls.decode(decode_any(data, type_url=CONSENSUS_STATE_TYPE))

    def encode(self) -> bytes:
        """Return the message without its Any."""
        writer = MessageWriter().write_message(1, encode_timestamp(self.timestamp_ns))
        writer.write_message(2, MessageWriter().write_bytes(1, self.root).finish())
        return writer.write_bytes(3, self.next_validators_hash).finish()

    def encode_any(self) -> bytes:
        """Return the message in an Any, as messages to a chain carry it."""
        return encode_any(CONSENSUS_STATE_TYPE, self.encode())


def compute_client_expiry_ns(latest_consensus_ns: int, trusting_period_ns: int) -> int:
    """Return the first block time of the hosting chain at which a client is expired.

    ``latest_consensus_ns`` is the time of the newest consensus state that it holds.
    """
    return latest_consensus_ns + trusting_period_ns


def is_client_expired(
    latest_consensus_ns: int, trusting_period_ns: int, host_block_ns: int
) -> bool:
    """Tell whether a client is expired at a block time of the chain that hosts it."""
    return compute_client_expiry_ns(latest_consensus_ns, trusting_period_ns) <= host_block_ns


def compute_refresh_due_ns(latest_consensus_ns: int, trusting_period_ns: int) -> int:
    """Return the hosting chain's block time from which a client ought to be refreshed.

    One third of the trusting period after the newest consensus state, so that as much
    again passes before two thirds are gone: a relayer that was away for that long is in time.
    """
    return latest_consensus_ns + trusting_period_ns // 3


def is_refresh_due(latest_consensus_ns: int, trusting_period_ns: int, host_block_ns: int) -> bool:
    """Tell whether a client ought to be refreshed at a block time of its hosting chain."""
    return compute_refresh_due_ns(latest_consensus_ns, trusting_period_ns) <= host_block_ns
