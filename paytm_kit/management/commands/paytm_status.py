"""``manage.py paytm_status ORDERID``: what we know of a payment and what Paytm says of it now."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import Error as DatabaseError
from django.db.models import Q
from django.utils import timezone

from paytm_kit.gateways.base import GatewayError
from paytm_kit.management.ledger import LedgerCommand, text
from paytm_kit.models import Payment
from paytm_kit.services import busy, confirm


class Command(LedgerCommand):
    help = "Shows one payment, asks the gateway about it and brings the answer into the ledger."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("order_id", type=text, metavar="ORDERID", help="the gateway order id, or Paytm's TXNID")
        parser.add_argument("--no-ask", action="store_true", help="show what is stored, ask nobody")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["order_id"]
        payment = Payment.objects.filter(Q(gateway_order_id=wanted) | Q(transaction_id=wanted)).first()
        if payment is None:
            raise CommandError(
                f"No payment has the ORDERID or TXNID {wanted!r}. ORDERID is the kit's own id, not your order's number."
            )
        if not options["no_ask"]:
            try:
                payment = confirm.ask(payment, source="command")
            except GatewayError as error:
                self._show(payment)
                again = "Try again in a minute." if error.retryable else "Mend this first; trying again will not help."
                raise CommandError(f"The gateway could not be asked: {error} {again}") from error
            except DatabaseError as error:
                self._show(payment)
                raise CommandError(busy.told(error, payment.gateway_order_id, asked=True)) from error
        self._show(payment)

    def _show(self, payment: Payment) -> None:
        due = payment.next_ask_at and timezone.localtime(payment.next_ask_at).isoformat(" ", "seconds")
        rows = [
            ("order", payment.order_label),
            ("ORDERID", payment.gateway_order_id),
            ("status", payment.get_status_display()),
            ("amount", f"{payment.amount} {payment.currency}"),
            ("captured", payment.captured_amount),
            ("TXNID", payment.transaction_id),
            ("mode", f"{payment.payment_mode} {payment.bank_name}".strip()),
            ("gateway says", f"{payment.code} {payment.message}".strip()),
            ("flags", payment.flags),
            ("next question", due),
        ]
        for name, value in rows:
            if value not in ("", None):
                self.stdout.write(f"{name:>14}  {value}")
        for event in payment.events.all():
            at = timezone.localtime(event.created_at).isoformat(" ", "seconds")
            self.stdout.write(f"{at}  {event.get_kind_display()} ({event.source}) {event.flag or event.code}".rstrip())
