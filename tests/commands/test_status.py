"""``paytm_status ORDERID``: what we know of a payment, what Paytm says of it now, and what to do when it cannot say."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import time_machine
from django.core.management import CommandError, call_command

from demo_site.shop.models import Order
from paytm_kit.models import Payment, PaymentEvent, WireMessage
from tests.paytm import KEY, TXNID, Paytm

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]


def status(*arguments: str) -> str:
    out = io.StringIO()
    call_command("paytm_status", *arguments, "--no-color", stdout=out)
    assert KEY not in out.getvalue()
    return out.getvalue()


def shown(text: str, name: str) -> str:
    """The value beside this name."""
    (line,) = [line for line in text.splitlines() if line.strip().startswith(f"{name}  ")]
    return line.split("  ")[-1]


def test_a_payment_is_asked_about_and_brought_up_to_date(payment: Payment, paytm: Paytm) -> None:
    paytm.will_say(payment=payment)
    text = status(payment.gateway_order_id)
    assert shown(text, "ORDERID") == payment.gateway_order_id
    assert shown(text, "order") == str(payment.order)
    assert shown(text, "status") == "Paid"
    assert shown(text, "amount") == "499.00 INR"
    assert shown(text, "captured") == "499.00"
    assert shown(text, "TXNID") == TXNID
    assert shown(text, "mode") == "UPI"
    assert shown(text, "gateway says") == "01 Txn Success"
    for event in ("Opened (checkout)", "Shopper sent to the gateway (checkout)", "Money captured (command) 01"):
        assert event in text
    assert "next question" not in text
    payment.refresh_from_db()
    assert payment.is_paid
    assert Order.objects.get(pk=payment.object_id).paid_at is not None  # the announcement was delivered
    assert paytm.asked() == 1


@pytest.mark.parametrize("spelling", ["{}", "  {}\n"])
def test_a_payment_is_found_by_the_gateways_transaction_too(payment: Payment, paytm: Paytm, spelling: str) -> None:
    paytm.will_say(payment=payment)
    status(payment.gateway_order_id)
    assert shown(status(spelling.format(TXNID)), "ORDERID") == payment.gateway_order_id


@time_machine.travel(datetime(2026, 11, 21, 10, 0, tzinfo=UTC), tick=False)
def test_no_ask_shows_what_is_stored_and_asks_nobody(start: Callable[..., Payment], paytm: Paytm) -> None:
    payment = start()
    text = status(payment.gateway_order_id, "--no-ask")
    assert shown(text, "status") == "Processing"
    assert shown(text, "next question") == "2026-11-21 15:45:00+05:30"
    assert paytm.asked() == 0
    assert "TXNID" not in text


@pytest.mark.parametrize(
    ("word", "said"), [("TXN_FAILURE", "Failed"), ("PENDING", "Processing"), ("NEW_WORD", "Processing")]
)
def test_what_the_gateway_says_is_what_is_shown(payment: Payment, paytm: Paytm, word: str, said: str) -> None:
    paytm.will_say(word, payment=payment)
    assert shown(status(payment.gateway_order_id), "status") == said


def test_a_flag_is_shown_with_its_event(payment: Payment, paytm: Paytm) -> None:
    paytm.will_say(payment=payment, txnAmount="1.00")
    text = status(payment.gateway_order_id)
    assert (shown(text, "flags"), shown(text, "status")) == ("amount_mismatch", "Processing")
    assert "Flagged for a person (command) amount_mismatch" in text


@pytest.mark.parametrize("wanted", ["unknown", "KD-1001", "", "%", "' OR 1=1 --", "१"])
def test_an_id_that_is_none_of_ours_says_what_is_meant(payment: Payment, paytm: Paytm, wanted: str) -> None:
    with pytest.raises(CommandError, match="ORDERID is the kit's own id, not your order's number") as caught:
        status(wanted)
    assert repr(wanted) in str(caught.value)
    assert paytm.asked() == 0


@pytest.mark.parametrize(
    ("answer", "http_status", "advice"),
    [
        (requests.ConnectionError(KEY), 200, "Try again in a minute."),
        ("<html>maintenance", 503, "Try again in a minute."),
        ('{"body": {"resultInfo"', 200, "Try again in a minute."),
    ],
    ids=["no connection", "503", "truncated"],
)
def test_a_gateway_that_does_not_answer_leaves_the_payment_and_says_so(
    payment: Payment, paytm: Paytm, capsys: Any, answer: str | Exception, http_status: int, advice: str
) -> None:
    paytm.will_answer(answer, http_status=http_status)
    with pytest.raises(CommandError) as caught:
        call_command("paytm_status", payment.gateway_order_id)
    assert caught.value.returncode == 1
    told = str(caught.value)
    assert told.startswith("The gateway could not be asked: ")
    assert payment.gateway_order_id in told
    assert told.endswith(advice)
    assert KEY not in told
    assert "Processing" in capsys.readouterr().out  # what we know is shown all the same
    payment.refresh_from_db()
    assert payment.status == "processing"
    assert WireMessage.objects.filter(payment=payment, direction="out").exclude(verdict="verified").exists()


def test_an_account_that_is_gone_is_no_matter_of_trying_again(payment: Payment, paytm: Paytm, settings: Any) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"other": settings.PAYTM_KIT["ACCOUNTS"]["default"]}}
    with pytest.raises(CommandError, match="Mend this first; trying again will not help") as caught:
        status(payment.gateway_order_id)
    assert 'There is no account "default"' in str(caught.value)
    assert status(payment.gateway_order_id, "--no-ask")


def test_the_gateways_words_cannot_command_the_terminal(payment: Payment, paytm: Paytm) -> None:
    info = {"resultStatus": "TXN_FAILURE", "resultCode": "227", "resultMsg": "no\x1b[2J\x9b31m\u202egone"}
    paytm.will_say("TXN_FAILURE", payment=payment, resultInfo=info)
    assert all(line.isprintable() for line in status(payment.gateway_order_id).splitlines())


def test_asking_twice_writes_nothing_twice(payment: Payment, paytm: Paytm) -> None:
    paytm.will_say(payment=payment)
    status(payment.gateway_order_id)
    before = PaymentEvent.objects.count()
    status(payment.gateway_order_id)
    assert PaymentEvent.objects.count() == before
