"""Messages for the "break it" buttons: the true one again, changed by the simulator's tampers, or made up whole."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from demo_site.walkthrough.record import Record
from paytm_kit.models import Payment, WireMessage
from paytm_kit.simulator.triggers import sending
from paytm_kit.simulator.triggers.message import Message, facts, filled, signed
from paytm_kit.simulator.triggers.registry import load
from paytm_kit.simulator.triggers.tampers import BY_NAME

CALLBACK, WEBHOOK = "callback", "webhook"
OTHER_KEY = "not-the-shop-key"


def genuine(record: Record) -> Message | None:
    """The true callback or webhook of this payment, signature and all; ``None`` while there is none to send again."""
    for message in (record.callback, record.webhook):
        trace = record.trace(message, "request")
        if message is None or trace is None or message.verdict != WireMessage.Verdict.VERIFIED:
            continue
        if trace.is_form and not trace.masked:
            return Message(load("success"), dict(trace.pairs), trace.signature)
    return None


def tampered(message: Message, how: str) -> Message:
    """The message with one of the simulator's tampers; ``how`` is its name."""
    return BY_NAME[how].change(message)


def about(message: Message, payment: Payment) -> Message:
    """The message as if it were another payment's; the signature is the old one."""
    return replace(message, fields=message.fields | {"ORDERID": payment.gateway_order_id})


def made_up(payment: Payment, key: str = "") -> Message:
    """A success that nobody but a forger says; signed with ``key``, or not at all."""
    draw = random.Random()  # noqa: S311 - invented ids
    values = facts(payment.gateway_order_id, str(payment.amount), payment.merchant_id, draw, timezone.now())
    template = load("success")
    message = Message(template, filled(template.fields, values))
    return replace(message, signature=signed(message, key, draw)) if key else message


def address(payment: Payment, channel: str) -> str:
    """The kit's own callback or webhook address, as the gateway has it."""
    arguments = {} if payment.account == "default" else {"account": payment.account}
    return str(settings.PAYTM_KIT["BASE_URL"]) + reverse(f"paytm_kit:{channel}", kwargs=arguments)


def post(
    payment: Payment, messages: Iterable[tuple[str, Message]], true: Message | None = None
) -> list[dict[str, Any]]:
    """Sends each to its channel over HTTP, and what is to be told of it. ``true`` is what each is compared with."""
    shots = [(channel, sending.Shot(message, address(payment, channel))) for channel, message in messages]
    answers = sending.send([shot for _, shot in shots])
    return [
        {
            "to": channel,
            "url": shot.url,
            "fields": [[name, str(value)] for name, value in shot.message.pairs()],
            "marked": _differing(shot.message, true),
            "status": answer.status,
            "said": "" if answer.said.startswith("<") else answer.said,  # not a page's first line
            "milliseconds": answer.milliseconds,
        }
        for (channel, shot), answer in zip(shots, answers, strict=True)
    ]


def _differing(message: Message, true: Message | None) -> list[str]:
    """The fields that are not what the gateway wrote."""
    if true is None:
        return []
    twice = [name for name, _ in message.twice]
    return [name for name, value in message.fields.items() if true.fields.get(name) != value] + twice
