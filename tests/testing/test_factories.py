"""``paytm_kit.testing.factories``: what it makes is what life leaves in the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.models import Announcement, Payment
from paytm_kit.services import rebuild
from paytm_kit.testing import factories
from tests.paytm import RUPEES

MakeOrder = Callable[..., Order]

LEAVES = {  # state: status, flags, captured, refunded, being refunded
    "created": ("created", "", 0, 0, 0),
    "processing": ("processing", "", 0, 0, 0),
    "pending": ("processing", "", 0, 0, 0),
    "paid": ("paid", "", RUPEES, 0, 0),
    "failed": ("failed", "", 0, 0, 0),
    "expired": ("expired", "", 0, 0, 0),
    "held": ("processing", "amount_mismatch", 0, 0, 0),
    "late": ("paid", "late_success", RUPEES, 0, 0),
    "refunding": ("paid", "", RUPEES, 0, RUPEES),
    "part_refunded": ("paid", "", RUPEES, RUPEES / 2, 0),
    "refunded": ("paid", "", RUPEES, RUPEES, 0),
    "refund_failed": ("paid", "", RUPEES, 0, 0),
    "disputed": ("paid", "", RUPEES, 0, 0),
    "dispute_lost": ("paid", "", RUPEES, 0, 0),
    "dispute_won": ("paid", "", RUPEES, 0, 0),
}


@pytest.mark.parametrize("state", factories.STATES)
def test_each_state_is_what_the_ledger_writes_and_its_events_prove_it(state: str, make_order: MakeOrder) -> None:
    payment = factories.payment(make_order(), state)
    assert Payment.objects.get(pk=payment.pk) == payment
    money = payment.captured_amount, payment.refunded_amount, payment.refunding_amount
    assert (payment.status, payment.flags, *money) == LEAVES[state]
    assert [drift for found in rebuild.run() for drift in found] == []
    assert not Announcement.objects.filter(state=Announcement.State.WAITING).exists()


def test_the_order_hears_of_it_as_in_life_unless_told_otherwise(make_order: MakeOrder) -> None:
    heard, unheard = make_order(), make_order()
    factories.payment(heard, "paid")
    factories.payment(unheard, "paid", hear=False)
    heard.refresh_from_db()
    unheard.refresh_from_db()
    assert heard.paid_at is not None
    assert unheard.paid_at is None


def test_the_second_payment_of_an_order_is_a_surplus(make_order: MakeOrder) -> None:
    first, second = factories.paid_twice(make_order())
    assert (first.status, first.flags) == ("paid", "")
    assert (second.status, second.flags) == ("paid", "duplicate")
    assert first.transaction_id != second.transaction_id


def test_long_ago_is_long_ago_in_every_row(make_order: MakeOrder) -> None:
    payment = factories.payment(make_order(), "paid", amount="49.50", ago=timedelta(days=400))
    assert payment.amount == payment.captured_amount == Decimal("49.50")
    then = timezone.now() - timedelta(days=399)
    assert payment.paid_at is not None
    assert payment.paid_at < then
    assert all(event.created_at < then for event in payment.events.all())


def test_what_cannot_be_made_is_said(make_order: MakeOrder, settings: object) -> None:
    order = make_order()
    factories.payment(order, "processing")
    with pytest.raises(ValueError, match="has an open payment"):
        factories.payment(order, "paid")
    with pytest.raises(ValueError, match="There are: created, processing"):
        factories.payment(make_order(), "payed")
    with pytest.raises(ConfigurationError, match='no account "tickets"'):
        factories.payment(make_order(), account="tickets")
