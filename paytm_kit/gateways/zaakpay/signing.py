"""Zaakpay's checksum: HMAC-SHA256 in lower-case hex, over named values in a fixed order or over an exact text. Pure.

Sources: developer.zaakpay.com, Checksum Calculation and Redirect Flow; the order of the fields and what becomes of
empty ones as in Zaakpay's published Node and PHP kits (deep-mob, V8), which agree as long as no value is the text "0".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping

# Only these are signed, in this order; of a request those that are present and not empty.
REQUEST_ORDER = tuple(
    """
    amount bankid buyerAddress buyerCity buyerCountry buyerEmail buyerFirstName buyerLastName buyerPhoneNumber
    buyerPincode buyerState currency debitorcredit merchantIdentifier merchantIpAddress mode orderId
    product1Description product2Description product3Description product4Description productDescription productInfo
    purpose returnUrl shipToAddress shipToCity shipToCountry shipToFirstname shipToLastname shipToPhoneNumber
    shipToPincode shipToState showMobile txnDate txnType zpPayOption
    """.split()
)
# Of the answer that comes with the browser: those that are present, empty or not. The order is not the alphabet's.
RETURN_ORDER = tuple(
    """
    amount bank bankid cardId cardScheme cardToken cardhashid doRedirect orderId paymentMethod paymentMode responseCode
    responseDescription productDescription product1Description product2Description product3Description
    product4Description pgTransId pgTransTime
    """.split()
)


def request_text(fields: Mapping[str, str]) -> str:
    """What is signed of a request: ``name=value&`` for each, the last one's ``&`` included, nothing escaped."""
    return "".join(f"{name}={fields[name]}&" for name in REQUEST_ORDER if fields.get(name))


def return_text(fields: Mapping[str, str]) -> str:
    """What is signed of the answer that the browser brings."""
    return "".join(f"{name}={fields[name]}&" for name in RETURN_ORDER if name in fields)


def sign(text: str, key: str) -> str:
    """64 hex digits. Raises UnicodeEncodeError for a text that is not Unicode (a lone surrogate)."""
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def matches(text: str, signature: str, keys: Iterable[str]) -> bool:
    """Whether one of the keys made this signature. Total and constant-time; upper-case hex is refused, as kits do."""
    try:
        given = signature.encode()
        made = [sign(text, key).encode() for key in keys]
    except UnicodeEncodeError:
        return False
    return sum(hmac.compare_digest(one, given) for one in made) > 0  # every key is tried: time tells nothing
