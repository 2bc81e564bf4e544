"""Disputes at the desk: which are open and until when, why no refund goes out, and a person's word about the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from paytm_kit.models import Payment
from tests.paytm import Paytm
from tests.services.test_disputes import DUE, ID, tell
from tests.services.test_refunds import APPLY
from tests.test_admin_refunds import Desk, at

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/paytm_kit/dispute/"
READS = ("view_payment", "view_dispute", "view_paymentevent")


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    return Desk(*READS, "refund_payment", "change_dispute")


def page_of(payment: Payment, what: str = "change") -> str:
    return f"{LIST}{payment.disputes.get().pk}/{what}/"


def test_a_dispute_is_listed_with_its_due_date_and_found(desk: Desk, client: Client, paid: Payment) -> None:
    tell(client, paid)
    with time_machine.travel(DUE - timedelta(days=1), tick=True):
        for query in ("", f"?q={ID}", f"?q={paid.gateway_order_id}", "?standing=undecided", "?status__exact=open"):
            text = desk.open(LIST + query).get_text()
            assert ID in text, query
            assert "200.00" in text
            assert "Nov. 28, 2026, 11:59 p.m." in text
            assert "overdue since" not in text
        assert ID not in desk.open(f"{LIST}?standing=overdue").get_text()


def test_an_unanswered_one_is_marked_overdue_until_it_ends(desk: Desk, client: Client, paid: Payment) -> None:
    tell(client, paid, disputeAmount=None)
    with time_machine.travel(DUE + timedelta(seconds=1), tick=True):
        text = desk.open(f"{LIST}?standing=overdue").get_text()
        assert "⚠ overdue since Nov. 28, 2026, 11:59 p.m." in text
        assert "all of it" in text
        tell(client, paid, "WON")
        assert ID not in desk.open(f"{LIST}?standing=overdue").get_text()
        assert "overdue since" not in desk.open(LIST).get_text()


def test_the_payments_page_shows_it_and_why_no_refund_goes_out(
    desk: Desk, client: Client, paid: Payment, paytm: Paytm
) -> None:
    desk.open(at(paid))
    filled = desk.fields() | {"amount": "1.00", "reason": "x"}
    tell(client, paid)
    page = desk.open(at(paid, "change"))
    text = " ".join(page.get_text().split())
    assert f"No refund now: it is disputed, and until that is decided nothing can be refunded. Dispute {ID}" in text
    assert "Goods or services not provided" in text
    assert "Dispute opened" in text
    assert page.select_one(f'a[href="{at(paid)}"]') is None
    assert f"{paid.gateway_order_id}: no refund now: it is disputed" in desk.send(at(paid), filled)
    assert paytm.asked(APPLY) == 0
    tell(client, paid, "WON")
    assert desk.open(at(paid, "change")).select_one(f'a[href="{at(paid)}"]') is not None


def test_a_person_says_how_it_ended(desk: Desk, client: Client, paid: Payment) -> None:
    tell(client, paid)
    page = desk.open(page_of(paid))
    assert [button["value"] for button in page.select("button[name=status]")] == ["won", "lost", "closed"]
    token = page.select_one("#content [name=csrfmiddlewaretoken]")["value"]
    said = desk.send(page_of(paid, "close"), {"csrfmiddlewaretoken": token, "status": "lost", "reason": "It says so"})
    assert f"Dispute {ID}: Lost: the money is gone." in said
    assert "It says so" in said
    assert "meera" in said
    assert paid.disputes.get().status == "lost"
    assert [button["value"] for button in desk.page.select("button[name=status]")] == ["won", "closed"]


def test_one_of_a_payment_that_is_busy_stays_as_it_is(
    desk: Desk, client: Client, paid: Payment, busy: Callable[[Payment], None]
) -> None:
    tell(client, paid)
    token = desk.open(page_of(paid)).select_one("#content [name=csrfmiddlewaretoken]")["value"]
    busy(paid)
    said = desk.send(page_of(paid, "close"), {"csrfmiddlewaretoken": token, "status": "won", "reason": "x"})
    assert f"{paid.gateway_order_id} is busy: something else works on it. Nothing was" in said
    assert paid.disputes.get().status == "open"


@pytest.mark.parametrize(
    ("status", "reason", "why"), [("lost", " ", "say what you found"), ("open", "x", "it ends as won, lost, closed")]
)
def test_without_a_reason_or_an_end_nothing_changes(
    desk: Desk, client: Client, paid: Payment, status: str, reason: str, why: str
) -> None:
    tell(client, paid)
    token = desk.open(page_of(paid)).select_one("#content [name=csrfmiddlewaretoken]")["value"]
    fields = {"csrfmiddlewaretoken": token, "status": status, "reason": reason}
    assert why in desk.send(page_of(paid, "close"), fields)
    assert paid.disputes.get().status == "open"


def test_ending_one_needs_the_right_to_change_disputes(client: Client, paid: Payment) -> None:
    tell(client, paid)
    desk = Desk(*READS)
    assert desk.open(page_of(paid)).select("button[name=status]") == []
    token = desk.open("/admin/password_change/").select_one("[name=csrfmiddlewaretoken]")["value"]
    answer = desk.client.post(page_of(paid, "close"), {"csrfmiddlewaretoken": token, "status": "won", "reason": "x"})
    assert answer.status_code == 403
    assert paid.disputes.get().status == "open"
    assert desk.client.get(page_of(paid, "close")).status_code == 405


def test_the_end_of_an_old_one_is_shown_in_the_list(desk: Desk, client: Client, paid: Payment) -> None:
    tell(client, paid, "CLOSED")
    assert "Closed, not said for whom" in desk.open(LIST).get_text()
    assert timezone.localtime(paid.disputes.get().closed_at).date() == timezone.localdate()
