"""``manage.py paytm_sweep``: compares Paytm's own lists of orders and refunds with the ledger. Run it once a day."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from paytm_kit import conf
from paytm_kit.management import moments, stopping
from paytm_kit.management.ledger import LedgerCommand, text
from paytm_kit.services import sweep


class Command(LedgerCommand):
    help = (
        "Reads the gateway's lists of orders and refunds for a time, asks about each that differs from the ledger, "
        "records refunds made in the gateway's dashboard, and tells what is no payment of ours. Safe to repeat. "
        "Exit code 0: all agrees, or was put right. 1: somebody has to look, or a list could not be read. "
        "2: wrong usage."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", type=moments.moment, metavar="WHEN", help="from then on: 3d, 2026-11-21 (default: 2d)"
        )
        parser.add_argument("--until", type=moments.moment, metavar="WHEN", help="until then (default: now)")
        parser.add_argument("--account", type=text, default="", help="only this account of PAYTM_KIT")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        since = options["since"] or moments.moment("2d")
        until = options["until"] or timezone.now()
        if since >= until:
            raise CommandError("--since must lie before --until.", returncode=2)
        account = options["account"]
        if account and account not in conf.raw_accounts():
            known = ", ".join(conf.raw_accounts())
            raise CommandError(f'There is no account "{account}". PAYTM_KIT["ACCOUNTS"] has: {known}.', returncode=2)
        report = sweep.Report()
        with stopping.on_signal() as stop:
            for finding in sweep.run(report, since, until, account=account, stop=stop):
                if not options["json"]:
                    self._show(finding)
        if options["json"]:
            self.stdout.write(json.dumps(_document(report), indent=2, ensure_ascii=False, default=str))
        else:
            self._sum_up(report)
        if report.left:
            raise CommandError("Something differs that nobody but a person can settle, or the sweep is not complete.")

    def _show(self, finding: sweep.Finding) -> None:
        facts = (finding.kind, finding.order_id, finding.reference, str(finding.amount or "?"), finding.said)
        line = f"{'  '.join(fact for fact in facts if fact)}  {finding.result}"
        self.stdout.write(self.style.ERROR(line) if finding.left else line)

    def _sum_up(self, report: sweep.Report) -> None:
        for error in report.errors:
            self.stderr.write(error)
        for note in report.notes:
            self.stdout.write(f"not swept: {note}")
        if report.stopped:
            self.stdout.write("stopped before the end: run it again")
        left = sum(finding.left for finding in report.findings)
        self.stdout.write(
            f"listed {report.listed}, agreed {report.agreed}, put right {len(report.findings) - left}, "
            f"for a person {left}, lists not read {len(report.errors)}"
        )


def _document(report: sweep.Report) -> dict[str, Any]:
    return asdict(report) | {"left": report.left}
