"""A certificate that nobody vouches for, made anew for each test: no key lies in the repository."""

from __future__ import annotations

import ssl
from pathlib import Path

from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC
from Crypto.Signature import DSS
from Crypto.Util.asn1 import DerBitString, DerInteger, DerObject, DerObjectId, DerSequence, DerSetOf

ECDSA_WITH_SHA256, COMMON_NAME = "1.2.840.10045.4.3.2", "2.5.4.3"
UTC_TIME, UTF8_STRING = 0x17, 0x0C


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's TLS context with a fresh self-signed certificate for 127.0.0.1."""
    key = ECC.generate(curve="P-256")
    algorithm = DerSequence([DerObjectId(ECDSA_WITH_SHA256).encode()]).encode()
    common_name = DerSequence([DerObjectId(COMMON_NAME).encode(), DerObject(UTF8_STRING, b"127.0.0.1").encode()])
    name = DerSequence([DerSetOf([common_name.encode()]).encode()]).encode()
    validity = DerSequence([DerObject(UTC_TIME, year + b"0101000000Z").encode() for year in (b"20", b"49")]).encode()
    public = key.public_key().export_key(format="DER")
    content = DerSequence([DerInteger(1).encode(), algorithm, name, validity, name, public]).encode()
    signature = DSS.new(key, "fips-186-3", encoding="der").sign(SHA256.new(content))
    certificate = DerSequence([content, algorithm, DerBitString(signature).encode()]).encode()
    pem = folder / "server.pem"
    pem.write_text(ssl.DER_cert_to_PEM_cert(certificate) + key.export_key(format="PEM"), encoding="ascii")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
