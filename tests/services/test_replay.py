"""Messages that came too early, or whose processing was cut off, are taken up again; nothing is lost or believed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
import requests
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from paytm_kit import refunds
from paytm_kit.models import Payment, WireMessage, ledger_writes
from paytm_kit.services import confirm, intake, reconcile, replay
from tests.paytm import KEY, Paytm, callback_fields, post_callback, post_json_webhook, post_webhook
from tests.services.test_refunds import arn_form, success_event

pytestmark = pytest.mark.databases


def reconcile_messages(later: timedelta = timedelta(minutes=2)) -> reconcile.Report:
    report = reconcile.Report()
    with time_machine.travel(timezone.now() + later, tick=True):
        list(reconcile.run(report, reconcile.plan(jobs=["messages"])))
    return report


def replayed(*flags: str) -> str:
    printed = StringIO()
    try:
        call_command("paytm_replay", *flags, stdout=printed)
    except CommandError as error:
        return f"{printed.getvalue()}{error}"
    return printed.getvalue()


def received() -> WireMessage:
    return WireMessage.objects.get(direction="in")


def test_a_webhook_that_came_before_its_payment_was_committed_is_linked_and_asked_about(
    client: Client, payment: Payment, paytm: Paytm
) -> None:
    fields = callback_fields(payment)
    known_as = payment.account
    with_other_account(payment, "not-yet")
    assert post_webhook(client, fields).status_code == 200
    message = received()
    assert (message.payment, message.processed_at) == (None, None)
    with_other_account(payment, known_as)
    paytm.will_say(payment=payment)
    assert reconcile_messages().asked == 1
    payment.refresh_from_db()
    message.refresh_from_db()
    assert payment.status == "paid"
    assert (message.payment, message.processed_at is None) == (payment, False)
    assert reconcile_messages().asked == 0


def with_other_account(payment: Payment, account: str) -> None:
    """As if the row were not there yet for whoever looks under the account's name."""
    with ledger_writes():
        Payment.objects.filter(pk=payment.pk).update(account=account)


@pytest.mark.parametrize("form", ["form", "json"])
def test_a_message_whose_processing_died_is_taken_up(
    client: Client, payment: Payment, paytm: Paytm, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    def die(*args: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(intake, "_process", die)
        if form == "form":
            post_webhook(client, callback_fields(payment))
        else:
            body = {"orderId": payment.gateway_order_id, "status": "TXN_SUCCESS", "respCode": "01"}
            post_json_webhook(client, body)
    assert received().processed_at is None
    paytm.will_say(payment=payment)
    assert reconcile_messages().asked == 1
    payment.refresh_from_db()
    assert payment.status == "paid"


def test_a_gateway_that_could_not_be_asked_is_asked_later(client: Client, payment: Payment, paytm: Paytm) -> None:
    paytm.will_answer(requests.ReadTimeout())
    assert post_webhook(client, callback_fields(payment)).status_code == 503
    report = reconcile_messages()
    assert (report.failed, received().processed_at) == (1, None)
    paytm.will_say(payment=payment)
    assert reconcile_messages().failed == 0
    payment.refresh_from_db()
    assert payment.status == "paid"


def test_of_many_messages_about_one_payment_the_first_answer_is_enough(
    client: Client, payment: Payment, paytm: Paytm
) -> None:
    paytm.will_answer(requests.ReadTimeout())
    for _ in range(3):
        post_webhook(client, callback_fields(payment))
    asked = paytm.asked()
    paytm.will_say(payment=payment)
    reconcile_messages()
    assert paytm.asked() == asked + 1
    assert not replay.unprocessed()


def test_a_gateway_that_is_silent_about_an_order_is_asked_about_it_once_a_run(
    client: Client, start: Callable[..., Payment], paytm: Paytm
) -> None:
    """Each question in vain takes as long as the time-outs; those of ten messages would hold up everybody else."""
    known, other = start(), start()
    paytm.will_answer(requests.ReadTimeout())
    post_webhook(client, callback_fields(other))
    in_vain = paytm.asked()
    for _ in range(3):
        post_webhook(client, callback_fields(known))
    before = paytm.asked()
    report = reconcile_messages()
    assert paytm.asked() - before == 2 * in_vain
    assert (report.asked, report.failed, report.left) == (2, 4, 4)
    assert sum("a moment ago; the next run asks again" in row.error for row in report.errors) == 2
    assert replay.unprocessed().count() == 4

    for payment in (known, other):
        paytm.will_say(payment=payment, txnId=f"T-{payment.pk}")
        reconcile_messages()
    assert not replay.unprocessed()
    assert set(Payment.objects.values_list("status", flat=True)) == {"paid"}


def test_a_refund_webhook_is_taken_up(client: Client, paid: Payment, paytm: Paytm) -> None:
    paytm.will_answer(requests.ReadTimeout(), path="/v2/refund/status")
    assert post_json_webhook(client, success_event(paid, "DASH-1")).status_code == 503
    paytm.refund_becomes("TXN_SUCCESS", "10")
    assert reconcile_messages().asked == 1
    assert paid.refunds.get().status == "succeeded"


def test_the_card_networks_reference_of_a_stored_form_is_kept(client: Client, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    refund = refunds.request(paid, "100.00", reason="x")
    paytm.will_answer(requests.ReadTimeout(), path="/v2/refund/status")
    assert post_webhook(client, arn_form(paid, refund.refund_id)).status_code == 503
    paytm.refund_becomes("TXN_SUCCESS", "10")
    assert reconcile_messages().asked == 1
    refund.refresh_from_db()
    assert (refund.status, refund.arn) == ("succeeded", "74332744321123456789012")


def test_forged_and_finished_messages_are_left_alone(client: Client, payment: Payment, paytm: Paytm) -> None:
    post_webhook(client, callback_fields(payment, key=KEY[::-1]))
    paytm.will_say(payment=payment)
    post_webhook(client, callback_fields(payment))
    asked = paytm.asked()
    assert not replay.due()
    reconcile_messages()
    assert paytm.asked() == asked


def test_it_is_given_up_after_three_days(client: Client, payment: Payment, paytm: Paytm) -> None:
    paytm.will_answer(requests.ReadTimeout())
    post_webhook(client, callback_fields(payment))
    assert reconcile_messages(timedelta(hours=73)).failed == 0


def test_by_hand_a_message_is_replayed_as_often_as_wanted(client: Client, payment: Payment, paytm: Paytm) -> None:
    paytm.will_say("PENDING", payment=payment)
    post_callback(client, callback_fields(payment, key=KEY[::-1]))  # an unproven one may be asked about, too
    paytm.will_say(payment=payment)
    pk = str(received().pk)
    for _ in range(2):
        assert replayed(pk) == f"{pk}: {payment.gateway_order_id} paid\nmessages: 1, not taken up: 0\n"
    assert payment.events.filter(kind="captured").count() == 1


def test_what_cannot_be_replayed_is_named(client: Client, payment: Payment, paytm: Paytm) -> None:
    client.post("/paytm/webhook/", b"\xff\xfe", content_type="application/x-www-form-urlencoded")
    garbage = received()
    assert f"{garbage.pk}: Message {garbage.pk} " in replayed(str(garbage.pk))
    assert "no wire message 99999" in replayed("99999")
    assert "Give ids" in replayed()
    assert "Give ids" in replayed("1", "--unprocessed")
    paytm.will_say(payment=payment)
    confirm.ask(payment, source="test")
    sent = WireMessage.objects.filter(direction="out").first()
    assert "was sent by us" in replayed(str(sent.pk))


def test_the_unprocessed_ones_are_found_by_themselves(client: Client, payment: Payment, paytm: Paytm) -> None:
    paytm.will_answer(requests.ReadTimeout())
    post_webhook(client, callback_fields(payment))
    paytm.will_say(payment=payment)
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=True):
        assert f"{payment.gateway_order_id} paid" in replayed("--unprocessed")
