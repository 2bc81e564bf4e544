"""Each event brings about one letter to each who should hear of it, and what it says is true when it goes out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit import refunds
from paytm_kit.gateways.base import State
from paytm_kit.ledger import book
from paytm_kit.models import Flag, Letter, Payment
from paytm_kit.services import announce, confirm, letters
from tests.ledger.test_book import success
from tests.ledger.test_races import together
from tests.letters.conftest import Configure, Written, reconciled
from tests.paytm import Paytm, callback_fields, post_callback, post_webhook
from tests.services.test_disputes import tell as tell_of_dispute

SHOPPER, SHOP = "shopper", "merchant"


def applied(payment: Payment, **outcome: object) -> None:
    """The gateway says so, and the announcement is delivered."""
    for pk in book.apply(payment.pk, success(payment, **outcome), source="webhook").announcement_ids:
        assert announce.deliver(pk)


# ---- What the letters say


def test_a_paid_payment_is_written_about_to_the_shopper_and_to_the_shop(payment: Payment, written: Written) -> None:
    applied(payment, bank_name="HDFC Bank", amount=payment.amount)
    assert written("kind", "audience", "state") == [("paid", SHOPPER, "sent"), ("paid", SHOP, "sent")]
    to_shopper, to_shop = mail.outbox
    assert to_shopper.subject == f"Kadamb: your payment of ₹499.00 for {payment.order_label}"
    assert (to_shopper.to, to_shopper.from_email) == (["asha@example.com"], "Kadamb <orders@example.com>")
    assert to_shopper.reply_to == ["help@example.com"]
    [(html, mimetype)] = to_shopper.alternatives
    assert mimetype == "text/html"
    for text in (to_shopper.body, html):
        for fact in ("₹499.00", payment.order_label, "UPI, HDFC Bank", "103000000001", payment.gateway_order_id, "IST"):
            assert fact in text
        assert f"http://testserver{payment.get_receipt_url()}" in text
    assert to_shop.subject == f"Paid: {payment.order_label}, ₹499.00"
    assert to_shop.to == ["desk@example.com", "Accounts <books@example.com>"]
    assert f"http://testserver/admin/paytm_kit/payment/{payment.pk}/change/" in to_shop.body
    assert payment.token not in to_shop.body + str(to_shop.alternatives)


def test_a_failed_payment_says_why_and_how_to_try_again(payment: Payment, paytm: Paytm) -> None:
    paytm.will_say("TXN_FAILURE", payment=payment)
    payment = confirm.ask(payment, source="test")
    to_shopper, to_shop = mail.outbox
    assert to_shopper.subject == f"Kadamb: the payment for {payment.order_label} did not go through"
    assert payment.shopper_text
    assert payment.shopper_text in to_shopper.body
    assert f"http://testserver{payment.get_result_url()}" in to_shopper.body
    assert payment.message not in to_shopper.body  # the gateway's own words are for staff
    assert payment.message in to_shop.body


def test_who_left_without_paying_reads_that_it_was_not_completed(payment: Payment, paytm: Paytm) -> None:
    paytm.will_say("NO_RECORD_FOUND", payment=payment)
    with time_machine.travel(timezone.now() + timedelta(minutes=25), tick=True):
        assert confirm.ask(payment, source="test").status == "expired"
    to_shopper = mail.outbox[0]
    assert to_shopper.subject.endswith("was not completed")
    assert "did not go through" not in to_shopper.body + str(to_shopper.alternatives)


def test_a_refund_is_written_about_when_it_starts_and_when_it_is_made(
    paid: Payment, paytm: Paytm, written: Written
) -> None:
    paytm.will_refund()
    refund = refunds.request(paid, "100.00", reason="Wrong size")
    assert written("kind", "audience") == [("refund_started", SHOPPER), ("refund_started", SHOP)]
    assert "₹100.00" in mail.outbox[0].subject
    paytm.refund_becomes("TXN_SUCCESS", "10", refundDetailInfoList=[{"payMethod": "UPI", "rrn": "103000000009"}])
    refunds.ask(refund, source="test")
    done = mail.outbox[2]
    assert done.subject == f"Kadamb: ₹100.00 for {paid.order_label} has been refunded"
    assert "103000000009" in done.body
    assert len(mail.outbox) == 4


def test_a_refund_that_is_made_at_once_brings_one_letter(paid: Payment, paytm: Paytm, written: Written) -> None:
    paytm.will_refund("TXN_SUCCESS", "10")
    refunds.request(paid, "100.00", reason="x")
    assert written("kind") == ["refund_done", "refund_done"]


def test_what_is_the_shops_to_mend_is_written_to_the_shop_alone(
    client: Client, paid: Payment, paytm: Paytm, written: Written
) -> None:
    paytm.will_refund("TXN_FAILURE", "619")
    refunds.request(paid, "100.00", reason="x")
    tell_of_dispute(client, paid)
    flagged = book.flag(paid.pk, Flag.DUPLICATE, source="test", message="x")
    announce.after_commit(flagged.announcement_ids)
    assert written("kind", "audience", "state") == [
        ("refund_failed", SHOP, "sent"),
        ("dispute_opened", SHOP, "sent"),
        ("flagged", SHOP, "sent"),
    ]
    failed, dispute, flag = mail.outbox
    assert failed.subject.startswith("Refund failed: ")
    assert "Refund 619" in failed.body
    assert "28 Nov" in dispute.body or "Nov. 28" in dispute.body  # until when to answer
    assert "Paid twice" in flag.body


# ---- Who is written to


def test_nobody_is_written_to_unless_it_is_switched_on(payment: Payment, settings: Any, written: Written) -> None:
    settings.PAYTM_KIT = {name: value for name, value in settings.PAYTM_KIT.items() if name != "EMAIL"}
    applied(payment)
    assert (written("pk"), mail.outbox) == ([], [])


def test_the_shop_is_left_alone_when_it_names_nobody(
    payment: Payment, mail_settings: Configure, written: Written
) -> None:
    mail_settings(EMAIL_MERCHANT="")
    applied(payment)
    assert written("audience") == [SHOPPER]


def test_kinds_can_be_left_out(payment: Payment, mail_settings: Configure, written: Written) -> None:
    mail_settings(EMAIL_SHOPPER_KINDS=["failed"], EMAIL_MERCHANT_KINDS="flagged, paid")
    applied(payment)
    assert written("kind", "audience") == [("paid", SHOP)]


@pytest.mark.parametrize(
    ("email", "why"),
    [
        ("", "The order names no e-mail address."),
        ("asha", "The order's e-mail address is none: ******"),
        ("asha@example.com\nBcc: all@example.com", "The order's e-mail address is none"),
    ],
)
def test_without_an_address_it_is_noted_and_nothing_is_sent(
    payment: Payment, written: Written, email: str, why: str
) -> None:
    Order.objects.update(email=email)
    applied(payment)
    [(state, note), (to_shop, _)] = written("state", "note")
    assert (state, to_shop, len(mail.outbox)) == ("skipped", "sent", 1)
    assert note.startswith(why)
    assert "asha@" not in note


def test_an_order_that_is_gone_can_be_written_to_no_more(payment: Payment, written: Written) -> None:
    Order.objects.all().delete()
    applied(payment)
    assert written("state", "note")[0] == ("skipped", "The order is gone: there is nobody to write to.")


def test_the_address_is_read_when_it_is_sent_and_never_kept(payment: Payment, mail_settings: Configure) -> None:
    mail_settings(EMAIL_AT_ONCE=False)
    applied(payment)
    Order.objects.update(email="new@example.com")
    assert reconciled().sent == 2
    assert mail.outbox[0].to == ["new@example.com"]
    kept = str(list(Letter.objects.values()))
    assert "n***@example.com" in kept
    assert "d***@example.com, b***@example.com" in kept
    assert "new@" not in kept
    assert "desk@" not in kept


# ---- The truth, when it goes out


def test_a_failure_that_became_a_success_meanwhile_is_not_told(
    payment: Payment, mail_settings: Configure, written: Written
) -> None:
    mail_settings(EMAIL_AT_ONCE=False)
    applied(payment, state=State.FAILURE, code="227")
    applied(payment)
    reconciled()
    assert written("kind", "audience", "state") == [
        ("failed", SHOPPER, "skipped"),
        ("failed", SHOP, "skipped"),
        ("paid", SHOPPER, "sent"),
        ("paid", SHOP, "sent"),
        ("flagged", SHOP, "sent"),  # a late success
    ]
    assert written("note")[0] == "The payment is paid now."


def test_who_has_paid_by_another_payment_is_not_told_to_try_again(
    order: Order, start: Callable[..., Payment], mail_settings: Configure, written: Written
) -> None:
    mail_settings(EMAIL_AT_ONCE=False, EMAIL_MERCHANT="")
    first = start(order)
    applied(first, state=State.FAILURE, code="227")
    second = start(order)
    applied(second)
    reconciled()
    assert written("kind", "state", "note") == [
        ("failed", "skipped", "The order was paid by another payment."),
        ("paid", "sent", ""),
    ]


@pytest.mark.parametrize("how", ["with the bank", "held"])
def test_whose_other_payment_may_be_on_its_way_is_not_told_to_try_again(
    order: Order, start: Callable[..., Payment], mail_settings: Configure, written: Written, how: str
) -> None:
    mail_settings(EMAIL_MERCHANT="")
    first = start(order)
    book.supersede(first.pk, why="test", seen=first)
    second = start(order)
    if how == "held":
        book.flag(second.pk, Flag.NOTICE_MISMATCH, source="test", message="x")
    else:
        applied(second, state=State.PENDING)
    applied(first, state=State.FAILURE, code="227")
    assert written("kind", "state", "note") == [
        ("failed", "skipped", "Another payment of the order is with the bank, or a person has to look at it."),
    ]


def test_who_has_to_wait_for_a_person_is_not_told_to_try_again(
    payment: Payment, mail_settings: Configure, written: Written
) -> None:
    mail_settings(EMAIL_AT_ONCE=False, EMAIL_MERCHANT="")
    applied(payment, state=State.FAILURE, code="227")
    book.flag(payment.pk, Flag.AMOUNT_MISMATCH, source="test", message="x")
    reconciled()
    assert written("state", "note") == [("skipped", "A person has to look at the payment first.")]


def test_a_refund_that_is_over_before_its_start_was_told_brings_only_the_end(
    paid: Payment, paytm: Paytm, mail_settings: Configure, written: Written
) -> None:
    mail_settings(EMAIL_AT_ONCE=False, EMAIL_MERCHANT="")
    paytm.will_refund()
    refund = refunds.request(paid, "100.00", reason="x")
    paytm.refund_becomes("TXN_SUCCESS", "10")
    refunds.ask(refund, source="test")
    reconciled()
    assert written("kind", "state") == [("refund_started", "skipped"), ("refund_done", "sent")]


# ---- Still waiting


def test_a_shopper_whose_bank_does_not_answer_is_told_so_once(payment: Payment, paytm: Paytm, written: Written) -> None:
    paytm.will_say("PENDING", payment=payment)
    confirm.ask(payment, source="test")
    reconciled(timedelta(minutes=29))
    assert written("kind") == []
    reconciled(timedelta(minutes=31))
    reconciled(timedelta(minutes=90))
    assert written("kind", "audience", "state") == [("pending", SHOPPER, "sent"), ("pending", SHOP, "sent")]
    assert "do not pay again" in mail.outbox[0].body


def test_a_bank_that_says_so_again_with_its_transaction_brings_no_second_letter(
    payment: Payment, written: Written
) -> None:
    for transaction_id in ("", "T1"):
        applied(payment, state=State.PENDING, transaction_id=transaction_id)
    assert payment.events.filter(kind="pending").count() == 2
    reconciled(timedelta(minutes=31))
    applied(payment, state=State.PENDING, transaction_id="T2")
    reconciled(timedelta(minutes=90))
    assert written("kind", "audience") == [("pending", SHOPPER), ("pending", SHOP)]


def test_who_left_without_paying_waits_for_nothing(payment: Payment, paytm: Paytm, written: Written) -> None:
    paytm.will_say("NO_RECORD_FOUND", payment=payment)
    confirm.ask(payment, source="test")
    reconciled(timedelta(minutes=45))
    assert written("kind") == []


@pytest.mark.parametrize("off", [{"EMAIL": False}, {"EMAIL_PENDING_MINUTES": 0}])
def test_waiting_can_be_kept_quiet(
    payment: Payment, paytm: Paytm, mail_settings: Configure, written: Written, off: dict[str, object]
) -> None:
    mail_settings(**off)
    paytm.will_say("PENDING", payment=payment)
    confirm.ask(payment, source="test")
    reconciled(timedelta(hours=2))
    assert written("kind") == []


# ---- Once


@pytest.mark.databases
def test_one_event_brings_one_letter_however_often_and_by_how_many_it_is_told(
    payment: Payment, paytm: Paytm, client: Client, written: Written
) -> None:
    paytm.will_say(payment=payment)
    fields = callback_fields(payment)
    jobs = [lambda: post_webhook(Client(), fields), lambda: post_callback(Client(), fields)] * 3
    together(*jobs)
    post_webhook(client, fields)
    letter = Letter.objects.get(audience=SHOPPER)
    together(*[lambda: letters.write(letter.event, "paid")] * 4)
    reconciled(timedelta(minutes=30))
    assert sorted(written("kind", "audience", "state")) == [("paid", SHOP, "sent"), ("paid", SHOPPER, "sent")]
    assert len(mail.outbox) == 2


@pytest.mark.databases
def test_a_receiver_that_raises_takes_the_letters_back_with_everything_else(payment: Payment, written: Written) -> None:
    from paytm_kit import signals

    def stumble(**_: object) -> None:
        raise RuntimeError("printer on fire")

    [pk] = book.apply(payment.pk, success(payment), source="webhook").announcement_ids
    signals.payment_succeeded.connect(stumble, weak=False)
    try:
        assert not announce.deliver(pk)
    finally:
        signals.payment_succeeded.disconnect(stumble)
    assert (written("pk"), mail.outbox) == ([], [])
    assert announce.deliver(pk)
    assert (len(written("pk")), len(mail.outbox)) == (2, 2)
