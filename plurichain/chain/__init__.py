"""The chain seen from outside: nodes, queries, signing, sending, outcomes.

Names load on first use, so that reading the journal does not import gRPC.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plurichain.chain.aio import AsyncAuctionQueries, AsyncChainClient, AsyncTxSender
    from plurichain.chain.auctions.queries import AuctionQueries
    from plurichain.chain.energy.queries import EnergyQueries
    from plurichain.chain.ibc.proofs import Proof, ProvenReads
    from plurichain.chain.ibc.queries import IbcQueries
    from plurichain.chain.ibc.transfer_queries import TransferQueries
    from plurichain.chain.journal.journal import Journal, JournalEntry
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.progress import TxProgress, TxStage
    from plurichain.chain.sending.sender import TxSender
    from plurichain.chain.transactions.drafts import Ordering
    from plurichain.chain.transactions.messages import Message
    from plurichain.chain.transactions.outcome import Outcome, OutcomeStatus
    from plurichain.chain.types import Account, Block, BlockResults, Event, Header, NodeStatus

_HOMES = {
    "Account": "types",
    "AsyncAuctionQueries": "aio",
    "AsyncChainClient": "aio",
    "AsyncTxSender": "aio",
    "AuctionQueries": "auctions.queries",
    "Block": "types",
    "BlockResults": "types",
    "ChainClient": "nodes.client",
    "EnergyQueries": "energy.queries",
    "Event": "types",
    "Header": "types",
    "IbcQueries": "ibc.queries",
    "Journal": "journal.journal",
    "JournalEntry": "journal.journal",
    "Message": "transactions.messages",
    "NodeStatus": "types",
    "Ordering": "transactions.drafts",
    "Outcome": "transactions.outcome",
    "OutcomeStatus": "transactions.outcome",
    "Proof": "ibc.proofs",
    "ProvenReads": "ibc.proofs",
    "TransferQueries": "ibc.transfer_queries",
    "TxProgress": "progress",
    "TxSender": "sending.sender",
    "TxStage": "progress",
}

__all__ = [
    "Account",
    "AsyncAuctionQueries",
    "AsyncChainClient",
    "AsyncTxSender",
    "AuctionQueries",
    "Block",
    "BlockResults",
    "ChainClient",
    "EnergyQueries",
    "Event",
    "Header",
    "IbcQueries",
    "Journal",
    "JournalEntry",
    "Message",
    "NodeStatus",
    "Ordering",
    "Outcome",
    "OutcomeStatus",
    "Proof",
    "ProvenReads",
    "TransferQueries",
    "TxProgress",
    "TxSender",
    "TxStage",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)
