"""``manage.py paytm_refund ORDERID --amount 100.00 --reason "…"``: sends money back and says how far it got."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import Error as DatabaseError

from paytm_kit import refunds
from paytm_kit.gateways.base import GatewayError
from paytm_kit.management.ledger import LedgerCommand, actor, text
from paytm_kit.models import Payment, Refund
from paytm_kit.money import plain
from paytm_kit.services import audit, busy


class Command(LedgerCommand):
    help = (
        "Refunds a payment, all that is left or a part, and prints what the gateway said. Without --amount and --all "
        "it lists what was refunded and what is left, and asks about refunds still open; nothing is sent then."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("order_id", type=text, metavar="ORDERID", help="the gateway order id")
        how_much = parser.add_mutually_exclusive_group()
        how_much.add_argument("--amount", metavar="AMOUNT", help="in the payment's currency, for example 100.00")
        how_much.add_argument("--all", action="store_true", help="all that is left of the transaction")
        parser.add_argument("--reason", type=text, default="", help="why; kept with the refund (needed to refund)")
        parser.add_argument(
            "--transaction", type=text, default="", help="which captured transaction, where there are several"
        )
        parser.add_argument("--wait", action="store_true", help="let the gateway ask the bank before it answers")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["order_id"]
        payment = Payment.objects.filter(gateway_order_id=wanted).first()
        if payment is None:
            raise CommandError(f"No payment has the ORDERID {wanted!r}.")
        if options["amount"] is None and not options["all"]:
            self._show(payment)
            return
        try:
            refund = refunds.request(
                payment,
                options["amount"],
                reason=options["reason"],
                actor=actor(),
                transaction_id=options["transaction"],
                wait=options["wait"],
            )
        except refunds.NotRefundable as error:
            raise CommandError(f"{error} Nothing was sent.") from error
        except DatabaseError as error:
            raise CommandError(busy.told(error, wanted)) from error
        self._line(refund)
        self._note(refund, options["reason"])
        if refund.status == Refund.Status.FAILED:
            raise CommandError("The refund failed; its amount is free for another one.")
        if refund.is_open:
            self.stdout.write("Not decided yet: paytm_reconcile finds out. Do not refund it again by hand.")

    @staticmethod
    def _note(refund: Refund, reason: str) -> None:
        result = audit.Result.FAILED if refund.status == Refund.Status.FAILED else audit.Result.DONE
        detail = f"{plain(refund.amount, refund.currency)}, {refund.refund_id}: {refund.status}"
        audit.by_command(actor(), "payment.refund", refund.payment, reason=reason, result=result, detail=detail)

    def _show(self, payment: Payment) -> None:
        for refund in payment.refunds.select_related("payment").order_by("pk"):
            self._line(self._asked(refund))
        for transaction_id, amount in refunds.left(payment).items():
            self.stdout.write(f"transaction {transaction_id}: {plain(amount, payment.currency)} are left to refund")
        if why := refunds.held(payment):
            self.stdout.write(f"no refund now: {why}")

    def _asked(self, refund: Refund) -> Refund:
        if not refund.is_open:
            return refund
        try:
            return refunds.ask(refund, source="command")
        except GatewayError as error:
            self.stderr.write(f"{refund.refund_id}: {error}")
        except DatabaseError as error:
            self.stderr.write(busy.told(error, refund.refund_id, asked=True))
        return refund

    def _line(self, refund: Refund) -> None:
        said = f"{refund.code} {refund.message}".strip() or "no answer yet"
        self.stdout.write(f"{refund.refund_id}  {refund.amount}  {refund.status}  {said}")
