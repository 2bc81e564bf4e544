"""What webhooks the shop gets for one event: the true one, or what the faults that struck made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from paytm_kit.simulator.faults.rules import strike
from paytm_kit.simulator.models import Order
from paytm_kit.simulator.webhooks import events
from paytm_kit.simulator.wire import codes, notices


class Plan(NamedTuple):
    """``bodies`` in the order in which they leave: a mapping is a form, a text is JSON."""

    bodies: list[Mapping[str, str] | str]
    seconds: float  # simulated seconds until the first leaves
    never: bool  # nothing leaves by itself
    faults: tuple[str, ...]


def plan(order: Order, notice: Mapping[str, str] | str) -> Plan:
    """What leaves for this notice, which is signed already."""
    bodies, struck = _formatted(order, _sequence(order, notice))
    if len(bodies) > 1:
        struck.insert(0, "webhook.out-of-order")
    if (values := strike("webhook.duplicated", order.order_id)) is not None:
        bodies = [bodies[0]] * values["copies"] + bodies[1:]
        struck.append("webhook.duplicated")
    late = strike("webhook.delayed", order.order_id)
    never = strike("webhook.never", order.order_id) is not None
    struck += [name for name, on in (("webhook.delayed", late is not None), ("webhook.never", never)) if on]
    return Plan(bodies, late["seconds"] if late else 0, never, tuple(struck))


def _sequence(order: Order, notice: Mapping[str, str] | str) -> list[Mapping[str, str] | str]:
    """The notice, and behind it the stale one where the fault strikes a final payment notice."""
    if isinstance(notice, str) or notice.get("STATUS") not in (codes.SUCCESS, codes.FAILURE):
        return [notice]
    if strike("webhook.out-of-order", order.order_id) is None:
        return [notice]
    word = codes.PAYMENT["402"]
    stale = {**notice, "STATUS": word.status, "RESPCODE": "402", "RESPMSG": word.text, "BANKTXNID": ""}
    del stale["CHECKSUMHASH"]
    return [notice, notices.sign(stale, order.merchant.key)]


def _formatted(order: Order, bodies: list[Mapping[str, str] | str]) -> tuple[list[Mapping[str, str] | str], list[str]]:
    """Forms as JSON events where the merchant or a fault wants them; what is JSON already stays JSON."""
    if not isinstance(bodies[0], Mapping):
        return bodies, []
    wish, struck = order.merchant.webhook_format, []
    for name in ("json", "form"):
        if strike(f"webhook.{name}", order.order_id) is not None:
            wish = name
            struck.append(f"webhook.{name}")
    if wish != "json":
        return bodies, struck
    key = order.merchant.key
    return [events.as_json(body, key) if isinstance(body, Mapping) else body for body in bodies], struck
