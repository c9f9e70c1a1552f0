"""What the applications on IBC tell: vouchers, escrow, interchain accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plurichain.chain.ibc import protos
from plurichain.chain.nodes.paging import read_pages
from plurichain.errors import NotFound
from plurichain.ibc.denom import DenomPath, Hop

if TYPE_CHECKING:
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.nodes.grpc_channel import HeightPin
    from plurichain.identifiers import Address


class TransferQueries:
    """Token transfer and interchain accounts on one chain."""

    def __init__(self, client: ChainClient) -> None:
        self._grpc = client.grpc
        self._transfer = protos.transfer_query_grpc.QueryStub(client.grpc.raw)
        self._controller = protos.controller_query_grpc.QueryStub(client.grpc.raw)

    def get_denom(self, voucher: str) -> DenomPath | None:
        """Return the path of a voucher ("ibc/HASH" or the hash); None if nobody sent it here."""
        request = protos.transfer_query.QueryDenomRequest(hash=voucher)
        try:
            reply = self._grpc.call(self._transfer.Denom, request, what=f"denom {voucher}")
        except NotFound:
            return None
        return _read_path(reply.denom)

    def list_denoms(self) -> list[DenomPath]:
        """Return the paths of all vouchers that were ever made here."""

        def read(page: Any, pin: HeightPin) -> Any:
            request = protos.transfer_query.QueryDenomsRequest(pagination=page)
            return self._grpc.call(self._transfer.Denoms, request, what="denoms", pin=pin)

        return [_read_path(item) for item in read_pages(read, lambda reply: reply.denoms)]

    def get_escrow_address(self, port: str, channel: str) -> str:
        """Return the account that holds what was sent over a channel end."""
        request = protos.transfer_query.QueryEscrowAddressRequest(port_id=port, channel_id=channel)
        what = f"escrow of {port}/{channel}"
        return str(self._grpc.call(self._transfer.EscrowAddress, request, what=what).escrow_address)

    def get_total_escrow(self, denom: str, *, pin: HeightPin | None = None) -> int:
        """Return how much of a denom is held in escrow, over all channels."""
        request = protos.transfer_query.QueryTotalEscrowForDenomRequest(denom=denom)
        what = f"escrow of {denom}"
        reply = self._grpc.call(self._transfer.TotalEscrowForDenom, request, what=what, pin=pin)
        return int(reply.amount.amount or 0)

    def get_interchain_account(self, owner: Address, connection_id: str) -> str | None:
        """Return the address on the other chain that ``owner`` controls, None before it is."""
        request = protos.controller_query.QueryInterchainAccountRequest(
            owner=str(owner), connection_id=connection_id
        )
        what = f"interchain account of {owner}"
        try:
            reply = self._grpc.call(self._controller.InterchainAccount, request, what=what)
        except NotFound:
            return None
        return str(reply.address) or None


def _read_path(denom: Any) -> DenomPath:
    return DenomPath(tuple(Hop(hop.port_id, hop.channel_id) for hop in denom.trace), denom.base)
