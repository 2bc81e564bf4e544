"""Writes invented payments, many in one statement, as the other verbs would have left them one by one.

Nothing here judges what it is given; ``rebuild`` proves afterwards that every total follows from the events. Nobody
hears of what is written: its announcements stand delivered, and no row has a next question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import models, transaction

from paytm_kit.ledger.entries import ANNOUNCED, dispute_fact, fingerprint
from paytm_kit.models import Announcement, Dispute, Payment, PaymentEvent, Refund, WireMessage, ledger_writes

AT_ONCE = 500  # rows in one statement: far below every database's limit of parameters or packet


@dataclass(slots=True)
class Rows:
    """Unsaved rows that point at each other. Events stand in the order in which things happened."""

    payments: list[Payment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    events: list[PaymentEvent] = field(default_factory=list)
    messages: list[WireMessage] = field(default_factory=list)


def write(rows: Rows) -> None:
    """All of them or none. Raises IntegrityError when one of these payments is there already."""
    with transaction.atomic(), ledger_writes():
        _create(Payment, rows.payments, "gateway_order_id")
        _create(Refund, rows.refunds, "key")
        _create(Dispute, rows.disputes, "key")
        for event in rows.events:
            event.fingerprint = fingerprint(_fact(event))
        _create(PaymentEvent, rows.events, "payment_id", "fingerprint")
        heard = [_heard(event) for event in rows.events if event.kind in ANNOUNCED]
        Announcement.objects.bulk_create(heard, AT_ONCE)
        WireMessage.objects.bulk_create(rows.messages, AT_ONCE)


def _fact(event: PaymentEvent) -> str:
    """The same text that the verbs make of it, so that the gateway's word, should it ever come again, adds nothing."""
    if event.dispute is not None:
        return dispute_fact(event.dispute.key, event.kind)
    if event.refund is not None:
        return "|".join((event.kind, "", event.refund.key, ""))
    return "|".join((event.kind, event.flag, event.transaction_id, str(event.amount) if event.flag else ""))


def _heard(event: PaymentEvent) -> Announcement:
    return Announcement(
        event=event,
        signal=ANNOUNCED[event.kind],
        state=Announcement.State.DELIVERED,
        attempts=1,
        created_at=event.created_at,
        delivered_at=event.created_at + timedelta(seconds=1),
    )


def _create(model: type[models.Model], rows: Sequence[Any], *by: str) -> None:
    """Saves the rows and gives them their keys, also where the database does not tell them (MySQL, old MariaDB)."""
    model._default_manager.bulk_create(rows, AT_ONCE)
    untold = [row for row in rows if row.pk is None]
    for begin in range(0, len(untold), AT_ONCE):
        part = {tuple(getattr(row, name) for name in by): row for row in untold[begin : begin + AT_ONCE]}
        named = {f"{by[0]}__in": [key[0] for key in part]}
        for pk, *key in model._default_manager.filter(**named).values_list("pk", *by):
            if tuple(key) in part:
                part[tuple(key)].pk = pk
