"""manage.py paytm_refund: money back from the command line, with clear words for every mistake."""

from __future__ import annotations

from io import StringIO

import pytest
import requests
from django.core.management import CommandError, call_command
from django.test import Client

from paytm_kit.models import Payment, Refund
from tests.paytm import TXNID, Paytm
from tests.services.test_disputes import ID, tell
from tests.services.test_refunds import APPLY, SYNC

pytestmark = pytest.mark.databases


def refund(order_id: str, *flags: str) -> str:
    printed = StringIO()
    call_command("paytm_refund", order_id, *flags, stdout=printed, stderr=printed)
    return printed.getvalue()


def test_a_part_is_refunded_and_shown(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    said = refund(paid.gateway_order_id, "--amount", "100.00", "--reason", "Wrong size")
    row = Refund.objects.get()
    assert said.startswith(f"{row.refund_id}  100.00  pending  601 Refund 601")
    assert "paytm_reconcile finds out" in said
    assert row.actor.startswith("command by ")


def test_all_is_refunded(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund("TXN_SUCCESS", "10")
    assert "499.00  succeeded" in refund(paid.gateway_order_id, "--all", "--reason", "Cancelled")


def test_with_wait_the_banks_own_answer_is_printed(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund("TXN_SUCCESS", "10", path=SYNC)
    assert "499.00  succeeded  10" in refund(paid.gateway_order_id, "--all", "--reason", "Cancelled", "--wait")
    assert paytm.asked(APPLY) == 0


def test_without_an_amount_nothing_is_sent_and_the_state_is_shown(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    refund(paid.gateway_order_id, "--amount", "100", "--reason", "x")
    paytm.refund_becomes("TXN_SUCCESS", "10")
    said = refund(paid.gateway_order_id)
    assert "100.00  succeeded  10 Refund 10" in said
    assert f"transaction {TXNID}: 399.00 rupees are left to refund" in said
    assert paytm.asked(APPLY) == 1


def test_an_open_dispute_is_named_and_refuses(client: Client, paid: Payment, paytm: Paytm) -> None:
    tell(client, paid)
    assert f"no refund now: it is disputed, and until that is decided nothing can be refunded. Dispute {ID}" in refund(
        paid.gateway_order_id
    )
    with pytest.raises(CommandError, match=f"Dispute {ID} .*Nothing was sent"):
        refund(paid.gateway_order_id, "--all", "--reason", "x")
    assert paytm.asked(APPLY) == 0


def test_an_open_refund_that_cannot_be_asked_about_is_shown_with_the_error(
    paid: Payment,
    paytm: Paytm,
) -> None:
    paytm.will_refund()
    refund(paid.gateway_order_id, "--amount", "100", "--reason", "x")
    paytm.will_answer(requests.ReadTimeout(), path="/v2/refund/status")
    said = refund(paid.gateway_order_id)
    assert "ask again" in said
    assert "100.00  pending" in said


def test_a_refusal_is_an_error_exit(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund("TXN_FAILURE", "600")
    with pytest.raises(CommandError, match="free for another one"):
        refund(paid.gateway_order_id, "--all", "--reason", "x")


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (["--amount", "500", "--reason", "x"], r"499\.00 rupees"),
        (["--amount", "0", "--reason", "x"], "above zero"),
        (["--amount", "1.234", "--reason", "x"], "two decimals"),
        (["--amount", "ten", "--reason", "x"], "digits"),
        (["--amount", "1"], "say why"),
        (["--all", "--amount", "1"], "not allowed"),
        (["--amount", "1", "--reason", "x", "--transaction", "other"], "no captured transaction"),
    ],
)
def test_mistakes_are_named_and_nothing_is_sent(
    paid: Payment,
    paytm: Paytm,
    flags: list[str],
    why: str,
) -> None:
    with pytest.raises(CommandError, match=why):
        refund(paid.gateway_order_id, *flags)
    assert paytm.asked(APPLY) == 0


def test_an_unknown_order_is_named(transactional_db: None) -> None:
    with pytest.raises(CommandError, match="No payment has the ORDERID 'nobody'"):
        refund("nobody", "--all", "--reason", "x")


def test_an_unpaid_payment_is_named(payment: Payment) -> None:
    with pytest.raises(CommandError, match="captured nothing"):
        refund(payment.gateway_order_id, "--all", "--reason", "x")
