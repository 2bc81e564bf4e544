"""Which accounts an order is offered, and the way on when a gateway cannot begin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit.gateways.base import GatewayError, Refused, Unreachable
from paytm_kit.models import Payment
from paytm_kit.services import offers, opening
from paytm_kit.testing.fake import FakePaytm, faked
from tests.begin import begin
from tests.gateways.zaakpay.wire import KEY, MERCHANT

ZAAKPAY = {
    "GATEWAY": "zaakpay",
    "ENVIRONMENT": "staging",
    "MERCHANT_ID": MERCHANT,
    "MERCHANT_KEY": KEY,
    "OFFERED": True,
    "LABEL": "Zaakpay: UPI and cards",
}


@pytest.fixture
def gateway(db: None) -> Iterator[FakePaytm]:
    with faked() as fake:
        yield fake


@pytest.fixture
def accounts(gateway: FakePaytm, settings: Any) -> Callable[..., None]:
    """Sets the accounts; the one named "default" is Paytm, played."""

    def configure(default: dict[str, Any] | None = None, **others: dict[str, Any]) -> None:
        kit = gateway.settings()
        own = {**kit["ACCOUNTS"]["default"], **(default or {})}
        settings.PAYTM_KIT = {**kit, "ACCOUNTS": {"default": own, **others}}

    return configure


def names(order: Order, amount: Decimal | None = None) -> list[str]:
    return [offer.account for offer in offers.for_order(order, amount)]


def test_with_one_account_there_is_nothing_to_choose(
    accounts: Callable[..., None], make_order: Callable[..., Order]
) -> None:
    accounts()
    offer = offers.for_order(make_order())[0]
    assert (offer.account, offer.gateway, offer.label, offer.currency) == ("default", "paytm", "Paytm", "INR")


def test_what_is_offered_comes_in_the_order_of_the_settings(
    accounts: Callable[..., None], make_order: Callable[..., Order]
) -> None:
    accounts({"OFFERED": True}, second=ZAAKPAY, hidden={**ZAAKPAY, "OFFERED": False})
    assert names(make_order()) == ["default", "second"]


@pytest.mark.parametrize(
    "other",
    [
        {**ZAAKPAY, "CURRENCY": "USD"},
        {**ZAAKPAY, "MERCHANT_KEY": "short"},
        {**ZAAKPAY, "ENVIRONMENT": "nowhere"},
        {**ZAAKPAY, "GATEWAY": "unheard-of"},
    ],
    ids=["another currency", "a key that cannot work", "a setting that cannot be read", "no such gateway"],
)
def test_an_account_that_cannot_collect_it_is_left_out_and_the_others_stay(
    accounts: Callable[..., None], make_order: Callable[..., Order], other: dict[str, Any]
) -> None:
    accounts({"OFFERED": True}, other=other)
    assert names(make_order()) == ["default"]


def test_a_gateway_that_takes_no_such_amount_is_left_out(
    accounts: Callable[..., None], make_order: Callable[..., Order]
) -> None:
    accounts({"OFFERED": True}, second=ZAAKPAY)
    assert names(make_order(), Decimal("100000.01")) == ["default"]


# -- when one cannot begin


@pytest.mark.parametrize(("error", "status"), [(Unreachable("down"), 503), (Refused("no"), 502)])
def test_the_shopper_is_offered_the_others_and_pays_there(
    accounts: Callable[..., None],
    gateway: FakePaytm,
    make_order: Callable[..., Order],
    client: Client,
    error: GatewayError,
    status: int,
) -> None:
    accounts({"OFFERED": True}, second=ZAAKPAY)
    first = opening.open_payment(make_order())
    gateway.fail("start", error)
    response = client.get(f"/paytm/pay/{first.token}/")
    assert response.status_code == status
    button = BeautifulSoup(response.content, "html.parser").find("button", string="Zaakpay: UPI and cards")
    token = button.find_parent("form").find("input", attrs={"name": "csrfmiddlewaretoken"})["value"]
    moved = client.post(button.find_parent("form")["action"], {"account": "second", "csrfmiddlewaretoken": token})
    second = Payment.objects.exclude(pk=first.pk).get()
    assert (moved.status_code, second.account, second.amount) == (303, "second", first.amount)
    page = client.get(moved["Location"])
    assert b"https://zaakstaging.zaakpay.com/api/paymentTransact/V8" in page.content


def test_of_a_payment_that_was_handed_out_before_no_other_way_is_offered(
    accounts: Callable[..., None], gateway: FakePaytm, make_order: Callable[..., Order], client: Client
) -> None:
    accounts({"OFFERED": True}, second=ZAAKPAY)
    payment = begin(opening.open_payment(make_order()).pk)
    gateway.fail("start", Unreachable("down"))
    response = client.get(f"/paytm/pay/{payment.token}/")
    assert response.status_code == 503
    assert b"Zaakpay: UPI and cards" not in response.content


@pytest.mark.parametrize("account", ["hidden", "nobody", ""])
def test_an_account_that_is_not_on_offer_is_refused(
    accounts: Callable[..., None], make_order: Callable[..., Order], client: Client, account: str
) -> None:
    accounts({"OFFERED": True}, hidden={**ZAAKPAY, "OFFERED": False})
    payment = opening.open_payment(make_order())
    client.handler.enforce_csrf_checks = False
    assert client.post(f"/paytm/pay/{payment.token}/", {"account": account}).status_code == 400
    assert Payment.objects.count() == 1
