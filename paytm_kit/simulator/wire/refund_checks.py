"""What Paytm checks in requests about refunds, lists, settlements and mandates: tables of fields. Pure.

Sources: Paytm docs, Refund API; Order List API; Refund List API; Settlement API; the subscription pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from paytm_kit.simulator.wire.checks import ORDER_ID, Fault, Field, amount_fault, at, shape_fault, texts

REF_ID = Field("refId", 50, form=r"[A-Za-z0-9@_.-]+")
APPLY = (
    Field("mid", 20),
    Field("orderId", 50, form=ORDER_ID.pattern),
    REF_ID,
    Field("txnId", 64, form=r"[A-Za-z0-9]+"),
    Field("txnType", 10, form="REFUND"),
    Field("refundAmount", 10, form=""),
    Field("comments", 500, needed=False),  # an older page says 50, a newer reading 500
    Field("preferredDestination", 20, needed=False, form="TO_SOURCE|TO_INSTANT"),
)
REFUND_STATUS = (Field("mid", 20), Field("orderId", 50, form=ORDER_ID.pattern), REF_ID)
# Legacy name of each field of APPLY.
LEGACY = {
    "MID": "mid", "ORDERID": "orderId", "REFID": "refId", "TXNID": "txnId", "TXNTYPE": "txnType",
    "REFUNDAMOUNT": "refundAmount", "COMMENTS": "comments",
}  # fmt: skip

MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30"
NUMBER = r"[1-9]\d{0,5}"
TYPES = (
    "TRANSACTION", "REFUND", "M2B", "TRANSFER_FOR_SETTLEMENT", "CANCEL", "REPAYMENT", "TRANSFER_TO_BANK",
    "CHARGEBACK", "ALL",
)  # fmt: skip
STATUSES = ("SUCCESS", "FAILURE", "PENDING")


def _some_of(words: Iterable[str]) -> str:
    one = "|".join(words)
    return rf"({one})(\|({one}))*"


ORDER_LIST = (
    Field("mid", 64),
    Field("fromDate", 25, form=MOMENT),
    Field("toDate", 25, form=MOMENT),
    Field("orderSearchType", 200, form=_some_of(TYPES)),
    Field("orderSearchStatus", 50, form=_some_of(STATUSES)),
    Field("pageNumber", 6, form=NUMBER),
    Field("pageSize", 2, form=r"[1-9]|[1-4]\d|50"),
    Field("isSort", 5, needed=False, form="true|false"),
    Field("merchantOrderId", 50, needed=False, form=ORDER_ID.pattern),
    Field("payMode", 64, needed=False),
)
REFUND_LIST = (
    Field("mid", 64),
    Field("startDate", 25, form=MOMENT),
    Field("endDate", 25, form=MOMENT),
    Field("pageNum", 6, form=NUMBER),
    Field("pageSize", 2, form=r"[1-9]|[1-4]\d|50"),
    Field("isSort", 5, needed=False, form="true|false"),
)
SETTLEMENT_LIST = (
    Field("MID", 64),
    Field("utrProcessedStartTime", 10, form=r"\d{4}-\d\d-\d\d"),
    Field("utrProcessedEndTime", 10, needed=False, form=r"\d{4}-\d\d-\d\d"),
    Field("pageNum", 6, form=NUMBER),
    Field("pageSize", 2, form=r"[1-9]|1\d|20"),
)
LONGEST_RANGE = timedelta(days=30)


def missing(fields: Iterable[Field], body: Mapping[str, Any]) -> str:
    """The names of mandatory fields that are absent or empty, or ""."""
    return ", ".join(field.path for field in fields if field.needed and at(body, field.path) in (None, ""))


def misshapen(fields: Iterable[Field], body: Mapping[str, Any]) -> str:
    """What is wrong with the first field that is not as the table says, or ""."""
    return next((why for field in fields if (why := shape_fault(field, at(body, field.path)))), "")


def apply_fault(body: Mapping[str, Any]) -> Fault | None:
    """Why an authenticated refund request is refused, or None."""
    if names := missing(APPLY, body):
        return Fault("600", f"missing: {names}")
    if any("|" in text for text in texts(body)):
        return Fault("600", "a value holds a pipe, which would blur what is signed")
    value = body["refundAmount"]
    if not isinstance(value, str) or (why := amount_fault(value)):
        return Fault("619", why if isinstance(value, str) else "refundAmount must be text")
    why = misshapen(APPLY, body)
    return Fault("600", why) if why else None


def plain(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with numbers and booleans as text: the lists are sent with either."""

    def as_text(value: Any) -> Any:
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, int) else value

    return {name: as_text(value) for name, value in body.items()}


def moment(text: str) -> datetime | None:
    """A moment such as 2031-01-02T10:11:12+05:30, or None."""
    return _parsed(datetime.fromisoformat, text)


def day(text: str, form: str = "%Y-%m-%d") -> date | None:
    """A day in one of Paytm's spellings, or None."""
    return _parsed(lambda given: datetime.strptime(given, form).replace(tzinfo=UTC).date(), text)


def _parsed(parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except ValueError:
        return None


def range_fault(first: datetime | None, last: datetime | None) -> str:
    """What is wrong with the time that a list is asked for, or ""."""
    if first is None or last is None:
        return "a date does not exist"
    if not timedelta() <= last - first <= LONGEST_RANGE:
        return "the range must be zero to 30 days"
    return ""
