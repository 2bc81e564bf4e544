"""A signature taken apart, step by step, for people who learn how it is made or look for what is wrong with one. Pure.

Nothing here decides: ``verify`` does. The key is used and never part of what comes out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from paytm_kit.checksum.scheme import (
    HASH_LENGTH,
    SALT_LENGTH,
    Keys,
    Payload,
    decode_signature,
    form_values,
    is_seal_of,
    key_list,
    signed_text,
    unseal,
)

_HASH = re.compile(rb"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Stages:
    """From the payload to the signature. Texts may hold people's data: mask ``text`` before it is shown to others.

    ``text``        what is signed: the JSON text, or a form's values joined by pipes
    ``names``       of a form: its fields in the order of signing; of JSON: none
    ``salt``        the four characters inside the signature; "" when no key opens it
    ``hash``        SHA-256 of "text|salt", 64 hexadecimal digits, as it has to be; "" without a salt
    ``hash_inside`` the one inside the signature, as it is; "" when no key opens it
    ``fits``        whether the signature was made for this very text, as ``verify`` says
    """

    text: str = field(repr=False)
    names: tuple[str, ...] = ()
    salt: str = ""
    hash: str = ""
    hash_inside: str = ""
    fits: bool = False


def stages(payload: Payload, signature: str | None, key: Keys) -> Stages:
    """The stages of ``signature`` over ``payload``, opened with ``key`` (of several, with the one that opens it).

    A signature that is missing, spoilt or of another key leaves salt and hashes empty. Raises TypeError and ValueError
    for a payload that cannot be signed, and MerchantKeyError for an unusable key, as ``sign`` does.
    """
    keys = key_list(key)
    text = signed_text(payload)
    names = tuple(form_values(payload)) if isinstance(payload, Mapping) else ()
    shown = text.decode()
    sealed = decode_signature(signature)
    opened = [unseal(sealed, one) for one in keys] if sealed is not None else []
    plain = next((one for one in opened if _HASH.fullmatch(one[:HASH_LENGTH])), None)
    if plain is None:
        return Stages(shown, names)
    salt = plain[HASH_LENGTH : HASH_LENGTH + SALT_LENGTH]
    return Stages(
        text=shown,
        names=names,
        salt=salt.decode("ascii", "backslashreplace"),
        hash=hashlib.sha256(b"%b|%b" % (text, salt)).hexdigest(),
        hash_inside=plain[:HASH_LENGTH].decode("ascii"),
        fits=is_seal_of(text, plain),
    )
