"""Reading and changing config.toml: atomic, under a lock (format: ``config_toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from plurichain.config.chain_memory import ChainMemory
from plurichain.config.config_toml import VERSION, Config, format_config, parse_config
from plurichain.config.folders import config_path, make_home_folder
from plurichain.config.network_file import parse_network_file
from plurichain.errors import ConfigError
from plurichain.storage import lock, write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from plurichain.config.network import Network


def load_config() -> Config:
    """Return what config.toml says; a missing file has no networks.

    Raises ConfigError that names the file, line and key, or NewerFormatError.
    """
    path = config_path()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    return parse_config(text, source=str(path))


def get_network(name: str | None = None) -> Network:
    """Return the configured network ``name``, or the default one. Raises ConfigError."""
    return load_config().get_network(name)


def save_network(network: Network, *, make_default: bool | None = None) -> None:
    """Add ``network``, or replace the one of its name.

    The first network becomes the default; ``make_default`` forces or forbids it. What
    was seen of the chain of a network of that name is forgotten: it may be another now.
    """

    def change(config: Config) -> Config:
        wanted = not config.default_network if make_default is None else make_default
        return Config(
            default_network=network.name if wanted else config.default_network,
            networks={**config.networks, network.name: network},
        )

    _change_config(change)
    ChainMemory.open().forget(network.name)


def add_network(
    path: Path, *, name: str | None = None, make_default: bool | None = None
) -> Network:
    """Add the network of the file ``path`` (endpoints.json or chain.json) and return it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise ConfigError(f"cannot read {path}: {reason}") from error
    network = parse_network_file(text, source=str(path), name=name)
    save_network(network, make_default=make_default)
    return network


def remove_network(name: str) -> None:
    """Forget the network ``name``. Raises ConfigError if there is none."""

    def change(config: Config) -> Config:
        config.get_network(name)
        rest = {key: value for key, value in config.networks.items() if key != name}
        default = config.default_network
        return Config(default if default != name else next(iter(rest), ""), rest)

    _change_config(change)
    ChainMemory.open().forget(name)


def set_default_network(name: str) -> None:
    """Make ``name`` the network that is meant when none is named. Raises ConfigError."""

    def change(config: Config) -> Config:
        return replace(config, default_network=config.get_network(name).name)

    _change_config(change)


def _change_config(change: Callable[[Config], Config]) -> None:
    folder = make_home_folder()
    with lock(folder / "config.lock"):
        text = format_config(change(load_config()))
        _copy_before_upgrade()
        write_atomic(config_path(), text)


def _copy_before_upgrade() -> None:
    """Keep a file of an older version beside the new one, which older programs refuse."""
    path = config_path()
    try:
        old = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    version = tomllib.loads(old)["version"]
    copy = path.with_name(f"{path.name}.v{version}")
    if version < VERSION and not copy.exists():
        write_atomic(copy, old)
