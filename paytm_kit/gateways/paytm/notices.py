"""Callbacks and webhooks: what a message claims and whether Paytm signed it. Total: no data makes it raise.

Forms have upper-case names and a signature over the values; JSON has head and body and a signature over the body's
text. Nothing that Paytm sends binds names to values or carries a time, so a claim stays a hint: the status API decides.
Sources: Paytm docs, Payment Status, Callback and Webhook; paytm-agent-skills 0.0.5, webhooks (JSON).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from paytm_kit import checksum
from paytm_kit.gateways import inbound
from paytm_kit.gateways.base import Account, InboundMessage, Notice, Outcome, RefundOutcome, State, Verdict
from paytm_kit.gateways.http import Unreadable
from paytm_kit.gateways.paytm import answers, codes, disputes, envelope
from paytm_kit.logs import EventLog

log = EventLog("paytm_kit.gateways.paytm")

REFUND, DISPUTE = "refund", "dispute"

# A field that only messages of another family have → that family.
# Sources: Paytm docs, refund webhooks, chargeback, subscription status, pre-notify and downtime webhooks.
OTHER_FAMILIES = {
    "refId": REFUND,
    "refundId": REFUND,
    "disputeId": DISPUTE,
    "FREQUENCYUNIT": "subscription",
    "NOTIFICATIONSTATUS": "pre-notification",
    "downtimeId": "downtime",
}
# What the one form about a refund (its ARN) has, and no callback can be made to have: a form's signature covers values
# in the order of their names, so the shopper can rename fields in their browser, but has one long number to name.
REFUND_FORM = {
    "REFID": re.compile(r".+"),
    "REFUNDAMOUNT": re.compile(r"[0-9.]+"),
    "REFUNDID": re.compile(r"[0-9]{10,64}"),
    "TXNID": re.compile(r"[0-9]{10,64}"),
}
SALE = "SALE"
ABSENT = (None, "", "null", "NULL")  # a payment's message may name the refund that there is not


_WHY = {
    Verdict.VERIFIED: "signed by Paytm",
    Verdict.UNSIGNED: "no signature",
    Verdict.BAD_SIGNATURE: "the signature does not match: another key, or a field was changed, added or left out",
}


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A message taken apart, not yet verified."""

    fields: Mapping[str, str] = field(repr=False)  # flat
    spellings: tuple[int, ...]
    envelope: envelope.Envelope | None = None  # JSON only

    def verdict(self, account: Account) -> Verdict:
        if self.envelope is not None:
            return self.envelope.verdict(account.keys)
        signature = self.fields.get("CHECKSUMHASH", "")
        if not signature:
            return Verdict.UNSIGNED
        unsigned = {name: value for name, value in self.fields.items() if name != "CHECKSUMHASH"}
        if any("|" in value for value in unsigned.values()):
            # The signed text joins the values with pipes: with one inside, two different forms have one signature.
            return Verdict.BAD_SIGNATURE
        good = checksum.verify(unsigned, signature, account.keys)
        return Verdict.VERIFIED if good else Verdict.BAD_SIGNATURE


def read_notice(message: InboundMessage, account: Account) -> Notice:
    """What a callback or webhook claims, and whether one of the account's keys signed it."""
    try:
        parsed = _parse(message)
        known = answers.flat(parsed.fields, *parsed.spellings)
    except Unreadable as error:
        return Notice(Verdict.MALFORMED, None, detail=str(error))
    verdict = parsed.verdict(account)
    family = _other_family(parsed.envelope.body if parsed.envelope else parsed.fields)
    if family == REFUND:
        return Notice(verdict, None, parsed.fields, f"{_WHY[verdict]}; about a refund", refund=_refund(parsed.fields))
    if family == DISPUTE and parsed.envelope is not None:
        claim_of = disputes.read(parsed.fields)
        return Notice(verdict, None, parsed.fields, f"{_WHY[verdict]}; about a dispute", dispute=claim_of)
    if family:
        return Notice(verdict, None, parsed.fields, f"{_WHY[verdict]}; about a {family}, not a payment")
    claim, doubt = _claim(known)
    if claim is None:
        return Notice(verdict, None, parsed.fields, f"{_WHY[verdict]}; {doubt}")
    if doubt and verdict is Verdict.VERIFIED:
        log.warning(
            "paytm.notice.unknown",
            order_id=claim.order_id,
            word=known["word"][:40],
            code=claim.code,
            doubt=doubt,
        )
    return Notice(verdict, claim, parsed.fields, f"{_WHY[verdict]}; {doubt}" if doubt else _WHY[verdict])


def _claim(known: Mapping[str, str]) -> tuple[Outcome | None, str]:
    """What the message claims, and why that is unclear. A claim without an order id is none."""
    reading = answers.read(known, codes.Family.PAYMENT, codes.Family.STATUS)
    outcome = reading.outcome
    if not outcome.order_id:
        return None, "no usable order id"
    lacking = [fact for fact in reading.missing if fact == "amount" or outcome.state is State.SUCCESS]
    if lacking and outcome.state is not State.UNKNOWN:
        unclear = replace(outcome, state=State.UNKNOWN, shopper_text=codes.CONFIRMING)
        return unclear, f"no usable {', '.join(lacking)}"
    return outcome, reading.doubt


# What of a refund's message is read: (name in JSON, name in forms). Whether it went through is asked, not read.
# Source: Paytm docs, accept refund, success refund and refund ARN webhooks.
REFUND_FIELDS = {
    "order_id": ("orderId", "ORDERID"),
    "refund_id": ("refId", "REFID"),
    "gateway_refund_id": ("refundId", "REFUNDID"),
    "transaction_id": ("txnId", "TXNID"),
    "rrn": ("rrn", "RRN"),
    "arn": ("arn", "ARN"),
}


def _refund(fields: Mapping[str, str]) -> RefundOutcome:
    known: dict[str, Any] = {
        name: answers.identifier(next((answers.text(fields[key]) for key in spelt if key in fields), ""))
        for name, spelt in REFUND_FIELDS.items()
    }
    return RefundOutcome(state=State.UNKNOWN, **known)


def _other_family(said: Mapping[str, Any]) -> str:
    for name, family in OTHER_FAMILIES.items():
        if name in said and (family != REFUND or said[name] not in ABSENT):
            return family
    if all(pattern.fullmatch(answers.text(said.get(name))) for name, pattern in REFUND_FORM.items()):
        return REFUND
    kinds = {answers.text(said.get("txnType")), answers.text(said.get("TXNTYPE"))} - {"", SALE}
    return "transaction that is no sale" if kinds else ""


def _parse(message: InboundMessage) -> _Parsed:
    kind, text = inbound.opened(message)
    parse = _PARSERS.get(kind)
    if parse is None:
        raise Unreadable("the content type is neither a form nor JSON")
    parsed = parse(text)
    inbound.no_control_characters(parsed.fields)
    return parsed


def _form(text: str) -> _Parsed:
    return _Parsed(inbound.form(text), (answers.UPPER,))


def _json(text: str) -> _Parsed:
    opened = envelope.cut(text)
    return _Parsed(_texts(opened.body), (answers.CAMEL, answers.UPPER), opened)


def _texts(body: Mapping[str, Any]) -> dict[str, str]:
    """The body's own members as text; what is nested is named, but decides nothing and is not carried along."""
    if len(body) > inbound.MOST_FIELDS:
        raise Unreadable("too many fields")
    return {name: value if isinstance(value, str) else "" for name, value in body.items()}


_PARSERS = {inbound.FORM: _form, inbound.JSON: _json}
