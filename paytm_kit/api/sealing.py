"""Keyed hashes and seals: what the API remembers of a request is of no use to whoever reads the table.

Keyed with SECRET_KEY; SECRET_KEY_FALLBACKS still find and open what an earlier key made. The seal is AES-256-GCM
(NIST SP 800-38D) under a key that also depends on the caller's Idempotency-Key, which is kept nowhere.
"""

from __future__ import annotations

import secrets

from Crypto.Cipher import AES
from django.conf import settings
from django.utils.crypto import salted_hmac

NONCE, TAG = 12, 16  # bytes


def hashes(purpose: str, text: str) -> list[str]:
    """64 hex digits for each secret, the present one first."""
    return [_hmac(purpose, text, secret).hexdigest() for secret in _secrets()]


def seal(text: str, key: str) -> bytes:
    """Nonce, tag and what was encrypted."""
    nonce = secrets.token_bytes(NONCE)
    sealed, tag = _cipher(key, settings.SECRET_KEY, nonce).encrypt_and_digest(text.encode())
    return nonce + tag + sealed


def unseal(sealed: bytes, key: str) -> str:
    """Raises ValueError when no secret opens it, or it was changed."""
    nonce, tag, rest = sealed[:NONCE], sealed[NONCE : NONCE + TAG], sealed[NONCE + TAG :]
    for secret in _secrets():
        try:
            return _cipher(key, secret, nonce).decrypt_and_verify(rest, tag).decode()
        except ValueError:
            continue
    raise ValueError("No secret opens it.")


def _secrets() -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _cipher(key: str, secret: str, nonce: bytes) -> AES._mode_gcm.GcmMode:  # type: ignore[name-defined]
    return AES.new(_hmac("seal", key, secret).digest(), AES.MODE_GCM, nonce=nonce, mac_len=TAG)


def _hmac(purpose: str, text: str, secret: str):  # type: ignore[no-untyped-def]
    return salted_hmac(f"paytm_kit.api.{purpose}", text, secret=secret, algorithm="sha256")
