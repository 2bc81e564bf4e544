"""All payments of one order, held: what is read of them stays so until the transaction ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import models

from paytm_kit.ledger import book, waiting
from paytm_kit.models import Payment, ledger_writes


@contextmanager
def held(order: models.Model) -> Iterator[list[Payment]]:
    """A transaction with the payments locked, newest first. Raises DatabaseError after a bounded wait."""
    with waiting.bounded():
        payments = Payment.objects.for_order(order)
        if (one := payments.first()) is not None:
            with ledger_writes():
                book.lock(one.pk)
        yield list(payments.all())
