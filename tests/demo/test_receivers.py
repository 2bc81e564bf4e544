"""What the shop makes of the kit's announcements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.test import Client

from demo_site.shop.models import Order
from paytm_kit.models import Payment
from tests.paytm import Paytm, callback_fields, post_callback, post_webhook


def test_a_paid_order_is_placed_once_whatever_comes_after(client: Client, payment: Payment, paytm: Paytm) -> None:
    paytm.will_say(payment=payment)
    post_callback(client, callback_fields(payment))
    order = Order.objects.get()
    payment.refresh_from_db()
    assert order.paid_at == payment.paid_at is not None
    Order.objects.update(paid_at=datetime.fromisoformat("2026-01-01T10:00+05:30"))
    for _ in range(3):
        post_webhook(client, callback_fields(payment))
    assert Order.objects.get().paid_at == datetime.fromisoformat("2026-01-01T10:00+05:30")


def test_a_failed_payment_places_nothing(client: Client, payment: Payment, paytm: Paytm) -> None:
    paytm.will_say("TXN_FAILURE", payment=payment)
    post_callback(client, callback_fields(payment, "TXN_FAILURE"))
    assert Order.objects.get().paid_at is None


def test_an_order_that_grew_while_it_was_paid_is_not_placed(
    client: Client, order: Order, start: Callable[..., Payment], paytm: Paytm
) -> None:
    payment = start(order)
    order.lines.create(name="Saffron", unit_price="549", quantity=1)
    paytm.will_say(payment=payment)
    post_callback(client, callback_fields(payment))
    order = Order.objects.get()
    assert (order.paid_at, order.is_paid, str(order.balance_due)) == (None, False, "549.00")


def test_a_flagged_payment_leaves_staff_a_remark_and_places_nothing(
    client: Client, payment: Payment, paytm: Paytm
) -> None:
    paytm.will_say(payment=payment, txnAmount="1.00")
    for _ in range(2):
        post_callback(client, callback_fields(payment))
    order = Order.objects.get()
    assert order.paid_at is None
    remarks = order.staff_remark.splitlines()
    assert len([remark for remark in remarks if "another amount" in remark]) == 1
    assert payment.gateway_order_id in order.staff_remark


def test_paying_for_something_added_later_does_not_place_the_order_again(
    client: Client, order: Order, start: Callable[..., Payment], paytm: Paytm
) -> None:
    first = start(order)
    paytm.will_say(payment=first)
    post_callback(client, callback_fields(first))
    placed_at = Order.objects.get().paid_at
    order.lines.create(name="Saffron", unit_price="549", quantity=1)
    second = start(Order.objects.get())
    other = "20261121111212800110168000000000002"
    paytm.will_say(payment=second, txnId=other)
    post_callback(client, callback_fields(second, TXNID=other))
    second.refresh_from_db()
    assert (second.is_paid, str(second.amount)) == (True, "549.00")
    assert Order.objects.get().paid_at == placed_at
    assert placed_at not in (None, second.paid_at)
