"""``manage.py paytm_reconcile``: asks Paytm about all that is still open. Run it every five minutes from cron."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from paytm_kit import conf
from paytm_kit.management import moments, progress, stopping
from paytm_kit.management.ledger import LedgerCommand, text
from paytm_kit.models import Payment
from paytm_kit.services import jobs, reconcile, workers

MOST_WORKERS = 32
MOST_ROWS = 1_000_000_000


class Command(LedgerCommand):
    help = (
        "Asks the gateway about open payments (on the ladder 15 m, 30 m, 1 h, 6 h, 12 h, 24 h, 48 h, 72 h) and open "
        "refunds, takes up messages that were never dealt with, delivers announcements still waiting, and sends "
        "letters and webhooks of ours that are due. Safe to run twice, to stop at any time, and on many machines at "
        "once. Exit code 0: nothing is left. 1: something is left, the next run goes on. 2: wrong usage."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="ask now about all that is open, due or not")
        parser.add_argument(
            "--since", type=moments.moment, metavar="WHEN", help="only what was made since: 2h, 3d, 2026-11-21"
        )
        parser.add_argument("--account", type=text, default="", help="only this account of PAYTM_KIT")
        parser.add_argument("--limit", type=int, help="at most this many payments, as many refunds, and so on")
        parser.add_argument("--workers", type=int, default=1, metavar="N", help="this many threads share the work")
        parser.add_argument("--dry-run", action="store_true", help="only list what would be looked at")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        planned = reconcile.plan(_scope(options))
        if options["dry_run"]:
            self._show(planned, options["json"])
            return
        count = workers.usable(options["workers"])
        if count < options["workers"]:
            self.stderr.write("SQLite lets one write at a time: one worker does the work.")
        report = self._run(planned, count, quiet=options["json"])
        if options["json"]:
            self.stdout.write(json.dumps(_document(report), indent=2, ensure_ascii=False))
        else:
            self._sum_up(report)
        if report.left:
            raise CommandError(
                "Some payments, refunds, messages, announcements, letters or webhooks are left; they are tried again "
                "on the next run."
            )

    def _run(self, planned: reconcile.Plan, count: int, *, quiet: bool) -> reconcile.Report:
        report = reconcile.Report()
        with stopping.on_signal() as stop:
            rows = reconcile.run(report, planned, workers=count, stop=stop)
            if quiet:
                for _ in rows:
                    pass
                return report
            with progress.lines(self.stdout, len(planned.rows), "reconcile") as step:
                for row in rows:
                    step(f"{row.due.name}  {row.due.what}  {row.result}")
        return report

    def _show(self, planned: reconcile.Plan, as_json: bool) -> None:
        if as_json:
            due = [_named(row) | {"status": row.status} for row in planned.rows]
            self.stdout.write(json.dumps({"due": due, "beyond_limit": planned.beyond}, indent=2, ensure_ascii=False))
            return
        for row in planned.rows:
            self.stdout.write(f"{row.name}  {row.what}  {row.status}")
        self.stdout.write(f"would be looked at: {len(planned.rows)}, beyond the limit: {planned.beyond}")

    def _sum_up(self, report: reconcile.Report) -> None:
        for row in report.errors:
            self.stderr.write(f"{row.due.name}: {row.error}")
        if report.elsewhere:
            self.stdout.write(f"seen to by others, or nothing to do yet: {report.elsewhere}")
        if report.not_reached:
            self.stdout.write(f"not reached: {report.not_reached}")
        self.stdout.write(
            f"asked {report.asked}, changed {report.changed}, no answer {report.failed}; "
            f"announcements delivered {report.delivered}, still waiting {report.undelivered}"
        )
        if report.sent or report.unsent:
            self.stdout.write(f"letters sent {report.sent}, still waiting {report.unsent}")
        if report.posted or report.unposted:
            self.stdout.write(f"webhooks delivered {report.posted}, still waiting {report.unposted}")


def _scope(options: dict[str, Any]) -> reconcile.Scope:
    if options["limit"] is not None and options["limit"] < 1:
        raise CommandError("--limit must be at least 1.", returncode=2)
    if options["limit"] is not None and options["limit"] > MOST_ROWS:
        raise CommandError(f"--limit must be at most {MOST_ROWS}.", returncode=2)
    if not 1 <= options["workers"] <= MOST_WORKERS:
        raise CommandError(f"--workers must be from 1 to {MOST_WORKERS}.", returncode=2)
    account = options["account"]
    if account and account not in conf.raw_accounts() and not Payment.objects.filter(account=account).exists():
        known = ", ".join(conf.raw_accounts())
        raise CommandError(f'There is no account "{account}". PAYTM_KIT["ACCOUNTS"] has: {known}.', returncode=2)
    return reconcile.Scope(since=options["since"], account=account, limit=options["limit"], everything=options["all"])


def _named(due: jobs.Due) -> dict[str, str]:
    return {"job": due.job, "name": due.name, "what": due.what}


def _document(report: reconcile.Report) -> dict[str, Any]:
    counts = (
        "asked",
        "changed",
        "failed",
        "delivered",
        "undelivered",
        "sent",
        "unsent",
        "posted",
        "unposted",
        "elsewhere",
        "not_reached",
        "left",
    )
    return {name: getattr(report, name) for name in counts} | {
        "changes": [_named(row.due) | {"before": row.due.status, "after": row.after} for row in report.changes],
        "errors": [_named(row.due) | {"error": row.error} for row in report.errors],
    }
