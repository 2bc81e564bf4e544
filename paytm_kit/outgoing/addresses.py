"""Which addresses a webhook may go to: public ones, unless its endpoint allows others; what is wrong with an endpoint.

A name is looked up once, each of its addresses is judged, and the connection goes to a judged one: a name that answers
differently the next time (DNS rebinding) gains nothing. Source: OWASP, "Server-Side Request Forgery Prevention Cheat
Sheet"; Standard Webhooks 1.0.0, "Server side request forgery".
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from paytm_kit import conf
from paytm_kit.conf.addresses import NOT_PUBLIC
from paytm_kit.conf.endpoints import Endpoint
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.outgoing import verify

NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
# Reserved or a network's own, and yet global by ``ipaddress``: IPv4-compatible and -translated addresses (RFC 4291, RFC
# 2765) and all else below ::/8 but NAT64's, which holds a network's own NAT64 (RFC 8215); site-local ones (RFC 3879).
NOBODYS = (IPv6Network("::/8"), IPv6Network("fec0::/10"))


class NotAllowed(OSError):
    """The host may not be connected to. ``str()`` says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an endpoint cannot be sent to, and what to do about it."""

    id: str
    what: str
    todo: str


def faults(endpoint: Endpoint) -> Iterator[Fault]:
    """What is wrong with an endpoint as it is set; nobody is asked. With any of these nothing is sent to it."""
    called = f'endpoint "{endpoint.name}"'
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", endpoint.name):
        yield Fault(
            "E073",
            f"{endpoint.name!r} cannot be the name of an endpoint.",
            "It stands in variables and in the admin: a-z, 0-9, _ and -, at most 40.",
        )
    parts = _split(endpoint.url)
    if parts is None:
        yield Fault(
            "E074",
            f"URL of {called} is not the address of a system.",
            "Write https://host/path, without a user, a password or a # in it.",
        )
    else:
        yield from _unsafe(endpoint, parts, called)
    for name, secret in zip(("SECRET", "PREVIOUS_SECRET"), endpoint.secrets, strict=False):
        try:
            verify.key_of(secret)
        except ValueError as error:
            yield Fault(
                "E077",
                f"{name} of {called} cannot sign. {error}",
                "Make one with manage.py paytm_deliver --new-secret, and tell it to the other side.",
            )


def _unsafe(endpoint: Endpoint, parts: SplitResult, called: str) -> Iterator[Fault]:
    host = parts.hostname or ""
    if parts.scheme == "http" and not (is_loopback(host) or settings.DEBUG or _only_simulators()):
        yield Fault(
            "E075",
            f"URL of {called} is plain http: whoever is in between reads what is sent.",
            "Use https; plain http is for this machine, for DEBUG, and for sites that use the simulator alone.",
        )
    if not endpoint.allow_private and _is_private_name(host):
        yield Fault(
            "E076",
            f"URL of {called} leads to {host}, which is not public.",
            "If it is meant, set ALLOW_PRIVATE to true for this endpoint.",
        )


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        # What is no number or no name of a host raises ValueError: .port, and labels that are empty or too long.
        sound = bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:
        return None
    bare = parts.username is None and not parts.fragment
    clean = re.fullmatch(r"[!-~]+", url) is not None and "\\" not in url
    return parts if sound and bare and clean and parts.scheme in ("http", "https") else None


def is_loopback(host: str) -> bool:
    """Whether this is this very machine, by its name or number."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_private_name(host: str) -> bool:
    try:
        return not is_public(ip_address(host))
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith(NOT_PUBLIC)


def _only_simulators() -> bool:
    found = []
    with suppress(ConfigurationError):
        found = [conf.account(name).environment for name in conf.raw_accounts()]
    return bool(found) and set(found) == {"simulator"}


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether anybody may be there: neither private, shared, reserved nor for groups, however it is wrapped."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address.teredo:
            inner = address.teredo[1]
        if address in NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        elif any(address in network for network in NOBODYS):
            return False
        if inner is not None and not is_public(inner):
            return False
    return address.is_global and not address.is_multicast


def resolve(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses of a host, all of them judged. Raises NotAllowed, and OSError where the name leads nowhere."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    inside = [text for text in addresses if not is_public(ip_address(text.partition("%")[0]))]
    if inside and not allow_private:
        raise NotAllowed(f"its name leads to {inside[0]}, which is not public (see ALLOW_PRIVATE)")
    return addresses
