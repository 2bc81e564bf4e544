"""Settlements at the desk: reports, their lines by verdict, a download; nothing can be changed."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission, User
from django.test import Client

from paytm_kit.models import Payment, Settlement, SettlementLine
from tests.settlements import NOW, line, read, report

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.time_machine(NOW)]

LINES = "/admin/paytm_kit/settlementline/"


@pytest.fixture
def desk(transactional_db: None) -> Client:
    user = User.objects.create_user("meera", is_staff=True)
    rights = ("view_settlement", "view_settlementline", "view_payment")
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def settled(paid: Payment, tmp_path: Path) -> Settlement:
    read(report(tmp_path, line(paid), line(paid, ORDERID="UNKNOWN", TXNID="U"), "cut,off"))
    return Settlement.objects.get()


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


def test_a_report_is_listed_and_leads_to_its_lines(desk: Client, settled: Settlement) -> None:
    assert "report.csv" in text(desk, "/admin/paytm_kit/settlement/")
    page = BeautifulSoup(desk.get(f"/admin/paytm_kit/settlement/{settled.pk}/change/").content, "html.parser")
    every, differences = (link["href"] for link in page.select(f'a[href^="{LINES}?"]'))
    assert "3 settlement lines" in text(desk, every)
    assert "2 settlement lines" in text(desk, differences)
    assert page.select_one("input[name=_save]") is None


def test_lines_are_filtered_by_verdict(desk: Client, settled: Settlement) -> None:
    for verdict, shown in (("matched", "1 settlement line"), ("broken", "Line 4")):
        said = text(desk, f"{LINES}?verdict={verdict}")
        assert shown in said
        assert "UNKNOWN" not in said


def test_chosen_lines_are_downloaded(desk: Client, settled: Settlement) -> None:
    chosen = SettlementLine.objects.differences().values_list("pk", flat=True)
    response = desk.post(LINES, {"action": "export_csv", ACTION_CHECKBOX_NAME: list(chosen)})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(response.getvalue().decode().splitlines()))
    assert [row["verdict"] for row in rows] == ["missing_here", "broken"]


def test_what_was_settled_stands_on_the_payment_s_own_page(desk: Client, settled: Settlement, paid: Payment) -> None:
    said = text(desk, f"/admin/paytm_kit/payment/{paid.pk}/change/")
    assert "488.70" in said
    assert "SDBLN00000000001" in said


def test_without_the_right_nothing_is_shown(settled: Settlement) -> None:
    client = Client()
    client.force_login(User.objects.create_user("ravi", is_staff=True))
    assert client.get(LINES).status_code == 403
