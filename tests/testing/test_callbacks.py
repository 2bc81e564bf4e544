"""``paytm_kit.testing.callbacks``: messages that Paytm's own library takes for Paytm's."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.test import Client
from paytmchecksum import PaytmChecksum

from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.models import Payment, WireMessage
from paytm_kit.simulator.triggers.registry import UnknownName
from paytm_kit.testing import callbacks, factories
from paytm_kit.testing.fake import FakePaytm
from tests.paytm import KEY

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]


def judged_by_paytm(message: callbacks.Message) -> bool:
    if message.inner.is_form:
        fields = dict(message.fields)
        return PaytmChecksum.verifySignature(fields, KEY, fields.pop("CHECKSUMHASH"))
    sent = message.body.decode()
    return PaytmChecksum.verifySignature(sent.partition('"body":')[2][:-1], KEY, json.loads(sent)["head"]["signature"])


@pytest.mark.parametrize("outcome", callbacks.OUTCOMES)
@pytest.mark.parametrize(
    "make",
    [callbacks.callback, callbacks.webhook, lambda *words: callbacks.webhook(*words, json=True)],
    ids=["callback", "form webhook", "JSON webhook"],
)
def test_a_message_is_signed_as_paytm_signs(
    make: Callable[..., callbacks.Message], outcome: str, payment: Payment, client: Client, paytm_gateway: FakePaytm
) -> None:
    paytm_gateway.say(payment, outcome)
    message = make(payment, outcome)
    assert judged_by_paytm(message)
    assert message.post(client).status_code in (200, 303)
    assert WireMessage.objects.get(direction="in").verdict == "verified"
    payment.refresh_from_db()
    assert payment.status == {"success": "paid", "failure": "failed", "pending": "processing"}[outcome]


@pytest.mark.parametrize("how", ["amount", "status", "order", "signature", "unsigned", "repeat-field"])
def test_a_tampered_one_is_refused_and_pays_nothing(
    how: str, payment: Payment, client: Client, paytm_gateway: FakePaytm
) -> None:
    message = callbacks.webhook(payment)
    before = copy.deepcopy(message.fields)
    assert message.tampered(how).post(client).status_code == 400
    assert message.fields == before, "the message itself stays as it was"
    payment.refresh_from_db()
    assert payment.status == "processing"


def test_fields_are_set_before_signing_and_changed_after_it(payment: Payment) -> None:
    honest = callbacks.callback(payment, TXNAMOUNT="1.00", GATEWAYNAME=None)
    assert honest.fields["TXNAMOUNT"] == "1.00"
    assert "GATEWAYNAME" not in honest.fields
    assert judged_by_paytm(honest)
    changed = honest.tampered(TXNAMOUNT="2.00")
    assert changed.fields["TXNAMOUNT"] == "2.00"
    assert not judged_by_paytm(changed)
    assert judged_by_paytm(honest.tampered("amount-signed")), "Paytm itself says it, so it is signed anew"
    assert "CHECKSUMHASH" not in honest.unsigned().fields


def test_it_speaks_of_the_transaction_that_the_ledger_knows(payment: Payment, paytm_gateway: FakePaytm) -> None:
    order = payment.order
    factories.book.supersede(payment.pk, why="another one", seen=payment)
    paid = factories.payment(order, "paid")
    assert callbacks.callback(paid).fields["TXNID"] == paid.transaction_id
    assert callbacks.callback(paid).fields["TXNID"] == callbacks.webhook(paid, json=True).fields["txnId"]


def test_a_key_is_shown_nowhere_and_a_production_key_signs_nothing(payment: Payment, settings: LazySettings) -> None:
    assert KEY not in repr(callbacks.callback(payment))
    with pytest.raises(UnknownName, match="Did you mean success"):
        callbacks.callback(payment, "sucess")
    account = settings.PAYTM_KIT["ACCOUNTS"]["default"] | {"ENVIRONMENT": "production"}
    settings.PAYTM_KIT = settings.PAYTM_KIT | {"ACCOUNTS": {"default": account}}
    with pytest.raises(ConfigurationError, match="must not sign what a test invents"):
        callbacks.callback(payment)
