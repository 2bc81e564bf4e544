"""A payment's page: its story in one line of time, why it stands so and what to do, whoever reads and however long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit.gateways.paytm import codes
from paytm_kit.ledger import book
from paytm_kit.models import Announcement, Flag, Letter, Payment, RiskDecision, WireMessage
from paytm_kit.services import advice, audit, telling, timeline
from paytm_kit.testing import factories
from tests.admin.desk import Person, long_story, message, page_of

databases = pytest.mark.databases
stored = pytest.mark.django_db(transaction=True)


def entries(person: Person) -> list[str]:
    return [" ".join(item.get_text(" ").split()) for item in person.page.select(".pk-entry")]


@databases
@stored
def test_everything_that_is_kept_is_told_in_the_order_of_time(make_order: Callable[..., Order]) -> None:
    """One of each source, a minute apart, in the shop's own time."""
    start = datetime.fromisoformat("2026-11-21T23:50:00+05:30")
    with time_machine.travel(start, tick=False) as clock:
        payment = factories.payment(make_order(), "processing", hear=False)
        clock.shift(timedelta(minutes=1))
        decision = {"rule": "many failures", "action": "flag", "reason": "Five failures in an hour"}
        RiskDecision.objects.create(payment=payment, created_at=timezone.now(), numbers={"failures": 5}, **decision)
        clock.shift(timedelta(minutes=1))
        message(payment, verdict="bad_signature", http_status=400, remote_ip="198.51.100.9")
        clock.shift(timedelta(minutes=10))
        flagged = book.flag(payment.pk, Flag.STUCK, source="reconcile", message="No answer for long").events[0]
        Announcement.objects.filter(event=flagged).update(attempts=3, last_error="ValueError: no stock")
        clock.shift(timedelta(minutes=1))
        letter = {"kind": "flagged", "audience": "merchant", "state": "sent", "recipient": "s***@example.com"}
        Letter.objects.create(event=flagged, created_at=timezone.now(), **letter)
        clock.shift(timedelta(minutes=1))
        audit.by_command("command by ravi", "payment.ask", payment, detail="still pending")
    person = Person()
    person.open(page_of(payment))
    told = entries(person)
    expected = [
        ("23:50:00", "○ Opened", "through checkout"),
        ("23:50:00", "○ Shopper sent to the gateway", "status: Created → Processing"),
        ("23:51:00", "○ Noted", "many failures", "failures: 5", "Five failures in an hour"),
        ("23:52:00", "✕ Signature wrong", "received: webhook", "HTTP status: 400", "198.51.100.9"),
        ("00:02:00", "⚑ Flagged for a person", "Still open after 72 hours", "No answer for long"),
        ("00:02:00", "◐ Waiting", "payment_flagged", "attempts: 3", "ValueError: no stock"),
        ("00:03:00", "● Sent", "e-mail to the Shop: Needs a look", "s***@example.com"),
        ("00:04:00", "● Done", "payment.ask", "through command by ravi", "still pending"),
    ]
    assert len(told) == len(expected)
    for text, words in zip(told, expected, strict=True):
        assert all(word in text for word in words), text
    assert [day.get_text() for day in person.page.select(".pk-date")] == ["Nov. 21, 2026", "Nov. 22, 2026"]
    assert "All times are in Asia/Kolkata." in person.text()


@stored
def test_what_the_shopper_reads_stands_beside_the_detail(make_order: Callable[..., Order]) -> None:
    payment = factories.payment(make_order(), "failed")
    person = Person()
    person.open(page_of(payment))
    failed = next(text for text in entries(person) if "Gateway says: failed" in text)
    meaning = codes.explain(payment.code, False)
    assert f"gateway code: {payment.code}: {meaning.what}" in failed
    assert f"Shopper's text: {meaning.shopper}" in failed
    panel = " ".join(person.page.select_one(".pk-advice").get_text(" ").split())
    assert meaning.what in panel
    assert meaning.todo in panel
    assert payment.message in panel
    assert payment.shopper_text in panel


@stored
def test_bodies_are_folded_away_redacted_and_cut(paid: Payment) -> None:
    row = message(paid, request_body="x" * 5000, response_body="<script>alert(1)</script>")
    person = Person()
    person.open(page_of(paid))
    box = person.page.select_one(".pk-entry details")
    assert box.get("open") is None
    request, response = box.select("pre")
    assert request.get_text() == "x" * telling.BODY
    assert response.get_text() == "<script>alert(1)</script>"  # as text
    assert "Cut here" in box.get_text()
    link = person.page.find("a", string="received: webhook")["href"]
    assert link == page_of(row)
    person.open(link)
    assert person.page.select("pre")[0].get_text() == "x" * 5000


# ---- However long


@databases
@stored
def test_a_long_story_is_read_page_by_page_and_each_entry_once(payment: Payment) -> None:
    long_story(payment, 450)
    when = timezone.now() - timedelta(hours=1)
    same = WireMessage(direction="out", channel="status", payment=payment, correlation_id="c", created_at=when)
    WireMessage.objects.bulk_create([_copy(same, number) for number in range(40)])
    sources = telling.SOURCES
    pages, cursor = [], ""
    while True:
        story = timeline.read(payment, sources, before=cursor, limit=37)
        pages.append(story.entries)
        cursor = story.older
        if not cursor:
            break
    told = [(entry.source, entry.row.pk) for page in reversed(pages) for entry in page]
    assert len(told) == len(set(told)) == 490 + payment.events.count()
    times = [entry.at for page in reversed(pages) for entry in page]
    assert times == sorted(times)


def _copy(row: WireMessage, number: int) -> WireMessage:
    values = {"direction": row.direction, "channel": row.channel, "payment": row.payment, "created_at": row.created_at}
    return WireMessage(**values, correlation_id="c", detail=f"at once {number}")


@databases
@stored
def test_the_page_leads_to_older_entries_and_costs_the_same_queries(
    payment: Payment, django_assert_num_queries: Any
) -> None:
    person = Person()
    with django_assert_num_queries(30, exact=False) as few:
        person.open(page_of(payment))
    short = len(few)
    assert person.page.find("a", string="Older entries") is None
    long_story(payment, 450)
    with django_assert_num_queries(short, exact=False):
        person.open(page_of(payment))
    assert len(entries(person)) == timeline.PAGE
    assert "number 449" in person.text()
    assert "number 200 " not in person.text()
    older = person.page.find("a", string="Older entries")["href"]
    person.open(page_of(payment) + older)
    assert len(entries(person)) == timeline.PAGE
    assert person.page.find("a", string="Newest entries") is not None
    person.open(page_of(payment) + person.page.find("a", string="Older entries")["href"])
    assert "number 0" in person.text()
    assert person.page.find("a", string="Older entries") is None
    person.open(f"{page_of(payment)}?story=wire")
    older = parse_qs(urlsplit(person.page.find("a", string="Older entries")["href"]).query)
    assert older["story"] == ["wire"]


@stored
def test_an_address_that_somebody_wrote_by_hand_still_shows_a_story(payment: Payment) -> None:
    person = Person()
    for query in (
        "before=x",
        "before=2026-11-21T00:00:00|wire|1",
        "before=2026-13-21T00:00:00%2B05:30|wire|1",
        "before=2026-11-21T00:00:00%2B05:30|nowhere|1",
        "before=2026-11-21T00:00:00%2B05:30|wire|x",
        "before=2026-11-21T00:00:00%2B05:30|wire|" + "9" * 40,
        "before=0001-01-01T00:00:00%2B05:30|wire|1",
        "before=%00&story=%00",
        "story=nonsense",
    ):
        person.open(f"{page_of(payment)}?{query}")
        assert person.page.select_one(".pk-story") is not None, query


@stored
def test_one_kind_of_entry_can_be_read_alone(paid: Payment) -> None:
    message(paid)
    audit.by_command("ravi", "payment.ask", paid)
    person = Person()
    for name, words in (("wire", "received: webhook"), ("events", "Money captured"), ("audit", "payment.ask")):
        person.open(f"{page_of(paid)}?story={name}")
        told = entries(person)
        assert told
        assert all(words in text or name == "events" for text in told)
        assert person.page.select_one(".pk-chips [aria-current=true]").get_text() != "Everything"


@stored
def test_nobody_reads_in_the_story_what_they_may_not_read_elsewhere(paid: Payment) -> None:
    message(paid, request_body='{"ORDERID": "secret to some"}')
    audit.by_command("ravi", "payment.ask", paid)
    viewer = Person("Paytm viewer")
    viewer.open(page_of(paid))
    assert "secret to some" in viewer.text()
    assert "payment.ask" not in viewer.text()  # who did what is for finance
    viewer.user.groups.get().permissions.filter(codename="view_wiremessage").delete()
    fresh = Person("", name="boss")
    fresh.user.is_superuser = False
    fresh.user.save()
    fresh.user.user_permissions.set(viewer.user.groups.get().permissions.filter(codename="view_payment"))
    fresh.open(page_of(paid))
    assert "secret to some" not in fresh.text()
    assert "received: webhook" not in fresh.text()


# ---- Why, and what to do


def standing(**values: Any) -> Payment:
    now = timezone.now()
    given = {"gateway": "paytm", "status": "processing", "started_at": now, "created_at": now, "flags": "", "code": ""}
    return Payment(**{**given, **values})


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({}, "on the gateway's page"),
        ({"started_at": datetime(2026, 1, 1, tzinfo=timezone.get_default_timezone())}, "neither paid nor failed"),
        ({"status": "expired"}, "never completed"),
        ({"status": "failed"}, "A person closed it"),
        ({"status": "failed", "code": "227"}, "declined by the bank"),
        ({"status": "failed", "code": "31337"}, "does not know"),
        ({"status": "failed", "code": "227", "gateway": "another"}, "does not know"),
        ({"flags": "stuck"}, "held"),
        ({"status": "failed", "flags": "amount_mismatch"}, "held"),
    ],
)
def test_every_situation_has_its_sentence(values: dict[str, Any], what: str) -> None:
    said = advice.about(standing(**values))
    assert said is not None
    assert what in said.what
    assert said.todo.endswith(".")


def test_nothing_is_said_about_a_payment_that_went_well() -> None:
    assert advice.about(standing(status="paid", code="01")) is None


@pytest.mark.parametrize("flag", Flag)
def test_every_flag_says_what_to_do(flag: Flag) -> None:
    (said,) = advice.about_flags(standing(flags=flag.value))
    assert said.what == flag.label
    assert len(said.todo) > 30
    assert said.todo.endswith(".")


def test_every_code_of_the_gateway_has_a_meaning_and_a_remedy_to_translate() -> None:
    """What stands in the tables is marked, so that translators see it."""
    with open(codes.__file__, encoding="utf-8") as source:
        text = " ".join(source.read().split())
    for row in codes.CODES.values():
        assert f'_("{row.meaning}")' in text, row.code
        assert row.action
        assert f'_("{row.action[:40]}' in text.replace('( "', '("'), row.code


@stored
def test_a_payment_that_a_rule_holds_says_so(make_order: Callable[..., Order]) -> None:
    payment = factories.payment(make_order(), "created")
    now = timezone.now()
    RiskDecision.objects.create(payment=payment, rule="velocity", action="hold", reason="Too fast", created_at=now)
    person = Person()
    person.open(page_of(payment))
    assert "A risk rule keeps it from starting" in person.text()
    assert "Too fast" in person.text()


@stored
def test_every_column_that_is_not_secret_can_be_read(paid: Payment) -> None:
    person = Person()
    person.open(page_of(paid))
    labels = {label.get_text(strip=True).rstrip(":").lower() for label in person.page.select("fieldset label")}
    hidden = {
        "id",
        "token",
        "open_slot",
        "shopper_text_source",
        "content_type",
        "object_id",
        "status",
        "flags",
        "page_lifetime",
    }
    missing = [
        field.name
        for field in Payment._meta.fields
        if field.name not in hidden and str(field.verbose_name).lower() not in labels
    ]
    assert missing == []
