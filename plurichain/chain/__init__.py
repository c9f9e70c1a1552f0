"""The chain seen from outside: nodes, queries, signing, sending, outcomes.

Names load on first use, so that reading the journal does not import gRPC.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plurichain.chain.aio import AsyncAuctionQueries, AsyncChainClient, AsyncTxSender
    from plurichain.chain.auctions import AuctionQueries
    from plurichain.chain.client import ChainClient
    from plurichain.chain.drafts import Ordering
    from plurichain.chain.energy import EnergyQueries
    from plurichain.chain.ibc_proofs import Proof, ProvenReads
    from plurichain.chain.ibc_queries import IbcQueries
    from plurichain.chain.ibc_transfer_queries import TransferQueries
    from plurichain.chain.journal import Journal, JournalEntry
    from plurichain.chain.messages import Message
    from plurichain.chain.outcome import Outcome, OutcomeStatus
    from plurichain.chain.progress import TxProgress, TxStage
    from plurichain.chain.sender import TxSender
    from plurichain.chain.types import Account, Block, BlockResults, Event, Header, NodeStatus

_HOMES = {
    "Account": "types",
    "AsyncAuctionQueries": "aio",
    "AsyncChainClient": "aio",
    "AsyncTxSender": "aio",
    "AuctionQueries": "auctions",
    "Block": "types",
    "BlockResults": "types",
    "ChainClient": "client",
    "EnergyQueries": "energy",
    "Event": "types",
    "Header": "types",
    "IbcQueries": "ibc_queries",
    "Journal": "journal",
    "JournalEntry": "journal",
    "Message": "messages",
    "NodeStatus": "types",
    "Ordering": "drafts",
    "Outcome": "outcome",
    "OutcomeStatus": "outcome",
    "Proof": "ibc_proofs",
    "ProvenReads": "ibc_proofs",
    "TransferQueries": "ibc_transfer_queries",
    "TxProgress": "progress",
    "TxSender": "sender",
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
