"""What the chain itself says happened: every included transaction, read from every block."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plurichain.chain.transactions.decoding import decode_tx

if TYPE_CHECKING:
    from plurichain.chain.nodes.client import ChainClient

FEE_DENOM = "upluri"
_COMMIT = "/plurichain.auction.v1.MsgCommitBid"
_REVEAL = "/plurichain.auction.v1.MsgRevealBid"


@dataclass(frozen=True, slots=True)
class Included:
    """One transaction in one block."""

    height: int
    code: int
    kind: str
    auction_id: int
    content: Any
    fee: int


def read_included(client: ChainClient, first_height: int) -> dict[str, list[Included]]:
    """Return all commits and reveals by who signed them, from a height to the last block."""
    found: dict[str, list[Included]] = defaultdict(list)
    last = client.get_latest_header().height
    for height in range(first_height, last + 1):
        block = client.get_block(height)
        if not block.txs:
            continue
        results = client.get_block_results(height)
        for tx_bytes, result in zip(block.txs, results.tx_results, strict=True):
            tx = decode_tx(tx_bytes)
            fee = sum(coin.amount for coin in tx.fee if coin.denom == FEE_DENOM)
            for message in tx.messages:
                fields: Any = message.fields or {}
                if message.type_url == _COMMIT:
                    kind, signer, content = "commit", fields["bidder"], fields["attempt"]
                elif message.type_url == _REVEAL:
                    kind, signer, content = "reveal", fields["sender"], fields["bid_bytes"]
                else:
                    continue
                found[signer].append(
                    Included(height, result.code, kind, fields["auction_id"], content, fee)
                )
    return found


def find_repeats(included: list[Included]) -> Iterator[str]:
    """Yield what took effect twice, or out of order, among the transactions of one bidder."""
    accepted = [each for each in included if each.code == 0]
    for auction_id in {each.auction_id for each in accepted}:
        commits = [
            each.content
            for each in accepted
            if each.kind == "commit" and each.auction_id == auction_id
        ]
        if sorted(set(commits)) != commits:
            yield f"auction {auction_id}: commits of the attempts {commits}"
        reveals = [
            each for each in accepted if each.kind == "reveal" and each.auction_id == auction_id
        ]
        if len(reveals) > 1:
            yield f"auction {auction_id}: {len(reveals)} reveals"
