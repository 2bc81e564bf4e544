"""``manage.py paytm_replay ID …``: takes up stored messages again; the ids stand in the admin under wire messages."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import Error as DatabaseError

from paytm_kit.gateways.base import GatewayError
from paytm_kit.logs import EventLog
from paytm_kit.management.ledger import LedgerCommand, actor, row_id
from paytm_kit.models import WireMessage
from paytm_kit.services import audit, busy, replay

log = EventLog("paytm_kit.replay")


MOST_NAMED = 50  # messages in one entry of the audit log


class Command(LedgerCommand):
    help = (
        "Asks the gateway about the payment or refund that a stored callback or webhook speaks of. Safe to repeat. "
        "Exit code 1: a message could not be taken up."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=row_id, metavar="ID", help="ids of wire messages")
        parser.add_argument("--unprocessed", action="store_true", help="all that were never dealt with")

    def handle(self, *args: Any, **options: Any) -> None:
        found = self._chosen(options["ids"], options["unprocessed"])
        failed = sum(not self._replay(message) for message in found)
        if found:
            detail = f"not taken up: {failed}"
            if len(found) <= MOST_NAMED:
                detail += f"; messages {', '.join(str(message.pk) for message in found)}"
            audit.by_command(actor(), "message.replay", count=len(found), detail=detail)
        self.stdout.write(f"messages: {len(found)}, not taken up: {failed}")
        if failed:
            raise CommandError("Some messages could not be taken up; the lines above say why.")

    def _chosen(self, ids: list[int], unprocessed: bool) -> list[WireMessage]:
        if bool(ids) == unprocessed:
            raise CommandError("Give ids of wire messages, or --unprocessed.")
        if unprocessed:
            return list(replay.due())
        found = {message.pk: message for message in WireMessage.objects.filter(pk__in=ids)}
        if missing := [str(pk) for pk in ids if pk not in found]:
            raise CommandError(f"There is no wire message {', '.join(missing)}.")
        return [found[pk] for pk in ids]

    def _replay(self, message: WireMessage) -> bool:
        try:
            payment = replay.replay(message)
        except (replay.CannotReplay, GatewayError) as error:
            self.stdout.write(f"{message.pk}: {error}")
            return False
        except DatabaseError as error:
            self.stdout.write(f"{message.pk}: {busy.told(error, message.gateway_order_id, asked=True)}")
            return False
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one message, the others are seen to
            log.error("replay.failed", exception=error, wire_message=message.pk)
            self.stdout.write(f"{message.pk}: {type(error).__name__}: {error} (a defect: the log has more)")
            return False
        said = f"{payment.gateway_order_id} {payment.status}" if payment else "no payment of ours (yet)"
        self.stdout.write(f"{message.pk}: {said}")
        return payment is not None
