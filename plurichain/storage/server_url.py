"""URLs of PostgreSQL databases: how they are read, shown, and kept from telling a password."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from plurichain.errors import InputError, MissingExtra

_SCHEMES: Final = ("postgresql://", "postgres://")
# What may be shown of a URL's query; anything else may be a secret, now or later.
_SHOWN: Final = ("host", "hostaddr", "port", "user", "dbname", "sslmode", "options")
_DEFAULTS: Final = {
    "connect_timeout": "10",
    "application_name": "plurichain",
    # A server that is gone without a word is noticed within half a minute.
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}


def is_server_url(text: str) -> bool:
    """Tell whether it names a server's database, and not a file."""
    return text.lower().startswith(_SCHEMES)


def has_password(url: str) -> bool:
    """Tell whether a URL holds a secret, or may: one that cannot be read counts as such."""
    try:
        parts = urlsplit(url)
        names = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    except ValueError:
        return True
    account = parts.netloc.rpartition("@")[0]
    return ":" in account or any("password" in name for name in names)


def read_url(url: str) -> tuple[dict[str, Any], str]:
    """Return what a connection needs, and how the place is shown.

    Raises InputError for a URL that is none, MissingExtra without psycopg.
    """
    try:
        import psycopg
        from psycopg import conninfo
    except ImportError:
        raise MissingExtra(
            "a PostgreSQL database needs psycopg",
            remedy="install it: pip install 'plurichain[postgres]', or use a file",
        ) from None
    scheme, _, rest = url.partition("://")
    try:
        parameters = conninfo.conninfo_to_dict(f"{scheme.lower()}://{rest}")
        _validate(parameters)
    except (psycopg.Error, ValueError, UnicodeError):
        # The library quotes what it could not read, which may be the password.
        raise InputError(
            "the database's URL cannot be read",
            remedy="write postgresql://USER@HOST:PORT/NAME, other characters as %XX",
        ) from None
    return _DEFAULTS | parameters, _show(parameters)


def _validate(parameters: dict[str, Any]) -> None:
    """A password whose @, : or / was not written as %XX ends up in a part that is shown."""
    host, port = str(parameters.get("host", "")), str(parameters.get("port", ""))
    name = f"{parameters.get('dbname', '')}{parameters.get('user', '')}"
    if "@" in host + name or not (port.replace(",", "") or "0").isdecimal():
        raise ValueError


def _show(parameters: dict[str, Any]) -> str:
    shown = {name: str(parameters[name]) for name in _SHOWN if parameters.get(name)}
    user, name = shown.pop("user", ""), shown.pop("dbname", "")
    host = shown.pop("host", "")
    if "/" in host or "," in host:
        host, shown["host"] = "", host  # the folder of a socket, or several
    port = f":{shown.pop('port')}" if host and "port" in shown else ""
    account = f"{quote(user)}@" if user else ""
    query = f"?{urlencode(shown, safe='/')}" if shown else ""
    return f"postgresql://{account}{host}{port}/{quote(name)}{query}"
