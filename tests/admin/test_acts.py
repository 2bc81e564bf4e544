"""What is done at the desk: asked about first, done beside any transaction, each row on its own, all written down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
import time_machine
from django.core import mail
from django.db import DatabaseError, connection
from django.dispatch import receiver

from demo_site.shop.models import Order
from paytm_kit import signals
from paytm_kit.admin.acting import MOST
from paytm_kit.admin.payment_acts import ASK
from paytm_kit.ledger import book
from paytm_kit.models import Announcement, AuditEntry, Flag, Letter, Payment
from paytm_kit.services import audit, replay
from paytm_kit.testing import factories
from tests.admin.desk import PAYMENTS, Person, message, page_of
from tests.paytm import KEY, Paytm

pytestmark = [pytest.mark.django_db(transaction=True)]
databases = pytest.mark.databases

MESSAGES = "/admin/paytm_kit/wiremessage/"
ANNOUNCEMENTS = "/admin/paytm_kit/announcement/"


@pytest.fixture
def person(transactional_db: None) -> Person:
    return Person()


def written(action: str) -> list[tuple[str, str, str, str]]:
    entries = AuditEntry.objects.filter(action=action).order_by("pk")
    return [(entry.actor, entry.object_label, entry.reason, entry.result) for entry in entries]


# ---- One payment


@databases
def test_closing_asks_first_says_what_will_happen_and_keeps_the_reason(person: Person, payment: Payment) -> None:
    book.flag(payment.pk, Flag.STUCK, source="test", message="")
    page = person.open(page_of(payment))
    link = page.find("a", string="Close this payment…")["href"]
    person.open(link)
    for words in ("its order can be paid anew", "Ask the gateway first", payment.gateway_order_id, "done for 1."):
        assert words in person.text()
    payment.refresh_from_db()
    assert payment.status == "processing"
    assert "Closed. The order can be paid anew." in person.send(link, reason="No money in the dashboard")
    payment.refresh_from_db()
    assert (payment.status, payment.flags) == ("failed", "")
    said = ("meera", payment.gateway_order_id, "No money in the dashboard", "done")
    assert written("payment.close") == [said]
    assert page.find("a", string="Close this payment…") is not None
    person.open(page_of(payment))
    assert person.page.find("a", string="Close this payment…") is None


@pytest.mark.parametrize("state", ["processing", "failed"])
@pytest.mark.parametrize(("minutes", "stays"), [(5, True), (16, False)])
def test_whoever_closes_hears_whether_the_shoppers_page_may_still_be_open(
    person: Person, make_order: Callable[..., Order], state: str, minutes: int, stays: bool
) -> None:
    payment = factories.payment(make_order(), state)
    payment = book.flag(payment.pk, Flag.AMOUNT_MISMATCH, source="test", message="").payment
    with time_machine.travel(payment.started_at + timedelta(minutes=minutes)):  # Paytm cannot call its page back
        person.open(page_of(payment, "close"))
        said = person.send(page_of(payment, "close"), reason="The shopper rang: paid in cash")
    assert "Closed. The order can be paid anew." in said
    assert ("page at the gateway may still be open" in said) is stays


def test_what_makes_no_sense_is_neither_offered_nor_done(person: Person, paid: Payment) -> None:
    person.open(page_of(paid))
    assert person.page.find("a", string="Close this payment…") is None
    person.open(page_of(paid, "close"))
    assert "left out: It has ended" in person.text()
    assert person.page.select_one(".pk-page input[type=submit]") is None
    person.send(page_of(paid, "close"), reason="all the same")
    assert "It has ended: there is nothing to close." in person.messages()
    assert written("payment.close")[0][3] == "refused"
    paid.refresh_from_db()
    assert paid.is_paid


def test_a_receipt_is_sent_again_after_a_question(
    person: Person, make_order: Callable[..., Order], settings: Any
) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "EMAIL": True, "EMAIL_FROM": "shop@example.com"}
    payment = factories.payment(make_order(), "paid")
    mail.outbox.clear()
    link = person.open(page_of(payment)).find("a", string="Send the receipt again…")["href"]
    person.open(link)
    assert "the e-mail about the payment once more" in person.text()
    assert mail.outbox == []
    said = person.send(link)
    assert f"{payment.gateway_order_id}: the receipt goes out again." in said
    assert Letter.objects.filter(copy=1, actor="meera").count() == 1
    assert [letter.to for letter in mail.outbox] == [["asha@example.com"]]
    assert written("payment.resend_receipt") == [("meera", payment.gateway_order_id, "", "done")]


def test_a_receipt_that_cannot_be_sent_says_why(person: Person, paid: Payment, settings: Any) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "EMAIL": False}
    person.open(page_of(paid, "resend"))
    assert "E-mail is switched off" in person.send(page_of(paid, "resend"))
    assert written("payment.resend_receipt")[0][3] == "refused"


# ---- Many at once


def test_more_than_a_few_are_asked_about_once_more(person: Person, start: Callable[..., Payment], paytm: Paytm) -> None:
    payments = [start() for _ in range(ASK.at_once + 1)]
    for payment in payments:
        paytm.will_say("PENDING", payment=payment)
    person.open(PAYMENTS)
    chosen = [payment.pk for payment in payments]
    person.send(PAYMENTS, action="ask_now", _selected_action=chosen)
    assert f"It will be done for {len(payments)}." in person.text()
    assert all(payment.gateway_order_id in person.text() for payment in payments)
    assert paytm.asked() == 0
    person.send(PAYMENTS)  # what the page holds, and nothing else
    assert paytm.asked() == len(payments)
    assert len(written("payment.ask")) == len(payments)


def test_too_many_are_refused_before_anything_happens(
    person: Person, make_order: Callable[..., Order], paytm: Paytm
) -> None:
    made = [factories.payment(make_order(), "created", hear=False) for _ in range(MOST + 1)]
    person.open(PAYMENTS)
    person.send(PAYMENTS, action="ask_now", _selected_action=[payment.pk for payment in made], confirmed="yes")
    assert f"At most {MOST} at a time: choose fewer." in person.messages()
    assert paytm.asked() == 0
    assert written("payment.ask") == []


def test_what_went_well_and_what_did_not_is_said_of_each(
    person: Person, start: Callable[..., Payment], paytm: Paytm
) -> None:
    good, bad = start(), start()
    paytm.will_say(payment=good)
    person.open(PAYMENTS)
    person.send(PAYMENTS, action="ask_now", _selected_action=[good.pk, bad.pk])  # bad: an answer about another order
    assert sorted(result for _who, _on, _why, result in written("payment.ask")) in (
        ["done", "done"],
        ["done", "failed"],
    )
    assert len(person.messages()) == 2


# ---- Messages and announcements


@databases
def test_a_message_left_over_is_taken_up_again(person: Person, payment: Payment, paytm: Paytm) -> None:
    paytm.will_say(payment=payment)
    row = message(payment, payment=None, processed_at=None)
    sent = message(payment, direction="out", channel="status")
    assert len(person.listed("?trouble=unprocessed", MESSAGES)) == 1
    person.send(MESSAGES, action="replay", _selected_action=[row.pk, sent.pk])
    assert "left out: It was sent by us, not received." in person.text()
    assert "It will be done for 1." in person.text()
    assert paytm.asked() == 0
    said = person.send(MESSAGES)
    assert f"Message {row.pk} was taken up: {payment.gateway_order_id} is Paid." in said
    payment.refresh_from_db()
    assert payment.is_paid
    assert not replay.unprocessed().exists()
    assert written("message.replay") == [("meera", payment.gateway_order_id, "", "done")]


def test_a_message_about_nobodys_payment_stays_as_it_is(person: Person, payment: Payment) -> None:
    row = message(
        payment, payment=None, gateway_order_id="other", request_body='{"ORDERID": "other"}', processed_at=None
    )
    person.open(page_of(row, "replay"))
    assert "no payment of ours (yet)" in person.send(page_of(row, "replay"))
    assert replay.unprocessed().count() == 1
    assert written("message.replay")[0][3] == "refused"


@databases
def test_an_announcement_is_tried_again_now(person: Person, make_order: Callable[..., Order]) -> None:
    payment = factories.payment(make_order(), "paid", hear=False)
    row = Announcement.objects.get(signal="payment_succeeded")
    heard: list[str] = []
    broken = [True]

    @receiver(signals.payment_succeeded)
    def listens(payment: Payment, **_rest: Any) -> None:
        if broken[0]:
            raise ValueError("no stock")
        heard.append(payment.gateway_order_id)

    try:
        person.open(page_of(row, "retry"))
        assert "ValueError: no stock" in person.send(page_of(row, "retry"))
        assert len(person.listed("?trouble=failing", ANNOUNCEMENTS)) == 1
        broken[0] = False
        person.open(page_of(row, "retry"))
        assert "your code has heard it." in person.send(page_of(row, "retry"))
        person.open(page_of(row, "retry"))
        assert "never delivered twice" in person.text()
        person.send(page_of(row, "retry"))
    finally:
        signals.payment_succeeded.disconnect(listens)
    assert heard == [payment.gateway_order_id]
    assert [result for *_rest, result in written("announcement.retry")] == ["refused", "done", "refused"]


@databases
def test_a_refund_is_asked_about(person: Person, make_order: Callable[..., Order], paytm: Paytm) -> None:
    refund = factories.payment(make_order(), "refunding").refunds.get()
    paytm.refund_becomes("TXN_SUCCESS", "10", refundAmount=str(refund.amount))
    page = person.open(page_of(refund))
    form = page.find("form", action=page_of(refund, "ask"))
    person.send(form["action"])
    refund.refresh_from_db()
    assert any(f"Refund {refund.refund_id}: " in said for said in person.messages())
    assert written("refund.ask") == [("meera", refund.refund_id, "", "done")]


# ---- Whatever goes wrong


def test_one_defect_does_not_keep_the_others_from_being_seen_to(
    person: Person, start: Callable[..., Payment], paytm: Paytm, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = start(), start()
    real = book.asked

    def fails(pk: int, **rest: Any) -> Any:
        if pk == broken.pk:
            raise RuntimeError("asha@example.com")
        return real(pk, **rest)

    monkeypatch.setattr(book, "asked", fails)
    paytm.will_say("PENDING", payment=fine)
    person.open(PAYMENTS)
    person.send(PAYMENTS, action="ask_now", _selected_action=[broken.pk, fine.pk])
    assert sorted(result for *_rest, result in written("payment.ask")) == ["done", "failed"]
    assert "This is a defect: the log has more." in person.text()
    assert "asha@example.com" not in person.text()


def test_a_gateway_that_is_down_is_written_down_as_failed(person: Person, payment: Payment, paytm: Paytm) -> None:
    paytm.will_answer(requests.ConnectionError(KEY))
    person.open(page_of(payment))
    person.send(page_of(payment, "ask"))
    entry = AuditEntry.objects.get(action="payment.ask")
    assert (entry.result, entry.payment) == ("failed", payment)
    assert "could not be asked" in entry.detail
    assert KEY not in entry.detail


def test_an_act_whose_audit_entry_cannot_be_written_is_not_hidden_from_its_doer(
    person: Person, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("disk full")

    person.open(page_of(payment, "close"))
    monkeypatch.setattr(audit, "record", fails)
    said = person.send(page_of(payment, "close"), reason="seen")
    assert "Closed. The order can be paid anew." in said
    assert "could not be written into the audit log" in said


# ---- Beside transactions


@databases
@pytest.mark.parametrize("way", ["ask", "ask_now", "replay", "refund_ask", "retry"])
def test_no_act_waits_for_anybody_in_the_requests_transaction(
    person: Person, make_order: Callable[..., Order], paytm: Paytm, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """With ATOMIC_REQUESTS, too. That no call happens under a lock is watched in every test (conftest)."""
    payment = factories.payment(make_order(), "processing", hear=False)
    paytm.will_say(payment=payment)
    refund = factories.payment(make_order(), "refunding", hear=False).refunds.get()
    paytm.refund_becomes("PENDING", "601")
    left_over = message(payment, payment=None, processed_at=None)
    person.open(PAYMENTS)
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    depths: list[int] = []

    @receiver(signals.payment_succeeded)
    def listens(**_rest: Any) -> None:
        depths.append(len(connection.atomic_blocks))

    announcement = Announcement.objects.get(signal="payment_succeeded", event__payment=refund.payment)
    sends = {
        "ask": lambda: person.send(page_of(payment, "ask")),
        "ask_now": lambda: person.send(PAYMENTS, action="ask_now", _selected_action=[payment.pk]),
        "replay": lambda: person.send(page_of(left_over, "replay")),
        "refund_ask": lambda: person.send(page_of(refund, "ask")),
        "retry": lambda: person.send(page_of(announcement, "retry")),
    }
    try:
        sends[way]()
    finally:
        signals.payment_succeeded.disconnect(listens)
    if way == "refund_ask":
        assert paytm.asked("/v2/refund/status") == 1
    else:
        assert depths == [1]  # the announcement's own transaction alone
    assert AuditEntry.objects.filter(result="done").count() == 1
