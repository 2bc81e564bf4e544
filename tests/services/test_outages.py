"""A gateway that cannot begin: noted once per payment and reason, announced, written about once an hour, counted."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit import signals
from paytm_kit.gateways.base import ConfigurationError, GatewayError, Refused, Unreachable
from paytm_kit.ledger import book
from paytm_kit.models import Letter, Payment, PaymentEvent
from paytm_kit.services import opening, outages, rebuild
from paytm_kit.testing.fake import FakePaytm, faked
from tests.begin import begin
from tests.ledger.test_book import success
from tests.ledger.test_races import together

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime.fromisoformat("2026-11-21T12:10:00+05:30")
Kind = PaymentEvent.Kind
MAIL = {"EMAIL": True, "EMAIL_FROM": "Kadamb <orders@example.com>", "EMAIL_MERCHANT": ["desk@example.com"]}


@pytest.fixture
def gateway(transactional_db: None, settings: Any) -> Iterator[FakePaytm]:
    with faked() as fake:
        settings.PAYTM_KIT = {**fake.settings(), **MAIL}
        yield fake


@pytest.fixture
def turned_away(
    gateway: FakePaytm, make_order: Callable[..., Order], client: Client
) -> Callable[..., tuple[Payment, Any]]:
    """Somebody presses "Pay" and the gateway cannot begin; the payment and the page that they see."""

    def press(error: GatewayError | None = None, payment: Payment | None = None) -> tuple[Payment, Any]:
        payment = payment or opening.open_payment(make_order())
        gateway.fail("start", error or Unreachable("POST /initiate: no answer within 30 s"))
        return payment, client.get(f"/paytm/pay/{payment.token}/")

    return press


def noted(payment: Payment) -> list[tuple[str, str]]:
    return list(payment.events.filter(kind=Kind.NOT_STARTED).values_list("code", "message"))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unreachable("no answer within 30 s"), "unreachable"),
        (Refused("the merchant is blocked", gateway_code="2005"), "2005"),
        (ConfigurationError("the key has 3 bytes"), "configuration"),
    ],
)
def test_the_ledger_notes_why_and_nothing_about_money_moves(
    turned_away: Callable[..., Any], error: GatewayError, code: str
) -> None:
    payment, _page = turned_away(error)
    assert noted(payment) == [(code, str(error))]
    event = payment.events.get(kind=Kind.NOT_STARTED)
    payment.refresh_from_db()
    assert (event.amount, event.source, event.status_before) == (None, "checkout", event.status_after)
    assert (payment.captured_amount, payment.flags, payment.handed_out_at) == (0, "", None)
    assert [drift for found in rebuild.run() for drift in found] == []


def test_the_same_reason_is_noted_once_and_another_one_besides(turned_away: Callable[..., Any]) -> None:
    payment, _page = turned_away()
    turned_away(payment=payment)
    assert len(noted(payment)) == 1
    turned_away(Refused("no", gateway_code="2005"), payment)
    turned_away(Refused("no", gateway_code="2013"), payment)
    assert [code for code, _message in noted(payment)] == ["unreachable", "2005", "2013"]


def test_what_is_noted_holds_no_secret_and_fits(turned_away: Callable[..., Any]) -> None:
    payment, _page = turned_away(
        Refused(f"card 4111111111111111 of asha@example.com {'x' * 900}", gateway_code="9" * 90)
    )
    [(code, message)] = noted(payment)
    assert (len(code), len(message) <= 500) == (64, True)
    assert "4111111111111111" not in message
    assert "asha@example.com" not in message


def test_the_merchants_code_hears_of_it_with_the_payment_and_the_order(turned_away: Callable[..., Any]) -> None:
    heard: list[tuple[Any, ...]] = []

    def listen(payment: Payment, order: Order, event: PaymentEvent, **more: Any) -> None:
        heard.append((payment.pk, order.pk, event.code))

    signals.payment_not_started.connect(listen)
    try:
        payment, _page = turned_away()
        turned_away(payment=payment)
    finally:
        signals.payment_not_started.disconnect(listen)
    assert heard == [(payment.pk, int(payment.object_id), "unreachable")]


def test_a_paid_order_is_none_the_worse_for_it(turned_away: Callable[..., Any]) -> None:
    """A second press whose answer got lost, and the first one's money came all the same."""
    payment = begin(opening.open_payment(turned_away()[0].order).pk)
    turned_away(payment=payment)
    assert book.apply(payment.pk, success(payment), source="webhook").payment.is_paid
    outages.note(payment, Unreachable("late"))
    payment.refresh_from_db()
    assert (payment.is_paid, payment.flags) == (True, "")
    assert [drift for found in rebuild.run() for drift in found] == []


def test_a_database_that_will_not_write_keeps_nobody_from_the_page(
    turned_away: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("disk full")

    monkeypatch.setattr(book, "could_not_begin", broken)
    payment, page = turned_away()
    assert (page.status_code, noted(payment)) == (503, [])
    assert b"could not be started" in page.content


# -- the letter


@pytest.mark.databases
def test_an_outage_is_one_letter_an_hour_however_many_customers_it_meets(turned_away: Callable[..., Any]) -> None:
    with time_machine.travel(NOON, tick=False) as now:
        for _ in range(3):
            turned_away()
        assert [letter.subject.partition(":")[0] for letter in mail.outbox] == ["Gateway could not begin"]
        now.shift(timedelta(hours=1))
        payment, _page = turned_away()
    first, second = mail.outbox
    assert first.to == ["desk@example.com"]
    assert "unreachable POST /initiate: no answer within 30 s" in first.body
    for letter, count in ((first, 1), (second, 1)):
        assert f"Payments it could not begin in the last hour: {count}" in letter.body
    assert f"/admin/paytm_kit/payment/{payment.pk}/change/" in second.body
    assert set(Letter.objects.values_list("kind", "audience", "state")) == {("not_started", "merchant", "sent")}


def test_a_letter_that_waited_for_the_mail_server_says_how_many_there_are_by_then(
    turned_away: Callable[..., Any], settings: Any
) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "EMAIL_AT_ONCE": False}
    with time_machine.travel(NOON, tick=False):
        for _ in range(4):
            turned_away()
        call_command("paytm_reconcile", stdout=io.StringIO())
    [letter] = mail.outbox
    assert "Payments it could not begin in the last hour: 4" in letter.body


def test_each_account_has_its_own_letter(gateway: FakePaytm, turned_away: Callable[..., Any], settings: Any) -> None:
    accounts = settings.PAYTM_KIT["ACCOUNTS"]
    both = {**accounts, "second": accounts["default"]}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": both}
    payment, _page = turned_away()
    turned_away(payment=opening.retry(payment, account="second"))
    assert ["Account: second" in letter.body for letter in mail.outbox] == [False, True]
    assert outages.lately() == {"default": 1, "second": 1}


def test_it_can_be_left_out(turned_away: Callable[..., Any], settings: Any) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "EMAIL_MERCHANT_KINDS": ["paid"]}
    turned_away()
    assert (Letter.objects.count(), mail.outbox) == (0, [])


@pytest.mark.databases
@pytest.mark.usefixtures("gateway")
def test_of_many_at_once_one_writes_it(make_order: Callable[..., Order]) -> None:
    payments = [opening.open_payment(make_order()) for _ in range(4)]
    together(*(lambda payment=payment: outages.note(payment, Unreachable("down")) for payment in payments))
    assert PaymentEvent.objects.filter(kind=Kind.NOT_STARTED).count() == 4
    assert Letter.objects.count() == 1


# -- where staff see it


def test_staff_read_it_in_the_story_the_overview_and_the_doctor(turned_away: Callable[..., Any]) -> None:
    payment, _page = turned_away()
    turned_away()
    begin(opening.open_payment(payment.order).pk)
    desk = Client()
    desk.force_login(User.objects.create_superuser("meera"))
    story = desk.get(f"/admin/paytm_kit/payment/{payment.pk}/change/").content.decode()
    assert "Gateway could not begin" in story
    assert "POST /initiate: no answer within 30 s" in story
    overview = desk.get("/admin/paytm_kit/payment/overview/").content.decode()
    assert "payments that could not begin in the last hour: 2" in overview
    assert 'account "default" could not begin payments in the last hour: 2' in doctor()
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=True):
        assert "could not begin" not in doctor()


def doctor() -> str:
    out = io.StringIO()
    call_command("paytm_doctor", "--offline", "--no-color", stdout=out)
    return out.getvalue()
