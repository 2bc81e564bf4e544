"""Nobody is invited to pay twice: before a payment makes way for another, the gateway is asked what became of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit.checkout import AlreadyPaid, open_payment, redirect
from paytm_kit.gateways.base import State
from paytm_kit.ledger import book
from paytm_kit.models import Announcement, Flag, Payment
from paytm_kit.services import announce, confirm, reconcile
from tests.begin import begin
from tests.ledger.test_book import success
from tests.paytm import Paytm, callback_fields, post_webhook

pytestmark = pytest.mark.databases
INITIATE = "/theia/api/v1/initiateTransaction"
REFUSAL = '{{"head":{{}},"body":{{"resultInfo":{{"resultStatus":"F","resultCode":"{}","resultMsg":"no"}}}}}}'


@pytest.fixture
def visit(rf: RequestFactory) -> HttpRequest:
    return rf.get("/", HTTP_HOST="testserver")


def failed(payment: Payment) -> Payment:
    outcome = success(payment, state=State.FAILURE, code="227")
    return book.apply(payment.pk, outcome, source="test").payment


def test_a_conflict_about_a_payment_that_was_paid_unseen_makes_no_second_one(
    payment: Payment, paytm: Paytm, visit: HttpRequest
) -> None:
    paytm.will_answer(REFUSAL.format("2023"), path=INITIATE)
    paytm.will_say(payment=payment)
    response = redirect(visit, payment)
    assert (response.status_code, response["Location"]) == (302, payment.get_result_url())
    assert Payment.objects.get().status == "paid"


def test_another_way_to_pay_is_offered_only_after_the_first_is_known_to_be_unpaid(
    payment: Payment, paytm: Paytm, visit: HttpRequest
) -> None:
    paytm.will_say(payment=payment)
    response = redirect(visit, payment, flow="legacy")
    assert response.status_code == 302
    assert Payment.objects.get().status == "paid"


def test_an_order_that_grew_asks_about_its_old_payment_first(
    order: Order, start: Callable[..., Payment], paytm: Paytm
) -> None:
    old = start(order)
    order.lines.create(name="Cup", unit_price=Decimal("120.00"), quantity=1)
    paytm.will_say(payment=old)
    assert open_payment(order).amount == Decimal("120.00")


def test_while_a_superseded_payment_is_with_the_bank_its_successor_is_not_payable(
    order: Order, start: Callable[..., Payment], paytm: Paytm, visit: HttpRequest
) -> None:
    old = start(order)
    book.supersede(old.pk, why="test", seen=old)
    new = start(order)
    paytm.will_say("PENDING", payment=old)
    confirm.ask(old, source="test")
    assert redirect(visit, new)["Location"] == old.get_result_url()
    assert open_payment(order) == old


def test_an_old_link_to_a_superseded_payment_leads_to_the_paid_one(
    order: Order, start: Callable[..., Payment], client: Client
) -> None:
    old = start(order)
    book.supersede(old.pk, why="test", seen=old)
    new = start(order)
    book.apply(new.pk, success(new), source="test")
    assert client.get(f"/paytm/pay/{old.token}/")["Location"] == new.get_result_url()


def test_a_payment_keeps_the_way_that_it_began_with(order: Order, paytm: Paytm, visit: HttpRequest) -> None:
    payment = open_payment(order)
    redirect(visit, payment, flow="legacy")
    page = Client().get(f"/paytm/pay/{payment.token}/").content.decode()
    assert "/order/process" in page
    assert order.payments.count() == 1
    assert len(paytm.wire.calls) == 0


def test_try_again_collects_the_part_that_the_shop_had_named(order: Order, paytm: Paytm) -> None:
    part = open_payment(order, amount="100.00")
    begin(part.pk)
    failed(part)
    Client().post(f"/paytm/pay/{part.token}/")
    assert order.payments.first().amount == Decimal("100.00")


def test_naming_the_amount_of_a_paid_order_collects_nothing(order: Order, start: Callable[..., Payment]) -> None:
    payment = start(order)
    book.apply(payment.pk, success(payment), source="test")
    with pytest.raises(AlreadyPaid):
        open_payment(order, amount="499.00")


def test_an_unsaved_order_cannot_be_collected_for(db: None) -> None:
    with pytest.raises(ValueError, match="Save the order"):
        open_payment(Order(name="nobody"))
    assert list(Order().payments) == []


@pytest.mark.parametrize("answer", ["TXN_FAILURE", "NO_RECORD_FOUND"])
def test_a_signed_success_that_the_gateway_does_not_confirm_closes_nothing(
    payment: Payment, paytm: Paytm, client: Client, answer: str
) -> None:
    paytm.will_say(answer, payment=payment)
    with time_machine.travel(timezone.now() + timedelta(minutes=25)):
        assert post_webhook(client, callback_fields(payment)).status_code == 200
        payment.refresh_from_db()
        assert (payment.status, payment.flag_list) == ("processing", [Flag.NOTICE_MISMATCH])
        assert payment.next_ask_at < timezone.now() + timedelta(minutes=2)
        paytm.will_say(payment=payment)
        confirm.ask(payment, source="reconcile")
    payment.refresh_from_db()
    assert payment.status == "paid"


def test_what_the_bank_had_in_hand_does_not_expire(payment: Payment, paytm: Paytm) -> None:
    paytm.will_say("PENDING", payment=payment)
    confirm.ask(payment, source="test")
    paytm.will_say("NO_RECORD_FOUND", payment=payment)
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        assert confirm.ask(payment, source="test").status == "processing"


def test_a_failed_payment_whose_money_came_with_another_amount_waits_for_a_person(
    payment: Payment, client: Client
) -> None:
    failed(payment)
    book.apply(payment.pk, success(payment, amount=Decimal("1.00")), source="test")
    page = client.get(payment.get_result_url()).content.decode()
    assert "We are checking your payment" in page
    assert "Try again" not in page
    assert open_payment(payment.order) == payment


def test_the_time_at_the_gateway_runs_from_the_token_and_not_from_an_attempt_that_failed(
    order: Order, paytm: Paytm, visit: HttpRequest
) -> None:
    began = timezone.now()
    payment = open_payment(order)
    begin(payment.pk)
    paytm.will_start()
    with time_machine.travel(began + timedelta(minutes=14)):
        redirect(visit, payment)
    paytm.will_say("NO_RECORD_FOUND", payment=payment)
    with time_machine.travel(began + timedelta(minutes=25)):
        assert confirm.ask(payment, source="test").status == "processing"


def test_a_refused_repeat_does_not_say_that_nothing_was_charged(payment: Payment, paytm: Paytm, client: Client) -> None:
    paytm.will_answer(REFUSAL.format("196"), path=INITIATE)
    page = client.get(f"/paytm/pay/{payment.token}/").content.decode()
    assert "not been charged" not in page
    assert "still finding out" in page


def test_the_payment_that_completes_an_order_is_announced_beside_a_smaller_old_one(
    order: Order, start: Callable[..., Payment], paytm: Paytm
) -> None:
    old = start(order)
    order.lines.create(name="Cup", unit_price=Decimal("199.00"), quantity=1)
    paytm.will_say("NO_RECORD_FOUND", payment=old)
    new = start(order)
    for payment in (old, new):
        announce.after_commit(book.apply(payment.pk, success(payment), source="test").announcement_ids)
    order.refresh_from_db()
    assert order.paid_at is not None


def test_a_failure_that_was_overtaken_by_success_is_not_announced(payment: Payment) -> None:
    [late] = book.apply(payment.pk, success(payment, state=State.FAILURE, code="227"), source="test").announcement_ids
    book.apply(payment.pk, success(payment), source="test")
    heard: list[str] = []

    def listener(payment: Payment, **_: Any) -> None:
        heard.append(payment.status)

    from paytm_kit.signals import payment_failed

    payment_failed.connect(listener)
    try:
        assert announce.deliver(late)
    finally:
        payment_failed.disconnect(listener)
    assert heard == []


def test_a_payment_that_failed_is_watched_as_long_as_the_ladder_goes(payment: Payment, paytm: Paytm) -> None:
    failed(payment)
    paytm.will_say(payment=payment)
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        [row] = [row for row in reconcile.run(reconcile.Report()) if row.due.job == "payments"]
    assert (row.due.name, row.result) == (payment.gateway_order_id, "failed → paid")
    payment.refresh_from_db()
    assert payment.flag_list == [Flag.LATE_SUCCESS]


def test_the_ladder_of_a_failed_payment_ends(payment: Payment, paytm: Paytm) -> None:
    failed(payment)
    paytm.will_say("TXN_FAILURE", payment=payment)
    with time_machine.travel(timezone.now() + timedelta(hours=73)):
        list(reconcile.run(reconcile.Report()))
    payment.refresh_from_db()
    assert payment.next_ask_at is None


def test_the_id_of_a_second_capture_counts_for_no_other_order(start: Callable[..., Payment]) -> None:
    first, second = start(), start()
    book.apply(first.pk, success(first), source="test")
    book.apply(first.pk, success(first, transaction_id="T-again"), source="test")
    book.apply(second.pk, success(second, transaction_id="T-again"), source="test")
    second.refresh_from_db()
    assert (second.status, second.flag_list) == ("processing", [Flag.TRANSACTION_CONFLICT])


def test_a_database_error_about_one_payment_stops_neither_the_run_nor_the_announcements(
    start: Callable[..., Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    def broken(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("lock wait timeout")

    first, second = start(), start()
    book.apply(second.pk, success(second), source="test")
    monkeypatch.setattr(confirm, "ask", broken)
    report = reconcile.Report()
    everything = reconcile.plan(reconcile.Scope(everything=True))
    assert [row.result for row in reconcile.run(report, everything)] == ["not done", "waiting → delivered"]
    assert (report.failed, report.delivered) == (1, 1)
    assert Announcement.objects.get().state == "delivered"
    assert first.is_open


def test_a_payment_that_nobody_ever_answers_about_is_flagged_as_stuck(payment: Payment, paytm: Paytm) -> None:
    paytm.will_answer("down", http_status=503)
    with time_machine.travel(timezone.now() + timedelta(hours=80)):
        list(reconcile.run(reconcile.Report()))
    payment.refresh_from_db()
    assert payment.flag_list == [Flag.STUCK]


def test_no_row_is_locked_while_the_kits_own_pages_wait_for_the_gateway(
    payment: Payment, paytm: Paytm, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    paytm.will_start()
    original = paytm.wire._on_request

    def watched(*args: Any, **kwargs: Any) -> Any:
        seen.append(connection.in_atomic_block)
        return original(*args, **kwargs)

    monkeypatch.setattr(paytm.wire, "_on_request", watched)
    client.get(f"/paytm/pay/{payment.token}/")
    paytm.will_say("PENDING", payment=payment)
    post_webhook(client, callback_fields(payment))
    assert seen == [False, False]


def test_a_repeated_pending_message_asks_once_a_minute(payment: Payment, paytm: Paytm, client: Client) -> None:
    paytm.will_say("PENDING", payment=payment)
    for _ in range(10):
        post_webhook(client, callback_fields(payment, "PENDING"))
    assert paytm.asked() == 1


@pytest.mark.parametrize("page", ["result", "status", "pay"])
def test_a_nul_byte_in_an_address_is_a_404(db: None, client: Client, page: str) -> None:
    assert client.get(f"/paytm/{page}/a%00b/").status_code == 404


@pytest.mark.parametrize("method", ["options", "head", "put", "patch", "delete"])
def test_only_get_and_post_send_a_shopper_away(payment: Payment, paytm: Paytm, method: str) -> None:
    assert getattr(Client(), method)(f"/paytm/pay/{payment.token}/").status_code == 405
    assert len(paytm.wire.calls) == 0


def test_a_receivers_error_is_kept_without_the_addresses_in_it(
    payment: Payment, caplog: pytest.LogCaptureFixture
) -> None:
    from paytm_kit.signals import payment_succeeded

    def mail(**_: Any) -> None:
        raise RuntimeError("no such mailbox: asha@example.com\x00 or 9876543210")

    payment_succeeded.connect(mail)
    try:
        [pk] = book.apply(payment.pk, success(payment), source="test").announcement_ids
        assert not announce.deliver(pk)
    finally:
        payment_succeeded.disconnect(mail)
    row = Announcement.objects.get(pk=pk)
    assert row.last_error == "RuntimeError: no such mailbox: a***@example.com  or ******3210"
    assert row.attempts == 1
    assert "asha@" not in caplog.text
    assert "test_second_charges.py" in caplog.text
