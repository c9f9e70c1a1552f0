"""The energy module's queries, answered in plain values. All pages are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plurichain.chain.auctions.queries import InvariantCheck, InvariantReport
from plurichain.chain.convert import read_int
from plurichain.chain.energy.views import (
    read_credit,
    read_device,
    read_energy_params,
    read_issued_credit,
    read_issuing_body,
    read_origin,
    read_path,
    read_reading,
    read_retirement,
)
from plurichain.chain.nodes.paging import read_pages
from plurichain.chain.pb.plurichain.energy.v1 import query_pb2, query_pb2_grpc
from plurichain.errors import BadReply, NotFound
from plurichain.units import Coin

if TYPE_CHECKING:
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.nodes.grpc_channel import HeightPin
    from plurichain.energy.state import (
        CreditState,
        DeviceState,
        EnergyParams,
        IssuedCredit,
        IssuingBody,
        Origin,
        ReadingState,
        RegisteredPath,
        Retirement,
    )
    from plurichain.identifiers import Address


class EnergyQueries:
    """Reads the energy module through one client."""

    def __init__(self, client: ChainClient) -> None:
        self._client = client

    def get_params(self) -> EnergyParams:
        """Return the module's limits."""
        reply = self._ask("Params", query_pb2.QueryParamsRequest(), "energy params")
        return read_energy_params(reply.params, self._prefix)

    def list_issuing_bodies(self) -> list[IssuingBody]:
        """Return the issuing bodies by id."""
        found = self._read("IssuingBodies", query_pb2.QueryIssuingBodiesRequest, "issuing_bodies")
        return [read_issuing_body(item, self._prefix) for item in found]

    def get_device(self, device_id: str) -> DeviceState:
        """Return one device. Raises NotFound."""
        request = query_pb2.QueryDeviceRequest(device_id=device_id)
        reply = self._ask_for(f"device {device_id}", "device list", "Device", request)
        state = read_device(reply.device, self._prefix)
        if state.device.device_id != device_id:
            raise BadReply(f"asked for device {device_id}, the node answered another")
        return state

    def find_device(self, device_id: str) -> DeviceState | None:
        """Return one device, None if there is none."""
        try:
            return self.get_device(device_id)
        except NotFound:
            return None

    def list_devices(self, owner: Address | None = None) -> list[DeviceState]:
        """Return devices by id, all or of one owner."""
        found = self._read("Devices", query_pb2.QueryDevicesRequest, "devices", owner=_text(owner))
        return [read_device(item, self._prefix) for item in found]

    def get_reading(self, device_id: str, interval_start: int) -> ReadingState:
        """Return one interval of a device (Unix seconds). Raises NotFound."""
        request = query_pb2.QueryReadingRequest(device_id=device_id, interval_start=interval_start)
        what = f"reading of {device_id} from {interval_start}"
        reply = self._ask_for(what, f"reading list {device_id}", "Reading", request)
        return read_reading(reply.reading)

    def list_readings(self, device_id: str) -> list[ReadingState]:
        """Return the intervals of a device, ascending."""
        found = self._read(
            "Readings", query_pb2.QueryReadingsRequest, "readings", device_id=device_id
        )
        return [read_reading(item) for item in found]

    def get_credit(self, denom: str, *, pin: HeightPin | None = None) -> CreditState:
        """Return one credit of this chain with its totals. Raises NotFound."""
        request = query_pb2.QueryCreditRequest(denom=denom)
        reply = self._ask_for(f"credit {denom}", "credit list", "Credit", request, pin)
        return read_credit(
            reply.credit,
            read_int(reply.supply_wh or "0", "supply_wh"),
            read_int(reply.retired_wh or "0", "retired_wh"),
        )

    def list_credits(
        self, device_id: str = "", *, pin: HeightPin | None = None
    ) -> list[IssuedCredit]:
        """Return the credits of this chain, all or of one device, without their totals."""
        found = self._read(
            "Credits", query_pb2.QueryCreditsRequest, "credits", at=pin, device_id=device_id
        )
        return [read_issued_credit(item) for item in found]

    def get_origin(self, denom: str) -> Origin:
        """Return where a denom of this chain's bank comes from, or why that is not known."""
        request = query_pb2.QueryOriginRequest(denom=denom)
        return read_origin(denom, self._ask("Origin", request, f"origin of {denom}"))

    def get_retirement(self, retirement_id: int) -> Retirement:
        """Return one act of retiring. Raises NotFound."""
        request = query_pb2.QueryRetirementRequest(retirement_id=retirement_id)
        what = f"retirement {retirement_id}"
        reply = self._ask_for(what, "credit retirements", "Retirement", request)
        return read_retirement(reply.retirement, self._prefix)

    def list_retirements(
        self, owner: Address | None = None, denom: str = "", *, pin: HeightPin | None = None
    ) -> list[Retirement]:
        """Return acts of retiring by id, all or of one owner or denom or both."""
        found = self._read(
            "Retirements",
            query_pb2.QueryRetirementsRequest,
            "retirements",
            at=pin,
            owner=_text(owner),
            denom=denom,
        )
        return [read_retirement(item, self._prefix) for item in found]

    def list_retired_totals(self, *, pin: HeightPin | None = None) -> list[Coin]:
        """Return how much of each denom was retired on this chain.

        ``pin`` says at which height, or is told it.
        """
        kind = query_pb2.QueryRetiredTotalsRequest
        found = self._read("RetiredTotals", kind, "retired_totals", at=pin)
        return [Coin(item.denom, read_int(item.amount_wh, "amount_wh")) for item in found]

    def list_paths(self) -> list[RegisteredPath]:
        """Return the registered paths."""
        found = self._read("Paths", query_pb2.QueryPathsRequest, "paths")
        return [read_path(item) for item in found]

    def get_invariants(self) -> InvariantReport:
        """Have the node run every invariant of the module on its latest state."""
        reply = self._ask("Invariants", query_pb2.QueryInvariantsRequest(), "energy invariants")
        checks = tuple(
            InvariantCheck(item.name, bool(item.broken), item.detail) for item in reply.checks
        )
        return InvariantReport(checks, int(reply.height), (), ())

    @property
    def _prefix(self) -> str:
        return self._client.network.prefix

    def _read(
        self, method: str, kind: Any, items: str, *, at: HeightPin | None = None, **given: Any
    ) -> list[Any]:
        def read(page: Any, pin: HeightPin) -> Any:
            request = kind(pagination=page, **given)
            return self._ask(method, request, items.replace("_", " "), pin)

        return read_pages(read, lambda reply: getattr(reply, items), pin=at)

    def _ask(self, method: str, request: Any, what: str, pin: HeightPin | None = None) -> Any:
        channel = self._client.grpc
        stub = query_pb2_grpc.QueryStub(channel.raw)
        return channel.call(getattr(stub, method), request, what=what, pin=pin)

    def _ask_for(
        self, what: str, lists: str, method: str, request: Any, pin: HeightPin | None = None
    ) -> Any:
        try:
            return self._ask(method, request, what, pin)
        except NotFound as error:
            raise NotFound(
                f"the chain {self._client.network.chain_id} has no {what}",
                remedy=f"`plurichain energy {lists}` shows all",
            ) from error


def _text(address: Address | None) -> str:
    return "" if address is None else str(address)
