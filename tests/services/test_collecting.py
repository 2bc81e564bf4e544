"""Gateways that wait for us to take the money, that can call a page back, and pages that nobody was ever given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit.gateways.base import GatewayError, Redirect, Refused, State, Unreachable
from paytm_kit.ledger import book
from paytm_kit.models import Payment, WireMessage
from paytm_kit.services import confirm, opening
from paytm_kit.testing.fake import FakeGateway, FakePaytm, faked
from tests.begin import begin

pytestmark = pytest.mark.databases


@pytest.fixture
def gateway(db: None, settings: Any) -> Iterator[FakePaytm]:
    with faked() as fake:
        settings.PAYTM_KIT = fake.settings()
        yield fake


@pytest.fixture
def open_one(gateway: FakePaytm, make_order: Callable[..., Order]) -> Callable[..., Payment]:
    def make(order: Order | None = None, **options: Any) -> Payment:
        return begin(opening.open_payment(order or make_order(), **options).pk, reference="REF-1")

    return make


def ask(payment: Payment) -> Payment:
    return confirm.ask(Payment.objects.get(pk=payment.pk), source="test")


# -- collecting what the shopper agreed to


def test_what_the_shopper_agreed_to_is_written_down_and_then_taken(
    gateway: FakePaytm, open_one: Callable[..., Payment]
) -> None:
    payment = open_one()
    gateway.say(payment, State.APPROVED)
    assert ask(payment).status == "paid"
    assert [event.kind for event in payment.events.order_by("pk")] == ["opened", "started", "pending", "captured"]
    assert gateway.asked(payment, "collect") == 1
    assert ask(payment).captured_amount == Decimal("499.00")
    assert gateway.asked(payment, "collect") == 1


def test_when_taking_it_gives_no_answer_the_order_waits_and_the_next_question_takes_it(
    gateway: FakePaytm, open_one: Callable[..., Payment]
) -> None:
    payment = open_one()
    gateway.say(payment, State.APPROVED)
    gateway.fail("collect", Unreachable("slow"))
    with pytest.raises(Unreachable):
        ask(payment)
    payment.refresh_from_db()
    assert (payment.status, opening.in_the_banks_hands(payment)) == ("processing", True)
    assert opening.open_payment(payment.order, amount=1) == payment, "nobody begins a second charge meanwhile"
    gateway.fail("collect", None)
    assert ask(payment).status == "paid"


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"amount": Decimal("1.00")}, "amount_mismatch"),
        ({"currency": "USD"}, "currency_mismatch"),
        ({"merchant_id": "ANOTHER"}, "merchant_mismatch"),
    ],
)
def test_an_agreement_about_other_money_is_flagged_and_not_taken(
    gateway: FakePaytm, open_one: Callable[..., Payment], change: dict[str, Any], flag: str
) -> None:
    payment = open_one()
    gateway.say(payment, State.APPROVED, **change)
    assert (ask(payment).status, ask(payment).flags) == ("processing", flag)
    assert gateway.asked(payment, "collect") == 0


def test_an_old_page_that_is_agreed_to_after_a_newer_payment_took_its_place_is_not_taken(
    gateway: FakePaytm, open_one: Callable[..., Payment]
) -> None:
    old = open_one()
    newer = opening.open_payment(old.order, amount=100)
    assert newer != old
    gateway.say(old, State.APPROVED)
    assert ask(old).status == "processing"
    assert gateway.asked(old, "collect") == 0
    assert not opening.in_the_banks_hands(old), "it does not stand in the newer one's way"
    with time_machine.travel(old.created_at + timedelta(hours=1)):
        assert ask(old).status == "expired"


@pytest.mark.parametrize("ended", ["failed", "paid elsewhere"])
def test_what_is_over_is_not_taken(gateway: FakePaytm, open_one: Callable[..., Payment], ended: str) -> None:
    payment = open_one()
    if ended == "failed":
        gateway.say(payment, State.FAILURE)
        ask(payment)
    else:
        book.supersede(payment.pk, why="test", seen=payment)
        other = open_one(payment.order)
        gateway.say(other, State.SUCCESS)
        assert ask(other).status == "paid"
    gateway.say(payment, State.APPROVED)
    ask(payment)
    assert gateway.asked(payment, "collect") == 0


# -- calling a page back


def test_before_another_payment_takes_its_place_the_old_page_is_called_back(
    gateway: FakePaytm, open_one: Callable[..., Payment]
) -> None:
    old = open_one()
    assert opening.open_payment(old.order, amount=100) != old
    assert gateway.asked(old, "withdraw") == 1


def test_a_page_that_was_paid_in_the_last_moment_is_found_paid(
    gateway: FakePaytm, open_one: Callable[..., Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = open_one()

    def too_late(self: FakeGateway, order_id: str, reference: str = "") -> bool:
        gateway.say(old, State.SUCCESS)
        raise Refused("complete")

    monkeypatch.setattr(FakeGateway, "withdraw", too_late)
    with time_machine.travel(old.created_at + timedelta(minutes=16)), pytest.raises(opening.AlreadyPaid):
        opening.retry(old)
    assert Payment.objects.count() == 1


def test_while_a_page_cannot_be_called_back_no_other_payment_begins(
    gateway: FakePaytm, open_one: Callable[..., Payment]
) -> None:
    old = open_one()
    gateway.fail("withdraw", Unreachable("slow"))
    with pytest.raises(opening.StillAsking):
        opening.open_payment(old.order, amount=100)
    assert Payment.objects.count() == 1


# -- what nobody was ever given


def test_a_payment_whose_page_never_came_makes_way_without_a_question(
    gateway: FakePaytm, make_order: Callable[..., Order], client: Client
) -> None:
    payment = opening.open_payment(make_order())
    gateway.fail("start", Unreachable("down"))
    assert client.get(f"/paytm/pay/{payment.token}/").status_code == 503
    payment.refresh_from_db()
    assert (payment.status, payment.handed_out_at) == ("processing", None)
    gateway.fail("status", Unreachable("down"))
    assert opening.open_payment(payment.order, amount=100) != payment


def test_a_page_that_comes_after_another_payment_took_the_place_is_not_handed_out(
    gateway: FakePaytm, make_order: Callable[..., Order], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = opening.open_payment(make_order())
    real = FakeGateway.start

    def slowly(self: FakeGateway, request: Any) -> Redirect:
        book.supersede(payment.pk, why="meanwhile", seen=payment)
        return real(self, request)

    monkeypatch.setattr(FakeGateway, "start", slowly)
    response = client.get(f"/paytm/pay/{payment.token}/")
    assert (response.status_code, response["Location"]) == (302, payment.get_result_url())
    payment.refresh_from_db()
    assert payment.handed_out_at is None


def test_a_page_that_came_meanwhile_keeps_its_place(gateway: FakePaytm, make_order: Callable[..., Order]) -> None:
    seen = opening.open_payment(make_order())
    begin(seen.pk)
    assert book.supersede(seen.pk, why="decided before it came", seen=seen).open_slot is not None


# -- a gateway whose page is an address


def test_an_address_is_gone_to_and_its_reference_kept(
    gateway: FakePaytm, make_order: Callable[..., Order], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def start(self: FakeGateway, request: Any) -> Redirect:
        asked.append(request)
        return Redirect(url="https://gateway.example/s/1", method="GET", reference="S-1", is_new=not request.reference)

    monkeypatch.setattr(FakeGateway, "start", start)
    payment = opening.open_payment(make_order())
    for _ in range(2):
        response = client.get(f"/paytm/pay/{payment.token}/")
        assert (response.status_code, response["Location"]) == (303, "https://gateway.example/s/1")
    payment.refresh_from_db()
    assert payment.gateway_reference == "S-1"
    assert [request.reference for request in asked] == ["", "S-1"]
    assert asked[0].return_url.endswith(f"/paytm/back/{payment.token}/")


def test_the_shopper_who_comes_back_without_a_message_is_told_what_the_gateway_says(
    gateway: FakePaytm, open_one: Callable[..., Payment], client: Client
) -> None:
    payment = open_one()
    gateway.say(payment, State.SUCCESS)
    response = client.get(f"/paytm/back/{payment.token}/?session=S-1&email=asha@example.com")
    assert (response.status_code, response["Location"]) == (303, payment.get_result_url())
    payment.refresh_from_db()
    assert payment.status == "paid"
    stored = WireMessage.objects.get(channel="return")
    assert (stored.payment, stored.http_status, stored.processed_at is not None) == (payment, 303, True)
    assert "asha@" not in stored.request_body


def test_coming_back_again_and_again_asks_the_gateway_a_few_times_only(
    gateway: FakePaytm, open_one: Callable[..., Payment], client: Client
) -> None:
    payment = open_one()
    for _ in range(9):
        assert client.get(f"/paytm/back/{payment.token}/").status_code == 303
    assert gateway.asked(payment) == 5


@pytest.mark.parametrize("error", [Unreachable("slow"), Refused("no")])
def test_coming_back_while_the_gateway_is_silent_shows_what_is_known(
    gateway: FakePaytm, open_one: Callable[..., Payment], client: Client, error: GatewayError
) -> None:
    payment = open_one()
    gateway.fail("status", error)
    assert client.get(f"/paytm/back/{payment.token}/").status_code == 303
    assert ask_status(payment) == "processing"


def ask_status(payment: Payment) -> str:
    return Payment.objects.get(pk=payment.pk).status


def test_nobody_comes_back_for_a_payment_that_there_is_not(db: None, client: Client) -> None:
    assert client.get("/paytm/back/nothing/").status_code == 404


# -- currencies


def test_an_order_in_another_currency_is_not_opened_with_this_account(
    gateway: FakePaytm, make_order: Callable[..., Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Order, "payment_currency", lambda self: "USD", raising=False)
    with pytest.raises(opening.OtherCurrency, match='is in USD; account "default" collects INR'):
        opening.open_payment(make_order())
    assert Payment.objects.count() == 0
