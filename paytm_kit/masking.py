"""What may be stored or logged of a message: an allow-list by field name; contacts masked, all else dropped.

Card rules: at most the last four digits and the bank's name survive (RBI/2021-22/96, card-on-file tokenisation);
anything that looks like a card number is masked wherever it stands (PCI DSS 4.0.1, requirement 3.4). Digits glued to
more digits are left alone: Paytm's transaction ids are long runs of digits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

DROPPED = "[dropped]"
LONGEST = 16_000  # characters of a stored body
LONGEST_VALUE = 500
LONGEST_NAME = 60

# What is not named here is dropped, with all that is in it: of PayPal the payer, payment_source, shipping, names,
# addresses and tokens.
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
    refundamount totalrefundamount refundtype refunddetailinfolist paymethod rrn arn source acceptrefundstatus
    txntimestamp merchantrefundrequesttimestamp acceptrefundtimestamp usercreditinitiatestatus
    usercreditinitiatetimestamp usercreditexpecteddate refunddatetime refunddate disputeid disputestatus
    disputeamount disputeduedate disputetype message transactionid transactiondatetime transactionamount
    bankreferenceno extserialno
    orders merchantorderid ordersearchtype ordersearchstatus ordercreatedtime paymode fromdate todate pagenumber
    startdate enddate pagenum pagesize count errormessage
    merchantidentifier success orderdetail createdate paymentinstrument bank txns pgtransid pgtranstime
    responsecode responsedescription doredirect useraccountdebited refunddetails merchantrefid mode updatedesired
    updatereason
    id intent purchaseunits referenceid customid invoiceid currencycode createtime updatetime payments captures refunds
    statusdetails reason links href rel details issue field debugid
    eventtype resourcetype resource supplementarydata relatedids disputedtransactions sellertransactionid custom
    invoicenumber disputeoutcome outcomecode disputelifecyclestage sellerresponseduedate
    object type created livemode paymentstatus clientreferenceid paymentintent paymentintentdata latestcharge charge
    metadata amounttotal amountreceived amountrefunded failurereason pendingreason lastpaymenterror declinecode
    evidencedetails dueby paymentmethoddetails network brand last4 casetype destinationdetails error param
    lineitems pricedata unitamount quantity expiresat limit startingafter gte lte hasmore
    """.split()
)
# Objects that are looked into; as a plain value such a field is dropped.
OBJECTS = frozenset({"card", "data", "payee", "seller"})
# Fields of a form whose value is a JSON text: what is in it is redacted by its own names.
JSON_TEXTS = frozenset({"data", "txndata"})
SHORTENED = frozenset({"checksumhash", "signature", "checksum", "txntoken", "token", "ssotoken", "paytmssotoken"})
CONTACTS = frozenset(
    """
    email mobile mobileno mobilenumber maskedcustomermobilenumber payeraccount vpa customeremail receiptemail
    """.split()
)

# Sentences: what looks like a mobile number in them is one. In an id it may be chance.
TEXTS = frozenset({"respmsg", "resultmsg"})

# Digit groups as people and banks write card numbers: up to two separators between them.
_GROUPS = re.compile(r"\d+(?:[ \u00a0.\u2010-\u2013-]{1,2}\d+)*")
_DIGITS = re.compile(r"\d+")
_SHORTEST_CARD, _LONGEST_CARD = 13, 19
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)  # Luhn: twice the digit, its own digits added
# First digits of payment cards (ISO/IEC 7812): the time in milliseconds and dates begin otherwise.
_ISSUED = re.compile(r"2[2-7]|[3-68]")
# Paytm's timestamps, in milliseconds, until the year 2033. No card of 13 digits begins with a 1.
_EPOCH = re.compile(r"1\d{12}")
# An e-mail or a VPA in a text, from the beginning of its word.
_ADDRESS = re.compile(r"(?<![^\s<>\"'(),:;/?&=])[^\s@<>\"'(),:;/?&=]+@[^\s<>\"'(),:;/?&=]+")
# An Indian mobile number standing on its own (National Numbering Plan: ten digits from 6 to 9).
_MOBILE = re.compile(r"(?<![\w.-])(?:\+91[ -]?)?[6-9]\d{9}(?![\w-])")
# A field's name; in Stripe's forms those around it stand before, as in metadata[order_id].
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*(?:\[[A-Za-z0-9_]*\])*")
# Keys that say of themselves what they are (Stripe's); an error message may repeat one.
_SECRET = re.compile(r"\b(?:(?:sk|rk)_(?:live|test)|whsec)_[!-~]+")
# What could forge a line or turn one around on a terminal (C0, C1, line separators, bidirectional controls), and lone
# surrogates, which no database takes.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def one_line(text: str, limit: int = LONGEST_VALUE) -> str:
    """Text that cannot forge a log line: no control characters, bounded length."""
    return _CONTROL.sub(" ", text)[:limit]


def safe_line(text: str, limit: int = LONGEST_VALUE) -> str:
    """A stranger's text as it may be shown, stored or logged: one line, addresses and card numbers masked, bounded.

    Cut last: a card number that loses a digit at the edge would no longer be seen as one.
    """
    return mask_cards(_mask_contacts(_SECRET.sub("[key]", one_line(text, LONGEST))))[:limit]


def _mask_contacts(text: str) -> str:
    return _MOBILE.sub(lambda match: mask_contact(match[0]), _mask_addresses(text))


def _mask_addresses(text: str) -> str:
    return _ADDRESS.sub(lambda match: mask_contact(match[0]), text)


def mask_contact(value: str) -> str:
    """``asha@example.com`` → ``a***@example.com``; ``9876543210`` → ``******3210``."""
    if not value:
        return ""
    if "@" in value:
        name, _, domain = value.rpartition("@")
        return f"{name[:1]}***@{domain}"
    return "******" + value[-4:] if len(value) > 4 else "******"


def findable(contact: str) -> str:
    """The masked form by which a contact is kept with its payment and found again: one spelling for each.

    ``Asha@Example.com`` → ``a***@example.com``; ``+91 90000 00001`` → ``******0001``. Empty for what is neither an
    address nor at least eight digits.
    """
    contact = one_line(contact).strip().lower()
    if "@" in contact:
        return mask_contact(contact)
    digits = "".join(_DIGITS.findall(contact)) if contact.isascii() else ""
    return mask_contact(digits) if len(digits) >= 8 else ""


def mask_cards(text: str) -> str:
    """Masks every 13 to 19 digits that pass the Luhn test, together or in groups, keeping the last four.

    What overlaps is masked together: which of two candidates is the card cannot be known.
    """
    spans: list[tuple[int, int]] = []
    for start, end, _ in _cards(text):
        if spans and start < spans[-1][1]:
            start, end = spans[-1][0], max(end, spans.pop()[1])
        spans.append((start, end))
    shown, at = [], 0
    for start, end in spans:
        last_four = "".join(_DIGITS.findall(text[start:end]))[-4:]
        shown += [text[at:start], f"[card ****{last_four}]"]
        at = end
    return "".join(shown) + text[at:]


def holds_card(text: str) -> bool:
    """Whether some digits in the text are very likely a card number, so that somebody should be told."""
    return any(_ISSUED.match(digits) for _, _, digits in _cards(text[:LONGEST]))


def _cards(text: str) -> Iterator[tuple[int, int, str]]:
    """Where card-like numbers stand, and their digits. A card may stand behind an amount or before a date."""
    for match in _GROUPS.finditer(text):
        groups = list(_DIGITS.finditer(text, match.start(), match.end()))
        for first, group in enumerate(groups):
            last = _card_from(groups, first)
            if last is not None:
                digits = "".join(str(int(digit)) for part in groups[first : last + 1] for digit in part[0])
                if not _EPOCH.fullmatch(digits):
                    yield group.start(), groups[last].end(), digits


def _card_from(groups: list[re.Match[str]], first: int) -> int | None:
    """The last group of the longest card number that begins with this group."""
    found, length = None, 0
    plain = doubled = 0  # Luhn sums of the digits so far, the last one taken as it is or doubled
    for last, group in enumerate(groups[first : first + _LONGEST_CARD], first):
        length += len(group[0])
        if length > _LONGEST_CARD:
            break
        for digit in map(int, group[0]):
            plain, doubled = doubled + digit, plain + _DOUBLED[digit]
        if length >= _SHORTEST_CARD and plain % 10 == 0:
            found = last
    return found


def redact_value(name: str, value: str) -> str:
    """One field as it may be stored."""
    *around, name = _path(name)
    if any(_key(part) not in KEPT | OBJECTS for part in around):
        return DROPPED
    key = _key(name)
    if key in SHORTENED:
        return f"[{len(value)} characters]" if value else ""
    if key in CONTACTS:
        return safe_line(mask_contact(value))
    if key in KEPT:
        return safe_line(value)
    if key in JSON_TEXTS and value.startswith("{"):
        return redact_body(value, "application/json")
    return DROPPED


def redact(value: Any, name: str = "body") -> Any:
    """A parsed JSON value as it may be stored; unknown names keep their name and lose their value."""
    if isinstance(value, Mapping):
        allowed = _key(name) in KEPT | OBJECTS
        return {
            _shown_name(str(key)): redact(item, str(key)) if allowed else DROPPED
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
    if "urlencoded" in content_type.lower():
        pairs = parse_qsl(text, keep_blank_values=True)[:100]
        shown: Any = [[_shown_name(name), redact_value(name, value)] for name, value in pairs]
        if len({name for name, _ in shown}) == len(shown):
            shown = dict(shown)
    else:
        try:
            shown = redact(json.loads(text))
        except (ValueError, RecursionError):
            return f"[{len(text)} characters that are not JSON]"
    return json.dumps(shown, ensure_ascii=False)[:LONGEST]


def _path(name: str) -> list[str]:
    """``line_items[0][amount]`` → ``line_items``, ``amount``."""
    if not name.endswith("]"):
        return [name]
    return [part for part in re.split(r"[\[\]]+", name) if part and not part.isdigit()] or [name]


def _key(name: str) -> str:
    return name.replace("_", "").lower()


def _shown_name(name: str) -> str:
    """A field's name; what cannot be one may be a value that came without a name."""
    return mask_cards(name[:LONGEST_NAME]) if _NAME.fullmatch(name) else DROPPED
