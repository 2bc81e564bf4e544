"""manage.py paytm_rebuild: every total follows from the events, and what does not is found and put right."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from paytm_kit import refunds
from paytm_kit.ledger import book
from paytm_kit.models import Flag, Payment, Refund
from tests.ledger.test_book import success
from tests.paytm import Paytm

pytestmark = pytest.mark.databases


def rebuild(*flags: str) -> str:
    printed = StringIO()
    try:
        call_command("paytm_rebuild", *flags, stdout=printed)
    except CommandError as error:
        return f"{printed.getvalue()}{error}"
    return printed.getvalue()


@pytest.fixture
def eventful(paid: Payment, paytm: Paytm) -> Payment:
    """Captured twice, flagged, and refunded in every way."""
    book.apply(paid.pk, success(paid, transaction_id="SECOND"), source="webhook")
    for word, code in (("TXN_SUCCESS", "10"), ("PENDING", "601"), ("TXN_FAILURE", "619")):
        paytm.will_refund(word, code)
        refunds.request(paid, "100.00", reason=code)
    paid.refresh_from_db()
    return paid


def test_what_the_verbs_write_follows_from_the_events(eventful: Payment, payment: Payment) -> None:
    assert (str(eventful.captured_amount), str(eventful.refunded_amount)) == ("998.00", "100.00")
    assert str(eventful.refunding_amount) == "100.00"
    assert rebuild() == "payments looked at: 1, drifted: 0\n"


def test_a_closed_payment_follows_too(payment: Payment) -> None:
    book.flag(payment.pk, Flag.STUCK, source="test", message="")
    book.close(payment.pk, actor="asha", reason="looked")
    assert "drifted: 0" in rebuild()


DAMAGE = {
    "captured_amount": ("paytm_kit_payment", "captured_amount = 1"),
    "refunded_amount": ("paytm_kit_payment", "refunded_amount = 0"),
    "refunding_amount": ("paytm_kit_payment", "refunding_amount = 0"),
    "status": ("paytm_kit_payment", "status = 'failed'"),
    "flags": ("paytm_kit_payment", "flags = ''"),
    "refund": ("paytm_kit_refund", "status = 'failed'"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_drift_is_named_not_touched_and_put_right_when_told(eventful: Payment, damage: str) -> None:
    table, change = DAMAGE[damage]
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {change}")
    said = rebuild()
    assert "drifted: 1" in said
    assert "--repair" in said
    assert "its events say" in said
    assert rebuild() == said  # nothing was changed
    assert "put right" in rebuild("--repair")
    assert "drifted: 0" in rebuild()
    eventful.refresh_from_db()
    assert (str(eventful.captured_amount), eventful.status) == ("998.00", "paid")
    assert sorted(Refund.objects.values_list("status", flat=True)) == ["failed", "pending", "succeeded"]


def test_one_payment_can_be_looked_at(eventful: Payment) -> None:
    assert "looked at: 1, drifted: 0" in rebuild("--order", eventful.gateway_order_id)
    assert "No payment has the ORDERID 'nobody'" in rebuild("--order", "nobody")
