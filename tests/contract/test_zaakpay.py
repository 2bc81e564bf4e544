"""The same order, ledger and pages over another gateway: Zaakpay's form out, its return and webhook in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
import responses
from bs4 import BeautifulSoup
from django.core.checks import run_checks
from django.core.management import call_command
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit import refunds
from paytm_kit.models import Payment, WireMessage
from paytm_kit.services import confirm, opening, replay
from tests.gateways.zaakpay import wire

HOST = wire.HOST
WEBHOOK = "/paytm/webhook/zaak/"


@pytest.fixture(autouse=True)
def _account(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second account beside Paytm's."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    zaak = {
        "GATEWAY": "zaakpay",
        "ENVIRONMENT": "staging",
        "MERCHANT_ID": wire.MERCHANT,
        "MERCHANT_KEY": wire.KEY,
        "HOST": HOST,
    }
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {**settings.PAYTM_KIT["ACCOUNTS"], "zaak": zaak}}


@pytest.fixture
def zaakpay() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def begun(order: Order, client: Client) -> Payment:
    """₹499.00; the shopper has Zaakpay's page before them."""
    payment = opening.open_payment(order, account="zaak")
    client.get(f"/paytm/pay/{payment.token}/")
    payment.refresh_from_db()
    return payment


def says(zaakpay: responses.RequestsMock, payment: Payment, code: str = "228", status: str = "0", **more: Any) -> None:
    """From now on the status API answers this about the payment."""
    detail = {"orderId": payment.gateway_order_id, "txnId": f"ZP{payment.pk}", "amount": "49900", **more}
    body = wire.status_answer(wire.order(code, status, orderDetail=detail))
    zaakpay.upsert(responses.POST, f"{HOST}/checkTxn", body=json.dumps(body))


def answers_each(zaakpay: responses.RequestsMock) -> None:
    """Whatever order is asked about has been paid."""

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        asked = json.loads(dict(parse_qsl(request.body.decode()))["data"])["orderDetail"]["orderId"]
        detail = {"orderId": asked, "txnId": f"ZP{asked}", "amount": "49900"}
        return 200, {}, json.dumps(wire.status_answer(wire.order(orderDetail=detail)))

    zaakpay.reset()
    zaakpay.add_callback(responses.POST, f"{HOST}/checkTxn", callback=answer)


def post(client: Client, path: str, message: Any) -> Any:
    return client.post(path, message.body, content_type=message.content_type)


def test_the_shopper_gets_a_form_that_zaakpay_can_verify(begun: Payment, client: Client) -> None:
    page = BeautifulSoup(client.get(f"/paytm/pay/{begun.token}/").content, "html.parser")
    form = page.find("form", attrs={"data-autosubmit": True})
    fields = {field["name"]: field["value"] for field in form.find_all("input")}
    assert form["action"] == f"{HOST}/api/paymentTransact/V8"
    assert (fields["orderId"], fields["amount"]) == (begun.gateway_order_id, "49900")
    assert (begun.gateway, begun.status, len(begun.gateway_order_id)) == ("zaakpay", "processing", 20)
    signed = "".join(f"{name}={fields[name]}&" for name in wire.VECTORS["request_field_order"] if fields.get(name, ""))
    assert fields["checksum"] == wire.hmac_of(signed)


def test_a_webhook_is_answered_with_the_word_that_zaakpay_waits_for(
    begun: Payment, zaakpay: responses.RequestsMock, client: Client
) -> None:
    says(zaakpay, begun)
    row = {"orderId": begun.gateway_order_id, "amount": "49900", "pgTransId": "ZP1", "responseCode": "100"}
    response = post(client, WEBHOOK, wire.webhook(row))
    assert (response.status_code, response.content) == (200, b"SUCCESS")
    begun.refresh_from_db()
    assert begun.status == "paid"
    assert post(client, WEBHOOK, wire.webhook(row)).content == b"SUCCESS"  # again: nothing more happens
    assert begun.events.filter(kind="captured").count() == 1


def test_one_webhook_about_several_orders_asks_about_each(
    make_order: Callable[..., Order], zaakpay: responses.RequestsMock, client: Client
) -> None:
    payments = [opening.open_payment(make_order(), account="zaak") for _ in range(3)]
    for payment in payments:
        client.get(f"/paytm/pay/{payment.token}/")

    answers_each(zaakpay)
    rows = [{"orderid": one.gateway_order_id, "amount": 49900, "responseCode": "100"} for one in payments]
    assert post(client, WEBHOOK, wire.webhook(*rows)).status_code == 200
    assert set(Payment.objects.values_list("status", flat=True)) == {"paid"}


def test_a_webhook_about_several_that_nobody_could_ask_about_is_taken_up_for_each(
    make_order: Callable[..., Order], zaakpay: responses.RequestsMock, client: Client
) -> None:
    payments = [opening.open_payment(make_order(), account="zaak") for _ in range(3)]
    for payment in payments:
        client.get(f"/paytm/pay/{payment.token}/")
    zaakpay.add(responses.POST, f"{HOST}/checkTxn", body=requests.ReadTimeout("slow"))
    rows = [{"orderid": one.gateway_order_id, "amount": 49900} for one in payments]
    assert post(client, WEBHOOK, wire.webhook(*rows)).status_code == 503
    answers_each(zaakpay)
    replay.replay(WireMessage.objects.get(channel="webhook"))
    assert set(Payment.objects.values_list("status", flat=True)) == {"paid"}


def test_a_webhook_about_several_waits_for_no_gateway_where_a_worker_does(
    make_order: Callable[..., Order],
    zaakpay: responses.RequestsMock,
    client: Client,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    payments = [opening.open_payment(make_order(), account="zaak") for _ in range(2)]
    for payment in payments:
        client.get(f"/paytm/pay/{payment.token}/")
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "WEBHOOKS_IN_BACKGROUND": True}
    handed: list[int] = []
    monkeypatch.setattr("paytm_kit.background.process_message", lambda pk: not handed.append(pk))
    rows = [{"orderid": one.gateway_order_id, "amount": 49900} for one in payments]
    response = post(client, WEBHOOK, wire.webhook(*rows))
    assert (response.status_code, response.content) == (200, b"SUCCESS")
    assert not zaakpay.calls
    answers_each(zaakpay)
    replay.take_up(*handed)
    assert set(Payment.objects.values_list("status", flat=True)) == {"paid"}


def test_a_late_webhook_has_a_failed_payment_asked_about(
    begun: Payment, zaakpay: responses.RequestsMock, client: Client
) -> None:
    says(zaakpay, begun, "400", "1")
    assert confirm.ask(begun, source="test").status == "failed"
    says(zaakpay, begun)
    row = {"orderid": begun.gateway_order_id, "amount": 49900, "txnDate": "2026-01-15 10:11:13"}
    assert post(client, WEBHOOK, wire.webhook(row)).status_code == 200
    begun.refresh_from_db()
    assert (begun.status, begun.flags) == ("paid", "late_success")


def test_what_is_stored_of_its_messages_says_what_happened_and_nothing_personal(
    begun: Payment, zaakpay: responses.RequestsMock, client: Client
) -> None:
    says(zaakpay, begun)
    post(client, "/paytm/callback/zaak/", wire.returned(orderId=begun.gateway_order_id))
    stored = " ".join(WireMessage.objects.values_list("request_body", flat=True))
    answered = " ".join(WireMessage.objects.values_list("response_body", flat=True))
    assert begun.gateway_order_id in stored
    assert "228" in answered
    for secret in (wire.KEY, "1112", "asha@example.com"):
        assert secret not in stored + answered


@pytest.mark.parametrize(("amount", "desired"), [("499.00", "14"), ("120.00", "22")])
def test_money_goes_back_in_full_or_in_part(
    begun: Payment, zaakpay: responses.RequestsMock, amount: str, desired: str
) -> None:
    says(zaakpay, begun)
    paid = confirm.ask(begun, source="test")
    zaakpay.add(responses.POST, f"{HOST}/updateTxn", body=json.dumps({"responseCode": "230"}))
    refund = refunds.request(paid, Decimal(amount), reason="One plant came broken")
    assert refund.status == "pending"
    sent = zaakpay.calls[-1].request.body.decode()
    assert f"updateDesired%22%3A%22{desired}" in sent
    assert refund.refund_id in sent


def test_a_sweep_passes_over_lists_that_a_gateway_does_not_have(settings: Any, capsys: Any, db: None) -> None:
    call_command("paytm_sweep", account="zaak")
    out = capsys.readouterr().out
    assert 'not swept: account "zaak", list of refunds: Zaakpay has no list of refunds.' in out
    assert "lists not read 0" in out


def test_the_checks_find_nothing_wrong_with_the_account() -> None:
    found = [message for message in run_checks(tags=["paytm_kit"]) if '"zaak"' in message.msg]
    assert found == []


def test_the_checks_name_what_is_wrong_with_it(settings: Any) -> None:
    accounts = settings.PAYTM_KIT["ACCOUNTS"]
    broken = {**accounts, "zaak": {**accounts["zaak"], "MERCHANT_KEY": "short"}}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": broken}
    (message,) = [message for message in run_checks(tags=["paytm_kit"]) if '"zaak"' in message.msg]
    assert "secret key of Zaakpay" in message.msg
