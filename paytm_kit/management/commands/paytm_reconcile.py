"""``manage.py paytm_reconcile``: asks Paytm about every payment still open. Run it every five minutes from cron."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from paytm_kit.services import reconcile


class Command(BaseCommand):
    help = (
        "Asks the gateway about open payments on the ladder 15 m, 30 m, 1 h, 6 h, 12 h, 24 h, 48 h, 72 h and delivers "
        "announcements still waiting. Safe to run twice or on many machines at once. Exit code 1: something is left."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="ask now about every payment on the ladder, due or not")
        parser.add_argument("--limit", type=int, help="ask about at most this many payments")
        parser.add_argument("--dry-run", action="store_true", help="only list what would be asked")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit must be at least 1.")
        chosen = {"everything": options["all"], "limit": options["limit"]}
        if options["dry_run"]:
            found = reconcile.due(**chosen)
            for payment in found:
                self.stdout.write(f"{payment.gateway_order_id}  {payment.amount} {payment.currency}  {payment.status}")
            self.stdout.write(f"would be asked about: {len(found)}")
            return
        report = reconcile.Report()
        for payment, result in reconcile.run(report, **chosen):
            self.stdout.write(f"{payment.gateway_order_id}  {payment.amount} {payment.currency}  {result}")
        reconcile.deliver_waiting(report)
        self.stdout.write(
            f"asked {report.asked}, changed {report.changed}, no answer {report.failed}; "
            f"announcements delivered {report.delivered}, still waiting {report.undelivered}"
        )
        for error in report.errors:
            self.stderr.write(error)
        if report.failed or report.undelivered:
            raise CommandError("Some payments or announcements are left; they are tried again on the next run.")
