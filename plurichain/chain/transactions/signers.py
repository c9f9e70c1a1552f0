"""Who signs a transaction, in which order, with which keys and accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.errors import UsageError

if TYPE_CHECKING:
    from plurichain.chain.transactions.messages import Message
    from plurichain.chain.types import Account
    from plurichain.identifiers import Address
    from plurichain.keyring import Key

MAX_SIGNERS = 7
"""The SDK's limit of signatures (auth parameter tx_sig_limit)."""
_PUBLIC_KEY_TYPE = "/cosmos.crypto.secp256k1.PubKey"


@dataclass(frozen=True, slots=True)
class Signer:
    """One signature to come: its key, and its account on the chain."""

    key: Key
    account: Account


def compute_signers(messages: Sequence[Message], fee_payer: Address | None) -> list[Address]:
    """Return who must sign, as the chain counts: by message, each once, then the payer."""
    addresses = [message.signer for message in messages]
    if fee_payer is not None:
        addresses.append(fee_payer)
    return list(dict.fromkeys(addresses))


def choose_keys(
    messages: Sequence[Message], keys: Sequence[Key], fee_payer: Address | None
) -> list[Key]:
    """Return the keys that sign, in the order of the chain.

    Raises UsageError if a signer has no key here, a key signs nothing or twice, or
    there are more than ``MAX_SIGNERS``.
    """
    by_address = {key.address: key for key in keys}
    if len(by_address) < len(keys):
        raise UsageError("signers: the same key is given twice", remedy="give each key once")
    if not messages:
        return list(keys[:1])
    wanted = compute_signers(messages, fee_payer)
    for message in messages:
        if message.signer not in by_address:
            held = ", ".join(f"{key.name!r} is {key.address}" for key in keys)
            raise UsageError(
                f"{message.type_url} is signed by {message.signer}, the key {held}",
                remedy="choose the right key with --key",
            )
    if fee_payer is not None and fee_payer not in by_address:
        raise UsageError(
            f"fee_payer: {fee_payer} has to sign too",
            remedy="give its key among the cosigners, or use a fee granter",
        )
    if len(wanted) > MAX_SIGNERS:
        raise UsageError(f"signers: {len(wanted)} are more than {MAX_SIGNERS}")
    idle = [key.name for key in keys if key.address not in wanted]
    if idle:
        raise UsageError(f"signers: no message is signed by {', '.join(map(repr, idle))}")
    return [by_address[address] for address in wanted]


def validate_account(key: Key, account: Account) -> None:
    """Raise UsageError if the chain knows another public key of this account."""
    known = account.public_key
    if known is not None and known != (_PUBLIC_KEY_TYPE, key.public_key):
        kind = known[0].rpartition(".")[2] or "unreadable"
        raise UsageError(
            f"the account {account.address} has another public key on the chain ({kind}) "
            f"than the key {key.name!r}",
            remedy="sign with the account's own key",
        )
