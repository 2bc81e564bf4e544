"""What could give money back twice, lose a refund, or hide one from whoever must look: each was possible once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, NotSupportedError, OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit import refunds, signals
from paytm_kit.gateways.base import Unreachable
from paytm_kit.ledger import book, rebuild
from paytm_kit.ledger import refunds as ledger
from paytm_kit.models import Announcement, Flag, Payment, Refund, WireMessage, ledger_writes
from paytm_kit.services import announce, closing, confirm, jobs, journal, opening, reconcile
from paytm_kit.services import refunds as service
from tests.ledger.test_book import success
from tests.ledger.test_races import together
from tests.paytm import (
    KEY,
    TXNID,
    Paytm,
    callback_fields,
    post_callback,
    post_json_webhook,
    post_webhook,
    sign,
)
from tests.services.test_refunds import APPLY, STATUS, arn_form, ask_due, kinds, success_event, sums

pytestmark = pytest.mark.databases

UNKNOWN = {"refId": None, "refundAmount": None}  # what a 631 leaves out
ALL_FREE = {TXNID: Decimal("499.00")}


def received() -> WireMessage:
    return WireMessage.objects.filter(direction="in").latest("pk")


def take_up(later: timedelta = timedelta(minutes=2), limit: int | None = None) -> reconcile.Report:
    report = reconcile.Report()
    with time_machine.travel(timezone.now() + later, tick=True):
        list(reconcile.run(report, reconcile.plan(reconcile.Scope(limit=limit), jobs=["messages"])))
    return report


def flags(payment: Payment) -> list[str]:
    payment.refresh_from_db()
    return payment.flag_list


# ---- never twice ---------------------------------------------------------------------------------------------


@pytest.mark.skipif(connection.vendor != "mysql", reason="the other databases see what the last holder wrote")
@pytest.mark.parametrize("level", ["repeatable read", "serializable", None])
def test_where_a_lock_would_show_old_rows_nothing_is_written_or_sent(
    paid: Payment, paytm: Paytm, monkeypatch: pytest.MonkeyPatch, level: str | None
) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "isolation_level", level)
    with pytest.raises(NotSupportedError, match="refunded twice"):
        refunds.request(paid, "499.00", reason="x")
    assert not Refund.objects.exists()
    assert paytm.asked(APPLY) == 0


def test_a_refused_repeat_frees_nothing_while_the_first_may_be_under_way(paid: Payment, paytm: Paytm) -> None:
    paytm.will_answer(requests.ReadTimeout(), path=APPLY)  # Paytm took it, its answer was lost
    refund = refunds.request(paid, "300.00", reason="x")
    paytm.refund_becomes("TXN_FAILURE", "631", **UNKNOWN)  # its books lag
    paytm.will_refund("TXN_FAILURE", "619")  # 300 more than the 199 that the first has left
    ask_due(timedelta(minutes=20))
    refund.refresh_from_db()
    assert (paytm.asked(APPLY), refund.status) == (2, "requested")
    assert refunds.left(paid) == {TXNID: Decimal("199.00")}
    assert flags(paid) == [Flag.REFUND_MISMATCH]
    assert not Announcement.objects.filter(signal="refund_failed").exists()
    paytm.refund_becomes("TXN_SUCCESS", "10", refundAmount="300.00")
    assert ask_due(timedelta(days=1)).changed == 1
    assert sums(paid) == ("499.00", "0.00", "300.00")


def test_a_refund_that_the_gateway_took_on_is_never_sent_again(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    refunds.request(paid, "300.00", reason="x")
    paytm.refund_becomes("TXN_FAILURE", "631", **UNKNOWN)
    ask_due(timedelta(minutes=20))
    assert paytm.asked(APPLY) == 1
    assert sums(paid) == ("499.00", "300.00", "0.00")


def test_a_failed_refund_that_is_under_way_after_all_takes_its_amount_again(
    client: Client, paid: Payment, paytm: Paytm
) -> None:
    paytm.will_refund("TXN_FAILURE", "602")
    refund = refunds.request(paid, "499.00", reason="x")
    assert refund.status == "failed"
    paytm.refund_becomes("PENDING", "601", refundAmount="499.00")
    assert post_json_webhook(client, success_event(paid, refund.refund_id)).status_code == 200
    refund.refresh_from_db()
    assert (refund.status, refund.closed_at, refund.next_ask_at is None) == ("pending", None, False)
    assert sums(paid) == ("499.00", "499.00", "0.00")
    assert flags(paid) == [Flag.REFUND_LATE]
    with pytest.raises(refunds.NotRefundable):
        refunds.request(paid, "1.00", reason="again")
    paytm.refund_becomes("TXN_FAILURE", "620", refundAmount="499.00")
    assert ask_due(timedelta(minutes=2)).changed == 1
    assert kinds(paid) == ["refund_requested", "refund_failed", "refund_pending", "refund_failed"]
    assert Announcement.objects.filter(signal="refund_failed").count() == 2
    assert rebuild.check(paid.pk) == []


@pytest.mark.parametrize(("later", "ends"), [("TXN_FAILURE", "failed"), (None, "pending")])
def test_a_refusal_that_overtook_taken_on_is_settled_by_asking(
    paid: Payment, paytm: Paytm, monkeypatch: pytest.MonkeyPatch, later: str | None, ends: str
) -> None:
    paytm.will_refund()
    paytm.refund_becomes("TXN_FAILURE", "620")
    overtaken = service._overtaken

    def after_a_webhook(refund: Refund, *rest: object) -> Refund | None:
        refunds.ask(refund, source="webhook")
        if later is None:
            paytm.will_answer(requests.ReadTimeout(), path=STATUS)
        return overtaken(refund, *rest)

    monkeypatch.setattr(service, "_overtaken", after_a_webhook)
    refund = refunds.request(paid, "100.00", reason="x")
    assert refund.status == ends
    assert Announcement.objects.filter(signal="refund_failed").count() == 1
    assert flags(paid) == ([] if later else [Flag.REFUND_LATE])


@pytest.mark.parametrize("named", ["OTHER", None])
def test_an_external_refund_counts_whatever_transaction_it_names(
    client: Client, paid: Payment, paytm: Paytm, named: str | None
) -> None:
    paytm.refund_becomes("TXN_SUCCESS", "10", refundAmount="400.00", txnId=named)
    post_json_webhook(client, success_event(paid, "DASH-1"))
    assert sums(paid) == ("499.00", "0.00", "400.00")
    assert refunds.left(paid) == {TXNID: Decimal("99.00")}
    with pytest.raises(refunds.NotRefundable, match=r"99\.00 rupees"):
        refunds.request(paid, "100.00", reason="again")


def test_an_external_refund_of_a_wrong_amount_counts_without_a_transaction(
    client: Client, payment: Payment, paytm: Paytm
) -> None:
    book.apply(payment.pk, success(payment, amount=Decimal("400.00"), transaction_id="LOW"), source="webhook")
    paytm.refund_becomes("TXN_SUCCESS", "10", refundAmount="400.00", txnId=None)
    post_json_webhook(client, success_event(payment, "DASH-1"))
    assert refunds.left(payment) == {"LOW": Decimal("0.00")}


def test_a_later_reading_does_not_raise_what_was_captured(paid: Payment, paytm: Paytm) -> None:
    paytm.will_say(payment=paid, txnAmount="600.00")
    confirm.ask(paid, source="admin")
    assert flags(paid) == [Flag.AMOUNT_MISMATCH]
    assert refunds.left(paid) == ALL_FREE


@pytest.mark.parametrize("captured", [True, False])
def test_one_transaction_is_given_back_on_one_payment_only(start: Callable[..., Payment], captured: bool) -> None:
    first, second = start(), start(amount="1000.00")
    amount = Decimal("499.00") if captured else Decimal("498.00")
    for payment in (first, second):
        book.apply(payment.pk, success(payment, amount=amount, transaction_id="SAME"), source="test")
    assert refunds.left(first) == {"SAME": amount}
    assert refunds.left(second) == {}


def test_a_capture_after_anothers_flag_owns_the_transaction(start: Callable[..., Payment]) -> None:
    flagged, captured = start(amount="1000.00"), start()
    for payment in (flagged, captured):
        outcome = success(payment, amount=Decimal("499.00"), transaction_id="SAME")
        book.apply(payment.pk, outcome, source="test")
    assert refunds.left(flagged) == {}
    assert refunds.left(captured) == {"SAME": Decimal("499.00")}


@pytest.mark.parametrize("word", ["620", "631"])
def test_an_unsigned_no_that_names_no_refund_changes_nothing(paid: Payment, paytm: Paytm, word: str) -> None:
    paytm.will_answer(requests.ReadTimeout(), path=APPLY)
    refund = refunds.request(paid, "499.00", reason="x")
    body = {"resultInfo": {"resultStatus": "TXN_FAILURE", "resultCode": word, "resultMsg": "x"}}
    paytm.will_answer(json.dumps({"head": {}, "body": body}), path=STATUS)
    ask_due(timedelta(minutes=20))
    refund.refresh_from_db()
    assert (refund.status, paytm.asked(APPLY)) == ("requested", 1)
    assert refunds.left(paid) == {TXNID: Decimal("0.00")}
    body["refId"] = refund.refund_id
    paytm.will_answer(json.dumps({"head": {}, "body": body}), path=STATUS)
    if word == "620":
        ask_due(timedelta(hours=2))
        assert refunds.left(paid) == ALL_FREE


def test_who_asked_for_a_refund_does_not_hear_of_a_defect_once_it_is_written(
    paid: Payment, paytm: Paytm, monkeypatch: pytest.MonkeyPatch
) -> None:
    paytm.will_refund()
    noted = ledger.apply

    def defect(*args: object, **more: object) -> None:
        raise TypeError("a defect")

    monkeypatch.setattr(ledger, "apply", defect)
    refund = refunds.request(paid, "100.00", reason="x")
    monkeypatch.setattr(ledger, "apply", noted)
    assert (refund.status, paytm.asked(APPLY)) == ("requested", 1)
    paytm.refund_becomes("PENDING", "601")
    assert refunds.ask(refund, source="reconcile").status == "pending"


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite's own timeout bounds the waiting")
def test_who_asked_for_a_refund_does_not_hear_an_error_once_it_was_sent(
    paid: Payment, paytm: Paytm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paytm_kit.ledger.waiting.LONGEST_WAIT", 1)
    paytm.will_refund()
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Payment.objects.select_for_update().get(pk=paid.pk)
            held.set()
            free.wait(timeout=20)
        connection.close()

    holder = threading.Thread(target=hold)
    noted = ledger.apply

    def meanwhile(*args: object, **more: object) -> object:
        holder.start()
        held.wait(timeout=10)
        return noted(*args, **more)

    monkeypatch.setattr(ledger, "apply", meanwhile)
    try:
        refund = refunds.request(paid, "100.00", reason="x")
    finally:
        free.set()
        holder.join(timeout=20)
    monkeypatch.setattr(ledger, "apply", noted)
    assert (refund.status, paytm.asked(APPLY)) == ("requested", 1)
    paytm.refund_becomes("PENDING", "601")
    assert ask_due(timedelta(minutes=2)).changed == 1
    assert paytm.asked(APPLY) == 1


def test_showing_the_refunds_of_a_payment_sends_none(paid: Payment, paytm: Paytm) -> None:
    paytm.will_answer(requests.ConnectTimeout(), path=APPLY)
    refunds.request(paid, "100.00", reason="x")
    paytm.refund_becomes("TXN_FAILURE", "631", **UNKNOWN)
    with time_machine.travel(timezone.now() + timedelta(minutes=20), tick=True):
        call_command("paytm_refund", paid.gateway_order_id)
    assert (paytm.asked(STATUS), paytm.asked(APPLY)) == (1, 1)


def test_a_person_hears_of_a_refund_that_nobody_took_on_for_a_day(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund("TXN_FAILURE", "612")  # a refusal that no page explains
    refunds.request(paid, "100.00", reason="x")
    paytm.refund_becomes("TXN_FAILURE", "631", **UNKNOWN)
    ask_due(timedelta(hours=12))
    assert flags(paid) == []
    ask_due(timedelta(hours=25))
    assert flags(paid) == [Flag.REFUND_MISMATCH]


# ---- never lost ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "code", "left_out"),
    [("TXN_FAILURE", "631", UNKNOWN), ("PENDING", "999", {}), ("PENDING", "601", {"refundAmount": None})],
)
def test_a_dashboard_refund_that_the_gateways_books_do_not_show_yet_is_asked_about_again(
    client: Client, paid: Payment, paytm: Paytm, word: str, code: str, left_out: dict[str, None]
) -> None:
    paytm.refund_becomes(word, code, **left_out)
    assert post_json_webhook(client, success_event(paid, "DASH-1")).status_code == 503
    assert received().processed_at is None
    paytm.refund_becomes("TXN_SUCCESS", "10")
    assert take_up().failed == 0
    assert (paid.refunds.get().external, received().processed_at is None) == (True, False)
    assert flags(paid) == []


@pytest.mark.parametrize("answer", ["nothing", "no such refund"])
def test_a_dashboard_refund_that_is_never_confirmed_is_a_persons_turn(
    client: Client, paid: Payment, paytm: Paytm, answer: str
) -> None:
    if answer == "nothing":
        paytm.will_answer(requests.ReadTimeout(), path=STATUS)
    else:
        paytm.refund_becomes("TXN_FAILURE", "631", **UNKNOWN)
    post_json_webhook(client, success_event(paid, "DASH-1"))
    assert take_up(timedelta(hours=71)).failed == 1
    assert flags(paid) == []
    assert take_up(timedelta(hours=73)).failed == 0
    assert flags(paid) == [Flag.REFUND_MISMATCH]
    assert "DASH-1" in paid.events.get(kind="flagged").message
    assert not take_up(timedelta(hours=74)).asked


def test_each_dashboard_refund_without_a_reference_is_told(client: Client, paid: Payment, paytm: Paytm) -> None:
    first = success_event(paid, None)
    for message in (first, first, first | {"refundId": "20261122999999999999999999999999992"}):
        assert post_json_webhook(client, message).status_code == 200
    assert flags(paid) == [Flag.REFUND_MISMATCH]
    assert Announcement.objects.filter(signal="payment_flagged").count() == 2


def test_a_message_about_a_refund_without_a_reference_is_taken_up_as_one(
    client: Client, paid: Payment, paytm: Paytm, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*args: object, **more: object) -> None:
        raise OperationalError("lock timeout")

    with monkeypatch.context() as locked:
        locked.setattr(book, "flag", busy)
        assert post_json_webhook(client, success_event(paid, None)).status_code == 503
    take_up()
    assert flags(paid) == [Flag.REFUND_MISMATCH]


@pytest.mark.parametrize("reference", ["REF.123", "a@b", "Größe-1", "X" * 51, "X" * 65, "4111111111111111"])
def test_whatever_reference_a_dashboard_refund_has_it_is_recorded_or_told(
    client: Client, paid: Payment, paytm: Paytm, reference: str
) -> None:
    paytm.refund_becomes("TXN_SUCCESS", "10")
    assert post_json_webhook(client, success_event(paid, reference)).status_code == 200
    recorded = [refund.refund_id for refund in paid.refunds.all()]
    askable = len(reference) <= 50 and reference.isascii()
    assert recorded == ([reference] if askable else [])
    assert flags(paid) == ([] if askable else [Flag.REFUND_MISMATCH])


def test_a_reference_that_was_masked_in_the_store_is_told(client: Client, paid: Payment, paytm: Paytm) -> None:
    paytm.will_answer(requests.ReadTimeout(), path=STATUS)
    assert post_json_webhook(client, success_event(paid, "4111111111111111")).status_code == 503
    assert "4111111111111111" not in received().request_body
    take_up()
    assert flags(paid) == [Flag.REFUND_MISMATCH]


@pytest.mark.parametrize("amount", ["0.00", "9999999999999.99"])
def test_an_impossible_amount_is_told_and_stops_nothing(
    client: Client, paid: Payment, paytm: Paytm, amount: str
) -> None:
    paytm.refund_becomes("PENDING", "601", refundAmount=amount)
    assert post_json_webhook(client, success_event(paid, "DASH-1")).status_code == 200
    assert flags(paid) == [Flag.REFUND_MISMATCH]
    assert amount in paid.events.get(kind="flagged").message


def test_messages_of_another_shop_do_not_stand_before_ours(client: Client, paid: Payment, paytm: Paytm) -> None:
    for number in range(3):
        stranger = success_event(paid, f"Z{number}") | {"orderId": f"other-shop-{number}"}
        assert post_json_webhook(client, stranger).status_code == 200
    paytm.will_answer(requests.ReadTimeout(), path=STATUS)
    assert post_json_webhook(client, success_event(paid, "DASH-1")).status_code == 503
    paytm.refund_becomes("TXN_SUCCESS", "10")
    assert take_up(limit=1).asked == 1
    assert paid.refunds.get().status == "succeeded"


def test_a_message_that_cannot_be_dealt_with_lets_the_others_pass(
    client: Client, paid: Payment, paytm: Paytm, monkeypatch: pytest.MonkeyPatch
) -> None:
    paytm.will_answer(requests.ReadTimeout(), path=STATUS)
    for name in ("DASH-1", "DASH-2"):
        post_json_webhook(client, success_event(paid, name))
    first = WireMessage.objects.filter(direction="in").earliest("pk")
    real = jobs.replay.finish

    def stuck(message: WireMessage, **how: Any) -> Payment | None:
        if message == first:
            raise Unreachable("still")
        return real(message, **how)

    monkeypatch.setattr(jobs.replay, "finish", stuck)
    paytm.refund_becomes("TXN_SUCCESS", "10")
    for _ in range(64):  # in no order: one of two is not met in 64 runs once in 10 to the 19th
        take_up(limit=1)
        if paid.refunds.exists():
            break
    assert paid.refunds.get().refund_id == "DASH-2"


def test_a_dashboard_refund_of_a_payment_that_we_think_open_makes_us_ask_about_the_payment(
    client: Client, payment: Payment, paytm: Paytm
) -> None:
    paytm.will_say("PENDING", payment=payment)
    assert post_json_webhook(client, success_event(payment, None)).status_code == 200
    assert flags(payment) == []
    assert not payment.is_held
    paytm.will_say(payment=payment)
    assert post_json_webhook(client, success_event(payment, None)).status_code == 200
    assert (flags(payment), payment.status) == ([Flag.REFUND_MISMATCH], "paid")


# ---- never believed ------------------------------------------------------------------------------------------


def test_a_forged_messages_references_are_not_kept_when_it_is_replayed(
    client: Client, paid: Payment, paytm: Paytm
) -> None:
    paytm.will_refund("TXN_SUCCESS", "10")
    refund = refunds.request(paid, "100.00", reason="x")
    form = arn_form(paid, refund.refund_id, ARN="FORGED", RRN="FORGED", REFUNDID="20990101000000000000000000000000001")
    form["CHECKSUMHASH"] = sign({name: form[name] for name in form if name != "CHECKSUMHASH"}, KEY[::-1])
    assert post_webhook(client, form).status_code == 400
    call_command("paytm_replay", str(received().pk))
    refund.refresh_from_db()
    assert (refund.arn, refund.rrn) == ("", "")
    assert not refund.gateway_refund_id.startswith("2099")


def test_a_message_that_nobody_judged_brings_no_references(
    client: Client, paid: Payment, paytm: Paytm, monkeypatch: pytest.MonkeyPatch
) -> None:
    paytm.will_refund("TXN_SUCCESS", "10")
    refund = refunds.request(paid, "100.00", reason="x")

    def die(*args: object) -> None:
        raise OperationalError("lock timeout")

    with monkeypatch.context() as broken:
        broken.setattr(journal, "judge", die)
        forged = arn_form(paid, refund.refund_id, ARN="FORGED") | {"CHECKSUMHASH": "forged"}
        assert post_webhook(client, forged).status_code == 503
    assert take_up().failed == 0
    refund.refresh_from_db()
    assert refund.arn == ""


@pytest.mark.parametrize("channel", [post_callback, post_webhook])
def test_a_callback_whose_field_the_shopper_renamed_asks_about_the_payment(
    client: Client, payment: Payment, paytm: Paytm, channel: Callable[..., object]
) -> None:
    paytm.will_say(payment=payment)
    fields = callback_fields(payment)
    channel(client, {("REFUNDID" if name == "RESPCODE" else name): value for name, value in fields.items()})
    assert (flags(payment), payment.status) == ([], "paid")


# ---- never told falsely --------------------------------------------------------------------------------------


@pytest.fixture
def told() -> Iterator[list[str]]:
    """What the merchant's code hears; it fails the first time that it hears of a failure."""
    heard: list[str] = []

    def failed(**more: object) -> None:
        heard.append("failed")
        if len(heard) == 1:
            raise RuntimeError("the mail server is down")

    def succeeded(**more: object) -> None:
        heard.append("succeeded")

    signals.refund_failed.connect(failed)
    signals.refund_succeeded.connect(succeeded)
    yield heard
    signals.refund_failed.disconnect(failed)
    signals.refund_succeeded.disconnect(succeeded)


def test_a_failure_is_not_announced_after_the_refund_was_made(paid: Payment, paytm: Paytm, told: list[str]) -> None:
    paytm.will_refund("TXN_FAILURE", "602")
    refund = refunds.request(paid, "100.00", reason="x")
    paytm.refund_becomes("TXN_SUCCESS", "10")
    refunds.ask(refund, source="test")
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=True):
        for row in announce.due():
            announce.deliver(row.pk)
    assert told == ["failed", "succeeded"]
    assert not Announcement.objects.filter(state="waiting").exists()


def test_an_announcement_whose_failure_cannot_be_noted_stays_due(
    paid: Payment, paytm: Paytm, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*args: object) -> None:
        raise DatabaseError("lock timeout")

    monkeypatch.setattr(announce, "_postpone", busy)
    paytm.will_refund("TXN_FAILURE", "602")
    assert refunds.request(paid, "100.00", reason="x").status == "failed"
    assert "refund_failed" in announce.due().values_list("signal", flat=True)


def test_a_shopper_whose_refund_is_unclear_does_not_read_of_the_payment(
    client: Client, paid: Payment, paytm: Paytm
) -> None:
    for code in ("617", "999"):
        paytm.will_refund("TXN_FAILURE", code)
        refund = refunds.request(paid, "100.00", reason="x")
        assert refund.shopper_text == "Your refund is on its way."
    assert "do not pay again" not in client.get(paid.get_result_url()).content.decode()


def test_a_slower_answer_does_not_talk_a_refund_back(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund("TXN_SUCCESS", "10")
    refund = refunds.request(paid, "100.00", reason="x")
    detail = [{"payMethod": "UPI", "rrn": "103000000009"}]
    paytm.refund_becomes("PENDING", "601", refundDetailInfoList=detail)
    refund = refunds.ask(refund, source="test")
    assert (refund.status, refund.code, refund.rrn) == ("succeeded", "10", "103000000009")
    assert "was made" in refund.shopper_text


@pytest.mark.parametrize(("back", "announced"), [("499.00", False), ("498.00", True)])
def test_money_that_went_back_before_we_knew_of_it_buys_nothing(
    client: Client, payment: Payment, paytm: Paytm, back: str, announced: bool
) -> None:
    paytm.refund_becomes("PENDING", "601", refundAmount=back)
    post_json_webhook(client, success_event(payment, "DASH-1"))
    paytm.will_say(payment=payment)
    confirm.ask(payment, source="reconcile")
    payment.refresh_from_db()
    assert (payment.status, str(payment.captured_amount), str(payment.refunding_amount)) == ("paid", "499.00", back)
    assert Announcement.objects.filter(signal="payment_succeeded").exists() is announced
    assert (Flag.REFUND_MISMATCH in payment.flag_list) is not announced


# ---- the events tell it all ----------------------------------------------------------------------------------


def test_each_closing_is_an_event_of_its_own(payment: Payment) -> None:
    for number, who in enumerate(("asha", "ravi"), 1):
        outcome = success(payment, amount=Decimal(number), transaction_id=f"T{number}")
        book.apply(payment.pk, outcome, source="test")
        payment.refresh_from_db()
        closing.close(payment, actor=who, reason=f"look {number}")
    payment.refresh_from_db()
    assert payment.flags == ""
    closed = payment.events.filter(kind="closed").values_list("actor", "message")
    assert list(closed) == [("asha", "look 1"), ("ravi", "look 2")]
    assert rebuild.check(payment.pk) == []


def test_a_payment_that_was_paid_while_a_person_looked_keeps_its_flags(payment: Payment) -> None:
    book.apply(payment.pk, success(payment, amount=Decimal("1.00"), transaction_id="LOW"), source="test")
    payment.refresh_from_db()
    book.apply(payment.pk, success(payment), source="test")
    with pytest.raises(closing.CannotClose, match="changed meanwhile"):
        closing.close(payment, actor="asha", reason="looked")
    assert flags(payment) == [Flag.AMOUNT_MISMATCH]


def test_under_way_over_another_amount_is_flagged_and_no_drift(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund(refundAmount="1.00")
    refund = refunds.request(paid, "100.00", reason="x")
    assert refund.status == "pending"
    assert flags(paid) == [Flag.REFUND_MISMATCH]
    assert rebuild.check(paid.pk, repair=True) == []
    assert sums(paid) == ("499.00", "100.00", "0.00")


def test_the_first_word_about_a_payment_that_was_not_started_leaves_an_event(order: Order) -> None:
    payment = opening.open_payment(order)
    book.apply(payment.pk, success(payment, amount=Decimal("1.00"), transaction_id="LOW"), source="webhook")
    payment.refresh_from_db()
    assert payment.status == "processing"
    assert list(payment.events.values_list("kind", flat=True)) == ["opened", "started", "flagged"]
    assert rebuild.check(payment.pk) == []


def test_repair_writes_only_what_drifted(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    refund = refunds.request(paid, "100.00", reason="x")
    read = Refund.objects.get(pk=refund.pk)
    with ledger_writes():
        Refund.objects.filter(pk=refund.pk).update(status="failed", next_ask_at=None, actor="as it stands")
        Payment.objects.filter(pk=paid.pk).update(refunding_amount=Decimal("7.00"))
    assert len(rebuild.check(paid.pk, repair=True)) == 2
    refund.refresh_from_db()
    assert (refund.status, refund.actor, refund.sent_at) == ("pending", "as it stands", read.sent_at)
    assert refund.next_ask_at is not None  # what is open again is asked about
    assert sums(paid) == ("499.00", "100.00", "0.00")


@pytest.mark.skipif(connection.vendor == "sqlite", reason="one writer at a time")
def test_repair_and_a_first_sending_at_once_forget_no_sending(paid: Payment, paytm: Paytm) -> None:
    with transaction.atomic():
        refund = refunds.request(paid, "100.00", reason="x")
        transaction.get_connection().run_on_commit.clear()
    with ledger_writes():
        Payment.objects.filter(pk=paid.pk).update(refunding_amount=Decimal("7.00"))
    together(lambda: rebuild.check(paid.pk, repair=True), lambda: ledger.sending(refund.pk, None))
    refund.refresh_from_db()
    assert refund.sent_at is not None
    assert rebuild.check(paid.pk) == []


# ---- what no data may break ----------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b'"abc"', b"7", b"[1]", b"null"])
def test_a_message_that_is_no_form_is_named_when_it_is_replayed(transactional_db: None, body: bytes) -> None:
    Client().post("/paytm/webhook/", body, content_type="text/plain")
    with pytest.raises(CommandError, match="could not be taken up"):
        call_command("paytm_replay", str(received().pk))


@pytest.mark.skipif(connection.vendor == "sqlite", reason="no row locks there")
def test_claims_and_notes_of_one_refund_meet_without_a_deadlock(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    refund = refunds.request(paid, "100.00", reason="x")

    def claim() -> None:
        for minute in range(25):
            row = Refund.objects.get(pk=refund.pk)
            jobs.claims.take(row, timezone.now() + timedelta(minutes=minute))

    def note() -> None:
        for _ in range(25):
            ledger.asked(refund.pk, source="webhook")

    together(claim, claim, note, note)


def test_a_row_is_taken_once_whatever_is_asked_for(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    refund = refunds.request(paid, "100.00", reason="x")
    read, now = Refund.objects.get(pk=refund.pk), timezone.now()
    assert [jobs.claims.take(read, now) for _ in range(3)] == [True, False, False]
