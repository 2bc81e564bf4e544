"""Changing what an order costs: only while none of its money was taken, or may be on its way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import Error as DatabaseError

from paytm_kit.gateways.base import GatewayError, gettext_noop
from paytm_kit.ledger import holding, waiting
from paytm_kit.models import Payment
from paytm_kit.services import confirm, opening

if TYPE_CHECKING:
    from paytm_kit.payable import PayableMixin


class AmountFixed(opening.PaymentError):
    """The order was paid, or is with the bank: what it costs cannot change any more."""

    code = "amount_fixed"
    message = gettext_noop("This order has been paid or is being paid, so its amount cannot change any more.")


@contextmanager
def unpaid(order: PayableMixin) -> Iterator[None]:
    """A transaction for changing the order, which no capture of its payments can get into.

    Before it, the gateway is asked what became of payments that shoppers could have paid meanwhile. Raises AmountFixed
    when there is money, StillAsking when the gateway cannot say or another worker has the payments in hand; nothing
    was changed then. A payment that was left on the gateway's page may still be paid, over the old amount.
    """
    _ask_about_begun(order)
    try:
        with holding.held(order) as payments:
            _refuse_where_money_is(order, payments)
            yield
    except DatabaseError as error:
        if not waiting.gave_up(error):
            raise
        raise opening.StillAsking(f"Order {order.pk} is busy: {error}") from error


def _ask_about_begun(order: PayableMixin) -> None:
    for payment in Payment.objects.for_order(order).still_open().filter(handed_out_at__isnull=False):
        try:
            confirm.ask(payment, source="checkout")
        except GatewayError as error:
            raise opening.StillAsking(f"Payment {payment.gateway_order_id} may have been paid: {error}") from error


def _refuse_where_money_is(order: PayableMixin, payments: list[Payment]) -> None:
    for payment in payments:
        if payment.captured_amount or opening.in_the_banks_hands(payment):
            raise AmountFixed(
                f"What order {order.pk} costs cannot change any more: payment {payment.gateway_order_id} is "
                f"{payment.status}. Sell what was added as an order of its own, and refund what was taken out."
            )
