"""Invents payments that could have happened: who paid how much, through what, and what Paytm said. Pure.

The same seed and number invent the same payment. What is told here is a list of steps in time; a step that is still to
come is left out, so that the newest payments are still under way. Names, banks and numbers are invented.
"""

from __future__ import annotations

import hashlib
import random
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from zoneinfo import ZoneInfo

from paytm_kit.gateways.paytm.codes import CODES, Family
from paytm_kit.models import Flag, Payment, PaymentEvent

GATEWAY = "paytm"
ENVIRONMENT = "simulator"  # no account of this merchant id exists: nobody can be asked about what is invented
MERCHANT_ID = "INVENTED000000000001"
INDIA = ZoneInfo("Asia/Kolkata")
Kind = PaymentEvent.Kind
Status = Payment.Status


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to pay: its share of all payments, how many of a hundred succeed, and through whom."""

    name: str
    share: int
    succeed: int
    acquirer: str
    banks: tuple[str, ...]
    networks: tuple[str, ...] = ("",)


BANKS = ("Sahyadri Demo Bank", "Godavari Demo Bank", "Narmada Demo Bank", "Tapti Demo Bank", "Chambal Demo Bank")
MODES = (
    Mode("UPI", 58, 88, "KDBL", (*BANKS, "")),
    Mode("CC", 14, 82, "MDBL", BANKS[:4], ("VISA", "MASTER", "RUPAY")),
    Mode("DC", 12, 76, "MDBL", BANKS[:3], ("RUPAY", "VISA")),
    Mode("NB", 9, 71, "KDBL", BANKS),
    Mode("PPI", 6, 94, "WALLET", ("",)),
    Mode("EMI", 1, 66, "MDBL", BANKS[:2], ("VISA",)),
)
# Codes of failures, by how often they come.
FAILURES = {"227": 34, "141": 24, "810": 14, "235": 9, "205": 8, "118": 5, "372": 3, "220": 3}
PLOTS = ("paid", "paid slowly", "paid late", "paid twice", "failed", "expired", "stuck", "other amount")
PRICES = (99, 149, 199, 249, 299, 349, 499, 649, 799, 999, 1299, 1999, 2499, 4999, 9999, 24999)
CHEAPER_SELLS_MORE = tuple(accumulate(range(len(PRICES), 0, -1)))
SHOPPERS = ("asha", "bala", "chitra", "dev", "esha", "farid", "gita", "hari", "indu", "jaya", "kiran", "leela")
# How busy a shop is in each hour of the Indian day; weekends sell a third more.
HOURS = (3, 2, 1, 1, 1, 2, 4, 6, 8, 10, 12, 13, 13, 12, 11, 11, 12, 13, 14, 16, 18, 17, 12, 7)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. ``status`` is the payment's afterwards, or of the ``about`` row where it is one."""

    at: datetime
    kind: str
    source: str
    status: str
    amount: Decimal | None = None
    transaction_id: str = ""
    code: str = ""
    message: str = ""
    flag: str = ""
    actor: str = ""
    about: str = ""  # "refund" or "dispute"


@dataclass(frozen=True, slots=True)
class Story:
    """One payment: who and what, and its steps in time."""

    order_id: str
    order_number: int
    created_at: datetime
    amount: Decimal
    mode: Mode
    bank: str
    network: str
    shopper: str
    shopper_number: int
    bank_transaction_id: str
    transaction_id: str
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class World:
    """What the stories of one run share: their seed, how many there are, and when they happen."""

    seed: int
    total: int
    until: datetime
    days: int
    weights: tuple[int, ...] = ()

    @classmethod
    def of(cls, seed: int, total: int, until: datetime, days: int) -> World:
        first = until - timedelta(days=days)
        local = (_hour(first, number) for number in range(days * 24))
        weights = tuple(accumulate(HOURS[at.hour] * (4 if at.weekday() > 4 else 3) for at in local))
        return cls(seed, total, until, days, weights)

    def moment(self, number: int, draw: random.Random) -> datetime:
        """When payment ``number`` is opened: the first is the oldest, and busy hours have more of them."""
        place = (number + draw.random()) / self.total * self.weights[-1]
        hour = min(bisect(self.weights, place), len(self.weights) - 1)
        before = self.weights[hour - 1] if hour else 0
        part = (place - before) / (self.weights[hour] - before)
        return self.until - timedelta(days=self.days) + timedelta(hours=hour + min(part, 0.999))


def _hour(first: datetime, number: int) -> datetime:
    return (first + timedelta(hours=number)).astimezone(INDIA)


def prefix(seed: int) -> str:
    """How the gateway order ids of a seed begin."""
    return f"seed{seed}-"


def story(world: World, number: int) -> Story:
    """Payment ``number`` (from 0) of this world, with what had happened by its end."""
    draw = _draw(world.seed, number)
    mode, plot = _fate(draw)
    created = world.moment(number, draw)
    day = created.astimezone(INDIA)
    shopper_number = draw.randrange(max(world.total // 3, 1))
    told = Story(
        order_id=f"{prefix(world.seed)}{number:07d}",
        order_number=_order(world.seed, number),
        created_at=created,
        amount=Decimal(draw.choices(PRICES, cum_weights=CHEAPER_SELLS_MORE)[0]) - draw.choice((0, 0, Decimal("0.50"))),
        mode=mode,
        bank=draw.choice(mode.banks),
        network=draw.choice(mode.networks),
        shopper=SHOPPERS[shopper_number % len(SHOPPERS)],
        shopper_number=shopper_number,
        bank_transaction_id=f"{draw.randrange(10**11, 10**12)}",
        transaction_id=f"{day:%Y%m%d}{world.seed % 10**6:06d}{number:09d}{draw.randrange(10**12):012d}",
    )
    told.steps.extend(step for step in _steps(told, plot, draw) if step.at <= world.until)
    return told


def _draw(seed: int, number: int) -> random.Random:
    return random.Random(f"{seed}:{number}")  # noqa: S311 - a story, no secret


def _fate(draw: random.Random) -> tuple[Mode, str]:
    mode = draw.choices(MODES, [mode.share for mode in MODES])[0]
    lost = 100 - mode.succeed
    weights = (mode.succeed * 9.5, mode.succeed * 0.45, mode.succeed * 0.03, mode.succeed * 0.02)
    return mode, draw.choices(PLOTS, (*weights, lost * 7, lost * 2.9, lost * 0.06, lost * 0.04))[0]


def _order(seed: int, number: int) -> int:
    """The order that is paid for: half of those that failed are tried again at once, at most four times."""
    for before in range(number - 1, max(number - 4, -1), -1):
        draw = _draw(seed, before)
        if _fate(draw)[1] not in ("failed", "expired") or draw.random() < 0.5:
            return before + 1
    return max(number - 3, 0)


def _steps(told: Story, plot: str, draw: random.Random) -> Iterator[Step]:
    opened = told.created_at
    yield Step(opened, Kind.OPENED, "checkout", Status.CREATED, message=f"{told.amount} INR")
    at = opened + timedelta(seconds=draw.randint(1, 40))
    yield Step(at, Kind.STARTED, "checkout", Status.PROCESSING)
    yield from PLAYS[plot](told, at, draw)


def _captured(told: Story, at: datetime, source: str, *, second: bool = False) -> Step:
    transaction_id = told.transaction_id[:-1] + ("b" if second else told.transaction_id[-1])
    return Step(at, Kind.CAPTURED, source, Status.PAID, told.amount, transaction_id, "01", "Txn Success")


def _failed(told: Story, at: datetime, draw: random.Random) -> Step:
    code = draw.choices(list(FAILURES), list(FAILURES.values()))[0]
    said = CODES[Family.PAYMENT, code].meaning
    return Step(at, Kind.FAILED, draw.choice(("callback", "webhook")), Status.FAILED, told.amount, "", code, said)


def _pending(told: Story, at: datetime) -> Step:
    said = CODES[Family.STATUS, "402"].meaning
    return Step(at, Kind.PENDING, "callback", Status.PROCESSING, told.amount, told.transaction_id, "402", said)


def _flagged(told: Story, at: datetime, status: str, flag: str, amount: Decimal | None = None) -> Step:
    said = str(Flag(flag).label)
    return Step(at, Kind.FLAGGED, "reconcile", status, amount, told.transaction_id, message=said, flag=flag)


def _paid(told: Story, at: datetime, draw: random.Random) -> Iterator[Step]:
    at += timedelta(seconds=draw.randint(15, 240))
    yield _captured(told, at, draw.choice(("callback", "webhook", "webhook")))
    yield from _afterwards(told, at, draw)


def _paid_slowly(told: Story, at: datetime, draw: random.Random) -> Iterator[Step]:
    yield _pending(told, at + timedelta(seconds=draw.randint(30, 200)))
    yield _captured(told, at + timedelta(minutes=draw.choice((15, 30, 60, 360)), seconds=7), "reconcile")


def _paid_late(told: Story, at: datetime, draw: random.Random) -> Iterator[Step]:
    yield _failed(told, at + timedelta(seconds=draw.randint(30, 200)), draw)
    late = at + timedelta(hours=draw.choice((1, 6, 12)), seconds=11)
    yield _captured(told, late, "reconcile")
    yield _flagged(told, late, Status.PAID, Flag.LATE_SUCCESS, told.amount)


def _paid_twice(told: Story, at: datetime, draw: random.Random) -> Iterator[Step]:
    first = at + timedelta(seconds=draw.randint(15, 200))
    yield _captured(told, first, "callback")
    yield _captured(told, first + timedelta(minutes=4), "webhook", second=True)
    yield _flagged(told, first + timedelta(minutes=4), Status.PAID, Flag.DUPLICATE, told.amount)


def _gave_up(told: Story, at: datetime, draw: random.Random) -> Iterator[Step]:
    yield _failed(told, at + timedelta(seconds=draw.randint(20, 300)), draw)


def _expired(told: Story, at: datetime, draw: random.Random) -> Iterator[Step]:
    code = CODES[Family.STATUS, "331"]
    yield Step(at + timedelta(minutes=30, seconds=9), Kind.EXPIRED, "reconcile", Status.EXPIRED, code=code.code)


def _stuck(told: Story, at: datetime, draw: random.Random) -> Iterator[Step]:
    yield _pending(told, at + timedelta(seconds=draw.randint(30, 200)))
    yield _flagged(told, at + timedelta(hours=72, seconds=20), Status.PROCESSING, Flag.STUCK)


def _other_amount(told: Story, at: datetime, draw: random.Random) -> Iterator[Step]:
    seen = at + timedelta(seconds=draw.randint(30, 200))
    yield _flagged(told, seen, Status.PROCESSING, Flag.AMOUNT_MISMATCH, told.amount + 1)


PLAYS = dict(
    zip(
        PLOTS,
        (_paid, _paid_slowly, _paid_late, _paid_twice, _gave_up, _expired, _stuck, _other_amount),
        strict=True,
    )
)


def _afterwards(told: Story, paid_at: datetime, draw: random.Random) -> Iterator[Step]:
    fate = draw.random()
    if fate < 0.03:
        yield from _refund(told, paid_at + timedelta(hours=draw.randint(2, 200)), draw)
    elif fate < 0.0315:
        yield from _dispute(told, paid_at + timedelta(days=draw.randint(5, 40)), draw)


def _refund(told: Story, at: datetime, draw: random.Random) -> Iterator[Step]:
    amount = told.amount if draw.random() < 0.7 else (told.amount / 3).quantize(Decimal("0.01"))

    def step(after: timedelta, kind: str, status: str, source: str, code: str = "", actor: str = "") -> Step:
        return Step(at + after, kind, source, status, amount, told.transaction_id, code, "", "", actor, "refund")

    yield step(timedelta(), Kind.REFUND_REQUESTED, "requested", "person", actor="asha")
    yield step(timedelta(seconds=2), Kind.REFUND_PENDING, "pending", "request", "601")
    if draw.random() < 0.04:
        yield step(timedelta(hours=5), Kind.REFUND_FAILED, "failed", "reconcile", "620")
    else:
        yield step(timedelta(hours=draw.randint(1, 90)), Kind.REFUND_SUCCEEDED, "succeeded", "webhook", "10")


def _dispute(told: Story, at: datetime, draw: random.Random) -> Iterator[Step]:
    def step(after: timedelta, kind: str, status: str, message: str = "") -> Step:
        return Step(at + after, kind, "webhook", status, told.amount, told.transaction_id, "", message, about="dispute")

    yield step(timedelta(), Kind.DISPUTE_OPENED, "open", "The goods did not arrive.")
    if draw.random() < 0.6:
        yield step(timedelta(days=9), Kind.DISPUTE_WON, "won")
    else:
        yield step(timedelta(days=9), Kind.DISPUTE_LOST, "lost")


def digest(*parts: object) -> str:
    """64 hex digits that follow from these."""
    return hashlib.sha256("|".join(str(part) for part in parts).encode()).hexdigest()
