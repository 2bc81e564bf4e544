"""One payment's story in twelve steps, from its rows; the simulator's books are asked only for the whole page."""

from __future__ import annotations

from collections.abc import Callable

from demo_site.walkthrough import hearing, sending
from demo_site.walkthrough.blocks import DONE, Step, Told
from demo_site.walkthrough.record import Record
from demo_site.walkthrough.texts import STEPS
from paytm_kit.models import Payment

TELL: dict[str, Callable[[Record], Told]] = {
    "order": sending.order,
    "payment": sending.payment,
    "request": sending.request,
    "string": sending.string,
    "signature": sending.signature,
    "answer": sending.answer,
    "gateway": sending.gateway,
    "callback": hearing.callback,
    "checks": hearing.judged,
    "status": hearing.status,
    "rows": hearing.changed,
    "webhook": hearing.webhook,
}
ASKS = frozenset({"gateway"})  # steps that ask the simulator
LATEST = 4  # steps beside the order


def steps(payment: Payment) -> list[Step]:
    """All twelve; those not reached yet say so."""
    record = Record(payment)
    return [Step(number, words, TELL[words.slug](record)) for number, words in enumerate(STEPS, 1)]


def latest(payment: Payment) -> list[Step]:
    """The last few that were reached, without asking anybody."""
    record = Record(payment)
    told = [
        Step(number, words, TELL[words.slug](record)) for number, words in enumerate(STEPS, 1) if words.slug not in ASKS
    ]
    return [step for step in told if step.state == DONE][-LATEST:]
