"""When a "break it" button can be pressed, and why not: each need by its name."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext

from demo_site.walkthrough import forging
from demo_site.walkthrough.record import Record
from paytm_kit.models import Payment, PaymentEvent


def refusal(need: str, record: Record) -> str:
    """Why this cannot be tried now; empty when it can."""
    return NEEDS[need](record)


def has_moved(payment: Payment) -> bool:
    """Whether the gateway has said anything yet that the ledger took."""
    kinds = PaymentEvent.Kind
    later = payment.events.exclude(kind__in=(kinds.OPENED, kinds.STARTED, kinds.NOT_STARTED))
    return later.exists()


def _needs_genuine(record: Record) -> str:
    if forging.genuine(record) is not None:
        return ""
    return gettext("Needs a true message of the gateway about this payment: pay it first.")


def _needs_started(record: Record) -> str:
    return "" if record.form is not None else gettext("Needs a payment on its way: press Pay on the order's page.")


def _needs_open(record: Record) -> str:
    if record.payment.is_open and not has_moved(record.payment) and record.form is not None:
        return ""
    return gettext("Needs an open payment: order the same again, press Pay, and come back here before you pay.")


def _needs_unpaid(record: Record) -> str:
    if record.payment.is_paid:
        return gettext("Paid already: nobody has to be asked any more.")
    return _needs_started(record)


def _needs_pending(record: Record) -> str:
    waits = record.payment.is_open and record.payment.events.filter(kind=PaymentEvent.Kind.PENDING).exists()
    return "" if waits else gettext("Needs a payment that the bank has not decided: let it take its time first.")


NEEDS: dict[str, Callable[[Record], str]] = {
    "genuine": _needs_genuine,
    "started": _needs_started,
    "open": _needs_open,
    "unpaid": _needs_unpaid,
    "pending": _needs_pending,
}
