"""Whose payment it is hangs on the order's key to the letter, on databases that overlook case and accents, too."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from demo_site.shop.models import Order
from paytm_kit.ledger import book
from paytm_kit.models import Payment, ledger_writes

pytestmark = pytest.mark.databases


def test_an_order_has_no_payments_of_one_whose_key_is_merely_alike(start: Callable[..., Payment]) -> None:
    payment, alike = start(), start()
    with ledger_writes():
        Payment.objects.filter(pk=payment.pk).update(object_id="aB3x")
        Payment.objects.filter(pk=alike.pk).update(object_id="Ab3x")
    payment.refresh_from_db()
    for key in ("AB3X", "aB3x ", "äB3x", "aB3"):
        assert not Payment.objects.for_order(Order(pk=key)).exists()
    assert list(Payment.objects.for_order(Order(pk="aB3x"))) == [payment]
    assert not Payment.objects.beside(payment).exists()
    assert list(Payment.objects.filter(object_id__in=["aB3x", "nothing"])) == [payment]
    assert book.supersede(payment.pk, why="test", seen=payment).open_slot is None
