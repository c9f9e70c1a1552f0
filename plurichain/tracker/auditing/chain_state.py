"""What a chain's banks and modules held at one height: asked of its nodes, each thing once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Protocol, TypeVar

from plurichain.chain.energy.queries import EnergyQueries
from plurichain.chain.ibc.queries import IbcQueries
from plurichain.chain.ibc.transfer_queries import TransferQueries
from plurichain.chain.nodes.grpc_channel import HeightPin
from plurichain.errors import ModuleMissing, NodeBusy, NodeError, NodeTimeout, NodeUnreachable
from plurichain.ibc.denom import escrow_address
from plurichain.identifiers import Address

if TYPE_CHECKING:
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.energy.state import IssuedCredit
    from plurichain.ibc.denom import DenomPath

T = TypeVar("T")
TRANSFER_PORT = "transfer"
_SILENT = (NodeUnreachable, NodeTimeout, NodeBusy)


class ChainState(Protocol):
    """A chain's state at any height. Every method raises NodeError (HeightPruned among them)."""

    def get_head(self) -> int:
        """Return the newest height whose state can be asked for."""

    def get_time_ns(self, height: int) -> int:
        """Return the block time of a height, Unix nanoseconds."""

    def get_supplies(self, height: int) -> dict[str, int]:
        """Return how much of every denom exists."""

    def get_retired(self, height: int) -> dict[str, int]:
        """Return how much of every denom was retired; empty on a chain that retires nothing."""

    def get_escrow(self, height: int, port: str, channel: str) -> dict[str, int]:
        """Return what the escrow account of a channel end holds."""

    def get_given(self, height: int, denom: str) -> int | None:
        """Return what escrow accounts hold of a denom beyond what transfers brought there.

        None if the chain does not say.
        """

    def list_open(self, height: int, port: str, channel: str) -> list[int]:
        """Return the sequences whose commitments an end holds, ascending."""

    def list_unreceived(
        self, height: int, port: str, channel: str, sequences: Collection[int]
    ) -> list[int]:
        """Return which of ``sequences`` an end has not received."""

    def list_answered(
        self, height: int, port: str, channel: str, sequences: Collection[int]
    ) -> list[int]:
        """Return which of ``sequences`` an end has received and answered."""

    def get_next_sequence(self, height: int, port: str, channel: str) -> int:
        """Return the sequence that an end gives to its next packet."""

    def find_path(self, voucher: str) -> DenomPath | None:
        """Return the path of a voucher, None if the chain does not know it."""

    def list_issued(self, height: int) -> list[IssuedCredit] | None:
        """Return the credits that the chain issued, None if it has no such module."""


class LiveState:
    """The state of a network, through a client; what was asked is remembered.

    A network whose nodes did not answer once is not asked again: each question waits for its
    whole deadline, and an audit has several for every channel. Ask later with another one.
    """

    def __init__(self, client: ChainClient) -> None:
        self._client = client
        self._energy = EnergyQueries(client)
        self._packets = IbcQueries(client)
        self._transfers = TransferQueries(client)
        self._known: dict[tuple[str, object], object] = {}
        self._silence: NodeError | None = None

    def get_head(self) -> int:
        """Return the newest height whose state can be asked for."""
        return self._ask(self._client.rpc.get_committed_height)

    def get_time_ns(self, height: int) -> int:
        """Return the block time of a height, Unix nanoseconds."""
        return self._remember("time", height, lambda: self._client.rpc.get_header(height).time_ns)

    def get_supplies(self, height: int) -> dict[str, int]:
        """Return how much of every denom exists."""
        pin = HeightPin(height)
        return self._remember("supplies", height, lambda: self._client.list_supplies(pin=pin))

    def get_retired(self, height: int) -> dict[str, int]:
        """Return how much of every denom was retired; empty on a chain that retires nothing."""

        def ask() -> dict[str, int]:
            try:
                totals = self._energy.list_retired_totals(pin=HeightPin(height))
            except ModuleMissing:
                return {}
            return {coin.denom: coin.amount for coin in totals}

        return self._remember("retired", height, ask)

    def get_escrow(self, height: int, port: str, channel: str) -> dict[str, int]:
        """Return what the escrow account of a channel end holds."""
        account = Address(escrow_address(port, channel), self._client.network.prefix)
        return self._remember(
            "escrow",
            (height, port, channel),
            lambda: self._client.get_balances(account, pin=HeightPin(height)),
        )

    def get_given(self, height: int, denom: str) -> int | None:
        """Return what escrow accounts hold of a denom beyond what transfers brought there."""
        try:
            pin = HeightPin(height)
            brought = self._ask(lambda: self._transfers.get_total_escrow(denom, pin=pin))
        except ModuleMissing:
            return None
        channels = self._remember("channels", 0, self._packets.list_channels)
        held = sum(
            self.get_escrow(height, each.port, each.channel).get(denom, 0)
            for each in channels
            if each.port == TRANSFER_PORT
        )
        return held - brought

    def list_open(self, height: int, port: str, channel: str) -> list[int]:
        """Return the sequences whose commitments an end holds, ascending."""
        pin = HeightPin(height)
        return self._remember(
            "open",
            (height, port, channel),
            lambda: self._packets.list_packet_commitments(port, channel, pin=pin),
        )

    def list_unreceived(
        self, height: int, port: str, channel: str, sequences: Collection[int]
    ) -> list[int]:
        """Return which of ``sequences`` an end has not received."""
        pin = HeightPin(height)
        return self._ask(
            lambda: self._packets.list_unreceived_packets(port, channel, sequences, pin=pin)
        )

    def list_answered(
        self, height: int, port: str, channel: str, sequences: Collection[int]
    ) -> list[int]:
        """Return which of ``sequences`` an end has received and answered."""
        pin = HeightPin(height)
        return self._ask(
            lambda: self._packets.list_acknowledged_packets(port, channel, sequences, pin=pin)
        )

    def get_next_sequence(self, height: int, port: str, channel: str) -> int:
        """Return the sequence that an end gives to its next packet."""
        pin = HeightPin(height)
        return self._remember(
            "next",
            (height, port, channel),
            lambda: self._packets.get_next_sequence_send(port, channel, pin=pin),
        )

    def find_path(self, voucher: str) -> DenomPath | None:
        """Return the path of a voucher, None if the chain does not know it."""
        return self._remember("path", voucher, lambda: self._transfers.get_denom(voucher))

    def list_issued(self, height: int) -> list[IssuedCredit] | None:
        """Return the credits that the chain issued, None if it has no such module."""
        try:
            return self._ask(lambda: self._energy.list_credits(pin=HeightPin(height)))
        except ModuleMissing:
            return None

    def _remember(self, kind: str, key: object, ask: Callable[[], T]) -> T:
        if (kind, key) not in self._known:
            self._known[kind, key] = self._ask(ask)
        return self._known[kind, key]  # type: ignore[return-value]

    def _ask(self, ask: Callable[[], T]) -> T:
        if self._silence is not None:
            raise self._silence
        try:
            return ask()
        except _SILENT as error:
            self._silence = error
            raise
