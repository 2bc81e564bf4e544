"""Money back: stored before it is sent, sent once, asked about until it is certain."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import requests
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

from paytm_kit import refunds, signals
from paytm_kit.gateways.base import RefundOutcome, State, Unreachable
from paytm_kit.ledger import book
from paytm_kit.ledger import refunds as ledger
from paytm_kit.models import Announcement, Flag, LedgerOnly, Payment, Refund, WireMessage
from paytm_kit.services import announce, confirm, reconcile
from paytm_kit.services.refunds import send
from tests.ledger.test_book import success
from tests.ledger.test_races import together
from tests.paytm import KEY, MID, TXNID, Paytm, post_json_webhook, post_webhook, sign
from tests.services.test_announce import connected

pytestmark = pytest.mark.databases

APPLY, STATUS = "/refund/apply", "/v2/refund/status"
SYNC = "/refund/api/v1/refund/apply/sync"


def sums(payment: Payment) -> tuple[str, str, str]:
    payment.refresh_from_db()
    return str(payment.captured_amount), str(payment.refunding_amount), str(payment.refunded_amount)


def kinds(payment: Payment) -> list[str]:
    return [kind for kind in payment.events.values_list("kind", flat=True) if kind.startswith("refund")]


def ask_due(later: timedelta = timedelta()) -> reconcile.Report:
    report = reconcile.Report()
    with time_machine.travel(timezone.now() + later, tick=True):
        list(reconcile.run(report, reconcile.plan(jobs=["refunds"])))
    return report


def test_a_part_goes_back(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund("TXN_SUCCESS", "10")
    refund = refunds.request(paid, "100.00", reason="Wrong size", actor="asha")
    assert (refund.status, refund.amount, refund.transaction_id) == ("succeeded", Decimal("100.00"), TXNID)
    assert (refund.reason, refund.actor, refund.code) == ("Wrong size", "asha", "10")
    assert sums(paid) == ("499.00", "0.00", "100.00")
    assert kinds(paid) == ["refund_requested", "refund_succeeded"]
    assert paid.status == "paid"


def test_without_an_amount_all_that_is_left_goes_back(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund("TXN_SUCCESS", "10")
    refunds.request(paid, "100.00", reason="one")
    assert refunds.request(paid, reason="the rest").amount == Decimal("399.00")
    assert refunds.left(paid) == {TXNID: Decimal("0.00")}


def test_the_id_is_stored_before_the_first_call(paid: Payment, paytm: Paytm) -> None:
    seen = []
    paytm.will_refund()

    def look(request):
        seen.append(list(Refund.objects.values_list("refund_id", "status")))
        return 503, {}, "busy"

    paytm.wire.remove("POST", "https://gateway.example/refund/apply")
    paytm.wire.add_callback("POST", "https://gateway.example/refund/apply", callback=look)
    refund = refunds.request(paid, "1.00", reason="x")
    assert seen == [[(refund.refund_id, "requested")]]


@pytest.mark.parametrize("broken", [requests.ReadTimeout(), requests.ConnectionError(), "<html>", ""])
def test_no_answer_is_neither_made_nor_failed_and_is_not_sent_again(
    paid: Payment, paytm: Paytm, broken: Exception | str
) -> None:
    paytm.will_answer(broken, path=APPLY)
    refund = refunds.request(paid, "100.00", reason="x")
    assert refund.status == "requested"
    assert sums(paid) == ("499.00", "100.00", "0.00")
    assert paytm.asked(APPLY) == 1
    paytm.refund_becomes("TXN_SUCCESS", "10")
    assert ask_due(timedelta(minutes=2)).changed == 1
    assert (paytm.asked(APPLY), paytm.asked(STATUS)) == (1, 1)
    assert sums(paid) == ("499.00", "0.00", "100.00")


def test_a_refund_that_the_gateway_never_heard_of_is_sent_again_with_the_same_id(paid: Payment, paytm: Paytm) -> None:
    paytm.will_answer(requests.ConnectTimeout(), path=APPLY)
    refund = refunds.request(paid, "100.00", reason="x")
    paytm.refund_becomes("TXN_FAILURE", "631", refId=None, refundAmount=None)
    paytm.will_refund()
    ask_due(timedelta(minutes=2))
    assert paytm.asked(APPLY) == 1  # it may still be on its way
    ask_due(timedelta(minutes=20))
    assert paytm.asked(APPLY) == 2
    sent = [call.request.body for call in paytm.wire.calls if call.request.url.endswith(APPLY)]
    assert all(refund.refund_id in str(body) for body in sent)
    refund.refresh_from_db()
    assert (refund.status, Refund.objects.count()) == ("pending", 1)


def test_a_process_that_died_before_sending_is_made_up_for(paid: Payment, paytm: Paytm) -> None:
    with transaction.atomic():
        refund = refunds.request(paid, "100.00", reason="x")
        assert paytm.asked(APPLY) == 0  # after the commit, not inside it
        transaction.get_connection().run_on_commit.clear()
    paytm.will_refund()
    assert ask_due(timedelta(minutes=2)).changed == 1
    refund.refresh_from_db()
    assert (refund.status, paytm.asked(APPLY)) == ("pending", 1)


def test_pending_is_polled_until_it_is_made(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    refund = refunds.request(paid, "100.00", reason="x")
    assert refund.status == "pending"
    paytm.refund_becomes("PENDING", "601")
    assert ask_due(timedelta(minutes=2)).changed == 0
    paytm.refund_becomes(
        "TXN_SUCCESS",
        "10",
        refundDetailInfoList=[{"payMethod": "UPI", "rrn": "103000000009", "userCreditExpectedDate": "2026-11-25"}],
    )
    assert ask_due(timedelta(minutes=16)).changed == 1
    refund.refresh_from_db()
    assert (refund.status, refund.rrn, str(refund.credit_expected)) == ("succeeded", "103000000009", "2026-11-25")
    assert refund.next_ask_at is None
    assert kinds(paid) == ["refund_requested", "refund_pending", "refund_succeeded"]


def test_a_failure_after_pending_frees_the_amount(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    refunds.request(paid, "499.00", reason="x")
    with pytest.raises(refunds.NotRefundable, match=r"0\.00 rupees"):
        refunds.request(paid, "1.00", reason="y")
    paytm.refund_becomes("TXN_FAILURE", "620")
    ask_due(timedelta(minutes=2))
    assert sums(paid) == ("499.00", "0.00", "0.00")
    assert refunds.request(paid, "499.00", reason="again").status == "pending"


@pytest.mark.parametrize("code", ["617", "626", "628", "629", "701", "703", "999"])
def test_a_refusal_that_proves_nothing_keeps_the_amount_reserved(paid: Payment, paytm: Paytm, code: str) -> None:
    paytm.will_refund("TXN_FAILURE", code)
    refund = refunds.request(paid, "100.00", reason="x")
    assert refund.status == "requested"
    assert sums(paid) == ("499.00", "100.00", "0.00")


def test_a_success_after_failure_is_real_money_and_a_person_hears_of_it(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund("TXN_FAILURE", "619")
    refund = refunds.request(paid, "100.00", reason="x")
    assert refund.status == "failed"
    paytm.refund_becomes("TXN_SUCCESS", "10")
    after = refunds.ask(refund, source="test")
    assert after.status == "succeeded"
    paid.refresh_from_db()
    assert Flag.REFUND_LATE in paid.flag_list
    assert str(paid.refunded_amount) == "100.00"


def test_another_amount_is_flagged_and_changes_no_sum(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund("TXN_SUCCESS", "10", refundAmount="1.00")
    refund = refunds.request(paid, "100.00", reason="x")
    assert refund.status == "requested"
    assert sums(paid) == ("499.00", "100.00", "0.00")
    assert paid.flag_list == [Flag.REFUND_MISMATCH]


def test_asking_twice_writes_nothing_new(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    refund = refunds.request(paid, "100.00", reason="x")
    paytm.refund_becomes("TXN_SUCCESS", "10")
    for _ in range(3):
        refunds.ask(refund, source="test")
    assert kinds(paid) == ["refund_requested", "refund_pending", "refund_succeeded"]
    assert Announcement.objects.filter(signal="refund_succeeded").count() == 1


def test_a_question_without_an_answer_raises_and_changes_nothing(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    refund = refunds.request(paid, "100.00", reason="x")
    paytm.will_answer(requests.ReadTimeout(), path=STATUS)
    with pytest.raises(Unreachable):
        refunds.ask(refund, source="test")
    refund.refresh_from_db()
    assert refund.status == "pending"
    assert refund.asked_at is not None


def test_after_two_weeks_of_asking_a_person_is_told_once(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    refunds.request(paid, "100.00", reason="x")
    paytm.refund_becomes("PENDING", "601")
    for day in (15, 16, 17):
        ask_due(timedelta(days=day))
    paid.refresh_from_db()
    assert paid.flag_list == [Flag.REFUND_STUCK]
    assert Announcement.objects.filter(signal="payment_flagged").count() == 1


# ---- what cannot be ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "why"),
    [
        ("499.01", "499.00 rupees"),
        ("0", "above zero"),
        ("0.00", "above zero"),
        ("-1", "digits"),
        ("1.001", "two decimals"),
        ("1e2", "digits"),
        ("", "digits"),
        (1.5, "floats"),
        (True, "bool"),
        (Decimal("NaN"), "two decimals"),
        (Decimal("Infinity"), "finite"),
    ],
)
def test_impossible_amounts_are_named_and_nothing_is_written_or_sent(
    paid: Payment, paytm: Paytm, amount: object, why: str
) -> None:
    with pytest.raises(refunds.NotRefundable, match=why):
        refunds.request(paid, amount, reason="x")
    assert not Refund.objects.exists()
    assert paytm.asked(APPLY) == 0


def test_a_payment_that_took_nothing_cannot_be_refunded(payment: Payment) -> None:
    with pytest.raises(refunds.NotRefundable, match="captured nothing"):
        refunds.request(payment, "1.00", reason="x")


def test_a_seventh_part_of_a_rupay_payment_is_refused_beforehand(payment: Payment, paytm: Paytm) -> None:
    paytm.will_say(payment=payment, paymentMode="DC", cardScheme="RUPAY")
    confirm.ask(payment, source="test")
    paytm.will_refund("TXN_FAILURE", "619")
    refunds.request(payment, "10.00", reason="fails, and so is no part")
    paytm.will_refund("TXN_SUCCESS", "10")
    for _ in range(6):
        refunds.request(payment, "10.00", reason="x")
    with pytest.raises(refunds.NotRefundable, match="RuPay, which allows six partial refunds"):
        refunds.request(payment, "10.00", reason="x")
    assert paytm.asked(APPLY) == 7


def test_a_part_below_one_rupee_is_refused_beforehand(paid: Payment, paytm: Paytm) -> None:
    with pytest.raises(refunds.NotRefundable, match="no part below one rupee"):
        refunds.request(paid, "0.99", reason="x")
    assert paytm.asked(APPLY) == 0


def test_with_wait_the_bank_is_asked_before_the_answer(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund("TXN_SUCCESS", "10", path=SYNC)
    refund = refunds.request(paid, "100.00", reason="x", wait=True)
    assert (refund.status, refund.wait) == ("succeeded", True)
    assert (paytm.asked(SYNC), paytm.asked(APPLY), paytm.asked(STATUS)) == (1, 0, 0)


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_reason_is_needed(paid: Payment, reason: str) -> None:
    with pytest.raises(refunds.NotRefundable, match="why"):
        refunds.request(paid, "1.00", reason=reason)


def test_another_transaction_cannot_be_named(paid: Payment) -> None:
    with pytest.raises(refunds.NotRefundable, match="no captured transaction T-other"):
        refunds.request(paid, "1.00", reason="x", transaction_id="T-other")


def test_what_was_left_when_a_person_looked_must_still_be_left(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    seen = Decimal("499.00")
    refunds.request(paid, "100.00", reason="x", seen_left=seen)
    with pytest.raises(refunds.NotRefundable, match="somebody refunded meanwhile"):
        refunds.request(paid, "100.00", reason="x", seen_left=seen)


def test_nobody_writes_a_refund_past_the_ledger(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    refund = refunds.request(paid, "100.00", reason="x")
    refund.status = "succeeded"
    for change in (
        refund.save,
        refund.delete,
        lambda: Refund.objects.update(status="succeeded"),
        lambda: Refund.objects.all().delete(),
    ):
        with pytest.raises(LedgerOnly):
            change()


# ---- surplus -------------------------------------------------------------------------------------------------


def test_the_surplus_of_a_double_capture_goes_back_in_one_action(paid: Payment, paytm: Paytm) -> None:
    book.apply(paid.pk, success(paid, transaction_id="SECOND"), source="webhook")
    assert refunds.left(paid) == {TXNID: Decimal("499.00"), "SECOND": Decimal("499.00")}
    paytm.will_refund("TXN_SUCCESS", "10")
    refund = refunds.request(paid, reason="paid twice", transaction_id="SECOND")
    assert (refund.amount, refund.transaction_id) == (Decimal("499.00"), "SECOND")
    assert refunds.left(paid) == {TXNID: Decimal("499.00"), "SECOND": Decimal("0.00")}


def test_the_wrong_amount_that_the_bank_took_can_be_given_back(payment: Payment, paytm: Paytm) -> None:
    book.apply(payment.pk, success(payment, amount=Decimal("1.00"), transaction_id="LOW"), source="webhook")
    payment.refresh_from_db()
    assert payment.flag_list == [Flag.AMOUNT_MISMATCH]
    paytm.will_refund("TXN_SUCCESS", "10")
    assert refunds.request(payment, reason="wrong amount").amount == Decimal("1.00")


# ---- races ---------------------------------------------------------------------------------------------------


def test_of_two_requests_for_all_at_once_one_is_written(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()

    def ask() -> object:
        try:
            return refunds.request(paid, "499.00", reason="x").refund_id
        except refunds.NotRefundable:
            return None

    results = together(*[ask] * 6)
    assert len([result for result in results if result]) == 1
    assert sums(paid) == ("499.00", "499.00", "0.00")
    assert paytm.asked(APPLY) == 1


def test_many_parts_at_once_never_exceed_what_was_captured(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund("TXN_SUCCESS", "10")

    def ask() -> object:
        try:
            return refunds.request(paid, "100.00", reason="x").refund_id
        except refunds.NotRefundable:
            return None

    assert len([result for result in together(*[ask] * 8) if result]) == 4
    assert sums(paid) == ("499.00", "0.00", "400.00")


def test_two_workers_send_an_unsent_refund_once(paid: Payment, paytm: Paytm) -> None:
    with transaction.atomic():
        refund = refunds.request(paid, "100.00", reason="x")
        transaction.get_connection().run_on_commit.clear()
    paytm.will_refund()
    together(*[lambda: send(refund.pk)] * 5)
    assert paytm.asked(APPLY) == 1


def test_the_same_success_from_everywhere_at_once_counts_once(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    refund = refunds.request(paid, "100.00", reason="x")
    paytm.refund_becomes("TXN_SUCCESS", "10")
    together(*[lambda: refunds.ask(Refund.objects.get(pk=refund.pk), source="test")] * 6)
    assert sums(paid) == ("499.00", "0.00", "100.00")
    assert Announcement.objects.filter(signal="refund_succeeded").count() == 1


# ---- who hears of it -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "code", "name"), [("TXN_SUCCESS", "10", "refund_succeeded"), ("TXN_FAILURE", "619", "refund_failed")]
)
def test_the_merchants_code_hears_of_it_with_the_refund(
    paid: Payment, paytm: Paytm, word: str, code: str, name: str
) -> None:
    heard = []

    def listen(sender, payment, order, refund, **more):
        heard.append((payment.pk, order, refund.amount))

    signals.BY_NAME[name].connect(listen)
    try:
        paytm.will_refund(word, code)
        refunds.request(paid, "100.00", reason="x")
    finally:
        signals.BY_NAME[name].disconnect(listen)
    assert heard == [(paid.pk, paid.order, Decimal("100.00"))]


# ---- messages about refunds ----------------------------------------------------------------------------------


def arn_form(payment: Payment, refund_id: str, **changes: str) -> dict[str, str]:
    fields = {
        "ORDERID": payment.gateway_order_id,
        "REFID": refund_id,
        "MID": MID,
        "TXNID": TXNID,
        "REFUNDID": "20261122112233400000000000000000001",
        "TXNAMOUNT": "499.00",
        "REFUNDAMOUNT": "100.00",
        "ARN": "74332744321123456789012",
        "RRN": "103000000009",
    } | changes
    return {**fields, "CHECKSUMHASH": sign(fields)}


def success_event(payment: Payment, refund_id: str | None) -> dict[str, str]:
    body = {
        "source": "MERCHANT",
        "mid": MID,
        "orderId": payment.gateway_order_id,
        "txnId": TXNID,
        "refundId": "20261122112233400000000000000000001",
        "refundAmount": "100.00",
    }
    return body | ({"refId": refund_id} if refund_id else {})


def test_a_webhook_about_our_refund_makes_us_ask(client: Client, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    refund = refunds.request(paid, "100.00", reason="x")
    paytm.refund_becomes("TXN_SUCCESS", "10")
    assert post_json_webhook(client, success_event(paid, refund.refund_id)).status_code == 200
    refund.refresh_from_db()
    assert refund.status == "succeeded"
    assert WireMessage.objects.filter(direction="in", payment=paid).count() == 1


def test_a_webhook_alone_proves_nothing(client: Client, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    refund = refunds.request(paid, "100.00", reason="x")
    paytm.refund_becomes("PENDING", "601")
    assert post_json_webhook(client, success_event(paid, refund.refund_id)).status_code == 200
    refund.refresh_from_db()
    assert refund.status == "pending"


def test_the_card_networks_reference_is_kept(client: Client, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund("TXN_SUCCESS", "10")
    refund = refunds.request(paid, "100.00", reason="x")
    assert post_webhook(client, arn_form(paid, refund.refund_id)).status_code == 200
    refund.refresh_from_db()
    assert (refund.arn, refund.rrn) == ("74332744321123456789012", "103000000009")
    assert paytm.asked(STATUS) == 0


def test_a_refund_made_in_the_dashboard_is_recorded_as_external(client: Client, paid: Payment, paytm: Paytm) -> None:
    paytm.refund_becomes("TXN_SUCCESS", "10")
    for _ in range(2):
        assert post_json_webhook(client, success_event(paid, "DASH-1")).status_code == 200
    refund = paid.refunds.get()
    assert (refund.external, refund.status, refund.amount) == (True, "succeeded", Decimal("100.00"))
    assert sums(paid) == ("499.00", "0.00", "100.00")
    assert kinds(paid) == ["refund_requested", "refund_succeeded"]


def test_more_than_was_captured_is_recorded_and_flagged(client: Client, paid: Payment, paytm: Paytm) -> None:
    paytm.refund_becomes("TXN_SUCCESS", "10", refundAmount="600.00")
    post_json_webhook(client, success_event(paid, "DASH-1"))
    assert sums(paid) == ("499.00", "0.00", "600.00")
    assert paid.flag_list == [Flag.OVER_REFUNDED]
    with pytest.raises(refunds.NotRefundable):
        refunds.request(paid, "1.00", reason="x")


def test_a_refund_that_the_gateway_does_not_know_is_not_believed(client: Client, paid: Payment, paytm: Paytm) -> None:
    paytm.refund_becomes("TXN_FAILURE", "631", refId=None, refundAmount=None)
    assert post_json_webhook(client, success_event(paid, "DASH-1")).status_code == 503
    assert not paid.refunds.exists()


def test_a_refund_without_a_reference_is_a_persons_turn(client: Client, paid: Payment, paytm: Paytm) -> None:
    assert post_json_webhook(client, success_event(paid, None)).status_code == 200
    paid.refresh_from_db()
    assert paid.flag_list == [Flag.REFUND_MISMATCH]
    assert paytm.asked(STATUS) == 0


def test_a_forged_word_about_a_refund_asks_nobody(client: Client, paid: Payment, paytm: Paytm) -> None:
    response = post_json_webhook(client, success_event(paid, "DASH-1"), key=KEY[::-1])
    assert response.status_code == 400
    assert paytm.asked(STATUS) == 0
    assert not paid.refunds.exists()


def test_when_the_gateway_cannot_be_asked_the_webhook_is_wanted_again(
    client: Client, paid: Payment, paytm: Paytm
) -> None:
    paytm.will_answer(requests.ReadTimeout(), path=STATUS)
    assert post_json_webhook(client, success_event(paid, "DASH-1")).status_code == 503


def test_a_refund_of_an_unknown_order_is_stored_and_changes_nothing(client: Client, paid: Payment) -> None:
    stranger = {**success_event(paid, "r-1"), "orderId": "261121-stranger"}
    assert post_json_webhook(client, stranger).status_code == 200
    assert not Refund.objects.exists()


def test_a_state_that_only_a_message_claims_is_unknown(paid: Payment) -> None:
    claim = RefundOutcome(paid.gateway_order_id, "DASH-9", State.UNKNOWN)
    with pytest.raises(refunds.NotRefundable, match="without an amount"):
        ledger.external(paid.pk, claim, source="test")


def test_a_start_is_announced_when_the_gateway_takes_the_refund_on(paid: Payment, paytm: Paytm) -> None:
    heard = []
    paytm.will_refund()
    with connected(signals.refund_started, lambda refund, **_: heard.append(refund.status)):
        refunds.request(paid, "100.00", reason="x")
        assert heard == ["pending"]
        for word, code in (("TXN_SUCCESS", "10"), ("TXN_FAILURE", "619")):  # over at once
            paytm.will_refund(word, code)
            refunds.request(paid, "10.00", reason="x")
    assert heard == ["pending"]


def test_a_start_that_could_only_be_told_after_the_end_is_not_told(paid: Payment, paytm: Paytm) -> None:
    heard = []

    def stumble(**_: object) -> None:
        raise RuntimeError("printer on fire")

    paytm.will_refund()
    with connected(signals.refund_started, stumble):
        refund = refunds.request(paid, "100.00", reason="x")
    waiting = Announcement.objects.get(signal="refund_started")
    assert waiting.state == "waiting"
    paytm.refund_becomes("TXN_SUCCESS", "10")
    refunds.ask(refund, source="test")
    with connected(signals.refund_started, lambda **_: heard.append(1)):
        assert announce.deliver(waiting.pk)
    assert heard == []
