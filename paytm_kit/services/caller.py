"""Who asks: the customer, the browser (by a cookie of ours) and the address, each as a keyed hash.

The hashes are keyed with SECRET_KEY: nobody who reads the tables learns an address, and a new key forgets them all.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from paytm_kit import conf
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.models import Payment
from paytm_kit.services import journal

COOKIE = "paytm_kit_device"
SALT = "paytm_kit.device"
UNKNOWN = "unknown"  # a caller whose address cannot be read
SHARED = ("", "guest")  # customer ids that are no one person's: the first was purged, the second is a last resort

_DEVICE = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Caller:
    """Keyed hashes of 64 hex digits; empty where it is not known."""

    customer: str
    device: str
    address: str


def of(request: HttpRequest, payment: Payment) -> Caller:
    """Who wants to start this payment."""
    customer = "" if payment.customer_id in SHARED else key("customer", payment.customer_id)
    known = device(request)
    return Caller(customer, key("device", known) if known else "", key("address", network_of(request)))


def key(kind: str, subject: str) -> str:
    """The keyed hash under which a subject is kept: 64 hex digits, another one for each kind."""
    return salted_hmac(f"paytm_kit.{kind}", subject, algorithm="sha256").hexdigest()


def network_of(request: HttpRequest) -> str:
    """The caller's IPv4 address, or its IPv6 /64 (one household or server has that many); ``unknown``."""
    return network(journal.client_address(request))


def network(address: str | None) -> str:
    """The same of an address as text."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return UNKNOWN
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ip_network((found.packed[:8] + bytes(8), 64)))
    return str(found)


def device(request: HttpRequest) -> str:
    """What the browser's cookie says, if we signed it: 32 hex digits, or empty."""
    days = _days()
    if not days:
        return ""
    value = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=days * 86_400) or ""
    return value if _DEVICE.fullmatch(value) else ""


def remember(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Gives a browser that has none its cookie: random, signed, and telling nothing to anybody else."""
    days = _days()
    if days and not device(request):
        response.set_signed_cookie(
            COOKIE,
            secrets.token_hex(16),
            salt=SALT,
            max_age=days * 86_400,
            path=settings.SESSION_COOKIE_PATH,
            secure=request.is_secure() or settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


def _days() -> int:
    """How long the cookie lives; with settings that cannot be read there is none, and the checks say why."""
    try:
        return conf.risk().device_cookie_days
    except ConfigurationError:
        return 0
