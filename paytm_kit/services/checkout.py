"""Sends the shopper to the gateway's page, or says calmly why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from paytm_kit import conf
from paytm_kit.gateways.base import Account, Conflict, Customer, Flow, GatewayError, Redirect, StartRequest
from paytm_kit.headers import keep_private, see_other
from paytm_kit.ledger import book
from paytm_kit.logs import EventLog, correlate
from paytm_kit.models import Payment
from paytm_kit.rendering import render
from paytm_kit.services import caller, confirm, hurdles, journal, offers, opening, outages
from paytm_kit.services.opening import AlreadyPaid, PaymentError, StillAsking

log = EventLog("paytm_kit.checkout")


@dataclass(frozen=True, slots=True)
class Step:
    """What the shopper's browser does next: the gateway's ``target``, or a ``page`` that stands before it, or ``url``,
    an address of ours, because there is nothing to be paid."""

    payment: Payment  # perhaps a newer one than was asked for
    target: Redirect | None = None
    page: HttpResponse | None = None
    url: str = ""


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
        return caller.remember(request, keep_private(see_other(pay_address(payment, chosen))))
    begun = Payment.objects.filter(pk=payment.pk, handed_out_at__isnull=False).exists()
    try:
        response = _page(request, prepare(request, payment, flow=chosen))
    except (GatewayError, PaymentError) as error:
        response = _not_sent(request, payment, error, begun)
    return caller.remember(request, keep_private(response))


def pay_address(payment: Payment, flow: Flow | None = None) -> str:
    """Where a browser goes (GET) to pay this payment; its address cannot be guessed."""
    return reverse("paytm_kit:pay", args=[payment.token]) + (f"?flow={flow.value}" if flow else "")


def prepare(request: HttpRequest, payment: Payment, *, flow: Flow | None = None) -> Step:
    """Asks the gateway for its page, unless something stands before it. Every step asks anew: nothing is kept.

    For front ends of their own; a browser is led by ``redirect``. Raises GatewayError and PaymentError: the order
    stays as it was. Call it outside transactions.
    """
    payment.refresh_from_db()
    if payment.is_open and (hurdle := hurdles.visit(request, payment)) is not None:
        return Step(payment, page=hurdle)
    if payment.is_open and payment.handed_out_at is not None and not opening.page_alive(payment):
        payment = confirm.ask(payment, source="checkout")
    if (elsewhere := _nothing_to_pay(payment)) is not None:
        return Step(elsewhere, url=elsewhere.get_result_url())
    account = journal.account_of(payment)  # with other credentials nobody could ask what became of it
    chosen = flow or Flow(payment.flow or account.flow)
    try:
        if payment.flow and (payment.flow == Flow.LEGACY) != (chosen == Flow.LEGACY):
            # Paytm knows an order id either by token or by signed form: the other way would be a duplicate (325, 2023)
            payment = _replace(payment)
        try:
            return _lead_on(request, payment, account, chosen)
        except Conflict:
            payment = _replace(payment)
            return _lead_on(request, payment, account, chosen)
    except AlreadyPaid:
        paid = newest_paid(payment)
        return Step(paid, url=paid.get_result_url())


def _page(request: HttpRequest, step: Step) -> HttpResponse:
    target = step.target
    if target is None:
        return step.page or HttpResponseRedirect(step.url)
    if target.method == "GET":
        return see_other(target.url)
    template = "paytm_kit/js_checkout.html" if target.script_url else "paytm_kit/redirect.html"
    return render(request, template, {"payment": step.payment, "target": target})


def _not_sent(request: HttpRequest, payment: Payment, error: GatewayError | PaymentError, begun: bool) -> HttpResponse:
    log.error(
        "checkout.not_started",
        order_id=payment.gateway_order_id,
        error=error.code,
        gateway_code=getattr(error, "gateway_code", ""),
        why=error,
    )
    if isinstance(error, GatewayError):
        outages.note(payment, error)
    # Of an attempt that had begun before, nobody here can say that it was not paid.
    message = StillAsking.message if begun and isinstance(error, GatewayError) else error.user_message
    context = {"payment": payment, "message": gettext(message), "retryable": error.retryable}
    if not begun and isinstance(error, GatewayError):
        context["offers"] = offers.instead_of(payment)
    refused = 502 if isinstance(error, GatewayError) else 409
    return render(request, "paytm_kit/unavailable.html", context, status=503 if error.retryable else refused)


def _lead_on(request: HttpRequest, payment: Payment, account: Account, flow: Flow) -> Step:
    if (hurdle := hurdles.before_start(request, payment)) is not None:
        return Step(payment, page=hurdle)
    target = _begin(payment, account, flow)
    if target is None:
        return Step(payment, url=payment.get_result_url())
    address = journal.client_address(request)
    log.info("checkout.sent", order_id=payment.gateway_order_id, flow=flow.value, remote_ip=address)
    return Step(payment, target=target)


def _nothing_to_pay(payment: Payment) -> Payment | None:
    """The payment whose result page tells why the shopper must not pay this one now; ``None``: go and pay."""
    beside = Payment.objects.beside(payment)
    if moving := opening.money_moving(beside):
        return moving
    if captured := beside.filter(paid_at__gte=payment.created_at).first():
        return captured
    alive = payment.open_slot and opening.page_alive(payment)
    return None if alive and not opening.in_the_banks_hands(payment) else payment


def newest_paid(payment: Payment) -> Payment:
    """The paid payment of the same order that the shopper should see; this one if there is none."""
    paid = Payment.objects.beside(payment).filter(status=Payment.Status.PAID).first()
    return paid if paid is not None and not payment.is_paid else payment


def _begin(payment: Payment, account: Account, flow: Flow) -> Redirect | None:
    """The gateway's page; ``None``: meanwhile another payment took this one's place."""
    gateway = journal.gateway_for(account)
    payment = book.start(payment.pk, flow=flow, page_lifetime=gateway.page_lifetime)
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
        return_url=conf.kit().base_url + reverse("paytm_kit:back", args=[payment.token]),
        reference=payment.gateway_reference,
        begun_at=payment.started_at,
    )
    target = gateway.start(request)
    journal.seen_form(account, payment, target)
    handed = book.hand_out(payment.pk, reference=target.reference, is_new=target.is_new)
    # Paid before the gateway had answered (its webhook was quicker): its page knows that, and leads back.
    return target if handed.is_paid or (handed.is_open and handed.open_slot is not None) else None


def _replace(payment: Payment) -> Payment:
    """A new payment instead of this one, which the gateway would refuse. Raises as ``open_payment``."""
    opening.retire(payment, payment.amount)
    fresh = opening.retry(payment)
    if opening.in_the_banks_hands(fresh):
        raise StillAsking(f"Payment {fresh.gateway_order_id} is with the bank.")
    return fresh


def callback_url(account: str, *, channel: str = "callback") -> str:
    """Where the gateway sends the shopper (or its webhook): from BASE_URL, never from the request's Host header."""
    arguments = {} if account == "default" else {"account": account}
    return conf.kit().base_url + reverse(f"paytm_kit:{channel}", kwargs=arguments)
