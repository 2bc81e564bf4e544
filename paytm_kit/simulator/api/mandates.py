"""Mandates on the wire: create, ask, announce, renew, cancel, pause; under both families of paths.

Sources: Paytm docs, Initiate Subscription; Fetch Subscription Status; Pre-notify; Renew; Cancel; Pause/Resume.
Unconfirmed: the code that accepts a renewal (900) and those of refusals beyond the published ones (1001).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from typing import Any

from django.http import HttpRequest

from paytm_kit.simulator import clock, options, world
from paytm_kit.simulator.api import answers
from paytm_kit.simulator.bank import due, mandates, payments
from paytm_kit.simulator.door import Answer, api
from paytm_kit.simulator.models import Merchant, Subscription
from paytm_kit.simulator.wire import checks, codes, envelope, notices, refund_checks, subscription_checks
from paytm_kit.simulator.wire import subscription_notices as told
from paytm_kit.simulator.wire.checks import Fault, Field

Verb = Callable[[Merchant, dict[str, Any]], dict[str, Any]]


def _info(code: str, text: str = "") -> dict[str, Any]:
    """resultInfo as the subscription pages show it; create alone answers as initiateTransaction does."""
    word = codes.SUBSCRIPTION[code]
    return {"resultInfo": {"status": word.status, "code": code, "message": text or word.text}}


def _initiate_info(code: str, text: str = "") -> dict[str, Any]:
    word = codes.SUBSCRIPTION[code]
    return notices.result_info(word.status, code, text or word.text)


def _mandate(
    fields: tuple[Field, ...] = (), *, in_query: bool = False, info: Callable[..., dict[str, Any]] = _info
) -> Callable[[Verb], Callable[[HttpRequest], Any]]:
    """A signed API: ``verb`` gets an authenticated merchant and a checked body, and raises ``mandates.Refused``."""

    def hang(verb: Verb) -> Callable[[HttpRequest], Any]:
        @api("POST")
        @wraps(verb)
        def enter(request: HttpRequest) -> Answer:
            merchant, body, fault = _authenticated(request, in_query)
            fault = fault or (subscription_checks.fault(fields, body) if fields else None)
            order_id = answers.text(body.get("orderId"))[:50]
            answer, verdict = {}, ""
            if fault is None and merchant is not None:
                due.run()
                try:
                    answer = verb(merchant, body)
                except mandates.Refused as error:
                    fault = Fault(error.code, str(error))
                except payments.MerchantGone as error:
                    merchant, fault = None, Fault("1001", str(error))
            if fault:
                answer, verdict = info(fault.code, fault.text), f"{fault.code}: {fault.why}"
            verdict = verdict or "signature verified, done"
            return answers.sealed(answer, merchant.key if merchant else None, order_id, verdict)

        return enter

    return hang


def _authenticated(request: HttpRequest, in_query: bool) -> tuple[Merchant | None, dict[str, Any], Fault | None]:
    try:
        head, body, body_text = answers.opened(request)
    except envelope.Malformed as error:
        return None, {}, Fault("1001", str(error))
    if in_query and (fault := checks.query_fault(body, request.GET.dict())):
        return None, body, fault
    merchant = world.merchant(body.get("mid"))
    if merchant is None:
        return None, body, Fault("1001", "no merchant has this MID here")
    fault = answers.signature_fault("2005", body_text, head.get("signature"), merchant)
    return (None if fault else merchant), body, fault


def _find(merchant: Merchant, subs_id: str) -> Subscription:
    found = Subscription.objects.filter(merchant=merchant, subs_id=subs_id).select_related("merchant").first()
    if found is None:
        raise mandates.Refused("1001", "there is no such subscription")
    return found


def _facts(body: dict[str, Any], amount: str, cust_id: str, url: str, ways: tuple[str, ...]) -> payments.OrderFacts:
    return payments.OrderFacts(
        order_id=body["orderId"], amount=Decimal(amount), currency="INR", callback_url=url, cust_id=cust_id,
        merc_unq_ref=answers.text(checks.at(body, "extendInfo.mercUnqRef"))[:255],
        fingerprint=hashlib.sha256(repr(sorted(body.items())).encode()).hexdigest(), modes=ways,
    )  # fmt: skip


@_mandate(in_query=True, info=_initiate_info)
def create(merchant: Merchant, body: dict[str, Any]) -> dict[str, Any]:
    """A mandate and the token of the payment that sets it up."""
    hosts, today = options.current().allow_host, clock.now().astimezone(clock.IST).date()
    if fault := subscription_checks.create_fault(body, mandates.UNITS, merchant.website, hosts, today):
        raise mandates.Refused(fault.code, fault.why)
    amount = subscription_checks.money(body["txnAmount"]) or ""
    renewal = Decimal(body.get("renewalAmount") or amount)
    starts = refund_checks.day(body["subscriptionStartDate"]) or today
    terms = mandates.Terms(
        mode=body["subscriptionPaymentMode"], amount_type=body["subscriptionAmountType"],
        max_amount=Decimal(body.get("subscriptionMaxAmount") or renewal), amount=renewal,
        frequency=int(body["subscriptionFrequency"]), unit=body["subscriptionFrequencyUnit"], starts_on=starts,
        expires_on=refund_checks.day(body["subscriptionExpiryDate"]) or starts,
        grace_days=int(body.get("subscriptionGraceDays") or 0),
    )  # fmt: skip
    facts = _facts(body, amount, body["userInfo"]["custId"], body["callbackUrl"], mandates.WAYS[terms.mode])
    order = mandates.create(merchant, facts, terms)
    return _initiate_info("0000") | {
        "txnToken": order.token,
        "subscriptionId": order.subscription.subs_id if order.subscription else "",
        "isPromoCodeValid": False,
        "authenticated": "False",
    }


@_mandate()
def check_status(merchant: Merchant, body: dict[str, Any]) -> dict[str, Any]:
    """The mandate with this subsId, or with this custId and orderId. Payment links have none here."""
    subs_id, order_id, cust_id = (answers.text(body.get(name)) for name in ("subsId", "orderId", "custId"))
    if not subs_id and not (order_id and cust_id):
        raise mandates.Refused("1007", "missing: subsId, or custId and orderId")
    rows = Subscription.objects.filter(merchant=merchant)
    rows = rows.filter(subs_id=subs_id) if subs_id else rows.filter(orders__order_id=order_id, cust_id=cust_id)
    found = rows.first()
    if found is None:
        raise mandates.Refused("1001", "there is no such subscription")
    return _info("3006") | told.facts(found)


@_mandate(subscription_checks.NOTIFY)
def pre_notify(merchant: Merchant, body: dict[str, Any]) -> dict[str, Any]:
    """Announces a debit to the customer; it leaves a minute later, preNotify/status and a webhook tell."""
    if why := subscription_checks.money_fault(body["txnAmount"]):
        raise mandates.Refused("2007", why)
    day = refund_checks.day(body["txnDate"], "%d-%m-%Y")
    if day is None:
        raise mandates.Refused("1001", "txnDate does not exist")
    notice = {
        "reference": body["referenceId"], "amount": f"{Decimal(body['txnAmount']):.2f}", "date": day.isoformat(),
        "message": body["txnMessage"],
    }  # fmt: skip
    taken = mandates.announce(_find(merchant, body["subsId"]), notice)
    return _info("3006") | {
        "subsId": body["subsId"],
        "referenceId": taken["reference"],
        "paytmReferenceId": taken["paytm_reference"],
    }


@_mandate(subscription_checks.SUBS)
def pre_notify_status(merchant: Merchant, body: dict[str, Any]) -> dict[str, Any]:
    """What became of a pre-notification."""
    wanted = {("reference", body.get("referenceId")), ("paytm_reference", body.get("paytmReferenceId"))}
    for notice in _find(merchant, body["subsId"]).notices:
        if any(value and notice[name] == value for name, value in wanted if isinstance(value, str)):
            return _info("3006") | told.notice_facts(notice)
    raise mandates.Refused("1001", "there is no such pre-notification")


@_mandate(subscription_checks.RENEW, in_query=True)
def renew(merchant: Merchant, body: dict[str, Any]) -> dict[str, Any]:
    """Accepts one debit. Accepted is not debited: the webhook and v3/order/status tell."""
    if why := subscription_checks.money_fault(body.get("txnAmount")):
        raise mandates.Refused("2007", why)
    found = _find(merchant, body["subscriptionId"])
    due_at = clock.now()
    if body.get("debitDate"):
        given = refund_checks.moment(body["debitDate"].replace(" ", "T") + "+05:30")
        if given is None:
            raise mandates.Refused("1001", "debitDate does not exist")
        due_at = given
    order = mandates.renew(found, _renewal(found, body), due_at)
    attempt = order.decisive()
    return _info("900") | {
        "txnId": attempt.txn_id if attempt else "",
        "orderId": order.order_id,
        "subscriptionId": found.subs_id,
    }


def _renewal(found: Subscription, body: dict[str, Any]) -> payments.OrderFacts:
    first = found.orders.order_by("pk").first()
    amount = subscription_checks.money(body["txnAmount"]) or ""
    return _facts(body, amount, found.cust_id, first.callback_url if first else "", ())


@_mandate(subscription_checks.SUBS)
def cancel(merchant: Merchant, body: dict[str, Any]) -> dict[str, Any]:
    """Ends the mandate for good."""
    found = mandates.change(_find(merchant, body["subsId"]), "REJECT", "MERCHANT_CANCELLED")
    return _info("3006") | {"subsId": found.subs_id, "status": found.status, "subStatus": found.sub_status}


@_mandate(subscription_checks.MODIFY)
def modify(merchant: Merchant, body: dict[str, Any]) -> dict[str, Any]:
    """Pauses the mandate, or resumes it."""
    found = mandates.change(_find(merchant, body["subsId"]), body["status"])
    return _info("3006") | {"subsId": found.subs_id, "status": found.status}
