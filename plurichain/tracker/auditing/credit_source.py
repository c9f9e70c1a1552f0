"""What a chain says of credits, of its own and of others'."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from plurichain.chain.energy.queries import EnergyQueries
from plurichain.chain.ibc.queries import IbcQueries
from plurichain.chain.ibc.transfer_queries import TransferQueries
from plurichain.chain.nodes.grpc_channel import HeightPin
from plurichain.errors import BadReply, ModuleMissing, NotFound
from plurichain.ibc.packet import ProtocolVersion
from plurichain.tracker.auditing.chain_state import TRANSFER_PORT, ChainState, LiveState
from plurichain.tracker.live import ask_route
from plurichain.tracker.reading import End

if TYPE_CHECKING:
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.energy.state import (
        CreditState,
        DeviceState,
        IssuingBody,
        Origin,
        ReadingState,
        Retirement,
    )
    from plurichain.ibc.denom import DenomPath
    from plurichain.tracker.store import Route


class CreditSource(Protocol):
    """One chain; every method raises NodeError. None is what a chain does not have or know."""

    @property
    def state(self) -> ChainState:
        """Its banks and modules at any height."""

    def find_path(self, voucher: str) -> DenomPath | None:
        """Return the path of a voucher."""

    def list_paths(self, base: str) -> list[DenomPath]:
        """Return the paths over which a base denom came here."""

    def find_credit(self, denom: str, height: int) -> CreditState | None:
        """Return a credit that this chain issued, as of a height."""

    def find_device(self, device_id: str) -> DeviceState | None:
        """Return a device of this chain."""

    def find_reading(self, device_id: str, interval_start: int) -> ReadingState | None:
        """Return an interval of a device of this chain."""

    def find_body(self, body_id: str) -> IssuingBody | None:
        """Return an issuing body of this chain."""

    def find_origin(self, denom: str) -> Origin | None:
        """Return what the chain says of where a denom of its bank comes from."""

    def list_retirements(self, denom: str, height: int) -> list[Retirement]:
        """Return the acts of retiring a denom of its bank."""

    def find_route(self, channel: str) -> Route | None:
        """Return where a channel of the transfer port leads."""

    def list_channels(self) -> list[str]:
        """Return the channels of the transfer port."""


class LiveCredits:
    """A network, through a client; channels and paths are asked once."""

    def __init__(self, client: ChainClient) -> None:
        self._client = client
        self._state = LiveState(client)
        self._energy = EnergyQueries(client)
        self._ibc = IbcQueries(client)
        self._transfers = TransferQueries(client)
        self._paths: list[DenomPath] | None = None
        self._channels: list[str] | None = None
        self._routes: dict[str, Route | None] = {}

    @property
    def state(self) -> ChainState:
        """Its banks and modules at any height."""
        return self._state

    def find_path(self, voucher: str) -> DenomPath | None:
        """Return the path of a voucher."""
        try:
            return self._transfers.get_denom(voucher)
        except ModuleMissing:
            return None

    def list_paths(self, base: str) -> list[DenomPath]:
        """Return the paths over which a base denom came here."""
        if self._paths is None:
            try:
                self._paths = self._transfers.list_denoms()
            except ModuleMissing:
                self._paths = []
        return [path for path in self._paths if path.base == base]

    def find_credit(self, denom: str, height: int) -> CreditState | None:
        """Return a credit that this chain issued, as of a height."""
        try:
            return self._energy.get_credit(denom, pin=HeightPin(height))
        except (NotFound, ModuleMissing):
            return None

    def find_device(self, device_id: str) -> DeviceState | None:
        """Return a device of this chain."""
        return self._energy.find_device(device_id)

    def find_reading(self, device_id: str, interval_start: int) -> ReadingState | None:
        """Return an interval of a device of this chain."""
        try:
            return self._energy.get_reading(device_id, interval_start)
        except NotFound:
            return None

    def find_body(self, body_id: str) -> IssuingBody | None:
        """Return an issuing body of this chain."""
        bodies = self._energy.list_issuing_bodies()
        return next((body for body in bodies if body.id == body_id), None)

    def find_origin(self, denom: str) -> Origin | None:
        """Return what the chain says of where a denom of its bank comes from."""
        try:
            return self._energy.get_origin(denom)
        except ModuleMissing:
            return None

    def list_retirements(self, denom: str, height: int) -> list[Retirement]:
        """Return the acts of retiring a denom of its bank."""
        try:
            return self._energy.list_retirements(denom=denom, pin=HeightPin(height))
        except ModuleMissing:
            return []

    def find_route(self, channel: str) -> Route | None:
        """Return where a channel of the transfer port leads."""
        if channel not in self._routes:
            end = End(ProtocolVersion.CLASSIC, TRANSFER_PORT, channel)
            try:
                route = ask_route(self._ibc, self._client.network.chain_id, end)
            except (NotFound, ModuleMissing, BadReply):
                route = None  # a client that follows no chain of this kind, among others
            self._routes[channel] = route
        return self._routes[channel]

    def list_channels(self) -> list[str]:
        """Return the channels of the transfer port."""
        if self._channels is None:
            try:
                found = self._ibc.list_channels()
            except ModuleMissing:
                found = []
            self._channels = [each.channel for each in found if each.port == TRANSFER_PORT]
        return self._channels
