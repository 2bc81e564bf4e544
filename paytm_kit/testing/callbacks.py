"""Signed callbacks and webhooks: what Paytm would send about a payment, to be posted to your own addresses.

::

    message = callbacks.callback(payment)                      # the shopper comes back and has paid
    answer = message.post(client)                              # Django's test client
    callbacks.webhook(payment, "failure").post(client)         # Paytm's server says that the bank declined
    callbacks.callback(payment).tampered("amount").post(client)

The fields and the signature are Paytm's; the messages are those of ``manage.py paytm_trigger``. A message alone makes
nothing paid: the kit asks the gateway, which in a test is ``paytm_gateway`` or ``paytm_simulator``.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from paytm_kit.models import Payment
from paytm_kit.services import checkout
from paytm_kit.simulator.triggers import message as wire
from paytm_kit.simulator.triggers import registry, tampers
from paytm_kit.testing import invented

OUTCOMES = ("success", "failure", "pending")


@dataclass(frozen=True, slots=True)
class Message:
    """One message, ready to send. It never changes: ``tampered`` and ``unsigned`` give another one."""

    url: str  #: where Paytm would send it: your callback or webhook address, absolute
    key: str = field(repr=False)
    inner: wire.Message = field(repr=False)

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of the form, CHECKSUMHASH included, or the members of the JSON body."""
        return dict(self.inner.pairs()) if self.inner.is_form else dict(self.inner.fields)

    @property
    def content_type(self) -> str:
        """``application/x-www-form-urlencoded`` or ``application/json``."""
        return self.inner.content_type

    @property
    def body(self) -> bytes:
        """The bytes on the wire."""
        return self.inner.body()

    def tampered(self, *how: str, **fields: Any) -> Message:
        """The message as somebody changed it on its way: the signature is the old one.

        ``how`` names rows of ``tampers.ALL`` ("amount", "status", "order", "signature", "repeat-field" and so on);
        ``fields`` are set as they are given. Raises UnknownName, and CannotApply where the message has no such field.
        """
        changed = self.inner
        for name in how:
            row = tampers.BY_NAME[registry.known(name, tampers.BY_NAME, "tamper")]
            changed = row.change(changed)
            if row.before:  # Paytm itself says it, so it signs it
                changed = _signed(changed, self.key)
        return replace(self, inner=replace(changed, fields=changed.fields | fields))

    def unsigned(self) -> Message:
        """The same without a signature, as Paytm sends some early failures."""
        return replace(self, inner=replace(self.inner, signature=None))

    def post(self, client: Any, **extra: Any) -> Any:
        """Posts it with a test client of Django, Flask or others with such a ``post``; returns the answer."""
        return client.post(urlsplit(self.url).path, data=self.body, content_type=self.content_type, **extra)


def callback(payment: Payment, outcome: str = "success", **fields: Any) -> Message:
    """What the shopper's browser brings: a signed form to the callback address of the payment's account.

    ``outcome``  "success", "failure", "pending", or any trigger of ``manage.py paytm_trigger --list``
    ``fields``   set before signing (``TXNAMOUNT="1.00"``); ``None`` leaves one out

    Raises UnknownName, and ConfigurationError for an account of the production environment.
    """
    return _build(payment, outcome, "callback", fields)


def webhook(payment: Payment, outcome: str = "success", *, json: bool = False, **fields: Any) -> Message:
    """What Paytm's server sends: a signed form, or with ``json`` a JSON event, to the webhook address.

    ``outcome`` as for ``callback``, and "refund-success", "dispute" and other names of webhooks. Raises as it does.
    """
    name = f"webhook-{outcome}" if outcome in OUTCOMES else outcome
    return _build(payment, f"{name}-json" if json and outcome in OUTCOMES else name, "webhook", fields)


def _build(payment: Payment, name: str, channel: str, fields: Mapping[str, Any]) -> Message:
    account = invented.account_of(payment)
    trigger = registry.load(name)
    said = wire.filled(trigger.fields, invented.facts(payment)) | invented.given(fields)
    for left_out in (field_name for field_name, value in fields.items() if value is None):
        said.pop(left_out, None)
    inner = wire.Message(trigger, said)
    if trigger.signed:
        inner = _signed(inner, account.key)
    return Message(checkout.callback_url(account.name, channel=channel), account.key, inner)


def _signed(inner: wire.Message, key: str) -> wire.Message:
    return replace(inner, signature=wire.signed(inner, key, random.SystemRandom()))
