"""Whose rows a caller sees: their own, or with the desk's permission everybody's. What is another's does not exist."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework.request import Request

from paytm_kit.api.authentication import callers
from paytm_kit.api.base import may, need_caller
from paytm_kit.api.models import Initiation
from paytm_kit.api.problems import Problem
from paytm_kit.models import Payment, PaymentEvent, Refund
from paytm_kit.services.history import payments_of

# What the people who pay may read of a payment's events; the rest is the desk's.
OPEN_KINDS = (
    *("opened", "started", "pending", "captured", "failed", "expired", "superseded"),
    *("refund_requested", "refund_pending", "refund_succeeded", "refund_failed"),
)


def payments(request: Request) -> QuerySet[Payment]:
    """Those of their own orders, and those that they initiated. Raises NotAuthenticated for nobody."""
    need_caller(request)
    if may(request, "view_payment"):
        return Payment.objects.all()
    initiated = Initiation.objects.filter(caller__in=callers(request)).values("payment_id")
    return Payment.objects.filter(Q(pk__in=payments_of(request.user).order_by().values("pk")) | Q(pk__in=initiated))


def payment(request: Request, payment_id: str) -> Payment:
    """Raises Problem ``not_found``, whether it is another's or nobody's."""
    found = payments(request).filter(gateway_order_id=payment_id).first()
    if found is None:
        raise Problem("not_found", "There is no such payment for you.")
    return found


def refunds(request: Request) -> QuerySet[Refund]:
    rows = Refund.objects.select_related("payment")
    if may(request, "view_refund"):
        return rows
    return rows.filter(payment__in=payments(request)).exclude(status=Refund.Status.FAILED)


def events(request: Request) -> QuerySet[PaymentEvent]:
    rows = PaymentEvent.objects.select_related("payment", "refund")
    if may(request, "view_paymentevent"):
        return rows
    return rows.filter(payment__in=payments(request), kind__in=OPEN_KINDS)


def order_ids(request: Request, found: list[Payment]) -> dict[int, str]:
    """What this caller called the orders of these payments."""
    rows: Any = Initiation.objects.filter(payment__in=[each.pk for each in found], caller__in=callers(request))
    return dict(rows.values_list("payment_id", "order_id"))
