"""What the accounts that pay for relaying hold, beside what relaying costs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from plurichain.chain.sending.funds import get_balance
from plurichain.errors import PlurichainError
from plurichain.identifiers import Address
from plurichain.tracker.health.findings import Finding, Subject

if TYPE_CHECKING:
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.tracker.observing.watched import WatchedWallet

FEES_GAS: Final = 100_000_000
"""Gas of some two hundred transactions with a header and a few packets each."""


def check_wallets(client: ChainClient, wallets: Iterable[WatchedWallet]) -> list[Finding]:
    """Return what is to be said of each account. Raises nothing that a node can bring about."""
    network = client.network
    found = []
    for wallet in wallets:
        subject = Subject(network.name, wallet.name)
        try:
            held = get_balance(client, Address.parse(wallet.address), wallet.denom)
        except PlurichainError as error:
            remedy = error.remedy or "ask again, or use another node"
            found.append(subject.give_up("balance", error.cause, rule="told", remedy=remedy))
            continue
        least, why = wallet.least, "as asked for"
        if least is None:
            least = (
                -(-FEES_GAS * network.gas_price // 1) if wallet.denom == network.fee_denom else 0
            )
            why = f"{FEES_GAS} gas at the network's gas price"
        missing = f"{max(least - held, 0)}{wallet.denom}"
        found.append(
            subject.judge(
                "balance",
                f"{held}{wallet.denom}",
                rule=f"at least {least}{wallet.denom} ({why})",
                is_met=held >= least,
                remedy=f"send {missing} to {wallet.address}",
            )
        )
    return found
