"""What callbacks the shop gets for one payment: the true one, or what the faults that struck made of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from paytm_kit.simulator.faults.rules import strike
from paytm_kit.simulator.models import Transaction
from paytm_kit.simulator.wire import codes, notices

Form = dict[str, str]
Struck = dict[str, dict[str, Any]]


class Plan(NamedTuple):
    """``forms`` in the order in which they come; the last is the browser's, none is left when it was lost."""

    forms: list[Form]
    seconds: float  # real seconds to wait before the first
    faults: tuple[str, ...]
    new: bool  # False: the page was looked at before, and all but the last form went out then


def plan(attempt: Transaction) -> Plan:
    """What comes for this attempt. The faults are drawn once: a refreshed page shows the same again."""
    fields = notices.callback(attempt)
    struck, new = _drawn(attempt, fields)
    forms = planned(fields, struck, attempt.order.merchant.key)
    return Plan(forms, struck.get("callback.delayed", {}).get("seconds", 0), tuple(struck), new)


def _drawn(attempt: Transaction, fields: Form) -> tuple[Struck, bool]:
    if attempt.callback_faults is not None:
        return attempt.callback_faults, False
    order_id = attempt.order.order_id
    struck: Struck = {}
    for name, applies in APPLIES.items():
        if applies(fields) and (values := strike(name, order_id)) is not None:
            struck[name] = values
    if not struck:
        return {}, True
    undrawn = Transaction.objects.filter(pk=attempt.pk, callback_faults__isnull=True)
    if undrawn.update(callback_faults=struck):
        return struck, True
    attempt.refresh_from_db(fields=["callback_faults"])  # another tab was quicker
    return attempt.callback_faults or {}, False


def planned(fields: Form, struck: Struck, key: str) -> list[Form]:
    """The forms that come of the true one. Pure."""
    if "callback.lost" in struck:
        return []
    true = fields
    for name, change in CHANGES.items():
        if name in struck:
            true = notices.sign(_unsigned(change(true, struck[name])), key)
    if "callback.wrong-signature" in struck:
        true = {**true, "CHECKSUMHASH": notices.sign(_unsigned(_other(true)), key)["CHECKSUMHASH"]}
    if "callback.unsigned" in struck:
        true = _unsigned(true)
    forms = [true] * struck.get("callback.duplicated", {}).get("copies", 1)
    return [notices.sign(_unsigned(_failed(fields)), key), *forms] if "callback.two-statuses" in struck else forms


def _unsigned(form: Form) -> Form:
    return {name: value for name, value in form.items() if name != "CHECKSUMHASH"}


def _other(form: Form) -> Form:
    return {**form, "ORDERID": f"{form['ORDERID']}X"}


def _failed(form: Form) -> Form:
    word = codes.PAYMENT["227"]
    return {**form, "STATUS": word.status, "RESPCODE": "227", "RESPMSG": word.text, "BANKTXNID": ""}


# Seen as the text "null" where there is nothing to say: GATEWAYNAME, BANKTXNID (Paytm docs, Payment Status, and
# merchants' reports); the others by analogy, unconfirmed.
NULLABLE = ("BANKTXNID", "GATEWAYNAME", "BANKNAME", "MERC_UNQ_REF")


def _nulls(form: Form, values: dict[str, Any]) -> Form:
    return {**form, **{name: "null" for name in NULLABLE if not form.get(name)}}


# The faults that change fields, each signed anew. Staging has sent RESPCODE 1 (harishbisht/paytm-django, issue 14).
CHANGES: dict[str, Callable[[Form, dict[str, Any]], Form]] = {
    "callback.null-values": _nulls,
    "callback.respcode-1": lambda form, values: {**form, "RESPCODE": "1"},
    "callback.amount-changed": lambda form, values: {**form, "TXNAMOUNT": values["amount"]},
}

# Where each can be seen at all; elsewhere it does not strike.
APPLIES: dict[str, Callable[[Form], bool]] = {
    "callback.lost": lambda form: True,
    "callback.delayed": lambda form: True,
    "callback.duplicated": lambda form: True,
    "callback.two-statuses": lambda form: form["STATUS"] != codes.FAILURE,
    "callback.unsigned": lambda form: True,
    "callback.wrong-signature": lambda form: True,
    "callback.null-values": lambda form: any(not form.get(name) for name in NULLABLE),
    "callback.respcode-1": lambda form: form["RESPCODE"] == "01",
    "callback.amount-changed": lambda form: True,
}
