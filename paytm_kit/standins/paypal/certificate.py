"""The key and the certificates that PayPal's stand-in signs notices with: its own, made once, trusted by nobody else.

Needs the package ``cryptography`` (extra ``paypal``); it is imported when the first notice is signed.
"""

from __future__ import annotations

import base64
import threading
import zlib
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

from paytm_kit.simulator import database
from paytm_kit.standins.models import Party
from paytm_kit.standins.parties import PAYPAL

INSTALL = "Notices of PayPal's stand-in need one more package: pip install paytm-kit[paypal]"
# The name that PayPal's certificates carry, so that a merchant's check of the name is put to the proof, too. Its issuer
# says what it is, and no system trusts it.
NAME = "messageverificationcerts.paypal.com"
ISSUER = "Stand-in of paytm-kit, not PayPal"
LIFE = timedelta(days=730)
ALGORITHM = "SHA256withRSA"

_making = threading.Lock()


def _tools() -> SimpleNamespace:
    try:
        from cryptography import x509
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    except ImportError as error:
        raise ImportError(INSTALL) from error
    return SimpleNamespace(
        x509=x509, InvalidSignature=InvalidSignature, hashes=hashes, serialization=serialization, ec=ec,
        padding=padding, rsa=rsa,
    )  # fmt: skip


def signed_text(transmission_id: str, at: str, webhook_id: str, body: bytes) -> bytes:
    """What is signed: three texts and the CRC-32 of the raw body in decimal, joined by ``|``."""
    return f"{transmission_id}|{at}|{webhook_id}|{zlib.crc32(body)}".encode()


def sign(text: bytes) -> str:
    """RSA PKCS#1 v1.5 with SHA-256, base64. Raises ImportError with what to install."""
    tools = _tools()
    key = tools.serialization.load_pem_private_key(_signer()["key"].encode(), None)
    return base64.b64encode(key.sign(text, tools.padding.PKCS1v15(), tools.hashes.SHA256())).decode()


def verifies(text: bytes, signature: str) -> bool:
    """Whether our own certificate's key made this signature."""
    tools = _tools()
    certificate = tools.x509.load_pem_x509_certificate(_signer()["certificates"].encode())
    try:
        raw = base64.b64decode(signature, validate=True)
        certificate.public_key().verify(raw, text, tools.padding.PKCS1v15(), tools.hashes.SHA256())
    except (ValueError, tools.InvalidSignature):
        return False
    return True


def name() -> str:
    """The certificate's own part of its address."""
    return str(_signer()["name"])


def pem() -> str:
    """The certificate, and behind it the one that issued it."""
    return str(_signer()["certificates"])


def _signer() -> dict[str, Any]:
    """Made when it is first needed, and kept with the party: every process signs with the same."""
    party = Party.objects.get(gateway=PAYPAL)
    if party.signer:
        return dict(party.signer)
    made = _made()
    with database.atomic():
        party = Party.objects.select_for_update().get(pk=party.pk)
        if not party.signer:
            party.signer = made
            party.save(update_fields=["signer"])
    return dict(party.signer)


def _made() -> dict[str, str]:
    """One for each process at most, whatever books it opens: making it takes longer than anything else here."""
    with _making:
        return _made_once()


@cache
def _made_once() -> dict[str, str]:
    tools = _tools()
    authority = tools.ec.generate_private_key(tools.ec.SECP256R1())
    own = tools.rsa.generate_private_key(public_exponent=65537, key_size=2048)
    root = _certificate(tools, ISSUER, ISSUER, authority.public_key(), authority, authority=True)
    leaf = _certificate(tools, NAME, ISSUER, own.public_key(), authority, authority=False)
    encoding = tools.serialization.Encoding.PEM
    key = own.private_bytes(
        encoding, tools.serialization.PrivateFormat.PKCS8, tools.serialization.NoEncryption()
    ).decode()
    chain = "".join(one.public_bytes(encoding).decode() for one in (leaf, root))
    return {
        "key": key,
        "certificates": chain,
        "name": f"CERT-standin-{leaf.fingerprint(tools.hashes.SHA256()).hex()[:16]}",
    }


def _certificate(
    tools: SimpleNamespace, subject: str, issuer: str, public_key: Any, signing_key: Any, *, authority: bool
) -> Any:
    x509, now = tools.x509, datetime.now(UTC)

    def named(common: str) -> Any:
        unit = x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, ISSUER)
        return x509.Name([unit, x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named(issuer))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFE)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False)
        .add_extension(_usage(x509, authority=authority), critical=True)
    )
    if not authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(subject)]), critical=False)
    return builder.sign(signing_key, tools.hashes.SHA256())


def _usage(x509: Any, *, authority: bool) -> Any:
    off = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **off)
