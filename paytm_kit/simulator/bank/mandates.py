"""Mandates: set up by an order's first payment, announced, debited when due, paused, cancelled, expired.

A renewal is an order whose one transaction is pending until the debit is due, and then settles as any pending payment
does; so callback, webhook and status API speak of it in the usual words. The statuses are Paytm's (Paytm docs, Fetch
Subscription Status). Unconfirmed: when exactly an unfinished consent becomes AUTHORIZATION_FAILED (here: when its first
payment fails or its token ends), and that a cycle is counted from the start date.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Min, Q, QuerySet

from paytm_kit.simulator import clock, database, ids
from paytm_kit.simulator.bank import payments
from paytm_kit.simulator.bank.machine import Decision, Outcome, State
from paytm_kit.simulator.models import Merchant, Order, Subscription, Transaction
from paytm_kit.simulator.webhooks import outbox
from paytm_kit.simulator.wire import subscription_notices as notices

DAYS = {"DAY": 1, "WEEK": 7}
MONTHS = {"MONTH": 1, "BI_MONTHLY": 2, "QUARTER": 3, "SEMI_ANNUALLY": 6, "YEAR": 12}
ONDEMAND = "ONDEMAND"
UNITS = (*DAYS, *MONTHS, ONDEMAND)
# Which ways to pay each subscriptionPaymentMode leaves open on the payment page, in the words of bank/modes.
WAYS = {
    "UPI": ("UPI", "UPI_INTENT"), "CC": ("CC",), "DC": ("DC",), "PPI": ("PPI",), "BANK_MANDATE": ("NB",), "UNKNOWN": (),
}  # fmt: skip
ANNOUNCED = ("UPI", "CC", "DC")  # PAYMENTMODEs that are debited only after a pre-notification
NOTIFIED_AFTER = timedelta(minutes=1)
WAITING = ("INIT", "IN_AUTHORIZATION")
STANDING = ("ACTIVE", "SUSPENDED")
COPIED = (
    "method", "mode", "instrument", "bank_name", "gateway_name", "card_scheme", "card_last_four", "card_token",
    "issuer", "acquirer",
)  # fmt: skip


class Refused(Exception):
    """This cannot be done with the mandate. ``code`` is Paytm's, ``str()`` says why. Nothing was changed."""

    def __init__(self, code: str, why: str) -> None:
        self.code = code
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a merchant may debit."""

    mode: str
    amount_type: str
    max_amount: Decimal
    amount: Decimal
    frequency: int
    unit: str
    starts_on: date
    expires_on: date
    grace_days: int


# ---- verbs ------------------------------------------------------------------------------------------------------


def create(merchant: Merchant, facts: payments.OrderFacts, terms: Terms) -> Order:
    """The order whose first payment sets the mandate up. Raises Refused for an order id that came before."""
    with database.atomic():
        order, new = payments.open_order(merchant, facts)
        if not new:
            raise Refused("2009", "this order id came before")
        now = clock.now()
        order.subscription = Subscription.objects.create(
            merchant=merchant, subs_id=_new_id(now), cust_id=facts.cust_id, mode=terms.mode,
            amount_type=terms.amount_type, max_amount=terms.max_amount, amount=terms.amount,
            frequency=terms.frequency, frequency_unit=terms.unit, starts_on=terms.starts_on,
            expires_on=terms.expires_on, grace_days=terms.grace_days, created_at=now, updated_at=now,
        )  # fmt: skip
        order.save(update_fields=["subscription"])
        return order


def announce(found: Subscription, notice: dict[str, str]) -> dict[str, str]:
    """Takes a pre-notification; it leaves a minute later. Raises Refused for a reference that came before."""
    with database.atomic():
        row = locked(found)
        if any(known["reference"] == notice["reference"] for known in row.notices):
            raise Refused("1001", "this referenceId came before")
        now = clock.now()
        taken = {
            **notice, "paytm_reference": ids.txn_id(now), "status": "PENDING",
            "leaves": (now + NOTIFIED_AFTER).isoformat(),
        }  # fmt: skip
        row.notices = [*row.notices, taken]
        row.notify_at = min(row.notify_at or now + NOTIFIED_AFTER, now + NOTIFIED_AFTER)
        row.save()
        database.on_commit(outbox.wake)
        return taken


def renew(found: Subscription, facts: payments.OrderFacts, due_at: datetime) -> Order:
    """Accepts one debit; the money moves at ``due_at``. Raises Refused."""
    with database.atomic():
        row = locked(found)
        due_at = max(due_at, clock.now())
        _check(row, facts.amount, due_at)
        setup = row.orders.order_by("pk").first()
        first = setup.decisive() if setup else None
        order, new = payments.open_order(row.merchant, facts)
        if not new or first is None:
            raise Refused("2009", "this order id came before")
        order.subscription = row
        order.save(update_fields=["subscription"])
        debit = payments.begin(order, None)
        for name in COPIED:
            setattr(debit, name, getattr(first, name))
        debit.save()
        debit = payments.finish(debit, Decision(Outcome.PENDING, "402"), comes_back=False)
        Transaction.objects.filter(pk=debit.pk).update(settle_at=due_at, settles_as=Outcome.SUCCESS, settles_code="")
        database.on_commit(outbox.wake)
        return order


def change(found: Subscription, status: str, sub_status: str = "") -> Subscription:
    """Cancelled (REJECT), paused (SUSPENDED) or resumed (ACTIVE); debits under way then fail. Raises Refused."""
    allowed = {"REJECT": STANDING, "SUSPENDED": ("ACTIVE",), "ACTIVE": ("SUSPENDED",)}[status]
    with database.atomic():
        row = locked(found)
        if row.status not in allowed:
            raise Refused("1001", f"the subscription is {row.status}")
        _move(row, status, sub_status or status)
        if status != "ACTIVE":
            debits = Transaction.objects.filter(order__subscription=row, status=State.PENDING)
            debits.update(settles_as=Outcome.FAILURE, settles_code="810")
        return row


# ---- the clock --------------------------------------------------------------------------------------------------


def follow(now: datetime) -> None:
    """Brings every mandate up to the simulated time and to what became of its first payment."""
    for found in _watched(now):
        _one(found, _follow_consent)
    for found in Subscription.objects.filter(status__in=STANDING, expires_on__lt=now.astimezone(clock.IST).date()):
        _one(found, _expire)
    for found in Subscription.objects.filter(notify_at__lte=now):
        _one(found, _send_notices)


def next_due() -> datetime | None:
    """When the next token of a consent ends, mandate expires or pre-notification leaves."""
    open_since = Subscription.objects.filter(status="INIT").aggregate(at=Min("created_at"))["at"]
    last_day = Subscription.objects.filter(status__in=STANDING).aggregate(at=Min("expires_on"))["at"]
    leaves = Subscription.objects.aggregate(at=Min("notify_at"))["at"]
    ends = open_since + clock.TOKEN_LIFE if open_since else None
    expires = datetime.combine(last_day + timedelta(days=1), time(), clock.IST) if last_day else None
    return min((moment for moment in (ends, expires, leaves) if moment), default=None)


def _watched(now: datetime) -> QuerySet[Subscription]:
    """Those whose first payment can still decide something: a failed one may be tried again while its token lives."""
    young = Q(status="AUTHORIZATION_FAILED", created_at__gt=now - clock.TOKEN_LIFE)
    return Subscription.objects.filter(Q(status__in=WAITING) | young)


def _one(found: Subscription, act: Callable[[Subscription], None]) -> None:
    with suppress(Subscription.DoesNotExist), database.atomic():  # a reset may have forgotten it
        act(locked(found))


def _follow_consent(row: Subscription) -> None:
    order = row.orders.order_by("pk").first()
    attempt = order.decisive() if order else None
    over = clock.now() >= row.created_at + clock.TOKEN_LIFE
    state = State(attempt.status) if attempt else None
    if state is State.SUCCESS and attempt:
        row.mode = attempt.mode
        _move(row, "ACTIVE", "ACTIVE")
    elif state in (State.STARTED, State.PENDING):
        _move(row, "IN_AUTHORIZATION", "", quietly=True)
    elif state is State.FAILURE or over:
        _move(row, "AUTHORIZATION_FAILED", "" if state else "TIMED_OUT")


def _expire(row: Subscription) -> None:
    if row.status in STANDING:
        _move(row, "EXPIRED", "")


def _send_notices(row: Subscription) -> None:
    now, order = clock.now(), row.orders.order_by("pk").first()
    waiting: list[datetime] = []
    for notice in row.notices:
        leaves = datetime.fromisoformat(notice["leaves"])
        if notice["status"] == "PENDING" and leaves <= now:
            notice["status"] = "SUCCESS" if row.status == "ACTIVE" else "FAILURE"
            notice["sent"] = now.isoformat()
            if order and row.merchant.webhook_url:
                outbox.enqueue(order, "prenotify", notices.announced(row, notice))
        elif notice["status"] == "PENDING":
            waiting.append(leaves)
    row.notify_at = min(waiting, default=None)
    row.save()


# ---- rules ------------------------------------------------------------------------------------------------------


def _check(row: Subscription, amount: Decimal, due_at: datetime) -> None:
    """Raises Refused when this amount cannot be debited then."""
    day = due_at.astimezone(clock.IST).date()
    if row.status != "ACTIVE":
        raise Refused("1001", f"the subscription is {row.status}")
    if not row.starts_on <= day <= row.expires_on:
        raise Refused("1001", "the debit would lie outside of the mandate's time")
    if amount > row.max_amount or (row.amount_type == "FIX" and amount != row.amount):
        raise Refused("2007", "more than the mandate allows, or not its fixed amount")
    if row.frequency_unit != ONDEMAND and cycle(row, day) in {cycle(row, taken) for taken in _debit_days(row)}:
        raise Refused("267", "this cycle has a debit already")
    wanted = {"amount": f"{amount:.2f}", "date": day.isoformat(), "status": "SUCCESS"}
    if row.mode in ANNOUNCED and not any(wanted.items() <= notice.items() for notice in row.notices):
        raise Refused("3054", f"no successful pre-notification of {amount:.2f} for {day}")


def cycle(row: Subscription, day: date) -> int:
    """The number of the cycle in which a day lies; the first begins with the start date."""
    start = row.starts_on
    if row.frequency_unit in DAYS:
        return (day - start).days // (DAYS[row.frequency_unit] * row.frequency)
    months = (day.year - start.year) * 12 + day.month - start.month - (day.day < start.day)
    return months // (MONTHS[row.frequency_unit] * row.frequency)


def _debit_days(row: Subscription) -> list[date]:
    """The Indian days of debits that happened or are under way, the first payment included."""
    rows = Transaction.objects.filter(order__subscription=row, status__in=(State.SUCCESS, State.PENDING))
    moments = (item.finished_at or item.settle_at or item.started_at for item in rows)
    return [moment.astimezone(clock.IST).date() for moment in moments]


def locked(found: Subscription) -> Subscription:
    """The mandate as it is now, locked until the caller's database transaction ends."""
    return Subscription.objects.select_for_update(of=("self",)).select_related("merchant").get(pk=found.pk)


def _move(row: Subscription, status: str, sub_status: str, *, quietly: bool = False) -> None:
    if row.status == status:
        return
    row.status, row.sub_status, row.updated_at = status, sub_status, clock.now()
    row.save()
    order = row.orders.order_by("pk").first()
    if order and row.merchant.webhook_url and not quietly:
        outbox.enqueue(order, "subscription", notices.changed(row, order))


def _new_id(now: datetime) -> str:
    """12 digits, as Paytm's subscription ids have."""
    subs_id = ids.txn_id(now)[-12:]
    while Subscription.objects.filter(subs_id=subs_id).exists():
        subs_id = ids.txn_id(now)[-12:]
    return subs_id
