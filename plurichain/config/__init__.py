"""Which networks there are, and where: config.toml, endpoints.json, chain.json (design 3.6)."""

from plurichain.config.chain_memory import ChainMemory
from plurichain.config.config_file import (
    add_network,
    get_network,
    load_config,
    remove_network,
    save_network,
    set_default_network,
)
from plurichain.config.config_toml import Config
from plurichain.config.folders import (
    config_path,
    home_folder,
    journal_path,
    keyring_folder,
    make_home_folder,
)
from plurichain.config.network import Endpoint, Network
from plurichain.config.network_file import parse_network_file

__all__ = [
    "ChainMemory",
    "Config",
    "Endpoint",
    "Network",
    "add_network",
    "config_path",
    "get_network",
    "home_folder",
    "journal_path",
    "keyring_folder",
    "load_config",
    "make_home_folder",
    "parse_network_file",
    "remove_network",
    "save_network",
    "set_default_network",
]
