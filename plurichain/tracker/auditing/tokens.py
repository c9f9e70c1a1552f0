"""Which tokens crossed which channels, as the packets name them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from plurichain.ibc.denom import (
    VOUCHER_PREFIX,
    DenomPath,
    Hop,
    compute_received_denom,
    is_returning,
    voucher_denom,
)
from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.transfer import TransferData, parse_transfer_data

if TYPE_CHECKING:
    from plurichain.tracker.auditing.chain_state import ChainState
    from plurichain.tracker.store import PacketStore

CLASSIC: Final = ProtocolVersion.CLASSIC.value
_PAGE: Final = 1_000
_LEADS: Final = """
SELECT e.chain_id, e.port, e.channel, a.peer_chain_id, a.peer_port, a.peer_channel,
    b.peer_chain_id, b.peer_port, b.peer_channel, c.chain_id, e.asked_peer, d.chain_id
FROM (
    SELECT chain_id, protocol, port, channel, NULL AS asked_peer FROM channel_end
    UNION ALL SELECT s.chain_id, s.protocol, s.port, s.channel, COALESCE(s.peer_chain_id, '')
    FROM channel_state s WHERE NOT EXISTS (SELECT 1 FROM channel_end t
        WHERE t.chain_id = s.chain_id AND t.protocol = s.protocol AND t.port = s.port
        AND t.channel = s.channel)
) e
LEFT JOIN route a ON a.chain_id = e.chain_id AND a.protocol = e.protocol AND a.port = e.port
    AND a.channel = e.channel
LEFT JOIN route b ON b.chain_id = a.peer_chain_id AND b.protocol = a.protocol
    AND b.port = a.peer_port AND b.channel = a.peer_channel
LEFT JOIN chain c ON c.chain_id = a.peer_chain_id
LEFT JOIN chain d ON d.chain_id = e.asked_peer
WHERE e.protocol = ? ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True, order=True)
class Side:
    """A channel end and the chain that it is on."""

    chain_id: str
    port: str
    channel: str

    def __str__(self) -> str:
        return f"{self.chain_id} {self.port}/{self.channel}"


@dataclass(frozen=True, slots=True, order=True)
class ChannelPair:
    """Two ends that lead to each other, as both chains say; ``a`` sorts before ``b``."""

    a: Side
    b: Side

    def get_peer(self, side: Side) -> Side:
        """Return the other end."""
        return self.b if side == self.a else self.a


@dataclass(frozen=True, slots=True)
class Unpaired:
    """An end without another that it leads to and that leads to it, and why in a few words."""

    side: Side
    reason: str
    is_blind: bool = False
    """Whether it leads to a chain that is tracked too, and no block that was read told of it."""


@dataclass(frozen=True, slots=True)
class TokenCrossing:
    """A token that left over the end ``owner``, whose escrow account has it, to ``peer``.

    ``path`` is that of the token on the owner's chain.
    """

    owner: Side
    peer: Side
    path: DenomPath

    @property
    def denom(self) -> str:
        """What the bank of the owner's chain calls it."""
        return voucher_denom(self.path)

    @property
    def voucher(self) -> str:
        """What the bank of the peer's chain calls it."""
        hop = Hop(self.peer.port, self.peer.channel)
        return voucher_denom(DenomPath((hop, *self.path.hops), self.path.base))


def list_pairs(store: PacketStore) -> list[ChannelPair]:
    """Return the classic channels of which both chains have said where they lead."""
    found = store.query(
        "SELECT a.chain_id, a.port, a.channel, b.chain_id, b.port, b.channel"
        " FROM route a JOIN route b ON b.chain_id = a.peer_chain_id AND b.protocol = a.protocol"
        " AND b.port = a.peer_port AND b.channel = a.peer_channel"
        " AND b.peer_chain_id = a.chain_id AND b.peer_port = a.port AND b.peer_channel = a.channel"
        " WHERE a.protocol = ? AND a.chain_id < b.chain_id ORDER BY 1, 2, 3",
        (CLASSIC,),
    )
    return [ChannelPair(Side(*row[:3]), Side(*row[3:])) for row in found]


def list_unpaired(store: PacketStore) -> list[Unpaired]:
    """Return the classic ends that nobody can audit, each with why.

    Those that blocks told of, and those that the chains' state alone tells of: a tracker that
    began late knows of neither token nor packet of these.
    """
    paired = {side for pair in list_pairs(store) for side in (pair.a, pair.b)}
    return [
        _make_unpaired(side, row[3:])
        for row in store.query(_LEADS, (CLASSIC,))
        if (side := Side(*row[:3])) not in paired
    ]


def _make_unpaired(side: Side, row: Sequence[Any]) -> Unpaired:
    other, back, read, asked_peer, tracked_peer = row[:3], row[3:6], *row[6:]
    if asked_peer is not None and other[0] is None:
        return Unpaired(side, "no block that was read told of it", tracked_peer is not None)
    return Unpaired(side, _explain_unpaired(side, _find_side(other), _find_side(back), read))


def _find_side(names: Sequence[Any]) -> Side | None:
    return None if names[0] is None else Side(*names)


def _explain_unpaired(side: Side, other: Side | None, back: Side | None, read: str | None) -> str:
    """Return why an end that says it leads to ``other``, which leads ``back``, has no pair.

    ``read`` is None where no block of the other chain was read.
    """
    if other is None:
        return f"{side.chain_id} has not said where it leads"
    if other.chain_id == side.chain_id:
        return f"it leads to {other}, on the same chain"
    if read is None:
        return f"it leads to {other}, and no block of {other.chain_id} was read"
    if back is None:
        return f"it leads to {other}, and {other.chain_id} has not said where that leads"
    return f"it leads to {other}, which leads to {back}"


def find_crossing(sender: Side, receiver: Side, path: DenomPath) -> TokenCrossing:
    """Return whose token a packet carries: the sender's own, or one that goes back."""
    if not is_returning(path, sender.port, sender.channel):
        return TokenCrossing(sender, receiver, path)
    home = compute_received_denom(
        path,
        source_port=sender.port,
        source_channel=sender.channel,
        destination_port=receiver.port,
        destination_channel=receiver.channel,
    )
    return TokenCrossing(receiver, sender, home)


def list_crossings(store: PacketStore, pair: ChannelPair) -> list[TokenCrossing]:
    """Return every token that a packet of a channel ever carried, each once, sorted."""
    found: dict[TokenCrossing, None] = {}
    for side in (pair.a, pair.b):
        for denom in _list_denoms(store, side):
            found[find_crossing(side, pair.get_peer(side), DenomPath.parse(denom))] = None
    return sorted(found, key=lambda each: (each.owner, str(each.path)))


def list_escrowed(state: ChainState, pair: ChannelPair, side: Side) -> list[TokenCrossing]:
    """Return every token that the escrow account of an end has now. Raises NodeError."""
    held = state.get_escrow(state.get_head(), side.port, side.channel)
    paths = [
        state.find_path(denom) if denom.startswith(VOUCHER_PREFIX) else DenomPath((), denom)
        for denom in held
    ]
    return [TokenCrossing(side, pair.get_peer(side), path) for path in paths if path is not None]


def _list_denoms(store: PacketStore, side: Side) -> Iterator[str]:
    """Yield the denoms that packets of an end name, as they name them."""
    rows = store.query(
        "SELECT DISTINCT denom FROM sent WHERE chain_id = ? AND protocol = ? AND port = ?"
        " AND channel = ? AND denom IS NOT NULL ORDER BY denom",
        (side.chain_id, CLASSIC, side.port, side.channel),
    )
    for (denom,) in rows:
        if "\\" not in denom:
            yield denom
        else:
            yield from _list_escaped(store, side, denom)


def _list_escaped(store: PacketStore, side: Side, denom: str) -> Iterator[str]:
    """Yield what stands behind a denom that is kept escaped: its packets have it as it was."""
    seen: set[str] = set()
    after = ""
    while True:
        rows = store.query(
            "SELECT sequence, data FROM sent WHERE chain_id = ? AND protocol = ? AND port = ?"
            " AND channel = ? AND denom = ? AND sequence > ? ORDER BY sequence LIMIT ?",
            (side.chain_id, CLASSIC, side.port, side.channel, denom, after, _PAGE),
        )
        for _, data in rows:
            transfer = parse_transfer_data(bytes(data))
            if isinstance(transfer, TransferData):
                seen.add(transfer.denom)
        if len(rows) < _PAGE:
            break
        after = rows[-1][0]
    yield from sorted(seen)
