"""The kit and the simulator settle: what the simulator pays out is what the kit finds, line by line, to the paisa."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.conf import LazySettings
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit import checkout, refunds
from paytm_kit.models import Payment, Settlement, SettlementLine
from paytm_kit.services import rebuild, settlements
from paytm_kit.testing.simulator import Simulator

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]

A_LONG_WEEKEND = 5 * 86400  # seconds


@pytest.fixture
def sold(
    paytm_simulator: Simulator, settings: LazySettings, client: Client, make_order: Callable[..., Order]
) -> list[Payment]:
    """By card, by UPI (which costs nothing) and by card again with ₹100.00 given back; a payout later."""
    settings.PAYTM_KIT = paytm_simulator.settings()
    payments = []
    for amount, method in (("499.00", "card"), ("200.00", "upi"), ("1000.00", "card")):
        payment = checkout.open_payment(make_order(amount))
        client.get(f"/paytm/pay/{payment.token}/")
        paytm_simulator.pay(payment.gateway_order_id, method=method)
        paytm_simulator.bring_callback(client, payment.gateway_order_id)
        payments.append(payment)
    refunds.request(payments[2], "100.00", reason="Wrong size")
    paytm_simulator.advance(A_LONG_WEEKEND)
    return payments


def payout(simulator: Simulator) -> dict[str, str]:
    (paid,) = simulator.ask("GET", "settlements")["settlements"]
    return paid


def day_of(paid: dict[str, str]) -> date:
    return datetime.fromisoformat(paid["paid_at"]).date()


def figures(payment: Payment) -> tuple[str, str, str]:
    payment.refresh_from_db()
    return str(payment.fee_amount), str(payment.fee_tax), str(payment.net_amount)


def test_a_fetched_day_matches_and_its_fees_are_kept(paytm_simulator: Simulator, sold: list[Payment]) -> None:
    paid = payout(paytm_simulator)
    report = settlements.Report()
    lines = list(settlements.fetch(report, day_of(paid)))
    assert [(line.verdict, line.kind, str(line.net_amount)) for line in lines] == [
        ("matched", "payment", "488.70"),
        ("matched", "payment", "200.00"),
        ("matched", "payment", "979.35"),
        ("matched", "refund", "-100.00"),
    ]
    assert [figures(payment) for payment in sold] == [
        ("8.73", "1.57", "488.70"),
        ("0.00", "0.00", "200.00"),
        ("17.50", "3.15", "879.35"),
    ]
    assert f"{report.amounts['net']:.2f}" == paid["net"]
    assert f"{report.amounts['fee']:.2f}" == paid["commission"]
    assert {payment.utr for payment in sold} == {paid["utr"]}
    assert {drift for found in rebuild.run() for drift in found} == set()
    wire = sold[0].wire_messages.model.objects.filter(channel="settlements")
    assert wire.get().http_status == 200


def test_the_file_says_the_same_and_nothing_is_booked_twice(
    paytm_simulator: Simulator, sold: list[Payment], tmp_path: Path
) -> None:
    paid = payout(paytm_simulator)
    list(settlements.fetch(settlements.Report(), day_of(paid)))
    before = list(SettlementLine.objects.order_by("pk").values())
    path = tmp_path / "report.csv"
    with urlopen(paytm_simulator.url + paid["file"]) as answer:
        path.write_bytes(answer.read())
    report = settlements.Report()
    assert {line.verdict for line in settlements.read_file(report, path, day=day_of(paid))} == {"matched"}
    assert figures(sold[0]) == ("8.73", "1.57", "488.70")
    assert list(SettlementLine.objects.order_by("pk").values()) == before
    assert list(Settlement.objects.order_by("pk").values_list("source", "lines_read", "matched", "differences")) == [
        ("fetch", 4, 4, 0),
        ("file", 4, 4, 0),
    ]


def test_a_report_that_was_tampered_with_is_found_out(
    paytm_simulator: Simulator, sold: list[Payment], tmp_path: Path
) -> None:
    paid = payout(paytm_simulator)
    with urlopen(paytm_simulator.url + paid["file"]) as answer:
        rows = list(csv.DictReader(io.StringIO(answer.read().decode())))
    rows[0] |= {"TXNAMOUNT": "400.00", "SETTLEDAMOUNT": "389.70"}
    rows[2] |= {"COMMISSION": "1750.00", "SETTLEDAMOUNT": "-753.15"}
    rows[3] |= {"ORDERID": "SOMEBODY-ELSES"}
    del rows[1]
    path = tmp_path / "report.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
        file.write('REFUND,"unclosed\n')
    report = settlements.Report()
    lines = list(settlements.read_file(report, path, day=day_of(paid), grace=0))
    assert [(line.number, line.verdict) for line in lines] == [
        (2, "amount"),
        (3, "fees"),
        (4, "missing_here"),
        (5, "broken"),
        (None, "missing_there"),
    ]
    assert lines[4].payment == sold[1]
    assert [figures(payment) for payment in sold] == [("None", "None", "None")] * 3
    honest = settlements.Report()
    assert {line.verdict for line in settlements.fetch(honest, day_of(paid))} == {"matched"}
    assert SettlementLine.objects.get(number=None).verdict == "late"


@pytest.mark.parametrize("signed", ["fields", "text"])
def test_a_day_without_a_payout_is_read_to_its_end_with_either_signature(
    paytm_simulator: Simulator, settings: LazySettings, db: None, signed: str
) -> None:
    kit = paytm_simulator.settings()
    kit["ACCOUNTS"]["default"]["SETTLEMENT_SIGNATURE"] = signed
    settings.PAYTM_KIT = kit
    report = settlements.Report()
    assert list(settlements.fetch(report, date(2026, 11, 22))) == []
    assert (report.sums.lines, report.differences) == (0, 0)
    assert Settlement.objects.get().finished_at is not None
