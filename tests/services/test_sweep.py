"""Paytm's lists beside the ledger: what differs is asked about, what is not ours is kept for a person."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
import requests
import responses
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit import refunds
from paytm_kit.ledger import book
from paytm_kit.ledger import refunds as refund_ledger
from paytm_kit.models import Flag, Payment, WireMessage
from paytm_kit.services import confirm, opening, sweep
from tests.paytm import HOST, TXNID, Paytm, sign

pytestmark = pytest.mark.databases

ORDERS, REFUNDS = "/merchant-passbook/search/list/order/v2", "/merchant-passbook/api/v1/refundList"


def order_row(payment: Payment | str, word: str = "SUCCESS", **changes: Any) -> dict[str, str]:
    order_id = payment if isinstance(payment, str) else payment.gateway_order_id
    return {"merchantOrderId": order_id, "txnId": TXNID, "amount": "499.00", "orderSearchStatus": word, **changes}


def refund_row(payment: Payment | str, refund_id: str = "DASH-1", **changes: Any) -> dict[str, str]:
    order_id = payment if isinstance(payment, str) else payment.gateway_order_id
    row = {"orderId": order_id, "refId": refund_id, "refundId": "2031", "refundAmount": "100.00"}
    return {**row, "acceptRefundStatus": "SUCCESS", **changes}


class Lists:
    """What Paytm lists from now on."""

    def __init__(self, paytm: Paytm) -> None:
        self.paytm = paytm
        self.hold()

    def hold(self, *orders: Any, refunds: tuple[Any, ...] = (), error: Exception | None = None) -> None:
        wire = self.paytm.wire
        for path in (ORDERS, REFUNDS):
            wire.remove(responses.POST, HOST + path)
        info = {"resultStatus": "SUCCESS", "resultCode": "1001", "resultMsg": "SUCCESS"}
        body = json.dumps({"resultInfo": info, "orders": list(orders)})
        sealed = f'{{"head":{json.dumps({"signature": sign(body)})},"body":{body}}}'
        wire.post(HOST + ORDERS, body=error or sealed)
        wire.post(HOST + REFUNDS, json={"status": "SUCCESS", "orders": list(refunds), "errorMessage": None})


@pytest.fixture
def lists(paytm: Paytm) -> Lists:
    return Lists(paytm)


def swept(**how: Any) -> sweep.Report:
    report = sweep.Report()
    now = timezone.now()
    list(sweep.run(report, now - timedelta(hours=2), now, **how))
    return report


def results(report: sweep.Report) -> list[tuple[str, bool]]:
    return [(finding.result, finding.left) for finding in report.findings]


# ---- Orders


def test_nothing_listed_is_nothing_to_do(lists: Lists, db: None) -> None:
    report = swept()
    assert (report.listed, report.agreed, report.left) == (0, 0, 0)


def test_a_payment_whose_every_message_was_lost_is_found_and_paid(lists: Lists, payment: Payment, paytm: Paytm) -> None:
    lists.hold(order_row(payment))
    paytm.will_say(payment=payment)
    report = swept()
    assert (results(report), report.left) == ([("processing → paid", False)], 0)
    payment.refresh_from_db()
    assert (payment.status, payment.events.get(kind="captured").source) == ("paid", "sweep")
    assert Order.objects.get(pk=payment.object_id).paid_at is not None
    assert (swept().agreed, paytm.asked()) == (1, 1)


def test_the_list_alone_grants_nothing(lists: Lists, payment: Payment, paytm: Paytm) -> None:
    lists.hold(order_row(payment))
    paytm.will_say("PENDING", payment=payment)
    assert results(swept()) == [("still differs: processing here", True)]
    payment.refresh_from_db()
    assert (payment.status, payment.captured_amount) == ("processing", 0)


def test_a_late_success_of_an_expired_payment_is_found_weeks_later(
    lists: Lists, payment: Payment, paytm: Paytm
) -> None:
    book.close(payment.pk, actor="asha", reason="given up")
    lists.hold(order_row(payment))
    paytm.will_say(payment=payment)
    assert results(swept()) == [("failed → paid", False)]
    payment.refresh_from_db()
    assert payment.flag_list == [Flag.LATE_SUCCESS]


def test_a_failed_attempt_says_nothing_against_a_payment(
    lists: Lists, paid: Payment, start: Callable[..., Payment], paytm: Paytm
) -> None:
    """A shopper may try twice in one order: the first transaction failed, the second one paid."""
    still = start()
    lists.hold(order_row(paid, "FAILURE", txnId="T-first"), order_row(paid), order_row(still, "FAILURE", txnId="T-x"))
    paytm.will_say("PENDING", payment=still)
    report = swept()
    assert (report.agreed, results(report)) == (2, [("processing", False)])


def test_several_rows_of_one_order_are_one_question(lists: Lists, payment: Payment, paytm: Paytm) -> None:
    lists.hold(*[order_row(payment, "FAILURE", txnId=f"T-{number}") for number in range(3)])
    paytm.will_say("PENDING", payment=payment)
    swept()
    assert paytm.asked() == 1


def test_a_paid_transaction_that_the_list_calls_failed_is_shown(lists: Lists, paid: Payment, paytm: Paytm) -> None:
    lists.hold(order_row(paid, "FAILURE"))
    paytm.will_say(payment=paid)
    assert results(swept()) == [("still differs: paid here", True)]


def test_another_amount_than_the_ledgers_is_shown(lists: Lists, paid: Payment, paytm: Paytm) -> None:
    lists.hold(order_row(paid, amount="449.00"))
    paytm.will_say(payment=paid)
    assert results(swept()) == [("still differs: paid here", True)]


def test_a_second_charge_that_the_status_does_not_show_is_flagged_once(
    lists: Lists, paid: Payment, paytm: Paytm
) -> None:
    lists.hold(order_row(paid), order_row(paid, txnId="T-second"))
    paytm.will_say(payment=paid)
    assert results(swept()) == [("flagged as a second charge", True)]
    paid.refresh_from_db()
    assert (paid.flag_list, paid.captured_amount) == ([Flag.DUPLICATE], paid.amount)
    assert swept().left == 0  # a person knows


def test_an_order_that_is_not_ours_is_kept_once_and_told_each_time(
    lists: Lists, payment: Payment, caplog: pytest.LogCaptureFixture
) -> None:
    upper = payment.gateway_order_id.upper()  # MariaDB would find ours
    lists.hold(order_row("LOST-1"), order_row(upper))
    for _ in range(2):
        assert results(swept()) == [("unknown here", True)] * 2
    kept = WireMessage.objects.filter(channel="sweep").order_by("pk")
    assert [message.gateway_order_id for message in kept] == ["LOST-1", upper]
    assert json.loads(kept[0].response_body) == {
        "txnId": TXNID, "orderId": "LOST-1", "txnAmount": "499.00", "status": "success",
    }  # fmt: skip
    assert "there is no such payment here" in kept[0].detail
    assert caplog.text.count("sweep.unknown_order account=default order_id=LOST-1") == 1


def test_a_failed_attempt_that_is_not_ours_needs_nobody(lists: Lists, db: None) -> None:
    lists.hold(order_row("LOST-1", "FAILURE"))
    assert results(swept()) == [("unknown here", False)]


def test_a_payment_of_another_merchant_is_not_ours(
    lists: Lists, make_order: Callable[..., Order], settings: Any
) -> None:
    default = settings.PAYTM_KIT["ACCOUNTS"]["default"]
    other = default | {"MERCHANT_ID": "OTHERMID000000000001"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": default, "tickets": other}}
    payment = opening.open_payment(make_order(), account="tickets")
    lists.hold(order_row(payment))
    assert results(swept(account="default")) == [("unknown here", True)]


# ---- Refunds


def test_a_refund_made_in_the_dashboard_is_recorded_as_external(lists: Lists, paid: Payment, paytm: Paytm) -> None:
    lists.hold(order_row(paid), refunds=(refund_row(paid),))
    paytm.refund_becomes("TXN_SUCCESS", "10")
    assert results(swept()) == [("recorded as external, succeeded", False)]
    refund = paid.refunds.get()
    assert (refund.refund_id, refund.external, refund.status, str(refund.amount)) == (
        "DASH-1", True, "succeeded", "100.00",
    )  # fmt: skip
    paid.refresh_from_db()
    assert str(paid.refunded_amount) == "100.00"
    assert (swept().agreed, paytm.asked("/v2/refund/status")) == (2, 1)


def test_a_refund_that_the_gateway_itself_does_not_know_is_not_recorded(
    lists: Lists, paid: Payment, paytm: Paytm
) -> None:
    lists.hold(refunds=(refund_row(paid), refund_row("LOST-1"), refund_row(paid, refId="")))
    paytm.refund_becomes("TXN_FAILURE", "631")
    assert results(swept()) == [
        ("not recorded: the gateway's own answer knows no such refund", True),
        ("unknown here", True),
        ("not recorded: it has no reference: flagged", True),
    ]
    assert not paid.refunds.exists()
    paid.refresh_from_db()
    assert paid.flag_list == [Flag.REFUND_MISMATCH]


def test_a_refund_that_failed_here_and_was_made_there_is_asked_about(lists: Lists, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund("TXN_FAILURE", "619")
    refund = refunds.request(paid, "100.00", reason="x")
    assert refund.status == "failed"
    lists.hold(refunds=(refund_row(paid, refund.refund_id),))
    paytm.refund_becomes("TXN_SUCCESS", "10")
    assert results(swept()) == [("failed → succeeded", False)]
    assert refund_ledger.find(paid, refund.refund_id).status == "succeeded"


def test_our_own_open_refund_is_left_to_reconcile(lists: Lists, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    refund = refunds.request(paid, "100.00", reason="x")
    lists.hold(refunds=(refund_row(paid, refund.refund_id),))
    assert (swept().agreed, paytm.asked("/v2/refund/status")) == (1, 0)


# ---- What goes wrong


def test_one_row_that_cannot_be_looked_at_does_not_stop_the_sweep(
    lists: Lists, start: Callable[..., Payment], paytm: Paytm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect of the kit, an answer that speaks of another order, a row without one, and then a sound one."""
    first, second, third = start(), start(), start()
    lists.hold(*map(order_row, (first, second)), {"merchantOrderId": ""}, order_row(third, txnId="T-3"))
    sound = confirm.ask

    def ask(payment: Payment, **how: Any) -> Payment:
        return 1 / 0 if payment == first else sound(payment, **how)

    monkeypatch.setattr(confirm, "ask", ask)
    paytm.will_say(payment=third, txnId="T-3")
    report = swept()
    assert [text.split(":")[0] for text, _ in results(report)] == [
        "not looked at", "not looked at", "row 3 of Paytm's list of orders names no order", "processing → paid",
    ]  # fmt: skip
    assert report.left == 3


def test_a_list_that_cannot_be_read_leaves_the_other_one_and_the_other_account(
    lists: Lists, paid: Payment, paytm: Paytm, settings: Any
) -> None:
    default = settings.PAYTM_KIT["ACCOUNTS"]["default"]
    accounts = {"broken": default | {"MERCHANT_KEY": "short"}, "default": default, "same": default}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": accounts}
    lists.hold(refunds=(refund_row(paid),), error=requests.ReadTimeout())
    paytm.refund_becomes("TXN_SUCCESS", "10")
    report = swept()
    assert results(report) == [("recorded as external, succeeded", False)]
    assert [error.split(":")[0] for error in report.errors] == ['account "broken"', 'account "default", list of orders']
    assert report.left == 2


def test_a_sweep_that_is_stopped_says_so(lists: Lists, paid: Payment) -> None:
    stop = Event()
    stop.set()
    lists.hold(order_row(paid))
    report = swept(stop=stop)
    assert (report.listed, report.stopped, report.left) == (0, True, 1)
