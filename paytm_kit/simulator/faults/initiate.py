"""What goes wrong with a new order: before initiate has answered, or in its answer."""

from __future__ import annotations

from paytm_kit.simulator import clock, database
from paytm_kit.simulator.bank import instruments, payments
from paytm_kit.simulator.bank.machine import Decision, Outcome
from paytm_kit.simulator.faults.rules import strike
from paytm_kit.simulator.models import Order
from paytm_kit.simulator.webhooks import carrier
from paytm_kit.simulator.wire.checks import Fault


def surprise(order: Order) -> Fault | None:
    """What strikes an order that was just opened: Paytm's refusal, or None when initiate answers as usual."""
    if strike("initiate.inconsistent", order.order_id) is not None:
        with database.atomic():
            order.delete()
        return Fault("2023", "fault initiate.inconsistent: the order id is new and was refused")
    if strike("callback.before-initiate", order.order_id) is not None:
        attempt = payments.begin(order, instruments.VPAS[0])
        carrier.carry(payments.finish(attempt, Decision.usual(Outcome.SUCCESS)))
    if strike("initiate.token-expired", order.order_id) is not None:
        order.token_at = clock.now() - clock.TOKEN_LIFE
        order.save(update_fields=["token_at"])
    if strike("initiate.unknown", order.order_id) is not None:
        return Fault("900", "fault initiate.unknown: the order was opened; repeat the request")
    return None
