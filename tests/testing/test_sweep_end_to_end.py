"""The kit's sweep and the simulator's lists, each with books of its own: what one knows, the other finds."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit import checkout, conf, refunds
from paytm_kit.gateways.base import Customer, Flow, StartRequest
from paytm_kit.gateways.paytm import PaytmClient
from paytm_kit.models import Payment, WireMessage
from paytm_kit.testing.simulator import Simulator

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]


@pytest.fixture
def sent(
    paytm_simulator: Simulator, settings: LazySettings, client: Client, make_order: Callable[..., Order]
) -> Callable[[], Payment]:
    """A payment whose shopper is on the simulator's page."""
    settings.PAYTM_KIT = paytm_simulator.settings()

    def send() -> Payment:
        payment = checkout.open_payment(make_order())
        assert client.get(f"/paytm/pay/{payment.token}/").status_code == 200
        return payment

    return send


def sweep() -> tuple[list[str], int]:
    printed = StringIO()
    code = 0
    try:
        call_command("paytm_sweep", "--no-color", stdout=printed, stderr=printed)
    except CommandError as error:
        code = error.returncode
    return printed.getvalue().splitlines(), code


def test_what_no_message_told_is_found_in_the_lists(paytm_simulator: Simulator, sent: Callable[[], Payment]) -> None:
    """Neither callback nor webhook came: one paid, one failed, one with a refund from the dashboard."""
    paid, failed = sent(), sent()
    paytm_simulator.pay(paid.gateway_order_id, method="card")
    paytm_simulator.pay(failed.gateway_order_id, "failure")
    paytm_simulator.ask("POST", f"orders/{paid.gateway_order_id}/refund", {"amount": "50.00"})
    paytm_simulator.advance(3 * 3600)  # the bank credits it
    lines, code = sweep()
    paid.refresh_from_db()
    failed.refresh_from_db()
    assert (paid.status, failed.status) == ("paid", "failed")
    refund = paid.refunds.get()
    assert (refund.external, str(refund.amount)) == (True, "50.00")
    theirs = paytm_simulator.order(paid.gateway_order_id)
    assert paid.captured_amount == Decimal(theirs["captured_amount"])
    assert paid.refunded_amount == Decimal(theirs["refunded_amount"]) == Decimal("50.00")
    assert refunds.left(paid) == {paid.transaction_id: Decimal("449.00")}
    assert (lines[-1], code) == ("listed 3, agreed 0, put right 3, for a person 0, lists not read 0", 0)
    lines, code = sweep()
    assert (lines, code) == (["listed 3, agreed 3, put right 0, for a person 0, lists not read 0"], 0)


def test_a_payment_that_we_have_no_row_of_is_told(paytm_simulator: Simulator, sent: Callable[[], Payment]) -> None:
    """As after a database was restored from yesterday: Paytm knows the order, here nobody does."""
    ours = sent()
    account = conf.account()
    lost = StartRequest(
        order_id="261121-lost", amount=Decimal("75.00"), currency="INR", customer=Customer("C_1"), flow=Flow.HOSTED,
        callback_url="http://testserver/paytm/callback/",
    )  # fmt: skip
    PaytmClient(account).initiate_transaction(lost)
    paytm_simulator.pay(lost.order_id)
    paytm_simulator.pay(ours.gateway_order_id)
    lines, code = sweep()
    assert code == 1
    [line] = [line for line in lines if "unknown here" in line]
    txn = paytm_simulator.order(lost.order_id)["transactions"][0]["txn_id"]
    assert line == f"order  {lost.order_id}  {txn}  75.00  success  unknown here"
    assert WireMessage.objects.get(channel="sweep").gateway_order_id == lost.order_id
    ours.refresh_from_db()
    assert ours.status == "paid"


def test_more_rows_than_a_page_holds(
    paytm_simulator: Simulator, sent: Callable[[], Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paytm_kit.gateways.paytm.lists.PAGE_SIZE", 2)
    payments = [sent() for _ in range(5)]
    for payment in payments:
        paytm_simulator.pay(payment.gateway_order_id)
    assert sweep()[0][-1].startswith("listed 5, agreed 0, put right 5")
    assert set(Payment.objects.values_list("status", flat=True)) == {"paid"}


def test_a_wrong_key_is_an_error_and_not_an_empty_list(
    paytm_simulator: Simulator, sent: Callable[[], Payment], settings: LazySettings
) -> None:
    sent()
    account = paytm_simulator.account() | {"MERCHANT_KEY": "another0Key#5555"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": account}}
    lines, code = sweep()
    assert code == 1
    assert any(line.startswith('account "default", list of orders: Paytm') for line in lines)
    assert lines[-1].endswith("lists not read 2")
