"""manage.py paytm_close: a person's way out of what waits for one."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from paytm_kit.checkout import open_payment
from paytm_kit.ledger import book
from paytm_kit.models import Announcement, Flag, Payment
from tests.ledger.test_book import success

pytestmark = pytest.mark.databases


def close(order_id: str, reason: str) -> str:
    printed = StringIO()
    call_command("paytm_close", order_id, "--reason", reason, stdout=printed)
    return printed.getvalue()


def test_a_held_payment_is_closed_with_its_reason_and_nothing_is_announced(payment: Payment) -> None:
    book.flag(payment.pk, Flag.AMOUNT_MISMATCH, source="test", message="")
    before = Announcement.objects.count()
    assert "can be paid anew" in close(payment.gateway_order_id, "returned by hand")
    payment.refresh_from_db()
    assert (payment.status, payment.flags) == ("failed", "")
    assert payment.events.get(kind="closed").message == "returned by hand"
    assert Announcement.objects.count() == before
    assert open_payment(payment.order) != payment


def test_what_is_captured_after_closing_is_still_recorded(payment: Payment) -> None:
    close(payment.gateway_order_id, "abandoned")
    book.apply(payment.pk, success(payment), source="webhook")
    payment.refresh_from_db()
    assert (payment.status, payment.flag_list) == ("paid", [Flag.LATE_SUCCESS])


def test_a_closed_flag_does_not_come_back_with_the_same_fact(payment: Payment) -> None:
    from decimal import Decimal

    wrong = success(payment, amount=Decimal("1.00"))
    book.apply(payment.pk, wrong, source="webhook")
    close(payment.gateway_order_id, "returned by hand")
    book.apply(payment.pk, wrong, source="reconcile")
    payment.refresh_from_db()
    assert payment.flags == ""


def test_in_a_container_whose_user_has_no_name_the_number_stands_in_the_books(
    payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 54321)
    close(payment.gateway_order_id, "abandoned")
    assert payment.events.get(kind="closed").actor == "command by uid 54321"


def test_what_cannot_be_closed_says_why(payment: Payment) -> None:
    with pytest.raises(CommandError, match="No payment has the ORDERID 'nosuch'"):
        close("nosuch", "x")
    with pytest.raises(CommandError, match="Say what you found"):
        close(payment.gateway_order_id, "   ")
    book.apply(payment.pk, success(payment), source="test")
    with pytest.raises(CommandError, match="is paid: there is nothing to close"):
        close(payment.gateway_order_id, "x")
