"""Is there enough money, before anything is sent?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from plurichain.chain import protos
from plurichain.errors import BadReply, FundsShort
from plurichain.units import make_coins

if TYPE_CHECKING:
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.identifiers import Address
    from plurichain.units import Coin


def check_funds(client: ChainClient, address: Address, needed: Iterable[Coin]) -> None:
    """Raise FundsShort, naming what is missing of which denom, unless ``needed`` is there."""
    wanted = make_coins((coin.denom, coin.amount) for coin in needed)
    if not wanted:
        return
    held = client.get_balances(address)
    for coin in wanted:
        has = held.get(coin.denom, 0)
        if has < coin.amount:
            missing = coin.amount - has
            raise FundsShort(
                f"{address} needs {coin.amount} {coin.denom} and has {has}: "
                f"{missing} {coin.denom} missing",
                remedy=f"send {missing}{coin.denom} to {address}, then try again",
            )


def get_balance(client: ChainClient, address: Address, denom: str) -> int:
    """Return what ``address`` holds of one denom. Raises BadReply, NodeError."""
    stub = protos.bank_query_grpc.QueryStub(client.grpc.raw)
    request = protos.bank_query.QueryBalanceRequest(address=str(address), denom=denom)
    reply = client.grpc.call(stub.Balance, request, what=f"balance of {address}")
    amount = reply.balance.amount
    if not amount.isdigit() or reply.balance.denom != denom:
        raise BadReply(f"{client.grpc.address} told no balance of {denom} of {address}")
    return int(amount)
