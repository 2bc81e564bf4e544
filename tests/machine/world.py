"""A shop with the kit, the simulator as its Paytm, one clock for both: what can happen to payments, verb by verb."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test import Client, override_settings
from paytmchecksum import PaytmChecksum

from demo_site.shop.models import Order
from paytm_kit import checkout, refunds, signals
from paytm_kit.gateways.base import GatewayError
from paytm_kit.models import Payment, PaymentEvent, Refund
from paytm_kit.services import closing, confirm
from paytm_kit.testing.simulator import FORM, Mistake, Simulator
from tests.machine.crashes import Process

MONDAY = datetime(2031, 1, 6, 10, tzinfo=ZoneInfo("Asia/Kolkata"))

Message = tuple[str, str, bytes]  # path, content type, body


class World:
    """Begins empty. Each verb survives a crash of the kit's process."""

    def __init__(self, simulator: Simulator, process: Process, time: time_machine.Traveller) -> None:
        self.simulator, self.process, self._time = simulator, process, time
        self.client = Client(enforce_csrf_checks=True)
        self.payments: list[int] = []  # by primary key, in the order of their opening
        self.callbacks: list[Message] = []  # all that browsers ever had in hand
        self.webhooks: list[Message] = []  # all that the simulator ever sent
        self.disputes: dict[str, dict[str, Any]] = {}  # what the simulator last said of each, by its id
        self.taken_in = 0  # messages that were answered
        self.receiver_fails = False
        self._posted = 0
        self._ahead = 0.0  # seconds that the kit's clock is ahead of Paytm's
        process.lives()
        _empty_tables()
        time.move_to(MONDAY)
        simulator.reset()
        simulator.ask("POST", "clock", {"at": MONDAY.isoformat(), "frozen": True})

    # ---- the shop and its shopper ----------------------------------------------------------------------------

    def order(self, amount: str) -> int:
        order = Order.objects.create(name="Asha Rao", email="asha@example.com", address="4 Lake Road")
        order.lines.create(name="Tea", unit_price=Decimal(amount), quantity=1)
        return order.pk

    def check_out(self, order_pk: int) -> None:
        """The shopper presses "Pay": an open payment, or a new one, and Paytm's page or a calm one of ours."""
        order = Order.objects.get(pk=order_pk)
        with self.process.run(), suppress(checkout.PaymentError):
            payment = checkout.open_payment(order)
            assert self.client.get(f"/paytm/pay/{payment.token}/").status_code in (200, 302, 409, 502, 503)
        known = order.payments.order_by("pk").values_list("pk", flat=True)
        self.payments += [pk for pk in known if pk not in self.payments]

    def shopper_pays(self, payment: Payment, outcome: str, **how: Any) -> None:
        """At Paytm. Nothing happens where the order is not payable there."""
        with suppress(Mistake):
            self.simulator.pay(payment.gateway_order_id, outcome, **how)
            for url, fields in self.simulator.callbacks(payment.gateway_order_id):
                self.callbacks.append((urlsplit(url).path, FORM, urlencode(fields).encode()))
        self._collect()

    def bank_decides(self, payment: Payment, outcome: str) -> None:
        with suppress(Mistake):
            self.simulator.settle(payment.gateway_order_id, outcome)
        self._collect()

    # ---- what reaches the kit --------------------------------------------------------------------------------

    def post(self, message: Message) -> int:
        """Brings a message to the kit; the status of the answer, 0 when the process died over it."""
        path, content_type, body = message
        with self.process.run():
            status = self.client.post(path, body, content_type=content_type).status_code
            self.taken_in += 1
            return status
        return 0

    def signed(self, fields: dict[str, str]) -> bytes:
        """A form as whoever has the merchant's key would send it."""
        said = {name: value for name, value in fields.items() if name != "CHECKSUMHASH"}
        return urlencode(said | {"CHECKSUMHASH": PaytmChecksum.generateSignature(said, self.simulator.key)}).encode()

    def ask(self, payment: Payment) -> None:
        with self.process.run(), suppress(GatewayError):
            confirm.ask(payment, source="admin")

    def reconcile(self, *words: str) -> bool:
        """Whether nothing is left; not known when the process died."""
        with self.process.run():
            try:
                call_command("paytm_reconcile", *words, stdout=_Nowhere(), stderr=_Nowhere())
            except CommandError:
                return False
            return True
        return False

    def close(self, payment: Payment) -> None:
        with self.process.run(), suppress(closing.CannotClose):
            closing.close(payment, actor="asha", reason="looked into it")

    # ---- money back ------------------------------------------------------------------------------------------

    def refund(self, payment: Payment, amount: str | None) -> bool:
        """Whether the ledger let it begin."""
        before = Refund.objects.filter(payment=payment).count()
        with self.process.run(), suppress(refunds.NotRefundable):
            refunds.request(payment, amount, reason="The customer changed their mind")
        return Refund.objects.filter(payment=payment).count() > before

    def refund_in_dashboard(self, payment: Payment, amount: str, outcome: str) -> None:
        with suppress(Mistake):
            wish = {"amount": amount, "outcome": outcome}
            self.simulator.ask("POST", f"orders/{payment.gateway_order_id}/refund", wish)
        self._collect()

    def bank_decides_refund(self, refund_id: str, outcome: str) -> None:
        with suppress(Mistake):
            self.simulator.ask("POST", f"refunds/{refund_id}/settle", {"outcome": outcome})
        self._collect()

    def dispute(self, payment: Payment, amount: str) -> None:
        """The customer's bank asks for money back; Paytm says so by webhook alone."""
        wish = {"amount": amount, "reason": "Goods not received"}
        self._disputed(f"orders/{payment.gateway_order_id}/dispute", wish)

    def bank_decides_dispute(self, dispute_id: str, outcome: str) -> None:
        self._disputed(f"disputes/{dispute_id}/close", {"outcome": outcome})

    def _disputed(self, path: str, wish: dict[str, str]) -> None:
        with suppress(Mistake):
            said = self.simulator.ask("POST", path, wish)
            self.disputes[said["dispute_id"]] = said
        self._collect()

    def payouts(self) -> dict[date, Decimal]:
        """What Paytm has paid out so far: net rupees by the day."""
        net: dict[date, Decimal] = defaultdict(Decimal)
        for paid in self.simulator.ask("GET", "settlements")["settlements"]:
            net[datetime.fromisoformat(paid["paid_at"]).date()] += Decimal(paid["net"])
        return net

    def read_payout(self, day: date) -> None:
        with self.process.run(), suppress(CommandError):
            call_command("paytm_settle", "--fetch", "--date", str(day), stdout=_Nowhere(), stderr=_Nowhere())

    # ---- time and trouble ------------------------------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        """For Paytm first, so that what falls into it has been sent, and for the kit."""
        self.simulator.advance(seconds + self._ahead)
        self._time.shift(timedelta(seconds=seconds))
        self._ahead = 0.0
        self._collect()

    def wait(self, seconds: float) -> None:
        """For the kit alone, for now: much quicker. Paytm's clock follows when the time moves next."""
        self._time.shift(timedelta(seconds=seconds))
        self._ahead += seconds

    def calm(self) -> None:
        """No fault, no crash, no failing receiver from now on."""
        self.process.lives()
        self.receiver_fails = False
        self.simulator.faults()

    def hear(self, event: PaymentEvent, order: object, **_: Any) -> None:
        """The merchant's receiver: a write that would be seen twice if it happened twice, and then perhaps an error."""
        assert isinstance(order, Order)
        Order.objects.filter(pk=order.pk).update(staff_remark=Concat(F("staff_remark"), Value(heard(event.pk))))
        if self.receiver_fails:
            raise RuntimeError("the shop's stock service is down")

    def _collect(self) -> None:
        """New webhooks, those of one payment in their order; between payments the senders' threads decide."""
        sent = self.simulator.webhooks()
        new = [("/paytm/webhook/", hook.content_type, hook.body) for hook in sent[self._posted :]]
        self._posted = len(sent)
        orders = dict(Payment.objects.values_list("gateway_order_id", "pk"))
        self.webhooks += sorted(new, key=lambda hook: [pk for name, pk in orders.items() if name.encode() in hook[2]])


def heard(event_pk: int) -> str:
    """What the receiver writes about one event."""
    return f"heard {event_pk};\n"


@contextmanager
def opened(simulator: Simulator) -> Iterator[Callable[[], World]]:
    """Makes worlds, one after the other; each finds the tables and the simulator empty and the clock on a Monday."""
    worlds: list[World] = []

    def make() -> World:
        worlds[:] = [World(simulator, process, time)]
        return worlds[0]

    def hear(**said: Any) -> None:
        worlds[0].hear(**said)

    for signal in signals.BY_NAME.values():
        signal.connect(hear)
    try:
        with (
            pytest.MonkeyPatch.context() as patch,
            override_settings(PAYTM_KIT=simulator.settings()),
            time_machine.travel(MONDAY, tick=False) as time,
        ):
            patch.setattr("paytm_kit.gateways.http.FIRST_PAUSE", 0)  # retries pause in life, not here
            process = Process(patch)
            yield make
    finally:
        for signal in signals.BY_NAME.values():
            signal.disconnect(hear)


def _empty_tables() -> None:
    """Much quicker than a flush, which makes content types and permissions anew."""
    models = [*apps.get_app_config("paytm_kit").get_models(), *apps.get_app_config("shop").get_models()]
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
            cursor.execute(f"TRUNCATE {tables} CASCADE")
            return
        for model in models:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")


class _Nowhere:
    def write(self, text: str) -> None: ...
