"""The kit's own PayPal gateway against the stand-in, over real HTTP: what one sends the other understands."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from paytm_kit.gateways.base import (
    Account,
    ConfigurationError,
    Conflict,
    Customer,
    Flow,
    InboundMessage,
    RefundRequest,
    StartRequest,
    State,
    Verdict,
)
from paytm_kit.gateways.paypal import PayPalGateway
from paytm_kit.standins import parties
from paytm_kit.testing.simulator import Simulator, Webhook
from tests.standins.conftest import SHOP, Browser

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]

ORDER = "261122-abcdefghjkmnpqrstuvw"
REFUND = "r-0123456789abcdef01234567"
WANTED = StartRequest(
    order_id=ORDER,
    amount=Decimal("249.50"),
    currency="USD",
    callback_url=f"{SHOP}/callback",
    customer=Customer("C_17", "asha.canary@example.com"),
    flow=Flow.HOSTED,
    return_url=f"{SHOP}/back",
)


def account(sim: Simulator, *keys: str) -> Account:
    return Account(
        name="paypal",
        gateway="paypal",
        environment="simulator",
        merchant_id="STANDINPAYPAL",
        keys=keys or (parties.PAYPAL_SECRET,),
        host=sim.url,
        currency="USD",
        client_id=parties.PAYPAL_CLIENT_ID,
        webhook_id=parties.PAYPAL_WEBHOOK_ID,
    )


@pytest.fixture
def gateway(sim: Simulator) -> PayPalGateway:
    return PayPalGateway(account(sim))


def read(gateway: PayPalGateway, heard: Webhook) -> tuple[Verdict, str, str]:
    headers = {name.lower(): value for name, value in heard.headers.items()}
    notice = gateway.read_notice(InboundMessage(heard.body, heard.content_type, headers))
    about = notice.claim or notice.refund
    assert about is not None
    return notice.verdict, notice.order_id, getattr(about, "refund_id", "") or about.state.value


def test_a_payment_from_the_page_to_the_refund(sim: Simulator, gateway: PayPalGateway, browser: Browser) -> None:
    page = gateway.start(WANTED)
    assert gateway.start(WANTED).reference == page.reference  # the lost answer, asked for again
    again = gateway.start(replace(WANTED, reference=page.reference))
    assert (again.url, again.is_new) == (page.url, False)
    assert gateway.status(ORDER, page.reference).state is State.NOT_FOUND
    left = browser.press(page.url, "pay")
    assert left.headers["Location"].startswith(f"{SHOP}/back?token={page.reference}")

    agreed = gateway.status(ORDER, page.reference)
    assert (agreed.state, agreed.amount, agreed.currency) == (State.APPROVED, Decimal("249.50"), "USD")
    with pytest.raises(Conflict):
        gateway.start(replace(WANTED, reference=page.reference))
    paid = gateway.collect(ORDER, page.reference)
    assert (paid.state, paid.amount, paid.merchant_id) == (State.SUCCESS, Decimal("249.50"), "STANDINPAYPAL")
    assert gateway.collect(ORDER, page.reference).transaction_id == paid.transaction_id
    assert gateway.status(ORDER, page.reference).transaction_id == paid.transaction_id

    wanted = RefundRequest(ORDER, paid.transaction_id, REFUND, Decimal("100.00"), "Too big", currency="USD")
    assert gateway.refund_status(ORDER, REFUND, page.reference).state is State.NOT_FOUND
    made = gateway.refund(wanted)
    assert gateway.refund(wanted).gateway_refund_id == made.gateway_refund_id
    found = gateway.refund_status(ORDER, REFUND, page.reference)
    assert (found.state, found.amount, found.transaction_id) == (State.SUCCESS, Decimal("100.00"), paid.transaction_id)
    assert gateway.status(ORDER, page.reference).given_back == Decimal("100.00")
    too_much = replace(wanted, refund_id="r-ffffffffffffffffffffffff", amount=Decimal("150.00"))
    assert gateway.refund(too_much).code == "REFUND_AMOUNT_EXCEEDED"

    assert [read(gateway, heard) for heard in sim.webhooks()] == [
        (Verdict.VERIFIED, ORDER, "approved"),
        (Verdict.VERIFIED, ORDER, "success"),
        (Verdict.VERIFIED, ORDER, REFUND),
    ]


def test_what_the_bank_declines_or_decides_later(sim: Simulator, gateway: PayPalGateway, browser: Browser) -> None:
    declined = gateway.start(WANTED)
    browser.press(declined.url, "decline")
    assert gateway.collect(ORDER, declined.reference).code == "INSTRUMENT_DECLINED"
    later = replace(WANTED, order_id="261122-bbcdefghjkmnpqrstuvw")
    page = gateway.start(later)
    browser.press(page.url, "pending")
    assert gateway.collect(later.order_id, page.reference).state is State.PENDING
    sim.ask("POST", f"standins/orders/{page.reference}/decide", {"outcome": "failure"})
    assert gateway.status(later.order_id, page.reference).state is State.FAILURE


def test_secrets_rotate_and_tokens_end_early(sim: Simulator, browser: Browser) -> None:
    with pytest.raises(ConfigurationError, match="invalid_client"):
        PayPalGateway(account(sim, "not-the-secret-0001")).start(WANTED)
    rotating = PayPalGateway(account(sim, "not-the-secret-0001", parties.PAYPAL_SECRET))
    page = rotating.start(WANTED)
    sim.ask("POST", "standins/faults", {"fault": "paypal.token-expired", "times": 1})
    assert rotating.status(ORDER, page.reference).state is State.NOT_FOUND
