"""T+1: what is paid out when, less which fees, and the file and the API in which a merchant reads it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from paytmchecksum import PaytmChecksum

from paytm_kit.simulator.bank import settlements
from tests.simulator.conftest import KEY, MID, Simulator
from tests.simulator.money import DAY, account, books, buy, owed, refund

IST = timedelta(hours=5, minutes=30)
PATH = "/merchant-settlement-service/settlement/list"


def now(sim: Simulator) -> datetime:
    """The simulated time in India."""
    return datetime.fromisoformat(sim.get("/_sim/health").json()["now"]).astimezone(UTC) + IST


def to_monday(sim: Simulator, hour: float = 12.0) -> date:
    """Moves on to a Monday at this hour with four business days after it, and returns its date."""
    here = now(sim)
    day = here.date() + timedelta(days=(7 - here.weekday()) % 7 or 7)
    while not all(settlements.is_business_day(day + timedelta(days=more)) for more in range(5)):
        day += timedelta(days=7)
    sim.advance((datetime.combine(day, datetime.min.time(), UTC) - here).total_seconds() + hour * 3600)
    return day


def file(sim: Simulator, day: date) -> list[dict[str, str]]:
    answer = sim.get(f"/_sim/settlements/{MID}/{day}.csv")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


def ask(sim: Simulator, *, as_text: bool = False, **changes: Any) -> dict[str, Any]:
    fields = {"MID": MID, "pageNum": "1", "pageSize": "20", **changes}
    payload = json.dumps(fields) if as_text else fields
    fields = {**fields, "checksumHash": PaytmChecksum.generateSignature(payload, KEY)}
    return sim.post(PATH, data=json.dumps(fields), headers={"Content-Type": "application/json"}).json()


# ---- the calendar -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "paid"),
    [
        (date(2031, 1, 6), "2031-01-07T10:00:00+05:30"),  # Monday
        (date(2031, 1, 10), "2031-01-13T10:00:00+05:30"),  # Friday
        (date(2031, 1, 12), "2031-01-13T10:00:00+05:30"),  # Sunday
        (date(2032, 1, 25), "2032-01-27T10:00:00+05:30"),  # Sunday, and Monday is Republic Day
        (date(2031, 12, 24), "2031-12-26T10:00:00+05:30"),  # Wednesday, then Christmas
    ],
)
def test_a_day_is_paid_on_the_next_business_day_at_ten(day: date, paid: str) -> None:
    assert settlements.payout(day).isoformat() == paid


# ---- payouts ----------------------------------------------------------------------------------------------------


def test_a_day_s_money_is_paid_out_less_fees_and_refunds(sim: Simulator) -> None:
    day = to_monday(sim)
    buy(sim, "UPI-1", "200.00")
    buy(sim, "CARD-1", "100.00", method="card")
    buy(sim, "RUPAY-1", "100.00", method="card", instrument="6074825972083818")
    refund(sim, "50.00", order_id="UPI-1")
    sim.advance(DAY)
    (paid,) = books(sim)["settlements"]
    assert paid["day"] == day.isoformat()
    assert paid["paid_at"] == f"{day + timedelta(days=1)}T10:00:00+05:30"
    assert (paid["gross"], paid["refunded"], paid["commission"], paid["gst"], paid["net"]) == (
        "400.00", "50.00", "1.75", "0.32", "347.93",
    )  # fmt: skip
    assert account(sim, f"merchant/{MID}") == "347.93"
    assert account(sim, "gateway-fees") == "2.07"
    assert owed(sim) == account(sim, f"gateway/{MID}") == "0.00"
    rows = file(sim, day)
    assert [(row["ORDERID"], row["TXNTYPE"], row["SETTLEDAMOUNT"]) for row in rows] == [
        ("UPI-1", "ACQUIRING", "200.00"), ("CARD-1", "ACQUIRING", "97.93"), ("RUPAY-1", "ACQUIRING", "100.00"),
        ("UPI-1", "REFUND", "-50.00"),
    ]  # fmt: skip
    assert {row["UTR"] for row in rows} == {paid["utr"]}


def test_nothing_is_paid_before_ten_o_clock(sim: Simulator) -> None:
    to_monday(sim)
    buy(sim)
    sim.advance(DAY - 2.1 * 3600)
    assert books(sim)["settlements"] == []
    sim.advance(0.2 * 3600)
    assert len(books(sim)["settlements"]) == 1


def test_a_long_jump_settles_each_day_by_itself(sim: Simulator) -> None:
    monday = to_monday(sim)
    buy(sim, "A", "10.00")
    sim.advance(DAY)
    buy(sim, "B", "20.00")
    sim.advance(30 * DAY)
    paid = books(sim)["settlements"]
    assert [(row["day"], row["net"]) for row in paid] == [
        (monday.isoformat(), "10.00"), ((monday + timedelta(days=1)).isoformat(), "20.00"),
    ]  # fmt: skip
    assert paid[0]["utr"] != paid[1]["utr"]


def test_a_closed_day_is_never_settled_twice(sim: Simulator) -> None:
    day = to_monday(sim)
    buy(sim, "A", "10.00")
    sim.advance(DAY)
    before = file(sim, day)
    sim.get("/_sim/settlements")
    sim.advance(5 * DAY)
    assert file(sim, day) == before
    assert len(books(sim)["settlements"]) == 1


def test_a_refund_above_a_payout_is_carried_into_the_next(sim: Simulator) -> None:
    to_monday(sim)
    buy(sim, "A", "100.00")
    sim.advance(DAY - 5 * 3600)  # Tuesday, seven in the morning
    buy(sim, "B", "80.00")
    refund(sim, "100.00", "R-A", order_id="A")
    refund(sim, "30.00", "R-B", order_id="B")
    sim.advance(2 * DAY)
    assert [(row["gross"], row["refunded"], row["carried"], row["net"]) for row in books(sim)["settlements"]] == [
        ("100.00", "130.00", "0.00", "-30.00"), ("80.00", "0.00", "-30.00", "50.00"),
    ]  # fmt: skip
    assert account(sim, f"merchant/{MID}") == "50.00"
    assert account(sim, f"gateway/{MID}") == "0.00"


def test_what_was_deducted_in_a_payout_can_only_succeed(sim: Simulator) -> None:
    to_monday(sim)
    buy(sim, "A", "100.00", method="card")
    sim.advance(DAY - 3 * 3600)  # one hour before the payout; a card's refund takes two
    refund(sim, "40.00", order_id="A")
    sim.advance(1.5 * 3600)
    refused = sim.post("/_sim/refunds/REF-1/settle", json={"outcome": "failure"})
    assert refused.status_code == 400
    assert "has deducted it" in refused.json()["error"]["message"]
    assert sim.post("/_sim/refunds/REF-1/settle", json={"outcome": "success"}).status_code == 200


LATE = """
from decimal import Decimal
from datetime import datetime, timedelta
from django.conf import settings
settings.configure(
    SECRET_KEY="x", ROOT_URLCONF="paytm_kit.simulator.urls", INSTALLED_APPS=["paytm_kit.simulator"], USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "books.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", PAYTM_SIMULATOR={"mid": "LATE", "key": "m" * 16},
)
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from paytm_kit.simulator import clock, world
from paytm_kit.simulator.bank import due, settlements
from paytm_kit.simulator.models import Merchant, Order, Settlement, Transaction
world.ensure_open()
merchant = Merchant.objects.get(mid="LATE")

def sold(order_id, amount, moment):
    order = Order.objects.create(
        merchant=merchant, order_id=order_id, amount=amount, currency="INR", callback_url="", cust_id="C",
        token=order_id, token_at=moment, fingerprint="",
    )
    Transaction.objects.create(
        order=order, txn_id=order_id, amount=amount, mode="UPI", status="success", started_at=moment,
        finished_at=moment,
    )

monday = clock.now() + timedelta(days=(7 - clock.now().astimezone(clock.IST).weekday()) % 7 + 365)
day = settlements.payout(monday.astimezone(clock.IST).date()).date()
noon = datetime.combine(day, settlements.PAID_AT, clock.IST) + timedelta(hours=2)
clock.advance((noon - clock.now()).total_seconds())
sold("ON-TIME", Decimal("10.00"), noon)
clock.advance(8 * 86400)
due.run()
sold("LATE", Decimal("5.00"), noon)
due.run()
sold("NEXT", Decimal("1.00"), clock.now())
clock.advance(8 * 86400)
due.run()
due.run()
for row in Settlement.objects.order_by("day"):
    orders = ",".join(item.order.order_id for item in row.transactions.all())
    print((row.day - day).days, row.gross, orders)
"""


def test_late_money_of_a_closed_day_goes_into_the_next_file(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    ended = subprocess.run(
        [sys.executable, "-c", LATE], cwd=tmp_path, capture_output=True, text=True, timeout=60,
        env={"PYTHONPATH": root},
    )  # fmt: skip
    assert ended.stdout == "0 10.00 ON-TIME\n1 5.00 LATE\n8 1.00 NEXT\n", ended.stdout + ended.stderr


# ---- the signed list --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_text", [False, True])
def test_the_list_takes_either_signature(sim: Simulator, as_text: bool) -> None:
    day = to_monday(sim)
    buy(sim, "A", "100.00", method="card")
    buy(sim, "B", "20.00")
    sim.advance(DAY)
    answer = ask(sim, as_text=as_text, utrProcessedStartTime=(day + timedelta(days=1)).isoformat())
    assert (answer["status"], answer["resultCode"], answer["totalCount"]) == ("SUCCESS", "00000000", 2)
    first = answer["settlementDetailList"][0]
    assert (first["orderId"], first["settleAmount"], first["commission"], first["gst"]) == (
        "A", "97.93", "1.75", "0.32",
    )  # fmt: skip
    assert first["utr"] == books(sim)["settlements"][0]["utr"]
    second = ask(sim, utrProcessedStartTime=(day + timedelta(days=1)).isoformat(), pageNum="2", pageSize="1")
    assert [row["orderId"] for row in second["settlementDetailList"]] == ["B"]
    assert second["paginatorTotalPage"] == 2


def test_a_day_without_a_payout_has_no_record(sim: Simulator) -> None:
    assert ask(sim, utrProcessedStartTime="2031-01-05")["status"] == "RECORD_NOT_FOUND"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"MID": "NOBODY"}, "00000030"),
        ({"utrProcessedStartTime": "2031-02-30"}, "00000030"),
        ({"utrProcessedStartTime": "yesterday"}, "00000030"),
        ({"utrProcessedStartTime": "0001-01-01"}, "00000030"),
        ({"utrProcessedStartTime": "9999-12-31"}, "00000030"),
        ({"utrProcessedEndTime": "2031-01-09"}, "00000030"),
        ({"pageSize": "21"}, "00000030"),
        ({"pageNum": "0"}, "00000030"),
    ],
)
def test_a_question_that_is_not_right_is_refused(sim: Simulator, changes: dict[str, str], code: str) -> None:
    answer = ask(sim, **{"utrProcessedStartTime": "2031-01-05", **changes})
    assert (answer["status"], answer["resultCode"]) == ("FAILURE", code)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "00000030"),
        (b"[1]", "00000030"),
        (f'{{"MID":"{MID}"}}'.encode(), "00000022"),
        (f'{{"MID":"{MID}","checksumHash":["x"]}}'.encode(), "00000022"),
        (f'{{"MID":"{MID}","pageNum":{{}},"checksumHash":"x"}}'.encode(), "00000030"),
    ],
)
def test_what_is_unsigned_or_unreadable_is_refused(sim: Simulator, raw: bytes, code: str) -> None:
    answer = sim.post(PATH, data=raw, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["resultCode"]) == (200, code)


@pytest.mark.parametrize(("day", "status"), [("2031-13-01", 400), ("2031-01-05", 404)])
def test_a_file_that_is_not_there_is_named(sim: Simulator, day: str, status: int) -> None:
    answer = sim.get(f"/_sim/settlements/{MID}/{day}.csv")
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, "day")
