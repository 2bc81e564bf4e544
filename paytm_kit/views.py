"""HTTP in and out: each view reads the request, calls one verb and turns its result into an answer."""

from __future__ import annotations

import functools
from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required, login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    UnreadablePostError,
)
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from paytm_kit import background, conf
from paytm_kit.gateways.base import ConfigurationError, Flow, InboundMessage
from paytm_kit.headers import keep_private, see_other
from paytm_kit.logs import EventLog
from paytm_kit.models import Payment
from paytm_kit.rendering import render
from paytm_kit.services import checkout, hurdles, intake, offers, opening, pay_button, receipts
from paytm_kit.services.history import payments_of

log = EventLog("paytm_kit.views")

LARGEST_BODY = 64 * 1024  # bytes; the largest real message is under 4 KiB
PAYMENTS_ON_A_PAGE = 20

View = Callable[..., HttpResponse]


def private(view: View) -> View:
    """For people who need not be logged in; their pages are kept private."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        return keep_private(view(request, *args, **kwargs))

    return login_not_required(guarded)


def inbound(view: View) -> View:
    """For messages from the gateway: cross-site, so no CSRF token and no cookies; each write commits on its own."""
    limited = require_POST(_bounded(view))
    return private(csrf_exempt(transaction.non_atomic_requests(limited)))


def _bounded(view: View) -> View:
    @functools.wraps(view)
    def read(request: HttpRequest, account: str = "default") -> HttpResponse:
        try:
            known = account in conf.raw_accounts()
        except ConfigurationError as error:
            log.error("inbound.not_configured", exception=error)
            return HttpResponse("Payments are not configured.", status=503, content_type="text/plain")
        if not known:
            raise Http404
        try:
            body = request.read(LARGEST_BODY + 1)
        except UnreadablePostError:  # the sender went away in the middle
            log.warning("inbound.cut_off", path=request.path)
            return HttpResponse("The message broke off.", status=400, content_type="text/plain")
        if len(body) > LARGEST_BODY:
            log.warning("inbound.too_large", path=request.path)
            return HttpResponse("The message is larger than 64 KiB.", status=413, content_type="text/plain")
        headers = {name.lower(): value for name, value in request.headers.items()}
        message = InboundMessage(body=body, content_type=headers.get("content-type", ""), headers=headers)
        return view(request, message, account)

    return read


@inbound
def callback(request: HttpRequest, message: InboundMessage, account: str) -> HttpResponse:
    """The shopper comes back from the gateway. Whatever the message says, the result page tells the truth."""
    try:
        receipt = intake.receive(request, message, account=account, channel=intake.CALLBACK)
    except Exception as error:  # noqa: BLE001 - what is stored is taken up again, whatever went wrong
        log.error("callback.not_processed", exception=error, account=account)
        return render(request, "paytm_kit/interrupted.html", status=503)
    if receipt.result is intake.Result.MALFORMED:
        return _quietly(receipt, render(request, "paytm_kit/malformed.html", status=400))
    target = receipt.payment.get_result_url() if receipt.payment else reverse("paytm_kit:unknown")
    return see_other(target)


@inbound
def webhook(request: HttpRequest, message: InboundMessage, account: str) -> HttpResponse:
    """The gateway's server speaks to ours. The status tells it whether to send again."""
    try:
        receipt = intake.receive(
            request, message, account=account, channel=intake.WEBHOOK, hand_over=background.process_message
        )
    except Exception as error:  # noqa: BLE001 - "send again", and what is stored is taken up again besides
        log.error("webhook.not_processed", exception=error, account=account)
        return JsonResponse({"result": "unavailable"}, status=503, headers={"Retry-After": "60"})
    status = intake.ANSWERS[receipt.result]
    if receipt.acknowledgement and status == 200:
        return HttpResponse(receipt.acknowledgement, content_type="text/plain")
    return _quietly(receipt, JsonResponse({"result": receipt.result.value}, status=status))


def _quietly(receipt: intake.Receipt, response: HttpResponse) -> HttpResponse:
    """Of a flood the log hears once a minute; Django would add a line for each answer of status 400."""
    if receipt.message is None:
        response._has_been_logged = True  # type: ignore[attr-defined]  # as Django itself marks it
    return response


@private
@transaction.non_atomic_requests
@require_safe
def back(request: HttpRequest, token: str) -> HttpResponse:
    """The shopper comes back from a gateway that sends nothing with them. The result page tells the truth."""
    payment = get_object_or_404(Payment, token=token)
    intake.came_back(request, payment)
    return see_other(payment.get_result_url())


@private
@require_safe
def result(request: HttpRequest, token: str) -> HttpResponse:
    """Paid, failed, or still confirming. Shows no personal data: whoever has the link may see it."""
    payment = get_object_or_404(Payment, token=token)
    waiting = payment.is_open and opening.in_the_banks_hands(payment)
    context = {
        "payment": payment,
        "with_the_bank": waiting,
        "next_url": _next_url(payment),
        "refunds": payment.refunds.under_way_or_made(),
    }
    return render(request, "paytm_kit/result.html", context)


@private
@require_safe
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    """A paid payment, to print. Whoever has the link may see it; of an unpaid one there is none."""
    payment = get_object_or_404(Payment, token=token)
    if not payment.is_paid:
        return HttpResponseRedirect(payment.get_result_url())
    return render(request, "paytm_kit/receipt.html", {"payment": payment, "receipt": receipts.of(payment)})


@private
@require_safe
def unknown(request: HttpRequest) -> HttpResponse:
    """Where a callback for an order that we do not know ends."""
    return render(request, "paytm_kit/unknown.html")


@private
@require_safe
def status(request: HttpRequest, token: str) -> HttpResponse:
    """What the result page asks while it waits: ``{"status": "processing", "done": false}``."""
    payment = get_object_or_404(Payment, token=token)
    return JsonResponse({"status": payment.status, "done": not payment.is_open})


@private
@require_safe
def refunds(request: HttpRequest, token: str) -> HttpResponse:
    """How the money that goes back stands. Like the result page it shows no personal data."""
    payment = get_object_or_404(Payment, token=token)
    context = {"payment": payment, "refunds": payment.refunds.under_way_or_made()}
    return render(request, "paytm_kit/refunds.html", context)


@login_required
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """ "My payments" of whoever is signed in."""
    mine = payments_of(request.user).prefetch_related("refunds")
    page = Paginator(mine, PAYMENTS_ON_A_PAGE).get_page(request.GET.get("page"))
    return keep_private(render(request, "paytm_kit/history.html", {"payments": page.object_list, "page": page}))


@private
@transaction.non_atomic_requests
@require_POST
def open_(request: HttpRequest) -> HttpResponse:
    """A pay button was pressed: opens the order's payment and sends the shopper to it."""
    try:
        choice = pay_button.read(request.POST.get("order", ""))
    except pay_button.NotOurs as error:
        log.warning("pay_button.not_ours", why=error)
        return render(request, "paytm_kit/malformed.html", status=400)
    already = Payment.objects.for_order(choice.order).first()
    return _lead_on(request, lambda: pay_button.open_payment(choice), already, flow=choice.flow)


@private
@transaction.non_atomic_requests
@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """GET leads to the gateway; POST, from "try again", opens a new payment where the old one ended.

    With a field ``account`` the new one is another account's, of those on offer.
    """
    payment = get_object_or_404(Payment, token=token)
    if request.method == "GET":
        flow = request.GET.get("flow")
        return checkout.redirect(request, payment, flow=flow if flow in tuple(Flow) else None)
    chosen = request.POST.get("account", payment.account)
    if chosen != payment.account and chosen not in {offer.account for offer in offers.instead_of(payment)}:
        log.warning("pay.not_on_offer", order_id=payment.gateway_order_id)
        return render(request, "paytm_kit/malformed.html", status=400)
    flow = payment.flow if chosen == payment.account else ""
    return _lead_on(request, lambda: opening.retry(payment, account=chosen), payment, flow=flow)


@private
@transaction.non_atomic_requests
@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """The one-time code from the e-mail: GET asks for it, POST takes it, or sends another one."""
    payment = get_object_or_404(Payment, token=token)
    return hurdles.answer_code(request, payment) if request.method == "POST" else hurdles.ask_code(request, payment)


def _lead_on(
    request: HttpRequest, opened: Callable[[], Payment], known: Payment | None, *, flow: str = ""
) -> HttpResponse:
    """To the gateway with the payment that ``opened`` gives, or calmly says why not; ``known`` is one of its order."""
    if known is not None and (hurdle := hurdles.attempt(request, known)) is not None:
        return hurdle
    try:
        return checkout.redirect(request, opened(), flow=flow or None)
    except opening.AlreadyPaid as error:
        if known is not None:
            return HttpResponseRedirect(checkout.newest_paid(known).get_result_url())
        refusal: opening.PaymentError | ConfigurationError = error
    except (opening.PaymentError, ConfigurationError) as error:
        refusal = error
    log.warning("pay.refused", order_id=known.gateway_order_id if known else "", error=refusal.code, why=refusal)
    context = {"payment": known, "message": gettext(refusal.user_message), "retryable": refusal.retryable}
    return render(request, "paytm_kit/unavailable.html", context, status=503 if refusal.retryable else 409)


def _next_url(payment: Payment) -> str:
    own = getattr(payment.order, "get_absolute_url", None)
    return payment.return_url or (own() if own else "")
