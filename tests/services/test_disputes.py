"""Chargebacks: only a signed message speaks of one, so each word of it does just what it proves, in any order."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from paytm_kit import refunds, signals
from paytm_kit.ledger import book, rebuild
from paytm_kit.models import Announcement, Dispute, Flag, LedgerOnly, Payment, WireMessage, ledger_writes
from paytm_kit.services import disputes, replay
from paytm_kit.services.refunds import send
from tests.ledger.test_book import success
from tests.ledger.test_races import together
from tests.paytm import KEY, MID, TXNID, Paytm, post_json_webhook, post_webhook, sign
from tests.services.test_refunds import APPLY, ask_due, sums
from tests.services.test_replay import reconcile_messages, with_other_account

pytestmark = pytest.mark.databases

ID = "20261122111221000100168007200508215"
DUE = datetime(2026, 11, 28, 18, 29, 59, tzinfo=UTC)  # 23:59:59 in India


def event(payment: Payment, word: str = "NEW", **changes: str | None) -> dict[str, Any]:
    """The published sample's fields; a change to ``None`` leaves one out."""
    body = {
        "transactionId": TXNID,
        "orderId": payment.gateway_order_id,
        "disputeAmount": "200",
        "disputeDueDate": "2026-11-28 23:59:59",
        "bankReferenceNo": "777001749889327",
        "disputeType": "Goods or services not provided",
        "message": "Chargeback dispute has been filed",
        "extSerialNo": "90210223000484267946",
        "mid": MID,
        "merchantName": "Tea House",
        "custId": "CUST001",
        "transactionDateTime": "2026-11-21 10:11:12",
        "transactionAmount": "499.00",
        "disputeId": ID,
        "disputeStatus": word,
    } | changes
    return {name: value for name, value in body.items() if value is not None}


def tell(client: Client, payment: Payment, word: str = "NEW", **changes: str | None) -> int:
    return post_json_webhook(client, event(payment, word, **changes)).status_code


def kinds(payment: Payment) -> list[str]:
    return list(payment.events.filter(dispute__isnull=False).order_by("pk").values_list("kind", flat=True))


def left(payment: Payment) -> str:
    return str(refunds.left(payment)[TXNID])


def announced() -> list[str]:
    found = Announcement.objects.filter(signal__startswith="dispute").order_by("pk")
    return list(found.values_list("signal", flat=True))


def test_a_new_dispute_is_recorded_and_stops_refunds(client: Client, paid: Payment, paytm: Paytm) -> None:
    assert tell(client, paid) == 200
    dispute = paid.disputes.get()
    assert (dispute.dispute_id, dispute.amount, dispute.status, dispute.word) == (ID, Decimal("200.00"), "open", "NEW")
    assert (dispute.kind, dispute.due_at) == ("Goods or services not provided", DUE)
    assert dispute.reason == "Chargeback dispute has been filed"
    assert (kinds(paid), announced()) == (["dispute_opened"], ["dispute_opened"])
    with pytest.raises(refunds.NotRefundable, match=rf"{ID} \(answer due 2026-11-28 18:29 UTC\).*dashboard"):
        refunds.request(paid, "1.00", reason="x")
    assert paytm.asked(APPLY) == paytm.asked() == 0
    paid.refresh_from_db()
    assert (paid.status, paid.flags) == ("paid", "")
    assert rebuild.check(paid.pk) == []


@pytest.mark.parametrize("due", ["0001-01-01 00:00:00", "0001-01-01", "1999-12-31", "9999-12-31"])
def test_a_due_date_that_is_none_hides_no_dispute(client: Client, paid: Payment, paytm: Paytm, due: str) -> None:
    assert tell(client, paid, disputeDueDate=due) == 200
    assert paid.disputes.get().due_at is None
    with pytest.raises(refunds.NotRefundable, match=ID):
        refunds.request(paid, "1.00", reason="x")


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no row locks")
def test_one_that_comes_while_the_payment_is_busy_is_known_as_signed_and_taken_up(
    client: Client, paid: Payment, busy: Callable[[Payment], None]
) -> None:
    busy(paid)
    assert tell(client, paid) == 503
    message = WireMessage.objects.get(direction="in")
    assert (message.verdict, message.gateway_order_id, message.processed_at) == (
        "verified",
        paid.gateway_order_id,
        None,
    )


def test_one_that_cannot_be_recorded_is_told_to_a_person_after_three_days(
    client: Client, paid: Payment, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*args: object, **more: object) -> None:
        raise RuntimeError("date value out of range")

    monkeypatch.setattr("paytm_kit.ledger.disputes.apply", break_down)
    assert tell(client, paid) == 503
    assert "webhook.not_processed" in caplog.text
    assert reconcile_messages().failed == 1
    reconcile_messages(timedelta(hours=73))
    paid.refresh_from_db()
    assert paid.flag_list == [Flag.DISPUTE_UNCLEAR]
    assert f"Dispute {ID} was not recorded: date value out of range" in paid.events.get(kind="flagged").message
    assert WireMessage.objects.get(direction="in").processed_at is not None


@pytest.mark.parametrize(
    ("word", "status", "kind", "still_left"),
    [
        ("WON", "won", "dispute_won", "499.00"),
        ("LOST", "lost", "dispute_lost", "299.00"),
        ("CLOSED", "closed", "dispute_closed", "299.00"),
    ],
)
def test_an_end_frees_what_is_still_the_shops(
    client: Client, paid: Payment, paytm: Paytm, word: str, status: str, kind: str, still_left: str
) -> None:
    tell(client, paid)
    assert tell(client, paid, word) == 200
    dispute = paid.disputes.get()
    assert (dispute.status, dispute.closed_at is None) == (status, False)
    assert (kinds(paid), announced()) == (["dispute_opened", kind], ["dispute_opened", "dispute_closed"])
    assert left(paid) == still_left
    with pytest.raises(refunds.NotRefundable, match=f"{still_left} rupees"):
        refunds.request(paid, "499.01", reason="x")
    paytm.will_refund("TXN_SUCCESS", "10")
    assert str(refunds.request(paid, reason="the rest").amount) == still_left
    assert rebuild.check(paid.pk) == []


@pytest.mark.parametrize("order", sorted(set(itertools.permutations(["NEW", "NEW", "WON"]))))
def test_whatever_comes_first_or_twice_an_end_stays_an_end(client: Client, paid: Payment, order: tuple[str]) -> None:
    for word in order:
        assert tell(client, paid, word) == 200
    assert paid.disputes.get().status == "won"
    assert announced() == ["dispute_opened", "dispute_closed"]
    assert left(paid) == "499.00"
    assert refunds.held(paid) == ""


@pytest.mark.parametrize(("first", "status"), [(None, "unknown"), ("NEW", "open"), ("WON", "won"), ("LOST", "lost")])
def test_a_word_that_is_not_known_closes_and_opens_nothing(
    client: Client, paid: Payment, first: str | None, status: str
) -> None:
    if first:
        tell(client, paid, first)
    before = refunds.held(paid)
    assert tell(client, paid, "PRE_ARBITRATION") == 200
    assert paid.disputes.get().status == status
    assert bool(refunds.held(paid)) is (bool(before) or first is None)
    paid.refresh_from_db()
    assert paid.flag_list == [Flag.DISPUTE_UNCLEAR]
    assert 'word "PRE_ARBITRATION" is not known' in paid.events.get(kind="flagged").message


def test_a_loss_after_a_win_counts_and_a_win_after_a_loss_does_not(client: Client, paid: Payment) -> None:
    for word, status in (("WON", "won"), ("LOST", "lost"), ("WON", "lost")):
        tell(client, paid, word, message=f"now {word} {status}")
        assert paid.disputes.get().status == status
    paid.refresh_from_db()
    assert paid.flag_list == [Flag.DISPUTE_UNCLEAR]
    assert left(paid) == "299.00"
    assert rebuild.check(paid.pk) == []


def test_more_about_an_open_dispute_is_kept_and_silence_takes_nothing_away(client: Client, paid: Payment) -> None:
    tell(client, paid)
    tell(client, paid, disputeDueDate="2026-12-05 23:59:59", disputeType=None, disputeAmount=None)
    dispute = paid.disputes.get()
    assert (dispute.due_at, dispute.amount) == (DUE + timedelta(days=7), Decimal("200.00"))
    assert dispute.kind == "Goods or services not provided"
    assert kinds(paid)[:2] == ["dispute_opened", "dispute_updated"]
    assert announced() == ["dispute_opened"]


def test_the_same_words_from_everywhere_at_once_count_once(client: Client, paid: Payment) -> None:
    together(*[lambda: tell(Client(), paid)] * 6)
    assert (paid.disputes.count(), kinds(paid), announced()) == (1, ["dispute_opened"], ["dispute_opened"])


# ---- messages that do not fit ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "why", "still_left"),
    [
        ({"disputeAmount": "500.00"}, "500.00 rupees are disputed, but 499.00 were captured", "0.00"),
        ({"disputeAmount": None}, "the whole transaction counts", "0.00"),
        ({"disputeAmount": "-1"}, "the whole transaction counts", "0.00"),
        ({"disputeAmount": "0"}, "the whole transaction counts", "0.00"),
        ({"disputeAmount": "9999999999999.99"}, "9999999999999.99 rupees are disputed", "0.00"),
        ({"transactionId": "other"}, 'names transaction "other"', "299.00"),
        ({"transactionId": None}, "which took no money here", "299.00"),
    ],
)
def test_an_odd_dispute_is_recorded_on_the_safe_side_and_a_person_hears_of_it(
    client: Client, paid: Payment, changes: dict[str, str | None], why: str, still_left: str
) -> None:
    assert tell(client, paid, "LOST", **changes) == 200
    assert why in paid.events.get(flag=Flag.DISPUTE_UNCLEAR).message
    assert left(paid) == still_left
    assert rebuild.check(paid.pk) == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"mid": "OTHERMID"}, "another merchant"), ({"disputeId": "4***"}, "usable id")],
)
def test_a_dispute_that_is_not_this_payments_is_flagged_only(
    client: Client, paid: Payment, changes: dict[str, str], why: str
) -> None:
    assert tell(client, paid, **changes) == 200
    assert not Dispute.objects.exists()
    paid.refresh_from_db()
    assert paid.flag_list == [Flag.DISPUTE_UNCLEAR]
    assert why in paid.events.get(kind="flagged").message


def test_a_forged_dispute_changes_nothing(client: Client, paid: Payment) -> None:
    assert post_json_webhook(client, event(paid), key=KEY[::-1]).status_code == 400
    assert not Dispute.objects.exists()
    assert refunds.held(paid) == ""


def test_a_shopper_cannot_make_one_of_a_signed_callback(client: Client, paid: Payment) -> None:
    """A form's signature covers its values but not their names."""
    body = event(paid, "LOST")
    assert post_webhook(client, {**body, "CHECKSUMHASH": sign(body)}).status_code == 200
    assert not Dispute.objects.exists()


def test_an_unreadable_due_date_is_left_out(client: Client, paid: Payment) -> None:
    tell(client, paid, disputeDueDate="28/11/2026")
    dispute = paid.disputes.get()
    assert (dispute.status, dispute.due_at, dispute.is_overdue) == ("open", None, False)


def test_a_dispute_of_a_payment_that_we_believe_unpaid_makes_us_ask(
    client: Client, payment: Payment, paytm: Paytm
) -> None:
    paytm.will_answer(requests.ReadTimeout())
    assert tell(client, payment) == 503
    assert payment.disputes.get().status == "open"
    paytm.will_say(payment=payment)
    assert tell(client, payment) == 200
    payment.refresh_from_db()
    assert (payment.status, kinds(payment)) == ("paid", ["dispute_opened", "flagged"])


def test_one_about_an_unknown_order_is_left_over_and_taken_up(client: Client, paid: Payment) -> None:
    known_as = paid.account
    with_other_account(paid, "not-yet")
    assert tell(client, paid) == 200
    message = WireMessage.objects.get(direction="in")
    assert (message.payment, message.processed_at) == (None, None)
    with_other_account(paid, known_as)
    replay.replay(message)
    dispute = paid.disputes.get()
    assert (dispute.dispute_id, dispute.amount, dispute.due_at, dispute.status) == (ID, Decimal("200.00"), DUE, "open")
    assert (dispute.kind, dispute.transaction_id) == ("Goods or services not provided", TXNID)
    tell(client, paid)
    assert kinds(paid) == ["dispute_opened"]


@pytest.mark.parametrize("verdict", ["received", "bad_signature"])
def test_a_stored_one_that_was_never_found_to_be_signed_is_not_replayed(
    client: Client, paid: Payment, verdict: str
) -> None:
    tell(client, paid, orderId="261121-stranger")
    body = WireMessage.objects.get().request_body.replace("261121-stranger", paid.gateway_order_id)
    WireMessage.objects.update(verdict=verdict, request_body=body)
    with pytest.raises(replay.CannotReplay, match="never found to be signed"):
        replay.replay(WireMessage.objects.get())
    assert not Dispute.objects.exists()


# ---- refunds beside it ----------------------------------------------------------------------------------------


def unsent(paid: Payment, amount: str) -> Any:
    with transaction.atomic():
        refund = refunds.request(paid, amount, reason="x")
        transaction.get_connection().run_on_commit.clear()
    return refund


def test_a_refund_not_yet_sent_waits_for_the_decision(client: Client, paid: Payment, paytm: Paytm) -> None:
    refund = unsent(paid, "499.00")
    tell(client, paid)
    paytm.will_refund()
    assert ask_due(timedelta(minutes=2)).failed == 0
    assert (send(refund.pk).status, paytm.asked(APPLY)) == ("requested", 0)
    tell(client, paid, "WON")
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=True):
        ask_due()
    refund.refresh_from_db()
    assert (refund.status, paytm.asked(APPLY)) == ("pending", 1)


def test_a_refund_not_yet_sent_is_over_when_the_dispute_is_lost(client: Client, paid: Payment, paytm: Paytm) -> None:
    refund, small = unsent(paid, "399.00"), unsent(paid, "100.00")
    tell(client, paid, "LOST")
    paytm.will_refund()
    assert send(refund.pk).status == "failed"
    refund.refresh_from_db()
    assert "a dispute was lost meanwhile, and 199.00 rupees" in refund.message
    assert send(small.pk).status == "pending"
    assert sums(paid) == ("499.00", "100.00", "0.00")
    assert left(paid) == "199.00"


def test_a_loss_after_everything_was_refunded_is_flagged(client: Client, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund("TXN_SUCCESS", "10")
    refunds.request(paid, "499.00", reason="x")
    tell(client, paid, "LOST")
    paid.refresh_from_db()
    assert paid.flag_list == [Flag.OVER_REFUNDED]
    assert left(paid) == "0.00"


def test_of_a_dispute_and_a_refund_at_once_no_refund_is_sent_after_the_dispute_is_known(
    paid: Payment, paytm: Paytm
) -> None:
    paytm.will_refund()
    seen: list[str] = []

    def refund() -> None:
        try:
            seen.append(refunds.request(paid, "100.00", reason="x").status)
        except refunds.NotRefundable:
            seen.append("refused")

    together(lambda: tell(Client(), paid), refund, refund, refund)
    began = paid.refunds.count()
    assert seen.count("refused") == 3 - began
    assert paytm.asked(APPLY) == paid.refunds.exclude(status="requested").count()
    with pytest.raises(refunds.NotRefundable):
        refunds.request(paid, "1.00", reason="x")


def test_the_surplus_of_a_double_payment_waits_too(client: Client, paid: Payment, paytm: Paytm) -> None:
    book.apply(paid.pk, success(paid, transaction_id="SECOND"), source="webhook")
    tell(client, paid)
    with pytest.raises(refunds.NotRefundable, match="disputed"):
        refunds.request(paid, reason="paid twice", transaction_id="SECOND")
    tell(client, paid, "LOST")
    assert refunds.left(paid) == {TXNID: Decimal("299.00"), "SECOND": Decimal("499.00")}


# ---- who hears of it, who may say more -------------------------------------------------------------------------


def test_the_merchants_code_hears_of_both_ends_with_the_dispute(client: Client, paid: Payment) -> None:
    heard = []

    def listen(sender, payment, order, refund, dispute, event, **more):
        heard.append((payment.pk, order, refund, dispute.dispute_id, event.kind))

    for name in ("dispute_opened", "dispute_closed"):
        signals.BY_NAME[name].connect(listen)
    try:
        tell(client, paid)
        tell(client, paid, "LOST")
    finally:
        for name in ("dispute_opened", "dispute_closed"):
            signals.BY_NAME[name].disconnect(listen)
    assert heard == [(paid.pk, paid.order, None, ID, kind) for kind in ("dispute_opened", "dispute_lost")]


def test_a_person_says_how_it_ended_and_may_be_wrong_once(client: Client, paid: Payment) -> None:
    tell(client, paid)
    dispute = paid.disputes.get()
    for _ in range(2):
        dispute = disputes.close(dispute, "lost", reason="Dashboard says so", actor="asha")
    assert (dispute.status, left(paid)) == ("lost", "299.00")
    dispute = disputes.close(dispute, "won", reason="I misread it", actor="asha")
    tell(client, paid)  # the same opening once more
    assert (paid.disputes.get().status, left(paid)) == ("won", "499.00")
    assert kinds(paid) == ["dispute_opened", "dispute_lost", "dispute_won"]
    assert paid.events.get(kind="dispute_won").actor == "asha"
    assert rebuild.check(paid.pk) == []


@pytest.mark.parametrize(
    ("status", "reason", "why"), [("open", "x", "ends as won, lost, closed"), ("won", "  ", "what you found")]
)
def test_a_person_cannot_close_without_an_end_and_a_reason(
    client: Client, paid: Payment, status: str, reason: str, why: str
) -> None:
    tell(client, paid)
    with pytest.raises(disputes.CannotClose, match=why):
        disputes.close(paid.disputes.get(), status, reason=reason, actor="asha")
    assert paid.disputes.get().status == "open"


def test_nobody_writes_a_dispute_past_the_ledger_and_rebuild_puts_one_back(client: Client, paid: Payment) -> None:
    tell(client, paid)
    dispute = paid.disputes.get()
    for change in (dispute.save, dispute.delete, lambda: Dispute.objects.update(status="won")):
        with pytest.raises(LedgerOnly):
            change()
    with ledger_writes():
        Dispute.objects.update(status="won", amount=Decimal("1.00"))
    assert [str(drift) for drift in rebuild.check(paid.pk, repair=True)] == [
        f"{ID}: status is won, its events say open",
        f"{ID}: amount is 1.00, its events say 200.00",
    ]
    assert rebuild.check(paid.pk) == []
