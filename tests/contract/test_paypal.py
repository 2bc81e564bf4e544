"""The same order, ledger and pages over PayPal: the shopper agrees there, and only our capture moves money."""

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
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit import refunds
from paytm_kit.gateways.base import InboundMessage, Unreachable, Verdict
from paytm_kit.ledger import book
from paytm_kit.models import Payment, Refund, WireMessage
from paytm_kit.services import confirm, journal, opening, replay
from paytm_kit.services import refunds as refunding
from tests.contract.paypal_wire import CERTIFICATE, ORDERS, PayPalWire
from tests.gateways.paypal import wire

pytestmark = pytest.mark.databases

WEBHOOK = "/paytm/webhook/pal/"


@pytest.fixture
def paypal(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[PayPalWire]:
    """A second account beside Paytm's, in dollars."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(Order, "payment_currency", lambda self: "USD", raising=False)
    journal.gateway_for.cache_clear()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        accounts = {**settings.PAYTM_KIT["ACCOUNTS"], "pal": PayPalWire.settings}
        settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": accounts}
        yield PayPalWire(mock)


@pytest.fixture
def begin(make_order: Callable[..., Order], paypal: PayPalWire, client: Client) -> Callable[..., Payment]:
    """An order of $499.00 whose shopper has PayPal's page before them."""

    def make(order: Order | None = None) -> Payment:
        payment = opening.open_payment(order or make_order(), account="pal")
        client.get(f"/paytm/pay/{payment.token}/")
        payment.refresh_from_db()
        return payment

    return make


@pytest.fixture
def begun(begin: Callable[..., Payment]) -> Payment:
    return begin()


@pytest.fixture
def paid(begun: Payment, paypal: PayPalWire) -> Payment:
    paypal.says(begun, "paid")
    return confirm.ask(begun, source="test")


def now(payment: Payment) -> Payment:
    payment.refresh_from_db()
    return payment


def kinds(payment: Payment) -> list[str]:
    return list(payment.events.order_by("pk").values_list("kind", flat=True))


def sent(client: Client, kind: str, resource: dict[str, Any]) -> Any:
    message = wire.notice(wire.event(kind, resource), url=CERTIFICATE)
    return client.post(WEBHOOK, message.body, content_type=message.content_type, headers=message.headers)


def approved(client: Client, payment: Payment) -> Any:
    order = wire.order("APPROVED", id=payment.gateway_reference, custom_id=payment.gateway_order_id)
    return sent(client, "CHECKOUT.ORDER.APPROVED", order)


# -- the money is taken once, by us


def test_the_shopper_agrees_comes_back_and_has_paid(begun: Payment, paypal: PayPalWire, client: Client) -> None:
    paypal.says(begun, "approved")
    response = client.get(f"/paytm/back/{begun.token}/?token={begun.gateway_reference}&PayerID=QYR5Z8XDVJNXQ")
    assert (response.status_code, response["Location"]) == (303, begun.get_result_url())
    assert (now(begun).status, begun.captured_amount, begun.currency) == ("paid", Decimal("499.00"), "USD")
    assert kinds(begun) == ["opened", "started", "pending", "captured"]
    assert begun.transaction_id == paypal.capture_id(begun)


def test_a_shopper_who_cancels_may_try_again_with_the_same_order(
    begun: Payment, paypal: PayPalWire, client: Client
) -> None:
    client.get(f"/paytm/back/{begun.token}/?token={begun.gateway_reference}")
    assert now(begun).status == "processing"
    first = client.get(f"/paytm/pay/{begun.token}/")["Location"]
    assert first.endswith(begun.gateway_reference)
    assert len(paypal.shown) == 1


def test_the_notice_of_an_approval_is_enough_when_the_shopper_never_comes_back(
    begun: Payment, paypal: PayPalWire, client: Client
) -> None:
    paypal.says(begun, "approved")
    assert approved(client, begun).status_code == 200
    assert now(begun).status == "paid"


def test_a_crash_between_approval_and_capture_is_made_up_for(
    begun: Payment, paypal: PayPalWire, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCut(BaseException):
        pass

    def die(*_: Any) -> None:
        raise PowerCut

    paypal.says(begun, "approved")
    with monkeypatch.context() as broken, pytest.raises(PowerCut):
        broken.setattr(PayPalWire, "_taken", die)
        confirm.ask(begun, source="test")
    assert (now(begun).status, opening.in_the_banks_hands(begun)) == ("processing", True)
    assert client.get(f"/paytm/pay/{begun.token}/")["Location"] == begun.get_result_url(), "nobody pays twice meanwhile"
    with time_machine.travel(begun.started_at + timedelta(minutes=16)):
        call_command("paytm_reconcile", verbosity=0)
    assert now(begun).status == "paid"
    assert paypal.captured == [f"{begun.gateway_order_id}-capture"]


def test_an_answer_to_the_capture_that_is_lost_is_found_again(
    begun: Payment, paypal: PayPalWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = PayPalWire._taken

    def lost(self: PayPalWire, *how: str) -> Any:
        taken(self, *how)
        raise requests.ReadTimeout("slow")

    paypal.says(begun, "approved")
    with monkeypatch.context() as broken, pytest.raises(Unreachable):
        broken.setattr(PayPalWire, "_taken", lost)
        confirm.ask(begun, source="test")
    assert now(begun).status == "processing"
    assert confirm.ask(begun, source="test").status == "paid"
    assert len(paypal.captured) == 1


def test_return_webhook_and_reconcile_at_once_capture_once(begun: Payment, paypal: PayPalWire, client: Client) -> None:
    """Each sees "approved" before any has captured; PayPal takes the first, and knows the repeats by their name."""
    paypal.says(begun, "approved")
    together, asked = threading.Barrier(3, timeout=30), []

    def meet(request: requests.PreparedRequest) -> Any:
        answer = paypal._order(request)
        asked.append(json.loads(answer[2])["status"])
        together.wait()
        return answer

    paypal.mock.remove(responses.GET, ORDERS)
    paypal.mock.add_callback(responses.GET, ORDERS, callback=meet)
    failed: list[BaseException] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    acts: list[Callable[[], object]] = [
        lambda: Client().get(f"/paytm/back/{begun.token}/"),
        lambda: approved(Client(), begun),
        lambda: confirm.ask(Payment.objects.get(pk=begun.pk), source="reconcile"),
    ]
    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not failed
    assert asked == ["APPROVED"] * 3
    assert (now(begun).status, kinds(begun).count("captured"), begun.flags) == ("paid", 1, "")
    assert paypal.captured == [f"{begun.gateway_order_id}-capture"]


def test_an_old_payment_that_is_approved_later_is_never_captured(
    begin: Callable[..., Payment], paypal: PayPalWire, client: Client
) -> None:
    old = begin()
    newer = opening.open_payment(old.order, amount=100, account="pal")
    assert newer != old
    paypal.says(old, "approved")
    assert approved(client, old).status_code == 200
    client.get(f"/paytm/back/{old.token}/")
    assert (now(old).status, paypal.captured) == ("processing", [])
    with time_machine.travel(old.created_at + timedelta(hours=2)):
        assert confirm.ask(old, source="test").status == "expired"
    assert paypal.captured == []


def test_an_approval_in_the_last_moment_keeps_its_place(
    begun: Payment, paypal: PayPalWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the last look and the freeing of the place, whoever heard of the approval has begun to collect."""
    supersede = book.supersede

    def at_last(payment_id: int, **how: Any) -> Payment:
        with pytest.raises(Unreachable):
            confirm.ask(Payment.objects.get(pk=payment_id), source="webhook")
        return supersede(payment_id, **how)

    def slow(self: PayPalWire, *_: str) -> Any:
        raise requests.ReadTimeout("slow")

    def approved_meanwhile(payment: Payment, source: str) -> tuple[Payment, bool]:
        paypal.says(payment, "approved")
        return payment, True

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(PayPalWire, "_taken", slow)
        meanwhile.setattr(book, "supersede", at_last)
        meanwhile.setattr(confirm, "withdraw", approved_meanwhile)
        assert opening.open_payment(begun.order, amount=100, account="pal") == begun
    assert (confirm.ask(begun, source="test").status, Payment.objects.count()) == ("paid", 1)


def test_a_declined_card_fails_the_payment_and_a_new_one_may_begin(
    begun: Payment, paypal: PayPalWire, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def declined(self: PayPalWire, *_: str) -> Any:
        return 422, {}, json.dumps(wire.error("INSTRUMENT_DECLINED"))

    paypal.says(begun, "approved")
    with monkeypatch.context() as patched:
        patched.setattr(PayPalWire, "_taken", declined)
        assert confirm.ask(begun, source="test").status == "failed"
    again = opening.retry(begun)
    assert again != begun
    assert confirm.ask(now(begun), source="test").status == "failed", "approved again: nobody takes it"
    assert paypal.captured == []


def test_an_approval_for_another_amount_is_not_captured(begun: Payment, paypal: PayPalWire) -> None:
    paypal.says(begun, "approved", amount="1.00")
    assert confirm.ask(begun, source="test").flags == "amount_mismatch"
    assert paypal.captured == []


def test_pressing_pay_again_after_the_approval_takes_the_money_instead_of_asking_twice(
    begun: Payment, paypal: PayPalWire, client: Client
) -> None:
    paypal.says(begun, "approved")
    response = client.get(f"/paytm/pay/{begun.token}/")
    assert response["Location"] == begun.get_result_url()
    assert (now(begun).status, Payment.objects.count()) == ("paid", 1)


def test_an_order_that_paypal_has_forgotten_makes_way_for_a_new_one(
    begun: Payment, paypal: PayPalWire, client: Client
) -> None:
    reference = begun.gateway_reference
    paypal.shown[reference] = wire.error("INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND")
    response = client.get(f"/paytm/pay/{begun.token}/")
    assert response.status_code == 303
    assert not response["Location"].endswith(reference)
    assert Payment.objects.count() == 2


def test_an_order_in_rupees_is_not_offered_to_paypal(
    begin: Callable[..., Payment], paypal: PayPalWire, make_order: Callable[..., Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Order, "payment_currency", lambda self: "INR")
    with pytest.raises(opening.OtherCurrency, match="USD"):
        opening.open_payment(make_order(), account="pal")


# -- webhooks that cannot be checked now


def test_a_webhook_whose_certificate_is_out_of_reach_is_to_come_again(
    begun: Payment, paypal: PayPalWire, client: Client
) -> None:
    paypal.says(begun, "paid")
    paypal.paypal.serves(requests.ConnectionError("down"), CERTIFICATE)
    assert approved(client, begun).status_code == 503
    kept = WireMessage.objects.get(direction="in")
    assert (kept.verdict, kept.http_status, kept.payment) == (Verdict.UNCHECKED.value, 503, begun)
    assert (now(begun).status, replay.unprocessed().count()) == ("processing", 0)
    assert not WireMessage.objects.filter(channel="status").exists(), "it proves nothing: nobody is asked"
    paypal.paypal.serves(wire.authority.self_signed(), CERTIFICATE)
    assert approved(client, begun).status_code == 200
    assert now(begun).status == "paid"


def test_a_webhook_of_another_app_is_refused(begun: Payment, paypal: PayPalWire, client: Client) -> None:
    message = wire.notice(wire.event("PAYMENT.CAPTURE.COMPLETED", wire.capture()), url=CERTIFICATE, webhook_id="5WHX")
    response = client.post(WEBHOOK, message.body, content_type=message.content_type, headers=message.headers)
    assert response.status_code == 400
    assert now(begun).status == "processing"


def test_a_webhook_that_was_left_over_is_taken_up_from_what_was_stored(
    begun: Payment, paypal: PayPalWire, client: Client
) -> None:
    paypal.is_silent()
    assert approved(client, begun).status_code == 503
    kept = WireMessage.objects.get(direction="in")
    paypal.says(begun, "approved")
    assert replay.replay(kept) == begun
    assert now(begun).status == "paid"


# -- refunds and disputes that begin at PayPal


@pytest.mark.parametrize("name", [None, "another-system-7"])
def test_a_refund_that_was_made_elsewhere_is_found_by_its_capture_and_recorded(
    paid: Payment, paypal: PayPalWire, client: Client, name: str | None
) -> None:
    capture = paypal.capture_id(paid)
    links = [wire.link(f"/v2/payments/captures/{capture}", "up")]
    theirs = wire.refund(invoice_id=None, custom_id=name, links=links)
    paypal.gives_back(paid, theirs)
    assert sent(client, "PAYMENT.CAPTURE.REFUNDED", theirs).status_code == 200
    refund = Refund.objects.get()
    assert (refund.external, refund.refund_id, refund.amount) == (True, wire.THEIR_REFUND, Decimal("120.00"))
    assert (refund.status, now(paid).refunded_amount) == ("succeeded", Decimal("120.00"))
    assert sent(client, "PAYMENT.CAPTURE.REFUNDED", theirs).status_code == 200
    assert Refund.objects.count() == 1


def test_such_a_refund_is_taken_up_once_paypal_answers(paid: Payment, paypal: PayPalWire, client: Client) -> None:
    links = [wire.link(f"/v2/payments/captures/{paypal.capture_id(paid)}", "up")]
    theirs = wire.refund(invoice_id=None, custom_id="another-system-7", links=links)
    assert sent(client, "PAYMENT.CAPTURE.REFUNDED", theirs).status_code == 503, "its order does not show it yet"
    paypal.gives_back(paid, theirs)
    kept = WireMessage.objects.filter(channel="webhook").latest("pk")
    assert replay.replay(kept) == paid
    assert Refund.objects.get().external


def test_the_notice_of_our_own_refund_is_no_second_one(paid: Payment, paypal: PayPalWire, client: Client) -> None:
    paypal.takes_refunds()
    refund = refunds.request(paid, Decimal("120.00"), reason="One plant came broken")
    paypal.refunded(paid, refund.refund_id, Decimal("120.00"), made=True)
    ours = wire.refund(invoice_id=refund.refund_id, custom_id=paid.gateway_order_id)
    assert sent(client, "PAYMENT.CAPTURE.REFUNDED", ours).status_code == 200
    assert list(Refund.objects.values_list("status", flat=True)) == ["succeeded"]


def test_a_refund_whose_answer_was_lost_is_found_and_not_made_twice(paid: Payment, paypal: PayPalWire) -> None:
    url = f"{wire.HOST}/v2/payments/captures/{paid.transaction_id}/refund"
    paypal.mock.add(responses.POST, url, body=requests.ReadTimeout("slow"))
    refund = refunds.request(paid, Decimal("120.00"), reason="One plant came broken")
    assert refund.status == "requested"
    paypal.refunded(paid, refund.refund_id, Decimal("120.00"), made=True)
    assert refunding.follow(refund, source="test").status == "succeeded"
    assert len(paypal.paypal.asked("/refund")) == 1


def test_a_refund_that_paypal_never_heard_of_is_sent_again_under_the_same_name(
    paid: Payment, paypal: PayPalWire
) -> None:
    url = f"{wire.HOST}/v2/payments/captures/{paid.transaction_id}/refund"
    paypal.mock.add(responses.POST, url, body=requests.ReadTimeout("slow"))
    refund = refunds.request(paid, Decimal("120.00"), reason="One plant came broken")
    paypal.mock.remove(responses.POST, url)
    paypal.takes_refunds()
    with time_machine.travel(refund.sent_at + timedelta(minutes=20)):
        assert refunding.follow(refund, source="test").status == "pending"
    first, second = paypal.paypal.asked("/refund")
    assert first.headers["PayPal-Request-Id"] == second.headers["PayPal-Request-Id"] == refund.refund_id
    assert first.body == second.body


def test_a_dispute_stops_refunds_and_its_loss_takes_from_what_is_left(
    paid: Payment, paypal: PayPalWire, client: Client
) -> None:
    about = [{"seller_transaction_id": paypal.capture_id(paid), "custom": paid.gateway_order_id}]
    opened = wire.dispute(disputed_transactions=about)
    assert sent(client, "CUSTOMER.DISPUTE.CREATED", opened).status_code == 200
    with pytest.raises(refunds.NotRefundable, match="disputed"):
        refunds.request(paid, Decimal("1.00"), reason="No")
    lost = wire.dispute("RESOLVED", "RESOLVED_BUYER_FAVOUR", disputed_transactions=about)
    assert sent(client, "CUSTOMER.DISPUTE.RESOLVED", lost).status_code == 200
    assert refunds.left(now(paid)) == {paid.transaction_id: Decimal("403.00")}


# -- what is kept, and what the doctor says


def test_nobody_stands_in_what_is_kept(begun: Payment, paypal: PayPalWire, client: Client) -> None:
    paypal.says(begun, "approved")
    approved(client, begun)
    sent(client, "CUSTOMER.DISPUTE.CREATED", wire.dispute())
    kept = "".join(f"{row.request_body}{row.response_body}{row.url}{row.detail}" for row in WireMessage.objects.all())
    assert {"token", "start", "status", "collect", "certificate"} <= set(
        WireMessage.objects.values_list("channel", flat=True)
    )
    for secret in (*PayPalWire.secrets, "Asha", "QYR5Z8XDVJNXQ", "shop@example.com", "asha@example.com", begun.token):
        assert secret not in kept, secret


def test_an_account_without_a_webhook_is_warned_about(paypal: PayPalWire, settings: Any) -> None:
    lacking = {**PayPalWire.settings, "WEBHOOK_ID": ""}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {**settings.PAYTM_KIT["ACCOUNTS"], "pal": lacking}}
    assert "paytm_kit.W054" in {message.id for message in run_checks(tags=["paytm_kit"])}


def test_garbage_at_its_addresses_is_refused_calmly(begun: Payment, paypal: PayPalWire, client: Client) -> None:
    for body in (b"", b"{", b"[]", b'{"event_type": 1, "resource": {}}', b"\x00", b'{"a": 1, "a": 2}'):
        message = InboundMessage(body, "application/json")
        assert client.post(WEBHOOK, message.body, content_type=message.content_type).status_code == 400
    assert client.get(WEBHOOK).status_code == 405
    assert book.asked(begun.pk).status == "processing"
