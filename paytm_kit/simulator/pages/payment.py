"""The payment page: choose a method, prove to be there, and go back to the shop with the outcome.

One address for each order shows whatever comes next; every button posts and leads back to it (303), so that refresh,
Back and a second click are harmless. It works without JavaScript.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from paytm_kit.masking import holds_card
from paytm_kit.simulator import clock, door
from paytm_kit.simulator.bank import challenge, due, emi, entries, instruments, modes, payments
from paytm_kit.simulator.bank.challenge import Verdict
from paytm_kit.simulator.bank.entries import Unusable
from paytm_kit.simulator.bank.instruments import Instrument, Method
from paytm_kit.simulator.bank.machine import Decision, IllegalMove, Outcome, State
from paytm_kit.simulator.door import Answer
from paytm_kit.simulator.models import Order, Transaction
from paytm_kit.simulator.pages import device
from paytm_kit.simulator.pages.callback import bring_back
from paytm_kit.simulator.pages.entrances import session_expired
from paytm_kit.simulator.pages.qr import svg
from paytm_kit.simulator.rendering import render

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

# What whoever plays the bank or holds the phone may answer.
ANSWERS = {
    "approve": instruments.SUCCESS,
    "decline": instruments.declined("227"),
    "later": instruments.PENDING_THEN_SUCCESS,
    "later-decline": instruments.PENDING_THEN_FAILURE,
    "pin": instruments.declined("931"),
    "empty": instruments.declined("202"),
    "down": instruments.declined("220"),
    "cancel": Decision.usual(Outcome.CANCEL),
}

# The buttons of the step at the bank, after the first two, which stand out.
PHONE = (("pin", "Type a wrong UPI PIN"), ("empty", "Approve, but the account is empty"), ("down", "Bank is down"))
BANK = (("later-decline", "Leave it pending, decline later"), ("down", "Bank does not answer"))


def _order(token: str) -> Order | None:
    due.run()
    return Order.objects.filter(token=token).select_related("merchant").first()


def _here(order: Order) -> Answer:
    response = HttpResponseRedirect(reverse("paytm_simulator:pay", args=[order.token]))
    response.status_code = 303
    attempt = order.decisive()
    verdict = f"{attempt.method or 'no method'}: {attempt.status} {attempt.respcode}".strip() if attempt else ""
    if attempt and attempt.risk:
        verdict += f", refused by {attempt.risk}"
    return Answer(response, order.order_id, verdict)


@door.page("GET")
def pay(request: HttpRequest, token: str) -> Answer:
    """Whatever comes next for this order."""
    order = _order(token)
    if order is None:
        return session_expired(request, "", "This address belongs to no order here. The simulator may have been reset.")
    attempt = order.decisive()
    if attempt is None:
        if payments.expired(order, clock.now()):
            return session_expired(request, order.order_id, "The 15 minutes of this payment are over.")
        return Answer(device.remembered(request, _choose(request, order)), order.order_id)
    attempt.order = order
    if attempt.status == State.STARTED:
        return Answer(_step(request, attempt), order.order_id)
    return bring_back(request, attempt)


def upi_link(order: Order) -> str:
    """The intent that the QR code carries (NPCI, UPI linking specification)."""
    parts = {
        "pa": "shop@demo", "pn": f"Simulated shop {order.merchant.mid}", "tr": order.order_id,
        "tn": "Not a real payment", "am": f"{order.amount:.2f}", "cu": order.currency,
    }  # fmt: skip
    return f"upi://pay?{urlencode(parts, quote_via=quote, safe='@')}"


def _choose(
    request: HttpRequest, order: Order, typed: Mapping[str, str] | None = None, error: Unusable | None = None,
    method: str = "",
) -> HttpResponse:  # fmt: skip
    ways = modes.open_ways(order.modes)
    link = upi_link(order) if ways["scan"] else ""
    context = {
        "order": order, "typed": typed or {}, "error": error, "ways": ways,
        "link": link, "qr": svg(link) if link else "",
        "open": method or next(name for name in (*READERS, "scan") if ways[name]),
        "banks": instruments.BANKS, "cases": CASES, "instruments": instruments.ALL,
        "offers": emi.offers(order.amount) if ways["emi"] else [],
        "card_otp": instruments.CARD_OTP, "wallet_otp": instruments.WALLET_OTP,
    }  # fmt: skip
    return render(request, "choose.html", context, status=400 if error else 200)


def _step(request: HttpRequest, attempt: Transaction, error: str = "") -> HttpResponse:
    context = {"order": attempt.order, "attempt": attempt, "error": error}
    if challenge.asked(attempt):
        context["otp"] = challenge.RIGHT[Method(attempt.method)]
        context["minutes"] = int(instruments.OTP_LIFE.total_seconds() // 60)
        context["resends"] = instruments.OTP_RESENDS - attempt.otp_resends
        return render(request, "otp.html", context, status=400 if error else 200)
    if attempt.method == Method.NETBANKING:
        return render(request, "bank.html", context | {"more": BANK})
    until = clock.ist(attempt.settle_at, "%H:%M IST") if attempt.settle_at else ""
    return render(request, "approve.html", context | {"more": PHONE, "until": until})


# ---- choosing a method -----------------------------------------------------------------------------------------

# The shopper's entry, read from the form; card numbers live only inside this call.
READERS: dict[str, Callable[[Mapping[str, str]], Instrument]] = {
    Method.UPI: lambda form: entries.vpa(form.get("vpa", "")),
    Method.CARD: lambda form: entries.card(
        form.get("number", ""), form.get("expiry", ""), form.get("cvv", ""), clock.now().astimezone(clock.IST).date()
    ),
    Method.NETBANKING: lambda form: entries.bank(form.get("bank", "")),
    Method.WALLET: lambda form: entries.wallet(form.get("mobile", "")),
}
FIRST_FIELD = {Method.UPI: "vpa", Method.CARD: "number", Method.NETBANKING: "bank", Method.WALLET: "mobile"}
RETYPED = ("vpa", "bank", "mobile", "plan")  # shown again after a mistake; never a card, wherever it was typed


@door.page("POST")
def choose(request: HttpRequest, token: str, method: str) -> Answer:
    """The chosen method with its details. A mistake is shown at its field and begins nothing."""
    order = _order(token)
    if order is None:
        return session_expired(request, "", "This address belongs to no order here.")
    form = request.POST.dict()
    try:
        instrument = READERS[method](form)
        plan = entries.plan(form["plan"], instrument, emi.offers(order.amount)) if form.get("plan") else None
        _must_be_taken(order, method, instrument, plan)
    except Unusable as error:
        typed = {name: form.get(name, "")[:100] for name in RETYPED if not holds_card(form.get(name, ""))}
        return Answer(_choose(request, order, typed, error, method), order.order_id, f"{error.field}: {error}")
    at_once = method in (Method.UPI, Method.NETBANKING) and instrument.decision is not None
    with suppress(IllegalMove):  # a second click: the page shows the outcome that exists
        attempt = payments.begin(order, instrument, plan=plan, device=device.name(request), risky=True)
        if at_once and attempt.status == State.STARTED:
            payments.finish(attempt)
    return _here(order)


def _must_be_taken(order: Order, method: str, instrument: Instrument, plan: emi.Offer | None) -> None:
    if why := modes.refusal(order.modes, instrument, emi=plan is not None):
        raise Unusable(FIRST_FIELD[Method(method)], why)


@door.page("POST")
def case(request: HttpRequest, token: str, name: str) -> Answer:
    """One of the ready-made cases, cancelling, or the answer to a scanned QR code: no details are asked."""
    order = _order(token)
    if order is None:
        return session_expired(request, "", "This address belongs to no order here.")
    if name == "cancel":
        return _begun(order, None, Decision.usual(Outcome.CANCEL))
    scanned = _allowed(order, instruments.of_vpa("qr@demo", "QR code", None), scanned=True)
    for known, _, decision, comes_back in CASES:
        if known == name:
            used = _allowed(order, instruments.WALLETS[1]) if decision.code == "235" else scanned
            return _begun(order, used, decision, comes_back)
    return _begun(order, scanned, ANSWERS[name])


def _allowed(order: Order, wanted: Instrument, *, scanned: bool = False) -> Instrument:
    """The wanted instrument, or the first that the shop takes for this order."""
    if not modes.refusal(order.modes, wanted, scanned=scanned):
        return wanted
    return next((item for item in instruments.ALL if not modes.refusal(order.modes, item)), wanted)


def _begun(order: Order, instrument: Instrument | None, decision: Decision, comes_back: bool = True) -> Answer:
    """Begins an attempt whose end is decided already."""
    with suppress(IllegalMove):  # a second click: the page shows the outcome that exists
        payments.finish(payments.begin(order, instrument), decision, comes_back=comes_back)
    return _here(order)


# ---- the step at the bank --------------------------------------------------------------------------------------


@door.page("POST")
def otp(request: HttpRequest, token: str) -> Answer:
    """The one-time password of a card or wallet. Three wrong ones fail the attempt."""
    order, attempt = _waiting(token)
    if order is None or attempt is None:
        return session_expired(request, "", "No payment is waiting for an OTP at this address.")
    with suppress(IllegalMove):  # a second click: the page shows the outcome that exists
        verdict, left = challenge.check(attempt, request.POST.get("otp", "").strip())
        if verdict is Verdict.RIGHT:
            payments.finish(attempt)
        elif verdict is Verdict.OLD:
            why = "This OTP is older than 2 minutes. Ask for a new one."
            return Answer(_step(request, attempt, why), order.order_id, "OTP too old")
        elif verdict is Verdict.WRONG:
            tries = "1 try is" if left == 1 else f"{left} tries are"
            return Answer(_step(request, attempt, f"This OTP is wrong. {tries} left."), order.order_id, "wrong OTP")
    return _here(order)


@door.page("POST")
def resend(request: HttpRequest, token: str) -> Answer:
    """Another one-time password, a few times."""
    order, attempt = _waiting(token)
    if order is None or attempt is None:
        return session_expired(request, "", "No payment is waiting for an OTP at this address.")
    with suppress(IllegalMove):
        if not challenge.send_again(attempt):
            why = "No more OTPs are sent for this payment. Type the last one, or cancel."
            return Answer(_step(request, attempt, why), order.order_id, "no more OTPs")
    return _here(order)


@door.page("POST")
def answer(request: HttpRequest, token: str, name: str) -> Answer:
    """What the shopper answers at the bank's page, on the phone, or by giving up."""
    order, attempt = _waiting(token)
    if order is None or attempt is None:
        return session_expired(request, "", "No payment is waiting for an answer at this address.")
    if attempt.status == State.STARTED and (name == "cancel" or not challenge.asked(attempt)):
        with suppress(IllegalMove):  # a second click: the page shows the outcome that exists
            payments.finish(attempt, ANSWERS[name])
    return _here(order)


def _waiting(token: str) -> tuple[Order | None, Transaction | None]:
    """The order at this address and the attempt that speaks for it."""
    order = _order(token)
    attempt = order.decisive() if order else None
    if order and attempt:
        attempt.order = order
    return order, attempt
