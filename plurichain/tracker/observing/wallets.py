"""Balances of the accounts that pay for relaying, in whole units of their denoms."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from plurichain.chain.sending.funds import get_balance
from plurichain.identifiers import Address
from plurichain.tracker.observations import Wallet
from plurichain.tracker.observing.watched import QUESTION_S, Answers

if TYPE_CHECKING:
    from plurichain.tracker.observing.watched import WatchedChain, WatchedWallet


class WalletWatch:
    """The watched accounts of one chain."""

    def __init__(self, chain: WatchedChain) -> None:
        self._chain = chain
        wanted = {_key(wallet): wallet for wallet in chain.wallets}
        before = {
            (row.name, row.address, row.denom): row
            for row in chain.observations.list_wallets()
            if row.chain_id == chain.chain_id
        }
        # Those that are not watched any more would look like answers that never come.
        chain.observations.remove(*(row for key, row in before.items() if key not in wanted))
        # One that was never asked for is shown as not known, also while its chain is away.
        known = (
            (key, replace(before.get(key) or self._make_row(wallet, None), least=wallet.least))
            for key, wallet in wanted.items()
        )
        self._answers = Answers[Wallet](chain, known, total_s=QUESTION_S)

    def observe(self) -> None:
        """Ask for every balance. Raises StorageError."""
        self._answers.begin_round()
        for wallet in self._chain.wallets:
            blank = self._make_row(wallet, None)
            self._answers.ask(_key(wallet), blank, lambda wallet=wallet: self._read(wallet))  # type: ignore[misc]

    def fail(self, cause: str) -> None:
        """Note that nothing can be asked now."""
        self._answers.fail_all(cause)

    def _read(self, wallet: WatchedWallet) -> Wallet:
        address = Address.parse(wallet.address)
        return self._make_row(wallet, get_balance(self._chain.client, address, wallet.denom))

    def _make_row(self, wallet: WatchedWallet, amount: int | None) -> Wallet:
        return Wallet(
            self._chain.chain_id,
            wallet.name,
            wallet.address,
            wallet.denom,
            asked_ns=self._chain.clock_ns(),
            amount=amount,
            least=wallet.least,
        )


def _key(wallet: WatchedWallet) -> tuple[str, str, str]:
    return wallet.name, wallet.address, wallet.denom
