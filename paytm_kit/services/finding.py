"""Finds rows by what people have in hand: an id read from a screen, the end of one, a customer's number.

Ids first, whole and each by an index. Only where no id is the text, the columns are read for a part of it. Contacts are
found by their masked form, which is all that is kept of them: several customers can share one, so whoever types an
e-mail and a mobile number finds the payments that have both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from paytm_kit.masking import findable

MOST = 500  # primary keys that are handed back to the database one by one
LONGEST = 200  # characters of a search

# An address, a mobile number as people write it in India, or the masked form of either.
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_MOBILE = re.compile(r"(?:\+91|0)?[6-9]\d{9}")
_ENDING = re.compile(r"[*…•]+(\d{4})")


@dataclass(frozen=True, slots=True)
class Finder:
    """By what the rows of one model are found.

    ``keys``      lookups compared with the whole text, each answered by an index; they may lead to other rows
    ``within``    columns of its own that are read for each word of the text when it is no key
    ``contacts``  where the masked e-mail and the masked mobile number stand
    """

    keys: tuple[str, ...]
    within: tuple[str, ...] = ()
    contacts: tuple[str, str] | None = None


PAYMENTS = Finder(
    keys=(
        "gateway_order_id",
        "order_label",
        "bank_transaction_id",
        "events__transaction_id",
        "refunds__refund_id",
    ),
    within=("gateway_order_id", "order_label", "transaction_id", "bank_transaction_id"),
    contacts=("contact_email", "contact_mobile"),
)
REFUNDS = Finder(
    keys=("refund_id", "payment__gateway_order_id", "payment__order_label"),
    within=("refund_id", "gateway_refund_id", "transaction_id", "rrn", "arn"),
    contacts=("payment__contact_email", "payment__contact_mobile"),
)
DISPUTES = Finder(keys=("payment__gateway_order_id", "payment__order_label"), within=("dispute_id", "transaction_id"))
EVENTS = Finder(keys=("payment__gateway_order_id", "transaction_id"))
MESSAGES = Finder(keys=("gateway_order_id", "correlation_id"))
ANNOUNCEMENTS = Finder(keys=("event__payment__gateway_order_id",))
LETTERS = Finder(keys=("event__payment__gateway_order_id",))
AUDIT = Finder(keys=("object_label", "actor", "payment__gateway_order_id"))


def find(rows: QuerySet[Any], finder: Finder, text: str, *, among: QuerySet[Any] | None = None) -> QuerySet[Any]:
    """Those of the rows that the text means; all of them for an empty text.

    ``among``  what whoever asks may know of (by default everything): an id of any other row is as good as none
    """
    text = text.replace("\x00", "").strip()[:LONGEST]
    if not text:
        return rows
    keyed = _by_key(rows.model, finder.keys, text)
    pks = list(keyed[: MOST + 1])
    if pks and (among is None or among.filter(pk__in=pks if len(pks) <= MOST else keyed).exists()):
        return rows.filter(pk__in=pks if len(pks) <= MOST else keyed)
    if not finder.within:
        return rows.none()
    for word in text.split():
        rows = rows.filter(_contact(finder, word) or _part(finder, word))
    return rows


def _by_key(model: Any, keys: Iterable[str], text: str) -> QuerySet[Any]:
    """One query whatever the number of keys: a union, whose parts each have an index of their own."""
    parts = [model._default_manager.filter(**{key: text}).order_by().values_list("pk", flat=True) for key in keys]
    return parts[0].union(*parts[1:])


def _contact(finder: Finder, word: str) -> Q | None:
    """What a contact, whole or masked, is looked up by; ``None`` when the word is none."""
    if finder.contacts is None:
        return None
    email, mobile = finder.contacts
    if _EMAIL.fullmatch(word):
        return Q(**{email: findable(word)})
    if ending := _ENDING.fullmatch(word):
        return Q(**{mobile: findable("9" * 6 + ending[1])})
    return Q(**{mobile: findable(word)}) if _MOBILE.fullmatch(word) else None


def _part(finder: Finder, word: str) -> Q:
    return reduce(or_, (Q(**{f"{column}__icontains": word}) for column in finder.within))
