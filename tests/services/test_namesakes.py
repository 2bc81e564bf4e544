"""Two accounts of one merchant: a webhook comes to one address and finds the payments of both; no other merchant's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core import checks
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit import conf
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.models import Payment, WireMessage
from paytm_kit.services import opening, replay
from tests.begin import begin
from tests.paytm import Paytm, callback_fields, post_webhook

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _accounts(settings: Any) -> None:
    ours = settings.PAYTM_KIT["ACCOUNTS"]["default"]
    accounts = {
        "default": ours,
        "tickets": {**ours, "CURRENCY": "USD"},
        "other": {**ours, "MERCHANT_ID": "TESTMID0000000000002"},
        "broken": {**ours, "ENVIRONMENT": "nowhere"},
    }
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": accounts}


def test_who_is_the_same_merchant() -> None:
    assert conf.namesakes("default") == conf.namesakes("tickets") == ["default", "tickets"]
    assert conf.namesakes("other") == ["other"]
    with pytest.raises(ConfigurationError):
        conf.namesakes("nobody")


def test_a_second_account_for_another_currency_is_no_mistake() -> None:
    assert "paytm_kit.W019" not in {found.id for found in checks.run_checks(tags=["paytm_kit"])}


@pytest.mark.parametrize(("account", "heard"), [("tickets", True), ("other", False)])
def test_a_webhook_pays_the_payments_of_its_own_merchant(
    client: Client, make_order: Callable[..., Order], paytm: Paytm, account: str, heard: bool, settings: Any
) -> None:
    currency = conf.account(account).currency
    order = make_order(currency=currency)
    payment = begin(opening.open_payment(order, account=account).pk)
    paytm.will_say(payment=payment)
    response = post_webhook(client, callback_fields(payment, MID=conf.account("default").merchant_id))
    message = WireMessage.objects.get(channel="webhook")
    assert response.status_code == 200
    assert (message.payment == payment) == heard
    asked = WireMessage.objects.filter(channel="status", account=account)
    assert asked.exists() == heard
    if heard:
        assert replay.replay(message) == Payment.objects.get(pk=payment.pk)
