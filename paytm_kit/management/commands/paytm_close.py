"""``manage.py paytm_close ORDERID --reason "…"``: a person has looked at a payment; its order may be paid anew."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import Error as DatabaseError

from paytm_kit.management.ledger import LedgerCommand, actor, text
from paytm_kit.models import Payment
from paytm_kit.services import audit, busy, closing


class Command(LedgerCommand):
    help = (
        "Closes a payment that waits for a person (flagged, or stuck at the bank) so that its order can be paid anew. "
        "Ask first what became of it: manage.py paytm_status ORDERID."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("order_id", type=text, metavar="ORDERID", help="the gateway order id")
        parser.add_argument("--reason", type=text, required=True, help="what you found; kept with the payment")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["order_id"]
        payment = Payment.objects.filter(gateway_order_id=wanted).first()
        if payment is None:
            raise CommandError(f"No payment has the ORDERID {wanted!r}.")
        said = {"actor": actor(), "reason": options["reason"]}
        try:
            closed = closing.close(payment, **said)
        except closing.CannotClose as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(busy.told(error, wanted)) from error
        audit.by_command(said["actor"], "payment.close", payment, reason=said["reason"])
        self.stdout.write(f"{wanted}: {closed.said}")
