"""One row of a settlement report, from a file or the API: which columns mean what, and what makes a row broken.

Sources: Paytm docs, Settlement API (list and its older shape with spaces in its names) and Settlement Detail API.
Names are compared without case, spaces and punctuation: ``SETTLED DATE``, ``Settled_Date`` and ``settledDate`` are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

from paytm_kit.gateways.base import BrokenEntry, EntryKind, SettlementEntry
from paytm_kit.gateways.paytm import answers
from paytm_kit.masking import safe_line
from paytm_kit.money import LARGEST

# What we call it: the names that Paytm has given it, the first one present counts.
COLUMNS: dict[str, tuple[str, ...]] = {
    "order_id": ("orderid",),
    "transaction_id": ("txnid", "transactionid"),
    "kind": ("txntype", "transactiontype"),
    "status": ("status", "txnstatus"),
    "gross": ("txnamount", "amount"),
    "net": ("settledamount", "settleamount"),
    "fee": ("commission",),
    "tax": ("gst",),
    "merchant_id": ("mid", "originalmid"),
    "utr": ("utr", "utrno"),
    "payout_id": ("payoutid",),
    "transaction_at": ("txndate", "transactiondate"),
    "settled_on": ("utrprocessedtime", "settleddate", "payoutdate"),
}
NEEDED = ("order_id", "transaction_id", "fee", "tax")
EITHER = ("gross", "net")  # the one follows from the other

KINDS = {
    "ACQUIRING": EntryKind.PAYMENT,
    "SALE": EntryKind.PAYMENT,
    "REFUND": EntryKind.REFUND,
    "CHARGEBACK": EntryKind.CHARGEBACK,
}
GOES_BACK = frozenset({EntryKind.REFUND, EntryKind.CHARGEBACK})
PAID_OUT = frozenset({"", "SUCCESS", "PAYOUT_SETTLED"})

_AMOUNT = re.compile(r"(-?)((?:[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}|[0-9]+)(?:\.[0-9]+)?)")  # 1,23,456.00 as well
# What a spreadsheet makes of a long run of digits.
_SHORTENED = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]{1,6})?(\+05:?30)?)?"
)


class Broken(ValueError):
    """``str()`` says why this row cannot be used; it repeats nothing of the row but what is safe to show."""


def known(name: str) -> str:
    """What we call this column, or nothing."""
    return _OURS.get(plain(name), "")


def missing(names: Iterable[str]) -> list[str]:
    """Which columns a report cannot do without and these names do not have, in Paytm's words."""
    have = {known(name) for name in names}
    lacking = [COLUMNS[name][0].upper() for name in NEEDED if name not in have]
    return lacking if have & set(EITHER) else [*lacking, "TXNAMOUNT or SETTLEDAMOUNT"]


def read(number: int, cells: Mapping[str, str]) -> SettlementEntry | BrokenEntry:
    """The entry that these cells, by their columns' names, say."""
    try:
        return _read(number, _under_our_names(cells))
    except Broken as error:
        return BrokenEntry(number, str(error))


def _read(number: int, said: Mapping[str, str]) -> SettlementEntry:
    word = said["kind"].upper()
    gross, fee, tax, net = _amounts(said)
    kind = _kind(word, gross if gross else net)
    if kind in GOES_BACK and gross > 0:  # written without a sign
        gross, fee, tax, net = -gross, -fee, -tax, -net
    return SettlementEntry(
        number=number,
        kind=kind,
        order_id=_identifier("order id", said["order_id"]),
        transaction_id=_identifier("transaction id", said["transaction_id"]),
        gross=gross,
        fee=fee,
        tax=tax,
        net=net,
        merchant_id=safe_line(said["merchant_id"], 40),
        word=safe_line(word, 40),
        unsettled="" if said["status"].upper() in PAID_OUT else safe_line(said["status"], 40),
        utr=_reference("UTR", said["utr"]),
        payout_id=_reference("payout id", said["payout_id"]),
        transaction_at=_moment("transaction date", said["transaction_at"]),
        settled_on=_day("settled date", said["settled_on"]),
    )


def _under_our_names(cells: Mapping[str, str]) -> dict[str, str]:
    values = {plain(name): _clean(value) for name, value in cells.items()}
    return {ours: next((values[name] for name in theirs if values.get(name)), "") for ours, theirs in COLUMNS.items()}


def _clean(value: str) -> str:
    """Without the apostrophes that keep a spreadsheet from turning an id into a number, and without Paytm's "null"."""
    text = value.strip()
    if text.startswith("'"):
        text = text[1:].removesuffix("'").strip()
    return answers.text(text)


def _amounts(said: Mapping[str, str]) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Gross, fee, tax and net. One of gross and net may be absent, and both fees where those two are equal."""
    gross, net = _amount("amount", said["gross"]), _amount("settled amount", said["net"])
    fee, tax = _amount("commission", said["fee"]), _amount("GST", said["tax"])
    if gross is not None and gross == net:
        fee, tax = fee or Decimal("0.00"), tax or Decimal("0.00")
    if fee is None or tax is None:
        raise Broken("the commission or the GST is empty, and does not follow from the amounts")
    if gross is None and net is None:
        raise Broken("both the amount and the settled amount are empty")
    if gross is None:
        gross = _within("amount", (net or Decimal(0)) + fee + tax)
    if net is None:
        net = _within("settled amount", gross - fee - tax)
    return gross, fee, tax, net


def _amount(what: str, text: str) -> Decimal | None:
    if not text:
        return None
    match = _AMOUNT.fullmatch(text) if len(text) <= 24 else None
    if match is None:
        raise Broken(f"the {what} is not a number of rupees such as 499.00")
    amount = _within(what, Decimal(match[1] + match[2].replace(",", "")))
    exact = amount.quantize(Decimal("0.01"))
    if exact != amount:
        raise Broken(f"the {what} has more than two decimals")
    return exact


def _within(what: str, amount: Decimal) -> Decimal:
    """The amount, said or derived, if the ledger can hold it."""
    if abs(amount) > LARGEST:
        raise Broken(f"the {what} is larger than any payment can be")
    return amount


def _kind(word: str, amount: Decimal) -> EntryKind:
    """By the word; a report without types tells refunds by their sign."""
    if not word:
        return EntryKind.PAYMENT if amount >= 0 else EntryKind.REFUND
    return KINDS.get(word, EntryKind.OTHER)


def _identifier(what: str, text: str) -> str:
    if not text:
        raise Broken(f"the {what} is empty")
    return _reference(what, text)


def _reference(what: str, text: str) -> str:
    if _SHORTENED.fullmatch(text):
        raise Broken(f"a spreadsheet has shortened the {what} to {text}: use the file as the gateway made it")
    if text and not answers.identifier(text):
        raise Broken(f"the {what} holds spaces or characters that no {what} has")
    return text


def _moment(what: str, text: str) -> datetime | None:
    """Indian time, in Paytm's forms: ``2031-01-02``, ``2031-01-02 10:11:12.0``, ``2031-01-02T10:11:12+05:30``."""
    if not text:
        return None
    match = _MOMENT.fullmatch(text)
    try:
        moment = datetime.fromisoformat(f"{match[1]}T{match[2] or '00:00'}") if match else None
    except ValueError:
        moment = None
    if moment is None:
        raise Broken(f"the {what} is not a date such as 2031-01-02 or 2031-01-02 10:11:12")
    return moment.replace(tzinfo=answers.INDIA)


def _day(what: str, text: str) -> date | None:
    moment = _moment(what, text)
    return moment.date() if moment else None


def plain(name: str) -> str:
    """A column's name as names are compared."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


_OURS = {theirs: ours for ours, names in COLUMNS.items() for theirs in names}
