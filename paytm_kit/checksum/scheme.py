"""The signature scheme itself: which bytes are signed, how they are sealed, when a seal is good.

A signature is Base64(AES-CBC(SHA-256 hex of "payload|salt" + salt)): always 80 bytes, 108 characters. The scheme and
the rules for form fields are those of Paytm's own checksum libraries (Paytm_Python_Checksum, Paytm_PHP_Checksum,
Paytm_JAVA_Checksum); where those disagree with each other, the comment at the rule says whom we follow.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping

from Crypto.Cipher import AES

Payload = Mapping[str, str | None] | str | bytes
Keys = str | list[str] | tuple[str, ...]

CHECKSUM_FIELD = "CHECKSUMHASH"
KEY_LENGTHS = (16, 24, 32)  # bytes: AES-128, -192, -256; Paytm issues 16
SEALED_LENGTH = 80  # bytes: five AES blocks
SIGNATURE_LENGTH = 108  # characters: those in Base64
HASH_LENGTH = 64  # hexadecimal digits
SALT_LENGTH = 4  # bytes
PADDING = b"\x0c" * 12  # PKCS#7: hash and salt are 68 bytes, so 12 are missing to five blocks

_IV = b"@@@@&&&&####$$$$"


class MerchantKeyError(ValueError):
    """A merchant key that cannot be one. The text says what is wrong with it and never shows it."""


def sign(payload: Payload, key: str, *, salt: str | bytes | None = None) -> str:
    """The signature of ``payload``: 108 characters of Base64, different at every call because of the salt.

    ``payload``  form fields as a mapping of names to text, or the exact JSON text that will be sent
    ``key``      the merchant key: 16, 24 or 32 bytes of UTF-8
    ``salt``     4 bytes, for tests and known answers only; otherwise fresh from ``secrets``

    In a form CHECKSUMHASH is left out, and ``None`` and "null" in any case are signed as empty text.
    Raises MerchantKeyError (a ValueError) for an unusable key, TypeError for a value that is not text, ValueError for
    a repeated field, text that UTF-8 cannot hold, or a salt of another length.
    """
    (key_bytes,) = key_list([key])
    text = signed_text(payload)
    # token_urlsafe(3) is four characters, of the alphabet that Paytm_Ruby_Checksum draws its salts from
    salt_bytes = _bytes(secrets.token_urlsafe(3) if salt is None else salt)
    if len(salt_bytes) != SALT_LENGTH:
        raise ValueError(f"A salt has {SALT_LENGTH} bytes, this one has {len(salt_bytes)}.")
    sealed = AES.new(key_bytes, AES.MODE_CBC, _IV).encrypt(seal(text, salt_bytes))
    return base64.b64encode(sealed).decode("ascii")


def verify(payload: Payload, signature: str | None, key: Keys) -> bool:
    """Whether ``signature`` was made for ``payload`` with ``key`` or, during a rotation, with any of several keys.

    Total on data: any payload or signature gives an answer, never an exception, and nothing is changed. Strict: exact
    length, alphabet, Base64 padding bits, PKCS#7 padding and hash, so that a signature has one spelling only. Every
    key is tried and compared in constant time. Raises MerchantKeyError for an unusable key, whatever the data: a
    wrong configuration must not look like a forged message.

    The scheme does not sign field names: ``{"A": "x|y"}`` and ``{"A": "x", "B": "y"}`` have the same signature.
    """
    keys = key_list(key)
    sealed = decode_signature(signature)
    if sealed is None:
        return False
    try:
        text = signed_text(payload)
    except (TypeError, ValueError):
        return False
    found = [is_seal_of(text, unseal(sealed, key_bytes)) for key_bytes in keys]
    return any(found)


def signed_text(payload: Payload) -> bytes:
    """The bytes that are signed. Raises TypeError and ValueError as ``sign`` does."""
    if isinstance(payload, Mapping):
        return _bytes("|".join(form_values(payload).values()))
    if isinstance(payload, str):
        return _bytes(payload)
    if isinstance(payload, bytes):
        try:
            payload.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"The JSON text is not UTF-8: byte {error.start} cannot be read.") from None
        return payload
    raise TypeError(f"A payload is a mapping of form fields or JSON text, not {type(payload).__name__}.")


def form_values(form: Mapping[str, str | None]) -> dict[str, str]:
    """The signed fields in the order of signing, values as signed. Raises TypeError, ValueError naming the field.

    Names sort by code point, as in Python, Ruby and (byte order) PHP; Node puts integer-like names first.
    """
    getlist = getattr(form, "getlist", None)  # Django's QueryDict and its like: one name may have several values
    for name in form:
        if not isinstance(name, str):
            raise TypeError(f"A field's name is {type(name).__name__}; names of form fields are text.")
    values: dict[str, str] = {}
    for name in sorted(form):
        if getlist is not None and (count := len(getlist(name))) != 1:
            raise ValueError(f"Field {shown(name)} has {count} values; a signed field has exactly one.")
        if name == CHECKSUM_FIELD:
            continue
        value = form[name]
        if value is None:
            value = ""
        elif not isinstance(value, str):
            raise TypeError(
                f"Field {shown(name)} is {type(value).__name__}, not text. Pass exactly the text that is sent, "
                'such as "10.00": how a number or list would be spelt is not for the checksum to guess.'
            )
        # Python, PHP and Java sign the word as empty text; Node, Ruby and .NET keep it.
        values[name] = "" if len(value) == 4 and value.lower() == "null" else value
    return values


def key_list(key: Keys) -> list[bytes]:
    """The keys as bytes. Raises MerchantKeyError if there is none or one cannot be a merchant key."""
    keys = key if isinstance(key, list | tuple) else [key]
    if not keys:
        raise MerchantKeyError("There is no merchant key: give one as text, or several as a list or tuple.")
    if len(keys) == 1:
        return [_key_bytes(keys[0], "The merchant key")]
    return [_key_bytes(one, f"Merchant key {n} of {len(keys)}") for n, one in enumerate(keys, start=1)]


def decode_signature(signature: object) -> bytes | None:
    """The 80 bytes behind a signature, or ``None`` if it is not the one right spelling of 80 bytes."""
    if not isinstance(signature, str) or len(signature) != SIGNATURE_LENGTH:
        return None
    try:
        sealed = base64.b64decode(signature, validate=True)
    except ValueError:
        return None
    # 79 and 81 bytes have 108 characters too, and only encoding again shows bits that decoding drops. Nothing secret
    # is compared here.
    canonical = len(sealed) == SEALED_LENGTH and base64.b64encode(sealed).decode("ascii") == signature
    return sealed if canonical else None


def seal(text: bytes, salt: bytes) -> bytes:
    """What is encrypted: hash, salt and padding."""
    return hashlib.sha256(b"%b|%b" % (text, salt)).hexdigest().encode("ascii") + salt + PADDING


def unseal(sealed: bytes, key: bytes) -> bytes:
    """What was encrypted, if the key is right; otherwise noise."""
    return bytes(AES.new(key, AES.MODE_CBC, _IV).decrypt(sealed))


def is_seal_of(text: bytes, plain: bytes) -> bool:
    """Whether the unsealed bytes are the seal of ``text``: hash, salt and padding in one constant-time comparison."""
    return hmac.compare_digest(plain, seal(text, plain[HASH_LENGTH : HASH_LENGTH + SALT_LENGTH]))


def shown(name: str) -> str:
    """A field's name as an error may show it: quoted, escaped, bounded."""
    return ascii(name if len(name) <= 40 else name[:40] + "…")


def _bytes(text: str | bytes) -> bytes:
    if isinstance(text, bytes):
        return text
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("The text holds a lone surrogate, which UTF-8 cannot hold, so it cannot be sent.") from None


def _key_bytes(key: object, label: str) -> bytes:
    if not isinstance(key, str):
        raise MerchantKeyError(f"{label} is {type(key).__name__}; a merchant key is text.")
    try:
        found = key.encode("utf-8")
    except UnicodeEncodeError:
        raise MerchantKeyError(f"{label} is not valid UTF-8 text; copy it again from the dashboard.") from None
    if len(found) not in KEY_LENGTHS:
        raise MerchantKeyError(
            f"{label} has {len(found)} bytes; Paytm issues 16 (24 and 32 work too).{_look_of(key)} Look where it is "
            "set: an unquoted '#' cuts it off in many env files, quotes or a trailing newline may have become part of "
            "it, '&' or '%' may have been escaped."
        )
    return found


def _look_of(key: str) -> str:
    """What can be said of a key without showing any of it."""
    inner = key.strip()
    signs = (
        (not key, "it is empty"),
        (key != inner, "it begins or ends with white space"),
        (len(inner) > 1 and inner[0] == inner[-1] and inner[0] in "'\"`", "it stands in quotes"),
        (not key.isascii(), "it holds characters outside ASCII"),
    )
    found = [sign for applies, sign in signs if applies]
    return f" Seen: {', '.join(found)}." if found else ""
