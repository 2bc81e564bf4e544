"""Runs one attempt and keeps what came of it: what was sent and answered, each check, the rows before and after."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Q

from demo_site.shop.models import Order
from demo_site.walkthrough import checks, copies, rows
from demo_site.walkthrough.attempts import BY_NAME, Attempt, Scene
from demo_site.walkthrough.blocks import Text
from demo_site.walkthrough.checks import Check
from demo_site.walkthrough.models import Trial
from demo_site.walkthrough.record import Record
from demo_site.walkthrough.rows import Change
from demo_site.walkthrough.simulator import Unwilling
from paytm_kit import checkout
from paytm_kit.models import Announcement, Payment, WireMessage

ARRIVES_WITHIN = 6.0  # seconds: the simulator sends webhooks at once, beside its answer
SHOWN = 10  # of one payment, the newest

Remember = Callable[[Order], None]


def run(payment: Payment, attempt: Attempt, remember: Remember) -> Trial:
    """One press. ``remember`` is told of an order that was made for it, so that its shopper can see it.

    What the simulator would not do is told in ``said``. Raises PaymentError when a second order cannot be paid now.
    """
    scene = Scene(Record(payment))
    watched = [payment]
    if attempt.has_victim:
        scene.victim = _victim(payment, remember)
        watched.append(scene.victim)
    newest = WireMessage.objects.aggregate(newest=Max("pk"))["newest"] or 0
    before = rows.look(*watched)
    try:
        attempt.act(scene)
        _wait(payment, attempt)
    except Unwilling as error:
        scene.said = str(error)
    return Trial.objects.create(
        payment=payment,
        name=attempt.name,
        sent=scene.sent,
        heard=_heard(watched, newest),
        before=before,
        after=rows.look(*watched),
        said=scene.said,
    )


def _wait(payment: Payment, attempt: Attempt) -> None:
    end = time.monotonic() + ARRIVES_WITHIN
    while attempt.over is not None and time.monotonic() < end:
        payment.refresh_from_db()
        if attempt.over(payment) and not _under_way(payment):
            return
        time.sleep(0.1)


def _under_way(payment: Payment) -> bool:
    """Whether a message is being answered just now, or the shop has still to hear of something."""
    unanswered = payment.wire_messages.filter(direction=WireMessage.Direction.IN, http_status=None)
    waiting = Announcement.objects.filter(event__payment=payment, state=Announcement.State.WAITING)
    return unanswered.exists() or waiting.exists()


def _victim(payment: Payment, remember: Remember) -> Payment:
    """An open payment of another order: the one of the last time, as long as it is still open."""
    for trial in Trial.objects.filter(payment=payment, name="other-order"):
        names = [dict(item["fields"]).get("ORDERID") for item in trial.sent]
        kept = Payment.objects.filter(gateway_order_id__in=names, open_slot__isnull=False).exclude(pk=payment.pk)
        if found := kept.first():
            return found
    order: Any = payment.order
    fresh = copies.again(order)
    remember(fresh)
    return checkout.open_payment(fresh, account=payment.account)


def _heard(watched: list[Payment], newest: int) -> list[dict[str, Any]]:
    """What came in and what was asked since, with the checks that it met."""
    told = []
    whose = Q(payment__in=watched) | Q(payment=None, direction=WireMessage.Direction.IN)
    for message in WireMessage.objects.filter(whose, pk__gt=newest).select_related("payment").order_by("pk"):
        came = message.direction == WireMessage.Direction.IN
        if not came and message.payment is None:
            continue
        met = checks.of_message(message) if came else checks.of_answer(message.payment, message)  # type: ignore[arg-type]
        told.append(
            {
                "message": message.pk,
                "channel": message.channel,
                "verdict": message.verdict,
                "http_status": message.http_status,
                "checks": checks.as_json(met),
            }
        )
    return told


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of a trial, as its page shows it."""

    message: int
    channel: str
    verdict: Text
    http_status: int | None
    caught: Check | None


class Shown:
    """A trial, ready to be shown in the language of whoever looks."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.attempt = BY_NAME[trial.name]
        self.heard = [_shown(item) for item in trial.heard]
        self.caught = next((heard.caught for heard in self.heard if heard.caught), None)
        found = list(rows.changes(trial.before, trial.after))
        self.money: list[Change] = [change for change in found if not change.is_bookkeeping]
        self.bookkeeping: list[Change] = [change for change in found if change.is_bookkeeping]


def _shown(item: Mapping[str, Any]) -> Heard:
    met = [Check(**check) for check in item["checks"]]
    words = dict(WireMessage.Verdict.choices)
    return Heard(
        message=item["message"],
        channel=item["channel"],
        verdict=words.get(item["verdict"], item["verdict"]),
        http_status=item["http_status"],
        caught=checks.failing(met),
    )


def shown(payment: Payment) -> list[Shown]:
    """The newest trials of this payment, newest first."""
    kept = Trial.objects.filter(payment=payment, name__in=BY_NAME)
    return [Shown(trial) for trial in kept[:SHOWN]]
