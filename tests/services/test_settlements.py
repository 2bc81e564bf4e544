"""Reading settlement reports against the ledger: fees kept once, doubts asked about, and nothing believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import time_machine
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paytm_kit import conf, refunds
from paytm_kit.gateways.base import Unreachable
from paytm_kit.ledger import book
from paytm_kit.models import LedgerOnly, Payment, PaymentEvent, Settlement, SettlementLine
from paytm_kit.services import journal, rebuild, settlements
from tests.ledger.test_book import success
from tests.ledger.test_races import together
from tests.paytm import TXNID, Paytm
from tests.settlements import NOW, line, read, report

pytestmark = [pytest.mark.databases, pytest.mark.time_machine(NOW)]


def figures(payment: Payment) -> tuple[str, str, str]:
    payment.refresh_from_db()
    return str(payment.fee_amount), str(payment.fee_tax), str(payment.net_amount)


UNSETTLED = ("None", "None", "None")


def no_drift() -> bool:
    return not any(rebuild.run())


# ---- what matches -----------------------------------------------------------------------------------------------


def test_a_matching_line_keeps_fee_tax_net_day_and_utr_with_the_payment(paid: Payment, tmp_path: Path) -> None:
    assert read(report(tmp_path, line(paid))) == [(2, "matched")]
    assert figures(paid) == ("8.73", "1.57", "488.70")
    assert (paid.settled_on, paid.utr) == (date(2031, 1, 7), "SDBLN00000000001")
    event = paid.events.get(kind="settled")
    assert (event.amount, event.fee_amount, event.fee_tax) == (Decimal("488.70"), Decimal("8.73"), Decimal("1.57"))
    assert SettlementLine.objects.get().event == event
    settlement = Settlement.objects.get()
    assert (settlement.day, settlement.lines_read, settlement.matched, settlement.differences) == (
        date(2031, 1, 7),
        1,
        1,
        0,
    )
    assert (settlement.gross_amount, settlement.net_amount) == (Decimal("499.00"), Decimal("488.70"))
    assert no_drift()


def test_reading_it_twice_or_under_another_name_changes_nothing(paid: Payment, tmp_path: Path) -> None:
    path = report(tmp_path, line(paid), "garbage", line(paid, ORDERID="UNKNOWN", TXNID="U"))
    first = read(path)
    before = [list(model.objects.order_by("pk").values()) for model in (SettlementLine, PaymentEvent)]
    assert read(path) == first
    assert read(report(tmp_path, *path.read_text().splitlines()[1:], name="again.csv")) == first
    assert [list(model.objects.order_by("pk").values()) for model in (SettlementLine, PaymentEvent)] == before
    assert figures(paid) == ("8.73", "1.57", "488.70")
    assert Settlement.objects.count() == 1


def test_two_who_read_it_at_once_book_it_once(paid: Payment, tmp_path: Path) -> None:
    one = report(tmp_path, line(paid), line(paid, ORDERID="B", TXNID="B"), line(paid, ORDERID="A", TXNID="A"))
    other = report(tmp_path, line(paid, ORDERID="A", TXNID="A"), line(paid), name="other.csv")
    together(lambda: read(one), lambda: read(other), lambda: read(one))
    assert paid.events.filter(kind="settled").count() == 1
    assert figures(paid) == ("8.73", "1.57", "488.70")
    assert SettlementLine.objects.count() == 3


def test_both_transactions_of_a_payment_charged_twice_are_matched(paid: Payment, tmp_path: Path) -> None:
    book.apply(paid.pk, success(paid, transaction_id="SECOND"), source="webhook")
    assert read(report(tmp_path, line(paid), line(paid, TXNID="SECOND"))) == [(2, "matched"), (3, "matched")]
    assert figures(paid) == ("17.46", "3.14", "977.40")
    assert no_drift()


def test_refund_and_chargeback_lines_lower_what_the_payment_brought(
    paid: Payment, paytm: Paytm, tmp_path: Path
) -> None:
    paytm.will_refund("TXN_SUCCESS", "10", refundId="RF1")
    refund = refunds.request(paid, "100.00", reason="Wrong size")
    found = read(
        report(
            tmp_path,
            line(paid),
            line(paid, TXNTYPE="REFUND", TXNID="RF1", TXNAMOUNT="-100.00"),
            line(paid, TXNTYPE="CHARGEBACK", TXNID="DP1", TXNAMOUNT="-50.00"),
        )
    )
    assert found == [(2, "matched"), (3, "matched"), (4, "matched")]
    assert figures(paid) == ("8.73", "1.57", "338.70")
    assert SettlementLine.objects.get(number=3).refund == refund
    assert no_drift()


def test_fees_that_drifted_are_found_and_put_right(paid: Payment, tmp_path: Path) -> None:
    read(report(tmp_path, line(paid)))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE paytm_kit_payment SET fee_amount = 0")
    (drift,) = [drift for found in rebuild.run(repair=True) for drift in found]
    assert str(drift) == f"{paid.gateway_order_id}: fee_amount is 0.00, its events say 8.73"
    assert figures(paid) == ("8.73", "1.57", "488.70")


def test_nobody_else_writes_lines(paid: Payment, tmp_path: Path) -> None:
    read(report(tmp_path, line(paid)))
    with pytest.raises(LedgerOnly):
        SettlementLine.objects.update(verdict="matched")
    with pytest.raises(LedgerOnly):
        SettlementLine.objects.get().delete()


# ---- what does not ----------------------------------------------------------------------------------------------


def test_a_line_about_an_open_payment_is_asked_about_and_then_matches(
    payment: Payment, paytm: Paytm, tmp_path: Path
) -> None:
    paytm.will_say(payment=payment)
    assert read(report(tmp_path, line(payment))) == [(2, "matched")]
    payment.refresh_from_db()
    assert (payment.status, str(payment.net_amount)) == ("paid", "488.70")
    assert payment.events.get(kind="captured").source == "settlement"


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        ("PENDING", "The gateway was asked and does not say so either."),
        (requests.ReadTimeout(), "The gateway could not be asked just now: read the report again later."),
    ],
)
def test_a_line_alone_makes_nothing_paid(
    payment: Payment, paytm: Paytm, tmp_path: Path, answer: Any, note: str
) -> None:
    if isinstance(answer, str):
        paytm.will_say(answer, payment=payment)
    else:
        paytm.will_answer(answer)
    path = report(tmp_path, line(payment), line(payment, TXNID="ANOTHER"))
    assert read(path) == [(2, "status"), (3, "status")]
    assert figures(payment) == UNSETTLED
    assert payment.status == "processing"
    assert SettlementLine.objects.get(number=2).reason.endswith(note)
    if isinstance(answer, str):
        assert paytm.asked() == 1  # once for both lines
    paytm.will_say(payment=payment)
    assert read(path) == [(2, "matched"), (3, "status")]
    assert figures(payment) == ("8.73", "1.57", "488.70")


def test_a_refund_that_was_never_answered_is_asked_about(paid: Payment, paytm: Paytm, tmp_path: Path) -> None:
    paytm.will_answer(requests.ReadTimeout(), path="/refund/apply")
    refund = refunds.request(paid, "100.00", reason="Wrong size")
    paytm.refund_becomes("TXN_SUCCESS", "10", refundId="RF1")
    assert read(report(tmp_path, line(paid, TXNTYPE="REFUND", TXNID="RF1", TXNAMOUNT="100.00"))) == [(2, "matched")]
    refund.refresh_from_db()
    assert (refund.status, refund.gateway_refund_id) == ("succeeded", "RF1")


def test_questions_to_the_gateway_are_bounded(
    payment: Payment, paytm: Paytm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settlements, "ASK_AT_MOST", 0)
    assert read(report(tmp_path, line(payment))) == [(2, "status")]
    assert paytm.asked() == 0
    assert "Read the report again" in SettlementLine.objects.get().reason


def test_every_other_difference_is_kept_with_its_reason_and_books_nothing(
    paid: Payment, paytm: Paytm, tmp_path: Path
) -> None:
    paytm.will_say(payment=paid)
    found = read(
        report(
            tmp_path,
            line(paid, TXNAMOUNT="400.00"),
            line(paid, COMMISSION="600.00", SETTLEDAMOUNT="-102.57"),
            line(paid, ORDERID="UNKNOWN", TXNID="UNKNOWN"),
            line(paid, TXNID=TXNID.lower() + "x"),
            line(paid, TXNTYPE="M2B"),
            line(paid, TXNAMOUNT="499.001"),
            'ACQUIRING,"unclosed',
        )
    )
    assert [verdict for _, verdict in found] == [
        "amount",
        "fees",
        "missing_here",
        "status",
        "missing_here",
        "broken",
        "broken",
    ]
    assert figures(paid) == UNSETTLED
    assert SettlementLine.objects.differences().count() == Settlement.objects.get().differences == 7
    assert all(SettlementLine.objects.values_list("reason", flat=True))
    assert SettlementLine.objects.get(number=7).reason == "Line 7: the amount has more than two decimals."


def test_a_payment_of_another_merchant_or_environment_is_not_ours_to_match(
    paid: Payment, tmp_path: Path, settings: LazySettings
) -> None:
    account = settings.PAYTM_KIT["ACCOUNTS"]["default"]
    changed = {**account, "ENVIRONMENT": "production", "HOST": "https://live.example"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": changed}}
    assert read(report(tmp_path, line(paid))) == [(2, "missing_here")]


def test_what_is_settled_twice_is_booked_once(paid: Payment, tmp_path: Path) -> None:
    twice = report(tmp_path, line(paid), line(paid))
    assert read(twice) == read(twice) == [(2, "matched"), (3, "repeated")]
    dearer = line(paid, COMMISSION="9.73", SETTLEDAMOUNT="487.70")
    again = line(paid, UTR="SDBLN00000000002")
    assert read(report(tmp_path, dearer, again, name="other.csv")) == [(2, "repeated"), (3, "repeated")]
    assert figures(paid) == ("8.73", "1.57", "488.70")
    assert "SDBLN00000000002" in SettlementLine.objects.get(settlement__name="other.csv", number=3).reason
    assert no_drift()


def test_a_line_that_stands_twice_in_a_file_is_reported_though_an_earlier_file_held_it(
    paid: Payment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settlements.ledger, "BATCH", 2)  # the second stands in another batch
    assert read(report(tmp_path, line(paid))) == [(2, "matched")]
    other = line(paid, ORDERID="X", TXNID="X")
    twice = report(tmp_path, line(paid), other, line(paid), name="other.csv")
    assert read(twice) == read(twice) == [(2, "matched"), (3, "missing_here"), (4, "repeated")]
    assert SettlementLine.objects.get(number=4).reason == "The same as line 2."
    assert figures(paid) == ("8.73", "1.57", "488.70")


DATED = {
    "0001-01-01": "lies before 2000-01-01",
    "1999-12-31": "lies before 2000-01-01",
    "2031-01-12": "is still to come (later than 2031-01-11)",
    "9999-12-31": "is still to come (later than 2031-01-11)",
}


@pytest.mark.parametrize("column", ["TXNDATE", "SETTLED DATE"])
def test_a_line_dated_when_nothing_can_have_been_is_broken_and_the_rest_is_read(
    paid: Payment, tmp_path: Path, column: str
) -> None:
    path = report(tmp_path, *(line(paid, **{column: day}) for day in DATED), line(paid))
    *broken, good = settlements.read_file(settlements.Report(), path)
    assert [found.verdict for found in broken] == ["broken"] * len(DATED)
    assert all(why in found.reason for why, found in zip(DATED.values(), broken, strict=True))
    assert (good.verdict, Settlement.objects.get().day) == ("matched", date(2031, 1, 7))
    assert figures(paid) == ("8.73", "1.57", "488.70")


def test_a_payout_far_ahead_hides_nothing_that_is_missing_and_is_believed_when_its_day_has_come(
    capture: Callable[[str], Payment], tmp_path: Path, time_machine: Any
) -> None:
    seen, ahead, unseen = capture("06"), capture("06"), capture("06")
    path = report(tmp_path, line(seen), line(ahead, **{"SETTLED DATE": "2031-02-20"}))
    assert read(path, grace=0) == [(2, "matched"), (3, "broken"), (None, "missing_there"), (None, "missing_there")]
    time_machine.move_to("2031-02-20T12:00:00+05:30")
    assert read(path)[:2] == [(2, "matched"), (3, "matched")]
    assert SettlementLine.objects.differences().get().payment == unseen
    assert figures(ahead) == ("8.73", "1.57", "488.70")


def test_the_day_of_a_report_is_what_it_says_itself(paid: Payment, tmp_path: Path) -> None:
    read(report(tmp_path, line(paid, **{"SETTLED DATE": "2031-01-11"})))
    read(report(tmp_path, line(paid), name="again.csv"))
    assert Settlement.objects.get(name="again.csv").day == date(2031, 1, 7)


# ---- what is missing there --------------------------------------------------------------------------------------


@pytest.fixture
def capture(start: Callable[..., Payment]) -> Callable[[str], Payment]:
    """A payment captured at noon in India on this day of January 2031."""

    def make(day: str) -> Payment:
        with time_machine.travel(datetime.fromisoformat(f"2031-01-{day}T12:00:00+05:30"), tick=False):
            payment = start()
            return book.apply(payment.pk, success(payment), source="webhook").payment

    return make


def test_a_capture_is_missing_there_a_day_after_it_was_due_and_late_when_it_comes(
    capture: Callable[[str], Payment], tmp_path: Path
) -> None:
    seen, unseen = capture("06"), capture("06")
    first = settlements.Report()
    list(settlements.read_file(first, report(tmp_path, line(seen))))  # paid out on the 7th
    assert (first.differences, first.awaited) == (0, 1)
    third = capture("07")
    after = report(tmp_path, line(third, **{"SETTLED DATE": "2031-01-08"}), name="8.csv")
    assert read(after) == [(2, "matched"), (None, "missing_there")]
    absent = SettlementLine.objects.get(number=None)
    assert (absent.payment, absent.gross_amount) == (unseen, Decimal("499.00"))
    assert absent.reason == "Captured here on 2031-01-06, and in no report that was read so far."
    assert read(after) == [(2, "matched"), (None, "missing_there")]
    assert read(report(tmp_path, line(unseen, **{"SETTLED DATE": "2031-01-09"}), name="9.csv")) == [(2, "matched")]
    absent.refresh_from_db()
    assert absent.verdict == "late"
    assert read(after) == [(2, "matched")]


def test_grace_can_be_chosen_and_what_was_before_the_first_report_is_left_alone(
    capture: Callable[[str], Payment], tmp_path: Path
) -> None:
    capture("05")
    seen, unseen = capture("06"), capture("06")
    path = report(tmp_path, line(seen))
    assert read(path) == [(2, "matched")]
    assert read(path, grace=0) == [(2, "matched"), (None, "missing_there")]
    assert SettlementLine.objects.get(number=None).payment == unseen


def test_a_refund_that_no_report_deducts_is_missing_there(
    capture: Callable[[str], Payment], paytm: Paytm, tmp_path: Path
) -> None:
    payment = capture("06")
    paytm.will_refund("TXN_SUCCESS", "10", refundId="RF1", txnId=payment.transaction_id)
    with time_machine.travel(datetime(2031, 1, 6, 10, tzinfo=UTC), tick=False):
        refund = refunds.request(payment, "100.00", reason="x")
    assert refund.status == "succeeded"
    assert read(report(tmp_path, line(payment)), grace=0) == [(2, "matched"), (None, "missing_there")]
    absent = SettlementLine.objects.get(number=None)
    assert (absent.refund, absent.transaction_id, absent.gross_amount) == (refund, "RF1", Decimal("-100.00"))


def test_a_report_that_names_no_day_misses_nothing_unless_it_is_told_the_day(
    capture: Callable[[str], Payment], tmp_path: Path
) -> None:
    seen, _ = capture("06"), capture("06")
    path = report(tmp_path, line(seen, **{"SETTLED DATE": ""}))
    assert read(path, grace=0) == [(2, "matched")]
    assert read(path, grace=0, day=date(2031, 1, 7)) == [(2, "matched"), (None, "missing_there")]


# ---- how it is read ---------------------------------------------------------------------------------------------


def test_a_list_that_breaks_off_keeps_its_lines_and_is_not_complete(
    paid: Payment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = report(tmp_path, line(paid))
    gateway = journal.gateway_for(conf.account())

    def broken_off(day: date) -> Iterator[Any]:
        with path.open("rb") as file:
            yield from gateway.read_settlement(file)
        raise Unreachable("no more")

    monkeypatch.setattr(gateway, "settlement", broken_off)
    with pytest.raises(Unreachable):
        list(settlements.fetch(settlements.Report(), date(2031, 1, 7)))
    assert Settlement.objects.get().finished_at is None
    assert figures(paid) == ("8.73", "1.57", "488.70")


def test_only_what_is_written_grows_with_the_lines_of_a_batch(start: Callable[..., Payment], tmp_path: Path) -> None:
    payments = [start() for _ in range(12)]
    for payment in payments:
        book.apply(payment.pk, success(payment), source="webhook")
    payments = list(Payment.objects.order_by("pk"))
    counts = []
    for chosen in (payments[:2], payments[2:]):
        path = report(tmp_path, *(line(payment) for payment in chosen), name=f"{len(chosen)}.csv")
        with CaptureQueriesContext(connection) as queries:
            assert {verdict for _, verdict in read(path)} == {"matched"}
        counts.append([said["sql"][:6] for said in queries].count("SELECT"))
    assert counts[0] == counts[1]
