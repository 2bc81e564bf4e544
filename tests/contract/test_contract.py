"""What every gateway must do behind the kit's one interface, whatever its words: the same tests run over each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import responses
from bs4 import BeautifulSoup
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit import refunds
from paytm_kit.gateways.base import InboundMessage
from paytm_kit.models import Payment, WireMessage
from paytm_kit.services import confirm, opening
from paytm_kit.services import refunds as refunding
from tests.contract.wires import WIRES, Wire

pytestmark = pytest.mark.databases

ACCOUNT = "contract"
CALLBACK, WEBHOOK = f"/paytm/callback/{ACCOUNT}/", f"/paytm/webhook/{ACCOUNT}/"


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        played = WIRES[request.param](mock)
        settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": played.settings, ACCOUNT: played.settings}}
        currency = played.settings.get("CURRENCY", "INR")
        monkeypatch.setattr(Order, "payment_currency", lambda self: currency, raising=False)
        played.starts()
        yield played


@pytest.fixture
def begin(make_order: Callable[..., Order], wire: Wire, client: Client) -> Callable[[], Payment]:
    """An order of ₹499.00 whose shopper has the gateway's page before them."""

    def make() -> Payment:
        payment = opening.open_payment(make_order(), account=ACCOUNT)
        assert client.get(f"/paytm/pay/{payment.token}/").status_code in (200, 303)
        payment.refresh_from_db()
        return payment

    return make


@pytest.fixture
def begun(begin: Callable[[], Payment]) -> Payment:
    return begin()


@pytest.fixture
def paid(begun: Payment, wire: Wire) -> Payment:
    wire.says(begun, "paid")
    return confirm.ask(begun, source="test")


def send(client: Client, address: str, message: InboundMessage) -> Any:
    return client.post(address, message.body, content_type=message.content_type, headers=message.headers)


def comes_back(client: Client, wire: Wire, payment: Payment, word: str = "paid") -> Any:
    """The shopper, with what the gateway gave the browser, or with nothing, to the payment's own address."""
    message = wire.returned(payment, word)
    return client.get(f"/paytm/back/{payment.token}/") if message is None else send(client, CALLBACK, message)


def now(payment: Payment) -> Payment:
    payment.refresh_from_db()
    return payment


# -- start


def test_the_shopper_is_sent_away_by_an_address_or_a_form_that_works_without_javascript(
    begun: Payment, client: Client
) -> None:
    response = client.get(f"/paytm/pay/{begun.token}/")
    assert begun.status == "processing"
    if response.status_code == 303:
        assert response["Location"].startswith("https://gateway.example/")
        assert begun.gateway_reference
        return
    form = BeautifulSoup(response.content, "html.parser").find("form", attrs={"data-autosubmit": True})
    assert form["action"].startswith("https://gateway.example/")
    assert form.find("button", attrs={"type": "submit"})
    assert begun.gateway_order_id in str(form)


def test_a_refresh_leads_to_the_same_payment(begun: Payment, client: Client) -> None:
    client.get(f"/paytm/pay/{begun.token}/")
    assert Payment.objects.count() == 1


# -- return, webhook, status


@pytest.mark.parametrize(
    ("said", "brought", "status"),
    [
        ("paid", "failed", "paid"),
        ("failed", "failed", "failed"),
        ("failed", "paid", "processing"),  # signed words against each other: nothing is closed
        ("pending", "paid", "processing"),
        ("absent", "paid", "processing"),
    ],
)
def test_what_the_gateway_says_when_asked_counts_and_not_what_the_browser_brings(
    begun: Payment, wire: Wire, client: Client, said: str, brought: str, status: str
) -> None:
    wire.says(begun, said)
    response = comes_back(client, wire, begun, brought)
    if said == "failed" and wire.returned(begun, brought) is None:
        status = "failed"  # nothing was brought that could say otherwise
    assert (response.status_code, response["Location"]) == (303, begun.get_result_url())
    assert now(begun).status == status
    assert begun.captured_amount == (Decimal("499.00") if status == "paid" else 0)


def test_a_word_that_nobody_knows_changes_nothing(begun: Payment, wire: Wire, client: Client) -> None:
    wire.says(begun, "gibberish")
    comes_back(client, wire, begun)
    assert now(begun).status == "processing"


def test_a_webhook_alone_pays_and_is_answered_as_its_sender_waits_for(
    begun: Payment, wire: Wire, client: Client
) -> None:
    wire.says(begun, "paid")
    response = send(client, WEBHOOK, wire.webhook(begun))
    assert response.status_code == 200
    assert wire.acknowledgement in (None, response.content)
    assert now(begun).status == "paid"


def test_repeats_and_any_order_of_messages_capture_once(begun: Payment, wire: Wire, client: Client) -> None:
    wire.says(begun, "paid")
    assert send(client, WEBHOOK, wire.webhook(begun)).status_code == 200
    assert comes_back(client, wire, begun).status_code == 303
    assert send(client, WEBHOOK, wire.webhook(begun)).status_code == 200
    assert send(client, WEBHOOK, wire.webhook(begun, "pending")).status_code == 200
    assert comes_back(client, wire, begun, "failed").status_code == 303
    assert now(begun).status == "paid"
    assert begun.events.filter(kind="captured").count() == 1
    assert begun.captured_amount == Decimal("499.00")


@pytest.mark.parametrize("signed", [True, False], ids=["another key", "unsigned"])
def test_a_forged_webhook_is_rejected_stored_and_asks_nobody(
    begun: Payment, wire: Wire, client: Client, signed: bool
) -> None:
    wire.says(begun, "paid")
    response = send(client, WEBHOOK, wire.webhook(begun, key=wire.new_key, signed=signed))
    assert response.status_code == 400
    assert now(begun).status == "processing"
    assert WireMessage.objects.filter(direction="in").get().verdict == ("bad_signature" if signed else "unsigned")
    assert not WireMessage.objects.filter(channel="status").exists()


def test_a_message_of_one_order_does_nothing_for_another(
    begin: Callable[[], Payment], wire: Wire, client: Client
) -> None:
    mine, others = begin(), begin()
    wire.says(others, "paid")
    send(client, WEBHOOK, wire.webhook(others))
    assert (now(mine).status, now(others).status) == ("processing", "paid")


def test_garbage_is_refused_calmly(wire: Wire, begun: Payment, client: Client) -> None:
    for body in (b"", b"\xff\xfe", b"a=1&a=2", b"x" * 70_000, b"orderId=%00"):
        for address in (CALLBACK, WEBHOOK):
            assert (
                400
                <= send(client, address, InboundMessage(body, "application/x-www-form-urlencoded")).status_code
                < 500
            )
    assert now(begun).status == "processing"


# -- what does not fit


def test_money_that_went_back_before_we_heard_of_it_buys_nothing(begun: Payment, wire: Wire) -> None:
    wire.says(begun, "given back")
    paid = confirm.ask(begun, source="test")
    assert (paid.status, paid.flags) == ("paid", "refund_mismatch")
    assert paid.order.paid_at is None


def test_another_amount_is_flagged_and_never_paid(begun: Payment, wire: Wire, client: Client) -> None:
    wire.says(begun, "paid", amount="1.00")
    comes_back(client, wire, begun)
    assert now(begun).status != "paid"
    assert "amount_mismatch" in begun.flag_list


def test_an_answer_about_another_order_is_not_believed(begun: Payment, wire: Wire, client: Client) -> None:
    wire.says(begun, "paid", order="261122another0order00")
    assert send(client, WEBHOOK, wire.webhook(begun)).status_code == 503
    assert now(begun).status == "processing"


def test_while_the_gateway_is_silent_the_webhook_is_to_come_again_and_then_pays(
    begun: Payment, wire: Wire, client: Client
) -> None:
    wire.is_silent()
    assert send(client, WEBHOOK, wire.webhook(begun)).status_code == 503
    assert now(begun).status == "processing"
    wire.says(begun, "paid")
    assert send(client, WEBHOOK, wire.webhook(begun)).status_code == 200
    assert now(begun).status == "paid"


def test_an_old_key_verifies_while_the_new_one_signs(begun: Payment, wire: Wire, client: Client, settings: Any) -> None:
    name = wire.signed_with
    rotated = {**wire.settings, name: wire.new_key, f"PREVIOUS_{name}": wire.settings[name]}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": rotated, ACCOUNT: rotated}}
    wire.says(begun, "paid")
    assert send(client, WEBHOOK, wire.webhook(begun)).status_code == 200
    assert now(begun).status == "paid"


# -- money back


@pytest.mark.parametrize("amount", ["499.00", "120.00"], ids=["all of it", "a part"])
def test_a_refund_is_under_way_until_the_gateway_says_that_it_is_made(paid: Payment, wire: Wire, amount: str) -> None:
    wire.takes_refunds()
    refund = refunds.request(paid, Decimal(amount), reason="One plant came broken")
    assert refund.status == "pending"
    wire.refunded(paid, refund.refund_id, Decimal(amount), made=False)
    assert refunding.ask(refund, source="test").status == "pending"
    assert now(paid).refunded_amount == 0
    wire.refunded(paid, refund.refund_id, Decimal(amount), made=True)
    assert refunding.ask(refund, source="test").status == "succeeded"
    assert (now(paid).refunded_amount, paid.refunding_amount) == (Decimal(amount), 0)


def test_no_more_goes_back_than_came(paid: Payment, wire: Wire) -> None:
    wire.takes_refunds()
    refunds.request(paid, Decimal("400.00"), reason="Most of it")
    with pytest.raises(refunds.NotRefundable):
        refunds.request(paid, Decimal("100.00"), reason="Too much")
    assert now(paid).refunding_amount == Decimal("400.00")


# -- what is kept


def test_keys_and_people_stand_in_no_stored_message(
    begun: Payment, wire: Wire, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    wire.says(begun, "paid")
    comes_back(client, wire, begun)
    send(client, WEBHOOK, wire.webhook(begun))
    kept = "".join(f"{row.request_body}{row.response_body}{row.url}{row.detail}" for row in WireMessage.objects.all())
    assert begun.gateway_order_id in kept
    for secret in (*wire.secrets, "asha@example.com", "9000000001"):
        assert secret not in kept
        assert secret not in caplog.text
