"""The shop's orders in the ledger's eyes: made by their key, changed only while no money is on its way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections, transaction
from flask import Flask

from paytm_kit import refunds
from paytm_kit.contrib.flask.orders.models import FlaskOrder
from paytm_kit.gateways.base import Unreachable
from paytm_kit.ledger import book
from paytm_kit.models import Payment, ledger_writes
from paytm_kit.services import amending
from paytm_kit.testing import factories, outcomes
from paytm_kit.testing.fake import FakePaytm
from tests.flask.place import paytm

Send = Callable[[FlaskOrder], Payment]


@pytest.fixture(autouse=True)
def _at_work(app: Flask, gateway: FakePaytm) -> None:
    """Nobody but the gateway that is played is asked."""


def stands(order: FlaskOrder) -> Decimal:
    return FlaskOrder.objects.get(pk=order.pk).amount


# ---- by its key ----------------------------------------------------------------------------------------------------


def test_the_same_key_is_the_same_order_and_what_is_left_out_stays() -> None:
    made = paytm.order("B-1", amount="499.00", email="asha@example.com", label="Saffron", language="hi")
    again = paytm.order("B-1", amount=499, email="meera@example.com", customer_id="c_9", mobile=None)
    assert again.pk == made.pk
    found = paytm.find_order("B-1")
    assert found is not None
    assert (found.email, found.label, found.customer_id, found.amount) == (
        "meera@example.com", "Saffron", "c_9", Decimal("499.00"),
    )  # fmt: skip
    assert found.payment_customer().id == "c_9"
    assert found.payment_email() == "meera@example.com"
    assert (found.payment_language(), found.payment_label(), found.payment_currency()) == ("hi", "B-1 Saffron", "INR")


def test_a_number_is_a_key_and_keys_differ_to_the_letter() -> None:
    assert paytm.order(17, amount=1).pk == paytm.order("17", amount=1).pk
    spellings = ["b-2", "B-2", "B-2 ", "Ｂ-2"]
    assert len({paytm.order(key, amount=1).pk for key in spellings}) == len(spellings)
    assert paytm.find_order("b-2 ") is None


def test_two_views_at_once_make_one_order() -> None:
    def make(_: int) -> int:
        try:
            return paytm.order("B-3", amount="10.00").pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(make, range(8)))) == 1


@pytest.mark.parametrize(
    ("key", "values", "error", "says"),
    [
        (None, {}, TypeError, "An order's key is a text or a whole number, not NoneType."),
        (True, {}, TypeError, "An order's key is a text or a whole number, not bool."),
        ("", {}, ValueError, "An order's key has 1 to 64 printable characters."),
        ("k" * 65, {}, ValueError, "An order's key has 1 to 64 printable characters."),
        ("a\x00b", {}, ValueError, "An order's key has 1 to 64 printable characters."),
        ("a\nb", {}, ValueError, "An order's key has 1 to 64 printable characters."),
        ("B-4", {"amount": 4.99}, ValueError, "An amount must be Decimal, int or str, not float: floats lose paise."),
        ("B-4", {"amount": "-1"}, ValueError, "An amount must be digits with at most one point."),
        ("B-4", {"amount": "0"}, ValueError, "An amount must be above zero and at most ten digits of rupees."),
        ("B-4", {"amount": "1.001"}, ValueError, "An amount has at most two decimals."),
        ("B-4", {"email": "asha"}, ValueError, "Order B-4: email: Enter a valid email address."),
        ("B-4", {"email": 5}, TypeError, "An order's email is a text, not int."),
        ("B-4", {"label": "a\x00"}, ValueError, "An order's label is one line of printable characters."),
        ("B-4", {"currency": "rupees"}, ValueError, "Order B-4: currency: Enter a valid value."),
        ("B-4", {"mobile": "9" * 21}, ValueError, "Order B-4: mobile: Ensure this value has at most 20 characters"),
        (
            "B-4", {"mail": "x", "name": "y"}, TypeError,
            "An order has no mail, name. It has: amount, currency, label, customer_id, email, mobile, language.",
        ),
    ],
)  # fmt: skip
def test_what_is_no_order_is_refused_by_the_name_of_the_field(
    key: Any, values: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error) as refused:
        paytm.order(key, **{"amount": "1.00", **values})
    assert str(refused.value).startswith(says)
    assert paytm.find_order("B-4") is None


def test_an_account_of_another_currency_does_not_collect_it() -> None:
    with pytest.raises(paytm.checkout.PaymentError) as refused:
        paytm.open_payment(paytm.order("B-5", amount="1.00", currency="USD"))
    assert refused.value.code == "other_currency"


# ---- another amount ------------------------------------------------------------------------------------------------


def test_before_anybody_pays_the_amount_may_change(order: FlaskOrder) -> None:
    paytm.open_payment(order)
    changed = paytm.order(order.key, amount="399.00")
    assert stands(order) == changed.amount == Decimal("399.00")
    assert paytm.open_payment(changed).amount == Decimal("399.00")


def test_a_shopper_who_came_back_unpaid_pays_the_new_amount_with_a_new_payment(
    order: FlaskOrder, sent: Send, gateway: FakePaytm
) -> None:
    first = sent(order)
    second = paytm.open_payment(paytm.order(order.key, amount="699.00"))
    assert gateway.asked(first) >= 1
    assert (second.amount, second.pk == first.pk) == (Decimal("699.00"), False)


def paid_and_known(order: FlaskOrder, gateway: FakePaytm) -> Payment:
    return factories.payment(order, "paid")


def refunded_in_full(order: FlaskOrder, gateway: FakePaytm) -> Payment:
    payment = factories.payment(order, "paid")
    gateway.refunds_become("success")
    refunds.request(payment, reason="changed her mind")
    return payment


def paid_at_the_gateway_only(order: FlaskOrder, gateway: FakePaytm) -> Payment:
    payment = factories.payment(order, "processing")
    gateway.say(payment, "success")
    return payment


def with_the_bank(order: FlaskOrder, gateway: FakePaytm) -> Payment:
    payment = factories.payment(order, "processing")
    gateway.say(payment, "pending")
    return payment


def for_another_amount(order: FlaskOrder, gateway: FakePaytm) -> Payment:
    payment = factories.payment(order, "processing")
    gateway.say(payment, "success", amount=Decimal("1.00"))
    return payment


@pytest.mark.parametrize(
    "so_far", [paid_and_known, refunded_in_full, paid_at_the_gateway_only, with_the_bank, for_another_amount]
)
@pytest.mark.parametrize(
    "wanted", [{"amount": "399.00"}, {"amount": "699.00"}, {"amount": "499.00", "currency": "USD"}]
)
def test_where_money_is_or_may_be_nothing_about_it_changes(
    so_far: Callable[[FlaskOrder, FakePaytm], Payment], wanted: dict[str, str], order: FlaskOrder, gateway: FakePaytm
) -> None:
    payment = so_far(order, gateway)
    with pytest.raises(amending.AmountFixed) as refused:
        paytm.order(order.key, **wanted, email="meera@example.com")
    assert payment.gateway_order_id in str(refused.value)
    assert refused.value.user_message.startswith("This order has been paid or is being paid")
    after = FlaskOrder.objects.get(pk=order.pk)
    assert (after.amount, after.currency, after.email) == (Decimal("499.00"), "INR", "asha@example.com")


def test_of_a_paid_order_all_but_its_money_may_change(order: FlaskOrder) -> None:
    factories.payment(order, "paid")
    paytm.order(order.key, amount=order.amount, email="meera@example.com")
    assert FlaskOrder.objects.get(pk=order.pk).email == "meera@example.com"


def test_when_the_gateway_cannot_say_the_amount_stays(order: FlaskOrder, sent: Send, gateway: FakePaytm) -> None:
    gateway.say(sent(order), Unreachable("slow"))
    with pytest.raises(paytm.checkout.StillAsking) as refused:
        paytm.order(order.key, amount="399.00")
    assert refused.value.retryable
    assert stands(order) == Decimal("499.00")


def test_a_capture_that_is_being_written_is_waited_for(order: FlaskOrder, gateway: FakePaytm) -> None:
    """The gateway was asked and knew of nothing; the shopper pays; the amount is changed: in this very moment."""
    payment = factories.payment(order, "processing")
    writing, seen = threading.Event(), threading.Event()

    def capture() -> None:
        with transaction.atomic(), ledger_writes():
            book.lock(payment.pk)
            writing.set()
            seen.wait(0.3)  # the other one comes to the lock meanwhile
            book.apply(payment.pk, outcomes.outcome(payment, "success"), source="webhook")
        connections.close_all()

    thread = threading.Thread(target=capture)
    thread.start()
    assert writing.wait(10)
    try:
        with pytest.raises(amending.AmountFixed):
            paytm.order(order.key, amount="399.00")
    finally:
        seen.set()
        thread.join()
    assert stands(order) == Decimal("499.00")
    assert paytm.find_order(order.key).is_paid


def test_a_capture_waits_for_a_change_that_is_being_written_and_what_is_missing_or_too_much_shows(
    order: FlaskOrder, gateway: FakePaytm
) -> None:
    payment = factories.payment(order, "processing")
    with amending.unpaid(order):
        thread = threading.Thread(target=lambda: (_captured(payment), connections.close_all()))
        thread.start()
        FlaskOrder.objects.filter(pk=order.pk).update(amount=Decimal("699.00"))
    thread.join()
    after = paytm.find_order(order.key)
    assert (after.is_paid, after.balance_due, after.surplus) == (False, Decimal("200.00"), Decimal("0.00"))
    FlaskOrder.objects.filter(pk=order.pk).update(amount=Decimal("399.00"))
    after = paytm.find_order(order.key)
    assert (after.is_paid, after.surplus) == (True, Decimal("100.00"))


def _captured(payment: Payment) -> None:
    book.apply(payment.pk, outcomes.outcome(payment, "success"), source="webhook")
