"""``paytm_kit.testing.fake``: the kit's own verbs cannot tell it from a gateway, and no connection is made."""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit import gateways, refunds
from paytm_kit.gateways.base import Account, Gateway, Unreachable
from paytm_kit.gateways.paytm import PaytmGateway
from paytm_kit.models import Payment, Refund, WireMessage
from paytm_kit.services import confirm, journal, opening
from paytm_kit.testing import factories
from paytm_kit.testing.fake import FakeGateway, FakePaytm, faked

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]

MakeOrder = Callable[..., Order]


def test_it_is_a_gateway_in_every_method_and_argument() -> None:
    assert isinstance(FakePaytm().gateway(Account("a", "paytm", "staging", "MID", ("k" * 16,))), Gateway)
    methods = [name for name, member in vars(Gateway).items() if inspect.isfunction(member) and name[0] != "_"]
    assert len(methods) >= 9
    for name in methods:
        asked = list(inspect.signature(getattr(Gateway, name)).parameters)
        assert list(inspect.signature(getattr(FakeGateway, name)).parameters) == asked, name


def test_the_shopper_is_sent_to_a_page_of_nobody(
    make_order: MakeOrder, client: Client, paytm_gateway: FakePaytm, settings: LazySettings
) -> None:
    settings.PAYTM_KIT = paytm_gateway.settings()
    payment = opening.open_payment(make_order())
    page = client.get(f"/paytm/pay/{payment.token}/")
    assert page.status_code == 200
    assert "https://gateway.example/theia/api/v1/showPaymentPage" in page.text
    assert paytm_gateway.asked(payment, "start") == 1


def test_what_it_says_is_what_the_ledger_writes(payment: Payment, paytm_gateway: FakePaytm) -> None:
    assert confirm.ask(payment, source="test").status == "processing", "no such order, says it"
    paytm_gateway.say(payment, "pending")
    assert confirm.ask(payment, source="test").events.filter(kind="pending").exists()
    paytm_gateway.say(payment, "failure", code="205", payment_mode="CC")
    failed = confirm.ask(payment, source="test")
    assert (failed.status, failed.code, failed.payment_mode) == ("failed", "205", "CC")
    assert failed.shopper_text == "Your bank declined the payment. Please try again or choose another way to pay."
    paytm_gateway.say(payment, "success", amount=Decimal("1.00"))
    assert confirm.ask(payment, source="test").flag_list == ["amount_mismatch"]
    paytm_gateway.say(payment, "success")
    assert confirm.ask(payment, source="test").status == "paid"
    assert paytm_gateway.asked(payment) == 5
    assert WireMessage.objects.filter(direction="out", verdict="verified").count() == 5


def test_no_answer_is_neither_yes_nor_no(payment: Payment, paytm_gateway: FakePaytm) -> None:
    paytm_gateway.say(payment, Unreachable("a slow evening"))
    with pytest.raises(Unreachable):
        confirm.ask(payment, source="test")
    paytm_gateway.say(payment, "success")
    paytm_gateway.fail("status", Unreachable("another"))
    with pytest.raises(Unreachable):
        confirm.ask(payment, source="test")
    assert Payment.objects.get().status == "processing"
    paytm_gateway.fail("status", None)
    assert confirm.ask(payment, source="test").status == "paid"
    with pytest.raises(ValueError, match="no operation 'stauts'"):
        paytm_gateway.fail("stauts", None)


def test_reconcile_finds_what_nobody_told(payment: Payment, paytm_gateway: FakePaytm) -> None:
    paytm_gateway.say(payment, "success")
    call_command("paytm_reconcile", all=True, verbosity=0, stdout=io.StringIO())
    payment.refresh_from_db()
    assert payment.status == "paid"


@pytest.mark.parametrize(("said", "status"), [("success", "succeeded"), ("failure", "failed"), ("pending", "pending")])
def test_a_refund_becomes_what_it_is_told(
    said: str, status: str, make_order: MakeOrder, paytm_gateway: FakePaytm
) -> None:
    payment = factories.payment(make_order())
    refund = refunds.request(payment, Decimal("100.00"), reason="One plant came broken")
    assert refund.status == "pending"
    paytm_gateway.refunds_become(said)
    assert refunds.ask(refund, source="test").status == status
    another = refunds.request(payment, Decimal("50.00"), reason="And another")
    paytm_gateway.say_refund(another, "success", rrn="123456789012")
    another = refunds.ask(another, source="test")
    assert (another.status, another.rrn) == ("succeeded", "123456789012")


def test_a_refund_whose_answer_is_lost_stays_open(make_order: MakeOrder, paytm_gateway: FakePaytm) -> None:
    payment = factories.payment(make_order())
    paytm_gateway.fail("refund", Unreachable("no answer"))
    refund = refunds.request(payment, reason="Never arrived")
    assert refund.status == "requested"
    assert refunds.ask(refund, source="test").status == "requested", "no such refund, it says, and that proves nothing"


def test_its_lists_are_those_of_the_same_books(make_order: MakeOrder, paytm_gateway: FakePaytm) -> None:
    unknown = factories.payment(make_order(), "processing")
    paytm_gateway.say(unknown, "success")
    paid = factories.payment(make_order(), "paid")
    paytm_gateway.say(paid, "success")
    outside = Refund(payment=paid, refund_id="DASH-1", amount=Decimal("99.00"), transaction_id=paid.transaction_id)
    paytm_gateway.say_refund(outside, "success")
    call_command("paytm_sweep", verbosity=0, stdout=io.StringIO())
    assert Payment.objects.get(pk=unknown.pk).status == "paid"
    assert Payment.objects.get(pk=paid.pk).refunded_amount == Decimal("99.00")


def test_outside_of_it_the_real_gateway_is_back() -> None:
    with faked():
        assert gateways.GATEWAYS["paytm"] is not PaytmGateway
    assert gateways.GATEWAYS["paytm"] is PaytmGateway
    with pytest.raises(ZeroDivisionError), faked():
        _ = 1 / 0
    assert gateways.GATEWAYS["paytm"] is PaytmGateway
    assert journal.gateway_for.cache_info().currsize == 0
