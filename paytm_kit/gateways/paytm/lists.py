"""search/list/order/v2 and refundList: what Paytm has on its books for a time, page by page.

A list is a hint and never more: whoever reads it asks the status API before anything is believed. So an answer without
a signature is read (the refund list is never signed; Paytm does not say whether it signs the order list), a wrongly
signed one is not. Sources: Paytm docs, Order List API; Refund List API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from paytm_kit.gateways.base import (
    Account,
    BrokenEntry,
    ListedOrder,
    ListedRefund,
    Refused,
    State,
    Unreachable,
    UntrustedResponse,
    Verdict,
)
from paytm_kit.gateways.paytm import answers, fields
from paytm_kit.gateways.paytm.envelope import Envelope
from paytm_kit.masking import safe_line

PAGE_SIZE = 50  # the largest
# Both lists take 30 days at once. Sorted ones end after so many rows that busy shops would lose some.
WINDOW = timedelta(days=1)
OLDEST = timedelta(days=548)  # 18 months
SECOND = timedelta(seconds=1)

WORDS = {"SUCCESS": State.SUCCESS, "FAILURE": State.FAILURE, "PENDING": State.PENDING}
SYSTEM_ERROR = "4099"

T = TypeVar("T", ListedOrder, ListedRefund)
Row = Mapping[str, Any]
Ask = Callable[[datetime, datetime, int], list[Any]]


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One of the lists: how it is asked for, how many sorted rows it reaches, how its answer is read."""

    operation: str
    what: str
    flat: bool
    most_sorted: int
    dates: tuple[str, str]
    page: str
    more: Mapping[str, str]
    rows: Callable[[Envelope, Verdict], list[Any]]
    entry: Callable[[Row], T]

    def body(self, account: Account, begin: datetime, end: datetime, number: int) -> dict[str, str]:
        """The question for one page."""
        return {
            "mid": fields.require_setting("MERCHANT_ID", account.merchant_id, fields.MID, account),
            self.dates[0]: _spelt(begin),
            self.dates[1]: _spelt(end),
            self.page: str(number),
            "pageSize": str(PAGE_SIZE),
            "isSort": "true",  # pages of an unsorted list may overlap and leave gaps
            **self.more,
        }

    def walk(self, since: datetime, until: datetime, ask: Ask) -> Iterator[T | BrokenEntry]:
        """Every row made from ``since`` to ``until``, asked for as it is consumed; one on the edge may come twice.

        Raises Refused (also for more than 18 months) and Unreachable (ask again), after rows have come as well.
        """
        if until - since > OLDEST:
            raise Refused(f"Paytm's list of {self.what} goes back 18 months, no further. Nothing was asked.")
        seen = 0
        windows = list(_windows(since, until))
        while windows:
            begin, end = windows.pop(0)
            rows = self._window(begin, end, ask)
            if rows is None:
                windows[:0] = self._halves(begin, end)
                continue
            for row in rows:
                seen += 1
                yield self._entry(seen, row)

    def _window(self, begin: datetime, end: datetime, ask: Ask) -> list[Any] | None:
        """All rows of a window; ``None``: there are more than a sorted list reaches."""
        rows: list[Any] = []
        for number in range(1, self.most_sorted // PAGE_SIZE + 1):
            page = ask(begin, end, number)
            rows += page
            if len(page) < PAGE_SIZE:
                return rows
        return None

    def _halves(self, begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        middle = begin + (end - begin) // 2 // SECOND * SECOND
        if middle <= begin:
            raise Unreachable(f"Paytm's list of {self.what} has no end at {begin}. Ask again.")
        return [(begin, middle), (middle, end)]

    def _entry(self, number: int, row: Any) -> T | BrokenEntry:
        entry = self.entry(row) if isinstance(row, dict) else None
        if entry is None or not entry.order_id:
            return BrokenEntry(number, f"row {number} of Paytm's list of {self.what} names no order")
        return entry


def _windows(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Whole seconds, each window beginning where the one before ended, so that no moment lies between two."""
    begin = since.replace(microsecond=0)
    last = until.replace(microsecond=0) + SECOND
    while begin < last:
        end = begin + WINDOW if last - begin > WINDOW + SECOND else last
        yield begin, end
        begin = end


def _spelt(moment: datetime) -> str:
    return moment.astimezone(answers.INDIA).strftime("%Y-%m-%dT%H:%M:%S+05:30")


def _moment(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=answers.INDIA)


def _order_rows(answer: Envelope, verdict: Verdict) -> list[Any]:
    if verdict not in (Verdict.VERIFIED, Verdict.UNSIGNED):
        raise UntrustedResponse(
            "Paytm's list of orders is signed with another key or was changed on its way. It was ignored; check the "
            "merchant key and ask again."
        )
    info = answer.body.get("resultInfo")
    if not isinstance(info, dict):
        raise Unreachable("Paytm's list of orders has no resultInfo. Ask again.")
    word, code, said = (answers.text(info.get(name)) for name in ("resultStatus", "resultCode", "resultMsg"))
    if code == SYSTEM_ERROR:
        raise Unreachable("Paytm could not list the orders: system error (4099). Ask again.", gateway_code=code)
    return _listed(answer.body, word, "orders", f"{code} {said}")


def _refund_rows(answer: Envelope, verdict: Verdict) -> list[Any]:
    body = answer.body
    return _listed(body, answers.text(body.get("status")), "refunds", answers.text(body.get("errorMessage")))


def _listed(body: Row, word: str, what: str, said: str) -> list[Any]:
    if word != "SUCCESS":
        raise Refused(f"Paytm refused to list {what}: {safe_line(said or word, 200)}")
    rows = body.get("orders")
    if not isinstance(rows, list):
        raise Unreachable(f"Paytm's list of {what} has no rows. Ask again.")
    return rows


def _order(row: Row) -> ListedOrder:
    return ListedOrder(
        order_id=answers.identifier(answers.text(row.get("merchantOrderId"))),
        transaction_id=answers.identifier(answers.text(row.get("txnId"))),
        amount=answers.amount(answers.text(row.get("amount"))),
        state=WORDS.get(answers.text(row.get("orderSearchStatus")), State.UNKNOWN),
        at=_moment(answers.text(row.get("orderCreatedTime"))),
    )


def _refund(row: Row) -> ListedRefund:
    return ListedRefund(
        order_id=answers.identifier(answers.text(row.get("orderId"))),
        refund_id=answers.identifier(answers.text(row.get("refId"))),
        gateway_refund_id=answers.identifier(answers.text(row.get("refundId"))),
        amount=answers.amount(answers.text(row.get("refundAmount"))),
        state=WORDS.get(answers.text(row.get("acceptRefundStatus")), State.UNKNOWN),
        at=_moment(answers.text(row.get("acceptRefundTimeStamp"))),
    )


ORDERS = Listing(
    operation="order_list",
    what="orders",
    flat=False,
    most_sorted=10_000,
    dates=("fromDate", "toDate"),
    page="pageNumber",
    more={"orderSearchType": "TRANSACTION", "orderSearchStatus": "SUCCESS|FAILURE|PENDING"},
    rows=_order_rows,
    entry=_order,
)
REFUNDS = Listing(
    operation="refund_list",
    what="refunds",
    flat=True,
    most_sorted=20_000,
    dates=("startDate", "endDate"),
    page="pageNum",
    more={},
    rows=_refund_rows,
    entry=_refund,
)
