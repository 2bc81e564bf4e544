"""Reads the gateway's own lists for a time, and finds what it knows and we do not: payments, and refunds made there.

A list proves nothing. Where it differs from the ledger, the gateway is asked about that payment or refund, and only
this answer changes anything. What is no payment of ours is kept as a wire message of the channel "sweep" and logged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from threading import Event
from typing import Any

from django.db import Error as DatabaseError
from django.db import close_old_connections
from django.utils import timezone

from paytm_kit import conf
from paytm_kit.gateways.base import (
    Account,
    BrokenEntry,
    Gateway,
    GatewayError,
    ListedOrder,
    ListedRefund,
    Outcome,
    RefundOutcome,
    State,
    Unsupported,
)
from paytm_kit.ledger import book
from paytm_kit.ledger import refunds as refund_ledger
from paytm_kit.logs import EventLog, correlate, correlation_id
from paytm_kit.masking import one_line, safe_line
from paytm_kit.models import MONEY_FLAGS, Flag, Payment, PaymentEvent, Refund, WireMessage
from paytm_kit.services import announce, confirm, journal, refunds

log = EventLog("paytm_kit.sweep")

CHANNEL = "sweep"
Kind = PaymentEvent.Kind
Entry = ListedOrder | ListedRefund | BrokenEntry


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of a list that differs from the ledger, and what came of it. ``left``: a person has to look."""

    kind: str  # "order" or "refund"
    account: str
    order_id: str
    reference: str  # the transaction, or the refund's id
    amount: Decimal | None
    said: str  # the list's word, as a State
    result: str
    left: bool = True


@dataclass(slots=True)
class Report:
    """What one sweep saw. ``errors``: lists that could not be read to their end; ``notes``: those that do not exist."""

    listed: int = 0
    agreed: int = 0
    findings: list[Finding] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stopped: bool = False

    @property
    def left(self) -> int:
        """How much somebody has to look at, or has to be swept again."""
        return sum(finding.left for finding in self.findings) + len(self.errors) + self.stopped


def run(
    report: Report, since: datetime, until: datetime, *, account: str = "", stop: Event | None = None
) -> Iterator[Finding]:
    """Reads both lists of each account (or of one) and yields what differs, as it is found; counts in ``report``.

    Safe to repeat and to stop (once ``stop`` is set, after the row in hand). One row or one account that cannot be
    dealt with does not stop it.
    """
    began = timezone.now()
    for chosen in _accounts(report, account):
        gateway = journal.gateway_for(chosen)
        for what, read in _lists(gateway).items():
            try:
                for row in read(since, until):
                    if stop is not None and stop.is_set():
                        report.stopped = True
                        return
                    report.listed += 1
                    finding = _look(chosen, row, began)
                    if finding is None:
                        report.agreed += 1
                        continue
                    if finding in report.findings:  # it stands on the edge of two pages' times
                        continue
                    report.findings.append(finding)
                    yield finding
            except Unsupported as error:
                report.notes.append(f'account "{chosen.name}", list of {what}: {error}')
            except GatewayError as error:
                report.errors.append(f'account "{chosen.name}", list of {what}: {error}')


def _accounts(report: Report, wanted: str) -> Iterator[Account]:
    """Each set of credentials once, under whichever names it goes. Raises ConfigurationError for a name unknown."""
    seen = set()
    for name in [wanted] if wanted else conf.raw_accounts():
        try:
            found = conf.account(name)
            journal.gateway_for(found)
        except GatewayError as error:
            report.errors.append(f'account "{name}": {error}')
            continue
        who = (found.gateway, found.environment, found.merchant_id)
        if who not in seen:
            seen.add(who)
            yield found


def _lists(gateway: Gateway) -> dict[str, Callable[[datetime, datetime], Iterator[Entry]]]:
    """Orders first: a refund is recorded on a payment that the first list may just have brought up to date."""
    return {"orders": gateway.list_orders, "refunds": gateway.list_refunds}


def _look(account: Account, row: Entry, began: datetime) -> Finding | None:
    correlate()
    if isinstance(row, BrokenEntry):
        return Finding("row", account.name, "", "", None, "", row.why)
    order = isinstance(row, ListedOrder)
    found = Finding(
        kind="order" if order else "refund",
        account=account.name,
        order_id=row.order_id,
        reference=row.transaction_id if isinstance(row, ListedOrder) else row.refund_id or row.gateway_refund_id,
        amount=row.amount,
        said=row.state.value,
        result="",
    )
    try:
        payment = _ours(account, row.order_id)
        if payment is None:
            return _unknown(found)
        if isinstance(row, ListedOrder):
            return _order(payment, row, found, began)
        return _refund(payment, row, found)
    except GatewayError as error:
        return replace(found, result=f"not looked at: {safe_line(str(error))}")
    except DatabaseError as error:
        close_old_connections()  # a broken one would fail every row that follows
        return replace(found, result=f"not looked at: database: {safe_line(str(error))}")
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one row, the others are looked at
        log.error("sweep.row_failed", exception=error, order_id=row.order_id)
        return replace(found, result=f"not looked at: {type(error).__name__} (a defect: the log has more)")


def _ours(account: Account, order_id: str) -> Payment | None:
    """Exactly this payment: MariaDB finds ids in another case, too."""
    payment = Payment.objects.filter(gateway_order_id=order_id, merchant_id=account.merchant_id).first()
    same = payment and (payment.gateway_order_id, payment.environment) == (order_id, account.environment)
    return payment if same else None


def _unknown(found: Finding) -> Finding:
    """No payment of ours: kept once for people to find, and told each time. A failed attempt moved no money."""
    detail = f"The gateway lists this {found.kind}; there is no such payment here. Look it up in its dashboard."
    facts: dict[str, Any] = {
        ("txnId" if found.kind == "order" else "refId"): found.reference,
        "orderId": found.order_id,
        "txnAmount": str(found.amount or ""),
        "status": found.said,
    }
    text = json.dumps({name: safe_line(value) for name, value in facts.items()})
    known = WireMessage.objects.filter(
        channel=CHANNEL, account=found.account, gateway_order_id=found.order_id[:50], response_body=text
    )
    money = found.said != State.FAILURE
    if not known.exists():
        now = timezone.now()
        WireMessage.objects.create(
            direction=WireMessage.Direction.OUT,
            channel=CHANNEL,
            account=found.account,
            gateway_order_id=one_line(found.order_id, 50),
            content_type="application/json",
            response_body=text,
            detail=detail,
            correlation_id=correlation_id(),
            created_at=now,
            processed_at=now,
        )
        write = log.error if money else log.warning
        write(f"sweep.unknown_{found.kind}", account=found.account, order_id=found.order_id, status=found.said)
    return replace(found, result="unknown here", left=money)


def _order(payment: Payment, row: ListedOrder, found: Finding, began: datetime) -> Finding | None:
    if _agrees(payment, row):
        return None
    before = payment.status
    if payment.asked_at is None or payment.asked_at < began:  # another row of the order may have been the reason
        payment = confirm.ask(payment, source="sweep")
    if _second_capture(payment, row):
        message = "The gateway's list names a second transaction for this payment."
        claim = Outcome(payment.gateway_order_id, State.SUCCESS, amount=row.amount, transaction_id=row.transaction_id)
        applied = book.flag(payment.pk, Flag.DUPLICATE, source="sweep", message=message, outcome=claim)
        announce.after_commit(applied.announcement_ids)
        return replace(found, result="flagged as a second charge")
    result = payment.status if payment.status == before else f"{before} → {payment.status}"
    left = _differs(payment, row)
    return replace(found, result=f"still differs: {result} here" if left else result, left=left)


def _agrees(payment: Payment, row: ListedOrder) -> bool:
    """Whether there is nothing to ask: a failed or pending attempt says nothing against an order that was paid."""
    if row.state is State.SUCCESS:
        return _captured(payment, row) and (payment.is_paid or bool(MONEY_FLAGS.intersection(payment.flag_list)))
    if row.state is State.FAILURE:
        return not payment.is_open and not _captured(payment, row)
    return row.state is State.UNKNOWN or payment.is_open or payment.is_paid


def _differs(payment: Payment, row: ListedOrder) -> bool:
    """Whether the gateway's list and its own answer, which the ledger has now, contradict each other."""
    if row.state is State.SUCCESS:
        return not _agrees(payment, row)
    return row.state is State.FAILURE and _captured(payment, row)


def _captured(payment: Payment, row: ListedOrder) -> bool:
    """Whether the ledger has this transaction with this amount, as money or as a flag that a person sees."""
    heard = payment.events.filter(kind__in=(Kind.CAPTURED, Kind.FLAGGED), transaction_id=row.transaction_id)
    return any(row.amount is None or event.amount == row.amount for event in heard)


def _second_capture(payment: Payment, row: ListedOrder) -> bool:
    known = payment.events.filter(kind__in=(Kind.CAPTURED, Kind.FLAGGED), transaction_id=row.transaction_id)
    return row.state is State.SUCCESS and payment.is_paid and bool(row.transaction_id) and not known.exists()


def _refund(payment: Payment, row: ListedRefund, found: Finding) -> Finding | None:
    known = refund_ledger.find(payment, row.refund_id)
    if known is not None and not _doubtful(known, row):
        return None
    before = known.status if known else ""
    said = RefundOutcome(
        order_id=payment.gateway_order_id,
        refund_id=row.refund_id,
        state=State.UNKNOWN,
        amount=row.amount,
        gateway_refund_id=row.gateway_refund_id,
    )
    try:
        refund = refunds.heard(payment, said, source="sweep")
    except refunds.Unconfirmed:
        return replace(found, result="not recorded: the gateway's own answer knows no such refund")
    if refund is None:
        why = "it cannot be asked about" if row.refund_id else "it has no reference"
        return replace(found, result=f"not recorded: {why}: flagged")
    if not before:
        return replace(found, result=f"recorded as external, {refund.status}", left=False)
    left = _doubtful(refund, row)
    result = refund.status if refund.status == before else f"{before} → {refund.status}"
    return replace(found, result=f"still differs: {result} here" if left else result, left=left)


def _doubtful(refund: Refund, row: ListedRefund) -> bool:
    """Another amount, or a refund that failed here and was accepted there. Open ones are reconcile's to ask about."""
    accepted = row.state is State.SUCCESS and refund.status == Refund.Status.FAILED
    return accepted or row.amount not in (None, refund.amount)
