"""Finding a payment: by its numbers, by a customer's contact, by day, age or bank; in few queries always."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit.admin import badges
from paytm_kit.admin.filters import span
from paytm_kit.masking import findable
from paytm_kit.models import (
    Announcement,
    AuditEntry,
    Dispute,
    Flag,
    Payment,
    PaymentEvent,
    Refund,
    WireMessage,
)
from paytm_kit.services import finding
from paytm_kit.testing import factories
from tests.admin.desk import Person, message

databases = pytest.mark.databases
stored = pytest.mark.django_db(transaction=True)
INDIA = ZoneInfo("Asia/Kolkata")


# ---- Contacts


@pytest.mark.parametrize(
    ("contact", "kept"),
    [
        ("asha@example.com", "a***@example.com"),
        (" Asha@Example.COM ", "a***@example.com"),
        ("a***@example.com", "a***@example.com"),
        ("9000000001", "******0001"),
        ("+91 90000 00001", "******0001"),
        ("09000000001", "******0001"),
        ("", ""),
        ("123", ""),
        ("a@b\nc@example.com", "a***@example.com"),
    ],
)
def test_a_contact_is_kept_in_one_masked_form(contact: str, kept: str) -> None:
    assert findable(contact) == kept


@stored
def test_a_customers_contact_finds_their_payments_whole_or_masked(make_order: Callable[..., Order]) -> None:
    hers = factories.payment(make_order(), "paid")
    factories.payment(make_order(email="ravi@example.org", mobile="9000000002"), "paid")
    person = Person()
    for typed in (
        *("asha@example.com", "ASHA@example.com", "a***@example.com", "9000000001", "+919000000001", "******0001"),
        *("*0001", "…0001", "asha@example.com 9000000001"),
    ):
        assert person.listed(f"?q={quote(typed)}") == [hers.gateway_order_id], typed


@stored
def test_e_mail_and_number_together_tell_customers_apart(make_order: Callable[..., Order]) -> None:
    hers = factories.payment(make_order(), "paid")
    factories.payment(make_order(mobile="9000000002"), "paid")
    factories.payment(make_order(email="ravi@example.com"), "paid")
    person = Person()
    assert len(person.listed("?q=anna@example.com")) == 2  # masked alike: two customers' payments
    assert person.listed("?q=asha@example.com+9000000001") == [hers.gateway_order_id]
    assert person.listed("?q=asha@example.com+9000000003") == []


@stored
def test_no_contact_is_kept_whole(make_order: Callable[..., Order]) -> None:
    payment = factories.payment(make_order(), "paid")
    row = str(Payment.objects.filter(pk=payment.pk).values().get())
    assert "asha@" not in row
    assert "9000000001" not in row
    person = Person()
    person.open(f"/admin/paytm_kit/payment/{payment.pk}/change/")
    assert "a***@example.com" in person.text()
    assert "******0001" in person.text()


# ---- Numbers


@databases
@stored
def test_each_id_finds_its_payment_alone(make_order: Callable[..., Order]) -> None:
    wanted = factories.payment(make_order(), "part_refunded")
    factories.payment(make_order(), "paid")
    refund = wanted.refunds.get()
    person = Person()
    for text in (
        wanted.gateway_order_id,
        wanted.gateway_order_id[-6:],
        wanted.order_label,
        wanted.transaction_id,
        wanted.bank_transaction_id,
        refund.refund_id,
        f"  {wanted.gateway_order_id} ",
    ):
        assert person.listed(f"?q={quote(text)}") == [wanted.gateway_order_id], text
    refunds = "/admin/paytm_kit/refund/"
    for text in (refund.refund_id, wanted.gateway_order_id, wanted.order_label, refund.refund_id[-8:], "******0001"):
        assert person.listed(f"?q={quote(text)}", refunds) == [refund.refund_id], text


@stored
def test_odd_texts_find_nothing_and_break_nothing(make_order: Callable[..., Order]) -> None:
    factories.payment(make_order(), "created")
    person = Person()
    for text in ("%", "'; --", "a" * 5000, "@", "***", "()[]*+", "٣٣٣٣", "😀"):
        assert person.listed(f"?q={quote(text)}") == [], text
    for model in (
        "payment",
        "refund",
        "dispute",
        "wiremessage",
        "paymentevent",
        "announcement",
        "letter",
        "auditentry",
    ):
        person.open(f"/admin/paytm_kit/{model}/?q=%00")
        assert person.listed("?q=%27%22%3Cscript%3E", f"/admin/paytm_kit/{model}/") == [], model


FINDERS = {
    Payment: finding.PAYMENTS,
    Refund: finding.REFUNDS,
    Dispute: finding.DISPUTES,
    PaymentEvent: finding.EVENTS,
    WireMessage: finding.MESSAGES,
    Announcement: finding.ANNOUNCEMENTS,
    AuditEntry: finding.AUDIT,
}


@databases
@stored
def test_an_id_is_looked_up_by_indexes_alone(make_order: Callable[..., Order]) -> None:
    """With table scans forbidden PostgreSQL still has a way: each part of the union has an index."""
    if connection.vendor != "postgresql":
        pytest.skip("EXPLAIN is read on PostgreSQL")
    factories.payment(make_order(), "part_refunded")
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
    try:
        for model, finder in FINDERS.items():
            plan = finding._by_key(model, finder.keys, "x").explain()
            assert "Seq Scan" not in plan, f"{model.__name__}: {plan}"
        contact = finding.find(Payment.objects.all(), finding.PAYMENTS, "asha@example.com 9000000001")
        assert "Seq Scan" not in contact.explain()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET enable_seqscan = on")


# ---- Days of the merchant's calendar


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2028-02", "2028-02-01", "2028-03-01"),
        ("2026-12-31", "2026-12-31", "2027-01-01"),
        ("2028-02-29", "2028-02-29", "2028-03-01"),
    ],
)
def test_a_year_a_month_and_a_day_are_ranges_in_the_shops_time(text: str, first: str, after: str) -> None:
    ends = [datetime.fromisoformat(end).replace(tzinfo=INDIA) for end in (first, after)]
    assert list(span(text)) == ends


def test_a_day_on_which_the_clocks_change_has_its_own_length() -> None:
    with timezone.override(ZoneInfo("Europe/London")):
        first, after = span("2026-03-29")
    assert after.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=23)


@pytest.mark.parametrize(
    "text", ["", "26", "2026-13", "2026-02-30", "2026-1", "0000", "0001", "9999", "٢٠٢٦", "2026-11-21x"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        span(text)


@databases
@stored
def test_the_list_leads_from_year_to_month_to_day(make_order: Callable[..., Order]) -> None:
    """The last minute of a day in India is still the same day, though UTC and others count differently."""
    moments = ("2026-10-31T23:59:59+05:30", "2026-11-01T00:00:00+05:30", "2026-11-21T12:00:00+05:30")
    made = []
    for moment in moments:
        with time_machine.travel(datetime.fromisoformat(moment), tick=False):
            made.append(factories.payment(make_order(), "created").gateway_order_id)
    with time_machine.travel(datetime.fromisoformat("2026-11-21T20:00:00+05:30"), tick=True):
        person = Person()
        assert len(person.listed()) == 3
        assert links(person) == {"All days": "?", "Today": "?day=2026-11-21", "2026": "?day=2026"}
        assert len(person.listed("?day=2026")) == 3
        assert links(person)["October"] == "?day=2026-10"
        assert "September" not in links(person)
        assert person.listed("?day=2026-10") == made[:1]
        assert person.listed("?day=2026-11") == [made[2], made[1]]
        days = links(person)
        assert days["1"] == "?day=2026-11-01"
        assert days["21"] == "?day=2026-11-21"
        assert "22" not in days
        assert person.listed("?day=2026-11-01") == made[1:2]
        assert links(person)["November 2026"] == "?day=2026-11"  # the way back
        assert person.listed("?day=2026-11-21&status__exact=created") == made[2:]
        assert links(person)["1"] == "?day=2026-11-01&status__exact=created"
        assert person.listed("?day=2025") == []


def links(person: Person) -> dict[str, str]:
    return {link.get_text(strip=True): link["href"] for link in person.page.select(".pk-days a")}


@stored
def test_a_day_that_is_none_leads_back_to_the_list(make_order: Callable[..., Order]) -> None:
    factories.payment(make_order(), "created")
    person = Person()
    for day in ("2026-13", "x", "9999", "0001", "2026-11-21%00"):
        response = person.client.get(f"/admin/paytm_kit/payment/?day={day}")
        assert (response.status_code, response["Location"]) == (302, "/admin/paytm_kit/payment/?e=1"), day


# ---- Other filters


@databases
@stored
def test_open_ones_are_found_by_age(make_order: Callable[..., Order]) -> None:
    ages = {"5m": timedelta(minutes=5), "30m": timedelta(minutes=30), "2h": timedelta(hours=2), "4d": timedelta(days=4)}
    made = {name: factories.payment(make_order(), "processing", ago=age) for name, age in ages.items()}
    factories.payment(make_order(), "paid", ago=timedelta(days=9))
    names = {payment.gateway_order_id: name for name, payment in made.items()}
    person = Person()
    for age, found in (("15m", "30m 2h 4d"), ("1h", "2h 4d"), ("6h", "4d"), ("72h", "4d"), ("nonsense", None)):
        listed = person.listed(f"?open_for={age}")
        assert len(listed) == 5 if found is None else [names[each] for each in listed] == found.split()


@stored
def test_banks_and_ways_to_pay_are_offered_as_they_occur_in_words(make_order: Callable[..., Order]) -> None:
    made = [factories.payment(make_order(), "paid") for _ in range(3)]
    for payment, (mode, bank) in zip(made, [("CC", "HDFC"), ("NB", "SBI"), ("NB", "SBI")], strict=True):
        with connection.cursor() as cursor:
            values = [mode, bank, payment.pk]
            cursor.execute("UPDATE paytm_kit_payment SET payment_mode = %s, bank_name = %s WHERE id = %s", values)
    person = Person()
    person.open("/admin/paytm_kit/payment/")
    offered = person.page.select_one("#changelist-filter").get_text(" ", strip=True)
    assert "By payment mode All Credit card Net banking" in offered
    assert "By bank All HDFC SBI" in offered
    assert "By gateway" not in offered  # there is one: nothing to choose
    assert len(person.listed("?payment_mode=NB&bank_name=SBI")) == 2
    assert person.listed("?bank_name=Elsewhere") == []
    assert "By bank All Elsewhere HDFC SBI" in person.page.select_one("#changelist-filter").get_text(" ", strip=True)


# ---- What it costs


@databases
@stored
def test_a_list_costs_as_many_queries_with_many_rows_as_with_few(
    make_order: Callable[..., Order], django_assert_num_queries: Any
) -> None:
    person = Person()
    paths = {
        "payment": 9,
        "payment/?q=nobody": 10,
        "payment/?day=2026-11&flag=any&status__exact=paid&open_for=1h&payment_mode=UPI": 9,
        "refund": 8,
        "dispute": 8,
        "paymentevent": 9,
        "wiremessage": 9,
        "announcement": 9,
        "auditentry": 9,
    }
    for times in (2, 6):
        for _ in range(times):
            payment = factories.payment(make_order(), "part_refunded")
            factories.payment(make_order(), "disputed")
            message(payment)
        for path, most in paths.items():
            address = f"/admin/paytm_kit/{path}" + ("" if "?" in path else "/")
            with django_assert_num_queries(most, exact=False, info=path):
                person.open(address)


@stored
def test_badges_say_in_words_and_by_a_shape_what_they_say_by_colour(make_order: Callable[..., Order]) -> None:
    for kind, looks in badges.LOOKS.items():
        for state, (shape, tone) in looks.items():
            assert shape.strip(), (kind, state)
            assert tone in ("good", "wait", "bad", "quiet")
    assert set(badges.FLAGS) == set(Flag)
    factories.payment(make_order(), "held")
    person = Person()
    person.listed()
    shown = [badge.get_text() for badge in person.page.select("#result_list .pk-badge")]
    assert shown == ["◐ Processing", "⚑ other amount"]
    assert person.page.select_one(".pk-badge[title]")["title"] == "The gateway reports another amount"
