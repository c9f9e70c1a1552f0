"""Keys in the desktop's keyring: the Secret Service of GNOME, KDE, KeePassXC and others.

An item a key: its secret is the text of key_file, encrypted by the service under the login
password; its attributes hold name and public key, so that listing unlocks nothing.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from plurichain.errors import KeyringError
from plurichain.keyring.key_file import KeyFile, parse_key_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CALL_S = 20.0
"""How long the bus or the service may take to answer one call."""
PROMPT_S = 180.0
"""How long the desktop may wait for its user to give the password."""
_KIND = {"application": "plurichain", "kind": "key"}
_REMEDY = (
    'use `keyring = "file"` (`plurichain network add FILE --keyring file`), which asks for a '
    "passphrase and needs no desktop"
)


class SecretServiceStore:
    """The keys of this user in the Secret Service; connects for each call."""

    def has(self, name: str) -> bool:
        """Tell whether there is a key of that name."""
        with _connected() as service:
            return service.find(name) is not None

    def list(self) -> tuple[KeyFile, ...]:
        """Return all keys by name; their ``content`` is empty."""
        with _connected() as service:
            found = [_read_attributes(item) for item in service.list()]
        return tuple(sorted(found, key=lambda file: file.name))

    def read(self, name: str) -> KeyFile:
        """Return one key; may make the desktop ask for its password. Raises KeyringError."""
        with _connected() as service:
            item = service.find(name)
            if item is None:
                raise KeyringError(f"no key is called {name!r} in the os keyring")
            service.unlock(item)
            text = bytes(item.get_secret()).decode()
        return parse_key_file(text, source=f"the os keyring's key {name!r}", backend="os")

    def write(self, name: str, public_key: bytes, text: str) -> bool:
        """Keep a new key; False if the name is taken."""
        attributes = {**_KIND, "name": name, "public_key": public_key.hex()}
        with _connected() as service:
            if service.find(name) is not None:
                return False
            service.unlock(service.collection)
            service.collection.create_item(
                f"plurichain key {name}", attributes, text.encode(), replace=False
            )
            return True

    def delete(self, name: str) -> None:
        """Remove a key."""
        with _connected() as service:
            item = service.find(name)
            if item is not None:
                service.unlock(item)
                item.delete()


class _Service:
    """One connection to the Secret Service."""

    def __init__(self, connection: Any) -> None:
        import secretstorage

        self.collection = secretstorage.get_default_collection(connection)

    def list(self) -> list[Any]:
        return list(self.collection.search_items(_KIND))

    def find(self, name: str) -> Any:
        return next(iter(self.collection.search_items({**_KIND, "name": name})), None)

    @staticmethod
    def unlock(thing: Any) -> None:
        """Ask the desktop to unlock. Raises KeyringError if the user declines."""
        if thing.is_locked() and thing.unlock():
            raise KeyringError(
                "the os keyring stays locked: its password was not given",
                remedy="try again and give it, or " + _REMEDY,
            )


@contextlib.contextmanager
def _connected() -> Iterator[_Service]:
    try:
        import secretstorage
    except ImportError:
        raise KeyringError(
            "the os keyring needs the Secret Service of a Linux desktop", remedy=_REMEDY
        ) from None
    from secretstorage.exceptions import SecretStorageException

    try:
        connection = _connect(secretstorage.dbus_init)
    except (SecretStorageException, OSError, KeyError) as error:
        raise _unreachable(error) from error
    try:
        yield _Service(_Bounded(connection))
    except (SecretStorageException, OSError) as error:
        raise _unreachable(error) from error
    finally:
        connection.close()


def _connect(init: Callable[[], Any]) -> Any:
    """Connect in a thread of its own: the library waits for the bus without end.

    Raises TimeoutError, and what ``init`` raises.
    """
    found: list[Any] = []

    def connect() -> None:
        try:
            found.append(init())
        except Exception as error:  # noqa: BLE001 - raised below
            found.append(error)

    thread = threading.Thread(target=connect, name="plurichain-dbus", daemon=True)
    thread.start()
    thread.join(CALL_S)
    if not found:
        raise TimeoutError
    if isinstance(found[0], Exception):
        raise found[0]
    return found[0]


class _Bounded:
    """A connection whose every wait has an end; all else is the library's own."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def send_and_get_reply(self, message: Any, **_options: Any) -> Any:
        return self._connection.send_and_get_reply(message, timeout=CALL_S)

    def recv_until_filtered(self, queue: Any, **_options: Any) -> Any:
        """Wait for the end of a prompt."""
        return self._connection.recv_until_filtered(queue, timeout=PROMPT_S)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def _unreachable(error: Exception) -> KeyringError:
    reason = str(error) or type(error).__name__
    if isinstance(error, TimeoutError):
        reason = "it gave no answer in time"
    return KeyringError(f"the os keyring cannot be reached: {reason}", remedy=_REMEDY)


def _read_attributes(item: Any) -> KeyFile:
    attributes = item.get_attributes()
    try:
        return KeyFile(attributes["name"], bytes.fromhex(attributes["public_key"]), {})
    except (KeyError, ValueError):
        raise KeyringError(
            "the os keyring holds a key of plurichain without name or public key",
            remedy="remove it with the desktop's own program",
        ) from None
