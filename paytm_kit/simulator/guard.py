"""Where the simulator may run, and whom it may contact: never production, only hosts that it was told to allow."""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import urlsplit

from decouple import AutoConfig

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def production() -> str:
    """Why the simulator must not run here, or "" when it may. Reads the environment and a ``.env`` in reach."""
    environment = AutoConfig(search_path=os.getcwd())("PAYTM_ENVIRONMENT", default="")
    if environment.strip().lower() != "production":
        return ""
    return (
        "The Paytm simulator does not run where PAYTM_ENVIRONMENT=production: its payments are not real. "
        "Unset PAYTM_ENVIRONMENT, or set it to simulator, and start again."
    )


def refusal(url: str, allowed_hosts: Iterable[str]) -> str:
    """Why this address must not be contacted, or "" when it may."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "it is not a valid URL"
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() or ord(c) < 33 for c in url):
        return "it is not an absolute http or https URL"
    if "@" in parts.netloc:
        return "it carries a user name"
    if host not in {*LOCAL_HOSTS, *(name.lower() for name in allowed_hosts)}:
        return f"the simulator contacts local hosts only; start it with --allow-host {host[:100]} to allow this one"
    return ""
