"""Goes through every payment and compares what stands on it with what its events say."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import Error as DatabaseError

from paytm_kit.ledger import rebuild
from paytm_kit.ledger.rebuild import Drift
from paytm_kit.models import Payment
from paytm_kit.services import busy

__all__ = ["Drift", "run"]


def run(*, order_id: str = "", repair: bool = False, passed_over: list[str] | None = None) -> Iterator[list[Drift]]:
    """For each payment, oldest first, what has drifted; ``repair`` puts it right. One lock at a time.

    What the database did not let us look at is said in ``passed_over``; without that list it raises DatabaseError.
    """
    wanted = Payment.objects.filter(gateway_order_id=order_id) if order_id else Payment.objects.all()
    for pk, name in wanted.order_by("pk").values_list("pk", "gateway_order_id").iterator():
        try:
            yield rebuild.check(pk, repair=repair)
        except DatabaseError as error:
            if passed_over is None:
                raise
            passed_over.append(busy.told(error, name))
