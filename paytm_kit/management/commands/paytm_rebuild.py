"""``manage.py paytm_rebuild``: proves every total from the events. Exit code 1 when something has drifted."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from paytm_kit.management.ledger import LedgerCommand, actor, text
from paytm_kit.models import Payment
from paytm_kit.services import audit, rebuild


class Command(LedgerCommand):
    help = (
        "Recomputes status, captured, refunded and flags of every payment from its events and prints what differs. "
        "Nothing is changed without --repair. Exit code 1: something has drifted (or had, with --repair), or a payment "
        "was busy and not looked at."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--order", type=text, metavar="ORDERID", default="", help="only this payment")
        parser.add_argument("--repair", action="store_true", help="write what the events say")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["order"]
        if wanted and not Payment.objects.filter(gateway_order_id=wanted).exists():
            raise CommandError(f"No payment has the ORDERID {wanted!r}.")
        looked, drifted = 0, 0
        passed_over: list[str] = []
        for found in rebuild.run(order_id=wanted, repair=options["repair"], passed_over=passed_over):
            looked += 1
            drifted += bool(found)
            for drift in found:
                self.stdout.write(str(drift))
        for sentence in passed_over:
            self.stderr.write(sentence)
        self.stdout.write(f"payments looked at: {looked}, drifted: {drifted}")
        if drifted and options["repair"]:
            audit.by_command(actor(), "ledger.rebuild", count=drifted, detail=wanted or "all payments")
        if drifted:
            done = "They were put right." if options["repair"] else "Run it with --repair to write what the events say."
            raise CommandError(f"Totals have drifted from the events. {done}")
        if passed_over:
            raise CommandError(f"Payments not looked at: {len(passed_over)}. Run it again.")
