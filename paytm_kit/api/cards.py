"""Card data in a request is refused before anything else looks at it: the shopper types it on the gateway's page.

PCI DSS 4.0.1: a merchant whose systems never see card data fills in SAQ A; one number in one log line ends that. So
the answer says why, and no digit of the body is stored, logged or repeated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from paytm_kit.api.problems import FieldError, Problem
from paytm_kit.masking import LONGEST, holds_card

# Compared in lower case, letters and digits only.
KEYS = frozenset(
    """
    cardnumber cardno cardnum ccnumber ccnum ccno creditcard creditcardnumber debitcard debitcardnumber
    pan primaryaccountnumber cvv cvv2 cvc cvc2 cvn csc cid securitycode cardsecuritycode cardcvv cardcvc
    expiry expirydate expirymonth expiryyear expdate expmonth expyear ccexp ccexpiry cardexpiry cardexpirydate
    cardholder cardholdername nameoncard cardname track1 track2 trackdata magstripe pinblock cardpin
    """.split()
)
WHY = (
    "This request carries card data, which this API refuses (PCI DSS): a merchant's systems must never see it. "
    'Nothing of it was stored. Send only "payment_method": "credit_card", and lead the shopper to the gateway\'s '
    "page, where the card is typed."
)
OVERLAP = 64  # characters that two looks at a long text share: more than the longest card number with its spaces

_OTHER = re.compile(r"[^a-z0-9]")
# What may stand between the groups of a number: any space, a hyphen or dash, what nobody sees.
_GAP = re.compile(r"[\s\u00ad\u200b-\u200f\u2010-\u2015\u2060\u2212\ufe58\ufe63\ufeff\uff0d-]+")
_ESCAPE = re.compile(r"\\u00([0-9a-f]{2})", re.IGNORECASE)


def refuse(body: bytes, content_type: str, *, but_for: frozenset[str] = frozenset()) -> None:
    """Raises Problem ``card_data`` when the body carries any, wherever: in keys, in values, nested, in any format.

    ``but_for``  fields at the top whose value is not looked at: an order's own number may look like a card's, and
                 whoever reads the field asks ``looks_like_one`` when there is no such order.
    """
    text = body.decode("utf-8", "replace")
    if any(is_any(name, value) for name, value in _pairs(text, content_type, but_for)):
        raise found()


def found(place: str = "body") -> Problem:
    """The refusal. It names no field: a field's name can be a card number."""
    return Problem("card_data", WHY, errors=[FieldError(place, "card_data", "carries card data", place)])


def is_any(name: str, value: str) -> bool:
    """Whether a field is card data, by its name or by its value."""
    return _plain(name) in KEYS or looks_like_one(name) or looks_like_one(value)


def looks_like_one(text: str) -> bool:
    """Whether 13 to 19 digits in the text pass the Luhn test and begin as cards do; texts of any length, and what they
    say as a part of an address.
    """
    return any(_holds_one(_GAP.sub(" ", each)) for each in dict.fromkeys((text, unquote_plus(text))))


def _holds_one(text: str) -> bool:
    step = LONGEST - OVERLAP
    return any(holds_card(text[begin : begin + LONGEST]) for begin in range(0, max(len(text), 1), step))


def _plain(name: str) -> str:
    return _OTHER.sub("", name.lower())


def _pairs(text: str, content_type: str, but_for: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Every name with its value; what is in no format that we know is one text without a name."""
    try:
        parsed = json.loads(text, parse_float=str, parse_int=str, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        yield "", unquote_plus(_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text))
        yield from parse_qsl(text, keep_blank_values=True, max_num_fields=None, errors="replace")
        yield from ((match, "") for match in re.findall(r'["\']?([A-Za-z][\w .-]{1,40})["\']?\s*[:=]', text))
        return
    if isinstance(parsed, _Pairs):
        parsed = _Pairs((name, "" if name in but_for and isinstance(value, str) else value) for name, value in parsed)
    yield from _walk(parsed)


class _Pairs(list[tuple[str, Any]]):
    """An object as JSON spells it: a key that stands there twice is looked at twice."""


def _walk(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Without recursion: how deep a body nests is for its sender to say."""
    waiting = [(name, value)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, _Pairs):
            yield name, ""
            waiting += value
        elif isinstance(value, list):
            yield name, ""
            waiting += [("", each) for each in value]
            # digits spread over a list of texts are one number, too
            yield "", " ".join(str(each) for each in value if isinstance(each, str))
        else:
            yield name, str(value)
