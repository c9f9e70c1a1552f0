"""Opening what `plurichain energy` works with: network, keys, node; and closing it again."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from plurichain.cli.session import get_key, open_keyring, show_progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plurichain.cli.options import Connection, Signing
    from plurichain.identifiers import Address
    from plurichain.keyring import Keyring
    from plurichain.metering.account import Account, Observer


@contextlib.contextmanager
def open_observer(connection: Connection) -> Iterator[Observer]:
    """Connect to the network's node and check its chain id."""
    from plurichain.config import get_network
    from plurichain.metering import connecting

    network = get_network(connection.network)
    with connecting.open_observer(
        network, report=show_progress, timeout_s=connection.timeout_s
    ) as observer:
        yield observer


@contextlib.contextmanager
def open_account(signing: Signing) -> Iterator[tuple[Account, Keyring]]:
    """Open the key and its keyring, connect to the node, and make ready to send."""
    from plurichain.config import get_network
    from plurichain.metering import connecting

    network = get_network(signing.network)
    keyring = open_keyring(network, signing.passphrase_file)
    key = get_key(keyring, signing.key)
    with connecting.open_account(
        network, key, report=show_progress, timeout_s=signing.timeout_s
    ) as account:
        yield account, keyring


def parse_holder(text: str, prefix: str, keyring: Keyring | None, *, field: str) -> Address:
    """Return the address that ``text`` writes, or that of the key of that name."""
    from plurichain.identifiers import Address

    if keyring is not None and not text.startswith(f"{prefix}1"):
        return keyring.get_info(text).address
    return Address.parse(text, prefix=prefix, field=field)
