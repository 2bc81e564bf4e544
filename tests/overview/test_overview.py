"""The overview: the numbers are those of the ledger, a person can read them, and nothing that is asked breaks it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from paytm_kit.gateways.base import DisputeClaim, DisputeState, Outcome, RefundOutcome, State
from paytm_kit.gateways.paytm.codes import CODES, Family
from paytm_kit.ledger import book, disputes, refunds, seeding
from paytm_kit.models import Announcement, Dispute, Flag, Payment, Refund, ledger_writes
from paytm_kit.services import reconcile, roles
from paytm_kit.services.invented_rows import rows_of
from paytm_kit.services.invention import World, story
from tests.admin.desk import Person, message
from tests.paytm import MID

PAGE = "/admin/paytm_kit/payment/overview/"
NOW = datetime.fromisoformat("2026-11-21T16:00:00+05:30")
DECLINED = CODES[Family.PAYMENT, "227"]

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def person(transactional_db: None) -> Person:
    return Person()


@pytest.fixture
def hear(start: Callable[..., Payment]) -> Callable[..., Payment]:
    """A payment of that amount, made at a moment, of which the gateway says something a minute later."""

    def make(state: State | None, amount: str, at: datetime = NOW - timedelta(hours=3), **said: Any) -> Payment:
        with time_machine.travel(at, tick=False):
            payment = start(amount=amount)
        if state is not None:
            named = {"payment_mode": "UPI", "bank_name": "Sahyadri Demo Bank", **said}
            outcome = Outcome(
                order_id=payment.gateway_order_id,
                state=state,
                merchant_id=MID,
                amount=payment.amount,
                transaction_id=f"T{payment.pk}",
                **named,
            )
            with time_machine.travel(at + timedelta(minutes=1), tick=False):
                payment = book.apply(payment.pk, outcome, source="webhook").payment
        return payment

    return make


def invent(count: int, *, days: int = 20, seed: int = 3) -> None:
    world = World.of(seed, count, timezone.now(), days)
    kind = ContentType.objects.get_for_model(ContentType)
    seeding.write(rows_of((story(world, n) for n in range(count)), account="default", content_type_id=kind.pk))


def table(page: BeautifulSoup, name: str) -> list[list[str]]:
    """A section's rows as a person reads them."""
    rows = page.select(f"#pk-{name} tbody tr, #pk-{name} tfoot tr")
    return [[cell.get_text(strip=True) for cell in row.select("th, td")] for row in rows]


def tiles(page: BeautifulSoup) -> dict[str, str]:
    return {
        tile.select_one(".pk-label").get_text(strip=True): tile.select_one("strong").get_text(strip=True)
        for tile in page.select(".pk-tiles li")
    }


# ---- The numbers


@time_machine.travel(NOW, tick=False)
def test_money_in_money_back_and_net_are_what_happened_on_each_day(
    person: Person, hear: Callable[..., Payment]
) -> None:
    hear(State.SUCCESS, "500.00")
    paid = hear(State.SUCCESS, "1200.50")
    hear(State.SUCCESS, "99.00", NOW - timedelta(days=1))
    hear(State.SUCCESS, "77.00", NOW - timedelta(days=8))  # before the period
    hear(State.FAILURE, "900.00", code="227")
    lost = hear(State.SUCCESS, "40.00", NOW - timedelta(days=1))
    refund = refunds.request(
        paid.pk,
        amount=Decimal("200.50"),
        transaction_id="",
        reason="Torn",
        actor="asha",
        wait=False,
        seen_left=None,
    )
    done = RefundOutcome(paid.gateway_order_id, refund.refund_id, State.SUCCESS, amount=refund.amount)
    refunds.apply(refund.pk, done, source="webhook")
    for state in (DisputeState.OPEN, DisputeState.LOST):  # of which no amount is told: all of it
        claim = DisputeClaim(lost.gateway_order_id, "D1", state, word=state, transaction_id=lost.transaction_id or "")
        disputes.apply(lost.pk, claim, source="webhook")
    page = person.open(f"{PAGE}?period=7d&environment=staging")
    rows = {row[0]: row[1:] for row in table(page, "money")}
    assert rows["21 Nov"] == ["2", "₹1,700.50", "1", "₹200.50", "₹40.00", "₹1,460.00"]
    assert rows["20 Nov"] == ["2", "₹139.00", "0", "₹0.00", "₹0.00", "₹139.00"]
    assert rows["15 Nov"][1] == "₹0.00"
    assert rows["Together"] == ["4", "₹1,839.50", "1", "₹200.50", "₹40.00", "₹1,599.00"]
    assert tiles(page)["Money in"] == "₹1,839.50"
    assert tiles(page)["Money back"] == "₹240.50"
    assert tiles(page)["Net, before fees"] == "₹1,599.00"


@time_machine.travel(NOW, tick=False)
def test_success_and_failure_are_told_by_mode_by_bank_and_by_reason(
    person: Person, hear: Callable[..., Payment]
) -> None:
    for _ in range(2):
        hear(State.SUCCESS, "10.00")
    hear(State.FAILURE, "30.00", code="227", shopper_text=DECLINED.shopper)
    hear(
        State.FAILURE,
        "31.00",
        code="227",
        shopper_text=DECLINED.shopper,
        payment_mode="CC",
        bank_name="Tapti Demo Bank",
    )
    hear(None, "5.00")
    page = person.open(f"{PAGE}?period=today&environment=staging")
    assert table(page, "modes") == [
        ["UPI", "2", "1", "0", "0", "66.6 %"],
        ["not told", "0", "0", "0", "1", "-"],
        ["Credit card", "0", "1", "0", "0", "0.0 %"],
        ["Together", "2", "2", "0", "1", "50.0 %"],
    ]
    assert table(page, "banks")[0] == ["Sahyadri Demo Bank", "2", "1", "0", "0", "66.6 %"]
    assert table(page, "reasons") == [[f"227 {DECLINED.shopper}", "2", "₹61.00"]]
    assert tiles(page)["Success rate"] == "50.0 %"


@time_machine.travel(NOW, tick=False)
def test_what_waits_for_a_person_is_told_whatever_the_period(person: Person, hear: Callable[..., Payment]) -> None:
    old = hear(None, "100.00", NOW - timedelta(days=30))
    hear(None, "7.00", NOW - timedelta(minutes=5))
    for word in (Flag.STUCK, Flag.DUPLICATE):
        book.flag(old.pk, word, source="reconcile", message="")
    disputed = hear(State.SUCCESS, "60.00", NOW - timedelta(days=20))
    due = NOW + timedelta(days=2)
    told = {"amount": Decimal("20.00"), "transaction_id": disputed.transaction_id or "", "due_at": due}
    claim = DisputeClaim(disputed.gateway_order_id, "D7", DisputeState.OPEN, merchant_id=MID, **told)
    disputes.apply(disputed.pk, claim, source="webhook")
    Announcement.objects.filter(event__payment=old).update(attempts=4, created_at=NOW - timedelta(hours=2))
    page = person.open(f"{PAGE}?period=today&environment=staging")
    ages = {row[0]: row[1:] for row in table(page, "ages")}
    assert ages["up to 15 minutes"] == ["1", "₹7.00"]
    assert ages["over 3 days"] == ["1", "₹100.00"]
    flags = {row[0]: row[1:] for row in table(page, "flags")}
    assert flags == {str(Flag(word).label): ["1", "₹100.00"] for word in (Flag.STUCK, Flag.DUPLICATE)}
    assert table(page, "disputes") == [["D7", disputed.order_label, "₹20.00", "23 Nov 2026 (days left: 2)"]]
    assert ["payment_flagged", "2", "21 Nov 2026, 14:00 (2\xa0hours ago)"] in table(page, "unheard")
    assert [tile.get_text() for tile in page.select(".pk-alarm strong")][:2] == ["⚠ 2", "⚠ 2"]
    unheard = page.select_one("#pk-unheard tbody a")["href"]
    assert len(person.open(unheard).select("#result_list tbody tr")) == 2
    link = page.select_one("#pk-flags tbody a")["href"]
    assert person.listed(link.removeprefix("/admin/paytm_kit/payment/")) == [old.gateway_order_id]


@time_machine.travel(NOW, tick=False)
def test_the_last_webhook_and_the_last_reconcile_are_told(person: Person, hear: Callable[..., Payment]) -> None:
    page = person.open(f"{PAGE}?environment=staging")
    assert "never: run manage.py paytm_reconcile from cron" in page.select_one("#pk-now").get_text()
    assert "none has come to an account of this environment" in page.select_one("#pk-now").get_text()
    payment = hear(State.SUCCESS, "1.00")
    message(payment, created_at=NOW - timedelta(minutes=9), verdict="bad_signature")
    list(reconcile.run(reconcile.Report()))
    now = dict(row[:2] for row in table(person.open(f"{PAGE}?environment=staging"), "now"))
    assert now["Last webhook"] == "21 Nov 2026, 15:51 (9\xa0minutes ago): Signature wrong"
    assert now["Last reconcile of all accounts"].startswith("21 Nov 2026, 16:00")
    other = dict(row[:2] for row in table(person.open(f"{PAGE}?environment=production"), "now"))
    assert "none has come" in other["Last webhook"]


def test_a_run_that_was_cut_short_or_looked_at_a_part_is_no_reconcile(
    person: Person, start: Callable[..., Payment]
) -> None:
    start()
    begun = reconcile.run(reconcile.Report(), reconcile.plan(reconcile.Scope(everything=True)))
    begun.close()
    list(reconcile.run(reconcile.Report(), reconcile.plan(reconcile.Scope(since=timezone.now()))))
    list(reconcile.run(reconcile.Report(), reconcile.plan(jobs=["messages"])))
    assert "never: run" in person.open(f"{PAGE}?environment=staging").select_one("#pk-now").get_text()


@time_machine.travel(NOW, tick=False)
def test_environments_are_never_added_up_and_accounts_only_on_purpose(
    person: Person, hear: Callable[..., Payment], settings: Any
) -> None:
    hear(State.SUCCESS, "10.00")
    invent(60, days=1)
    invented = Payment.objects.filter(environment="simulator", status="paid")
    assert invented.exists()
    assert tiles(person.open(f"{PAGE}?environment=staging&period=7d"))["Money in"] == "₹10.00"
    assert tiles(person.open(f"{PAGE}?environment=production&period=7d"))["Money in"] == "₹0.00"
    assert tiles(person.open(f"{PAGE}?environment=simulator&period=7d"))["Money in"] != "₹0.00"
    first = settings.PAYTM_KIT["ACCOUNTS"]["default"]
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": first, "tickets": first}}
    page = person.open(f"{PAGE}?environment=staging&account=tickets&period=7d")
    assert tiles(page)["Money in"] == "₹0.00"
    assert [option["value"] for option in page.select("#pk-account option")] == ["", "default", "tickets"]
    assert page.select_one("#pk-account option[selected]")["value"] == "tickets"


def test_the_sums_are_those_that_the_rows_give_one_by_one(person: Person) -> None:
    """An oracle in plain Python over 400 invented payments with refunds, disputes, flags and all."""
    invent(400)
    page = person.open(f"{PAGE}?environment=simulator&period=30d")
    paid = list(Payment.objects.exclude(paid_at=None))
    back = sum(refund.amount for refund in Refund.objects.filter(status="succeeded"))
    lost = sum(row.amount or 0 for row in Dispute.objects.filter(status__in=("lost", "closed")))
    rupees = "{:.2f}".format
    together = [cell.replace(",", "").replace("₹", "") for cell in table(page, "money")[-1]]
    came = sum(payment.captured_amount for payment in paid)
    assert together[1:] == [
        str(len(paid)),
        rupees(came),
        str(Refund.objects.filter(status="succeeded").count()),
        rupees(back),
        rupees(lost),
        rupees(came - back - lost),
    ]
    counts = [Payment.objects.filter(status=status).count() for status in ("paid", "failed", "expired", "processing")]
    assert table(page, "modes")[-1][1:5] == [str(count) for count in counts]
    assert sum(int(row[1]) for row in table(page, "reasons")) == counts[1]
    assert sum(int(row[1]) for row in table(page, "ages")) == counts[3]
    assert sum(int(row[1]) for row in table(page, "banks")) == counts[0]


# ---- The page


def test_each_chart_shows_the_numbers_of_its_table(person: Person) -> None:
    invent(200)
    page = person.open(f"{PAGE}?environment=simulator&period=30d")
    charts = json.loads(page.select_one("script#pk-charts").string)
    assert set(charts) == {"money", "modes", "banks", "reasons", "ages"}
    assert {box["data-chart"] for box in page.select(".pk-chart")} == set(charts)
    for name, chart in charts.items():
        heads = [head.get_text(strip=True) for head in page.select(f"#pk-{name} thead th")]
        rows = [row for row in table(page, name) if row[0] != "Together"]
        assert chart["labels"] == [row[0] for row in rows]
        for series in chart["series"]:
            texts = [row[heads.index(series["label"])] for row in rows]
            assert series["texts"] == texts
            plain = [text.replace("₹", "").replace(",", "").removesuffix(" %") for text in texts]
            assert [None if text == "-" else float(text) for text in plain] == series["values"]


def test_without_scripts_the_tables_are_there_and_no_script_or_style_is_inline(person: Person) -> None:
    invent(50)
    page = person.open(f"{PAGE}?environment=simulator&period=30d")
    assert len(page.select(".pk-overview section table")) >= 6
    assert all(box.has_attr("hidden") for box in page.select(".pk-chart"))
    for script in page.select("script:not([type='application/json'])"):
        assert script["src"].startswith("/static/")
        assert script.get_text() == ""
    assert not page.select(".pk-overview style, .pk-overview [style]")


def test_an_empty_ledger_is_told_in_words(person: Person) -> None:
    page = person.open(PAGE)
    for words in ("No payments were made", "No payment failed", "no open dispute", "No payment has an open flag"):
        assert words in page.get_text()
    assert page.select_one("#pk-environment option[selected]")["value"] == "staging"  # of the only account


def test_it_asks_the_database_as_often_for_many_payments_as_for_none(person: Person) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            person.open(f"{PAGE}?environment=simulator&period=30d")
        return len(queries)

    person.open(PAGE)  # what is kept in memory afterwards
    none = asked()
    invent(500)
    assert asked() == none <= 18


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("period=decade", "no such period"),
        ("period=range&from=2026-13-01&to=2026-01-01", "is no day"),
        ("from=2026-11-01", "both days"),
        ("period=range&from=%00&to=%00", "is no day"),
        ("environment=everywhere", "no such environment"),
        ("account=nobody", "no such account"),
        ("account=%27%3B--", "no such account"),
        ("account=" + "x" * 500, "no such account"),
        ("period=today&period=month&account=%F0%9F%92%A9", "no such account"),
    ],
)
def test_a_question_that_makes_no_sense_gets_a_sentence_and_no_numbers(person: Person, query: str, told: str) -> None:
    page = person.open(f"{PAGE}?{query}", status=400)
    assert told in page.select_one(".errornote").get_text()
    assert page.select("form.pk-ask select")
    assert not page.select(".pk-tiles, .pk-overview section")


def test_what_was_typed_is_shown_as_text(person: Person) -> None:
    evil = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
    person.open(f"{PAGE}?period=range&from={evil}&to={evil}&account={evil}", status=400)
    assert b"<script>alert" not in person.response.content


def test_an_account_that_is_no_longer_configured_can_still_be_looked_at(
    person: Person, hear: Callable[..., Payment]
) -> None:
    payment = hear(State.SUCCESS, "10.00", timezone.now() - timedelta(hours=1))
    with ledger_writes():
        Payment.objects.filter(pk=payment.pk).update(account="closed")
    page = person.open(f"{PAGE}?account=closed&environment=staging&period=7d")
    assert tiles(page)["Money in"] == "₹10.00"
    assert page.select_one("#pk-account option[selected]")["value"] == "closed"


def test_it_is_for_those_who_may_see_payments(person: Person) -> None:
    assert Person(roles.VIEWER, name="viewer").open(PAGE)
    assert Client().get(PAGE).status_code == 302
    client = Client()
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    assert client.get(PAGE).status_code == 403


def test_the_list_and_the_kits_index_lead_to_it(person: Person) -> None:
    for path in ("/admin/paytm_kit/payment/", "/admin/paytm_kit/"):
        assert person.open(path).select(f"a[href='{PAGE}']"), path
