"""The one door to generated protobuf types of IBC, which cosmpy carries (as ``protos``)."""

import plurichain.chain.pb  # noqa: F401, I001 - before the next lines

from ibc.applications.interchain_accounts.controller.v1 import query_pb2 as controller_query
from ibc.applications.interchain_accounts.controller.v1 import (
    query_pb2_grpc as controller_query_grpc,
)
from ibc.applications.interchain_accounts.controller.v1 import tx_pb2 as controller_tx
from ibc.applications.interchain_accounts.v1 import packet_pb2 as accounts_packet
from ibc.applications.transfer.v1 import query_pb2 as transfer_query
from ibc.applications.transfer.v1 import query_pb2_grpc as transfer_query_grpc
from ibc.applications.transfer.v1 import tx_pb2 as transfer_tx
from ibc.core.channel.v1 import channel_pb2 as channel
from ibc.core.channel.v1 import query_pb2 as channel_query
from ibc.core.channel.v1 import query_pb2_grpc as channel_query_grpc
from ibc.core.channel.v1 import tx_pb2 as channel_tx
from ibc.core.client.v1 import client_pb2 as client
from ibc.core.client.v1 import query_pb2 as client_query
from ibc.core.client.v1 import query_pb2_grpc as client_query_grpc
from ibc.core.client.v1 import tx_pb2 as client_tx
from ibc.core.client.v2 import query_pb2 as client_v2_query
from ibc.core.client.v2 import query_pb2_grpc as client_v2_query_grpc
from ibc.core.connection.v1 import connection_pb2 as connection
from ibc.core.connection.v1 import query_pb2 as connection_query
from ibc.core.connection.v1 import query_pb2_grpc as connection_query_grpc
from ibc.core.connection.v1 import tx_pb2 as connection_tx

__all__ = [
    "accounts_packet",
    "channel",
    "channel_query",
    "channel_query_grpc",
    "channel_tx",
    "client",
    "client_query",
    "client_query_grpc",
    "client_tx",
    "client_v2_query",
    "client_v2_query_grpc",
    "connection",
    "connection_query",
    "connection_query_grpc",
    "connection_tx",
    "controller_query",
    "controller_query_grpc",
    "controller_tx",
    "transfer_query",
    "transfer_query_grpc",
    "transfer_tx",
]
