"""Which packets wait on a chain, and for what.

A ``pin`` says which state is read (as in ``queries``). Asking for many sequences is
done in several calls, all of one state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from plurichain.chain.ibc import protos
from plurichain.chain.nodes.grpc_channel import HeightPin
from plurichain.chain.nodes.paging import read_pages

if TYPE_CHECKING:
    from plurichain.chain.nodes.client import ChainClient

SEQUENCES_AT_ONCE = 2_000
"""Packets that one query asks for; a node answers it in a few milliseconds."""
COMMITMENTS_PAGE = 2_000


class PacketQueries:
    """The packets of one chain's channels."""

    def __init__(self, client: ChainClient) -> None:
        self._grpc = client.grpc
        self._channels = protos.channel_query_grpc.QueryStub(client.grpc.raw)

    def list_packet_commitments(
        self, port: str, channel: str, *, pin: HeightPin | None = None
    ) -> list[int]:
        """Return the sequences sent and not settled, in ascending order: asked at the source."""

        def read(page: Any, pin: HeightPin) -> Any:
            request = protos.channel_query.QueryPacketCommitmentsRequest(
                port_id=port, channel_id=channel, pagination=page
            )
            what = f"packet commitments of {port}/{channel}"
            return self._grpc.call(self._channels.PacketCommitments, request, what=what, pin=pin)

        found = read_pages(read, lambda reply: reply.commitments, limit=COMMITMENTS_PAGE, pin=pin)
        return sorted(int(item.sequence) for item in found)

    def list_unreceived_packets(
        self, port: str, channel: str, sequences: Iterable[int], *, pin: HeightPin | None = None
    ) -> list[int]:
        """Return which of ``sequences`` were not received: asked at the destination's end."""
        return self._list_chunked(
            sequences,
            lambda chunk: protos.channel_query.QueryUnreceivedPacketsRequest(
                port_id=port, channel_id=channel, packet_commitment_sequences=chunk
            ),
            self._channels.UnreceivedPackets,
            lambda reply: reply.sequences,
            what=f"unreceived packets of {port}/{channel}",
            pin=pin,
        )

    def list_acknowledged_packets(
        self, port: str, channel: str, sequences: Iterable[int], *, pin: HeightPin | None = None
    ) -> list[int]:
        """Return for which of ``sequences`` the destination's end has an acknowledgement."""
        return self._list_chunked(
            sequences,
            lambda chunk: protos.channel_query.QueryPacketAcknowledgementsRequest(
                port_id=port, channel_id=channel, packet_commitment_sequences=chunk
            ),
            self._channels.PacketAcknowledgements,
            lambda reply: (item.sequence for item in reply.acknowledgements),
            what=f"acknowledgements of {port}/{channel}",
            pin=pin,
        )

    def get_next_sequence_send(
        self, port: str, channel: str, *, pin: HeightPin | None = None
    ) -> int:
        """Return the sequence that the channel end gives to the next packet."""
        request = protos.channel_query.QueryNextSequenceSendRequest(
            port_id=port, channel_id=channel
        )
        what = f"next sequence to send of {port}/{channel}"
        reply = self._grpc.call(self._channels.NextSequenceSend, request, what=what, pin=pin)
        return int(reply.next_sequence_send)

    def _list_chunked(
        self,
        sequences: Iterable[int],
        make_request: Callable[[Sequence[int]], Any],
        method: Any,
        read: Callable[[Any], Iterable[int]],
        *,
        what: str,
        pin: HeightPin | None,
    ) -> list[int]:
        """Ask for any number of sequences, all of one state; returns them in ascending order."""
        wanted = sorted(sequences)
        pin = pin or HeightPin()
        found: list[int] = []
        for start in range(0, len(wanted), SEQUENCES_AT_ONCE):
            chunk = wanted[start : start + SEQUENCES_AT_ONCE]
            reply = self._grpc.call(method, make_request(chunk), what=what, pin=pin)
            # A node that answers with others than it was asked for is not believed.
            found.extend(sorted(set(chunk) & {int(each) for each in read(reply)}))
        return found
