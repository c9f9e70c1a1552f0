"""The one door to generated protobuf types of the SDK, which cosmpy carries.

cosmpy puts them at the top of the import path (``cosmos.…``); its own package must be
imported first, which ``plurichain.chain.pb`` does. Each module is loaded when it is
first used: a command that only reads has no need of those that build transactions.
"""

from __future__ import annotations

import importlib
from typing import Any

import plurichain.chain.pb  # noqa: F401 - before any of those below

_MODULES = {
    "any_message": "google.protobuf.any_pb2",
    "auth_query": "cosmos.auth.v1beta1.query_pb2",
    "auth_query_grpc": "cosmos.auth.v1beta1.query_pb2_grpc",
    "authz": "cosmos.authz.v1beta1.authz_pb2",
    "authz_tx": "cosmos.authz.v1beta1.tx_pb2",
    "bank": "cosmos.bank.v1beta1.bank_pb2",
    "bank_query": "cosmos.bank.v1beta1.query_pb2",
    "bank_query_grpc": "cosmos.bank.v1beta1.query_pb2_grpc",
    "bank_tx": "cosmos.bank.v1beta1.tx_pb2",
    "coin": "cosmos.base.v1beta1.coin_pb2",
    "duration": "google.protobuf.duration_pb2",
    "feegrant": "cosmos.feegrant.v1beta1.feegrant_pb2",
    "feegrant_tx": "cosmos.feegrant.v1beta1.tx_pb2",
    "node_config": "cosmos.base.node.v1beta1.query_pb2",
    "node_config_grpc": "cosmos.base.node.v1beta1.query_pb2_grpc",
    "node_query": "cosmos.base.tendermint.v1beta1.query_pb2",
    "node_query_grpc": "cosmos.base.tendermint.v1beta1.query_pb2_grpc",
    "pagination": "cosmos.base.query.v1beta1.pagination_pb2",
    "secp256k1": "cosmos.crypto.secp256k1.keys_pb2",
    "staking_query": "cosmos.staking.v1beta1.query_pb2",
    "staking_query_grpc": "cosmos.staking.v1beta1.query_pb2_grpc",
    "timestamp": "google.protobuf.timestamp_pb2",
    "tx": "cosmos.tx.v1beta1.tx_pb2",
    "tx_service": "cosmos.tx.v1beta1.service_pb2",
    "tx_service_grpc": "cosmos.tx.v1beta1.service_pb2_grpc",
    "tx_signing": "cosmos.tx.signing.v1beta1.signing_pb2",
}


def __getattr__(name: str) -> Any:
    place = _MODULES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = globals()[name] = importlib.import_module(place)
    return module


def load_all() -> None:
    """Load every module: what reads transactions of others knows types by their names."""
    for name in _MODULES:
        __getattr__(name)
