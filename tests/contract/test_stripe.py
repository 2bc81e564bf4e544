"""The same order, ledger and pages over Stripe: what only its own words can tell, from the webhook to the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit import refunds
from paytm_kit.models import Payment, WireMessage
from paytm_kit.services import confirm, opening, replay
from tests.contract.stripe_wire import SESSIONS, StripeWire
from tests.gateways.stripe import wire

pytestmark = pytest.mark.databases

WEBHOOK = "/paytm/webhook/stripe/"


@pytest.fixture
def stripe(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeWire]:
    """A second account beside Paytm's."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    accounts = {**settings.PAYTM_KIT["ACCOUNTS"], "stripe": StripeWire.settings}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": accounts}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        played = StripeWire(mock)
        played.starts()
        yield played


@pytest.fixture
def begun(order: Order, stripe: StripeWire, client: Client) -> Payment:
    payment = opening.open_payment(order, account="stripe")
    client.get(f"/paytm/pay/{payment.token}/")
    payment.refresh_from_db()
    return payment


@pytest.fixture
def paid(begun: Payment, stripe: StripeWire) -> Payment:
    stripe.says(begun, "paid")
    return confirm.ask(begun, source="test")


def tell(client: Client, kind: str, about: dict[str, Any]) -> Any:
    message = wire.webhook(wire.event(kind, about))
    return client.post(WEBHOOK, message.body, content_type=message.content_type, headers=message.headers)


def test_the_shopper_goes_there_and_back_and_sees_what_stripe_says_when_asked(
    begun: Payment, stripe: StripeWire, client: Client
) -> None:
    response = client.get(f"/paytm/pay/{begun.token}/")
    assert (response.status_code, response["Location"]) == (303, f"{wire.HOST}/c/pay/{begun.gateway_reference}")
    stripe.says(begun, "paid")
    back = client.get(f"/paytm/back/{begun.token}/", follow=True)
    begun.refresh_from_db()
    assert (begun.status, begun.gateway, begun.network) == ("paid", "stripe", "VISA")
    assert "499.00" in back.content.decode()


def test_a_lost_answer_is_asked_for_again_and_makes_one_page(order: Order, stripe: StripeWire, client: Client) -> None:
    stripe.mock.replace(responses.POST, SESSIONS, body=requests.ReadTimeout("slow"))
    payment = opening.open_payment(order, account="stripe")
    assert client.get(f"/paytm/pay/{payment.token}/").status_code == 503
    stripe.mock.remove(responses.POST, SESSIONS)
    stripe.starts()
    assert client.get(f"/paytm/pay/{payment.token}/").status_code == 303
    made = [call.request for call in stripe.mock.calls if call.request.method == "POST"]
    assert len(made) == 4  # three tries, then the shopper's own
    assert len({request.headers["Idempotency-Key"] for request in made}) == 1
    assert len({request.body for request in made}) == 1


def test_a_page_that_is_over_makes_way_for_a_new_payment(begun: Payment, stripe: StripeWire, client: Client) -> None:
    stripe.shown[begun.gateway_reference] |= {"status": "expired", "url": None}
    stripe.mock.add(
        responses.POST, f"{SESSIONS}/{begun.gateway_reference}/expire", json=wire.error("resource_invalid"), status=400
    )
    response = client.get(f"/paytm/pay/{begun.token}/")
    fresh = Payment.objects.exclude(pk=begun.pk).get()
    assert (response.status_code, response["Location"]) == (303, f"{wire.HOST}/c/pay/{fresh.gateway_reference}")


def test_what_is_signed_and_not_ours_is_taken_in_and_does_nothing(begun: Payment, client: Client) -> None:
    assert tell(client, "customer.created", {"id": "cus_1"}).status_code == 200
    begun.refresh_from_db()
    assert begun.status == "processing"
    assert not WireMessage.objects.filter(channel="status").exists()


def test_a_refund_made_in_the_dashboard_is_recorded_from_its_webhook(
    paid: Payment, stripe: StripeWire, client: Client
) -> None:
    row = wire.refund("succeeded", None, payment_intent=paid.transaction_id)
    stripe.refunds = [row]
    for kind in ("refund.created", "refund.updated", "charge.refund.updated"):
        assert tell(client, kind, row).status_code == 200
    paid.refresh_from_db()
    (refund,) = paid.refunds.all()
    assert (refund.refund_id, refund.external, refund.status) == (wire.REFUND, True, "succeeded")
    assert paid.refunded_amount == Decimal("120.00")


def test_the_webhook_of_our_own_refund_records_no_second_one(paid: Payment, stripe: StripeWire, client: Client) -> None:
    stripe.takes_refunds()
    refund = refunds.request(paid, Decimal("120.00"), reason="One plant came broken")
    stripe.refunded(paid, refund.refund_id, refund.amount, made=True)
    assert tell(client, "refund.updated", stripe.refunds[0]).status_code == 200
    charge = wire.charge(payment_intent=paid.transaction_id, metadata={"order_id": paid.gateway_order_id})
    assert tell(client, "charge.refunded", charge).status_code == 200
    refund.refresh_from_db()
    paid.refresh_from_db()
    assert (refund.status, paid.refunds.count(), paid.flags) == ("succeeded", 1, "")


def test_a_webhook_that_names_its_transaction_alone_is_taken_up_again_once_stripe_answers(
    paid: Payment, stripe: StripeWire, client: Client
) -> None:
    row = wire.refund("succeeded", None, payment_intent=paid.transaction_id)
    stripe.is_silent()
    assert tell(client, "refund.created", row).status_code == 503
    stripe.silent = False
    stripe.refunds = [row]
    message = WireMessage.objects.get(channel="webhook")
    assert replay.take_up(message.pk) == paid
    assert paid.refunds.get().external


def test_a_dispute_holds_refunds_until_it_is_won(paid: Payment, client: Client) -> None:
    about = wire.dispute(payment_intent=paid.transaction_id)
    assert tell(client, "charge.dispute.created", about).status_code == 200
    with pytest.raises(refunds.NotRefundable, match="disputed"):
        refunds.request(paid, Decimal("1.00"), reason="Too early")
    assert paid.disputes.get().due_at is not None
    assert tell(client, "charge.dispute.closed", {**about, "status": "won"}).status_code == 200
    assert paid.disputes.get().status == "won"
    assert refunds.left(paid) == {paid.transaction_id: Decimal("499.00")}


def test_the_sweep_finds_what_no_webhook_told(begun: Payment, stripe: StripeWire, capsys: Any) -> None:
    stripe.says(begun, "paid")
    paid = stripe.shown[begun.gateway_reference]
    stranger = wire.session("complete", "paid", wire.intent(), client_reference_id="261122-notoursnotoursnotour")
    stripe.mock.add(responses.GET, SESSIONS, json=wire.page_of(paid, stranger))
    stripe.mock.replace(responses.GET, f"{wire.HOST}/v1/refunds", json=wire.page_of())
    with pytest.raises(CommandError, match="nobody but a person"):
        call_command("paytm_sweep", account="stripe")
    begun.refresh_from_db()
    assert begun.status == "paid"
    assert "unknown here" in capsys.readouterr().out


def test_the_checks_say_what_is_wrong_with_the_account(stripe: StripeWire, settings: Any) -> None:
    def found(**changes: str) -> list[str]:
        account = {**StripeWire.settings, **changes}
        settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {**settings.PAYTM_KIT["ACCOUNTS"], "stripe": account}}
        return [message.id for message in run_checks(tags=["paytm_kit"]) if "stripe" in message.msg]

    assert found() == []
    assert found(MERCHANT_KEY="pk_test_0123456789") == ["paytm_kit.E060"]
    assert found(MERCHANT_KEY="sk_live_0123456789") == ["paytm_kit.E061"]
    assert found(MERCHANT_ID="TESTMR00000000000001") == ["paytm_kit.E062"]
    assert found(WEBHOOK_SECRET="sk_test_0123456789") == ["paytm_kit.E063"]
    assert found(WEBHOOK_SECRET="") == ["paytm_kit.W064"]
