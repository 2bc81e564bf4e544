"""``manage.py paytm_deliver``: sends webhooks of ours again, tries an endpoint, makes a secret."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.management.base import CommandError
from django.db import Error as DatabaseError
from django.db.models import Q

from paytm_kit import conf
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.logs import EventLog
from paytm_kit.management import moments
from paytm_kit.management.ledger import LedgerCommand, actor, row_id, text
from paytm_kit.outgoing import deliveries, verify
from paytm_kit.outgoing.models import Delivery
from paytm_kit.services import audit

log = EventLog("paytm_kit.outgoing")

State = Delivery.State
MOST_NAMED = 50  # webhooks in one entry of the audit log
T = TypeVar("T")


class Command(LedgerCommand):
    help = (
        "Sends webhooks of ours again, whatever became of them before: those that are named by their webhook-id "
        "(evt_…) or their number in the admin, or with --given-up all that were given up or refused. What is due by "
        "itself is sent by paytm_reconcile. "
        "Exit code 0: all were taken. 1: some were not; they are tried again. 2: wrong usage."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=text, metavar="ID", help="webhook-ids, or numbers of deliveries")
        parser.add_argument("--given-up", action="store_true", help="all that were given up or refused (410)")
        parser.add_argument("--endpoint", type=text, default="", metavar="NAME", help="only to this endpoint")
        parser.add_argument(
            "--since", type=moments.moment, metavar="WHEN", help="only what was written since: 2h, 3d, 2026-11-21"
        )
        parser.add_argument("--dry-run", action="store_true", help="only list what would be sent")
        parser.add_argument("--ping", type=text, metavar="NAME", help="send this endpoint a message of type ping")
        parser.add_argument("--new-secret", action="store_true", help="print a new secret, and do nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = [bool(options[name]) for name in ("ids", "given_up", "ping", "new_secret")]
        if sum(wanted) != 1:
            raise CommandError("Give webhook-ids, --given-up, --ping NAME, or --new-secret: one of them.", returncode=2)
        if options["new_secret"]:
            self.stdout.write(verify.new_secret())
        elif options["ping"]:
            self._ping(options["ping"])
        else:
            self._send(self._chosen(options), dry_run=options["dry_run"])

    def _ping(self, name: str) -> None:
        answer = _told(lambda: deliveries.ping(name))
        if answer.error:
            raise CommandError(f"{name}: {answer.error}{f': {answer.text}' if answer.text else ''}")
        self.stdout.write(f"{name}: HTTP status {answer.http_status} after {answer.elapsed_ms} ms")

    def _chosen(self, options: dict[str, Any]) -> list[Delivery]:
        name = options["endpoint"]
        rows = Delivery.objects.select_related("event__payment").order_by("pk")
        if name:
            known = _told(lambda: conf.outgoing().outgoing_webhooks)
            if name not in known and not rows.filter(endpoint=name).exists():
                among = ", ".join(known) or "none"
                raise CommandError(f'There is no endpoint "{name}". OUTGOING_WEBHOOKS has: {among}.', returncode=2)
            rows = rows.filter(endpoint=name)
        if options["since"]:
            rows = rows.filter(created_at__gte=options["since"])
        if options["given_up"]:
            return list(rows.filter(state__in=(State.GIVEN_UP, State.REFUSED)))
        found = {pk: row for given in options["ids"] for pk, row in _named(rows, given)}
        return list(found.values())

    def _send(self, rows: list[Delivery], *, dry_run: bool) -> None:
        if dry_run:
            for row in rows:
                self.stdout.write(f"{row.pk}  {row.message_id}  {row.kind} to {row.endpoint}  {row.state}")
            self.stdout.write(f"would be sent: {len(rows)}")
            return
        failed = sum(not self._redeliver(row) for row in rows)
        if rows:
            detail = f"not taken: {failed}"
            if len(rows) <= MOST_NAMED:
                detail += f"; deliveries {', '.join(str(row.pk) for row in rows)}"
            audit.by_command(actor(), "webhook.redeliver", count=len(rows), detail=detail)
        self.stdout.write(f"webhooks: {len(rows)}, not taken: {failed}")
        if failed:
            raise CommandError("Some webhooks were not taken; the lines above say why. They are tried again.")

    def _redeliver(self, row: Delivery) -> bool:
        try:
            attempt = deliveries.redeliver(row, actor=actor())
        except deliveries.CannotDeliver as error:
            said, taken = str(error), False
        except DatabaseError as error:
            said, taken = (
                f"the database failed ({type(error).__name__}): whether it was taken is not written down",
                False,
            )
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one, the others are seen to
            log.error("outgoing.defect", exception=error, delivery=row.pk)
            said, taken = f"{type(error).__name__}: {error} (a defect: the log has more)", False
        else:
            said, taken = attempt.error or f"HTTP status {attempt.http_status}", not attempt.error
        self.stdout.write(f"{row.message_id} to {row.endpoint}: {said}")
        return taken


def _named(rows: Any, given: str) -> list[tuple[int, Delivery]]:
    number = Q(pk=row_id(given)) if given.isascii() and given.isdigit() else Q(message_id=given)
    if not (found := list(rows.filter(number))):
        where = "no webhook of ours" if given.startswith("evt_") else "no delivery"
        raise CommandError(f"There is {where} {given[:60]!a} that fits. The admin lists them.", returncode=2)
    return [(row.pk, row) for row in found]


def _told(verb: Callable[[], T]) -> T:
    try:
        return verb()
    except (deliveries.CannotDeliver, ConfigurationError) as error:
        raise CommandError(str(error), returncode=2) from None
