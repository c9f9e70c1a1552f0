"""The one door to generated protobuf types of the SDK, which cosmpy carries.

cosmpy puts them at the top of the import path (``cosmos.…``); its own package must be
imported first, which ``plurichain.chain.pb`` does.
"""

import plurichain.chain.pb  # noqa: F401, I001 - before the next lines

from cosmos.auth.v1beta1 import query_pb2 as auth_query
from cosmos.auth.v1beta1 import query_pb2_grpc as auth_query_grpc
from cosmos.authz.v1beta1 import authz_pb2 as authz
from cosmos.authz.v1beta1 import tx_pb2 as authz_tx
from cosmos.bank.v1beta1 import query_pb2 as bank_query
from cosmos.bank.v1beta1 import query_pb2_grpc as bank_query_grpc
from cosmos.bank.v1beta1 import bank_pb2 as bank
from cosmos.bank.v1beta1 import tx_pb2 as bank_tx
from cosmos.base.query.v1beta1 import pagination_pb2 as pagination
from cosmos.base.tendermint.v1beta1 import query_pb2 as node_query
from cosmos.base.tendermint.v1beta1 import query_pb2_grpc as node_query_grpc
from cosmos.base.v1beta1 import coin_pb2 as coin
from cosmos.crypto.secp256k1 import keys_pb2 as secp256k1
from cosmos.feegrant.v1beta1 import feegrant_pb2 as feegrant
from cosmos.feegrant.v1beta1 import tx_pb2 as feegrant_tx
from cosmos.staking.v1beta1 import query_pb2 as staking_query
from cosmos.staking.v1beta1 import query_pb2_grpc as staking_query_grpc
from cosmos.tx.signing.v1beta1 import signing_pb2 as tx_signing
from cosmos.tx.v1beta1 import service_pb2 as tx_service
from cosmos.tx.v1beta1 import service_pb2_grpc as tx_service_grpc
from cosmos.tx.v1beta1 import tx_pb2 as tx
from google.protobuf import any_pb2 as any_message
from google.protobuf import duration_pb2 as duration
from google.protobuf import timestamp_pb2 as timestamp

__all__ = [
    "any_message",
    "auth_query",
    "auth_query_grpc",
    "authz",
    "authz_tx",
    "bank",
    "bank_query",
    "bank_query_grpc",
    "bank_tx",
    "coin",
    "duration",
    "feegrant",
    "feegrant_tx",
    "node_query",
    "node_query_grpc",
    "pagination",
    "secp256k1",
    "staking_query",
    "staking_query_grpc",
    "timestamp",
    "tx",
    "tx_service",
    "tx_service_grpc",
    "tx_signing",
]
