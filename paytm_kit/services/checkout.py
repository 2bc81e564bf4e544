"""From an order to the gateway's page: open a payment, send the shopper there, or say calmly why not."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_noop

from paytm_kit import conf
from paytm_kit.gateways.base import Account, Conflict, Customer, Flow, GatewayError, Redirect, StartRequest
from paytm_kit.headers import keep_private
from paytm_kit.ledger import book, ladder
from paytm_kit.logs import EventLog, correlate
from paytm_kit.models import Payment, PaymentEvent
from paytm_kit.money import rupees
from paytm_kit.services import confirm, journal

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
    """The amount is zero, negative, below the minimum or not an exact amount of rupees."""

    code = "nothing_to_pay"
    message = gettext_noop("There is nothing to pay for this order.")


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

    ``amount``      rupees; by default what the order still owes. It comes from your server, never from the browser
    ``account``     the name in ``PAYTM_KIT["ACCOUNTS"]``
    ``customer``    by default ``order.payment_customer()``; only its id is stored
    ``return_url``  where the result page leads on to, a path or a URL of BASE_URL's host; by default the order's own

    Raises AlreadyPaid, NothingToPay, StillAsking, and ConfigurationError when the account is set up wrongly.
    """
    settled = conf.account(account)
    owed = _amount(order, amount)
    for _ in range(3):
        current = _reusable(order, settled, owed)
        if current is not None:
            return current
        owed = _amount(order, amount)
        payment = book.open_payment(
            order,
            account=settled,
            amount=owed,
            customer=_customer(order, customer),
            label=order.payment_label(),
            return_url=_own_url(return_url),
        )
        if payment is not None:
            log.info("payment.opened", order_id=payment.gateway_order_id, amount=payment.amount)
            return payment
    raise PaymentError(f"Order {order.pk} kept getting other open payments; try again.")


def _reusable(order: PayableMixin, account: Account, owed: Decimal) -> Payment | None:
    """The order's open payment if it can still be paid; if it cannot, it is out of the way afterwards."""
    current = Payment.objects.for_order(order).filter(open_slot__isnull=False).first()
    if current is None:
        return None
    alive = ladder.token_alive(current.started_at, timezone.now())
    if not alive:
        current = _ask_first(current)
        if current.is_paid and current.amount == owed:
            raise AlreadyPaid(f"Order {order.pk} was paid by {current.gateway_order_id}.")
        if not current.is_open:
            return None
    same = (current.amount, current.account, current.merchant_id) == (owed, account.name, account.merchant_id)
    if in_the_banks_hands(current) or (same and alive):
        return current
    over = "Its time at the gateway is over and nothing was paid."
    book.supersede(current.pk, why=over if same else f"The order now owes {owed} through account {account.name}.")
    return None


def _ask_first(payment: Payment) -> Payment:
    """Nobody pays a second time before the gateway has said what became of the first."""
    try:
        return confirm.ask(payment, source="checkout")
    except GatewayError as error:
        raise StillAsking(f"Payment {payment.gateway_order_id} may have been paid: {error}") from error


def in_the_banks_hands(payment: Payment) -> bool:
    """The gateway says that money may be moving: paying again now could charge twice."""
    return payment.events.filter(kind=PaymentEvent.Kind.PENDING).exists() or bool(payment.flags)


def redirect(request: HttpRequest, payment: Payment, *, flow: Flow | str | None = None) -> HttpResponse:
    """The answer that sends the shopper on: to the gateway, or to the result page when there is nothing to pay there.

    ``flow`` is "hosted", "js" or "legacy"; by default the account's. A gateway that is down gives a calm page with
    status 503 (it may be tried again) or 502 (it refused), never an exception; the order stays payable.
    """
    correlate()
    try:
        account = conf.account(payment.account)
        return keep_private(_send(request, payment, account, Flow(flow or account.flow)))
    except GatewayError as error:
        log.error(
            "checkout.not_started",
            order_id=payment.gateway_order_id,
            error=error.code,
            gateway_code=error.gateway_code,
            why=error,
        )
        context = {"payment": payment, "message": gettext(error.user_message), "retryable": error.retryable}
        status = 503 if error.retryable else 502
        return keep_private(render(request, "paytm_kit/unavailable.html", context, status=status))


def _send(request: HttpRequest, payment: Payment, account: Account, flow: Flow) -> HttpResponse:
    payment.refresh_from_db()
    if payment.is_open and not ladder.token_alive(payment.started_at, timezone.now()):
        payment = confirm.ask(payment, source="checkout")
    if not payment.is_open or in_the_banks_hands(payment) or not _fresh(payment):
        return HttpResponseRedirect(payment.get_result_url())
    if payment.flow and (payment.flow == Flow.LEGACY) != (flow == Flow.LEGACY):
        # Paytm knows an order id either by token or by signed form: the other way would be a duplicate (325, 2023)
        payment = _replace(payment, why=f"The shopper changed from {payment.flow} to {flow}.")
    try:
        target = _begin(payment, account, flow)
    except Conflict:
        payment = _replace(payment, why="The gateway knows this order id with other contents.")
        target = _begin(payment, account, flow)
    log.info(
        "checkout.sent", order_id=payment.gateway_order_id, flow=flow.value, remote_ip=journal.client_address(request)
    )
    template = "paytm_kit/js_checkout.html" if target.script_url else "paytm_kit/redirect.html"
    return render(request, template, {"payment": payment, "target": target})


def _fresh(payment: Payment) -> bool:
    return ladder.token_alive(payment.started_at, timezone.now())


def _begin(payment: Payment, account: Account, flow: Flow) -> Redirect:
    book.start(payment.pk, flow=flow)
    order: Any = payment.order
    contact = order.payment_customer() if order is not None else None
    request = StartRequest(
        order_id=payment.gateway_order_id,
        amount=payment.amount,
        currency=payment.currency,
        callback_url=callback_url(account.name),
        customer=Customer(payment.customer_id, contact.email, contact.mobile)
        if contact
        else Customer(payment.customer_id),
        flow=flow,
    )
    return journal.gateway_for(account).start(request)


def _replace(payment: Payment, *, why: str) -> Payment:
    book.supersede(payment.pk, why=why)
    order: Any = payment.order
    return open_payment(order, amount=payment.amount, account=payment.account, return_url=payment.return_url)


def retry(payment: Payment) -> Payment:
    """A payment for the same order: this one if it is open, a new one if it ended. Raises as ``open_payment``."""
    order: Any = payment.order
    if order is None:
        raise PaymentError(f"The order of payment {payment.gateway_order_id} is gone.")
    return open_payment(order, account=payment.account, return_url=payment.return_url)


def callback_url(account: str, *, channel: str = "callback") -> str:
    """Where the gateway sends the shopper (or its webhook): from BASE_URL, never from the request's Host header."""
    arguments = {} if account == "default" else {"account": account}
    return conf.kit().base_url + reverse(f"paytm_kit:{channel}", kwargs=arguments)


def _amount(order: PayableMixin, amount: Decimal | int | str | None) -> Decimal:
    owed = order.balance_due if amount is None else amount
    if amount is None and owed == 0 and order.amount_paid > 0:
        raise AlreadyPaid(f"Order {order.pk} owes nothing more.")
    try:
        exact = rupees(owed)
    except ValueError as error:
        raise NothingToPay(f"Order {order.pk} cannot be paid: {error}") from error
    if exact < conf.kit().minimum_amount:
        raise NothingToPay(f"Order {order.pk} owes {exact}, below MINIMUM_AMOUNT {conf.kit().minimum_amount}.")
    return exact


def _customer(order: PayableMixin, given: Customer | None) -> Customer:
    customer = given or order.payment_customer() or Customer(f"order_{order.pk}")
    portable = re.sub(r"[^A-Za-z0-9_]", "_", customer.id)[:64]
    return Customer(portable or "guest", customer.email, customer.mobile)


def _own_url(url: str | None) -> str:
    """The return URL if it leads to our own host; anything else is ignored, so that nobody can be sent elsewhere."""
    if not url:
        return ""
    base = urlsplit(conf.kit().base_url)
    ours = url_has_allowed_host_and_scheme(url, {base.netloc}, require_https=base.scheme == "https")
    if ours and url.isprintable() and len(url) <= 500:
        return url
    log.warning("checkout.return_url_ignored")
    return ""
