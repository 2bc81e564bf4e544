"""``/api/paymentTransact``: the shopper's browser brings the merchant's signed form and is shown the hosted page.

Source: developer.zaakpay.com, Redirect Flow. What the real page says to a mistaken form is not documented: ours names
the code and the field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from paytm_kit.simulator import database
from paytm_kit.simulator.door import Answer
from paytm_kit.standins import page, payments
from paytm_kit.standins.books import OPEN
from paytm_kit.standins.door import about, api, base_url
from paytm_kit.standins.models import Order, Party
from paytm_kit.standins.parties import ZAAKPAY
from paytm_kit.standins.payments import Wanted
from paytm_kit.standins.zaakpay import signing
from paytm_kit.standins.zaakpay.codes import WORDS
from paytm_kit.standins.zaakpay.words import PRODUCTS

SMALLEST, LARGEST = 100, 10_000_000  # paise; a dashboard may set other limits
NO_PERSON = re.compile(r"buyer|shipTo|merchantIpAddress")  # personal data, needed for the checksum and for nothing else


def refuse(request: HttpRequest, status: int, why: str) -> HttpResponse:
    return page.problem(request, why, status)


@api(ZAAKPAY, "start", refuse, "POST")
def transact(request: HttpRequest, party: Party, version: str) -> Answer:
    """303 to the hosted page, also for the same form once more while the order is open."""
    form = {name: values[0] for name, values in request.POST.lists()}
    name = form.get("orderId", "")[:50]
    if fault := _fault(request, form, party):
        code, why = fault
        shown = f"Code {code}: {WORDS[code]} {why}".strip()
        return Answer(page.problem(request, shown, 400, "Zaakpay's stand-in refuses this order"), name, shown)
    order, same = _order(request, form, party, version)
    if not same or order.state not in OPEN:
        why = "orderId: this id was used before. Each payment needs a new one."
        return about(page.problem(request, why, 409, "Zaakpay's stand-in refuses this order"), order, why)
    return about(page.SeeOther(reverse("paytm_kit_standins:pay", args=[order.token])), order)


def _order(request: HttpRequest, form: Mapping[str, str], party: Party, version: str) -> tuple[Order, bool]:
    """The order of this form, and whether it is this form's."""
    kept = {name: value for name, value in form.items() if not NO_PERSON.match(name) and name != "checksum"}
    lines = [form[name] for name in PRODUCTS if form.get(name, "NA") not in ("", "NA")]
    facts = {"version": version, "merchant": party.identifier, "lines": lines, "form": kept}
    # One order for each id; two forms at once meet at the unique column.
    wanted = Wanted(
        f"{ZAAKPAY}-{form['orderId']}", form["orderId"], int(form["amount"]), "INR", form["returnUrl"], "",
        base_url(request), facts,
    )  # fmt: skip
    try:
        with database.atomic():
            return payments.open_order(party, wanted), True
    except IntegrityError:
        found = Order.objects.select_related("party").get(public_id=wanted.public_id)
        return found, found.facts.get("form") == kept


def _fault(request: HttpRequest, form: Mapping[str, str], party: Party) -> tuple[str, str] | None:
    """Code and detail of the first thing that is wrong: who asks, then the checksum, then the fields."""
    if any(len(values) > 1 for _, values in request.POST.lists()):
        return "182", "A field comes twice."
    if not form.get("merchantIdentifier"):
        return "110", ""
    if form["merchantIdentifier"] != party.identifier:
        return "111", ""
    if not form.get("checksum"):
        return "189", ""
    if not signing.fits(signing.request_text(form), form["checksum"], party.key):
        return "180", "Signed are the documented fields that have a value, in their order, each as name=value&."
    if not form.get("orderId"):
        return "129", ""
    why = next((f"{field}: {must}" for field, (check, must) in FIELDS.items() if not check(form.get(field, ""))), "")
    if not why and (refused := page.refusal(form.get("returnUrl", ""))):
        why = f"returnUrl: {refused}."
    return ("182", why) if why else None


FIELDS = {
    "orderId": (lambda text: re.fullmatch(r"[A-Za-z0-9]{1,20}", text), "must be 1 to 20 letters and digits."),
    "amount": (
        lambda text: re.fullmatch(r"[0-9]{3,9}", text, re.ASCII) and SMALLEST <= int(text) <= LARGEST,
        f"must be whole paise, {SMALLEST} to {LARGEST}.",
    ),
    "currency": (lambda text: text == "INR", "must be INR."),
    "buyerEmail": (lambda text: re.fullmatch(r"[^@\s]+@[^@\s]+", text), "must be an e-mail address."),
    "mode": (lambda text: text in ("", "0", "1"), "must be 0 or 1, or left out."),
}
