"""What may be stored or logged of a message: an allow-list by field name; contacts masked, all else dropped.

Card rules: at most the last four digits and the bank's name survive (RBI/2021-22/96, card-on-file tokenisation);
anything that looks like a card number is masked wherever it stands (PCI DSS 4.0.1, requirement 3.4).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

DROPPED = "[dropped]"
LONGEST = 16_000  # characters of a stored body
LONGEST_VALUE = 500

# Names are compared in lower case with "_" removed, so that ORDERID, orderId and ORDER_ID are one.
KEPT = frozenset(
    """
    body head resultinfo resultstatus resultcode resultmsg txnamount value currency userinfo txninfo
    mid orderid txnid banktxnid txntype status respcode respmsg txndate txndatetime banktxndate
    amount refundamt refundid refid gatewayname gatewayinfo bankname paymentmode requesttype websitename website
    callbackurl custid channelid industrytypeid version requesttimestamp responsetimestamp clientid
    cardscheme lastfourdigit cardlastnums mercunqref merchantuniquereference txnamt payableamount
    authenticated ispromocodevalid rrncode arncode arnavailable isredirect retry bankretry errordetails code errorcode
    promostatus promorespcode promocampid subsid subscriptionid extraparamsmap feeratefactors
    """.split()
)
SHORTENED = frozenset({"checksumhash", "signature", "checksum", "txntoken", "token", "ssotoken", "paytmssotoken"})
CONTACTS = frozenset(
    {"email", "mobile", "mobileno", "mobilenumber", "maskedcustomermobilenumber", "payeraccount", "vpa"}
)

_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


def one_line(text: str, limit: int = LONGEST_VALUE) -> str:
    """Text that cannot forge a log line: no control characters, bounded length."""
    return _CONTROL.sub(" ", text)[:limit]


def mask_contact(value: str) -> str:
    """``asha@example.com`` → ``a***@example.com``; ``9876543210`` → ``******3210``."""
    if not value:
        return ""
    if "@" in value:
        name, _, domain = value.partition("@")
        return f"{name[:1]}***@{domain}"
    return "******" + value[-4:] if len(value) > 4 else "******"


def mask_cards(text: str) -> str:
    """Masks every run of 13 to 19 digits that passes the Luhn test, keeping the last four."""

    def mask(match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match[0])
        return f"[card ****{digits[-4:]}]" if _luhn(digits) else match[0]

    return _CARD.sub(mask, text)


def holds_card(text: str) -> bool:
    """Whether some run of digits in the text could be a card number."""
    return mask_cards(text) != text


def redact_value(name: str, value: str) -> str:
    """One field as it may be stored."""
    key = name.replace("_", "").lower()
    if key in SHORTENED:
        return f"[{len(value)} characters]" if value else ""
    if key in CONTACTS:
        return mask_contact(one_line(value))
    if key in KEPT:
        return mask_cards(one_line(value))
    return DROPPED


def redact(value: Any, name: str = "body") -> Any:
    """A parsed JSON value as it may be stored; unknown names keep their name and lose their value."""
    if isinstance(value, Mapping):
        allowed = name.replace("_", "").lower() in KEPT
        return {
            mask_cards(one_line(str(key), 60)): redact(item, str(key)) if allowed else DROPPED
            for key, item in list(value.items())[:100]
        }
    if isinstance(value, list):
        return [redact(item, name) for item in value[:20]]
    if value is None or isinstance(value, bool):
        return value
    return redact_value(name, str(value))


def redact_body(body: bytes | str, content_type: str) -> str:
    """A request or response body as it may be stored: JSON text, or a sentence when it cannot be read."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    if not text:
        return ""
    if "form" in content_type:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=None)[:100]
        shown: Any = [[mask_cards(one_line(name, 60)), redact_value(name, value)] for name, value in pairs]
        if len({name for name, _ in shown}) == len(shown):
            shown = dict(shown)
    else:
        try:
            shown = redact(json.loads(text))
        except (ValueError, RecursionError):
            return f"[{len(text)} characters that are not JSON]"
    return json.dumps(shown, ensure_ascii=False)[:LONGEST]


def _luhn(digits: str) -> bool:
    total = sum(int(d) for d in digits[-1::-2])
    return (total + sum(sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])) % 10 == 0
