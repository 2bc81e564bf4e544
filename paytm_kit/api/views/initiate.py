"""From an order to the gateway's page, for clients without pages of ours."""

from __future__ import annotations

from decimal import Decimal
from math import ceil
from typing import Any

from django.utils.translation import gettext
from rest_framework.request import Request
from rest_framework.response import Response

from paytm_kit.api import asked, offering, orders, shapes
from paytm_kit.api.authentication import callers, is_program
from paytm_kit.api.base import ApiView
from paytm_kit.api.documented import KEY, REPLAYED, WITH_BODY, WITH_KEY, answers, described
from paytm_kit.api.models import Initiation
from paytm_kit.api.problems import FieldError, Problem, invalid
from paytm_kit.gateways.base import ConfigurationError, GatewayError
from paytm_kit.logs import EventLog
from paytm_kit.models import Payment
from paytm_kit.payable import PayableMixin
from paytm_kit.services import caller, checkout, hurdles, offers, opening, outages

log = EventLog("paytm_kit.api")

REFUSALS = (
    *("amount_mismatch", "not_offered", "already_paid", "nothing_to_pay", "payment_error", "payment_refused"),
    *("too_many_attempts", "still_asking", "gateway_refused", "gateway_unreachable"),
)


class Initiate(ApiView):
    throttle_scope = "pay"
    order_ids = frozenset({"order_id"})

    @described(
        operation_id="initiate_payment",
        summary="Begin to pay an order",
        description="Opens the order's payment, or goes on with the open one: a second call makes no second charge. "
        "After a failed payment call it again.",
        parameters=[KEY, *REPLAYED],
        request=asked.InitiateIn,
        responses=answers({200: shapes.InitiatedOut}, *REFUSALS, *WITH_BODY, *WITH_KEY),
    )
    def post(self, request: Request) -> Response:
        response = self.once(request, "initiate", lambda _claim: _initiate(request))
        if not is_program(request):
            caller.remember(request._request, response)  # sets a cookie, as on any answer
        return response


def _initiate(request: Request) -> Response:
    wanted = asked.InitiateIn(data=request.data)
    wanted.is_valid(raise_exception=True)
    given = wanted.validated_data
    order = orders.find(request, given["order_id"])
    if "return_url" in given and not opening.own_url(given["return_url"]):
        raise invalid("return_url", "must be a path of the shop, or an address on its host.")
    _check_amount(order, given["amount"])
    offer = offering.choose(order, gateway=given.get("gateway", ""), method=given["payment_method"])
    payment = opening.open_payment(order, account=offer.account, return_url=given.get("return_url"))
    Initiation.note(payment, callers(request)[0], given["order_id"])
    _count(request, payment)
    step = _prepare(request, payment)
    if step.payment != payment:
        Initiation.note(step.payment, callers(request)[0], given["order_id"])
    return Response(_answer(step, given))


def _check_amount(order: PayableMixin, shown: Decimal) -> None:
    owed = order.balance_due
    if owed == 0:
        raise opening.AlreadyPaid("It was paid.") if order.amount_paid else opening.NothingToPay("It owes nothing.")
    if shown != owed:
        message = f"must be {owed:.2f}, which the order owes"
        raise Problem("amount_mismatch", f"amount {message}.", errors=[FieldError("amount", "mismatch", message)])


def _count(request: Request, payment: Payment) -> None:
    if wait := hurdles.count(request._request, payment, for_others=is_program(request)):
        raise Problem("too_many_attempts", retry_after=ceil(wait.total_seconds()))


def _prepare(request: Request, payment: Payment) -> checkout.Step:
    """Raises PaymentError, and Problem when the gateway cannot begin: with the others that could."""
    begun = payment.handed_out_at is not None
    try:
        return checkout.prepare(request._request, payment)
    except ConfigurationError as error:
        outages.note(payment, error)
        raise
    except GatewayError as error:
        outages.note(payment, error)
        # Of an attempt that had begun before, nobody here can say that it was not paid.
        text = opening.StillAsking.message if begun else error.user_message
        others = [] if begun else [offering.named(offer) for offer in offers.instead_of(payment)]
        code = "gateway_unreachable" if error.retryable else "gateway_refused"
        log.error("api.not_started", order_id=payment.gateway_order_id, error=error.code, why=error)
        detail = f"Payment {payment.gateway_order_id} could not begin: {error.code}."
        raise Problem(code, detail, user_message=gettext(text), more={"gateways": others}) from error


def _answer(step: checkout.Step, given: dict[str, Any]) -> dict[str, Any]:
    payment = Payment.objects.get(pk=step.payment.pk)
    return shapes.InitiatedOut(
        {
            "payment_id": payment.gateway_order_id,
            "order_id": given["order_id"],
            "status": payment.status,
            "amount": payment.amount,
            "currency": payment.currency,
            "gateway": payment.gateway,
            "payment_method": given["payment_method"],
            "result_url": shapes.public(payment.get_result_url()),
            "next": _next(step),
        }
    ).data


def _next(step: checkout.Step) -> dict[str, Any]:
    """The gateway's page, or a page of ours: one that stands before it, or the result page."""
    target = step.target
    if target is None:
        return _page(_page_address(step))
    script = {"url": target.script_url, "config": dict(target.script_config)} if target.script_url else None
    return {
        "action": "redirect" if target.method == "GET" else "post_form",
        "url": target.url,
        "method": target.method,
        "fields": dict(target.fields),
        "script": script,
    }


def _page(url: str) -> dict[str, Any]:
    return {"action": "open_page", "url": url, "method": "GET", "fields": {}, "script": None}


def _page_address(step: checkout.Step) -> str:
    """Raises Problem for a page that only says no."""
    page = step.page
    if page is None:
        return shapes.public(step.url)
    if page.status_code == 429:
        raise Problem("too_many_attempts", retry_after=int(page.headers.get("Retry-After", "60")))
    if page.status_code == 403:
        raise Problem("payment_refused")
    return shapes.public(checkout.pay_address(step.payment))
