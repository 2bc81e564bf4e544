"""Two ways to pay for one order, and gateways that change their mind: no money is lost, doubled or left unseen."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit import refunds
from paytm_kit.gateways.base import GatewayError, State
from paytm_kit.ledger import book
from paytm_kit.models import Payment
from paytm_kit.services import closing, confirm, journal, opening
from paytm_kit.testing.fake import FakePaytm, faked
from tests.begin import begin
from tests.contract.paypal_wire import PayPalWire
from tests.contract.stripe_wire import SESSIONS, StripeWire
from tests.gateways.paypal import wire as paypal_side
from tests.gateways.stripe import wire as stripe_side

pytestmark = pytest.mark.databases

EXPIRE = f"{SESSIONS}/{{}}/expire"


class Both:
    """Stripe and PayPal, each an account in dollars, behind one mocked network."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.mock = mock
        self.paypal = PayPalWire(mock)
        self.stripe = StripeWire(mock)
        self.stripe.starts()

    def lets_expire(self, payment: Payment, *, first: Callable[[], None] = lambda: None) -> None:
        """Stripe ends an open page when asked to, and says no about any other, as its documentation has it."""

        def expire(_: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
            first()
            page = self.stripe.shown[payment.gateway_reference]
            if page["status"] != "open":
                return 400, {}, json.dumps(stripe_side.error(code="resource_invalid"))
            page |= {"status": "expired", "url": None}
            return 200, {}, json.dumps(page)

        self.mock.add_callback(responses.POST, EXPIRE.format(payment.gateway_reference), callback=expire)


@pytest.fixture
def both(settings: Any, monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[Both]:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(Order, "payment_currency", lambda self: "USD", raising=False)
    journal.gateway_for.cache_clear()
    accounts = {
        **settings.PAYTM_KIT["ACCOUNTS"],
        "pal": {**PayPalWire.settings, "OFFERED": True},
        "stripe": {**StripeWire.settings, "CURRENCY": "USD", "OFFERED": True},
    }
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": accounts}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield Both(mock)
    journal.gateway_for.cache_clear()


def now(payment: Payment) -> Payment:
    payment.refresh_from_db()
    return payment


def send_there(client: Client, payment: Payment) -> Payment:
    assert client.get(f"/paytm/pay/{payment.token}/").status_code == 303
    return now(payment)


def in_dollars(page: dict[str, Any]) -> None:
    """The wire of the contract speaks of rupees."""
    page["currency"] = "usd"
    if isinstance(page["payment_intent"], dict):
        page["payment_intent"]["currency"] = "usd"


def no_drift() -> None:
    call_command("paytm_rebuild", verbosity=0)


# -- two tabs


@pytest.fixture
def first_tab(both: Both, order: Order, client: Client) -> Payment:
    payment = send_there(client, opening.open_payment(order, account="stripe"))
    in_dollars(both.stripe.shown[payment.gateway_reference])
    return payment


def test_the_page_in_the_first_tab_is_over_before_the_second_tab_can_pay(
    both: Both, first_tab: Payment, client: Client
) -> None:
    both.lets_expire(first_tab)
    second = send_there(client, opening.retry(first_tab, account="pal"))
    assert both.stripe.shown[first_tab.gateway_reference]["status"] == "expired"
    both.paypal.says(second, "approved")
    client.get(f"/paytm/back/{second.token}/")
    client.get(f"/paytm/back/{first_tab.token}/")
    assert (now(second).status, now(first_tab).status) == ("paid", "processing")
    with time_machine.travel(first_tab.created_at + timedelta(hours=2)):
        assert confirm.ask(first_tab, source="test").status == "expired"
    assert client.get(f"/paytm/pay/{first_tab.token}/")["Location"] == second.get_result_url()
    assert Payment.objects.exclude(flags="").count() == 0
    no_drift()


@pytest.mark.parametrize("word", ["paid", "pending"])
def test_a_page_that_is_completed_between_the_question_and_its_end_keeps_the_order(
    both: Both, first_tab: Payment, client: Client, word: str
) -> None:
    def completed() -> None:
        both.stripe.says(first_tab, word)
        in_dollars(both.stripe.shown[first_tab.gateway_reference])

    both.lets_expire(first_tab, first=completed)
    response = Client().post(f"/paytm/pay/{first_tab.token}/", {"account": "pal"}, follow=True)
    assert response.redirect_chain[-1][0] == first_tab.get_result_url()
    assert (Payment.objects.get().status, both.paypal.shown) == ("paid" if word == "paid" else "processing", {})
    no_drift()


def test_a_page_that_was_ended_and_not_noted_so_makes_way_the_next_time(
    both: Both, first_tab: Payment, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCut(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise PowerCut

    both.lets_expire(first_tab)
    with monkeypatch.context() as broken, pytest.raises(PowerCut):
        broken.setattr(book, "supersede", die)
        opening.retry(first_tab, account="pal")
    assert now(first_tab).open_slot is not None
    assert send_there(client, opening.retry(first_tab, account="pal")).account == "pal"


def test_a_page_whose_address_was_lost_on_the_way_is_nobodys_when_another_account_takes_over(
    both: Both, order: Order, client: Client
) -> None:
    def lost(request: requests.PreparedRequest) -> Any:
        both.stripe._create(request)
        raise requests.ReadTimeout("slow")

    both.mock.remove(responses.POST, SESSIONS)
    both.mock.add_callback(responses.POST, SESSIONS, callback=lost)
    payment = opening.open_payment(order, account="stripe")
    page = client.get(f"/paytm/pay/{payment.token}/")
    assert (page.status_code, now(payment).handed_out_at, now(payment).gateway_reference) == (503, None, "")
    assert both.stripe.shown
    assert send_there(client, opening.retry(payment, account="pal")).account == "pal"
    assert client.get(f"/paytm/pay/{payment.token}/").status_code == 302


def test_a_slow_stripe_page_that_comes_after_the_other_account_took_over_is_handed_to_nobody(
    both: Both, order: Order, client: Client
) -> None:
    payment = opening.open_payment(order, account="stripe")

    def slow(request: requests.PreparedRequest) -> Any:
        send_there(Client(), opening.retry(payment, account="pal"))
        return both.stripe._create(request)

    both.mock.remove(responses.POST, SESSIONS)
    both.mock.add_callback(responses.POST, SESSIONS, callback=slow)
    assert client.get(f"/paytm/pay/{payment.token}/")["Location"] == payment.get_result_url()
    assert now(payment).gateway_reference == ""


def test_both_ways_chosen_at_the_same_moment_leave_one_that_can_be_paid(both: Both, first_tab: Payment) -> None:
    """Each tab goes another way; no page stays open beside a payment that took its place."""
    both.lets_expire(first_tab)
    together, failed = threading.Barrier(2, timeout=30), []

    def press(account: str) -> None:
        try:
            together.wait()
            Client().post(f"/paytm/pay/{first_tab.token}/", {"account": account}, follow=True)
            Client().get(f"/paytm/pay/{first_tab.token}/")
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(account,)) for account in ("stripe", "pal")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not failed
    can_be_paid = Payment.objects.filter(open_slot__isnull=False)
    assert can_be_paid.count() <= 1
    for payment in Payment.objects.filter(account="stripe", open_slot=None).exclude(gateway_reference=""):
        assert both.stripe.shown[payment.gateway_reference]["status"] == "expired"
    no_drift()


def test_a_capture_that_is_held_for_days_and_then_declined_frees_the_order(
    both: Both, order: Order, client: Client
) -> None:
    payment = send_there(client, opening.open_payment(order, account="pal"))
    both.paypal.says(payment, "pending")
    with time_machine.travel(payment.created_at + timedelta(days=2)):
        assert confirm.ask(payment, source="test").status == "processing"
        assert opening.retry(payment, account="stripe") == payment, "nobody pays twice meanwhile"
        both.paypal.says(payment, "failed")
        assert confirm.ask(payment, source="test").status == "failed"
        assert opening.retry(payment, account="stripe").account == "stripe"
    no_drift()


def test_a_capture_whose_answer_is_lost_and_whose_order_is_then_unknown_waits_for_a_person(
    both: Both, order: Order, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(self: PayPalWire, *_: str) -> Any:
        raise requests.ReadTimeout("slow")

    payment = send_there(client, opening.open_payment(order, account="pal"))
    both.paypal.says(payment, "approved")
    with monkeypatch.context() as broken, pytest.raises(GatewayError):
        broken.setattr(PayPalWire, "_taken", lost)
        confirm.ask(payment, source="test")
    monkeypatch.setattr(
        PayPalWire, "_order", lambda *_: (404, {}, json.dumps(paypal_side.error("INVALID_RESOURCE_ID")))
    )
    both.mock.reset()
    both.paypal = PayPalWire(both.mock)
    with time_machine.travel(payment.created_at + timedelta(days=4)):
        call_command("paytm_reconcile", verbosity=0)
        assert (now(payment).status, payment.flags) == ("processing", "stuck")
        assert opening.retry(payment, account="stripe") == payment


# -- accounts that changed


def test_a_payment_of_the_test_mode_is_not_begun_with_the_live_account_of_the_same_name(
    both: Both, order: Order, client: Client, settings: Any
) -> None:
    """Stripe's account id is one for test and live mode."""
    payment = opening.open_payment(order, account="stripe")
    live = {"ENVIRONMENT": "production", "MERCHANT_KEY": "sk_live_canary0123456789abcdef"}
    accounts = settings.PAYTM_KIT["ACCOUNTS"]
    settings.PAYTM_KIT = {
        **settings.PAYTM_KIT,
        "BASE_URL": "https://shop.example",
        "ACCOUNTS": {**accounts, "stripe": {**accounts["stripe"], **live}},
    }
    client.get(f"/paytm/pay/{payment.token}/", secure=True)
    assert both.stripe.shown == {}, "nobody could ever ask what became of it"
    fresh = opening.open_payment(order, account="stripe")
    assert (fresh != payment, fresh.environment) == (True, "production")


def test_a_payment_is_not_begun_with_another_merchants_keys(
    both: Both, order: Order, client: Client, settings: Any
) -> None:
    payment = opening.open_payment(order, account="stripe")
    accounts = settings.PAYTM_KIT["ACCOUNTS"]
    other = {**accounts["stripe"], "MERCHANT_ID": "acct_1AnotherMerchant"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {**accounts, "stripe": other}}
    client.get(f"/paytm/pay/{payment.token}/")
    assert both.stripe.shown == {}


# -- refunds that are told of, or undone, by others


@pytest.fixture
def paid(both: Both, first_tab: Payment) -> Payment:
    both.stripe.says(first_tab, "paid")
    in_dollars(both.stripe.shown[first_tab.gateway_reference])
    payment = confirm.ask(first_tab, source="test")
    assert payment.is_paid
    return payment


def tell(client: Client, kind: str, about: dict[str, Any], account: str = "stripe") -> Any:
    message = stripe_side.webhook(stripe_side.event(kind, about))
    url = f"/paytm/webhook/{account}/"
    return client.post(url, message.body, content_type=message.content_type, headers=message.headers)


def test_a_refund_that_names_the_order_of_another_system_is_found_by_its_transaction(
    both: Both, paid: Payment, client: Client
) -> None:
    row = stripe_side.refund("succeeded", None, payment_intent=paid.transaction_id, currency="usd")
    both.stripe.refunds = [{**row, "metadata": {"order_id": "SHOP-1042"}}]
    assert tell(client, "refund.created", both.stripe.refunds[0]).status_code == 200
    assert now(paid).refunded_amount == Decimal("120.00")


def test_the_list_of_refunds_names_our_order_and_not_that_of_another_system(both: Both, paid: Payment) -> None:
    intent = {"id": paid.transaction_id, "metadata": {"order_id": paid.gateway_order_id}}
    row = stripe_side.refund("succeeded", None, payment_intent=intent, metadata={"order_id": "SHOP-1042"})
    gateway = journal.gateway_for(journal.account_of(paid))
    both.mock.replace(responses.GET, f"{stripe_side.HOST}/v1/refunds", json=stripe_side.page_of(row))
    [listed] = gateway.list_refunds(paid.created_at, paid.created_at)
    assert getattr(listed, "order_id", "") == paid.gateway_order_id


def test_a_refund_that_is_said_to_have_failed_and_has_not_stays_made(both: Both, paid: Payment, client: Client) -> None:
    """The message is a hint, even beside a bank's reference: Stripe's own answer decides."""
    both.stripe.takes_refunds()
    refund = refunds.request(paid, Decimal("120.00"), reason="One plant came broken")
    both.stripe.refunded(paid, refund.refund_id, refund.amount, made=True)
    card = {"type": "card", "card": {"reference": "74332746", "reference_type": "acquirer_reference_number"}}
    said = {**both.stripe.refunds[0], "status": "failed", "destination_details": card}
    for _ in range(2):
        assert tell(client, "refund.failed", said).status_code == 200
    refund.refresh_from_db()
    assert (refund.status, refund.arn, now(paid).flags) == ("succeeded", "74332746", "")


def test_a_refund_that_fails_after_it_was_made_is_told_to_a_person(both: Both, paid: Payment, client: Client) -> None:
    """Stripe, Failed refunds: the bank may send the money back weeks later; the customer has nothing then."""
    both.stripe.takes_refunds()
    refund = refunds.request(paid, Decimal("120.00"), reason="One plant came broken")
    both.stripe.refunded(paid, refund.refund_id, refund.amount, made=True)
    assert tell(client, "refund.updated", both.stripe.refunds[0]).status_code == 200
    refund.refresh_from_db()
    assert refund.status == "succeeded"
    both.stripe.refunds[0] |= {"status": "failed", "failure_reason": "lost_or_stolen_card"}
    assert tell(client, "refund.failed", both.stripe.refunds[0]).status_code == 200
    assert now(paid).flags == "refund_mismatch"
    no_drift()


def test_another_account_cannot_speak_of_this_ones_payments(both: Both, paid: Payment, settings: Any) -> None:
    accounts = settings.PAYTM_KIT["ACCOUNTS"]
    other = {**accounts["stripe"], "MERCHANT_ID": "acct_1AnotherMerchant"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {**accounts, "second": other}}
    row = stripe_side.refund("succeeded", None, payment_intent=paid.transaction_id)
    both.stripe.refunds = [row]
    tell(Client(), "refund.created", row, "second")
    tell(Client(), "charge.dispute.created", stripe_side.dispute(payment_intent=paid.transaction_id), "second")
    assert (now(paid).refunds.count(), paid.disputes.count()) == (0, 0)


# -- an older payment that is with the bank


@pytest.fixture
def gateway(db: None, settings: Any) -> Iterator[FakePaytm]:
    with faked() as fake:
        settings.PAYTM_KIT = fake.settings()
        yield fake


def test_nothing_is_taken_while_an_older_payment_of_the_order_is_with_the_bank(
    gateway: FakePaytm, order: Order
) -> None:
    old = begin(opening.open_payment(order).pk, reference="REF-1")
    order.lines.create(name="Cup", unit_price=Decimal("1.00"), quantity=1)
    newer = begin(opening.open_payment(order).pk, reference="REF-2")
    assert newer != old
    gateway.say(old, State.PENDING)
    confirm.ask(old, source="test")
    gateway.say(newer, State.APPROVED)
    assert confirm.ask(newer, source="test").status == "processing"
    assert gateway.asked(newer, "collect") == 0
    gateway.say(old, State.FAILURE)
    confirm.ask(old, source="test")
    assert confirm.ask(newer, source="test").status == "paid"


@pytest.mark.parametrize("intent", ["canceled", "requires_payment_method"])
def test_a_page_that_ends_unpaid_after_an_attempt_was_with_the_bank_frees_the_order(
    both: Both, first_tab: Payment, intent: str
) -> None:
    shown = both.stripe.shown[first_tab.gateway_reference]
    shown |= {"status": "open", "payment_status": "unpaid", "payment_intent": stripe_side.intent("processing")}
    assert opening.in_the_banks_hands(confirm.ask(first_tab, source="test"))
    shown |= {"status": "expired", "payment_intent": stripe_side.intent(intent)}
    assert confirm.ask(first_tab, source="test").status == "processing", "its time is not over by our clock"
    with time_machine.travel(first_tab.created_at + timedelta(hours=1)):
        assert confirm.ask(first_tab, source="test").status == "expired"
    no_drift()


# ---- A person closes a payment whose page is still open ----


def test_closing_by_hand_ends_the_page_at_the_gateway(both: Both, first_tab: Payment) -> None:
    both.lets_expire(first_tab)
    closed = closing.close(first_tab, actor="asha", reason="The shopper rang: paid in cash")
    assert closed.said == "Closed. The order can be paid anew."
    assert (closed.payment.status, both.stripe.shown[first_tab.gateway_reference]["status"]) == ("failed", "expired")
    no_drift()


@pytest.mark.parametrize(("word", "status"), [("paid", "paid"), ("pending", "processing")])
def test_closing_by_hand_a_payment_whose_money_has_just_begun_to_move_closes_nothing(
    both: Both, first_tab: Payment, word: str, status: str
) -> None:
    both.lets_expire(first_tab)
    both.stripe.says(first_tab, word)
    in_dollars(both.stripe.shown[first_tab.gateway_reference])
    with pytest.raises(closing.CannotClose, match="has changed meanwhile"):
        closing.close(first_tab, actor="asha", reason="The shopper rang")
    assert (now(first_tab).status, opening.in_the_way(first_tab.order) is None) == (status, word == "paid")
    no_drift()


def test_a_gateway_that_is_down_keeps_nobody_from_closing(
    both: Both, first_tab: Payment, caplog: pytest.LogCaptureFixture
) -> None:
    both.mock.add(responses.POST, EXPIRE.format(first_tab.gateway_reference), body=requests.ConnectionError("down"))
    closed = closing.close(first_tab, actor="asha", reason="Paid in cash")
    assert closed.payment.status == "failed"
    assert "page at the gateway may still be open" in closed.said
    assert "closing.page_stays" in caplog.text
