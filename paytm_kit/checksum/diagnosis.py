"""Why a signature does not match: first the signature's own spelling, then the key, then the payload."""

from __future__ import annotations

import hmac
import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from paytm_kit.checksum.form_guesses import form_guesses
from paytm_kit.checksum.json_guesses import is_cut_off, json_guesses
from paytm_kit.checksum.reasons import TEXTS, Reason
from paytm_kit.checksum.rewrites import Guess
from paytm_kit.checksum.scheme import (
    HASH_LENGTH,
    PADDING,
    SALT_LENGTH,
    SIGNATURE_LENGTH,
    Keys,
    MerchantKeyError,
    Payload,
    decode_signature,
    is_seal_of,
    key_list,
    seal,
    shown,
    signed_text,
    unseal,
)

LARGEST_PAYLOAD = 64 * 1024  # bytes; larger ones are not searched
SEARCH_BUDGET = 16 * 1024 * 1024  # bytes hashed in one search: a fraction of a second


@dataclass(frozen=True, slots=True)
class Explanation:
    """What ``explain`` found. Holds no key, hash, salt or value; names of fields only.

    ``matches``     what ``verify`` says
    ``reason``      a stable short code
    ``text``        one paragraph: the finding and what to do
    ``fields``      names of the fields concerned, if known
    ``key_number``  which of the keys decrypts the signature, from 1; ``None`` if none does or it was not found out
    """

    matches: bool
    reason: Reason
    text: str
    fields: tuple[str, ...] = ()
    key_number: int | None = None


def explain(payload: Payload, signature: str | None, key: Keys) -> Explanation:
    """Says why ``signature`` does or does not match: arguments as for ``verify``.

    The signature is encrypted, not hashed, with the key: so a key can be told wrong from right without the payload,
    and with the right key many texts can be tried against the signed hash. A tool for developers, bounded to a
    fraction of a second; keep it out of request handling. Raises MerchantKeyError for an unusable key, unless the
    signature shows how to mend it.
    """
    sealed = decode_signature(signature)
    if sealed is None:
        return _misspelt(payload, signature, key)
    opened = _open(sealed, key if isinstance(key, list | tuple) else [key])
    if opened is None:
        key_list(key)
        return _finding(Reason.WRONG_KEY)
    if opened.mend is not None:
        rest = explain(payload, signature, opened.key)
        return _finding(opened.mend, then=rest, number=opened.number)
    key_list(key)
    return _compare(payload, opened)


def _finding(
    reason: Reason,
    *,
    fields: tuple[str, ...] = (),
    detail: str = "",
    number: int | None = None,
    then: Explanation | None = None,
) -> Explanation:
    names = _names(fields)
    text = TEXTS[reason].format(
        fields=names, in_fields=f" in {names}" if fields else "", detail=detail, number=number or 1
    )
    if then is not None:
        text += " With that put right it matches." if then.matches else f" With that put right: {then.text}"
    matches = reason in (Reason.MATCHES, Reason.OLDER_KEY)
    return Explanation(matches, reason, text, fields, number)


def _names(fields: tuple[str, ...]) -> str:
    listed = ", ".join(shown(name) for name in fields[:8])
    return listed + (f" and {len(fields) - 8} more" if len(fields) > 8 else "")


# ---- the signature's spelling


# What was done to the signature on its way, and how to undo it.
_REPAIRS: tuple[tuple[Reason, Callable[[str], str]], ...] = (
    (Reason.SIGNATURE_WRAPPED, lambda text: re.sub(r"[\r\n\t]", "", text).strip(" '\"")),
    (Reason.SIGNATURE_PLUS_LOST, lambda text: text.replace(" ", "+")),
    (Reason.SIGNATURE_URL_ENCODED, unquote),
    (Reason.SIGNATURE_HTML_ESCAPED, html.unescape),
    (Reason.SIGNATURE_URL_SAFE, lambda text: text.replace("-", "+").replace("_", "/")),
    (Reason.SIGNATURE_TRUNCATED, lambda text: text + "=" if not text.endswith("=") else text),
    (Reason.SIGNATURE_NOT_CANONICAL, lambda text: _last_bits_cleared(text)),
    (Reason.SIGNATURE_TOO_LONG, lambda text: text[:SIGNATURE_LENGTH]),
)


def _last_bits_cleared(text: str) -> str:
    """80 bytes leave four bits in the last character; all but every fourth character of the alphabet misuse them."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    place = alphabet.find(text[-2:-1])
    return f"{text[:-2]}{alphabet[place - place % 4]}=" if place >= 0 and text.endswith("=") else text


def _misspelt(payload: Payload, signature: object, key: Keys) -> Explanation:
    given = signature if isinstance(signature, str) and len(signature) <= 10 * SIGNATURE_LENGTH else ""
    for reason, repair in _REPAIRS if given else ():
        repaired = repair(given)
        if decode_signature(repaired) is not None:
            return _finding(reason, detail=str(len(given)), then=explain(payload, repaired, key))
    key_list(key)
    if signature is None or signature == "":
        return _finding(Reason.SIGNATURE_MISSING)
    looks_like_one = re.fullmatch(r"[A-Za-z0-9+/]{20,}={0,2}", given) and not re.fullmatch(r"[0-9a-fA-F]+", given)
    if not looks_like_one or len(given) == SIGNATURE_LENGTH:  # hexadecimal digits are another scheme's signature
        return _finding(Reason.SIGNATURE_MALFORMED)
    short = len(given) < SIGNATURE_LENGTH
    return _finding(Reason.SIGNATURE_TRUNCATED if short else Reason.SIGNATURE_TOO_LONG, detail=str(len(given)))


# ---- the key


@dataclass(frozen=True, slots=True)
class _Opened:
    """The key that decrypts a signature, what came out, and how the key had to be mended for it."""

    number: int
    key: str = field(repr=False)
    plain: bytes = field(repr=False)
    mend: Reason | None


def _as_openssl_takes_it(key: str) -> str:
    """Sixteen bytes, whatever the length; entities decoded first, as Paytm_PHP_Checksum does."""
    return html.unescape(key)[:16].ljust(16, "\0")


_MENDS: tuple[tuple[Reason | None, Callable[[str], str]], ...] = (
    (None, lambda key: key),
    (Reason.KEY_WRAPPED, str.strip),
    (Reason.KEY_WRAPPED, lambda key: key.strip().strip("'\"`")),
    (Reason.KEY_HTML_ESCAPED, html.unescape),
    (Reason.KEY_URL_ENCODED, unquote),
    (Reason.KEY_CUT_OR_PADDED, lambda key: key[:16].ljust(16, "\0")),
    (Reason.KEY_CUT_OR_PADDED, _as_openssl_takes_it),
)


def _open(sealed: bytes, keys: Iterable[object]) -> _Opened | None:
    texts = [(number, key) for number, key in enumerate(keys, start=1) if isinstance(key, str)]
    for mend, mended in _MENDS:
        for number, key in texts:
            try:
                (key_bytes,) = key_list(mended(key))
            except MerchantKeyError:
                continue  # this form of the key is not usable either; the caller reports the key as given
            plain = unseal(sealed, key_bytes)
            if _is_recognisable(plain):
                return _Opened(number, mended(key), plain, mend)
    return None


def _is_recognisable(plain: bytes) -> bool:
    """Whether any block reads as part of a hash, even of a damaged one; from a wrong key every block is random."""
    blocks = (plain[start : start + 16] for start in range(0, HASH_LENGTH, 16))
    return any(re.fullmatch(rb"[0-9a-fA-F]{16}", block) for block in blocks)


# ---- the payload


def _compare(payload: Payload, opened: _Opened) -> Explanation:
    number = opened.number
    try:
        text = signed_text(payload)
    except (TypeError, ValueError) as error:
        return _finding(Reason.PAYLOAD_UNUSABLE, detail=str(error), number=number)
    if is_seal_of(text, opened.plain):
        return _finding(Reason.MATCHES if number == 1 else Reason.OLDER_KEY, number=number)
    if not (opened.plain.endswith(PADDING) and re.match(rb"[0-9a-f]{64}", opened.plain)):
        return _finding(Reason.SIGNATURE_DAMAGED, number=number)
    if len(text) > LARGEST_PAYLOAD:
        return _finding(Reason.PAYLOAD_TOO_LARGE, detail=str(len(text)), number=number)
    found = _search(_guesses(payload, text), opened.plain)
    if found is not None:
        return _finding(found.reason, fields=found.fields, detail=found.detail, number=number)
    if not isinstance(payload, Mapping) and is_cut_off(text.decode("utf-8")):
        return _finding(Reason.PAYLOAD_TRUNCATED, number=number)
    return _finding(Reason.PAYLOAD_DIFFERS, number=number)


def _guesses(payload: Payload, text: bytes) -> Iterator[Guess]:
    if isinstance(payload, Mapping):
        return form_guesses(payload)
    return json_guesses(text.decode("utf-8"))


def _search(guesses: Iterator[Guess], plain: bytes) -> Guess | None:
    salt = plain[HASH_LENGTH : HASH_LENGTH + SALT_LENGTH]
    budget = SEARCH_BUDGET
    for guess in guesses:
        if hmac.compare_digest(plain, seal(guess.text, salt)):
            return guess
        budget -= len(guess.text) + 64
        if budget < 0:
            return None
    return None
