"""Which address an account may use: https, or a stand-in on this very machine; never another environment's host."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address

from paytm_kit.gateways.base import Account, ConfigurationError


def origin(account: Account, usual: Mapping[str, str], known: Mapping[str, str], *, who: str) -> str:
    """scheme://host[:port] that the account speaks to. Raises ConfigurationError when it must not be used.

    ``usual``  the gateway's own host for each environment
    ``known``  every host of that gateway that we know → its environment: one under another name is a mistake
    ``who``    the gateway's name in sentences
    """
    written = (account.host or usual.get(account.environment, "")).rstrip("/")
    name = _hostname(written)
    where = f'HOST of account "{account.name}"'
    if not name:
        raise ConfigurationError(f"{where} must be https://name[:port] and nothing more ({account.environment}).")
    if written.startswith("http:") and not (account.environment == "simulator" and is_loopback(account)):
        raise ConfigurationError(f"{where} must use https; plain http is for a simulator on this machine only.")
    if known.get(name, account.environment) != account.environment:
        raise ConfigurationError(f"{where} is {who}'s {known[name]} host, but ENVIRONMENT says {account.environment}.")
    return written


def is_loopback(account: Account) -> bool:
    """Whether the account's host is this very machine."""
    name = _hostname(account.host.rstrip("/"))
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def _hostname(text: str) -> str:
    """The host's name in lower case; empty unless the text is http(s)://name[:port] and nothing more."""
    match = re.fullmatch(r"https?://(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+))(?::[0-9]{1,5})?", text, re.ASCII)
    return (match[1] or match[2]).lower() if match else ""
