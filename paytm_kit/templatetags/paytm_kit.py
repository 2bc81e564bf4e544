"""Template tags and filters of the kit: the pay button, a shopper's payments, amounts and ways to pay in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.template import Context

from paytm_kit.currencies import INR
from paytm_kit.models import Payment
from paytm_kit.modes import in_words
from paytm_kit.money import shown
from paytm_kit.payable import PayableMixin
from paytm_kit.services import history, opening, pay_button

register = template.Library()


@register.filter
def money(what: Any, of: Any = None) -> str:
    """``{{ payment|money }}``: its amount in its currency, as ``₹1,23,456.50`` or ``USD 1,234.50`` (``money.shown``).

    ``what``  a payment, refund, dispute (all of it, where no amount was named) or event; or an amount
    ``of``    what an amount is of: one of these, an order, or a currency (``{{ due|money:order }}``, ``money:"USD"``)
    """
    if isinstance(what, Decimal | int):
        return shown(Decimal(what), _currency(of))
    amount = what.payment.captured_amount if what.amount is None else what.amount
    return shown(amount, what.currency)


@register.filter
def rupees(amount: Decimal) -> str:
    """``123456.5`` → ``₹1,23,456.50``, for what is rupees by its nature; a payment may not be: use ``money``."""
    return shown(amount, INR)


def _currency(of: Any) -> str:
    if isinstance(of, str):
        return of
    return str(of.payment_currency() if isinstance(of, PayableMixin) else of.currency)


@register.filter
def way_to_pay(mode: str) -> str:
    """``CC`` → "Credit card"; a word that we do not know stays as it is."""
    return in_words(mode)


@register.inclusion_tag("paytm_kit/_pay_button.html", takes_context=True)
def paytm_pay_button(
    context: Context,
    order: PayableMixin,
    *,
    account: str = "default",
    flow: str = "",
    return_url: str = "",
    label: str = "",
) -> dict[str, Any]:
    """``{% paytm_pay_button order %}``: a button that leads to the gateway, for what the order owes at that moment.

    Says "paid", or leads to the result page, when there is nothing to pay or a payment is under way. ``label``
    replaces the words on the button; the other arguments are those of ``open_payment`` and ``redirect``. Load
    ``paytm_kit/paytm_kit.css``, or style ``.pk-button`` yourself.
    """
    moving = opening.in_the_way(order)
    paid = order.payments.filter(status=Payment.Status.PAID).first() if order.balance_due == 0 else None
    return {
        "csrf_token": context.get("csrf_token"),
        "order": order,
        "due": order.balance_due,
        "moving": moving,
        "paid": paid,
        "value": pay_button.value(order, account=account, flow=flow, return_url=return_url),
        "label": label,
    }


@register.inclusion_tag("paytm_kit/_history.html", takes_context=True)
def paytm_history(context: Context, order: PayableMixin | None = None, *, limit: int = 20) -> dict[str, Any]:
    """``{% paytm_history %}``: the newest payments of whoever is signed in; ``{% paytm_history order %}``: an order's.

    ``limit`` is how many at most. Whose payments they are: ``PayableMixin.orders_of``.
    """
    user: Any = getattr(context.get("request"), "user", None) or context.get("user")
    payments = history.payments_of(user) if order is None else order.payments
    return {"payments": payments.prefetch_related("refunds")[:limit]}
