"""Carrying notices to merchants: the outbox of signed webhooks, its retries, and the one way out of the house.

Paytm publishes no retry schedule; 200 is accepted, anything else is tried again (Paytm docs, Callback and Webhook).
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlencode

import requests
from django.db import transaction
from django.utils import timezone

from paytm_kit.masking import one_line, redact_body
from paytm_kit.simulator import clock, guard, notices, options
from paytm_kit.simulator.models import Delivery, Message, Transaction

RETRY_AFTER = (1, 5, 30, 120)  # seconds of the simulated time after each failed attempt
TIMEOUT = (3, 10)  # seconds to connect, to read
LONGEST_ANSWER = 65_536  # bytes that are read of a merchant's answer

_bell = threading.Semaphore(0)


def wake() -> None:
    """Tells the worker that there may be something to do."""
    _bell.release()


def wait(seconds: float) -> None:
    """Waits until woken or until the time is over."""
    _bell.acquire(timeout=seconds)


def enqueue(row: Transaction) -> None:
    """Writes the webhook into the outbox, in the caller's transaction; it leaves after the commit."""
    Delivery.objects.create(
        transaction=row, url=row.order.merchant.webhook_url, fields=notices.webhook(row), next_at=clock.now()
    )
    transaction.on_commit(wake)


def send_next() -> bool:
    """Sends one webhook that is due. False when none is."""
    due = Delivery.objects.filter(status=Delivery.QUEUED, next_at__lte=clock.now()).first()
    if due is None:
        return False
    # The update is the claim: of several workers one sees its row change.
    if Delivery.objects.filter(pk=due.pk, status=Delivery.QUEUED).update(status=Delivery.SENDING):
        answer = post(due.url, due.fields)
        attempts = [*due.attempts, {"at": clock.now().isoformat(), "answer": answer.text}]
        left = RETRY_AFTER[len(attempts) - 1 :]
        failed = Delivery.QUEUED if left else Delivery.FAILED
        status = Delivery.DELIVERED if answer.status == 200 else failed
        next_at = clock.now() + timedelta(seconds=left[0] if left else 0)
        # update, not save: a reset may have removed the row meanwhile
        Delivery.objects.filter(pk=due.pk).update(status=status, attempts=attempts, next_at=next_at)
    return True


class Answer(NamedTuple):
    status: int | None  # None: no answer came
    text: str
    location: str = ""


def post(url: str, fields: dict[str, str]) -> Answer:
    """One form POST to a merchant, recorded. Never to a host that is not allowed, never after a redirect."""
    began = timezone.now()
    if why := guard.refusal(url, options.current().allow_host):
        answer, body, kind = Answer(None, f"not sent: {why}"), "", ""
    else:
        answer, body, kind = _exchange(url, fields)
    Message.objects.create(
        at=began, direction="out", method="POST", url=one_line(url), order_id=fields.get("ORDERID", ""),
        request=redact_body(urlencode(fields), "form"), http_status=answer.status,
        response=redact_body(body, kind) if "json" in kind or "form" in kind else "",
        verdict=f"{fields.get('STATUS', '')}: {answer.text}",
    )  # fmt: skip
    return answer


def _exchange(url: str, fields: dict[str, str]) -> tuple[Answer, str, str]:
    with requests.Session() as session:
        session.trust_env = False  # a proxy from the environment would carry this to another host
        try:
            with session.post(url, data=fields, timeout=TIMEOUT, allow_redirects=False, stream=True) as response:
                body = next(response.iter_content(LONGEST_ANSWER), b"").decode("utf-8", "replace")
                location = response.headers.get("Location", "")
                kind = response.headers.get("Content-Type", "")
                return Answer(response.status_code, str(response.status_code), location), body, kind
        except (requests.RequestException, OSError, ValueError) as error:
            return Answer(None, f"no answer: {type(error).__name__}"), "", ""
