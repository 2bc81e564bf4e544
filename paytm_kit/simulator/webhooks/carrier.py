"""Carrying callbacks as a shopper's browser would: what the simulator posts itself when no browser does it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from paytm_kit.simulator import database
from paytm_kit.simulator.faults import callbacks
from paytm_kit.simulator.models import Order, Transaction
from paytm_kit.simulator.webhooks.sending import Answer, post
from paytm_kit.simulator.wire import notices


def carry(attempt: Transaction) -> dict[str, Any]:
    """Brings every callback of this attempt to the shop, waiting as its faults say, and tells what was answered.

    ``fields`` and ``delivered`` are the last one's; a lost callback has the true fields and was not delivered.
    """
    plan = callbacks.plan(attempt)
    if plan.seconds:
        database.rest()
        time.sleep(plan.seconds)
    answers = post_all(attempt.order, plan.forms)
    carried = [{"fields": form, **_told(answer)} for form, answer in zip(plan.forms, answers, strict=True)]
    last = {"fields": plan.forms[-1], "delivered": _told(answers[-1])} if answers else {}
    return {**uncarried(attempt), **last, "carried": carried, "faults": list(plan.faults)}


def uncarried(attempt: Transaction) -> dict[str, Any]:
    """The same for a callback that nobody carries: the true fields, for a caller who brings them himself."""
    fields = notices.callback(attempt)
    return {"url": attempt.order.callback_url, "fields": fields, "delivered": None, "carried": [], "faults": []}


def post_all(order: Order, forms: Sequence[dict[str, str]]) -> list[Answer]:
    """One after the other, each after the answer to the one before."""
    return [
        post(order.callback_url, urlencode(form), order_id=order.order_id, said=f"callback {form['STATUS']}")
        for form in forms
    ]


def _told(answer: Answer) -> dict[str, Any]:
    return {"status": answer.status, "answer": answer.text, "location": answer.location}
