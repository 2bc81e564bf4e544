"""Which web addresses the outside world can reach."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

# Special-use domain names (RFC 2606, RFC 6761, RFC 6762, RFC 8375) and the usual names of private networks.
NOT_PUBLIC = (
    *(".localhost", ".local", ".test", ".example", ".invalid", ".internal", ".lan", ".home.arpa"),
    *("example.com", "example.net", "example.org"),
)


def is_public_https(url: str) -> bool:
    """Whether the outside world could reach this URL over TLS: neither a private address nor a reserved name."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    try:
        known = ip_address(host).is_global
    except ValueError:
        known = "." in host and not host.endswith(NOT_PUBLIC)
    return parts.scheme == "https" and known
