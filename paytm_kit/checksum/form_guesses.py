"""Which other texts may have been signed for these form fields: the usual mistakes, the likely ones first."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cmp_to_key
from itertools import combinations
from urllib.parse import urlencode

from paytm_kit.checksum.reasons import Reason
from paytm_kit.checksum.rewrites import NUMBERS, REWRITES, Guess, other_encodings
from paytm_kit.checksum.scheme import CHECKSUM_FIELD, form_values, shown

# Paytm docs, Payment Status (callback): fields that one message carries and another leaves out. Fields that sort into
# the same gap cannot be told apart, so those that come empty stand first.
CALLBACK_FIELDS = (
    "BANKTXNID BANKNAME GATEWAYNAME PAYMENTMODE TXNDATE TXNID CURRENCY MID ORDERID RESPCODE RESPMSG STATUS TXNAMOUNT"
).split()

# Paytm docs, deprecated flow integration: fields of the form whose value hardly varies
CONSTANT_FIELDS = {
    "CHANNEL_ID": ("WEB", "WAP"),
    "CURRENCY": ("INR",),
    "INDUSTRY_TYPE_ID": ("Retail",),
    "WEBSITE": ("WEBSTAGING", "DEFAULT"),
}

FRAMEWORK_FIELDS = {"csrfmiddlewaretoken", "authenticity_token", "_token", "_csrf", "_method", "submit"}

NO_VALUE_WORDS = ("null", "None", "undefined")

_MANY_FIELDS = 40  # beyond it pairs of fields are not tried
_INTEGER_NAME = re.compile(r"0|[1-9][0-9]{0,9}")
_NUMERIC_NAME = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def form_guesses(form: Mapping[str, str | None]) -> Iterator[Guess]:
    """Every guess for a form that ``form_values`` accepts."""
    fields = form_values(form)
    yield from _null_values(form, fields)
    yield from _checksum_field(form, fields)
    yield from _other_orders(form, fields)
    yield from _fields_added(fields)
    yield from _rewritten(fields)
    yield from other_encodings(_joined(fields))
    yield from _fields_missing(fields)
    yield from _other_schemes(fields)
    if len(fields) <= _MANY_FIELDS:
        yield from (_without(fields, pair) for pair in combinations(fields, 2))
        yield from _two_empty_fields_missing(fields)


def _joined(fields: Mapping[str, str]) -> str:
    return "|".join(fields.values())


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _swaps(reason: Reason, detail: str, fields: dict[str, str], changed: Mapping[str, str]) -> Iterator[Guess]:
    """All changes at once, then each alone."""
    if changed:
        yield Guess(reason, detail, _encoded(_joined({**fields, **changed})), tuple(changed))
    if len(changed) > 1:
        for name, value in changed.items():
            yield Guess(reason, detail, _encoded(_joined({**fields, name: value})), (name,))


def _null_values(form: Mapping[str, str | None], fields: dict[str, str]) -> Iterator[Guess]:
    kept = {name: word for name in fields if (word := form[name]) and not fields[name]}
    yield from _swaps(Reason.NULL_VALUES, 'the word "null" as it stands', fields, kept)
    for word in NO_VALUE_WORDS:
        empty = dict.fromkeys((name for name, value in fields.items() if not value), word)
        yield from _swaps(Reason.NULL_VALUES, f'the word "{word}"', fields, empty)
    absent = dict.fromkeys((name for name, value in fields.items() if value in NO_VALUE_WORDS), "")
    yield from _swaps(Reason.NULL_VALUES, "empty text", fields, absent)


def _checksum_field(form: Mapping[str, str | None], fields: dict[str, str]) -> Iterator[Guess]:
    """Java and .NET sign the field if it is left in; so does Paytm_Python_Checksum, though it drops it on verify."""
    if CHECKSUM_FIELD in form:
        with_field = {**fields, CHECKSUM_FIELD: form[CHECKSUM_FIELD] or ""}
        ordered = {name: with_field[name] for name in sorted(with_field)}
        yield Guess(Reason.CHECKSUM_FIELD_SIGNED, "", _encoded(_joined(ordered)), (CHECKSUM_FIELD,))


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be", "surrogatepass")


def _javascript(names: list[str]) -> list[str]:
    """Node sorts, then rebuilds the object, and JavaScript puts integer-like names first, by number."""
    numbers = sorted((name for name in names if _INTEGER_NAME.fullmatch(name)), key=int)
    return numbers + sorted((name for name in names if not _INTEGER_NAME.fullmatch(name)), key=_utf16)


def _compare_as_php(one: str, other: str) -> int:
    """ksort with PHP's default flags: two numeric names compare by number, others as text."""
    if _NUMERIC_NAME.fullmatch(one) and _NUMERIC_NAME.fullmatch(other):
        return (float(one) > float(other)) - (float(one) < float(other))
    return (one > other) - (one < other)


ORDERS: tuple[tuple[str, Callable[[list[str]], list[str]]], ...] = (
    ("the order in which the payload lists them", list),
    ("without regard to case, as lower case", lambda names: sorted(names, key=str.lower)),
    ("without regard to case, as upper case", lambda names: sorted(names, key=str.upper)),
    ("integer-like names first, by number, as JavaScript does", _javascript),
    ("names that are numbers compared by number, as PHP does", lambda n: sorted(n, key=cmp_to_key(_compare_as_php))),
    ("by UTF-16 units, as Java and .NET do", lambda names: sorted(names, key=_utf16)),
    ("descending", lambda names: sorted(names, reverse=True)),
)


def _other_orders(form: Mapping[str, str | None], fields: dict[str, str]) -> Iterator[Guess]:
    given = [name for name in form if name in fields]
    for detail, order in ORDERS:
        yield Guess(Reason.KEY_ORDER, detail, _encoded("|".join(fields[name] for name in order(given))))


def _without(fields: dict[str, str], dropped: tuple[str, ...]) -> Guess:
    kept = {name: value for name, value in fields.items() if name not in dropped}
    return Guess(Reason.FIELD_ADDED, "", _encoded(_joined(kept)), dropped)


def _fields_added(fields: dict[str, str]) -> Iterator[Guess]:
    yield _without(fields, tuple(name for name in fields if name in FRAMEWORK_FIELDS))
    for name in fields:
        yield _without(fields, (name,))
    yield _without(fields, tuple(name for name in fields if name != name.upper()))  # Paytm's are upper case


def _rewritten(fields: dict[str, str]) -> Iterator[Guess]:
    for reason, detail, rewrite in REWRITES + NUMBERS:
        changed = {name: new for name, value in fields.items() if (new := rewrite(value)) != value}
        yield from _swaps(reason, detail, fields, changed)


def _fields_missing(fields: dict[str, str]) -> Iterator[Guess]:
    absent = [name for name in CALLBACK_FIELDS if name not in fields]
    if len(absent) <= 10:
        for count in range(1, len(absent) + 1):
            for names in combinations(absent, count):
                yield _with(fields, dict.fromkeys(names, ""))
    for name, usual in CONSTANT_FIELDS.items():
        if name not in fields:
            yield from (_with(fields, {name: value}) for value in usual)
    sorted_names, values = list(fields), list(fields.values())
    for place in range(len(values) + 1):
        text = "|".join([*values[:place], "", *values[place:]])
        where = f"before {shown(sorted_names[place])}" if place < len(values) else "at the end"
        yield Guess(Reason.FIELD_MISSING, f"an empty field that sorts {where} was signed too", _encoded(text))


def _with(fields: dict[str, str], added: dict[str, str]) -> Guess:
    both = {**fields, **added}
    ordered = {name: both[name] for name in sorted(both)}
    names = ", ".join(added)
    what = "with the usual value" if any(added.values()) else "empty (or another empty field that sorts there)"
    return Guess(Reason.FIELD_MISSING, f"{names} was signed too, {what}", _encoded(_joined(ordered)), tuple(added))


def _two_empty_fields_missing(fields: dict[str, str]) -> Iterator[Guess]:
    values = list(fields.values())
    for first in range(len(values) + 1):
        for second in range(first, len(values) + 1):
            text = "|".join([*values[:first], "", *values[first:second], "", *values[second:]])
            yield Guess(Reason.FIELD_MISSING, "two empty fields were signed too", _encoded(text))


def _other_schemes(fields: dict[str, str]) -> Iterator[Guess]:
    pairs = [f"{name}={value}" for name, value in fields.items()]
    for detail, text in (
        ("names and values, joined by '&'", "&".join(pairs)),
        ("names and values, joined by '|'", "|".join(pairs)),
        ("the URL-encoded form", urlencode(fields)),
        ("values joined without a separator", "".join(fields.values())),
        ("JSON text, compact", json.dumps(fields, separators=(",", ":"), ensure_ascii=False)),
        ("JSON text, spaced", json.dumps(fields, ensure_ascii=False)),
        ("JSON text, compact, with \\u escapes", json.dumps(fields, separators=(",", ":"))),
        ("JSON text, spaced, with \\u escapes", json.dumps(fields)),
    ):
        yield Guess(Reason.OTHER_SCHEME, detail, _encoded(text))
