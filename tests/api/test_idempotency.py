"""Idempotency-Key: one request, one effect, one answer, whatever is repeated, raced or crashed in between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit.api import idempotency, sealing
from paytm_kit.api.models import RememberedAnswer
from paytm_kit.models import Payment, Refund
from paytm_kit.services import checkout
from tests.api.conftest import INITIATE, Caller, fields, problem, wanted
from tests.ledger.test_races import together
from tests.paytm import Paytm

START = "/theia/api/v1/initiateTransaction"
HOUR = timedelta(hours=1)


def refunds_of(payment: Payment) -> str:
    return f"/api/v1/payments/{payment.gateway_order_id}/refunds"


def test_a_repeat_gets_the_answer_that_there_was(asha: Caller, hers: Order, paytm: Paytm) -> None:
    paytm.will_start()
    first = asha.post(INITIATE, wanted(hers), Idempotency_Key="k1")
    again = asha.post(INITIATE, wanted(hers), Idempotency_Key="k1")
    assert first.content == again.content
    assert (first.status_code, again.status_code) == (200, 200)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert paytm.asked(START) == 1


def test_a_refund_is_repeated_with_status_and_address(staff: Caller, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    sent = {"amount": "100.00", "reason": "broken"}
    first = staff.post(refunds_of(paid), sent, Idempotency_Key="k1")
    again = staff.post(refunds_of(paid), sent, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert first.headers["Location"] == again.headers["Location"]
    assert staff.get(first.headers["Location"]).json()["id"] == first.json()["id"]
    assert Refund.objects.count() == 1
    assert paytm.asked("/refund/apply") == 1


def test_the_same_json_spelt_otherwise_is_the_same_request(asha: Caller, hers: Order, paytm: Paytm) -> None:
    paytm.will_start()
    asha.post(INITIATE, wanted(hers), Idempotency_Key="k1")
    other = f'{{ "amount":"499.00",  "payment_method":"credit_card", "order_id":"{hers.number}" }}'
    assert asha.post(INITIATE, other, Idempotency_Key="k1").headers["Idempotency-Replayed"] == "true"


def test_another_body_under_the_same_key_is_refused(staff: Caller, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    staff.post(refunds_of(paid), {"amount": "100.00", "reason": "broken"}, Idempotency_Key="k1")
    answer = staff.post(refunds_of(paid), {"amount": "200.00", "reason": "broken"}, Idempotency_Key="k1")
    assert fields(answer, 422, "idempotency_key_reused") == {"Idempotency-Key": "reused"}
    assert Refund.objects.count() == 1


def test_another_address_under_the_same_key_is_refused(
    staff: Caller, paid: Payment, start: Callable[..., Payment], paytm: Paytm
) -> None:
    paytm.will_refund()
    sent = {"amount": "100.00", "reason": "broken"}
    staff.post(refunds_of(paid), sent, Idempotency_Key="k1")
    problem(staff.post(refunds_of(start()), sent, Idempotency_Key="k1"), 422, "idempotency_key_reused")


def test_each_caller_has_keys_of_their_own(
    make_caller: Callable[..., Caller], asha: Caller, order: Order, paytm: Paytm
) -> None:
    """A stranger who guesses a key learns nothing of its answer."""
    paytm.will_start()
    first, other = make_caller("one", "view_order"), make_caller("two", "view_order")
    first.post(INITIATE, wanted(order), Idempotency_Key="order-1")
    assert "Idempotency-Replayed" not in other.post(INITIATE, wanted(order), Idempotency_Key="order-1").headers
    problem(asha.post(INITIATE, wanted(order), Idempotency_Key="order-1"), 404, "not_found")


@pytest.mark.parametrize("key", ["", "x" * 201, "two words", "é", "tab\t"])
def test_a_key_that_cannot_be_one_is_named(asha: Caller, hers: Order, key: str) -> None:
    assert fields(asha.post(INITIATE, wanted(hers), Idempotency_Key=key)) == {"Idempotency-Key": "invalid"}


def test_a_refund_needs_a_key(staff: Caller, paid: Payment) -> None:
    answer = staff.post(refunds_of(paid), {"amount": "1.00", "reason": "x"})
    assert fields(answer) == {"Idempotency-Key": "required"}
    assert not Refund.objects.exists()


def test_a_refusal_is_not_remembered(asha: Caller, hers: Order, paytm: Paytm) -> None:
    """It changed nothing: the caller mends the request and may keep the key."""
    paytm.will_start()
    problem(asha.post(INITIATE, wanted(hers, amount="1.00"), Idempotency_Key="k1"), 400, "amount_mismatch")
    assert not RememberedAnswer.objects.exists()
    assert asha.post(INITIATE, wanted(hers), Idempotency_Key="k1").status_code == 200


def test_while_it_is_in_hand_a_repeat_is_told_to_wait(asha: Caller, hers: Order, paytm: Paytm) -> None:
    paytm.will_start()
    asha.post(INITIATE, wanted(hers), Idempotency_Key="k1")
    RememberedAnswer.objects.update(status=None, sealed=None)
    answer = asha.post(INITIATE, wanted(hers), Idempotency_Key="k1")
    problem(answer, 409, "idempotency_in_flight")
    assert int(answer.headers["Retry-After"]) > 0


def test_what_a_dead_process_had_in_hand_is_taken_over_after_its_lease(asha: Caller, hers: Order, paytm: Paytm) -> None:
    paytm.will_start()
    asha.post(INITIATE, wanted(hers), Idempotency_Key="k1")
    RememberedAnswer.objects.update(status=None, sealed=None)
    with time_machine.travel(timezone.now() + idempotency.LEASE + timedelta(seconds=1)):
        answer = asha.post(INITIATE, wanted(hers), Idempotency_Key="k1")
        assert answer.status_code == 200
        assert asha.post(INITIATE, wanted(hers), Idempotency_Key="k1").headers["Idempotency-Replayed"] == "true"


def test_a_process_that_dies_after_the_refund_was_written_makes_no_second_one(
    staff: Caller, paid: Payment, paytm: Paytm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row was marked in the refund's own transaction: the next try answers with that refund."""
    paytm.will_refund()
    sent = {"amount": "100.00", "reason": "broken"}
    with monkeypatch.context() as dying:
        dying.setattr(idempotency, "_keep", lambda *_: None)  # the answer is never stored
        first = staff.post(refunds_of(paid), sent, Idempotency_Key="k1")
    assert RememberedAnswer.objects.get().made == str(Refund.objects.get().pk)
    problem(staff.post(refunds_of(paid), sent, Idempotency_Key="k1"), 409, "idempotency_in_flight")
    with time_machine.travel(timezone.now() + idempotency.LEASE + timedelta(seconds=1)):
        again = staff.post(refunds_of(paid), sent, Idempotency_Key="k1")
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert Refund.objects.count() == 1
    assert paytm.asked("/refund/apply") == 1


def test_an_error_after_the_refund_was_written_lets_a_repeat_find_it_at_once(
    staff: Caller, paid: Payment, paytm: Paytm, monkeypatch: pytest.MonkeyPatch
) -> None:
    paytm.will_refund()
    sent = {"amount": "100.00", "reason": "broken"}
    with monkeypatch.context() as broken:
        broken.setattr("paytm_kit.api.views.refunds._made", lambda *_: 1 / 0)
        problem(staff.post(refunds_of(paid), sent, Idempotency_Key="k1"), 500, "server_error")
    again = staff.post(refunds_of(paid), sent, Idempotency_Key="k1")
    assert (again.status_code, again.json()["id"]) == (201, Refund.objects.get().refund_id)
    assert paytm.asked("/refund/apply") == 1


def test_whoever_lost_the_lease_makes_nothing(staff: Caller, paid: Payment, paytm: Paytm) -> None:
    """A slow process, whose work another took over, finds out in the transaction of its refund, and undoes it."""
    paytm.will_refund()
    taken = idempotency.Claim.made

    def robbed(claim: idempotency.Claim, what: str) -> None:
        RememberedAnswer.objects.update(owner="somebody else")
        taken(claim, what)

    with pytest.MonkeyPatch.context() as slow:
        slow.setattr(idempotency.Claim, "made", robbed)
        answer = staff.post(refunds_of(paid), {"amount": "100.00", "reason": "x"}, Idempotency_Key="k1")
    problem(answer, 409, "idempotency_in_flight")
    assert not Refund.objects.exists()
    assert paytm.asked("/refund/apply") == 0


def test_a_key_is_forgotten_after_its_time(staff: Caller, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    staff.post(refunds_of(paid), {"amount": "100.00", "reason": "x"}, Idempotency_Key="k1")
    with time_machine.travel(timezone.now() + 24 * HOUR + timedelta(seconds=1)):
        answer = staff.post(refunds_of(paid), {"amount": "50.00", "reason": "x"}, Idempotency_Key="k1")
    assert "Idempotency-Replayed" not in answer.headers
    assert answer.json()["amount"] == "50.00"
    assert RememberedAnswer.objects.count() == 1


def test_the_purge_removes_what_is_forgotten_and_nothing_else(
    asha: Caller, hers: Order, paytm: Paytm, capsys: pytest.CaptureFixture[str]
) -> None:
    paytm.will_start()
    asha.post(INITIATE, wanted(hers), Idempotency_Key="k1")
    asha.post(INITIATE, wanted(hers), Idempotency_Key="k2")
    RememberedAnswer.objects.filter(pk=RememberedAnswer.objects.order_by("pk")[0].pk).update(
        expires_at=timezone.now() - HOUR
    )
    call_command("paytm_api_purge")
    assert "1 removed" in capsys.readouterr().out
    assert RememberedAnswer.objects.count() == 1


def test_nothing_readable_is_stored(asha: Caller, hers: Order, paytm: Paytm) -> None:
    """Neither key nor body nor the gateway's token: the answer is sealed with the key, which is kept nowhere."""
    token = "canarytoken" + "0" * 40
    paytm.will_start(token=token)
    asha.post(INITIATE, wanted(hers), Idempotency_Key="secret-key-1")
    row = RememberedAnswer.objects.get()
    stored = " ".join(str(getattr(row, field.attname)) for field in row._meta.fields) + repr(bytes(row.sealed or b""))
    for secret in (token, "secret-key-1", hers.number, "credit_card"):
        assert secret not in stored


def test_a_new_secret_key_still_finds_what_the_old_one_sealed(
    asha: Caller, hers: Order, paytm: Paytm, settings: Any
) -> None:
    paytm.will_start()
    first = asha.post(INITIATE, wanted(hers), Idempotency_Key="k1")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "newer", [settings.SECRET_KEY]
    again = asha.post(INITIATE, wanted(hers), Idempotency_Key="k1")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.content == first.content
    problem(asha.post(INITIATE, wanted(hers, amount=1), Idempotency_Key="k1"), 422, "idempotency_key_reused")
    assert asha.get(f"/api/v1/payments/{first.json()['payment_id']}").json()["order_id"] == hers.number


@pytest.mark.parametrize("change", [0, 13, -1])
def test_a_sealed_answer_that_was_changed_is_not_believed(change: int) -> None:
    sealed = bytearray(sealing.seal("text", "key"))
    assert sealing.unseal(bytes(sealed), "key") == "text"
    sealed[change] ^= 1
    with pytest.raises(ValueError, match="No secret opens it"):
        sealing.unseal(bytes(sealed), "key")
    with pytest.raises(ValueError, match="No secret opens it"):
        sealing.unseal(sealing.seal("text", "key"), "other key")


# ---- Races


@pytest.mark.databases
def test_of_two_at_once_one_works_and_one_waits(staff: Caller, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    sent = {"amount": "100.00", "reason": "broken"}
    answers: list[Any] = together(*[lambda: staff.post(refunds_of(paid), sent, Idempotency_Key="k1") for _ in range(4)])
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert [answer.status_code for answer in answers].count(201) >= 1
    assert Refund.objects.count() == 1
    assert Refund.objects.get().amount == Decimal("100.00")
    assert paytm.asked("/refund/apply") == 1
    assert staff.post(refunds_of(paid), sent, Idempotency_Key="k1").headers["Idempotency-Replayed"] == "true"


@pytest.mark.databases
def test_while_one_waits_for_the_gateway_the_same_request_is_in_flight(
    asha: Caller, hers: Order, paytm: Paytm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two connections: the row of the first is seen by the second before the first has an answer."""
    paytm.will_start()
    waiting, go_on = threading.Event(), threading.Event()
    prepare = checkout.prepare

    def slow(*args: Any, **kwargs: Any) -> checkout.Step:
        waiting.set()
        assert go_on.wait(timeout=20)
        return prepare(*args, **kwargs)

    def second() -> Any:
        assert waiting.wait(timeout=20)
        try:
            return asha.post(INITIATE, wanted(hers), Idempotency_Key="k1")
        finally:
            go_on.set()

    monkeypatch.setattr(checkout, "prepare", slow)
    answers: list[Any] = together(lambda: asha.post(INITIATE, wanted(hers), Idempotency_Key="k1"), second)
    assert [answer.status_code for answer in answers] == [200, 409]
    again = asha.post(INITIATE, wanted(hers), Idempotency_Key="k1")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.content == answers[0].content


@pytest.mark.databases
def test_two_that_take_over_at_once_do_it_once(staff: Caller, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    sent = {"amount": "100.00", "reason": "broken"}
    staff.post(refunds_of(paid), sent, Idempotency_Key="k0")
    row = RememberedAnswer.objects.get()
    RememberedAnswer.objects.update(status=None, sealed=None, lease_until=timezone.now() - HOUR)
    answers: list[Any] = together(*[lambda: staff.post(refunds_of(paid), sent, Idempotency_Key="k0") for _ in range(3)])
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json()["id"] for answer in answers if answer.status_code == 201} == {Refund.objects.get().refund_id}
    assert row.pk == RememberedAnswer.objects.get().pk


@pytest.mark.databases
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_ten_initiates_at_once_open_one_payment(asha: Caller, hers: Order, paytm: Paytm) -> None:
    paytm.will_start()
    jobs = [lambda n=n: asha.post(INITIATE, wanted(hers), Idempotency_Key=f"k{n}") for n in range(10)]
    answers: list[Any] = together(*jobs)
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert len({answer.json()["payment_id"] for answer in answers if answer.status_code == 200}) == 1
    assert Payment.objects.count() == 1
