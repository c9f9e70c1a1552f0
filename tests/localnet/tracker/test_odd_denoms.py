"""Coins whose names hold slashes, or look like what came in over a channel; amounts above 2^63."""

from __future__ import annotations

from pathlib import Path

from plurichain.ibc.denom import DenomPath
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.auditing.tokens import Side, find_crossing
from tests.localnet.ibc.relaying import relaying, send
from tests.localnet.tracker.line import ODD_DENOMS, Line
from tests.localnet.tracker.test_multi_hop import make_receiver
from tests.localnet.tracker.tracking import tracking

AMOUNT = 2**70 + 1


def test_every_name_and_amount_is_the_chains_own(line: Line, tmp_path: Path) -> None:
    """The voucher that we compute is the one that is held, and its path what the chain says."""
    a, b, end = line.a, line.b, line.ab.a
    here = Side(end.chain_id, end.port, end.channel_id)
    there = Side(line.ab.b.chain_id, line.ab.b.port, line.ab.b.channel_id)
    receiver = make_receiver("odd coins")
    first = a.queries.get_next_sequence_send("transfer", end.channel_id)
    names = [(a.chain_id, end.channel_id, first + index) for index in range(len(ODD_DENOMS))]
    with (
        tracking(list(line.chains.values()), tmp_path / "packets.db", is_late=True) as tracked,
        relaying((a, b), line.keys, line.ab),
    ):
        for denom in ODD_DENOMS:
            send(a, end.channel_id, receiver, [AMOUNT], denom=denom)
        rows = tracked.wait_for(names, StoryClass.ACKED)

    assert [(row.denom, row.amount) for row in rows] == [(each, AMOUNT) for each in ODD_DENOMS]
    for denom in ODD_DENOMS:
        voucher = line.get_voucher(line.ab.b, denom=denom)
        path = b.transfers.get_denom(voucher)
        assert path is not None
        assert str(path) == f"{there.port}/{there.channel}/{denom}"
        crossing = find_crossing(here, there, DenomPath.parse(denom))
        assert (crossing.owner, crossing.voucher) == (here, voucher)
        assert b.client.get_supply(voucher) == AMOUNT
    line.assert_conserved()
