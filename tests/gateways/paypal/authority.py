"""A public authority for tests: certificates as PayPal's, made here by the cryptography library alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

NAME = "messageverificationcerts.sandbox.paypal.com"
DAY = timedelta(days=1)

Signer = ec.EllipticCurvePrivateKey


@lru_cache
def key(whose: str = "PayPal") -> rsa.RSAPrivateKey:
    """An RSA key for each name: making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@lru_cache
def root(name: str = "Public Root of the Tests") -> tuple[Signer, x509.Certificate]:
    own = ec.generate_private_key(ec.SECP256R1())
    return own, _certificate(name, own.public_key(), name, own, authority=True)


@lru_cache
def issuer() -> tuple[Signer, x509.Certificate]:
    """Stands between the root and PayPal, as the real ones do."""
    own = ec.generate_private_key(ec.SECP256R1())
    signer, authority = root()
    name = authority.subject.rfc4514_string().removeprefix("CN=")
    return own, _certificate("Issuing CA of the Tests", own.public_key(), name, signer, authority=True)


def chain(whose: str = "PayPal", name: str = NAME, *, since: datetime | None = None, days: float = 60) -> str:
    """PEM of a certificate over ``key(whose)``, and of the one that issued it."""
    signer, authority = issuer()
    issued_by = authority.subject.rfc4514_string().removeprefix("CN=")
    own = key(whose).public_key()
    leaf = _certificate(name, own, issued_by, signer, since=since, days=days)
    return pem(leaf) + pem(authority)


def self_signed(whose: str = "PayPal", name: str = NAME, *, since: datetime | None = None, days: float = 60) -> str:
    own = key(whose)
    return pem(_certificate(name, own.public_key(), name, own, since=since, days=days))


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _certificate(
    name: str,
    public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    issued_by: str,
    signer: Signer | rsa.RSAPrivateKey,
    *,
    authority: bool = False,
    since: datetime | None = None,
    days: float = 60,
) -> x509.Certificate:
    begins = since or datetime.now(UTC) - DAY
    off = dict.fromkeys(
        "content_commitment key_encipherment data_encipherment key_agreement encipher_only decipher_only".split(), False
    )
    usage = x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **off)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issued_by))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + days * DAY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if not authority:
        server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        builder = builder.add_extension(names, critical=False).add_extension(server, critical=False)
    return builder.sign(signer, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
