"""Where the simulator may run, and whom it may contact: never production, only hosts that it was told to allow."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from decouple import AutoConfig

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
PORTS = {"http": 80, "https": 443}

_own_address = ("", 0)


def stands_at(host: str, port: int) -> None:
    """From now on the stand-alone simulator is this process: it sends nothing to itself.

    Mounted in a project it has the shop's own address.
    """
    global _own_address
    _own_address = host.lower(), port


def production() -> str:
    """Why the simulator must not run here, or "" when it may. Reads the environment and a ``.env`` in reach."""
    environment = AutoConfig(search_path=os.getcwd())("PAYTM_ENVIRONMENT", default="")
    if environment.strip().lower() != "production":
        return ""
    return (
        "The Paytm simulator does not run where PAYTM_ENVIRONMENT=production: its payments are not real. "
        "Unset PAYTM_ENVIRONMENT, or set it to simulator, and start again."
    )


def production_accounts(kit: object) -> str:
    """Why the simulator must not stand beside these ``PAYTM_KIT`` settings, or "" when it may."""
    accounts = kit.get("ACCOUNTS") if isinstance(kit, Mapping) else None
    for name, account in accounts.items() if isinstance(accounts, Mapping) else ():
        if isinstance(account, Mapping) and str(account.get("ENVIRONMENT", "")).strip().lower() == "production":
            return (
                f"The Paytm simulator does not run beside the account {name!r} of PAYTM_KIT: its ENVIRONMENT is "
                "production. Remove paytm_kit.simulator from INSTALLED_APPS there."
            )
    return ""


def refusal(url: str, allowed_hosts: Iterable[str]) -> str:
    """Why this address must not be contacted, or "" when it may."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return "it is not a valid URL"
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() or ord(c) < 33 for c in url):
        return "it is not an absolute http or https URL"
    if "@" in parts.netloc:
        return "it carries a user name"
    if host not in {*LOCAL_HOSTS, *(name.lower() for name in allowed_hosts)}:
        return f"the simulator contacts local hosts only; start it with --allow-host {host[:100]} to allow this one"
    own_host, own_port = _own_address
    if port == own_port and host in {*LOCAL_HOSTS, own_host}:
        return "it is the simulator's own address; name the one where the shop listens"
    return ""
