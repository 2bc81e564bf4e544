"""From an order to the gateway's page: open a payment, send the shopper there, or say calmly why not."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_noop

from paytm_kit import conf
from paytm_kit.gateways.base import Account, Conflict, Customer, Flow, GatewayError, Redirect, StartRequest
from paytm_kit.headers import keep_private, see_other
from paytm_kit.ledger import book, ladder
from paytm_kit.logs import EventLog, correlate
from paytm_kit.models import Payment, PaymentEvent, PaymentQuerySet
from paytm_kit.money import rupees
from paytm_kit.rendering import render
from paytm_kit.services import caller, confirm, hurdles, journal

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

    While an earlier payment of the order is with the bank, or waits for a person, that one is returned;
    ``redirect`` then leads to its result page.

    ``amount``      rupees; by default what the order still owes. It comes from your server, never from the browser
    ``account``     the name in ``PAYTM_KIT["ACCOUNTS"]``
    ``customer``    by default ``order.payment_customer()``; its id is kept, and a masked form of its contacts, which
                    are read from the order anew
    ``return_url``  where the result page leads on to, a path or a URL of BASE_URL's host; by default the order's own

    Raises AlreadyPaid, NothingToPay, StillAsking, and ConfigurationError when the account is set up wrongly.
    """
    if order.pk is None:
        raise ValueError("Save the order before collecting for it.")
    settled = conf.account(account)
    for _ in range(4):
        owed = _amount(order, amount)
        if moving := _money_moving(Payment.objects.for_order(order)):
            return moving
        current = Payment.objects.for_order(order).filter(open_slot__isnull=False).first()
        if current is not None:
            if _still_good(current, settled, owed):
                return current
            _retire(current, owed)
            continue
        payment = book.open_payment(
            order,
            account=settled,
            amount=owed,
            chosen=amount is not None,
            customer=_customer(order, customer),
            label=order.payment_label(),
            return_url=_own_url(return_url),
        )
        if payment is not None:
            log.info("payment.opened", order_id=payment.gateway_order_id, amount=payment.amount)
            return payment
    raise PaymentError(f"Order {order.pk} kept getting other open payments; try again.")


def _still_good(payment: Payment, account: Account, owed: Decimal) -> bool:
    """Whether the shopper can go on with it: the same money, and its time at the gateway is not over."""
    same = (payment.amount, payment.account, payment.merchant_id) == (owed, account.name, account.merchant_id)
    return same and ladder.token_alive(payment.started_at, timezone.now())


def _retire(payment: Payment, owed: Decimal) -> None:
    """Makes way for a new payment, but first asks what became of this one: nobody pays twice meanwhile.

    Raises StillAsking when the gateway cannot say, AlreadyPaid when it was paid.
    """
    if payment.started_at is not None:
        try:
            payment = confirm.ask(payment, source="checkout")
        except GatewayError as error:
            raise StillAsking(f"Payment {payment.gateway_order_id} may have been paid: {error}") from error
    if payment.is_paid and payment.amount == owed:
        raise AlreadyPaid(f"It was paid by {payment.gateway_order_id}.")
    if payment.is_open and not in_the_banks_hands(payment):
        book.supersede(payment.pk, why=f"A newer payment over {owed} took its place.")


def in_the_way(order: PayableMixin) -> Payment | None:
    """The order's payment that is with the bank or waits for a person: until that is over nobody should pay again."""
    return _money_moving(Payment.objects.for_order(order))


def _money_moving(payments: PaymentQuerySet) -> Payment | None:
    """A payment of the order whose money may be on its way, or that a person has to look at first."""
    return next((payment for payment in payments if in_the_banks_hands(payment)), None)


def in_the_banks_hands(payment: Payment) -> bool:
    """Paying again now could charge twice: the gateway has said "pending", or something does not fit."""
    return payment.is_held or (payment.is_open and payment.events.filter(kind=PaymentEvent.Kind.PENDING).exists())


def redirect(request: HttpRequest, payment: Payment, *, flow: Flow | str | None = None) -> HttpResponse:
    """The answer that sends the shopper on: to the gateway, or to the result page when there is nothing to pay there.

    To a POST it is a 303 to the kit's own pay address, where the same happens to a GET. ``flow`` is "hosted", "js" or
    "legacy"; by default the one that this payment began with, else the account's. A gateway that is down gives a calm
    page with status 503 (it may be tried again), one that refuses gives 502, an order that cannot be paid any more
    409; the order stays as it was. Too many attempts give a page that says how long to wait (429), and a risk rule may
    put a page of its own before the gateway's (``services/hurdles.py``). Raises ValueError for another word as
    ``flow``.

    Call it outside transactions: it waits for the gateway.
    """
    correlate()
    chosen = Flow(flow) if flow else None
    if request.method == "POST":
        if (hurdle := hurdles.attempt(request, payment)) is not None:
            return keep_private(hurdle)
        # The page that leads on must be the answer to a GET: Back to an unstored answer of a POST is an error page.
        query = f"?flow={chosen.value}" if chosen else ""
        address = reverse("paytm_kit:pay", args=[payment.token])
        return caller.remember(request, keep_private(see_other(address + query)))
    payment.refresh_from_db()
    if payment.is_open and (hurdle := hurdles.visit(request, payment)) is not None:
        return keep_private(hurdle)
    begun = payment.started_at is not None
    try:
        account = conf.account(payment.account)
        response = _send(request, payment, account, chosen)
    except (GatewayError, PaymentError) as error:
        response = _not_sent(request, payment, error, begun)
    return caller.remember(request, keep_private(response))


def _not_sent(request: HttpRequest, payment: Payment, error: GatewayError | PaymentError, begun: bool) -> HttpResponse:
    log.error(
        "checkout.not_started",
        order_id=payment.gateway_order_id,
        error=error.code,
        gateway_code=getattr(error, "gateway_code", ""),
        why=error,
    )
    # Of an attempt that had begun before, nobody here can say that it was not paid.
    message = StillAsking.message if begun and isinstance(error, GatewayError) else error.user_message
    context = {"payment": payment, "message": gettext(message), "retryable": error.retryable}
    refused = 502 if isinstance(error, GatewayError) else 409
    return render(request, "paytm_kit/unavailable.html", context, status=503 if error.retryable else refused)


def _send(request: HttpRequest, payment: Payment, account: Account, chosen: Flow | None) -> HttpResponse:
    if payment.is_open and not ladder.token_alive(payment.started_at, timezone.now()):
        payment = confirm.ask(payment, source="checkout")
    if (elsewhere := _nothing_to_pay(payment)) is not None:
        return HttpResponseRedirect(elsewhere.get_result_url())
    flow = chosen or Flow(payment.flow or account.flow)
    try:
        if payment.flow and (payment.flow == Flow.LEGACY) != (flow == Flow.LEGACY):
            # Paytm knows an order id either by token or by signed form: the other way would be a duplicate (325, 2023)
            payment = _replace(payment)
        try:
            return _lead_on(request, payment, account, flow)
        except Conflict:
            payment = _replace(payment)
            return _lead_on(request, payment, account, flow)
    except AlreadyPaid:
        return HttpResponseRedirect(newest_paid(payment).get_result_url())


def _lead_on(request: HttpRequest, payment: Payment, account: Account, flow: Flow) -> HttpResponse:
    if (hurdle := hurdles.before_start(request, payment)) is not None:
        return hurdle
    target = _begin(payment, account, flow)
    address = journal.client_address(request)
    log.info("checkout.sent", order_id=payment.gateway_order_id, flow=flow.value, remote_ip=address)
    template = "paytm_kit/js_checkout.html" if target.script_url else "paytm_kit/redirect.html"
    return render(request, template, {"payment": payment, "target": target})


def _nothing_to_pay(payment: Payment) -> Payment | None:
    """The payment whose result page tells why the shopper must not pay this one now; ``None``: go and pay."""
    beside = Payment.objects.beside(payment)
    if moving := _money_moving(beside):
        return moving
    if captured := beside.filter(paid_at__gte=payment.created_at).first():
        return captured
    alive = payment.open_slot and ladder.token_alive(payment.started_at, timezone.now())
    return None if alive and not in_the_banks_hands(payment) else payment


def newest_paid(payment: Payment) -> Payment:
    """The paid payment of the same order that the shopper should see; this one if there is none."""
    paid = Payment.objects.beside(payment).filter(status=Payment.Status.PAID).first()
    return paid if paid is not None and not payment.is_paid else payment


def _begin(payment: Payment, account: Account, flow: Flow) -> Redirect:
    book.start(payment.pk, flow=flow)
    order: Any = payment.order
    contact = order.payment_customer() if order is not None else None
    customer = (
        Customer(payment.customer_id, contact.email, contact.mobile) if contact else Customer(payment.customer_id)
    )
    request = StartRequest(
        order_id=payment.gateway_order_id,
        amount=payment.amount,
        currency=payment.currency,
        callback_url=callback_url(account.name),
        customer=customer,
        flow=flow,
    )
    target = journal.gateway_for(account).start(request)
    journal.seen_form(account, payment, target)
    if target.is_new:
        book.token_given(payment.pk)
    return target


def _replace(payment: Payment) -> Payment:
    """A new payment instead of this one, which the gateway would refuse. Raises as ``open_payment``."""
    _retire(payment, payment.amount)
    fresh = retry(payment)
    if in_the_banks_hands(fresh):
        raise StillAsking(f"Payment {fresh.gateway_order_id} is with the bank.")
    return fresh


def retry(payment: Payment) -> Payment:
    """A payment for the same order: this one if it can go on, a new one if it ended. Raises as ``open_payment``."""
    order: Any = payment.order
    if order is None:
        raise PaymentError(f"The order of payment {payment.gateway_order_id} is gone.")
    amount = min(payment.amount, order.balance_due) if payment.amount_chosen and order.balance_due else None
    return open_payment(order, amount=amount, account=payment.account, return_url=payment.return_url)


def callback_url(account: str, *, channel: str = "callback") -> str:
    """Where the gateway sends the shopper (or its webhook): from BASE_URL, never from the request's Host header."""
    arguments = {} if account == "default" else {"account": account}
    return conf.kit().base_url + reverse(f"paytm_kit:{channel}", kwargs=arguments)


def _amount(order: PayableMixin, amount: Decimal | int | str | None) -> Decimal:
    owed = order.balance_due if amount is None else amount
    if order.balance_due == 0 and order.amount_paid > 0:
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
