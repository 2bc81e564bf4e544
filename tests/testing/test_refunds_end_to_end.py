"""The kit and the simulator, each with books of its own: money goes there and back, and both say the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit import checkout, refunds
from paytm_kit.models import Flag, Payment
from paytm_kit.services import reconcile
from paytm_kit.testing.simulator import Simulator

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]


@pytest.fixture
def sold(
    paytm_simulator: Simulator, settings: LazySettings, client: Client, make_order: Callable[..., Order]
) -> Payment:
    """₹499.00, paid through the simulator as a shopper pays."""
    settings.PAYTM_KIT = paytm_simulator.settings()
    payment = checkout.open_payment(make_order())
    assert client.get(f"/paytm/pay/{payment.token}/").status_code == 200
    paytm_simulator.pay(payment.gateway_order_id, method="card")
    assert paytm_simulator.bring_callback(client, payment.gateway_order_id).status_code == 303
    payment.refresh_from_db()
    assert payment.status == "paid"
    return payment


def heard(simulator: Simulator, client: Client) -> list[int]:
    """Brings every webhook that the simulator sent to the shop; its answers."""
    return [
        client.post("/paytm/webhook/", sent.body, content_type=sent.content_type).status_code
        for sent in simulator.webhooks()
    ]


def asked_later(minutes: int) -> reconcile.Report:
    report = reconcile.Report()
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=True):
        list(reconcile.run(report, reconcile.plan(jobs=["refunds", "messages"])))
    return report


def both_books(simulator: Simulator, payment: Payment) -> tuple[Decimal, Decimal]:
    """Captured and refunded, once both books agree about them."""
    payment.refresh_from_db()
    theirs: dict[str, Any] = simulator.order(payment.gateway_order_id)
    ours = (payment.captured_amount, payment.refunded_amount)
    assert ours == (Decimal(theirs["captured_amount"]), Decimal(theirs["refunded_amount"]))
    return ours


def test_a_refund_is_raised_credited_and_heard_of(paytm_simulator: Simulator, client: Client, sold: Payment) -> None:
    refund = refunds.request(sold, "100.00", reason="Wrong size")
    assert (refund.status, refund.code) == ("pending", "601")
    paytm_simulator.advance(3 * 3600)
    assert set(heard(paytm_simulator, client)) == {200}
    refund.refresh_from_db()
    assert (refund.status, refund.code) == ("succeeded", "10")
    assert len(refund.rrn) == 12
    assert len(refund.arn) == 23
    assert both_books(paytm_simulator, sold) == (Decimal("499.00"), Decimal("100.00"))


def test_without_a_webhook_reconcile_finds_out(paytm_simulator: Simulator, sold: Payment) -> None:
    refunds.request(sold, reason="Cancelled")
    paytm_simulator.advance(3 * 3600)
    assert asked_later(2).changed == 1
    assert both_books(paytm_simulator, sold) == (Decimal("499.00"), Decimal("499.00"))


def test_a_refund_that_fails_at_the_gateway_frees_its_amount(paytm_simulator: Simulator, sold: Payment) -> None:
    paytm_simulator.faults("refund.pending-then-failure")
    refund = refunds.request(sold, reason="x")
    paytm_simulator.advance(3 * 3600)
    asked_later(2)
    refund.refresh_from_db()
    assert (refund.status, refund.code) == ("failed", "620")
    paytm_simulator.faults()
    assert refunds.request(sold, reason="again").status == "pending"
    paytm_simulator.advance(3 * 3600)
    asked_later(2)
    assert both_books(paytm_simulator, sold) == (Decimal("499.00"), Decimal("499.00"))


def test_an_answer_that_never_comes_makes_no_second_refund(paytm_simulator: Simulator, sold: Payment) -> None:
    paytm_simulator.faults("refund.timeout")
    refund = refunds.request(sold, "100.00", reason="x")
    assert refund.status == "requested"
    paytm_simulator.faults()
    paytm_simulator.advance(3 * 3600)
    assert asked_later(20).changed == 1
    assert both_books(paytm_simulator, sold) == (Decimal("499.00"), Decimal("100.00"))
    assert len(paytm_simulator.order(sold.gateway_order_id)["refunds"]) == 1


def test_a_refund_made_in_the_dashboard_is_found_by_its_webhook(
    paytm_simulator: Simulator, client: Client, sold: Payment
) -> None:
    paytm_simulator.ask("POST", f"orders/{sold.gateway_order_id}/refund", {"amount": "50.00"})
    paytm_simulator.advance(3 * 3600)
    assert set(heard(paytm_simulator, client)) == {200}
    refund = sold.refunds.get()
    assert (refund.external, refund.status) == (True, "succeeded")
    assert both_books(paytm_simulator, sold) == (Decimal("499.00"), Decimal("50.00"))
    assert refunds.left(sold) == {sold.transaction_id: Decimal("449.00")}


def test_a_refund_after_the_payout_that_the_balance_cannot_bear_fails_and_says_so(
    paytm_simulator: Simulator, sold: Payment
) -> None:
    paytm_simulator.advance(5 * 86400)
    refund = refunds.request(sold, reason="late")
    paytm_simulator.advance(86400)
    asked_later(2)
    refund.refresh_from_db()
    assert (refund.status, refund.code) == ("failed", "620")
    assert both_books(paytm_simulator, sold) == (Decimal("499.00"), Decimal("0.00"))


def test_the_surplus_of_a_wrong_amount_goes_back(
    paytm_simulator: Simulator, settings: LazySettings, client: Client, make_order: Callable[..., Order]
) -> None:
    settings.PAYTM_KIT = paytm_simulator.settings()
    payment = checkout.open_payment(make_order())
    client.get(f"/paytm/pay/{payment.token}/")
    paytm_simulator.pay(payment.gateway_order_id, amount="1.00")
    paytm_simulator.bring_callback(client, payment.gateway_order_id)
    payment.refresh_from_db()
    assert payment.flag_list == [Flag.AMOUNT_MISMATCH]
    refunds.request(payment, reason="wrong amount")
    paytm_simulator.advance(3 * 3600)
    asked_later(2)
    payment.refresh_from_db()
    assert payment.refunded_amount == Decimal("1.00")
    assert paytm_simulator.order(payment.gateway_order_id)["refunded_amount"] == "1.00"
