"""How a shopper's browser enters: hosted page, legacy form, JS Checkout. Each ends at the payment page's own address.

Sources: Paytm docs, Initiate Transaction (showPaymentPage); deprecated-flow integration; JS Checkout.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.static import serve

from paytm_kit import checksum
from paytm_kit.simulator import clock, door, guard, options, world
from paytm_kit.simulator.bank import due, payments
from paytm_kit.simulator.door import Answer
from paytm_kit.simulator.models import Merchant, Order
from paytm_kit.simulator.pages.callback import returning
from paytm_kit.simulator.rendering import render
from paytm_kit.simulator.wire import checks, codes, notices
from paytm_kit.simulator.wire.checks import Fault

ASSETS = Path(__file__).parent.parent / "static" / "paytm_simulator"


def problem(
    request: HttpRequest, title: str, why: str, order_id: str = "", verdict: str = "", event: str = ""
) -> Answer:
    """A calm page that says what is wrong, with the reason that Paytm's own pages keep to themselves."""
    context = {"title": title, "why": why, "event": event}
    response = render(request, "problem.html", context, status=400)
    return Answer(response, order_id, verdict or why)


def session_expired(request: HttpRequest, order_id: str, why: str) -> Answer:
    """Code 1006 as a page; JS Checkout hears SESSION_EXPIRED."""
    title = "Your session has expired"
    return problem(request, title, why, order_id, f"1006: {why}", event="SESSION_EXPIRED")


def _to_page(order: Order, verdict: str) -> Answer:
    """303, so that refresh and Back never post the merchant's form again."""
    response = HttpResponseRedirect(reverse("paytm_simulator:pay", args=[order.token]))
    response.status_code = 303
    return Answer(response, order.order_id, verdict)


# ---- hosted page and JS Checkout: a token opens the page ------------------------------------------------------


@door.page("POST")
def show_payment_page(request: HttpRequest) -> Answer:
    """The form of the hosted flow: mid, orderId, txnToken."""
    return _with_token(request, request.POST)


@door.page("GET")
def checkout_frame(request: HttpRequest) -> Answer:
    """What the JS Checkout script opens in its frame."""
    return _with_token(request, request.GET)


def _with_token(request: HttpRequest, sent: QueryDict) -> Answer:
    order_id, token = sent.get("orderId", ""), sent.get("txnToken", "")
    for name in ("mid", "orderId"):
        if name in request.GET and request.GET[name] != sent.get(name, ""):
            why = f"{name} is not the same in the address and the form."
            return problem(request, "This link is not right", why, order_id)
    order = Order.objects.filter(token=token).select_related("merchant").first()
    if order is None:
        return session_expired(request, order_id, "The txnToken is missing, mistyped or not from this simulator.")
    if order.merchant.mid != sent.get("mid") or order.order_id != order_id:
        return session_expired(request, order_id, "The txnToken belongs to another order or MID.")
    due.run()
    if order.decisive() is None and payments.expired(order, clock.now()):
        return session_expired(request, order_id, "The 15 minutes of this txnToken are over.")
    return _to_page(order, "token accepted")


@door.page("GET")
def checkout_script(request: HttpRequest, mid: str) -> HttpResponseBase:
    """The JS Checkout loader. Any page may load it, with or without the crossorigin attribute."""
    if world.merchant(mid) is None:
        return door.refuse_api(request, 404, f"No merchant {mid} here; the simulator serves the one given with --mid.")
    response = HttpResponse((ASSETS / "checkout.js").read_bytes(), content_type="application/javascript; charset=utf-8")
    response["Access-Control-Allow-Origin"] = "*"
    return response


@door.page("GET")
def asset(request: HttpRequest, path: str) -> HttpResponseBase:
    """The simulator's own style sheet and scripts, without collectstatic."""
    try:
        return serve(request, path, document_root=str(ASSETS))
    except OSError as error:  # such as a name that is too long for the file system
        raise Http404 from error


# ---- the legacy form -------------------------------------------------------------------------------------------


@door.page("POST")
def process_order(request: HttpRequest) -> Answer:
    """One signed form, no token. A refusal goes back to the shop as an early failure, or is shown when it cannot."""
    form = {name: values[-1] for name, values in request.POST.lists()}
    if any(len(values) > 1 for _, values in request.POST.lists()):
        return problem(request, "This form cannot be read", "A field stands twice.")
    order_id, merchant = form.get("ORDER_ID", ""), world.merchant(form.get("MID"))
    fault, trusted = _legacy_fault(form, merchant)
    if fault is None and merchant is not None:
        try:
            order, new = payments.open_order(merchant, _legacy_facts(form))
        except payments.MerchantGone as error:
            return _early_failure(request, form, Fault("305", str(error)), None, order_id)
        if new:
            return _to_page(order, "signature verified, payment page opened")
        fault = Fault("325", "an order with this id exists; the legacy flow takes each id once")
    return _early_failure(request, form, fault or Fault("00", "refused"), merchant if trusted else None, order_id)


def _legacy_fault(form: dict[str, str], merchant: Merchant | None) -> tuple[Fault | None, bool]:
    """Why the form is refused, and whether the merchant was authenticated by then."""
    if merchant is None:
        return Fault("305", "no merchant has this MID here"), False
    website = form.get("WEBSITE", "")
    if not (website.isascii() and website.isalnum()):
        return Fault("804", "WEBSITE takes letters and digits only, such as WEBSTAGING; it is not a URL"), False
    signature = form.get("CHECKSUMHASH", "")
    if not checksum.verify(form, signature, merchant.keys()):
        return Fault("330", f"signature does not match: {checksum.explain(form, signature, merchant.key).text}"), False
    fault = checks.legacy_form_fault(form, merchant.website)
    if fault is None and (why := guard.refusal(form["CALLBACK_URL"], options.current().allow_host)):
        fault = Fault("00", f"CALLBACK_URL: {why}")
    return fault, True


def _legacy_facts(form: dict[str, str]) -> payments.OrderFacts:
    facts = {name: value for name, value in form.items() if name != "CHECKSUMHASH"}
    return payments.OrderFacts(
        order_id=form["ORDER_ID"],
        amount=Decimal(form["TXN_AMOUNT"]),
        currency="INR",
        callback_url=form["CALLBACK_URL"],
        cust_id=form["CUST_ID"],
        merc_unq_ref=form.get("MERC_UNQ_REF", ""),
        fingerprint=hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest(),
    )


def _early_failure(
    request: HttpRequest, form: dict[str, str], fault: Fault, merchant: Merchant | None, order_id: str
) -> Answer:
    url = form.get("CALLBACK_URL", "")
    verdict = f"{fault.code}: {fault.why}"
    if why := guard.refusal(url, options.current().allow_host):
        return problem(request, codes.LEGACY[fault.code].text, f"{fault.why}. CALLBACK_URL: {why}.", order_id, verdict)
    fields = notices.early_failure(fault.code, form, merchant.key if merchant else None)
    return Answer(returning(request, url, fields, fault.why), order_id, verdict)
