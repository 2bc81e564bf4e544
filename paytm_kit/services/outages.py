"""A gateway that cannot begin a payment: the ledger notes it, the merchant is told, and the last hour's are counted."""

from __future__ import annotations

from datetime import timedelta

from django.db import DatabaseError
from django.db.models import Count, Q
from django.utils import timezone

from paytm_kit.gateways.base import GatewayError
from paytm_kit.ledger import book
from paytm_kit.logs import EventLog
from paytm_kit.models import Payment, PaymentEvent
from paytm_kit.services import announce

log = EventLog("paytm_kit.outages")
LATELY = timedelta(hours=1)


def note(payment: Payment, error: GatewayError) -> None:
    """Writes down, once per payment and reason, that its gateway could not begin, and announces it.

    For whoever calls ``checkout.prepare``. A database that will not write keeps nobody from the other ways to pay: then
    the log alone says so. Call it outside transactions.
    """
    try:
        applied = book.could_not_begin(
            payment.pk,
            reason=f"{error.code}|{error.gateway_code}",
            code=error.gateway_code or error.code,
            message=str(error),
        )
        announce.after_commit(applied.announcement_ids)
    except DatabaseError as failure:
        log.error("outage.not_noted", order_id=payment.gateway_order_id, error=f"{type(failure).__name__}: {failure}")


def lately(where: Q | None = None) -> dict[str, int]:
    """How many payments each account could not begin in the last hour; accounts with none are left out.

    ``where`` narrows the events, such as ``Q(payment__environment="production")``.
    """
    found = PaymentEvent.objects.filter(kind=PaymentEvent.Kind.NOT_STARTED, created_at__gt=timezone.now() - LATELY)
    found = found.filter(where) if where is not None else found
    rows = found.order_by().values("payment__account").annotate(payments=Count("payment", distinct=True))
    return {row["payment__account"]: row["payments"] for row in rows.order_by("payment__account")}
