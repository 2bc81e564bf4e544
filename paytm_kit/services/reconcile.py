"""Finds out about every payment whose messages never came, and delivers every announcement still waiting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import DatabaseError
from django.utils import timezone

from paytm_kit.gateways.base import GatewayError
from paytm_kit.ledger import book, ladder
from paytm_kit.logs import correlate
from paytm_kit.models import Flag, Payment
from paytm_kit.services import announce, confirm


@dataclass(slots=True)
class Report:
    """What one run did. ``failed`` payments could not be asked about and stay due."""

    asked: int = 0
    changed: int = 0
    failed: int = 0
    delivered: int = 0
    undelivered: int = 0
    errors: list[str] = field(default_factory=list)


def due(*, everything: bool = False, limit: int | None = None) -> list[Payment]:
    """Payments whose rung on the ladder has come, oldest question first; ``everything``: all that stand on it."""
    found = Payment.objects.filter(next_ask_at__isnull=False) if everything else Payment.objects.due(timezone.now())
    return list(found.order_by("next_ask_at", "pk")[:limit])


def run(report: Report, *, everything: bool = False, limit: int | None = None) -> Iterator[tuple[Payment, str]]:
    """Asks about each due payment and counts in ``report``. Yields after each payment what was found, for progress.

    One payment that cannot be asked about does not stop the run. Two runs at once share the work.
    """
    for payment in due(everything=everything, limit=limit):
        correlate()
        if not book.claim_due(payment, timezone.now()):
            continue
        yield payment, _ask(payment, report)


def deliver_waiting(report: Report) -> None:
    """Every announcement whose time has come. What still waits afterwards, for whatever reason, is counted."""
    report.delivered += sum(announce.deliver(pk) for pk in announce.due())
    report.undelivered = announce.waiting()


def _ask(payment: Payment, report: Report) -> str:
    report.asked += 1
    try:
        after = confirm.ask(payment, source="reconcile")
    except (GatewayError, DatabaseError) as error:
        report.failed += 1
        report.errors.append(f"{payment.gateway_order_id}: {error}")
        _flag_stuck(payment)
        return "no answer"
    _flag_stuck(after)
    if after.status == payment.status:
        return after.status
    report.changed += 1
    return f"{payment.status} → {after.status}"


def _flag_stuck(payment: Payment) -> None:
    if payment.is_open and payment.started_at and ladder.is_stuck(payment.started_at, timezone.now()):
        applied = book.flag(payment.pk, Flag.STUCK, source="reconcile", message="Open after 72 hours of asking.")
        announce.after_commit(applied.announcement_ids)
