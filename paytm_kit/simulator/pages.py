"""The payment page: choose a method, prove to be there, and go back to the shop with the outcome.

One address for each order shows whatever comes next; every button posts and leads back to it (303), so that refresh,
Back and a second click are harmless. It works without JavaScript.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from paytm_kit.simulator import bank, clock, door, instruments, notices
from paytm_kit.simulator.door import Answer
from paytm_kit.simulator.entrances import returning, session_expired
from paytm_kit.simulator.instruments import Instrument, Method, Unusable
from paytm_kit.simulator.machine import Decision, IllegalMove, Outcome, State
from paytm_kit.simulator.models import Order, Transaction
from paytm_kit.simulator.qr import svg

# The buttons under "Try a case": what the bank decides, and whether the shopper comes back.
CASES: tuple[tuple[str, str, Decision, bool], ...] = (
    ("success", "Success (01)", instruments.SUCCESS, True),
    ("declined", "Declined by the bank (227)", instruments.declined("227"), True),
    ("wallet-empty", "Not enough money (235)", instruments.declined("235"), True),
    ("wrong-vpa", "Wrong UPI ID (295)", instruments.declined("295"), True),
    ("pending", "Pending, later paid (402)", instruments.PENDING_THEN_SUCCESS, True),
    ("pending-fail", "Pending, later declined (402)", instruments.PENDING_THEN_FAILURE, True),
    ("close", "Success, but close this tab", instruments.SUCCESS, False),
)

# What whoever plays the bank may answer on the approval page.
ANSWERS = {
    "approve": instruments.SUCCESS,
    "decline": instruments.declined("227"),
    "later": instruments.PENDING_THEN_SUCCESS,
    "cancel": Decision.usual(Outcome.CANCEL),
}


def _order(token: str) -> Order | None:
    bank.settle_due()
    return Order.objects.filter(token=token).select_related("merchant").first()


def _here(order: Order) -> Answer:
    response = HttpResponseRedirect(reverse("paytm_simulator:pay", args=[order.token]))
    response.status_code = 303
    attempt = order.decisive()
    verdict = f"{attempt.method or 'no method'}: {attempt.status} {attempt.respcode}".strip() if attempt else ""
    return Answer(response, order.order_id, verdict)


@door.page("GET")
def pay(request: HttpRequest, token: str) -> Answer:
    """Whatever comes next for this order."""
    order = _order(token)
    if order is None:
        return session_expired(request, "", "This address belongs to no order here. The simulator may have been reset.")
    attempt = order.decisive()
    if attempt is None:
        if bank.expired(order, clock.now()):
            return session_expired(request, order.order_id, "The 15 minutes of this payment are over.")
        return Answer(_choose(request, order), order.order_id)
    attempt.order = order
    if attempt.status == State.STARTED:
        return Answer(_step(request, attempt), order.order_id)
    if not attempt.comes_back:
        return Answer(render(request, "paytm_simulator/closed.html", {"order": order}), order.order_id)
    return Answer(returning(request, order.callback_url, notices.callback(attempt)), order.order_id)


def upi_link(order: Order) -> str:
    """The intent that the QR code carries (NPCI, UPI linking specification)."""
    parts = {
        "pa": "shop@demo", "pn": f"Simulated shop {order.merchant.mid}", "tr": order.order_id,
        "tn": "Not a real payment", "am": f"{order.amount:.2f}", "cu": order.currency,
    }  # fmt: skip
    return f"upi://pay?{urlencode(parts, quote_via=quote, safe='@')}"


def _choose(
    request: HttpRequest, order: Order, typed: Mapping[str, str] | None = None, error: Unusable | None = None,
    method: str = "upi",
) -> HttpResponse:  # fmt: skip
    link = upi_link(order)
    context = {
        "order": order, "typed": typed or {}, "error": error, "open": method, "link": link, "qr": svg(link),
        "banks": instruments.BANKS, "cases": CASES, "instruments": instruments.ALL,
        "card_otp": instruments.CARD_OTP, "wallet_otp": instruments.WALLET_OTP,
    }  # fmt: skip
    return render(request, "paytm_simulator/choose.html", context, status=400 if error else 200)


def _step(request: HttpRequest, attempt: Transaction, error: str = "") -> HttpResponse:
    needs_otp = attempt.method in (Method.CARD, Method.WALLET)
    context = {
        "order": attempt.order, "attempt": attempt, "error": error,
        "otp": instruments.CARD_OTP if attempt.method == Method.CARD else instruments.WALLET_OTP,
    }  # fmt: skip
    template = "otp.html" if needs_otp else "approve.html"
    return render(request, f"paytm_simulator/{template}", context, status=400 if error else 200)


# ---- choosing a method -----------------------------------------------------------------------------------------

# The shopper's entry, read from the form; card numbers live only inside this call.
READERS: dict[str, Callable[[Mapping[str, str]], Instrument]] = {
    Method.UPI: lambda form: instruments.vpa(form.get("vpa", "")),
    Method.CARD: lambda form: instruments.card(
        form.get("number", ""), form.get("expiry", ""), form.get("cvv", ""), clock.now().astimezone(clock.IST).date()
    ),
    Method.NETBANKING: lambda form: instruments.bank(form.get("bank", "")),
    Method.WALLET: lambda form: instruments.wallet(form.get("mobile", "")),
}
RETYPED = ("vpa", "bank", "mobile")  # shown again after a mistake; never a card


@door.page("POST")
def choose(request: HttpRequest, token: str, method: str) -> Answer:
    """The chosen method with its details. A mistake is shown at its field and begins nothing."""
    order = _order(token)
    if order is None:
        return session_expired(request, "", "This address belongs to no order here.")
    form = request.POST.dict()
    try:
        instrument = READERS[method](form)
    except Unusable as error:
        typed = {name: form.get(name, "")[:100] for name in RETYPED}
        return Answer(_choose(request, order, typed, error, method), order.order_id, f"{error.field}: {error}")
    return _begun(order, instrument, instrument.decision if method == Method.UPI else None)


@door.page("POST")
def case(request: HttpRequest, token: str, name: str) -> Answer:
    """One of the ready-made cases, cancelling, or the answer to a scanned QR code: no details are asked."""
    order = _order(token)
    if order is None:
        return session_expired(request, "", "This address belongs to no order here.")
    if name == "cancel":
        return _begun(order, None, Decision.usual(Outcome.CANCEL))
    scanned = Instrument(Method.UPI, "qr@demo", "QR code", None)
    for known, _, decision, comes_back in CASES:
        if known == name:
            empty = decision.code == "235"
            return _begun(order, instruments.WALLETS[1] if empty else scanned, decision, comes_back)
    return _begun(order, scanned, ANSWERS[name])


def _begun(order: Order, instrument: Instrument | None, decision: Decision | None, comes_back: bool = True) -> Answer:
    """Begins an attempt, decides it where the decision is made already, and shows what comes next."""
    with suppress(IllegalMove):  # a second click: the page shows the outcome that exists
        attempt = bank.begin(order, instrument)
        if decision:
            bank.finish(attempt, decision, comes_back=comes_back)
    return _here(order)


# ---- the step at the bank --------------------------------------------------------------------------------------


@door.page("POST")
def otp(request: HttpRequest, token: str) -> Answer:
    """The one-time password of a card or wallet. Three wrong ones fail the attempt."""
    order = _order(token)
    attempt = order.decisive() if order else None
    if order is None or attempt is None:
        return session_expired(request, "", "No payment is waiting for an OTP at this address.")
    attempt.order = order
    if attempt.status != State.STARTED or attempt.method not in (Method.CARD, Method.WALLET):
        return _here(order)
    right = instruments.CARD_OTP if attempt.method == Method.CARD else instruments.WALLET_OTP
    with suppress(IllegalMove):  # a second click: the page shows the outcome that exists
        if request.POST.get("otp", "").strip() == right:
            bank.finish(attempt, bank.planned(attempt))
        elif left := bank.wrong_otp(attempt):
            tries = "1 try is" if left == 1 else f"{left} tries are"
            return Answer(_step(request, attempt, f"This OTP is wrong. {tries} left."), order.order_id, "wrong OTP")
    return _here(order)


@door.page("POST")
def answer(request: HttpRequest, token: str, name: str) -> Answer:
    """What the shopper answers at the bank's page, on the phone, or by giving up."""
    order = _order(token)
    attempt = order.decisive() if order else None
    if order is None or attempt is None:
        return session_expired(request, "", "No payment is waiting for an answer at this address.")
    otp_needed = attempt.method in (Method.CARD, Method.WALLET)
    if attempt.status == State.STARTED and (name == "cancel" or not otp_needed):
        with suppress(IllegalMove):  # a second click: the page shows the outcome that exists
            bank.finish(attempt, ANSWERS[name])
    return _here(order)
