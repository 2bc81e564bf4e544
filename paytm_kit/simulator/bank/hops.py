"""What the parties said to each other about one payment or refund, for whoever watches."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from paytm_kit.simulator import clock
from paytm_kit.simulator.models import Hop, Refund, Transaction


def tell(
    row: Transaction, source: str, target: str, said: str, answer: str = "", *, refund: Refund | None = None
) -> None:
    """Notes one exchange, in the caller's transaction. Texts are cut to 200 characters; no secret belongs in them."""
    Hop.objects.create(
        transaction=row,
        refund=refund,
        at=clock.now(),
        source=source,
        target=target,
        said=said[:200],
        answer=answer[:200],
    )


class Exchange(NamedTuple):
    source: str
    target: str
    said: str
    answer: str = ""


def tell_all(row: Transaction, exchanges: Iterable[Exchange], at: datetime) -> None:
    """Notes several exchanges of one moment in their order, at the price of one."""
    Hop.objects.bulk_create(
        Hop(transaction=row, at=at, source=one.source, target=one.target, said=one.said[:200], answer=one.answer[:200])
        for one in exchanges
    )
