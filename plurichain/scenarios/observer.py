"""What anybody without a key can read of an auction: every transaction and event of every block."""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plurichain.chain.auctions.events import PACKAGE, BidRevealed, decode_events
from plurichain.chain.transactions.decoding import DecodedTx, decode_tx
from plurichain.identifiers import Address
from plurichain.units import Coin, format_coins, make_coins, parse_coins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.types import Event, TxResult

COMMIT_URL = f"/{PACKAGE}MsgCommitBid"


@dataclass(frozen=True, slots=True)
class SeenCommit:
    """One commitment as it stands in a block; ``deposit`` is what left the bidder's account."""

    height: int
    bidder: str
    bid_commitment: str
    attempt: int
    deposit: tuple[Coin, ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that the blocks up to ``height`` say of one auction.

    ``opaque`` counts transactions with bytes that this program could not decode.
    ``shapes`` counts the different forms of the commit transactions and their events, once
    bidder, commitment, public key, signature and times are taken out: 1 means that nothing
    else tells one bidder from another.
    """

    auction_id: int
    height: int
    time_ns: int
    transactions: int
    events: int
    opaque: int
    messages: tuple[tuple[str, int], ...]
    commits: tuple[SeenCommit, ...]
    reveals: int
    shapes: int

    def to_json(self) -> dict[str, Any]:
        """Return the observation as plain JSON values."""
        return {
            "auction_id": self.auction_id,
            "height": self.height,
            "time_ns": str(self.time_ns),
            "transactions": self.transactions,
            "events": self.events,
            "opaque": self.opaque,
            "messages": dict(self.messages),
            "commits": [
                {
                    "height": seen.height,
                    "bidder": seen.bidder,
                    "bid_commitment": seen.bid_commitment,
                    "attempt": seen.attempt,
                    "deposit": format_coins(seen.deposit),
                }
                for seen in self.commits
            ],
            "reveals": self.reveals,
            "shapes": self.shapes,
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Observation:
        """Return the observation that ``to_json`` wrote."""
        commits = tuple(
            SeenCommit(
                each["height"],
                each["bidder"],
                each["bid_commitment"],
                each["attempt"],
                parse_coins(each["deposit"]),
            )
            for each in content["commits"]
        )
        rest = {key: content[key] for key in ("transactions", "events", "opaque", "reveals")}
        return cls(
            auction_id=content["auction_id"],
            height=content["height"],
            time_ns=int(content["time_ns"]),
            messages=tuple(content["messages"].items()),
            commits=commits,
            shapes=content["shapes"],
            **rest,
        )


def observe_auction(client: ChainClient, auction_id: int) -> Observation:
    """Read all blocks so far and return what they say of the auction. Raises NodeError."""
    head = client.get_latest_header()
    messages: Counter[str] = Counter()
    commits: list[SeenCommit] = []
    shapes = set()
    transactions = events = opaque = reveals = 0
    for height in range(1, head.height + 1):
        results = client.get_block_results(height)
        events += len(results.events)
        txs = client.get_block(height).txs if results.tx_results else ()
        for tx_bytes, result in zip(txs, results.tx_results, strict=True):
            tx = decode_tx(tx_bytes)
            transactions, events = transactions + 1, events + len(result.events)
            opaque += not tx.is_whole
            messages.update(message.type_url for message in tx.messages)
            found = list(_find_commits(height, tx, result, auction_id))
            commits += found
            if found:
                shapes.add(compute_shape(tx, result))
            reveals += _count_reveals(result, auction_id)
    return Observation(
        auction_id=auction_id,
        height=head.height,
        time_ns=head.time_ns,
        transactions=transactions,
        events=events,
        opaque=opaque,
        messages=tuple(sorted(messages.items())),
        commits=tuple(commits),
        reveals=reveals,
        shapes=len(shapes),
    )


def _find_commits(
    height: int, tx: DecodedTx, result: TxResult, auction_id: int
) -> Iterator[SeenCommit]:
    if result.code:
        return
    for message in tx.messages:
        fields = message.fields
        if message.type_url != COMMIT_URL or fields is None:
            continue
        if fields.get("auction_id") == auction_id:
            yield SeenCommit(
                height=height,
                bidder=fields["bidder"],
                bid_commitment=fields["bid_commitment"],
                attempt=fields["attempt"],
                deposit=compute_spent(result.events, fields["bidder"]),
            )


def compute_spent(events: tuple[Event, ...], spender: str) -> tuple[Coin, ...]:
    """Return the coins that left an account, by the bank's events of one transaction."""
    spent = [
        parse_coins(event.get("amount") or "")
        for event in events
        if event.type == "coin_spent" and event.get("spender") == spender
    ]
    return make_coins((coin.denom, coin.amount) for coins in spent for coin in coins)


def _count_reveals(result: TxResult, auction_id: int) -> int:
    return sum(
        isinstance(event, BidRevealed) and event.auction_id == auction_id
        for event in decode_events(result.events)
    )


def compute_shape(tx: DecodedTx, result: TxResult) -> str:
    """Return all that a commit shows, with its own bidder, commitment, key, signature taken out.

    Its times are left out; so is the gas that was used, in which the length of the times
    and the number of bidders before it can be read.
    """
    fields = [dict(message.fields or {}) for message in tx.messages]
    events = [(event.type, event.attributes) for event in result.events]
    text = repr(
        (fields, tx.memo, tx.is_unordered, tx.gas_limit, tx.fee, tx.public_keys, tx.signatures)
    )
    text += repr((result.code, result.log, result.gas_wanted, events))
    for own, word in _list_own_words(tx):
        text = text.replace(own, word)
    return text


def _list_own_words(tx: DecodedTx) -> list[tuple[str, str]]:
    """Return each value that a commit must have of its own, in every spelling, and its name."""
    words = []
    for message in tx.messages:
        fields = message.fields or {}
        bidder, commitment = str(fields.get("bidder", "")), str(fields.get("bid_commitment", ""))
        if bidder:
            words += [(bidder, "BIDDER"), (Address.parse(bidder).hex, "BIDDER")]
        words.append((commitment, "COMMITMENT"))
    words += [(key, "KEY") for key in tx.public_keys]
    words += [(signature, "SIGNATURE") for signature in tx.signatures]
    encoded = [(base64.b64encode(bytes.fromhex(own)).decode(), word) for own, word in words
               if word != "BIDDER"]  # fmt: skip
    return [(own, word) for own, word in (*words, *encoded) if own]
