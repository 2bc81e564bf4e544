"""Taking a list out: what is in the file is what the list showed, nothing in it runs, and it is written down."""

from __future__ import annotations

import csv
import io
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from paytm_kit.ledger import refunds, seeding
from paytm_kit.models import AuditEntry, Payment, ledger_writes
from paytm_kit.services import audit, export, roles
from paytm_kit.services.invented_rows import rows_of
from paytm_kit.services.invention import World, story
from tests.admin.desk import Person
from tests.paytm import TXNID

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
PAGE = "/admin/paytm_kit/payment/export/"
DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://example.com")', "-2+3|cmd"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person(transactional_db: None) -> Person:
    return Person(roles.FINANCE)


def invent(count: int) -> None:
    world = World.of(5, count, timezone.now(), 20)
    kind = ContentType.objects.get_for_model(ContentType)
    seeding.write(rows_of((story(world, n) for n in range(count)), account="default", content_type_id=kind.pk))


def take(person: Person, kind: str = "csv", query: str = "", page: str = PAGE) -> bytes:
    """The file, by way of the page that asks."""
    found = person.open(page + query)
    assert found.select_one(f"button[name=format][value={kind}]")
    token = found.select_one("#content input[name=csrfmiddlewaretoken]")["value"]
    person.response = person.client.post(page + query, {"csrfmiddlewaretoken": token, "format": kind})
    assert person.response.status_code == 200
    content = b"".join(person.response.streaming_content) if person.response.streaming else person.response.content
    person.response.close()
    return content


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def change(payment: Payment, **values: Any) -> None:
    with ledger_writes():
        Payment.objects.filter(pk=payment.pk).update(**values)


class Sheet:
    """An XLSX file as it is stored: cells by name such as ``A1``, whatever program opens it."""

    def __init__(self, content: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            self.xml = book.read("xl/worksheets/sheet1.xml").decode()
        page = ElementTree.fromstring(self.xml)
        found = [(cell.get("r", ""), cell.get("t"), "".join(cell.itertext())) for cell in page.iter(f"{MAIN}c")]
        self.cells = {name: (kind, text) for name, kind, text in found}
        self.rows = len(list(page.iter(f"{MAIN}row")))
        self.names = {text: name[:-1] for name, _kind, text in found if name.rstrip("0123456789") + "1" == name}

    def cell(self, name: str, row: int) -> tuple[str | None, str]:
        """Its type (``None`` is a number) and what it holds."""
        return self.cells[f"{self.names[name]}{row}"]


# ---- What is in it


@pytest.mark.databases
@time_machine.travel("2026-11-21T10:30:00Z", tick=False)
def test_a_csv_file_holds_each_payment_as_the_ledger_has_it(person: Person, paid: Payment) -> None:
    at = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
    change(paid, order_label="आशा की चाय", paid_at=at, closed_at=at)
    content = take(person)
    assert content.startswith(b"\xef\xbb\xbforder_id,")
    assert person.response["Content-Disposition"] == 'attachment; filename="payments-2026-11-21.csv"'
    [row] = rows(content)
    told = {
        "order_id": paid.gateway_order_id,
        "order": "आशा की चाय",
        "status": "paid",
        "amount": "499.00",
        "captured": "499.00",
        "refunded": "0.00",
        "net": "",
        "transaction_id": TXNID,
        "mode": "UPI",
        "environment": "staging",
        "paid_at": "2026-11-21T16:00:00+05:30",
        "closed_at": "2026-11-21T16:00:00+05:30",
    }
    assert {name: row[name] for name in told} == told


@pytest.mark.databases
def test_the_file_holds_what_the_list_shows_in_the_lists_order(person: Person) -> None:
    invent(300)
    query = "?status__exact=failed&o=3.1"
    whole = person.listed(query + "&all=")
    assert len(whole) > 10
    assert [row["order_id"] for row in rows(take(person, query=query))] == whole
    one = Payment.objects.filter(status="paid").first()
    assert [row["order_id"] for row in rows(take(person, query=f"?q={one.transaction_id}"))] == [one.gateway_order_id]
    assert rows(take(person, query="?q=nobody")) == []
    assert len(rows(take(person))) == 300


def test_more_rows_than_are_read_at_once_come_in_order_and_once(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "CHUNK", 7)
    invent(50)
    newest = Payment.objects.order_by("-created_at", "-pk").values_list("gateway_order_id", flat=True)
    assert [row["order_id"] for row in rows(take(person))] == list(newest)


def test_refunds_are_taken_out_the_same_way(person: Person, paid: Payment) -> None:
    given = {"reason": "=torn", "actor": "asha", "wait": False, "seen_left": None, "transaction_id": ""}
    refund = refunds.request(paid.pk, amount=Decimal("99.50"), **given)
    [row] = rows(take(person, page="/admin/paytm_kit/refund/export/"))
    assert (row["refund_id"], row["order_id"]) == (refund.refund_id, paid.gateway_order_id)
    assert (row["amount"], row["reason"], row["by"]) == ("99.50", "'=torn", "asha")
    assert AuditEntry.objects.get(action="refund.export").count == 1


# ---- Nothing in it runs


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_cell_of_a_csv_file_is_a_formula(person: Person, payment: Payment, text: str) -> None:
    change(payment, order_label=text, customer_id=text, message=text, bank_name=text)
    [row] = rows(take(person))
    assert {row[name] for name in ("order", "customer_id", "message", "bank")} == {f"'{text}"}


def test_no_cell_of_an_xlsx_file_is_a_formula_or_a_link(person: Person, start: Callable[..., Payment]) -> None:
    for text in DANGEROUS:
        change(start(), order_label=text, bank_name="https://example.com/")
    content = take(person, "xlsx")
    sheet = Sheet(content)
    assert sheet.rows == 1 + len(DANGEROUS)
    assert "<f>" not in sheet.xml
    assert "<hyperlink" not in sheet.xml
    assert all(sheet.cell(name, 2)[0] == "inlineStr" for name in ("order", "bank", "order_id"))
    texts = {sheet.cell("order", number)[1] for number in range(2, sheet.rows + 1)}
    assert texts == {text.replace("\r", "_x000D_") for text in DANGEROUS}


def test_amounts_of_an_xlsx_file_are_numbers_and_days_are_days(person: Person, paid: Payment) -> None:
    change(paid, settled_on="2026-11-22", fee_amount=Decimal("8.13"))
    sheet = Sheet(take(person, "xlsx"))
    for name, value in (("amount", 499), ("captured", 499), ("fee", 8.13), ("settled_on", 46348)):
        kind, text = sheet.cell(name, 2)
        assert (kind, float(text)) == (None, value)
    assert sheet.cell("transaction_id", 2) == ("inlineStr", TXNID)  # 35 digits: as a number it would lose 20 of them
    assert sheet.cell("paid_at", 2)[1].endswith("+05:30")


# ---- Who may, and what is written down


def test_it_is_written_down_who_took_what(person: Person, start: Callable[..., Payment]) -> None:
    start()
    take(person, query="?status__exact=processing&q=")
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.count, entry.result) == ("meera", "payment.export", 1, "done")
    assert "csv" in entry.detail
    assert "status__exact=processing" in entry.detail
    assert entry.remote_ip == "203.0.113.7"


def test_looking_at_the_page_takes_nothing_out(person: Person, payment: Payment) -> None:
    page = person.open(PAGE + "?status__exact=processing")
    assert "1 row goes into the file. It holds what the list shows with its filters" in person.text()
    assert not AuditEntry.objects.exists()
    back = page.select_one("a.cancel-link")["href"]
    assert person.listed(back.removeprefix("/admin/paytm_kit/payment/")) == [payment.gateway_order_id]


def test_what_cannot_be_written_down_is_not_given_out(
    person: Person, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("full")

    monkeypatch.setattr(audit, "record", broken)
    for kind in ("csv", "xlsx"):
        assert payment.gateway_order_id.encode() not in take(person, kind)
        assert b"nothing was exported" in person.response.content


@pytest.mark.parametrize("role", [roles.VIEWER, roles.SUPPORT])
def test_without_the_right_there_is_no_file_and_no_link(payment: Payment, role: str) -> None:
    person = Person(role, name="ravi")
    assert not person.open("/admin/paytm_kit/payment/").select("a[href*='/export/']")
    person.open(PAGE, status=403)
    assert AuditEntry.objects.get().result == "refused"
    assert Client().get(PAGE).status_code == 302


def test_the_lists_lead_there_with_their_filters(person: Person, payment: Payment) -> None:
    for path in ("/admin/paytm_kit/payment/", "/admin/paytm_kit/refund/"):
        page = person.open(path + "?q=abc")
        assert page.select(f"a[href='{path}export/?q=abc']")


# ---- What can go wrong


def test_without_the_extra_the_person_reads_what_to_install(
    person: Person, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    content = take(person, "xlsx").decode()
    assert "pip install &quot;paytm-kit[xlsx]&quot;" in content
    assert not AuditEntry.objects.exists()
    assert len(rows(take(person, "csv"))) == 1


def test_more_rows_than_a_sheet_holds_are_refused_in_words(
    person: Person, start: Callable[..., Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_XLSX", 2)
    for _ in range(3):
        start()
    assert b"A sheet holds at most 2 rows. Choose CSV" in take(person, "xlsx")


@pytest.mark.parametrize("query", ["?created_at__gte=yesterday", "?day=2026-13", "?no_such_field=1"])
def test_filters_that_make_no_sense_export_nothing(person: Person, payment: Payment, query: str) -> None:
    response = person.client.get(PAGE + query, follow=True)
    assert response.status_code == 200
    assert b"nothing was exported" in response.content


def test_a_format_that_there_is_not_is_no_file(person: Person, payment: Payment) -> None:
    token = person.open(PAGE).select_one("#content input[name=csrfmiddlewaretoken]")["value"]
    response = person.client.post(PAGE, {"csrfmiddlewaretoken": token, "format": "../../etc/passwd"})
    assert b"Choose CSV or XLSX." in response.content
    assert person.client.post(PAGE, {"format": "csv"}).status_code == 403  # no CSRF token


def test_memory_does_not_grow_with_the_rows(transactional_db: None) -> None:
    """By the peak of what Python holds while the file is made; benchmarks/export.py measures whole processes."""
    invent(3000)

    def peak(count: int) -> int:
        wanted = Payment.objects.order_by("pk")[:count]
        tracemalloc.start()
        for _piece in export.csv_text(export.PAYMENTS, wanted):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(10)  # what is kept in memory once
    assert peak(3000) < 1.5 * peak(1000)
