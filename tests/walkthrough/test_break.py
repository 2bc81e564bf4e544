"""The "break it" buttons: each does what it says over HTTP, the kit holds, and the page tells which check held."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from demo_site.shop.models import Order
from demo_site.walkthrough import attempts
from demo_site.walkthrough.models import Trial
from paytm_kit.models import Announcement, Payment, PaymentEvent, WireMessage
from paytm_kit.testing.simulator import Simulator
from tests.walkthrough.conftest import Newcomer

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]


def truth(payment: Payment) -> list[Any]:
    """All that says something about its money."""
    return [
        Payment.objects.filter(pk=payment.pk).values("status", "flags", "captured_amount", "transaction_id").get(),
        list(PaymentEvent.objects.filter(payment=payment).values_list("pk", "kind")),
        list(Announcement.objects.filter(event__payment=payment).values_list("pk", "state", "attempts")),
        Order.objects.filter(pk=payment.object_id).values("paid_at", "staff_remark").get(),
    ]


HELD = (
    ("amount", "Caught by this check: Signature.", "bad_signature"),
    ("status", "Caught by this check: Signature.", "bad_signature"),
    ("twice", "Caught by this check: No field comes twice.", "malformed"),
    ("unsigned", "Caught by this check: Signature.", "unsigned"),
    ("foreign-key", "Caught by this check: Signature.", "bad_signature"),
    ("replay", "this transaction is in the ledger already", "verified"),
)


@pytest.mark.django_db(transaction=True)
def test_a_paid_payment_stays_as_it_is_whatever_is_sent(newcomer: Newcomer, buys: Callable[..., Payment]) -> None:
    payment = buys()
    before = truth(payment)
    for attempt, check, verdict in HELD:
        newest = WireMessage.objects.latest("pk").pk
        newcomer.presses(payment, attempt)
        came = WireMessage.objects.filter(pk__gt=newest)
        assert {row.verdict for row in came} == {verdict}, attempt
        assert {row.channel for row in came} == {"callback", "webhook"}, attempt
        assert truth(payment) == before, attempt
        assert check in newcomer.tried()
        assert "No row about the money changed." in newcomer.tried()
        assert {item["status"] for item in Trial.objects.latest("pk").sent} <= {200, 303, 400}


@pytest.mark.django_db(transaction=True)
def test_a_declined_payment_does_not_become_paid_by_a_turned_word(
    newcomer: Newcomer, buys: Callable[..., Payment]
) -> None:
    payment = buys(outcome="failure")
    before = truth(payment)
    newcomer.presses(payment, "status")
    assert dict(Trial.objects.get().sent[0]["fields"])["STATUS"] == "TXN_SUCCESS"
    assert truth(payment) == before
    assert payment.status == "failed"


@pytest.mark.django_db(transaction=True)
def test_another_orders_message_pays_nothing(newcomer: Newcomer, buys: Callable[..., Payment]) -> None:
    payment = buys()
    for _ in range(2):
        newcomer.presses(payment, "other-order")
        assert "Caught by this check: Signature." in newcomer.tried()
    victim = Payment.objects.exclude(pk=payment.pk).get()  # the second press takes the same one
    assert (victim.status, victim.captured_amount, victim.order.paid_at) == ("created", 0, None)
    newcomer.open(victim.order.get_absolute_url())
    assert newcomer.response.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_lost_callback_is_found_by_asking(newcomer: Newcomer) -> None:
    payment = newcomer.goes_to_pay()
    newcomer.presses(payment, "lose")
    payment.refresh_from_db()
    assert payment.status == "processing"
    assert "No row about the money changed." in newcomer.tried()
    newcomer.presses(payment, "reconcile")
    payment.refresh_from_db()
    assert payment.status == "paid"
    assert payment.order.paid_at is not None
    assert payment.events.get(kind="captured").source == "reconcile"
    assert "processing → paid" in newcomer.tried()


@pytest.mark.django_db(transaction=True)
def test_pending_is_neither_paid_nor_failed_until_the_bank_has_answered(newcomer: Newcomer) -> None:
    payment = newcomer.goes_to_pay()
    newcomer.presses(payment, "pending")
    payment.refresh_from_db()
    assert payment.status == "processing"
    assert payment.events.filter(kind="pending").exists()
    newcomer.presses(payment, "bank")
    payment.refresh_from_db()
    assert payment.status == "paid"
    assert payment.events.get(kind="captured").source == "webhook"
    assert "advance_seconds" in newcomer.tried()


@pytest.mark.django_db(transaction=True)
def test_a_gateway_without_an_answer_leaves_the_payment_open_until_it_has_one(
    newcomer: Newcomer, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paytm_kit.gateways.http.FIRST_PAUSE", 0.01)  # seconds between questions
    payment = newcomer.goes_to_pay()
    newcomer.presses(payment, "silence")
    payment.refresh_from_db()
    assert payment.status == "processing"
    assert WireMessage.objects.get(channel="callback").processed_at is None
    assert "Caught by this check: An answer that can be trusted." in newcomer.tried()
    assert simulator.ask("GET", "faults")["active"] == []
    newcomer.presses(payment, "reconcile")
    payment.refresh_from_db()
    assert payment.status == "paid"


@pytest.mark.django_db(transaction=True)
def test_one_rupee_pays_for_nothing(newcomer: Newcomer) -> None:
    payment = newcomer.goes_to_pay()
    newcomer.presses(payment, "wrong-amount")
    payment.refresh_from_db()
    assert (payment.is_paid, payment.flags, payment.order.paid_at) == (False, "amount_mismatch", None)
    assert "Caught by this check: The same amount." in newcomer.tried()
    assert "≠ 1.00" in newcomer.step("checks").get_text()


@pytest.mark.django_db(transaction=True)
def test_what_makes_no_sense_now_is_refused_with_a_reason(newcomer: Newcomer, buys: Callable[..., Payment]) -> None:
    payment = buys()
    newcomer.reads(payment)
    for attempt in ("lose", "reconcile", "pending", "bank", "wrong-amount"):
        address = f"/walkthrough/{payment.token}/try/{attempt}/"
        assert not newcomer.page.select(f"form[action='{address}']")
        newcomer.page.select_one("form[action$='/try/replay/']")["action"] = address
        newcomer.send(address)
        assert str(attempts.BY_NAME[attempt].title) in newcomer.notices()
    assert not Trial.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_classic_form_that_was_not_sent_yet_cannot_be_paid(newcomer: Newcomer) -> None:
    payment = newcomer.goes_to_pay(flow="legacy")
    newcomer.presses(payment, "lose")
    assert "The simulator refused" in newcomer.tried()
    assert "No row about the money changed." in newcomer.tried()


@pytest.mark.django_db(transaction=True)
def test_the_same_order_once_more(newcomer: Newcomer, buys: Callable[..., Payment]) -> None:
    payment = buys()
    newcomer.reads(payment)
    newcomer.send(f"/walkthrough/{payment.token}/again/")
    fresh = Order.objects.latest("pk")
    assert newcomer.response.redirect_chain[-1][0] == fresh.get_absolute_url()
    old = payment.order
    assert (fresh.total, fresh.name, fresh.paid_at) == (old.total, old.name, None)
    assert fresh.token != old.token
    assert old.lines.count() == fresh.lines.count() == 1


@pytest.mark.django_db(transaction=True)
def test_buttons_are_posts_with_a_token(newcomer: Newcomer) -> None:
    payment = newcomer.goes_to_pay()
    base = f"/walkthrough/{payment.token}/"
    for path in ("again/", "try/unsigned/"):
        assert newcomer.client.get(base + path).status_code == 405
        assert newcomer.client.post(base + path).status_code == 403
    newcomer.reads(payment)
    newcomer.page.select_one("form[action$='/try/unsigned/']")["action"] = f"{base}try/nonsense/"
    newcomer.send(f"{base}try/nonsense/")
    assert newcomer.response.status_code == 404
    assert not Trial.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_staff_may_try_but_orders_nothing_in_a_shoppers_name(newcomer: Newcomer, simulator: Simulator) -> None:
    newcomer.sign_in("asha")
    payment = newcomer.goes_to_pay()
    staff = Newcomer()
    staff.sign_in("staff")
    staff.presses(payment, "unsigned")
    assert "Caught by this check" in staff.tried()
    assert not staff.page.select("form[action$='/again/']")


@pytest.mark.parametrize(("file", "function"), sorted({place for attempt in attempts.ALL for place in attempt.code}))
def test_the_code_that_is_pointed_to_is_there(file: str, function: str) -> None:
    tree = ast.parse((Path(django_settings.BASE_DIR) / file).read_text())
    assert function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
