"""The kit's own Stripe gateway against the stand-in, over real HTTP: what one sends the other understands."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from paytm_kit.gateways.base import (
    Account,
    ConfigurationError,
    Conflict,
    Customer,
    Flow,
    InboundMessage,
    RefundRequest,
    Refused,
    StartRequest,
    State,
    Verdict,
)
from paytm_kit.gateways.stripe import StripeGateway
from paytm_kit.standins import parties
from paytm_kit.testing.simulator import Simulator, Webhook
from tests.standins.conftest import SHOP, Browser

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]

ORDER = "261122-abcdefghjkmnpqrstuvw"
REFUND = "r-0123456789abcdef01234567"


def account(sim: Simulator, key: str = parties.STRIPE_SECRET_KEY) -> Account:
    return Account(
        name="stripe", gateway="stripe", environment="simulator", merchant_id="acct_standin0001", keys=(key,),
        host=sim.url, webhook_secrets=(parties.STRIPE_WEBHOOK_SECRET,),
    )  # fmt: skip


@pytest.fixture
def gateway(sim: Simulator) -> StripeGateway:
    return StripeGateway(account(sim))


@pytest.fixture
def request_(sim: Simulator) -> StartRequest:
    return StartRequest(
        order_id=ORDER, amount=Decimal("249.50"), currency="INR", callback_url=f"{SHOP}/callback",
        customer=Customer("C_17", "asha.canary@example.com"), flow=Flow.HOSTED, return_url=f"{SHOP}/back",
        begun_at=timezone.now(),
    )  # fmt: skip


def read(gateway: StripeGateway, heard: Webhook) -> tuple[str, str, str, str]:
    headers = {name.lower(): value for name, value in heard.headers.items()}
    notice = gateway.read_notice(InboundMessage(heard.body, heard.content_type, headers))
    assert notice.verdict is Verdict.VERIFIED
    claim = notice.claim or notice.refund
    return notice.fields["type"], notice.order_id, claim.state.value if claim else "", getattr(claim, "refund_id", "")


def test_a_payment_from_the_page_to_the_refund(
    sim: Simulator, gateway: StripeGateway, request_: StartRequest, browser: Browser
) -> None:
    page = gateway.start(request_)
    assert gateway.start(request_).reference == page.reference  # the lost answer, asked for again
    assert gateway.status(ORDER, page.reference).state is State.NOT_FOUND
    left = browser.press(page.url, "pay")
    assert left.headers["Location"] == f"{SHOP}/back"

    paid = gateway.status(ORDER, page.reference)
    assert (paid.state, paid.amount, paid.currency, paid.network) == (State.SUCCESS, Decimal("249.50"), "INR", "VISA")
    assert [read(gateway, row)[1:3] for row in sim.webhooks()] == [(ORDER, "success"), ("", ""), (ORDER, "success")]

    wanted = RefundRequest(ORDER, paid.transaction_id, REFUND, Decimal("100.00"), "Too big", reference=page.reference)
    assert gateway.refund_status(ORDER, REFUND, page.reference).state is State.NOT_FOUND
    made = gateway.refund(wanted)
    assert gateway.refund(wanted).gateway_refund_id == made.gateway_refund_id
    found = gateway.refund_status(ORDER, REFUND, page.reference)
    assert (found.state, found.amount) == (State.SUCCESS, Decimal("100.00"))
    assert gateway.status(ORDER, page.reference).given_back == Decimal("100.00")
    told = [read(gateway, row) for row in sim.webhooks()[3:]]
    assert ("refund.created", ORDER, "unknown", REFUND) in told
    with pytest.raises(Refused):
        gateway.refund(RefundRequest(ORDER, paid.transaction_id, "r-too-much", Decimal("150.00")))

    day = timedelta(days=1)
    [listed] = gateway.list_orders(timezone.now() - day, timezone.now() + day)
    [back] = gateway.list_refunds(timezone.now() - day, timezone.now() + day)
    assert (listed.order_id, listed.transaction_id, listed.state) == (ORDER, paid.transaction_id, State.SUCCESS)
    assert (back.order_id, back.refund_id, back.amount) == (ORDER, REFUND, Decimal("100.00"))


def test_a_payment_that_is_decided_later(
    sim: Simulator, gateway: StripeGateway, request_: StartRequest, browser: Browser
) -> None:
    page = gateway.start(request_)
    browser.press(page.url, "pending")
    assert gateway.status(ORDER, page.reference).state is State.PENDING
    sim.ask("POST", f"standins/orders/{page.reference}/decide", {"outcome": "failure"})
    assert gateway.status(ORDER, page.reference).state is State.FAILURE
    assert read(gateway, sim.webhooks()[-1])[1:3] == (ORDER, "failure")


def test_a_page_that_nobody_may_pay_any_more(gateway: StripeGateway, request_: StartRequest, browser: Browser) -> None:
    page = gateway.start(request_)
    browser.press(page.url, "decline")  # the shopper may try again
    assert gateway.status(ORDER, page.reference).state is State.NOT_FOUND
    assert gateway.withdraw(ORDER, page.reference) is True
    assert gateway.status(ORDER, page.reference).state is State.NOT_FOUND
    with pytest.raises(Refused):
        gateway.withdraw(ORDER, page.reference)
    with pytest.raises(Conflict):
        gateway.start(StartRequest(**{**_fields(request_), "reference": page.reference}))


def test_another_key_is_a_matter_of_settings(sim: Simulator, request_: StartRequest) -> None:
    with pytest.raises(ConfigurationError, match="401") as caught:
        StripeGateway(account(sim, "sk_test_stranger0123")).start(request_)
    assert "stranger" not in str(caught.value)


def _fields(request: StartRequest) -> dict[str, object]:
    return {name: getattr(request, name) for name in StartRequest.__slots__}
