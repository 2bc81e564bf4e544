"""PayPal's signature of a notice: RSA PKCS#1 v1.5 with SHA-256 over three headers' texts and the body's CRC-32. Pure.

Source: PayPal, Integrate webhooks: ``transmission id|time|webhook id|CRC-32 of the body as it came, in decimal``.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # an extra
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

ALGORITHM = "SHA256withRSA"
PREFIX = "paypal-"
NAMES = ("transmission-id", "transmission-time", "transmission-sig", "cert-url", "auth-algo")
LONGEST = 500  # characters of each, by the description of PayPal's own check (verify-webhook-signature)


@dataclass(frozen=True, slots=True)
class Signature:
    """What the headers say; nothing of it is proven."""

    transmission_id: str
    time: str
    value: str
    certificate_url: str
    algorithm: str

    @property
    def is_of_paypals_kind(self) -> bool:
        return self.algorithm == ALGORITHM

    def fits(self, key: RSAPublicKey, webhook_id: str, body: bytes) -> bool:
        """Whether this key signed this body for this webhook. Total."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        text = f"{self.transmission_id}|{self.time}|{webhook_id}|{zlib.crc32(body)}"
        try:
            given = base64.b64decode(self.value, validate=True)
            key.verify(given, text.encode(), padding.PKCS1v15(), hashes.SHA256())
        except (binascii.Error, ValueError, InvalidSignature):
            return False
        return True


def find(headers: Mapping[str, str]) -> Signature | None:
    """The signature that came with a message; ``None``: none did, or not all of it. Names are in lower case."""
    found = [headers.get(PREFIX + name, "") for name in NAMES]
    return Signature(*found) if all(0 < len(value) <= LONGEST for value in found) else None
