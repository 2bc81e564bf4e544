"""A payment's news reach another system: at least once, signed, whatever that system does meanwhile."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit.conf.tables import OUTGOING_EVENTS
from paytm_kit.ledger import book
from paytm_kit.models import Announcement, Payment
from paytm_kit.outgoing import bodies, deliveries, verify
from paytm_kit.outgoing.models import Attempt, Delivery
from paytm_kit.services import announce, reconcile
from paytm_kit.signals import BY_NAME, payment_succeeded
from tests.ledger.test_book import success
from tests.outgoing.conftest import OLD_SECRET, SECRET, Configure, Rows, reconciled
from tests.outgoing.server import DRIPS, ENDLESS, HANGS, SLAMS, Receiver, Says
from tests.paytm import Paytm, callback_fields, post_webhook

pytestmark = [pytest.mark.django_db(transaction=True)]
databases = pytest.mark.databases

Endpoint = Callable[..., dict[str, Any]]


def pay(payment: Payment) -> None:
    """The money comes, and everybody hears of it, as after a webhook of the gateway's."""
    announce.after_commit(book.apply(payment.pk, success(payment), source="webhook").announcement_ids)


def log() -> list[tuple[Any, ...]]:
    return list(Attempt.objects.order_by("pk").values_list("number", "http_status", "error"))


# ---- It arrives


@databases
def test_a_paid_payment_is_told_at_once_and_what_is_told_can_be_proved(
    erp: Receiver, payment: Payment, paytm: Paytm, client: Client, rows: Rows
) -> None:
    paytm.wire.add_passthru(erp.url)
    paytm.will_say(payment=payment)
    assert post_webhook(client, callback_fields(payment)).status_code == 200
    [taken] = erp.taken
    message = verify.verify(taken.body, taken.headers, SECRET)
    payment.refresh_from_db()
    event = payment.events.get(kind="captured")
    assert message["type"] == "payment.succeeded"
    assert (message["id"], message["sequence"]) == (taken.headers["webhook-id"], event.pk)
    assert (message["api_version"], message["created_at"][-1]) == ("2026-11-21", "Z")
    told = message["data"]["payment"]
    assert (told["gateway_order_id"], told["status"]) == (payment.gateway_order_id, "paid")
    assert (told["amount"], told["captured_amount"], told["currency"]) == ("499.00", "499.00", "INR")
    assert (told["order_type"], told["order_key"]) == ("shop.order", payment.object_id)
    assert told["transaction_id"] == payment.transaction_id
    assert (message["data"]["refund"], message["data"]["dispute"]) == (None, None)
    assert rows("endpoint", "kind", "state", "attempts", "note") == [("erp", "payment.succeeded", "delivered", 1, "")]
    assert log() == [(1, 204, "")]


def test_nobody_in_person_stands_in_it(erp: Receiver, make_order: Callable[..., Order], start: Any) -> None:
    order = make_order(name="Asha Canary", email="canary@example.com", mobile="9000012345", address="Canary Road")
    pay(start(order))
    text = erp.taken[0].body.decode() + str(erp.taken[0].headers)
    assert not [word for word in ("Canary", "canary", "9000012345", "2345") if word in text]
    payment = Payment.objects.get()
    assert payment.customer_id not in json.loads(erp.taken[0].body)["data"]["payment"].values()
    assert payment.token not in text


def test_a_refund_is_told_with_its_facts(erp: Receiver, paid: Payment, paytm: Paytm) -> None:
    from paytm_kit import refunds

    paytm.wire.add_passthru(erp.url)
    paytm.will_refund()
    refund = refunds.request(paid, "99.00", reason="secret reason", actor="meera")
    message = json.loads(erp.taken[-1].body)
    assert message["type"] == "refund.started"
    told = message["data"]["refund"]
    assert (told["refund_id"], told["amount"], told["status"]) == (refund.refund_id, "99.00", "pending")
    assert "secret reason" not in erp.taken[-1].body.decode()
    assert "meera" not in erp.taken[-1].body.decode()


def test_every_announcement_has_a_type() -> None:
    assert tuple(bodies.kind_of(name) for name in BY_NAME) == OUTGOING_EVENTS


def test_each_system_hears_what_it_chose(
    configure: Configure, endpoint: Endpoint, receiver: Receiver, payment: Payment, rows: Rows
) -> None:
    configure(
        erp=endpoint(EVENTS=["refund.succeeded"]),
        crm=endpoint(EVENTS="payment.succeeded, payment.failed"),
        off=endpoint(ENABLED=False),
        books=endpoint(),
    )
    pay(payment)
    assert rows("endpoint", "state") == [("crm", "delivered"), ("books", "delivered")]
    assert len(set(receiver.ids)) == 1  # one event, one id, whoever hears of it


def test_without_an_endpoint_nothing_is_written(payment: Payment, rows: Rows) -> None:
    pay(payment)
    assert rows("pk") == []
    assert reconciled().posted == 0


# ---- It does not arrive


@pytest.mark.parametrize(
    ("says", "error"),
    [
        (Says(500, text="oops"), "HTTP status 500"),
        (Says(404), "HTTP status 404"),
        (
            Says(301, {"Location": "http://127.0.0.1:1/elsewhere"}),
            "HTTP status 301: redirects are not followed; set URL to where it leads",
        ),
        (Says(SLAMS), "no connection (ConnectionError)"),
        (Says(HANGS), "time-out: no answer within 0.4 s"),
        (Says(DRIPS), "time-out: no answer within 0.4 s"),
    ],
    ids=lambda value: str(value.way) if isinstance(value, Says) else "",
)
def test_whatever_the_other_system_does_the_payment_is_paid_and_the_webhook_waits(
    configure: Configure, endpoint: Endpoint, receiver: Receiver, payment: Payment, rows: Rows, says: Says, error: str
) -> None:
    configure(erp=endpoint(), OUTGOING_TIMEOUT=0.4)
    receiver.says = says
    before = time.monotonic()
    pay(payment)
    assert time.monotonic() - before < 8
    payment.refresh_from_db()
    assert (payment.status, Announcement.objects.get().state) == ("paid", "delivered")
    assert rows("state", "attempts", "rung", "note") == [("waiting", 1, 1, error)]
    assert log()[0][2] == error
    assert len(receiver.taken) == 1

    receiver.says = Says(200)
    assert reconciled(timedelta(seconds=50)).posted == 0  # not before its time
    report = reconciled(timedelta(minutes=2))
    assert (report.posted, report.unposted) == (1, 0)
    assert rows("state", "attempts", "note") == [("delivered", 2, "")]
    first, second = receiver.taken
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]  # signed with the attempt's time


def test_an_endless_answer_is_read_no_further_than_a_few_kib_and_its_status_counts(
    erp: Receiver, payment: Payment, rows: Rows
) -> None:
    erp.will(ENDLESS)
    before = time.monotonic()
    pay(payment)
    assert time.monotonic() - before < 8
    assert rows("state") == ["delivered"]
    assert len(Attempt.objects.get().answer) == 300
    assert erp.cut.wait(5)


@databases
def test_the_ladder_has_the_documented_rungs_and_ends_after_days_with_a_word(
    erp: Receiver, payment: Payment, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    erp.will(500)
    pay(payment)
    at = timedelta()
    for minutes in (1, 5, 30, 120, 480, 1440, 1440):
        assert reconciled(at + timedelta(minutes=minutes - 1 / 6)).errors == []
        at += timedelta(minutes=minutes, seconds=5)
        assert [row.error for row in reconciled(at).errors] == ["HTTP status 500"]
    assert rows("state", "attempts") == [("waiting", 8)]
    reconciled(timedelta(days=4, minutes=5))
    assert rows("state", "attempts", "next_try_at", "note") == [("given_up", 8, None, "HTTP status 500")]
    assert "outgoing.given_up" in caplog.text
    assert len(erp.taken) == 8


def test_410_ends_it_at_once_and_says_so(erp: Receiver, payment: Payment, rows: Rows) -> None:
    erp.will(410)
    pay(payment)
    assert rows("state", "next_try_at", "note") == [("refused", None, "HTTP status 410")]
    assert reconciled(timedelta(days=1)).posted == 0
    assert len(erp.taken) == 1


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("600", 600), ("5", 60), ("99999999999", 86400), ("rubbish", 60), ("-5", 60), ("", 60), ("²", 60)],
)
def test_retry_after_is_respected_and_never_for_longer_than_a_day(
    erp: Receiver, payment: Payment, asked: str, seconds: int
) -> None:
    erp.next = [Says(503)]
    erp.next[0].headers = {"Retry-After": asked.encode("utf-8").decode("latin-1")}
    pay(payment)
    row = Delivery.objects.get()
    assert row.next_try_at is not None
    assert abs((row.next_try_at - row.created_at).total_seconds() - seconds) < 5


def test_retry_after_may_be_a_date() -> None:
    from email.utils import format_datetime

    from django.utils import timezone

    from paytm_kit.outgoing import wire

    later = wire._retry_after(format_datetime(timezone.now() + timedelta(minutes=10), usegmt=False))
    assert later is not None
    assert abs(later - 600) < 3
    assert wire._retry_after(format_datetime(timezone.now() - timedelta(days=1))) == 0


# ---- One in trouble does not stop the others


@databases
def test_one_bad_endpoint_stops_no_other_and_no_request_waits_for_it_twice(
    configure: Configure, endpoint: Endpoint, receiver: Receiver, start: Callable[..., Payment], rows: Rows
) -> None:
    bad = Receiver()
    bad.will(HANGS)
    try:
        configure(bad=endpoint(URL=bad.url), good=endpoint(), OUTGOING_TIMEOUT=0.4)
        for _ in range(3):
            pay(start())
        assert rows("endpoint", "state", "attempts") == [
            ("bad", "waiting", 1),
            ("good", "delivered", 1),
            ("bad", "waiting", 0),
            ("good", "delivered", 1),
            ("bad", "waiting", 0),
            ("good", "delivered", 1),
        ]
        report = reconciled(timedelta(minutes=2))
        # one of the three is tried: the others need not find out, too
        assert (report.posted, report.unposted, len(report.errors)) == (0, 3, 1)
    finally:
        bad.stop()
    assert len(receiver.taken) == 3


def test_a_broken_endpoint_keeps_its_webhooks_until_it_is_mended(
    configure: Configure, endpoint: Endpoint, receiver: Receiver, payment: Payment, rows: Rows
) -> None:
    configure(erp=endpoint(SECRET="too short"))
    pay(payment)
    assert rows("state", "attempts") == [("waiting", 0)]
    assert reconciled(timedelta(minutes=5)).unposted == 1
    configure(erp=endpoint())
    assert reconciled(timedelta(minutes=5)).posted == 1
    assert rows("state") == ["delivered"]


def test_what_is_no_longer_wanted_is_not_sent(
    configure: Configure, endpoint: Endpoint, receiver: Receiver, payment: Payment, rows: Rows
) -> None:
    configure(erp=endpoint(), OUTGOING_AT_ONCE=False)
    pay(payment)
    assert receiver.taken == []
    configure(erp=endpoint(EVENTS=["refund.succeeded"]))
    reconciled(timedelta(minutes=1))
    assert rows("state") == ["skipped"]
    assert receiver.taken == []


@databases
def test_of_an_endpoint_that_is_gone_they_wait_and_are_given_up(
    configure: Configure, endpoint: Endpoint, payment: Payment, rows: Rows
) -> None:
    configure(erp=endpoint(), OUTGOING_AT_ONCE=False)
    pay(payment)
    configure()
    assert reconciled(timedelta(days=3)).unposted == 1
    reconciled(timedelta(days=4, minutes=1))
    assert rows("state", "note") == [("given_up", "Its time was over before anybody could send it.")]


def test_settings_that_cannot_be_read_stop_no_announcement(payment: Payment, settings: Any, rows: Rows) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "OUTGOING_WEBHOOKS": ["erp"]}
    pay(payment)
    assert Announcement.objects.get().state == "delivered"
    assert rows("pk") == []


# ---- Crashes and races


@databases
def test_a_crash_between_the_commit_and_the_sending_loses_nothing(
    erp: Receiver, payment: Payment, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies when the announcement is committed: nothing that should follow the commit happens."""
    with monkeypatch.context() as dying:
        dying.setattr(deliveries, "_deliver_each", lambda rows: None)
        pay(payment)
    assert (rows("state", "attempts"), erp.taken) == ([("waiting", 0)], [])
    assert reconciled(timedelta(minutes=1)).posted == 1
    assert (rows("state"), len(erp.taken)) == (["delivered"], 1)


@databases
def test_rows_stand_or_fall_with_the_announcement(erp: Receiver, payment: Payment, rows: Rows) -> None:
    """A receiver of the shop's that raises undoes them; when it is well, they are written once."""
    broken = True

    def shop(**_: Any) -> None:
        if broken:
            raise RuntimeError("the shop's own code")

    payment_succeeded.connect(shop)
    try:
        pay(payment)
        assert (rows("pk"), erp.taken) == ([], [])
        broken = False
        assert announce.deliver(Announcement.objects.get().pk)
    finally:
        payment_succeeded.disconnect(shop)
    assert (rows("state"), len(erp.taken)) == (["delivered"], 1)


@databases
def test_a_worker_that_was_killed_while_sending_leaves_it_to_others_and_a_line_in_the_log(
    configure: Configure, endpoint: Endpoint, receiver: Receiver, payment: Payment, rows: Rows
) -> None:
    configure(erp=endpoint(), OUTGOING_AT_ONCE=False)
    pay(payment)
    assert deliveries._claim(Delivery.objects.get())  # as SIGKILL leaves it: taken, and never marked
    assert reconciled(timedelta(minutes=4)).posted == 0
    assert reconciled(timedelta(minutes=6)).posted == 1
    assert log() == [(1, None, ""), (2, 204, "")]


@databases
def test_one_that_was_taken_and_could_not_be_marked_comes_again_with_the_same_id(
    erp: Receiver, payment: Payment, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("the database went away")

    with monkeypatch.context() as broken:
        broken.setattr(deliveries, "_settle", gone)
        pay(payment)
    assert "outgoing.not_marked" in caplog.text
    assert reconciled(timedelta(minutes=4)).posted == 0
    assert reconciled(timedelta(minutes=6)).posted == 1
    assert len(erp.ids) == 2
    assert len(set(erp.ids)) == 1


@databases
def test_one_webhook_in_many_hands_is_sent_once(
    configure: Configure, endpoint: Endpoint, receiver: Receiver, start: Callable[..., Payment], database: str
) -> None:
    from tests.ledger.test_races import together

    configure(erp=endpoint(), OUTGOING_AT_ONCE=False)
    pks = []
    for _ in range(3):
        pay(start())
        pks.append(Delivery.objects.latest("pk").pk)
    hands = 2 if database == "sqlite" else 6

    def work() -> list[str | None]:
        return [deliveries.deliver(pk) for pk in pks]

    done = together(*[work] * hands)
    assert sorted(receiver.ids) == sorted(set(receiver.ids))
    assert len(receiver.taken) == 3
    assert [sum(answers[n] == "delivered" for answers in done) for n in range(3)] == [1, 1, 1]  # type: ignore[index]
    assert Attempt.objects.count() == 3


@databases
def test_two_writers_of_one_event_write_it_once(configure: Configure, endpoint: Endpoint, payment: Payment) -> None:
    from tests.ledger.test_races import together

    configure(erp=endpoint(), OUTGOING_AT_ONCE=False)
    event = book.apply(payment.pk, success(payment), source="webhook").payment.events.get(kind="captured")
    together(*[lambda: deliveries.write(event, "payment_succeeded")] * 4)
    assert Delivery.objects.count() == 1


def test_inside_a_transaction_of_the_callers_it_waits_for_the_commit(erp: Receiver, payment: Payment) -> None:
    event = payment.events.first()
    assert event is not None
    with transaction.atomic():
        deliveries.write(event, "payment_failed")
        assert erp.taken == []
    assert len(erp.taken) == 1


# ---- Exchanging the secret


def test_while_the_secret_is_exchanged_both_sides_may_have_either(
    configure: Configure, endpoint: Endpoint, receiver: Receiver, payment: Payment
) -> None:
    configure(erp=endpoint(SECRET=SECRET, PREVIOUS_SECRET=OLD_SECRET))
    pay(payment)
    [taken] = receiver.taken
    assert len(taken.headers["webhook-signature"].split(" ")) == 2
    assert verify.verify(taken.body, taken.headers, OLD_SECRET) == verify.verify(taken.body, taken.headers, SECRET)


# ---- Nothing that should stay secret is kept


def test_what_a_system_answers_is_kept_masked_and_without_the_secret(erp: Receiver, payment: Payment) -> None:
    page = f"SECRET={SECRET} {SECRET.removeprefix('whsec_')} asha@example.com 4111 1111 1111 1111\nFORGED LINE"
    erp.will(500, text=page)
    pay(payment)
    kept = Attempt.objects.get().answer
    assert "canary" not in kept
    assert SECRET not in kept
    assert SECRET.removeprefix("whsec_") not in kept
    assert "asha@" not in kept
    assert "4111 1111" not in kept
    assert "\n" not in kept


def test_no_secret_reaches_a_log_or_an_error(
    configure: Configure, endpoint: Endpoint, payment: Payment, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    configure(erp=endpoint(URL="http://127.0.0.1:9/path-canary"))
    pay(payment)
    from paytm_kit import conf

    text = caplog.text + repr(conf.endpoint("erp")) + str(Delivery.objects.values().get()) + str(log())
    assert SECRET not in text
    assert SECRET.removeprefix("whsec_") not in text


# ---- The clock


@databases
def test_celery_takes_up_the_same(
    configure: Configure, endpoint: Endpoint, receiver: Receiver, payment: Payment, rows: Rows, settings: Any
) -> None:
    from celery import current_app

    from paytm_kit.background import beat_schedule
    from paytm_kit.outgoing import tasks

    configure(erp=endpoint(), OUTGOING_AT_ONCE=False)
    pay(payment)
    before = current_app.conf.task_always_eager
    current_app.conf.task_always_eager = True
    try:
        tasks.deliver_webhooks()
    finally:
        current_app.conf.task_always_eager = before
    assert rows("state") == ["delivered"]
    assert "paytm_kit.outgoing.tasks.deliver_webhooks" not in beat_schedule()
    assert tasks.deliver_webhooks.name in beat_schedule(outgoing=True)


def test_reconcile_counts_webhooks_for_themselves(erp: Receiver, payment: Payment) -> None:
    erp.next = [Says(500)]
    pay(payment)
    report = reconciled(timedelta(minutes=2))
    assert (report.posted, report.asked, report.changed, report.left) == (1, 0, 0, 0)
    assert [due.job for due in reconcile.plan().rows if due.job == "webhooks"] == []
