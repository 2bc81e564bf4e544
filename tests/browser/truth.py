"""What must be true of an order afterwards: in the shop's database and in the simulator's books, which must agree."""

from __future__ import annotations

from decimal import Decimal

from demo_site.shop.models import Order
from paytm_kit.models import Announcement, Payment, PaymentEvent
from tests.browser.simulator import Simulator


class Truth:
    """Looks only after all webhooks have been answered, so that both channels have had their say."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def payments(self, order: Order) -> list[Payment]:
        """The order's payments, oldest first."""
        self._simulator.wait_for_webhooks()
        return list(order.payments.order_by("pk"))

    def captured_at_gateway(self) -> Decimal:
        """Rupees that the simulator took, over all orders that it knows."""
        return sum((Decimal(order["captured_amount"]) for order in self._simulator.orders()), Decimal("0.00"))

    def is_paid_once(self, order: Order, *, statuses: tuple[str, ...] = ("paid",)) -> Payment:
        """Paid, captured once here and there, told to the shop once. Returns the payment that did it."""
        payments = self.payments(order)
        assert tuple(payment.status for payment in payments) == statuses
        paid = next(payment for payment in payments if payment.is_paid)
        order = Order.objects.get(pk=order.pk)
        assert order.is_paid
        assert order.amount_paid == paid.captured_amount == paid.amount == order.total
        assert not any(payment.flags for payment in payments)
        captures = PaymentEvent.objects.filter(payment__in=payments, kind=PaymentEvent.Kind.CAPTURED)
        capture = captures.get()
        assert (capture.amount, capture.transaction_id) == (order.total, paid.transaction_id)
        assert Announcement.objects.get(signal="payment_succeeded").event == capture
        assert not Announcement.objects.filter(state=Announcement.State.WAITING).exists()
        assert order.paid_at is not None
        assert order.staff_remark == ""
        self._books_agree(paid, order.total)
        return paid

    def _books_agree(self, payment: Payment, captured: Decimal) -> None:
        books = self._simulator.order(payment.gateway_order_id)
        assert (books["status"], books["amount"], books["mid"]) == ("success", str(payment.amount), payment.merchant_id)
        taken = [row["txn_id"] for row in books["transactions"] if row["status"] == "success"]
        assert taken == [payment.transaction_id]
        assert self.captured_at_gateway() == captured

    def is_not_paid(self, order: Order, *, statuses: tuple[str, ...]) -> None:
        """No money here, none promised to the shop."""
        assert tuple(payment.status for payment in self.payments(order)) == statuses
        order = Order.objects.get(pk=order.pk)
        assert not order.is_paid
        assert order.amount_paid == 0
        assert order.paid_at is None
        assert not PaymentEvent.objects.filter(kind=PaymentEvent.Kind.CAPTURED).exists()
        assert not Announcement.objects.filter(signal="payment_succeeded").exists()
