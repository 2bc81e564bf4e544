"""The kit and the simulator, each with books of its own: a chargeback comes and ends, and both say what is left."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit import checkout, refunds
from paytm_kit.ledger import rebuild
from paytm_kit.models import Dispute, Payment
from paytm_kit.testing.simulator import Mistake, Simulator
from tests.testing.test_refunds_end_to_end import asked_later, both_books, heard, sold  # noqa: F401 - fixture

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]


def disputed(simulator: Simulator, client: Client, payment: Payment, amount: str = "200.00") -> Dispute:
    """A chargeback that the simulator's bank raises and that the shop has heard of."""
    wish = {"amount": amount, "reason": "Goods not received"}
    opened: dict[str, Any] = simulator.ask("POST", f"orders/{payment.gateway_order_id}/dispute", wish)
    assert set(heard(simulator, client)) == {200}
    return payment.disputes.get(dispute_id=opened["dispute_id"])


def end(simulator: Simulator, client: Client, dispute: Dispute, outcome: str) -> None:
    simulator.ask("POST", f"disputes/{dispute.dispute_id}/close", {"outcome": outcome})
    assert set(heard(simulator, client)) == {200}  # the opening once more, and then the end
    dispute.refresh_from_db()


def dashboard_refund(simulator: Simulator, payment: Payment, amount: str) -> None:
    simulator.ask("POST", f"orders/{payment.gateway_order_id}/refund", {"amount": amount})


def test_a_chargeback_is_heard_of_and_both_sides_refuse_refunds(
    paytm_simulator: Simulator,
    client: Client,
    sold: Payment,  # noqa: F811
) -> None:
    dispute = disputed(paytm_simulator, client, sold)
    assert (dispute.status, dispute.word, dispute.amount) == ("open", "NEW", Decimal("200.00"))
    assert (dispute.kind, dispute.reason) == ("CHARGEBACK", "Goods not received")
    assert dispute.transaction_id == sold.transaction_id
    assert dispute.due_at is not None
    assert (dispute.due_at - timezone.now()).days in (6, 7)
    with pytest.raises(refunds.NotRefundable, match=dispute.dispute_id):
        refunds.request(sold, "1.00", reason="x")
    assert paytm_simulator.order(sold.gateway_order_id)["refunds"] == []
    with pytest.raises(Mistake, match="a dispute is open"):
        dashboard_refund(paytm_simulator, sold, "1.00")


@pytest.mark.parametrize(("outcome", "still_left"), [("won", "499.00"), ("lost", "299.00")])
def test_when_it_ends_both_sides_agree_about_what_is_left(
    paytm_simulator: Simulator,
    client: Client,
    sold: Payment,  # noqa: F811
    outcome: str,
    still_left: str,
) -> None:
    end(paytm_simulator, client, disputed(paytm_simulator, client, sold), outcome)
    assert sold.disputes.get().status == outcome
    assert refunds.left(sold) == {sold.transaction_id: Decimal(still_left)}
    more = str(Decimal(still_left) + Decimal("0.01"))
    for ask in (
        lambda: refunds.request(sold, more, reason="x"),
        lambda: dashboard_refund(paytm_simulator, sold, more),
    ):
        with pytest.raises((refunds.NotRefundable, Mistake)):
            ask()
    assert refunds.request(sold, reason="the rest").status == "pending"
    paytm_simulator.advance(3 * 3600)
    asked_later(2)
    assert both_books(paytm_simulator, sold) == (Decimal("499.00"), Decimal(still_left))
    assert rebuild.check(sold.pk) == []


def test_webhooks_that_come_in_the_wrong_order_end_it_all_the_same(
    paytm_simulator: Simulator,
    client: Client,
    sold: Payment,  # noqa: F811
) -> None:
    wish = {"amount": "200.00", "reason": "Goods not received"}
    opened = paytm_simulator.ask("POST", f"orders/{sold.gateway_order_id}/dispute", wish)
    paytm_simulator.ask("POST", f"disputes/{opened['dispute_id']}/close", {"outcome": "lost"})
    for sent in reversed(paytm_simulator.webhooks()):
        assert client.post("/paytm/webhook/", sent.body, content_type=sent.content_type).status_code == 200
    kinds = sold.events.filter(dispute__isnull=False).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["dispute_opened", "dispute_lost", "dispute_updated"]
    assert sold.disputes.get().status == "lost"


def test_the_bank_asked_at_once_decides_a_refund_in_one_call(
    paytm_simulator: Simulator,
    sold: Payment,  # noqa: F811
) -> None:
    refund = refunds.request(sold, "100.00", reason="x", wait=True)
    assert (refund.status, refund.code) == ("succeeded", "10")
    assert both_books(paytm_simulator, sold) == (Decimal("499.00"), Decimal("100.00"))


def test_rupays_seventh_part_is_refused_by_both_sides(
    paytm_simulator: Simulator, settings: LazySettings, client: Client, make_order: Any
) -> None:
    settings.PAYTM_KIT = paytm_simulator.settings()
    order: Order = make_order()
    payment = checkout.open_payment(order)
    client.get(f"/paytm/pay/{payment.token}/")
    paytm_simulator.pay(payment.gateway_order_id, method="card", instrument="6074825972083818")
    paytm_simulator.bring_callback(client, payment.gateway_order_id)
    payment.refresh_from_db()
    assert (payment.status, payment.payment_mode, payment.network) == ("paid", "DC", "RUPAY")
    for _ in range(6):
        assert refunds.request(payment, "10.00", reason="x").status == "pending"
    with pytest.raises(refunds.NotRefundable, match="six partial refunds"):
        refunds.request(payment, "10.00", reason="x")
    with pytest.raises(Mistake, match="RuPay allows 6"):
        dashboard_refund(paytm_simulator, payment, "10.00")
