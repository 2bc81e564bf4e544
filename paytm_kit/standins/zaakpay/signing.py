"""Zaakpay's checksum, written from its description without a look at the kit's: HMAC-SHA256 in lower-case hex. Pure.

Source: developer.zaakpay.com, Checksum Calculation and Redirect Flow; its published Node and PHP kits agree.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

# What is signed of a request, in ASCII order of the names, which is the documented order for these.
_OF_REQUEST = sorted(
    "amount bankid buyerAddress buyerCity buyerCountry buyerEmail buyerFirstName buyerLastName buyerPhoneNumber "
    "buyerPincode buyerState currency debitorcredit merchantIdentifier merchantIpAddress mode orderId "
    "product1Description product2Description product3Description product4Description productDescription productInfo "
    "purpose returnUrl shipToAddress shipToCity shipToCountry shipToFirstname shipToLastname shipToPhoneNumber "
    "shipToPincode shipToState showMobile txnDate txnType zpPayOption".split()
)
# What is signed of the form that goes back: productDescription before its numbered sisters, pgTransId at the end.
OF_RETURN = (
    "amount", "bank", "bankid", "cardId", "cardScheme", "cardToken", "cardhashid", "doRedirect", "orderId",
    "paymentMethod", "paymentMode", "responseCode", "responseDescription", "productDescription",
    "product1Description", "product2Description", "product3Description", "product4Description", "pgTransId",
    "pgTransTime",
)  # fmt: skip


def of_text(text: str, key: str) -> str:
    """64 lower-case hex digits over the exact text."""
    return hmac.new(key.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def request_text(form: Mapping[str, str]) -> str:
    """Every known name that has a value; a value of ``0`` counts as one, as in the Node kit."""
    return "".join(f"{name}={form[name]}&" for name in _OF_REQUEST if form.get(name))


def return_text(form: Mapping[str, str]) -> str:
    """Every known name that is there, its value empty or not."""
    return "".join(f"{name}={form[name]}&" for name in OF_RETURN if name in form)


def fits(text: str, checksum: str, key: str) -> bool:
    """Whether the checksum is this text's. Upper-case hex is not."""
    return hmac.compare_digest(of_text(text, key).encode(), checksum.encode("utf-8", "surrogatepass"))
