"""The book on a real database: what each verb writes, and that repeats write nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit.gateways.base import Outcome, State
from paytm_kit.ledger import book, claims, ladder
from paytm_kit.models import Announcement, Flag, LedgerOnly, Payment, PaymentEvent, ledger_writes
from paytm_kit.models.payments import PAGE_LIFETIME
from paytm_kit.services import opening
from tests.paytm import MID

pytestmark = pytest.mark.databases


def success(payment: Payment, **changes: object) -> Outcome:
    outcome = Outcome(
        order_id=payment.gateway_order_id,
        state=State.SUCCESS,
        merchant_id=MID,
        amount=payment.amount,
        transaction_id=f"T{payment.pk}",
        code="01",
        message="Txn Success",
        payment_mode="UPI",
        bank_transaction_id="103000000001",
    )
    return replace(outcome, **changes)


def kinds(payment: Payment) -> list[str]:
    return list(payment.events.values_list("kind", flat=True))


def signals_of(payment: Payment) -> list[str]:
    return list(Announcement.objects.filter(event__payment=payment).values_list("signal", flat=True))


def test_a_new_payment_has_ids_that_cannot_be_guessed(payment: Payment) -> None:
    assert len(payment.gateway_order_id) == 27
    assert payment.gateway_order_id == payment.gateway_order_id.lower()
    assert len(payment.token) == 40
    assert (payment.status, payment.amount, payment.environment, payment.merchant_id) == (
        "processing",
        Decimal("499.00"),
        "staging",
        MID,
    )
    assert kinds(payment) == ["opened", "started"]


def test_success_pays_once_however_often_it_is_reported(payment: Payment) -> None:
    for source in ("callback", "webhook", "webhook", "reconcile"):
        book.apply(payment.pk, success(payment), source=source)
    payment.refresh_from_db()
    assert (payment.status, payment.captured_amount) == ("paid", Decimal("499.00"))
    assert (payment.transaction_id, payment.payment_mode, payment.code) == (f"T{payment.pk}", "UPI", "01")
    assert kinds(payment) == ["opened", "started", "captured"]
    assert signals_of(payment) == ["payment_succeeded"]
    assert payment.paid_at is not None
    assert payment.next_ask_at is None
    assert payment.open_slot is None


def test_a_wrong_amount_is_kept_and_flagged_once_and_not_paid(payment: Payment) -> None:
    for _ in range(3):
        book.apply(payment.pk, success(payment, amount=Decimal("1.00")), source="webhook")
    payment.refresh_from_db()
    assert (payment.status, payment.captured_amount, payment.flag_list) == ("processing", 0, [Flag.AMOUNT_MISMATCH])
    event = payment.events.get(kind="flagged")
    assert (event.amount, event.flag, event.transaction_id) == (Decimal("1.00"), "amount_mismatch", f"T{payment.pk}")
    assert signals_of(payment) == ["payment_flagged"]


def test_an_absurd_amount_is_flagged_without_breaking_the_database(payment: Payment) -> None:
    book.apply(payment.pk, success(payment, amount=Decimal("9999999999999.99")), source="webhook")
    event = payment.events.get(kind="flagged")
    assert event.amount is None
    assert "beyond what can be stored" in event.message


def test_failure_then_success_then_failure_ends_paid_and_flagged_late(payment: Payment) -> None:
    book.apply(payment.pk, success(payment, state=State.FAILURE, code="227"), source="callback")
    book.apply(payment.pk, success(payment), source="webhook")
    book.apply(payment.pk, success(payment, state=State.FAILURE, code="227"), source="callback")
    payment.refresh_from_db()
    assert payment.status == "paid"
    assert kinds(payment) == ["opened", "started", "failed", "captured", "flagged"]
    assert payment.flag_list == [Flag.LATE_SUCCESS]
    assert sorted(signals_of(payment)) == ["payment_failed", "payment_flagged", "payment_succeeded"]


def test_two_paid_payments_of_one_order_announce_success_once(order: Order, start: Callable[..., Payment]) -> None:
    first = start(order)
    book.supersede(first.pk, why="test", seen=first)
    second = start(order)
    assert second.pk != first.pk
    book.apply(second.pk, success(second), source="callback")
    book.apply(first.pk, success(first), source="webhook")
    first.refresh_from_db()
    assert (first.status, first.flag_list) == ("paid", [Flag.DUPLICATE])
    assert signals_of(second) == ["payment_succeeded"]
    assert signals_of(first) == ["payment_flagged"]
    assert order.amount_paid == Decimal("998.00")


def test_a_second_transaction_of_one_payment_adds_to_what_was_captured(payment: Payment) -> None:
    book.apply(payment.pk, success(payment), source="webhook")
    book.apply(payment.pk, success(payment, transaction_id="T-second"), source="webhook")
    payment.refresh_from_db()
    assert payment.captured_amount == Decimal("998.00")
    assert (payment.transaction_id, payment.flag_list) == (f"T{payment.pk}", [Flag.DUPLICATE])
    assert signals_of(payment) == ["payment_succeeded", "payment_flagged"]


def test_a_transaction_recorded_on_another_order_is_refused_and_flagged(start: Callable[..., Payment]) -> None:
    first, second = start(), start()
    book.apply(first.pk, success(first, transaction_id="T-same"), source="webhook")
    book.apply(second.pk, success(second, transaction_id="T-same"), source="webhook")
    second.refresh_from_db()
    assert (second.status, second.flag_list) == ("processing", [Flag.TRANSACTION_CONFLICT])


def test_the_database_itself_refuses_one_transaction_twice(start: Callable[..., Payment]) -> None:
    first, second = start(), start()
    book.apply(first.pk, success(first, transaction_id="T-same"), source="webhook")
    second.transaction_id = "T-same"
    with pytest.raises(IntegrityError), transaction.atomic(), ledger_writes():
        second.save()


def test_the_database_itself_refuses_two_open_payments_for_one_order(order: Order) -> None:
    first = opening.open_payment(order)
    first.pk, first._state.adding = None, True
    first.gateway_order_id, first.token = "other", "other"
    with pytest.raises(IntegrityError), transaction.atomic(), ledger_writes():
        first.save(force_insert=True)


def test_the_database_itself_refuses_the_same_fact_twice(payment: Payment) -> None:
    event = payment.events.first()
    event.pk, event._state.adding = None, True
    with pytest.raises(IntegrityError), transaction.atomic(), ledger_writes():
        event.save(force_insert=True)


@pytest.mark.parametrize("column", ["amount", "captured_amount"])
def test_the_database_itself_refuses_negative_money(payment: Payment, column: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), ledger_writes():
        Payment.objects.filter(pk=payment.pk).update(**{column: Decimal("-1")})


def test_no_record_expires_a_payment_only_when_nobody_can_still_be_paying(payment: Payment) -> None:
    missing = Outcome(order_id=payment.gateway_order_id, state=State.NOT_FOUND)
    book.apply(payment.pk, missing, source="reconcile")
    payment.refresh_from_db()
    assert payment.status == "processing"
    with time_machine.travel(timezone.now() + PAGE_LIFETIME + ladder.GRACE):
        book.apply(payment.pk, missing, source="reconcile")
    payment.refresh_from_db()
    assert payment.status == "expired"
    assert signals_of(payment) == ["payment_failed"]


def test_a_report_for_a_payment_never_started_still_counts(order: Order) -> None:
    payment = opening.open_payment(order)
    assert payment.status == "created"
    book.apply(payment.pk, success(payment), source="webhook")
    payment.refresh_from_db()
    assert payment.status == "paid"


def test_each_question_moves_the_next_one_up_the_ladder(payment: Payment) -> None:
    assert payment.next_ask_at == payment.started_at + timedelta(minutes=15)
    with time_machine.travel(payment.started_at + timedelta(minutes=16), tick=False):
        assert book.asked(payment.pk).next_ask_at == payment.started_at + timedelta(minutes=30)
    with time_machine.travel(payment.started_at + timedelta(hours=80), tick=False):
        assert book.asked(payment.pk).next_ask_at == payment.started_at + timedelta(hours=104)


def test_one_due_payment_is_taken_by_one_worker(payment: Payment) -> None:
    later = payment.started_at + timedelta(minutes=20)
    assert claims.take(payment, later)
    assert not claims.take(payment, later)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda payment: payment.save(),
        lambda payment: payment.delete(),
        lambda payment: Payment.objects.filter(pk=payment.pk).update(status="paid"),
        lambda payment: Payment.objects.filter(pk=payment.pk).delete(),
        lambda payment: Payment.objects.bulk_create([Payment()]),
        lambda payment: payment.events.first().delete(),
        lambda payment: payment.events.all().delete(),
        lambda payment: payment.events.update(kind="captured"),
        lambda payment: payment.events.first().save(),
    ],
)
def test_only_the_ledger_writes_money_rows(payment: Payment, attempt: Callable[[Payment], object]) -> None:
    with pytest.raises(LedgerOnly):
        attempt(payment)
    payment.refresh_from_db()
    assert payment.status == "processing"
    assert payment.events.count() == 2


def test_a_stored_event_cannot_change_even_inside_the_ledger(payment: Payment) -> None:
    event = payment.events.first()
    event.kind = PaymentEvent.Kind.CAPTURED
    with pytest.raises(LedgerOnly), ledger_writes():
        event.save()


def test_gateway_text_cannot_break_rows_or_lines(payment: Payment) -> None:
    noisy = success(
        payment, state=State.FAILURE, message="bad\r\nline\x00 " + "x" * 900, bank_name="ब" * 300, code="227"
    )
    book.apply(payment.pk, noisy, source="webhook")
    payment.refresh_from_db()
    assert "\n" not in payment.message
    assert "\x00" not in payment.message
    assert len(payment.message) == 500
    assert len(payment.bank_name) == 100
