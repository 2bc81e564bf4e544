"""One database URL → Django's DATABASES, with what the ledger needs of each kind; and which driver is missing."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from paytm_kit.gateways.base import ConfigurationError

KEY = "PAYTM_KIT_DATABASE_URL"
FORMS = "sqlite:///shop.sqlite3, mysql://user:password@host:3306/name or postgresql://user:password@host:5432/name"

SQLITE, MYSQL, POSTGRESQL = (f"django.db.backends.{name}" for name in ("sqlite3", "mysql", "postgresql"))
ENGINES = {"sqlite": SQLITE, "mysql": MYSQL, "mariadb": MYSQL, "postgresql": POSTGRESQL, "postgres": POSTGRESQL}

# Modules of which one must be there, and what to say where none is. mysqlclient is the one that Django supports, but it
# needs a C compiler and the headers of MariaDB or MySQL (Django docs, "MySQL DB API Drivers").
DRIVERS: dict[str, tuple[tuple[str, ...], str]] = {
    SQLITE: ((), ""),
    MYSQL: (
        ("MySQLdb", "pymysql"),
        "MySQL and MariaDB need a driver. Install one: pip install mysqlclient (or, where there is no C compiler: "
        "pip install PyMySQL)",
    ),
    POSTGRESQL: (
        ("psycopg", "psycopg2"),
        'PostgreSQL needs a driver. Install it: pip install "psycopg[binary]"',
    ),
}


def settings_of(url: str, folder: str) -> dict[str, Any]:
    """``DATABASES["default"]`` for this URL. A relative SQLite file lies in ``folder``.

    ``scheme+driver`` is SQLAlchemy's way to write it, and is understood. Raises ConfigurationError, which never shows
    the URL: there may be a password in it.
    """
    try:
        parts = urlsplit(url)
        engine = ENGINES[parts.scheme.partition("+")[0]]
        port = parts.port
        query = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except (KeyError, ValueError):
        raise ConfigurationError(f"{KEY} cannot be read. Write {FORMS}.") from None
    if engine == SQLITE:
        return {"ENGINE": engine, "NAME": _file(parts, folder), "OPTIONS": OPTIONS[engine](query)}
    if not (name := unquote(parts.path.removeprefix("/"))):
        raise ConfigurationError(f"{KEY} names no database. Write {FORMS}.")
    return {
        "ENGINE": engine,
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "OPTIONS": OPTIONS[engine](query),
    }


def _file(parts: SplitResult, folder: str) -> str:
    name = unquote(parts.path.removeprefix("/"))
    if parts.netloc or not name or name == ":memory:":
        raise ConfigurationError(
            f"{KEY} names no file. Write sqlite:///shop.sqlite3, or sqlite:////absolute/path/shop.sqlite3: in memory "
            "each thread would have a ledger of its own."
        )
    return str(Path(folder, name))


def _sqlite(query: dict[str, str]) -> dict[str, Any]:
    # IMMEDIATE: a transaction takes the write lock when it begins, so that two wait for each other instead of failing.
    return {"transaction_mode": "IMMEDIATE", "timeout": 20}


def _mysql(query: dict[str, str]) -> dict[str, Any]:
    # Under a lock the ledger must read what the last holder wrote: ledger/waiting.py.
    options: dict[str, Any] = {"charset": "utf8mb4", "isolation_level": "read committed"}
    tls = {name.removeprefix("ssl_"): query.pop(name) for name in ("ssl_ca", "ssl_cert", "ssl_key") if name in query}
    query.pop("charset", None)
    return {**query, **({"ssl": tls} if tls else {}), **options}


def _postgresql(query: dict[str, str]) -> dict[str, Any]:
    return dict(query)


OPTIONS: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
    SQLITE: _sqlite,
    MYSQL: _mysql,
    POSTGRESQL: _postgresql,
}


def load_driver(engine: str) -> None:
    """Makes sure that Django can load a driver. Raises ConfigurationError that says how to install one."""
    modules, missing = DRIVERS.get(engine, ((), ""))
    found = [name for name in modules if find_spec(name) is not None]
    if modules and not found:
        raise ConfigurationError(missing)
    if found[:1] == ["pymysql"]:
        import_module("pymysql").install_as_MySQLdb()
