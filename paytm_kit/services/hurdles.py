"""What may stand between the shopper and the gateway's page, as pages: wait, prove an address, be looked at, refused.

Nothing is lost on any of them: the order stays payable, and each page leads on by itself when its reason is over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from math import ceil

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop, ngettext

from paytm_kit.gateways.base import Flow
from paytm_kit.headers import see_other
from paytm_kit.ledger import waiting
from paytm_kit.logs import EventLog
from paytm_kit.masking import mask_contact
from paytm_kit.models import EmailCode, Payment
from paytm_kit.rendering import render
from paytm_kit.risk.rules import Action
from paytm_kit.services import caller, codes, limits, risk

log = EventLog("paytm_kit.hurdles")

COUNTED = "_paytm_kit_counted"  # on a request: one attempt, whoever of its views asks


def attempt(request: HttpRequest, payment: Payment) -> HttpResponse | None:
    """Counts one attempt to start or retry a payment; a page that says how long to wait when there are too many.

    Counted once for each request. ``None``: go on. Fails open when the settings cannot be read.
    """
    if getattr(request, COUNTED, False):
        return None
    wait = count(request, payment)
    return _wait(request, payment, wait) if wait else None


def count(request: HttpRequest, payment: Payment, *, for_others: bool = False) -> timedelta | None:
    """Counts one attempt, for callers without pages: how long to wait when there are too many; ``None``: go on.

    ``for_others``: a program starts payments for its customers. Its own address and browser are not theirs.
    """
    setattr(request, COUNTED, True)
    return _over(request, payment, _customer if for_others else _subjects)


def visit(request: HttpRequest, payment: Payment) -> HttpResponse | None:
    """The same for one visit of a payment's pay address: each of them asks the gateway for its page."""
    wait = _over(request, payment, lambda *_: {"payment": payment.token})
    return _wait(request, payment, wait) if wait else None


def _customer(request: HttpRequest, payment: Payment) -> dict[str, str]:
    return {"customer": caller.of(request, payment).customer}


def _subjects(request: HttpRequest, payment: Payment) -> dict[str, str]:
    who = caller.of(request, payment)
    newcomer = "" if who.device else who.address
    return {"customer": who.customer, "device": who.device, "newcomers": newcomer, "address": who.address}


def _over(
    request: HttpRequest, payment: Payment, subjects: Callable[[HttpRequest, Payment], Mapping[str, str]]
) -> timedelta | None:
    try:
        limits.take(subjects(request, payment))
    except limits.TooMany as error:
        return error.wait
    except DatabaseError as error:
        if not waiting.gave_up(error):
            raise
        log.warning("attempts.busy", order_id=payment.gateway_order_id)  # so many at once: this one is not counted
    except Exception as error:  # noqa: BLE001 - a defect in counting must not keep anybody from paying
        log.error("attempts.not_counted", exception=error, order_id=payment.gateway_order_id)
    return None


def _wait(request: HttpRequest, payment: Payment, time: timedelta) -> HttpResponse:
    seconds = ceil(time.total_seconds())
    context = {"payment": payment, "time": in_words(seconds)}
    response = render(request, "paytm_kit/wait.html", context, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


def in_words(seconds: int) -> str:
    """``95`` → "2 minutes": never less than there is to wait. Below a minute and a half in seconds."""
    if seconds < 90:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    minutes = ceil(seconds / 60)
    if minutes < 90:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    hours = ceil(seconds / 3600)
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}


def before_start(request: HttpRequest, payment: Payment) -> HttpResponse | None:
    """What the risk rules say of a payment that is about to start, as a page; ``None``: go on."""
    verdict = risk.look(request, payment)
    if verdict.goes_on:
        return None
    log.info("hurdle.shown", order_id=payment.gateway_order_id, action=verdict.action)
    if verdict.action is Action.VERIFY:
        first = codes.of(payment) is None
        said = codes.send(payment) if first else None
        return code_page(request, payment, said=said, text=verdict.shopper_text)
    template, status = PAGES[verdict.action]
    context = {"payment": payment, "text": _text(verdict.shopper_text), "here": _address("pay", request, payment)}
    return render(request, template, context, status=status)


def _text(source: str) -> str:
    return gettext(source) if source else ""


PAGES: dict[Action | None, tuple[str, int]] = {
    Action.HOLD: ("paytm_kit/checking.html", 200),
    Action.REFUSE: ("paytm_kit/refused.html", 403),
}


def code_page(
    request: HttpRequest,
    payment: Payment,
    *,
    said: codes.Sent | codes.Answer | None = None,
    text: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page with the one input for the code. ``said`` is what came of the last wish or try."""
    code = codes.of(payment)
    pause = codes.wait(code)
    context = {
        "payment": payment,
        "text": _text(text),
        "here": _address("verify", request, payment),
        "problem": _problem(said, code),
        "minutes": codes.MINUTES,
        "alive": codes.is_alive(code),
        "pause": in_words(pause) if pause else "",
        "address": mask_contact(risk.email_of(payment)),
    }
    return render(request, "paytm_kit/verify.html", context, status=status)


def _problem(said: codes.Sent | codes.Answer | None, code: EmailCode | None) -> str:
    """What did not go well, in a sentence that says what to do; empty where nothing did not."""
    if said is codes.Answer.WRONG and codes.is_alive(code):
        assert code is not None
        left = codes.TRIES - code.tries
        text = ngettext(
            "That is not the code. Please look again: you can try %(count)d more time.",
            "That is not the code. Please look again: you can try %(count)d more times.",
            left,
        )
        return text % {"count": left}
    return gettext(PROBLEMS[said]) if said in PROBLEMS else ""


# What came of a wish or a try → what the shopper reads.
PROBLEMS: dict[codes.Sent | codes.Answer | None, str] = {
    codes.Sent.TOO_SOON: gettext_noop("A code is on its way already. Please wait a little for it."),
    codes.Sent.TOO_MANY: gettext_noop("Many codes were sent to this address. Please try again in an hour."),
    codes.Sent.FAILED: gettext_noop("The e-mail could not be sent just now. Please try again in a moment."),
    codes.Sent.NO_ADDRESS: gettext_noop("Your order has no e-mail address. Please tell the shop."),
    codes.Answer.NO_CODE: gettext_noop("The code has six digits. Please type all of them."),
    codes.Answer.WRONG: gettext_noop("That was not the code, and it cannot be tried again. Please ask for a new one."),
    codes.Answer.OVER: gettext_noop("This code is not good any more. Please ask for a new one."),
}


def ask_code(request: HttpRequest, payment: Payment) -> HttpResponse:
    """The same page by its own address; where no code is asked for, the payment goes on."""
    if not risk.waiting_for_code(payment):
        return see_other(_address("pay", request, payment))
    return code_page(request, payment)


def answer_code(request: HttpRequest, payment: Payment) -> HttpResponse:
    """The shopper typed a code, or wants another one (the form's field ``again``)."""
    if not risk.waiting_for_code(payment):
        return see_other(_address("pay", request, payment))
    if "again" in request.POST:
        return code_page(request, payment, said=codes.send(payment))
    answer = codes.check(payment, request.POST.get("code", ""))
    if answer is codes.Answer.RIGHT:
        return see_other(_address("pay", request, payment))
    return code_page(request, payment, said=answer, status=422)


def _address(name: str, request: HttpRequest, payment: Payment) -> str:
    """Where the payment goes on, with the flow that the shopper chose."""
    flow = request.GET.get("flow", "")
    return reverse(f"paytm_kit:{name}", args=[payment.token]) + (f"?flow={flow}" if flow in tuple(Flow) else "")
