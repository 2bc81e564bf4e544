"""Opens payments: the order's open one, or a new one in its place. Nobody is charged twice meanwhile."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_noop

from paytm_kit import conf
from paytm_kit.currencies import INR
from paytm_kit.gateways.base import Account, Customer, GatewayError
from paytm_kit.ledger import book, ladder
from paytm_kit.logs import EventLog
from paytm_kit.models import Payment, PaymentEvent, PaymentQuerySet
from paytm_kit.money import exact
from paytm_kit.services import confirm

if TYPE_CHECKING:
    from paytm_kit.payable import PayableMixin

log = EventLog("paytm_kit.checkout")


class PaymentError(Exception):
    """A payment cannot be opened. ``str()`` is for logs; ``user_message`` is for the shopper, in their language."""

    code = "payment_error"
    retryable = False
    message = gettext_noop("The payment could not be started. You have not been charged.")

    @property
    def user_message(self) -> str:
        return gettext(self.message)


class AlreadyPaid(PaymentError):
    """The order has been paid: nothing is left to collect."""

    code = "already_paid"
    message = gettext_noop("This order has already been paid.")


class NothingToPay(PaymentError):
    """The amount is zero, negative, below the minimum or not an exact amount of its currency."""

    code = "nothing_to_pay"
    message = gettext_noop("There is nothing to pay for this order.")


class OtherCurrency(PaymentError):
    """The account collects another currency than the order is in, or the order holds money in another one."""

    code = "other_currency"


class StillAsking(PaymentError):
    """An earlier payment may have been paid and the gateway cannot say just now: no second charge meanwhile."""

    code = "still_asking"
    retryable = True
    message = gettext_noop("We are still finding out about your earlier payment. Please try again in a few minutes.")


def open_payment(
    order: PayableMixin,
    *,
    amount: Decimal | int | str | None = None,
    account: str = "default",
    customer: Customer | None = None,
    return_url: str | None = None,
) -> Payment:
    """The order's open payment, or a new one: a double click, a refresh or Back never makes a second charge.

    While an earlier payment of the order is with the bank, or waits for a person, that one is returned;
    ``redirect`` then leads to its result page.

    ``amount``      in the order's currency; by default what it still owes. It comes from your server, never from the
                    browser
    ``account``     the name in ``PAYTM_KIT["ACCOUNTS"]``
    ``customer``    by default ``order.payment_customer()``; its id is kept, and a masked form of its contacts, which
                    are read from the order anew
    ``return_url``  where the result page leads on to, a path or a URL of BASE_URL's host; by default the order's own

    Raises AlreadyPaid, NothingToPay, StillAsking, OtherCurrency, and ConfigurationError when the account is set up
    wrongly.
    """
    if order.pk is None:
        raise ValueError("Save the order before collecting for it.")
    settled = conf.account(account)
    if (currency := order.payment_currency()) != settled.currency:
        raise OtherCurrency(f'Order {order.pk} is in {currency}; account "{account}" collects {settled.currency}.')
    for _ in range(4):
        owed = _amount(order, amount)
        if moving := money_moving(Payment.objects.for_order(order)):
            return moving
        current = Payment.objects.for_order(order).filter(open_slot__isnull=False).first()
        if current is not None:
            if _still_good(current, settled, owed):
                return current
            retire(current, owed)
            continue
        payment = book.open_payment(
            order,
            account=settled,
            amount=owed,
            chosen=amount is not None,
            customer=_customer(order, customer),
            label=order.payment_label(),
            return_url=own_url(return_url),
        )
        if payment is not None:
            log.info("payment.opened", order_id=payment.gateway_order_id, amount=payment.amount)
            return payment
    raise PaymentError(f"Order {order.pk} kept getting other open payments; try again.")


def retry(payment: Payment, *, account: str = "") -> Payment:
    """A payment for the same order: this one if it can go on, a new one if it ended. Raises as ``open_payment``.

    ``account``  another one than the payment's own, by its name
    """
    order: Any = payment.order
    if order is None:
        raise PaymentError(f"The order of payment {payment.gateway_order_id} is gone.")
    if payment.amount_chosen and payment.currency != order.payment_currency():
        raise OtherCurrency(f"{payment} was over a chosen amount; order {order.pk} is in another currency now.")
    amount = min(payment.amount, order.balance_due) if payment.amount_chosen and order.balance_due else None
    return open_payment(order, amount=amount, account=account or payment.account, return_url=payment.return_url)


def _still_good(payment: Payment, account: Account, owed: Decimal) -> bool:
    """Whether the shopper can go on with it: the same money, and its time at the gateway is not over."""
    # Stripe's account id is the same in test and in live mode.
    whose = (payment.account, payment.environment, payment.merchant_id)
    same = (payment.amount, payment.currency, *whose) == (
        *(owed, account.currency, account.name, account.environment, account.merchant_id),
    )
    return same and page_alive(payment)


def page_alive(payment: Payment) -> bool:
    return ladder.page_alive(payment.started_at, payment.page_lifetime, timezone.now())


def retire(payment: Payment, owed: Decimal) -> None:
    """Makes way for a new payment, but first asks what became of this one: nobody pays twice meanwhile.

    Raises StillAsking when the gateway cannot say, AlreadyPaid when it was paid.
    """
    if payment.handed_out_at is not None:  # else there was never a way to pay it
        try:
            payment = confirm.ask(payment, source="checkout")
            if payment.is_open and not in_the_banks_hands(payment):
                payment, _over = confirm.withdraw(payment, source="checkout")
        except GatewayError as error:
            raise StillAsking(f"Payment {payment.gateway_order_id} may have been paid: {error}") from error
    if payment.is_paid and payment.amount == owed:
        raise AlreadyPaid(f"It was paid by {payment.gateway_order_id}.")
    if payment.is_open and not in_the_banks_hands(payment):
        book.supersede(payment.pk, why=f"A newer payment over {owed} took its place.", seen=payment)


def in_the_way(order: PayableMixin) -> Payment | None:
    """The order's payment that is with the bank or waits for a person: until that is over nobody should pay again."""
    return money_moving(Payment.objects.for_order(order))


def money_moving(payments: PaymentQuerySet) -> Payment | None:
    """A payment of the order whose money may be on its way, or that a person has to look at first."""
    moving = all_in_the_banks_hands(payments)
    return next((payment for payment in payments if payment.pk in moving), None)


def in_the_banks_hands(payment: Payment) -> bool:
    """Paying again now could charge twice: the gateway has said "pending", or something does not fit."""
    return payment.pk in all_in_the_banks_hands([payment])


def all_in_the_banks_hands(payments: Collection[Payment]) -> set[int]:
    """The primary keys of those of which ``in_the_banks_hands`` is true; asks the database once at most."""
    held = {payment.pk for payment in payments if payment.is_held}
    unsure = [payment.pk for payment in payments if payment.is_open and payment.pk not in held]
    if unsure:
        pending = PaymentEvent.objects.filter(payment__in=unsure, kind=PaymentEvent.Kind.PENDING)
        held.update(pending.values_list("payment_id", flat=True))
    return held


def _amount(order: PayableMixin, amount: Decimal | int | str | None) -> Decimal:
    owed, currency = order.balance_due if amount is None else amount, order.payment_currency()
    if order.balance_due == 0 and order.amount_paid > 0:
        raise AlreadyPaid(f"Order {order.pk} owes nothing more.")
    if (other := order.payments.kept_in_another(currency).first()) is not None:
        raise OtherCurrency(f"Order {order.pk} is in {currency} and was paid by {other}: refund that first.")
    try:
        wanted = exact(owed, currency)
    except ValueError as error:
        raise NothingToPay(f"Order {order.pk} cannot be paid: {error}") from error
    if currency == INR and wanted < conf.kit().minimum_amount:
        raise NothingToPay(f"Order {order.pk} owes {wanted}, below MINIMUM_AMOUNT {conf.kit().minimum_amount}.")
    return wanted


def _customer(order: PayableMixin, given: Customer | None) -> Customer:
    customer = given or order.payment_customer() or Customer(f"order_{order.pk}")
    portable = re.sub(r"[^A-Za-z0-9_]", "_", customer.id)[:64]
    return Customer(portable or "guest", customer.email, customer.mobile)


def own_url(url: str | None) -> str:
    """The return URL if it leads to our own host; anything else is ignored, so that nobody can be sent elsewhere."""
    if not url:
        return ""
    base = urlsplit(conf.kit().base_url)
    ours = url_has_allowed_host_and_scheme(url, {base.netloc}, require_https=base.scheme == "https")
    if ours and url.isprintable() and len(url) <= 500:
        return url
    log.warning("checkout.return_url_ignored")
    return ""
