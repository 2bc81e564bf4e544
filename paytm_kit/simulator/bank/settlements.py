"""T+1: what a merchant took on one day is paid out on the next business day at ten, less fees, refunds, chargebacks.

Paytm pays nothing out on weekends and holidays (Paytm docs, Settlement API). The hour, the holidays and the fees here
are invented; real ones are in each merchant's contract. Fees are not given back for a refund.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import QuerySet, Sum

from paytm_kit.simulator import clock, database
from paytm_kit.simulator.bank import postings
from paytm_kit.simulator.bank.machine import State
from paytm_kit.simulator.models import NOTHING, Dispute, Merchant, Refund, Settlement, Transaction

PAID_AT = time(10, 0)  # Indian time
FREE_DAYS = frozenset({(1, 26), (5, 1), (8, 15), (10, 2), (12, 25)})  # month and day; Saturdays and Sundays beside them
GST = Decimal("0.18")  # of the commission

# Commission by PAYMENTMODE, per cent of the amount. UPI and RuPay debit cost a merchant nothing in India.
FEES = {
    "UPI": Decimal("0"),
    "DC": Decimal("0.90"),
    "CC": Decimal("1.75"),
    "EMI": Decimal("1.75"),
    "NB": Decimal("1.75"),
    "PPI": Decimal("1.75"),
    "BANK_MANDATE": Decimal("0.50"),
}
OTHER_FEE = Decimal("1.75")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a settlement file. ``amount`` and ``settled`` are below zero where the merchant pays."""

    kind: str  # "ACQUIRING", "REFUND" or "CHARGEBACK"
    transaction: Transaction
    own_id: str  # of the transaction, refund or dispute
    at: datetime
    amount: Decimal
    commission: Decimal
    gst: Decimal

    @property
    def settled(self) -> Decimal:
        return self.amount - self.commission - self.gst


def is_business_day(day: date) -> bool:
    return day.weekday() < 5 and (day.month, day.day) not in FREE_DAYS


def payout(day: date) -> datetime:
    """When the money of this day is paid out."""
    following = day + timedelta(days=1)
    while not is_business_day(following):
        following += timedelta(days=1)
    return datetime.combine(following, PAID_AT, clock.IST)


def fees(row: Transaction) -> tuple[Decimal, Decimal]:
    """Commission and the GST on it, rupees."""
    free = row.mode == "DC" and row.card_scheme == "RUPAY"
    rate = NOTHING if free else FEES.get(row.mode, OTHER_FEE)
    commission = _paise(row.amount * rate / 100)
    return commission, _paise(commission * GST)


def _paise(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def payable(merchant: Merchant) -> Decimal:
    """Rupees that the gateway owes this merchant: taken and not yet paid out, less what went back."""
    taken = _unsettled().filter(order__merchant=merchant)
    return _sum(taken) - _sum(_deducted(merchant)) - _sum(_lost(merchant)) + _carried(merchant)


def settle_due(now: datetime) -> None:
    """Pays out every day whose moment has come, oldest first."""
    first = _first_unsettled()
    if first is None or payout(_day(first)) > now:
        return
    for merchant in Merchant.objects.filter(orders__transactions__in=_unsettled()).distinct():
        while (day := _open_day(merchant)) and payout(day) <= now:
            _settle(merchant, day)


def next_due() -> datetime | None:
    """When the next payout is."""
    first = _first_unsettled()
    if first is None:
        return None
    if payout(_day(first)) > clock.now():
        return payout(_day(first))
    merchants = Merchant.objects.filter(orders__transactions__in=_unsettled()).distinct()
    return min((payout(day) for merchant in merchants if (day := _open_day(merchant))), default=None)


def lines(settlement: Settlement) -> Iterator[Line]:
    """What one payout is made of, transactions first."""
    for row in settlement.transactions.select_related("order__merchant").order_by("finished_at", "pk"):
        commission, gst = fees(row)
        yield Line("ACQUIRING", row, row.txn_id, row.finished_at or row.started_at, row.amount, commission, gst)
    for refund in settlement.refunds.select_related("transaction__order__merchant"):
        at = refund.accepted_at or refund.requested_at
        yield Line("REFUND", refund.transaction, refund.refund_id, at, -refund.amount, NOTHING, NOTHING)
    for lost in settlement.disputes.select_related("transaction__order__merchant"):
        at = lost.closed_at or lost.opened_at
        yield Line("CHARGEBACK", lost.transaction, lost.dispute_id, at, -lost.amount, NOTHING, NOTHING)


def _settle(merchant: Merchant, day: date) -> None:
    with suppress(Merchant.DoesNotExist), database.atomic():  # a reset may have forgotten it
        Merchant.objects.select_for_update().get(pk=merchant.pk)
        if Settlement.objects.filter(merchant=merchant, day=day).exists():  # somebody was quicker
            return
        moment = payout(day)
        taken = list(_unsettled().filter(order__merchant=merchant, finished_at__lt=_midnight_after(day)))
        refunds = _deducted(merchant).filter(accepted_at__lte=moment)
        lost = _lost(merchant).filter(closed_at__lte=moment)
        gross, back = sum((row.amount for row in taken), NOTHING), _sum(refunds) + _sum(lost)
        paid_fees = [fees(row) for row in taken]
        commission, gst = sum((fee for fee, _ in paid_fees), NOTHING), sum((tax for _, tax in paid_fees), NOTHING)
        carried = _carried(merchant)
        row = Settlement.objects.create(
            merchant=merchant, day=day, utr=_utr(merchant, day), paid_at=moment, gross=gross, refunded=back,
            commission=commission, gst=gst, carried=carried, net=gross - back - commission - gst + carried,
        )  # fmt: skip
        refunds.update(settlement=row)
        lost.update(settlement=row)
        Transaction.objects.filter(pk__in=[item.pk for item in taken]).update(settlement=row)
        gateway = f"gateway/{merchant.mid}"
        postings.move([gateway, "gateway-fees"], commission + gst, row.utr)
        postings.move([gateway, f"merchant/{merchant.mid}"], max(row.net, NOTHING), row.utr)


def _open_day(merchant: Merchant) -> date | None:
    """The next day to settle: that of the oldest unsettled money, or, when it is closed, the day after the last one."""
    oldest = _unsettled().filter(order__merchant=merchant).order_by("finished_at").first()
    if oldest is None or oldest.finished_at is None:
        return None
    closed = Settlement.objects.filter(merchant=merchant).order_by("-day").first()
    day = _day(oldest.finished_at)
    return max(day, closed.day + timedelta(days=1)) if closed else day


def _unsettled() -> QuerySet[Transaction]:
    return Transaction.objects.filter(status=State.SUCCESS, settlement=None)


def _first_unsettled() -> datetime | None:
    return _unsettled().order_by("finished_at").values_list("finished_at", flat=True).first()


def _deducted(merchant: Merchant) -> QuerySet[Refund]:
    return Refund.objects.filter(merchant=merchant, settlement=None, accepted_at__isnull=False)


def _lost(merchant: Merchant) -> QuerySet[Dispute]:
    return Dispute.objects.filter(transaction__order__merchant=merchant, settlement=None, status="lost")


def _carried(merchant: Merchant) -> Decimal:
    last = Settlement.objects.filter(merchant=merchant).order_by("-day").first()
    return min(last.net, NOTHING) if last else NOTHING


def _sum(rows: QuerySet[Transaction] | QuerySet[Refund] | QuerySet[Dispute]) -> Decimal:
    return rows.aggregate(sum=Sum("amount"))["sum"] or NOTHING


def _day(moment: datetime) -> date:
    return moment.astimezone(clock.IST).date()


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), clock.IST)


def _utr(merchant: Merchant, day: date) -> str:
    """16 characters as banks write it; drawn from merchant and day, so that the same run has the same one."""
    digest = hashlib.sha256(f"{merchant.mid}|{day}".encode()).hexdigest()
    return f"SDBLN{int(digest, 16) % 10**11:011d}"
