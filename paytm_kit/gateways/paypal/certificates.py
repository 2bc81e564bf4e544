"""Which certificates may sign PayPal's notices, and their keys: fetched from PayPal alone, checked, kept in memory.

A notice names the address of its certificate. It is fetched only from a host of PayPal's for the account's environment
and from its path for certificates; the chain must end at a public root (certifi's, as for TLS) at this moment, and the
name must be under paypal.com, so that whoever could move a file at that address still could not sign.

**In the environment "simulator" there is no public chain**: there the certificate that the account's own HOST serves
is taken as it is, and whoever runs that host can sign notices. That is what a stand-in is for; it is why "simulator"
needs a HOST and production refuses it.

Sources: PayPal, Integrate webhooks (verify messages received); the subject as PayPal's own SDKs check it,
messageverificationcerts[.sandbox].paypal.com.
"""

from __future__ import annotations

import re
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from paytm_kit.gateways.base import Account, ConfigurationError, Unreachable
from paytm_kit.gateways.http import Call, Transport, Unreadable

if TYPE_CHECKING:  # an extra
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.x509 import Certificate
    from cryptography.x509.verification import Store

INSTALL = 'pip install "paytm-kit[paypal]"'
HOSTS = {
    "production": frozenset({"api.paypal.com", "api-m.paypal.com"}),
    "staging": frozenset({"api.sandbox.paypal.com", "api-m.sandbox.paypal.com"}),
}
PATH = re.compile(r"/v1/notifications/certs/[A-Za-z0-9_-]{1,100}")
DOMAIN = ".paypal.com"

KEPT = 8  # certificates; PayPal changes its own about once a year
FETCHES, PER = 6, 60.0  # at most so many in so many seconds: whoever sends us addresses must not make us call
MOST_IN_CHAIN = 10

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class NotTrusted(ValueError):
    """This certificate, or its address, is not PayPal's. ``str()`` says why, and is safe to log."""


@dataclass(frozen=True, slots=True)
class Chain:
    """What was found at an address."""

    pem: tuple[str, ...]  # the signer's first, then its issuers'

    def verdict(self, keys: tuple[str, ...]) -> None:
        """Judged by itself, not by the answer that brought it."""


def require_cryptography(account: Account) -> None:
    """Raises ConfigurationError with the command that installs it. Nothing is imported yet."""
    if find_spec("cryptography") is None:
        raise ConfigurationError(
            f'Account "{account.name}" is PayPal\'s, whose webhooks are signed with certificates: that needs the '
            f"cryptography package. Install it: {INSTALL}"
        )


class Certificates:
    """The keys by the addresses of their certificates, for one account; may be shared between threads."""

    def __init__(self, account: Account, origin: str, transport: Transport) -> None:
        self._origin, self._transport = origin, transport
        self._hosts = HOSTS.get(account.environment, frozenset())
        self._is_stand_ins = account.environment == "simulator"
        self._lock = threading.Lock()
        self._chains: dict[str, tuple[Certificate, ...]] = {}
        self._fetched: deque[float] = deque(maxlen=FETCHES)

    def key(self, url: str) -> RSAPublicKey:
        """Whoever has this key's private half is PayPal. Raises NotTrusted, and Unreachable: it cannot be said now."""
        from cryptography.hazmat.primitives.asymmetric import rsa

        if not self._is_theirs(url):
            raise NotTrusted("the certificate's address is not PayPal's")
        with self._lock:
            chain = self._chains.get(url)
        if chain is None:
            chain = self._fetch(url)
        check = _served if self._is_stand_ins else _public
        check(chain, datetime.now(UTC))
        key = chain[0].public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise NotTrusted("the certificate's key is no RSA key")
        with self._lock:  # kept only now: what is not trusted must not push out what is
            if url not in self._chains and len(self._chains) >= KEPT:
                del self._chains[next(iter(self._chains))]
            self._chains[url] = chain
        return key

    def _is_theirs(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        if url != f"{parts.scheme}://{parts.netloc}{parts.path}" or not PATH.fullmatch(parts.path):
            return False
        if self._is_stand_ins:
            return f"{parts.scheme}://{parts.netloc}" == self._origin
        return parts.scheme == "https" and parts.netloc in self._hosts

    def _fetch(self, url: str) -> tuple[Certificate, ...]:
        now = time.monotonic()
        with self._lock:
            if len(self._fetched) == FETCHES and now - self._fetched[0] < PER:
                raise Unreachable("Too many notices name certificates that we do not have. Send it again later.")
            self._fetched.append(now)
        call = Call(operation="certificate", order_id="", url=url, text="", method="GET", attempts=1)
        return _loaded(self._transport.ask(call, _opened, lambda chain, _: chain))


def _opened(text: str) -> Chain:
    found = tuple(_PEM.findall(text))
    if not 0 < len(found) <= MOST_IN_CHAIN:
        raise Unreadable("no certificates")
    return Chain(found)


def _loaded(chain: Chain) -> tuple[Certificate, ...]:
    from cryptography import x509

    try:
        return tuple(x509.load_pem_x509_certificate(pem.encode()) for pem in chain.pem)
    except ValueError:
        raise NotTrusted("the certificate cannot be read") from None


def _served(chain: Sequence[Certificate], now: datetime) -> None:
    """Of a stand-in: its own host served it, and its time is not over."""
    if not chain[0].not_valid_before_utc <= now <= chain[0].not_valid_after_utc:
        raise NotTrusted("the certificate is not valid now")


def _public(chain: Sequence[Certificate], now: datetime) -> None:
    from cryptography import x509
    from cryptography.x509 import verification

    leaf, *issuers = chain
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        name = next(filter(_is_paypals, names.get_values_for_type(x509.DNSName)), "")
        if not name:
            raise NotTrusted("the certificate bears no name under paypal.com")
        policy = verification.PolicyBuilder().store(roots()).time(now.replace(tzinfo=None))
        policy.build_server_verifier(x509.DNSName(name)).verify(leaf, issuers)
    except (verification.VerificationError, x509.ExtensionNotFound, ValueError, TypeError) as error:
        if isinstance(error, NotTrusted):
            raise
        raise NotTrusted("no public root vouches for the certificate now") from None


def _is_paypals(name: str) -> bool:
    return name.lower().endswith(DOMAIN) and "*" not in name


@lru_cache(maxsize=1)
def roots() -> Store:
    """The public roots that TLS trusts here."""
    from cryptography import x509
    from cryptography.x509 import verification

    with open(DEFAULT_CA_BUNDLE_PATH, encoding="utf-8") as file:
        found = _PEM.findall(file.read())
    return verification.Store(list(_readable(found, lambda pem: x509.load_pem_x509_certificate(pem.encode()))))


def _readable(pems: Sequence[str], load: Callable[[str], Certificate]) -> Sequence[Certificate]:
    """Some old roots have forms that the library warns of and will refuse: these are left out, and nothing else."""
    kept = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for pem in pems:
            try:
                kept.append(load(pem))
            except (ValueError, Warning):
                continue
    return kept
